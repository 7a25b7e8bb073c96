"""Which words of a search result the question asked for, to be highlighted."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hybrid.answering import words
from hybrid.retrieval.exact import ExactTerms
from hybrid.stores.lexical import exact_terms

_WORD = re.compile(r"\w+")


def matched(question: str, texts: Iterable[str]) -> tuple[str, ...]:
    """The words of ``texts`` that share a stem with a content word of the question, in lower case and as they stand
    there, and the exact terms of the question that a text holds; sorted.

    Example:
        >>> matched('Who terminated under "clause 4"?', ["Termination under clause 4 is final."])
        ('clause 4', 'termination')
    """
    wanted = frozenset(words.content_words(question))
    terms = exact_terms(question)
    found: set[str] = set()
    for text in texts:
        found.update(term for term in terms if ExactTerms([term]).held(text))
        found.update(word for word in set(_WORD.findall(text.lower())) if words.stem(word) in wanted)
    return tuple(sorted(found))
