"""From a file to a generation: load, chunk, embed, catalogue, read into the memory."""
