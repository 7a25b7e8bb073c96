"""A corpus in one file: written by an export, checked part by part, and made a corpus again by an import."""
