"""The platform's Spark jobs."""
