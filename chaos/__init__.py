"""Kills, stalls and outages on purpose: what they may cost is nothing."""
