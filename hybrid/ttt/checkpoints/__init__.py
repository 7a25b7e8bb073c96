"""Pretrained models on disk: read, convert and write."""
