"""Whether two sentences about the same thing cannot both hold, by what they say in words.

Rules on numbers, dates, negation, obligation, direction and opposites, as in `entailment`. They see a
contradiction that is said openly ("30 days" and "60 days"), and none that has to be inferred.
"""

from __future__ import annotations

import re

from hybrid.answering.verification.disagreement import Said
from hybrid.text import lexicon
from hybrid.text.values import is_partial_iso_date

MIN_SHARED = 0.6
"""Share of the shorter sentence's content words that the other must have, to be about the same thing."""
MIN_WORDS = 2
"""Content words that they share at least; by one ("rent") two sentences are about anything."""
_IN_TIME = {"before", "after"}
_OPPOSED = (_IN_TIME, {"more", "less"})
_DIRECTED = re.compile(r"\b(?:before|after|prior to|following)\s+(?P<what>[^,;.]+)", re.IGNORECASE)
_REFUSES = re.compile(r"\b(?:den(?:y|ies|ied)|refus|declin|fail|disput|reject)", re.IGNORECASE)
_WORDS_BEHIND = 4
"""Words behind "before" or "after" that say what it is measured from; not varied."""
# Opposite in a contract, but what one of them may do says nothing of the other.
ROLES = lexicon.stems(
    """buyer seller borrower lender client provider customer supplier discloser recipient disclosing receiving employee
    employer landlord tenant lessee lessor licensee licensor purchaser vendor assignor assignee transferor transferee
    plaintiff defendant"""
)


def contradict(one: str, other: str) -> bool:
    """Whether two sentences contradict each other.

    Example:
        >>> contradict("The rent is $5,400 per month.", "The rent is $4,500 per month.")
        True
        >>> contradict("The rent is $4,500 per month.", "The deposit is $9,000.")
        False
    """
    shared = _shared(one, other)
    if shared is None:
        return False
    return (
        _facts_differ(one, other)
        or (_denials_differ(one, other, shared) and not _denies_another(one, other))
        or _forbidden(one, shared) != _forbidden(other, shared)
        or any(
            lexicon.directions(one) & pair and lexicon.directions(other) & pair
            and not lexicon.directions(one) & lexicon.directions(other) & pair
            and not (pair == _IN_TIME and _turned(one, other))
            for pair in _OPPOSED
        )
        or bool(_opposites(set(lexicon.content_words(one)), set(lexicon.content_words(other))))
    )  # fmt: skip


def _denials_differ(one: str, other: str, shared: set[str]) -> bool:
    """Whether of what both say one denies something, and the other does not; what both deny they may deny in other
    words: "does not cover frost", "frost is excluded from cover"."""
    mine, theirs = (lexicon.negated(text) & shared for text in (one, other))
    return mine != theirs and not mine & theirs


def _denies_another(one: str, other: str) -> bool:
    """Whether what one of two sentences denies is an act of which the other says nothing: "charged nothing for mending
    it" does not deny that it was mended."""
    for mine, theirs in ((one, other), (other, one)):
        if _REFUSES.search(mine):
            continue
        denied = Said(mine).denied - lexicon.stems("have has had do did does be is are was were been")
        words = set(lexicon.content_words(theirs))
        said = {synonym for stem in words for synonym in lexicon.SYNONYMS.get(stem, (stem,))} | words
        if (
            denied
            and not denied & said
            and not denied & {stem for word in said for stem in lexicon.OPPOSITES.get(word, ())}
        ):
            return True
    return False


def _turned(one: str, other: str) -> bool:
    """Whether two sentences measure "before" and "after" from different things: what came before the fence and after
    the roof, or the same two the other way round."""
    mine, theirs = (_DIRECTED.search(text) for text in (one, other))
    if mine is None or theirs is None:
        return False
    first, second = (set(lexicon.content_words(match["what"])[:_WORDS_BEHIND]) for match in (mine, theirs))
    return bool(first and second) and not first & second


def _shared(one: str, other: str) -> set[str] | None:
    """The stems of both, or of the first that have a synonym in the second; ``None`` where they are too few."""
    first, second = set(lexicon.content_words(one)), set(lexicon.content_words(other))
    present = {synonym for stem in second for synonym in lexicon.SYNONYMS.get(stem, (stem,))}
    shared = first & present
    enough = len(shared | _opposites(first, second)) >= max(MIN_WORDS, MIN_SHARED * min(len(first), len(second)))
    return shared if enough else None


def _facts_differ(one: str, other: str) -> bool:
    """Whether each states a number or date of one kind (days, dollars, dates) that the other does not."""
    first, second = lexicon.facts(one), lexicon.facts(other)
    mine = {_kind(key) for key in first.required - second.provided}
    theirs = {_kind(key) for key in second.required - first.provided}
    alike = {_kind(key) for key in first.required & second.required}
    return bool((mine & theirs) - alike)


def _kind(key: str) -> str:
    if len(key) == len("2024-03-01") and is_partial_iso_date(key):
        return "date"
    number, _, unit = key.partition(" ")
    return unit or ("number" if re.fullmatch(r"[\d.]+", number) else "identifier")


def _forbidden(text: str, shared: set[str]) -> frozenset[str]:
    return frozenset(verb for verb, kinds in lexicon.modalities(text).items() if verb in shared and "never" in kinds)


def _opposites(first: set[str], second: set[str]) -> set[str]:
    """The stems of the first whose opposite only the second has."""
    return {stem for stem in first - second - ROLES if lexicon.OPPOSITES.get(stem, frozenset()) & (second - first)}
