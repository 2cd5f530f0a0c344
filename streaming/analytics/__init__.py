"""One-minute counts, means and extremes of every channel, by event time."""
