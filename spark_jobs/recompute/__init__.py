"""Days again from bronze: what a backfill of a day means."""
