"""Whether a question can be answered from what was found in the corpus; where it cannot, no answer is made.

One number says it: the probability that the documents answer, from a logistic regression on what is measured here. Its
weights and thresholds ship with the ranker's (`hybrid.answering.selection.ranker`); docs/answers.md has the
risk-coverage curve that the thresholds were read off, on wordings that were not used to fit it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from hybrid.answering.enumeration_terms import root
from hybrid.answering.evidence import Sentence
from hybrid.answering.selection import features, ranker
from hybrid.text import lexicon

ABOUT_THE_WHOLE = lexicon.stems(
    """
    account argument article author book chapter collection content contents corpus describe description discuss
    discussion document documents discover explain file files gist idea ideas key main material meeting moral
    narrative outline overall overview paper point points purpose read reading record report section source
    story subject summarise summarize summary text texts theme themes title topic topics whole work write writing
    brief briefly short central major important essay discussed talked happen happened wrote written plot protagonist
    hero heroine character characters setting mood tone style genre ending end ends conclusion conclusions conclude
    message lesson takeaway takeaways highlight highlights background outcome climax begin beginning opening finding
    findings tale novel teach teaches learn dispute quarrel lawsuit proceedings
    """
)
_PARTS = re.compile(
    r"[,;.?!]?\s+(?:and|but|or)\s+(?=(?:who|whom|whose|what|when|where|which|why|how|according to whom)\b)",
    re.IGNORECASE,
)
_WHO_SAYS_SO = re.compile(
    r"(?:who|according to whom)\b(?: (?:has|had|was it that))? ?(?:said|says?|told|tells|claim(?:s|ed)|state[sd]?"
    r"|asserted|confirmed)? ?(?:so|that|this|it|us)?\W*$",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+(?=[A-Z])")

NAMES = ("best", "similarity", "coverage", "unsaid")
"""What is measured: the best sentence's score by the ranker; the best similarity; the share of the question's content
words, by idf, that the best hit's sentences hold together; the share that none of the sentences holds."""


@dataclass(frozen=True)
class Answerability:
    """``probability`` that the documents answer the question. ``general`` questions ask about the corpus as a whole, so
    that every corpus answers them."""

    probability: float
    general: bool = False

    @property
    def answerable(self) -> bool:
        """Whether the question can be answered from this corpus."""
        return self.general or self.probability >= ranker.load().threshold

    @property
    def confident(self) -> bool:
        """Whether the answer needs no warning that the corpus may not say it."""
        return self.general or self.probability >= ranker.load().confident


def parts(question: str) -> list[str]:
    """What a question asks, one thing each: "When does it end, and why?" asks two. One that asks a single
    thing is its own part.

    Example:
        >>> parts("When does the lease end, and why did they part?")
        ['When does the lease end', 'why did they part?']
    """
    found = [part for part in map(str.strip, _PARTS.split(question)) if len(part.split()) > 1]
    return [part for part in found if not _WHO_SAYS_SO.match(part)] or [question]


def asks_who_says_so(question: str) -> bool:
    """Whether a question asks, beside something else, who says it: the name before a quote answers that.

    Example:
        >>> asks_who_says_so("What was the cause, and who said so?"), asks_who_says_so("Who said no?")
        (True, False)
    """
    found = [part.strip() for part in _PARTS.split(question)]
    return len(found) > 1 and any(_WHO_SAYS_SO.match(part) for part in found)


_ASKS_VALUE = re.compile(
    r"^\W*(?:when\b|how (?!did|do|does|was|were|is|are|has|have|had|can|could|come|the\b)\w+ )", re.IGNORECASE
)
_VALUE = re.compile(r"(?<![\w.])(?:[£$€]\s?)?\d")


def gives_value(question: str, quote: str) -> bool:
    """Whether a question that asks for one value only is answered by a quote with a value and what is asked about.

    Example:
        >>> gives_value("How deep was the well?", "The well was 9 m deep."), gives_value("How was it dug?", "By 9 men.")
        (True, False)
    """
    if not _ASKS_VALUE.match(question) or len(parts(question)) > 1:
        return False
    text = re.sub(r"(?:^|(?<=[.!?] ))\W*\d+(?:\.\d+)*[.)]\s", "", quote)  # without the numbers of paragraphs
    asked = _asked(question)
    held = {root(stem) for stem in lexicon.content_words(text)}
    count = sum(root(stem) in held for stem in asked)
    return _VALUE.search(text) is not None and 2 * count >= len(asked) > 0


def answerability(question: str, found: Sequence[Sentence], idf: Callable[[str], float]) -> Answerability:
    """How likely the sentences that were ``found`` answer the question."""
    if not found:
        return Answerability(0.0)
    general = not _asked(question) and not lexicon.facts(question).required
    return Answerability(ranker.load().probability(measure(question, found, idf)), general)


def measure(question: str, found: Sequence[Sentence], idf: Callable[[str], float]) -> dict[str, float]:
    """What is measured of the sentences that were ``found``, at least one, by `NAMES`."""
    by_hit: dict[int, set[str]] = {}
    for sentence in found:
        by_hit.setdefault(sentence.rank, set()).update(lexicon.content_words(sentence.text))
    asked = [question, *parts(question), _SENTENCE_END.split(question)[0]]
    said = set().union(*by_hit.values())
    values = (
        float(np.max(ranker.load().scores(features.matrix(question, found, idf)))),
        max(sentence.similarity for sentence in found),
        max(_coverage(_asked(part), by_hit.values(), idf) for part in dict.fromkeys(asked)),
        1 - _coverage(_asked(question), [said], idf),
    )
    return dict(zip(NAMES, values, strict=True))


def _asked(question: str) -> list[str]:
    return [stem for stem in dict.fromkeys(lexicon.content_words(question)) if stem not in ABOUT_THE_WHOLE]


def _coverage(asked: Sequence[str], hits: Iterable[set[str]], idf: Callable[[str], float]) -> float:
    """The share of the words, by idf, that the best hit holds."""
    total = sum(map(idf, asked))
    covered = max(sum(idf(stem) for stem in asked if stem in words) for words in hits)
    return covered / total if total else 0.0
