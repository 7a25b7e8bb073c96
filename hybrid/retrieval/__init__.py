"""Search over exact spans: dense, lexical, and the two fused."""
