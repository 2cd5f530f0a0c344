"""Half an hour of the whole stack under load, watched from outside, then each part killed once."""
