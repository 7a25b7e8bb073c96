"""Documents that a question names by their title: "according to the statement of account".

What such a question asks for stands in that document, often in a line that says little by itself ("Invoiced in all:
£818.48"), while other documents say more of the same words. So the named documents are searched once more by
themselves, and a sentence of theirs is read as if it said the title.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hybrid.answering import words
from hybrid.answers import Hit

MIN_WORDS = 2
"""A title of one word ("Minutes", "Agreement") names a kind of document and not one."""
DOCUMENTS = 3
"""Of how many documents that are named, those of the best hits, more is read."""

_SUFFIX = re.compile(r"\.[a-z]{1,5}$", re.IGNORECASE)


def named(question: str, title: str) -> bool:
    """Whether the question holds all of a title: its words by their stems, its numbers, dates and identifiers.

    A file's name is a title without its suffix.

    Example:
        >>> named("How much is due according to the statement of account?", "Statement of account")
        True
        >>> named("When does the supply agreement end?", "supply-agreement.txt")
        True
        >>> named("How much is due on this account?", "Statement of account")
        False
    """
    held = _words(_SUFFIX.sub("", title))
    return len(held) >= MIN_WORDS and held <= _words(question)


def documents(question: str, hits: Sequence[Hit]) -> list[Hit]:
    """The best hit of each document that the question names, of the first `DOCUMENTS` of them."""
    best = {hit.document_id: hit for hit in reversed(hits)}
    first = dict.fromkeys(hit.document_id for hit in hits)
    return [best[document] for document in first if named(question, best[document].title)][:DOCUMENTS]


def _words(text: str) -> set[str]:
    return {*words.content_words(text), *words.facts(text).needed}
