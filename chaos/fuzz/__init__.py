"""Mutated messages against the sink's judgement, held against a second opinion."""
