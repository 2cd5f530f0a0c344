"""Monitoring: the exporter, Prometheus' rules, Grafana's dashboards as code, and a record's way through the logs."""
