"""What a quote promises: it stands in its source, and with one character changed it is not accepted."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest
from answering_corpus import SmallCorpus, build
from made_contracts import make_contracts

from hybrid.answering.citations import check_citations
from hybrid.answering.evidence import Sentence, cite
from hybrid.answering.verification.verifier import Verifier
from hybrid.text import sentences
from hybrid.types.answers import Answer, Claim, Route

CHANGES = 500


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> SmallCorpus:
    return build(Path(tmp_path_factory.mktemp("corpus")), {one.name: one.text for one in make_contracts(12)})


def quotes(corpus: SmallCorpus) -> list[Sentence]:
    """Every sentence of the corpus that is long enough to be a quote."""
    return [
        Sentence(row.id, row.source, row.title, row.sha256, start, end, text[start:end])
        for row in corpus.catalog.documents()
        for text in [corpus.catalog.text(row.id)]
        for start, end in sentences.spans(text)
        if len(text[start:end].split()) >= 6
    ]


def changed(text: str, rng: random.Random) -> str:
    """``text`` with one letter or digit replaced by another."""
    places = [at for at, letter in enumerate(text) if letter.isascii() and letter.isalnum()]
    at = rng.choice(places)
    pool = "0123456789" if text[at].isdigit() else "abcdefghijklmnopqrstuvwxyz"
    return text[:at] + rng.choice([letter for letter in pool if letter != text[at].lower()]) + text[at + 1 :]


def answered(corpus: SmallCorpus, sentence: Sentence, **changes: object) -> Answer:
    one = cite(corpus.catalog, sentence, 1).model_copy(update=changes)
    claim = Claim(text=sentence.text, verdict="verbatim", citations=(one,), origin="index", support=1)
    route = Route(name="lookup", p_comprehension=0)
    return Answer(question="q", text="x [1]", route=route, claims=(claim,), citations=(one,), found=True)


def test_every_quote_is_found_again_with_document_lines_span_and_hash(corpus: SmallCorpus) -> None:
    found = quotes(corpus)
    assert len(found) > 50
    for quote in found:
        (citation,) = answered(corpus, quote).citations
        text = corpus.catalog.text(quote.document_id)
        assert text[citation.start : citation.end] == citation.quote == quote.text
        assert text[: citation.start].count("\n") + 1 == citation.lines[0]
        assert len(citation.sha256) == 64
        assert check_citations(corpus.catalog, answered(corpus, quote)) == []


def test_of_500_quotes_with_one_character_changed_none_is_accepted(corpus: SmallCorpus) -> None:
    rng, found = random.Random(0), quotes(corpus)
    verifier = Verifier(corpus.catalog, corpus.searcher, corpus.embedder, corpus.idf)
    everything = "\n".join(quote.text for quote in found)
    wrongs = ((quote, changed(quote.text, rng)) for quote in itertools.cycle(found))
    wrongs = ((quote, wrong) for quote, wrong in wrongs if wrong not in everything)  # a true quote of another contract
    for quote, wrong in itertools.islice(wrongs, CHANGES):
        assert check_citations(corpus.catalog, answered(corpus, quote, quote=wrong)) != [], wrong
        assert verifier.verbatim(wrong, [quote]) is None, wrong


def test_a_quote_that_is_not_changed_is_accepted(corpus: SmallCorpus) -> None:
    verifier = Verifier(corpus.catalog, corpus.searcher, corpus.embedder, corpus.idf)
    for quote in quotes(corpus)[:40]:
        assert verifier.verbatim(quote.text, [quote]) is not None, quote.text
