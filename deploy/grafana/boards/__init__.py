"""The dashboards for Grafana, as they are generated."""
