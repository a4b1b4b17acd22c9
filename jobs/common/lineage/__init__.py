"""Lineage: OpenLineage events of a run, with the columns that Spark's plans read and write."""
