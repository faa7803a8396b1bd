"""Accounts that are each too quiet to judge, and harvest together."""
