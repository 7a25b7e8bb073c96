"""Whether a text holds a term exactly, and which of its words a question asked for, to be highlighted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from hybrid.stores.query import exact_terms
from hybrid.text import lexicon
from hybrid.text.folding import begins_in_cjk, folded

_ALIKE = {  # written one way or the other by word processors, and meant to be the same
    "'": "['‘’ʼ′]",
    '"': '["“”„«»″]',
    "-": "[-‐‑‒–—−]",
}
_KIND = {character: pattern for pattern in _ALIKE.values() for character in pattern[1:-1]}
_SPACE = r"\s+"


class ExactTerms:
    """Counts how many of a question's exact terms a text holds.

    A term that stands by itself counts more than any number of terms that are part of a longer
    identifier: ``ACME-1`` stands by itself in "see ACME-1." and only partly in "see ACME-1-B". Within a
    number or a word it does not count: 9.2 is neither in 19.2 nor in 9.2.1.

    Example:
        >>> ExactTerms(["12.3(b)"]).count_in("Under clause 12.3(b), rent is due.")
        2
    """

    def __init__(self, terms: Sequence[str]) -> None:
        self._patterns = [_patterns(term) for term in terms]

    def __len__(self) -> int:
        return len(self._patterns)

    @property
    def most(self) -> int:
        """What a text counts that holds every term by itself."""
        return len(self) * (len(self) + 1)

    def count_in(self, text: str) -> int:
        """``len(self) + 1`` for each term that stands by itself, 1 for each that is part of something longer."""
        plain = folded(text)
        whole = len(self) + 1
        return sum(whole if alone.search(plain) else bool(part.search(plain)) for alone, part in self._patterns)


def _patterns(term: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    term = folded(term)
    words = _SPACE.join("".join(_KIND.get(c) or re.escape(c) for c in word) for word in term.split())
    before = r"(?<!\w)(?<!\d[.,])" if term[0].isalnum() else ""
    after = r"(?!\w)(?![.,]\d)" if term[-1].isalnum() else ""
    joined_before, joined_after = r"(?<!\w[-_/.@+#&])", r"(?![-_/@+#&]\w)(?!\.\w)(?!\(\w{1,5}\))"
    if not re.search(r"[\d@]", term):  # a phrase: "the term" is itself in "the long-term" no more than by parts
        joined_before, joined_after = r"(?<!\w-)", r"(?!-\w)"
    if begins_in_cjk(term[0]):  # which has no space around it
        before, joined_before = "", ""
    if begins_in_cjk(term[-1]):
        after, joined_after = "", ""
    part = before + words + after
    whole_before = "" if begins_in_cjk(term[0]) else r"(?<!\w)"
    whole_after = "" if begins_in_cjk(term[-1]) else r"(?!\w)"
    alone = f"{whole_before}{joined_before}{part}{joined_after}{whole_after}"
    return re.compile(alone, re.IGNORECASE), re.compile(part, re.IGNORECASE)


_WORD = re.compile(r"\w+")


def matched(question: str, texts: Iterable[str]) -> tuple[str, ...]:
    """The words of ``texts`` that share a stem with a content word of the question, in lower case and as they stand
    there, and the exact terms of the question that a text holds; sorted.

    Example:
        >>> matched('Who terminated under "clause 4"?', ["Termination under clause 4 is final."])
        ('clause', 'clause 4', 'termination')
    """
    wanted = frozenset(lexicon.content_words(question))
    terms = exact_terms(question)
    found: set[str] = set()
    for text in texts:
        found.update(term for term in terms if ExactTerms([term]).count_in(text))
        found.update(word for word in set(_WORD.findall(text.lower())) if lexicon.stem(word) in wanted)
    return tuple(sorted(found))
