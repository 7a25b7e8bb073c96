"""One loader a format: bytes in, canonical text with its places and metadata out."""
