"""Whether two sentences about the same thing cannot both hold, by what they say in words.

Rules on numbers, dates, negation, obligation, direction and opposites, as in `hybrid.answering.support`. They see a
contradiction that is said openly ("30 days" and "60 days"), and none that has to be inferred.
"""

from __future__ import annotations

import re

from hybrid.answering import words

MIN_SHARED = 0.6
"""Share of the shorter sentence's content words that the other must have, to be about the same thing."""
MIN_WORDS = 2
_OPPOSED = ({"before", "after"}, {"more", "less"})
# Opposite in a contract, but what one of them may do says nothing of the other.
_ROLES = words.stems(
    """buyer seller borrower lender client provider customer supplier discloser recipient disclosing receiving employee
    employer landlord tenant lessee lessor licensee licensor purchaser vendor assignor assignee transferor transferee
    plaintiff defendant"""
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


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
        or words.negated(one) & shared != words.negated(other) & shared
        or _forbidden(one, shared) != _forbidden(other, shared)
        or any(
            words.directions(one) & pair and words.directions(other) & pair
            and not words.directions(one) & words.directions(other) & pair
            for pair in _OPPOSED
        )
        or bool(_opposites(set(words.content_words(one)), set(words.content_words(other))))
    )  # fmt: skip


def _shared(one: str, other: str) -> set[str] | None:
    """The stems of both, or of the first that have a synonym in the second; ``None`` where they are too few."""
    first, second = set(words.content_words(one)), set(words.content_words(other))
    present = {synonym for stem in second for synonym in words.SYNONYMS.get(stem, (stem,))}
    shared = first & present
    enough = len(shared | _opposites(first, second)) >= max(MIN_WORDS, MIN_SHARED * min(len(first), len(second)))
    return shared if enough else None


def _facts_differ(one: str, other: str) -> bool:
    """Whether each states a number or date of one kind (days, dollars, dates) that the other does not."""
    first, second = words.facts(one), words.facts(other)
    mine = {_kind(key) for key in first.needed - second.given}
    theirs = {_kind(key) for key in second.needed - first.given}
    alike = {_kind(key) for key in first.needed & second.needed}
    return bool((mine & theirs) - alike)


def _kind(key: str) -> str:
    if _DAY.fullmatch(key):
        return "date"
    number, _, unit = key.partition(" ")
    return unit or ("number" if re.fullmatch(r"[\d.]+", number) else "identifier")


def _forbidden(text: str, shared: set[str]) -> frozenset[str]:
    return frozenset(verb for verb, kinds in words.modalities(text).items() if verb in shared and "never" in kinds)


def _opposites(first: set[str], second: set[str]) -> set[str]:
    """The stems of the first whose opposite only the second has."""
    return {stem for stem in first - second - _ROLES if words.OPPOSITES.get(stem, frozenset()) & (second - first)}
