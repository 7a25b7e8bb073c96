"""The catalog in PostgreSQL: several machines write and read one corpus."""
