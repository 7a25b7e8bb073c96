"""Sentences that ask for something to be done: "Send us the list.", "Please call the works." They state nothing."""

from __future__ import annotations

import re

from hybrid.text import lexicon, wordnet

_NUMBER = re.compile(r"^\W*(?:\(?\w{1,3}(?:\.\d+)*[.)]\s+)?")
_ADDRESS = re.compile(r"^(?:(?:Dear|Hi|Hello) )?[A-Z][\w’'-]+(?: [A-Z][\w’'-]+)?, (?=\w)")
_OBJECTS = lexicon.vocabulary("the a an us me them him her it this that these those your our my all every no")
_PERFORMS = re.compile(
    r"(?:please |kindly )?(?:(?:take|treat|accept|regard|consider|read) this\b|be (?:advised|informed|notified|aware)\b"
    r"|take note|note\b|(?:find|see) (?:attached|enclosed))",
    re.IGNORECASE,
)
"""What is asked for and given by the sentence itself: "Please take this as notice that the roof leaks"."""
_ALSO_PAST = lexicon.vocabulary("put cut set let hit shut read cast quit split spread shed cost hurt beat bet burst")
"""Verbs whose past is as their dictionary form: "Cut the hedge" in a diary says what was done."""


def asks_to_act(text: str) -> bool:
    """Whether a sentence begins as an imperative does: with "please", or with a verb's dictionary form before its
    object.

    Example:
        >>> asks_to_act("1. Send us the list."), asks_to_act("Nora, please call the works."), asks_to_act("Sales fell.")
        (True, True, False)
    """
    plain = _ADDRESS.sub("", _NUMBER.sub("", " ".join(text.split())))
    if _PERFORMS.match(plain):
        return False
    words = [word.strip(".,;:!?").lower() for word in plain.split()[:2]]
    if words[:1] in (["please"], ["kindly"]):
        return True
    return (
        len(words) == 2
        and words[1] in _OBJECTS
        and words[0] not in _ALSO_PAST
        and wordnet.is_infinitive(words[0])
        and wordnet.lemmas(words[0]) == {words[0]}  # "found" is the past of "find", too
    )
