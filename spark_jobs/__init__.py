"""Cleanse (bronze to silver) and load (silver to the warehouse)."""
