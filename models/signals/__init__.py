"""The signals: each scores one request of one tenant against that tenant's own past."""
