"""Care of the lake: looking into it, proving it whole, compaction, retention, and sweeping."""
