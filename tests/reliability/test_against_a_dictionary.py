"""Whatever is ingested, changed, removed, closed and opened again: a corpus holds what a dictionary would."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from hybrid.errors import SourceNotFoundError
from hybrid.ingest.pipeline import ingest, remove
from hybrid.settings import Settings
from hybrid.stores import integrity
from hybrid.stores.catalog import Catalog
from hybrid.types.documents import Document

pytestmark = pytest.mark.sqlite

NAMES = st.sampled_from([f"{letter}.txt" for letter in "abcdef"])
TEXTS = st.sampled_from(
    [f"The lease of house {number} ends in May. It was signed on day {number}." for number in range(8)]
)
SETTINGS = Settings.model_validate({"ingest": {"chunk_tokens": 16, "chunk_overlap_tokens": 4}})


class HashEmbedder:
    dimension, max_tokens, fingerprint = 8, 256, "hash"

    def offsets(self, text):
        return [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]

    def encode(self, texts, progress=None, *, bulk=False):
        seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") for text in texts]
        vectors = np.array([np.random.default_rng(seed).normal(size=8) for seed in seeds], np.float32).reshape(-1, 8)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class AgainstADictionary(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="hybrid-"))
        self.directory = self.folder / "corpus"
        self.known: dict[str, str] = {}
        self.catalog = Catalog.open(self.directory / "catalog.sqlite", create=True)

    def teardown(self):
        self.catalog.close()
        shutil.rmtree(self.folder)

    @rule(documents=st.dictionaries(NAMES, TEXTS, min_size=1, max_size=4))
    def ingested(self, documents):
        given = [Document.from_text(text, name) for name, text in documents.items()]
        ingest(self.catalog, self.directory, HashEmbedder(), None, given, SETTINGS)
        self.known |= documents

    @rule(name=NAMES)
    def removed(self, name):
        if name in self.known:
            remove(self.catalog, self.directory, None, name, SETTINGS)
            del self.known[name]
        else:
            with pytest.raises(SourceNotFoundError):
                remove(self.catalog, self.directory, None, name, SETTINGS)

    @rule()
    def opened_again(self):
        self.catalog.close()
        self.catalog = Catalog.open(self.directory / "catalog.sqlite", create=False)

    @invariant()
    def it_holds_what_the_dictionary_holds(self):
        rows = self.catalog.sources()
        assert {row.source: self.catalog.text(row.document_id) for row in rows} == self.known
        for text in set(self.known.values()):
            found = {document for document, _, _ in self.catalog.find_exact(text)}
            assert found == {row.document_id for row in rows if self.known[row.source] == text}

    @invariant()
    def it_is_whole(self):
        assert integrity.check(self.catalog, self.directory).problems == ()


def run(examples, steps):
    health = [HealthCheck.too_slow]
    run_state_machine_as_test(
        AgainstADictionary,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            suppress_health_check=health,
        ),
    )


def test_a_corpus_holds_what_a_dictionary_holds():
    run(examples=4, steps=10)


@pytest.mark.slow
def test_a_corpus_holds_what_a_dictionary_holds_through_2000_operations():
    run(examples=40, steps=50)
