"""Jobs that keep tables in order, and personal data out of sight."""
