"""Differentiable operations: a plain PyTorch reference for each, and fast versions beside it."""
