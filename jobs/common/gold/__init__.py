"""What gold is made of: pure functions from tables of silver to those that people query."""
