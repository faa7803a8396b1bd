"""Cold start: a tenant without a past against its peers when they were as young."""
