"""The language model: its shape, its tensors, and its forward pass under a sliding window."""
