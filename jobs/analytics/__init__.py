"""What is computed for the people who query: facts, dimensions, attribution."""
