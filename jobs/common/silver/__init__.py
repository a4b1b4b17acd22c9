"""How bronze becomes silver: what is new in bronze, as silver's rows, merged by key."""
