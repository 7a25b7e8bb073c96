"""What is on disk: the catalog, the vectors, the snapshots and the commits that tie them together."""
