"""Lookup: the sentences of the corpus that answer a question, word for word, the best first."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hybrid.answering.evidence import Sentence
from hybrid.answering.selection import actuality, boilerplate, document_header, features, ranker
from hybrid.text import lexicon

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
    question: str,
    found: Sequence[Sentence],
    idf: Callable[[str], float],
    count: int,
    least: float = MIN_SHARE,
    scores: NDArray[np.float64] | None = None,
) -> list[Quote]:
    """Up to ``count`` sentences that answer ``question``, the best first, no two that say the same, none with less
    than the share ``least`` of the best one's score.

    Scored by the learned ranker (`hybrid.answering.selection.ranker`). What is structure and no statement is quoted
    only where no statement was found, or where the question asks for it; and what a reply quotes is quoted from the
    mail that said it (`hybrid.answering.selection.boilerplate`). ``scores`` ``[len(found)]`` stand in place of the
    ranker's where they are known.
    """
    if scores is None:
        scores = ranker.load().scores(features.matrix(question, found, idf))
    said = boilerplate.originals(found)
    chosen: list[Quote] = []
    named = _rows_named(question, found, idf)
    statements = [
        at
        for at, one in enumerate(found)
        if (one.key in named and not boilerplate.is_of_contents(one.split()[0].text))
        or (not one.is_row and _states(question, one))
    ]
    ranked = sorted(statements or range(len(found)), key=lambda at: -scores[at])
    for at in ranked:
        quote = Quote(said.get(found[at].key, found[at]), float(np.exp(scores[at] - scores[ranked[0]])))
        if len(chosen) == count or quote.score < least:
            break
        if not any(_same(quote.sentence, other.sentence) for other in chosen):
            chosen.append(quote)
    return chosen


def _rows_named(question: str, found: Sequence[Sentence], idf: Callable[[str], float]) -> set[tuple[int, int, int]]:
    """The rows of tables that may answer, by their keys: of each table those that hold most of the question's words and
    numbers in their cells, by idf, and side by side ("customer 777"). All rows of a table share the words of its
    heading, which therefore choose none."""
    asked = _words(question)
    tables: dict[tuple[int, int], list[tuple[float, Sentence]]] = {}
    for one in found:
        if one.is_row:
            cells = [word for part in one.split()[1:] for word in _words(part.text)]
            beside = set(pairwise(cells))
            held = sum(idf(word) for word in dict.fromkeys(asked) if word in cells)
            held += sum(idf(pair[1]) for pair in pairwise(asked) if pair in beside)
            tables.setdefault((one.document_id, one.parts[0][0]), []).append((held, one))
    best = {table: max(held for held, _ in rows) for table, rows in tables.items()}
    return {one.key for table, rows in tables.items() for held, one in rows if held >= best[table] - 1e-9}


def _words(text: str) -> list[str]:
    words = (word.casefold() for word in re.findall(r"[^\W_]+", text))
    return [word for word in words if word not in lexicon.STOPWORDS]


def _states(question: str, one: Sentence) -> bool:
    """Whether a sentence is a statement: neither the title by which the question names its document, nor a line that
    reads as a title and holds neither a value of the kind that is asked for nor an exact term. A signature says who
    somebody is."""
    if actuality.says_who(question, one.text):
        return True
    if document_header.field_asked(question) != "name":
        if document_header.repeats_title(question, one.title, one.text):
            return False
        holds = features.holds_kind(question, one.text) or features.holds_exact_term(question, one.text)
        if document_header.is_title(one.text) and not holds:
            return False
    return boilerplate.is_statement(question, one.text)


def _same(one: Sentence, other: Sentence) -> bool:
    return boilerplate.words_of(one.text) == boilerplate.words_of(other.text)
