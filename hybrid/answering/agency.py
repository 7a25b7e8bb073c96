"""Who did it: what a sentence answers to "Who closed the valve?".

Asked of what is done once: where two name another doer, both cannot be right. Many may have come, seen and said a
thing, so that of other verbs nothing is compared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from hybrid.answering import polarity
from hybrid.answering.verification.disagreement import Said, days_agree, identifiers
from hybrid.text import lexicon, wordnet

_ONCE = lexicon.vocabulary(
    """
    close shut open lock unlock switch turn start stop extinguish break smash steal take remove build invent discover
    compose paint design found install fit repair mend replace kill shoot destroy erase delete empty fill disconnect
    connect cut fell move hide sell buy drop spill cancel appoint dismiss sack fire crash park ring light ignite
    """
)
"""Verbs of what is done once to a thing, in their dictionary form."""
_WHO = re.compile(
    r"^\W*(?:and |so |but )?who (?:was it (?:that|who) |had |has |first |actually |really )*"
    r"(?P<verb>\w+) (?P<rest>.+)$",
    re.IGNORECASE,
)
_PASSIVE_WHO = re.compile(r"^\W*by whom (?:was|were) (?P<thing>.+?) (?P<verb>\w+)\W*$", re.IGNORECASE)
_TITLE = r"(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sister|Nurse|Captain|Cllr)\.? )?"
_NAME = rf"{_TITLE}[A-Z][\w'’-]+(?: [A-Z][\w'’-]+){{0,3}}"
_ADVERBS = r"(?:(?:\w+ly|then|also|had|has|have|myself|himself|herself|at once|later|first|only|who) )*"
_NOT_NAMES = lexicon.vocabulary(
    "the this that these those it there when while then on in at by after before and but if"
)
_NOT_DONE = re.compile(r"\b(?:not|never|n't|nobody|would|could|should|might|may|will|shall|must|to)\b[^,;.]{0,30}$")


@dataclass(frozen=True)
class AskedWho:
    """A question for who did something once: its ``verb``, in its dictionary forms, and the stems of
    the thing's ``words``."""

    text: str
    verb: frozenset[str]
    words: tuple[str, ...]


@lru_cache(maxsize=256)
def read(question: str) -> AskedWho | None:
    """The parts of a question for who did something once; ``None`` for another question.

    Example:
        >>> read("Who closed the valve?").words, read("Who came to the fair?")
        (('valv',), None)
    """
    plain = " ".join(question.split()).rstrip(" ?.!")
    match = _WHO.match(plain)
    thing = match["rest"] if match else ""
    if match is None:
        match = _PASSIVE_WHO.match(plain)
        thing = match["thing"] if match else ""
    if match is None:
        return None
    verb = wordnet.lemmas(match["verb"].lower())
    words = tuple(dict.fromkeys(lexicon.content_words(re.sub(r"\s(?:when|while|after|before)\s.*", "", thing))))
    return AskedWho(question, verb, words) if verb & _ONCE and words else None


def agent(asked: AskedWho, said: Said) -> str | None:
    """Who did what is asked by a sentence, by the last name in lower case; ``None`` where it does not say.

    Example:
        >>> valve = read("Who closed the valve?")
        >>> agent(valve, Said("I closed it at noon.", speaker="Ann Orr", before="The valve was open."))
        'orr'
    """
    if not said.states or said.cells:
        return None
    text = said.said_plainly.replace("’", "'")
    around = f"{said.before} {text}" if said.refers or re.search(r"\b(?:it|them|one)\b", text) else text
    held = set(lexicon.content_words(around))
    count = sum(bool(lexicon.SYNONYMS.get(stem, frozenset([stem])) & held) for stem in asked.words)
    if count < polarity.MIN_COVERED * len(asked.words) or not days_agree(asked.text, around):
        return None
    if not identifiers(asked.text) <= identifiers(around) | identifiers(said.title):
        return None
    for match in re.finditer(r"\w+", text):
        if _is_verb_asked(asked, match[0].lower()):
            found = _doer(said, text, match)
            if found:
                return found
    return None


def differ(asked: AskedWho, one: Said, other: Said) -> bool:
    """Whether two sentences name another doer, and neither names the other's."""
    mine, theirs = agent(asked, one), agent(asked, other)
    if mine is None or theirs is None or mine == theirs:
        return False
    return theirs not in one.plain.lower() and mine not in other.plain.lower()


def _is_verb_asked(asked: AskedWho, word: str) -> bool:
    lemmas = wordnet.lemmas(word)
    return bool(lemmas & asked.verb) or any(lemmas <= group and asked.verb & group for group in _SAME)


_SAME = tuple(
    lexicon.vocabulary(group)
    for group in (
        "close shut", "switch turn", "steal take", "repair mend", "install fit", "start begin", "break smash",
        "sack dismiss",
    )
)  # fmt: skip


def _doer(said: Said, text: str, verb: re.Match[str]) -> str | None:
    before, after = text[: verb.start()], text[verb.end() :]
    if re.search(r"\b(?:was|were|been|being|be|is|are|got)\b(?: \w+ly)?\W*$", before):
        by = re.match(rf"[^,;.]*?\bby (?:(?:the|a|an|our|his|her) [\w ]{{2,30}}, )?(?P<name>me\b|{_NAME})", after)
        return None if by is None or _NOT_DONE.search(before) else _known(said, by["name"])
    subject = re.search(rf"(?P<name>\b(?:I|he|she|He|She)\b|{_NAME}) {_ADVERBS}$", before)
    if subject is None or _NOT_DONE.search(before[subject.end("name") :]):
        return None
    object_ = re.match(
        r"\W*(?:\w+\W+){0,4}?(?:it|them|the|a|an|his|her|its|my|our|their|that|this|one|[A-Z]\w+)\b", after
    )
    return _known(said, subject["name"]) if object_ else None


def _known(said: Said, name: str) -> str | None:
    """Who a name or a pronoun stands for, by the last name."""
    if name in ("I", "me"):
        return said.speaker.split()[-1].lower() if said.speaker and said.speaker.split() else None
    if name.lower() in ("he", "she"):
        named = [one for one in re.findall(_NAME, said.before) if one.split()[0].lower() not in _NOT_NAMES]
        return named[-1].split()[-1].lower() if named else None
    last = re.sub(r"'s$", "", name.split()[-1]).lower()
    return None if last in _NOT_NAMES else last
