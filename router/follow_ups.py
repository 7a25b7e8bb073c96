"""Follow-up questions ("and when does it end?"), which mean little without those before them.

A follow-up is made to stand alone by what it leaves out: the subject of the questions before it, in
brackets, or all of the last one where the follow-up names only what should take another's place ("And for
Beta?"). The result is embedded, routed and searched like any other question. Rules, not a model: what was added can
be read and said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hybrid.text.lexicon import vocabulary

TURNS = 8
"""How many earlier questions are looked at. A bound of the work: each takes its subject from the one before it, so that
more change nothing but the words below."""
SUBJECT_WORDS = 24
"""The most words of earlier questions that are added to one. Not measured, as the rest here is not: no
development set has follow-ups. tests/router/ holds dialogues."""
_NAMED_BEFORE = 3  # content words before a pronoun that may be what it stands for
_SHORT = 6  # words of a follow-up that only names another thing


_ASKING = vocabulary("who whom whose when where which what why how")
_VERBS = vocabulary("is are was were do does did can could has have had will would shall should may might must am be")
_REQUESTS = vocabulary(
    """quote list find show give cite state locate identify tell name summarise summarize explain describe compare
    discuss analyse analyze outline assess evaluate trace"""
)
_PRONOUNS = vocabulary(
    "it its they them their theirs he him his she her hers this these those there latter former else same both"
)
_LITTLE = vocabulary(
    """a an the of to in on at by for from with and or but so also then too me us my our i we you your about please
    that as any some not no"""
)
_LEAD = re.compile(r"^\W*(?:(?:and|but|or|so|also|then|ok|okay|well|now|no|yes)\b[\s,:]*)+", re.IGNORECASE)
_WHAT_ABOUT = re.compile(r"^\W*(?:what|how)\s+(?:about|of)\b\s*", re.IGNORECASE)
_AT_THE_END = re.compile(r"\b(?:that|one|ones|so)\W*$", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:['’./:@_-][^\W_]+)*(?:\(\w{1,4}\))*")


def standalone(question: str, history: Sequence[str]) -> str:
    """``question`` as it can be understood without ``history``, the questions before it, oldest first.

    A question that stands alone comes back as it is.

    Example:
        >>> standalone("And when does it end?", ["Who signed the supply agreement?"])
        'when does it end? (signed supply agreement)'
        >>> standalone("What about the lease?", ["When does the supply agreement end?"])
        'the lease? (When does the supply agreement end?)'
        >>> standalone("Who signed the lease?", ["When does the supply agreement end?"])
        'Who signed the lease?'
    """
    before = ""
    for earlier in history[-TURNS:]:
        before = _joined(earlier, before)
    return _joined(question, before)


def _joined(question: str, before: str) -> str:
    """``question`` with what it takes from ``before``, the last question as it stands alone, or nothing."""
    bare = _LEAD.sub("", question) or question
    about = _WHAT_ABOUT.sub("", bare)
    named = [word.lower() for word in _WORD.findall(about)]
    if not before or not named:
        return question
    content = [word for word in named if _has_content(word)]
    if about != bare or (_names_another(named) and (bare != question or len(content) < 2)):
        return f"{about} ({_shortened(before)})"
    if len(content) < 2 or _refers(about, named):
        subject = _subject(before)
        return f"{bare} ({subject})" if subject else question
    return question


def _names_another(words: Sequence[str]) -> bool:
    """Whether the words neither ask nor tell: "for Beta", "the lease"."""
    return len(words) <= _SHORT and not _ASKING & set(words) and words[0] not in _VERBS | _REQUESTS


def _refers(question: str, words: Sequence[str]) -> bool:
    """Whether a pronoun stands for something that the question itself has not named."""
    if _AT_THE_END.search(question):
        return True
    first = next((at for at, word in enumerate(words) if word in _PRONOUNS), None)
    return first is not None and sum(map(_has_content, words[:first])) < _NAMED_BEFORE


def _subject(question: str) -> str:
    """The words of a question that say what it is about, those it took from earlier questions among them."""
    words = [word for word in _WORD.findall(question) if _has_content(word.lower())]
    return " ".join(list(dict.fromkeys(words))[-SUBJECT_WORDS:])


def _shortened(question: str) -> str:
    words = question.split()
    return " ".join(words if len(words) <= 2 * SUBJECT_WORDS else [*words[:SUBJECT_WORDS], *words[-SUBJECT_WORDS:]])


def _has_content(word: str) -> bool:
    return word not in _ASKING and word not in _VERBS and word not in _REQUESTS | _PRONOUNS | _LITTLE
