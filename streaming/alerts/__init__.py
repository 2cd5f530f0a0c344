"""Raises and clears alarms on the streams that have channels."""
