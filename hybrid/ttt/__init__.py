"""The memory: a language model whose fast weights are trained on the corpus at test time (TTT-E2E)."""
