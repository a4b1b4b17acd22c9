"""What the sources are read from in the tests: real servers where there are any, and small ones of our own."""
