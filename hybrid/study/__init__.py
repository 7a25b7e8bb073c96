"""Self-study: what is asked about a text and what answers it, made of its passages and checked against them."""
