"""Mistakes that a type checker must find; each line says which."""

from hybrid import Corpus, Filter
from hybrid.settings import MemorySettings

corpus = Corpus.open("acme-v-beta", create="yes")  # expected: "create"
corpus.ask("When?", route="oracle")  # expected: "route"
corpus.ask("When?", "lookup")  # expected: positional
corpus.search("x", k="five")  # expected: "k"
print(corpus.aask("When?").citations)  # expected: "citations"
print(corpus.ask("When?").verdict)  # expected: "verdict"
MemorySettings(windw=3)  # expected: "windw"
MemorySettings(optimizer="adamw")  # expected: "optimizer"
Filter(sources=3)  # expected: "sources"
