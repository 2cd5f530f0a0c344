"""Rejected records: what lies in quarantine still, what they hold, and mending them."""
