"""When a tenant is compared with its peers."""

AGES = (50, 75, 100, 125, 150, 175, 200, 250, 300, 400, 600, 800, 1200, 1600, 2400, 3200, 4800)
"""Requests of a tenant, the first of them counted."""
