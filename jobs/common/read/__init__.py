"""How sources are read: one module a kind of connector. Each is a `Reader` of `jobs.common.ingest`."""
