"""What a question takes for granted: "Why did Ann sign it?" that Ann signed it.

It is put as a question of yes or no, and the sentences that answer "no" deny what is asked about.
"""

from __future__ import annotations

import re

from hybrid.answering import abstention
from hybrid.text import lexicon

_ASKED = re.compile(
    r"^(?:(?:and|but|so|then) )?(?:why|when|where|how|on (?:what|which) (?:day|date|grounds?)"
    r"|for (?:what|which) reasons?|at (?:what|which) time|in (?:what|which) (?:year|month|week|way))"
    r" (?P<verb>did|was|were|has|have|had) (?P<rest>.+)$",
    re.IGNORECASE,
)
_MADE = re.compile(
    r"^(?:what|which reasons?) (?:(?:made|let) (?P<who>.+?) (?P<verb>[a-z]+)|(?:led|caused|drove|persuaded|induced"
    r"|moved|got|prompted|convinced) (?P<whom>.+?) to (?P<act>[a-z]+)) (?P<rest>.+)$",
    re.IGNORECASE,
)
_SKIPPED = re.compile(
    r"\b(?:not|n't|never|no|nobody|nothing|last|first|next|again|still|yet|only|fail\w*|refus\w*|den(?:y|ied))\b|n['’]t\b"
    r"|^it that\b",
    re.IGNORECASE,
)
"""What denies already, or asks for one time of several."""
_MODIFIER = re.compile(
    r"^(?P<head>.*?\b(?:the|a|an|any|his|her|its|their) (?:[\w-]+ ){0,2}?[\w-]+) (?P<rest>(?:with|for|about|on|of|to"
    r"|from|in|at|by|against|that|which) .+)$"
)
_AT_A_TIME = re.compile(
    r"\b(?:since|until|till|before|after|again|so far|at (?:that|the) time|any longer|any more|alone|only|by then"
    r"|at first|other|another|if|unless)\b",
    re.IGNORECASE,
)


def polar(question: str) -> str | None:
    """What a question takes for granted, as a question of yes or no; ``None`` where it takes nothing done for granted.

    Example:
        >>> polar("Why did Ann sign the lease?"), polar("When does the lease end?")
        ('Did Ann sign the lease?', None)
    """
    first = " ".join(abstention.parts(question)[0].split()).rstrip(" ?.,")
    first = re.sub(r",? and (?:by|with|to|from|for) wh\w+$", "", first)
    match = _ASKED.match(first)
    if match is not None:
        found = f"{match['verb'].capitalize()} {match['rest']}"
    elif (made := _MADE.match(first)) is not None:
        found = f"Did {made['who'] or made['whom']} {made['verb'] or made['act']} {made['rest']}"
    else:
        return None
    return None if _SKIPPED.search(found.partition(" ")[2]) else f"{found}?"


def shortened(asked: str) -> tuple[str, frozenset[str]] | None:
    """The same question without what says more of its last noun, and the stems of that: a denial of "signing the
    contract" may leave out "for the coach to Norway", which stands around it.

    Example:
        >>> shortened("Did Ann sign the contract for the coach?")
        ('Did Ann sign the contract?', frozenset({'coach'}))
    """
    match = _MODIFIER.match(asked.rstrip("?"))
    if match is None or len(match["head"].split()) < _FEWEST:
        return None
    return f"{match['head']}?", frozenset(lexicon.content_words(match["rest"]))


_FEWEST = 4
"""Words of a question that is left: "Did Ann sign it"."""


def may_deny(text: str) -> bool:
    """Whether a sentence may deny something for good, by a word for it: cheap, for many."""
    return _DENIES.search(text) is not None and not limited(text)


_DENIES = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|refus\w+|den(?:y|ies|ied)|reject\w+|declin\w+|fail\w*)\b"
    r"|n['’]t\b|\bturned down\b|\bun\w{3,}ed\b",
    re.IGNORECASE,
)


def limited(text: str) -> bool:
    """Whether a denial is one of a time or a condition only, so that what is asked may be so at another: "not since
    May"."""
    clauses = [clause for clause in _CLAUSES.split(text) if lexicon.negations(clause)]
    return any(_AT_A_TIME.search(clause) for clause in clauses)


_CLAUSES = re.compile(r"[;:]\s|,\s+(?:but|and|so)\b|\bbecause\b")
_POINTS = re.compile(r"\b(?:it|this|that|them|these|those)\b", re.IGNORECASE)


def points_back(text: str) -> bool:
    """Whether a denial names what it denies by a pronoun alone.

    Example:
        >>> points_back("I never signed it."), points_back("I never signed the lease when it was sent.")
        (True, False)
    """
    return _POINTS.search(text) is not None and len(text.split()) <= _SHORT


_SHORT = 7
"""Words of such a denial; not varied."""


def note(beginning: str) -> str:
    """What is said of a sentence, by its ``beginning``, that denies what a question takes for granted."""
    return f"“{beginning}” denies what the question takes for granted."


def disputed(one: str, other: str) -> str:
    """What is said of two sentences of which one states and the other denies what a question takes for granted."""
    return f"Whether it is so, as the question takes for granted, is disputed: “{one}”, “{other}”."
