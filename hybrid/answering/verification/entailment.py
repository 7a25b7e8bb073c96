"""The rule of ``supported``: when a span entails a claim that says it in other words.

One span must hold every fact and name of the claim, agree with it in polarity, modality, roles and
conditions, and share enough of its words, in its order, and of its meaning. docs/answers.md describes
the rule and what `benchmarks/verification.py` measured; `Rule` holds the thresholds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from hybrid.text import lexicon

Idf = Callable[[str], float]
"""How rare a stem is in the corpus; more is rarer."""
MIN_WORDS = 2
"""Content words of a claim that says enough to be supported or not: one who is said something of, and what."""
_ROUNDING = 1e-9  # weights are added up in two different orders


@dataclass(frozen=True)
class Rule:
    """Thresholds of ``supported``, chosen on ContractNLI's training part (`benchmarks/verification.py`).

    ``similarity`` decides little now that the vetoes come first: of the adversary's claims
    (benchmarks/verification/adversary.py, seed 3, 25 of a kind) 52 false and 268 true ones pass at 0.3, 0.5 and 0.6,
    53 and 268 at 0, 51 and 266 at 0.7.

    ``coverage`` is of the claim's content words, weighted by idf; ``order`` of those that the span
    has in the claim's order; ``similarity`` the cosine of the two embeddings; ``polarity`` how far the
    words that both have are negated alike.
    """

    coverage: float = 1.0
    order: float = 1.0
    similarity: float = 0.5
    polarity: float = 1.0


@dataclass(frozen=True)
class Match:
    """How a claim stands to a span. ``failed_checks`` name the guards that the span fails."""

    coverage: float
    order: float
    polarity: float
    failed_checks: tuple[str, ...]


def compare(claim: str, span: str, idf: Idf) -> Match:
    """Set a claim against a span, by words alone."""
    wanted, given = lexicon.content_words(claim), lexicon.content_words(span)
    present = {synonym for stem in given for synonym in lexicon.SYNONYMS.get(stem, (stem,))}
    missing = set(wanted) - present
    total = sum(idf(stem) for stem in wanted)
    shared = set(wanted) - missing
    return Match(
        coverage=sum(idf(stem) for stem in wanted if stem in present) / total if total else 0.0,
        order=_in_order(wanted, given, idf) / total if total else 0.0,
        polarity=_agreement(lexicon.negated(claim) & shared, lexicon.negated(span) & shared),
        failed_checks=tuple(_failed_checks(claim, span, missing, present)),
    )


def _failed_checks(claim: str, span: str, missing: set[str], present: set[str]) -> Iterator[str]:
    if len(lexicon.content_words(claim)) < MIN_WORDS:
        yield "content"
    if not lexicon.facts(claim).required <= lexicon.facts(span).provided:
        yield "facts"
    named = lexicon.names(claim)
    if not set(named) <= present:
        yield "names"
    elif len(set(named)) > 1 and _in_order(named, lexicon.content_words(span), lambda _: 1.0) < len(named):
        yield "roles"
    if lexicon.negations(claim) != lexicon.negations(span):
        yield "negation"
    claimed, spanned = lexicon.modalities(claim), lexicon.modalities(span)
    if any(kinds != spanned.get(verb) for verb, kinds in claimed.items() if verb in present):
        yield "modality"
    if lexicon.directions(claim) - lexicon.directions(span):
        yield "directions"
    if any(lexicon.OPPOSITES.get(stem, frozenset()) & present for stem in missing):
        yield "opposites"
    if lexicon.conditions(claim) != lexicon.conditions(span):
        yield "conditions"


def _in_order(wanted: Sequence[str], given: Sequence[str], idf: Idf) -> float:
    """Idf of the heaviest common subsequence of two lists of stems."""
    best = [0.0] * (len(given) + 1)
    for stem in wanted:
        value, diagonal = idf(stem), 0.0
        for position, other in enumerate(given, start=1):
            above = best[position]
            best[position] = max(above, best[position - 1], diagonal + value if _alike(stem, other) else 0.0)
            diagonal = above
    return best[-1]


def _alike(one: str, other: str) -> bool:
    return one == other or other in lexicon.SYNONYMS.get(one, ())


def _agreement(one: frozenset[str] | set[str], other: frozenset[str] | set[str]) -> float:
    union = one | other
    return len(one & other) / len(union) if union else 1.0


def support(match: Match, similarity: float, rule: Rule) -> tuple[bool, float]:
    """Whether the span entails the claim, and the score behind it, between 0 and 1."""
    score = float(np.clip((match.coverage + match.order + similarity) / 3, 0, 1))
    entailed = (
        not match.failed_checks
        and match.coverage >= rule.coverage - _ROUNDING
        and match.order >= rule.order - _ROUNDING
        and match.polarity >= rule.polarity
        and similarity >= rule.similarity
    )
    return entailed, score
