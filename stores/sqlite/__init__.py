"""The embedded catalog: one SQLite file, with FTS5 for full text."""
