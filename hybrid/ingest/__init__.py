"""From a file to a commit: load, chunk, embed, catalogue, read into the memory."""
