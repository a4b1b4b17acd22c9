"""Data quality: what is expected of a dataset, held against its rows by Great Expectations, kept, shown, and judged."""
