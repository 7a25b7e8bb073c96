"""The operations in Triton: kernels, what launches them on tensors, and their tiles."""
