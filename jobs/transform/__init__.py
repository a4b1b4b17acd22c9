"""Jobs that check what was ingested, and make silver of it."""
