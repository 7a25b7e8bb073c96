"""The sentence behind a quote that carries its point: "I looked for the record." - "None was found."

It is short, refers back to the sentence before it, and says what became of that, or that it is not so. Quoted without
it, the first would say the opposite of what its author says.
"""

from __future__ import annotations

import re

from hybrid.text import lexicon

MOST_WORDS, MOST_WORDS_OF_DENIAL = 10, 26
"""Words of a sentence that says what became of the one before it, and of one that denies it by "that"; not
measured."""
_REFERS = re.compile(
    r"(?:(?:But|And|Yet|However|So|Still|Instead|Nevertheless|Unfortunately),? )?"
    r"(?:That|This|It|They|These|Those|He|She|None|Neither|Nothing|Nobody|No one|Both|Neither of \w+"
    r"|No (?:answer|reply|response|trace|record|sign|such|decision|action|result|copy|entry|payment)\b.*"
    r"|There (?:is|was|were|are|has been|have been) (?:no|none|nothing|not)\b.*)(?: |\W*$)",
)
_POINTS_BACK = re.compile(
    r"\b(?:of|to|for|about|with|by|from|in|on) (?:it|that|this|them|these|those|him|her|either)\b"
)
_OF_THAT = re.compile(
    r"^(?:(?:But|And|Yet|However),? )?(?:(?:That|This|It) (?:is|was|has|had|did|does|cannot|could)(?: \w+)?"
    r" (?:not|never|no|untrue|false|wrong|denied)\b|There (?:is|was|were|are) (?:no|nothing|none)\b.*\b(?:of|for|to) "
    r"(?:it|that|this|them|these|those|any)\b|(?:No|Nothing|None)\b.*\b(?:of|for|to) (?:it|that|this|them)\b)",
)
_RESULT = lexicon.vocabulary(
    "refused rejected declined denied failed accepted agreed approved confirmed granted allowed passed succeeded worked"
    " signed paid returned withdrawn withdrew lost won broke collapsed died vanished disappeared stopped cancelled"
    " abandoned dismissed upheld unsuccessful successful true false untrue wrong right correct incorrect invalid valid"
    " genuine forged missing empty ignored unanswered"
)
"""What something came to."""


def completes(before: str, after: str) -> bool:
    """Whether a sentence says of the one before it what became of it, or that it is not so.

    Example:
        >>> completes("I looked for the record.", "None was found."), completes("The roof is old.", "It is of lead.")
        (True, False)
    """
    first, second = (" ".join(text.split()) for text in (before, after))
    if not first or not second or first.endswith("?") or second.endswith("?"):
        return False
    words = [word.strip('.,;:!?"”’').lower() for word in second.split()]
    if _OF_THAT.match(second):
        return len(words) <= MOST_WORDS_OF_DENIAL
    if len(words) > MOST_WORDS or not (_REFERS.match(second) or _POINTS_BACK.search(second)):
        return False
    denies = bool(lexicon.NEGATIONS & set(words)) or any(word.endswith("n't") for word in words)
    return denies or any(word in _RESULT for word in words)
