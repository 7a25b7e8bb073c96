"""Asking a memory: decoding one token at a time, and sessions that generate or score text."""
