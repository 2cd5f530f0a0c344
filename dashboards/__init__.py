"""Dashboards as code: described in YAML, checked, brought to Metabase, drawn in a local preview."""
