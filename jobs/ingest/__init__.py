"""Jobs that bring what sources deliver into bronze."""
