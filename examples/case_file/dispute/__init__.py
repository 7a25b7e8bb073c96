"""A fictional supply dispute: the facts, and the documents that are rendered from them."""
