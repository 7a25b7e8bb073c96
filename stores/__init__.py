"""What is on disk: the catalog, the vectors, the snapshots and the generations that tie them together."""
