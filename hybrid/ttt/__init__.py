"""The memory: a language model whose fast weights are trained on the corpus while it reads (TTT-E2E)."""
