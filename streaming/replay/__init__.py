"""Sends what others recorded: files and query results, through a mapping, to the streams."""
