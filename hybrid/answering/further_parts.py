"""The second half of a question that refers back to the first: "…, and when is it given back?".

It is answered where the first half is: by the section of the sentence that is quoted for that.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from hybrid.answering import amendments
from hybrid.answering.enumeration_terms import root
from hybrid.answering.evidence import Sentence, Texts, collapse
from hybrid.answering.selection import boilerplate
from hybrid.text import lexicon, wordnet

AROUND = 1500
"""Characters before and behind a sentence in which its section is looked through: half a page each."""
LEAST = 0.25
"""Similarity and share of words from which a sentence of the section answers; not measured."""
GIVES_TIME = 0.15
"""What a sentence that gives a time gains where one is asked for; not measured."""
_REFERS = re.compile(
    r"\b(?:it|they|them|its|their|that|this|those|these|such|(?:the|that) (?:same|limit|period|sum|rule))\b", re.I
)
_WHEN = re.compile(r"^\W*(?:and )?(?:when|how (?:soon|long|quickly)|(?:on|by|from|in) (?:what|which))\b", re.IGNORECASE)
_WHY = re.compile(r"^\W*(?:and )?(?:why|for what reason|what for)\b", re.IGNORECASE)
_CAUSE = re.compile(
    r"\b(?:because|since|so that|in order|owing to|due to|as a result|reasons?|therefore|purpose|cause[ds]?)\b", re.I
)
_TIME = re.compile(
    r"\b(?:when|once|as soon as|on the|at (?:noon|midnight|\d)|within|after|before|until|days?|weeks?|months?"
    r"|years?)\b",
    re.I,
)


def refers_back(part: str) -> bool:
    """Whether a part of a question says by a pronoun what it is about.

    Example:
        >>> refers_back("when is it given back?"), refers_back("when did Ann pay?")
        (True, False)
    """
    return _REFERS.search(part) is not None


def in_section(texts: Texts, rule: Sentence, part: str, vector: NDArray[np.float32]) -> Sentence | None:
    """The sentence of a rule's section that answers a part of a question (``vector``, float32 ``[dimension]``, of
    length 1) best; ``None`` where none does, or sentences are not stored."""
    text = texts.text(rule.document_id)
    section = (amendments.clause_at(text, rule.start) or "").partition(".")[0]
    best: tuple[float, Sentence | None] = (LEAST, None)
    asked = _meant(part)
    for one in texts.sentences(rule.document_id, max(0, rule.start - AROUND), rule.end + AROUND):
        said = text[one.start : one.end]
        same = (amendments.clause_at(text, one.start) or "").partition(".")[0] == section
        if one.vector is None or one.start == rule.start or not same or one.parts != ((one.start, one.end),):
            continue
        if not boilerplate.is_statement("", said) or len(said.split()) < _FEWEST:
            continue
        if _WHY.match(part) and not _CAUSE.search(said):
            continue
        held = _meant(said)
        share = sum(any(mine & theirs for theirs in held) for mine in asked) / (len(asked) or 1)
        score = float(one.vector @ vector) + 0.5 * share + GIVES_TIME * bool(_WHEN.match(part) and _TIME.search(said))
        if score > best[0]:
            place = (rule.document_id, rule.source, rule.title, rule.sha256, one.start, one.end)
            best = score, Sentence(*place, said, author=rule.author)
    return best[1]


_FEWEST = 5
"""Words of a sentence that answers; a heading has fewer."""


def _meant(text: str) -> list[frozenset[str | int]]:
    """For each content word of a text its root, and its senses."""
    words = {token.lower() for token in lexicon.tokens(collapse(text)) if token.lower() not in lexicon.STOPWORDS}
    return [frozenset({root(lexicon.stem(word)), *wordnet.senses(word)}) for word in words if word.isalpha()]
