"""Metabase: what there is, what should be, what differs, and how it is brought there."""
