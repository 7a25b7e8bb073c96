"""The sentence behind a quote that carries its point: "I looked for the record." - "None was found."

It is short, refers back to the sentence before it, and says what became of that, or that it is not so. Quoted without
it, the first would say the opposite of what its author says. Or it goes on about the same and answers what is asked:
"Mrs Orr asked me to sign it." - "She then signed it herself."
"""

from __future__ import annotations

import re
from collections.abc import Sequence

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
_DISAGREES = re.compile(
    r"(?:(?:But|And|Yet|However),? )?(?:(?:I|We|He|She|They) (?:do|does|did|cannot|could) ?(?:not|n['’]t)? "
    r"(?:agree|accept (?:that|this|it)|believe (?:that|this|it)|think so|share (?:that|this|his|her|their))\b"
    r"|(?:I|We|He|She|They) (?:disagree|dispute|reject|doubt)(?:s|d|ed)?\b(?: (?:that|this|it|both))?)",
)
"""A speaker's own view of what they have just told of another: "I do not agree."."""
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
    if _DISAGREES.match(second):
        return len(words) <= MOST_WORDS
    if _OF_THAT.match(second):
        return len(words) <= MOST_WORDS_OF_DENIAL
    if len(words) > MOST_WORDS or not (_REFERS.match(second) or _POINTS_BACK.search(second)):
        return False
    denies = bool(lexicon.NEGATIONS & set(words)) or any(word.endswith("n't") for word in words)
    return denies or any(word in _RESULT for word in words)


MOST_FOLLOWING = 3
"""Sentences behind a quote among which the one that answers is looked for; not measured."""
_TAKES_UP = re.compile(
    r"(?:(?:But|And|Yet|However|So|Then|Still|Instead|Later|Afterwards|Nevertheless|Eventually|In the end),? )?"
    r"(?:He|She|It|They|This|These|Those|That|Both|Neither)\b",
)
_TAKES_UP_THING = re.compile(r"(?:The|This|That|These|Those|Such|Its|Their|His|Her) (?P<words>[\w'’-]+(?: [\w'’-]+)?)")
_IN_BETWEEN = 6
"""Words of a sentence that may stand between a quote and the one that goes on about it: "I refused."."""
_NOT_YET = re.compile(
    r"\b(?:to|would|could|should|might|may|will|shall|must|can|cannot|not|never|whether|if) (?:\w+ly )?$", re.IGNORECASE
)


def goes_on(question: str, quote: str, following: Sequence[str]) -> int:
    """How many of the sentences behind a quote belong to it: up to the last one that speaks of the same and says of
    what is asked something that the quote does not say. "Mrs Orr asked me to sign it. I refused. She then signed it
    herself." - who signed it?

    Example:
        >>> goes_on("Who signed it?", "Mrs Orr asked me to sign it.", ["I refused.", "She then signed it herself."])
        2
        >>> goes_on("Who signed it?", "Mrs Orr signed it.", ["She was tired."])
        0
    """
    quoted = " ".join(quote.split())
    asked, held = lexicon.content_words(question), set(lexicon.content_words(quoted))
    known = held | set(asked)
    unsaid, undone = set(asked) - held, _only_intended(quoted) & set(asked)
    taken = 0
    for at, sentence in enumerate(following[:MOST_FOLLOWING], start=1):
        plain = " ".join(sentence.split())
        own = set(lexicon.content_words(plain))
        thing = _TAKES_UP_THING.match(plain)
        about = thing is not None and bool({lexicon.stem(word.lower()) for word in thing["words"].split()} & known)
        if plain.endswith("?"):
            break
        if about or _TAKES_UP.match(plain):
            if own & unsaid or own & (undone - _only_intended(plain)):
                taken = at
        elif len(plain.split()) > _IN_BETWEEN:
            break
    return taken


def _only_intended(text: str) -> set[str]:
    """The stems of the words that a sentence does not say to have been done: "asked me to sign", "would not open"."""
    words = [(match.start(), match[0]) for match in re.finditer(r"[^\W\d_]+", text)]
    done: set[str] = set()
    intended: set[str] = set()
    for start, word in words:
        stem = lexicon.stem(word.lower())
        (intended if _NOT_YET.search(text[:start]) else done).add(stem)
    return intended - done
