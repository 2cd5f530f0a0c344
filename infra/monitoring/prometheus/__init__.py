"""Prometheus: what it scrapes, and the rules by which it raises alerts."""
