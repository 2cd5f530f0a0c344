"""Data quality: what landed is counted by the hour, held against rules, and a breach is an alert."""
