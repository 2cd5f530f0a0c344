"""What the warehouse costs: loading it, cleansing for it, and keeping it up to date however long its history is."""
