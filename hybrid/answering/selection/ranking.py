"""Lookup: the sentences of the corpus that answer a question, word for word, the best first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hybrid.answering.evidence import Sentence
from hybrid.answering.selection import boilerplate, document_header, features, ranker

MIN_SHARE = 0.4
"""A quote is at least this share as likely to answer as the best one; worse ones would only distract.
Not measured: whether a second quote helps has no label in the development sets. ``answer.max_quotes``
bounds their number."""


@dataclass(frozen=True)
class Quote:
    """A sentence and how likely it is to answer, as a share of the best one's likelihood: 0 to 1."""

    sentence: Sentence
    score: float


def choose(
    question: str, found: Sequence[Sentence], idf: Callable[[str], float], count: int, least: float = MIN_SHARE
) -> list[Quote]:
    """Up to ``count`` sentences that answer ``question``, the best first, no two that say the same, none with less
    than the share ``least`` of the best one's score.

    Scored by the learned ranker (`hybrid.answering.selection.ranker`). What is structure and no statement is quoted
    only where no statement was found, or where the question asks for it; and what a reply quotes is quoted from the
    mail that said it (`hybrid.answering.selection.boilerplate`).
    """
    scores = ranker.load().scores(features.matrix(question, found, idf))
    said = boilerplate.originals(found)
    chosen: list[Quote] = []
    statements = [at for at, one in enumerate(found) if _states(question, one)]
    ranked = sorted(statements or range(len(found)), key=lambda at: -scores[at])
    for at in ranked:
        quote = Quote(said.get(found[at].key, found[at]), float(np.exp(scores[at] - scores[ranked[0]])))
        if len(chosen) == count or quote.score < least:
            break
        if not any(_same(quote.sentence, other.sentence) for other in chosen):
            chosen.append(quote)
    return chosen


def _states(question: str, one: Sentence) -> bool:
    """Whether a sentence is a statement: neither the title by which the question names its document, nor a line that
    reads as a title and holds neither a value of the kind that is asked for nor an exact term."""
    if document_header.field_asked(question) != "name":
        if document_header.repeats_title(question, one.title, one.text):
            return False
        holds = features.holds_kind(question, one.text) or features.holds_exact_term(question, one.text)
        if document_header.is_title(one.text) and not holds:
            return False
    return boilerplate.is_statement(question, one.text)


def _same(one: Sentence, other: Sentence) -> bool:
    return boilerplate.words_of(one.text) == boilerplate.words_of(other.text)
