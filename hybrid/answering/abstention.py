"""Whether a question can be answered from what was found in the corpus; where it cannot, no answer is made.

docs/answers.md has the measurement behind the thresholds: `benchmarks/abstention.py` makes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hybrid.answering.evidence import Sentence
from hybrid.text import lexicon

THRESHOLD = 0.5
CONFIDENT = 0.75
"""Below this score an answer is given, and says that the corpus may not hold it."""
COVERAGE_WEIGHT = 0.5
MIN_SIMILARITY = 0.35
"""Words alone are not enough: a question of one content word ("the setting of the story") meets it anywhere."""

_ABOUT_THE_WHOLE = lexicon.stems(
    """
    account argument article author book chapter collection content contents corpus describe description discuss
    discussion document documents discover explain file files gist idea ideas key main material meeting moral
    narrative outline overall overview paper point points purpose read reading record report section source
    story subject summarise summarize summary text texts theme themes title topic topics whole work write writing
    brief briefly short central major important essay
    """
)
_PARTS = re.compile(
    r"[,;.?!]?\s+(?:and|but|or)\s+(?=(?:who|whom|whose|what|when|where|which|why|how)\b)", re.IGNORECASE
)
_IDENTIFIER = re.compile(
    r"(?=.*\d)(?=.*[a-z])[a-z0-9]+(?:[-_./:][a-z0-9]+)*|\d+(?:[-_/:]\d+){2,}|\d[\d.]*(?:\(\w{1,5}\))+", re.IGNORECASE
)

_MEASURE = re.compile(r"\d+(?:st|nd|rd|th)?-[a-z]+", re.IGNORECASE)  # "4-letter", "19th-century"


@dataclass(frozen=True)
class Answerability:
    """``similarity`` is the best sentence's cosine to the question, ``coverage`` the share of the question's
    content words, weighted by idf, that the best hit's sentences hold together; of a question in parts
    ("when ..., and why ...") the best part's. ``missing`` are
    identifiers of the question that stand nowhere in the evidence. ``general`` questions ask about the
    corpus as a whole, so that every corpus answers them."""

    similarity: float
    coverage: float
    missing: tuple[str, ...] = ()
    general: bool = False

    @property
    def score(self) -> float:
        """What `THRESHOLD` is compared with."""
        return self.similarity + COVERAGE_WEIGHT * self.coverage

    @property
    def answerable(self) -> bool:
        """Whether the question can be answered from this corpus."""
        return self.answerable_at(THRESHOLD)

    @property
    def confident(self) -> bool:
        """Whether the answer needs no warning that the corpus may not say it."""
        return self.general or self.score >= CONFIDENT

    def answerable_at(self, threshold: float) -> bool:
        """Whether it could be answered if `THRESHOLD` were another."""
        near = self.similarity >= MIN_SIMILARITY and self.score >= threshold
        return not self.missing and (self.general or near)


def parts(question: str) -> list[str]:
    """What a question asks, one thing each: "When does it end, and why?" asks two. One that asks a single
    thing is its own part.

    Example:
        >>> parts("When does the lease end, and why did they part?")
        ['When does the lease end', 'why did they part?']
    """
    return [part for part in map(str.strip, _PARTS.split(question)) if len(part.split()) > 1] or [question]


def measure(question: str, found: Sequence[Sentence], idf: Callable[[str], float]) -> Answerability:
    """How far the sentences that were ``found`` answer the question."""
    if not found:
        return Answerability(0.0, 0.0)
    asked = _asked(question)
    by_hit: dict[int, set[str]] = {}
    for sentence in found:
        by_hit.setdefault(sentence.rank, set()).update(lexicon.content_words(sentence.text))
    found_tokens = {token.lower() for sentence in found for token in lexicon.tokens(sentence.text)}
    missing = [token for token in _identifiers(question) if token.lower() not in found_tokens]
    return Answerability(
        similarity=max(sentence.similarity for sentence in found),
        coverage=max(_coverage(_asked(part), by_hit.values(), idf) for part in (question, *parts(question))),
        missing=tuple(missing),
        general=not asked and not lexicon.facts(question).required,
    )


def _asked(question: str) -> list[str]:
    return [stem for stem in dict.fromkeys(lexicon.content_words(question)) if stem not in _ABOUT_THE_WHOLE]


def _coverage(asked: Sequence[str], hits: Iterable[set[str]], idf: Callable[[str], float]) -> float:
    """The share of the words, by idf, that the best hit holds."""
    total = sum(map(idf, asked))
    covered = max(sum(idf(stem) for stem in asked if stem in words) for words in hits)
    return covered / total if total else 0.0


def _identifiers(question: str) -> list[str]:
    """Tokens that mean one thing only and cannot be said otherwise: "ACME-2024-001", "12.3(b)", a UUID."""
    return [
        token
        for token in lexicon.tokens(question)
        if len(token) >= 6 and _IDENTIFIER.fullmatch(token) and not _MEASURE.fullmatch(token)
    ]
