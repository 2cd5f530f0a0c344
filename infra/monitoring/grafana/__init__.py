"""Grafana's dashboards as code: what each panel asks of Prometheus, and the JSON that follows from it."""
