"""Measurements of the product; run from the repository's root, such as ``python -m benchmarks.evaluate --help``."""
