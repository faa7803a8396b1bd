"""Measurements of campaigns: many quiet accounts that harvest together, and tenants that are merely alike."""
