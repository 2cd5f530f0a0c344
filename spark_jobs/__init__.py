"""Cleanse (bronze to silver), features and summaries of silver, and load (both to the warehouse)."""
