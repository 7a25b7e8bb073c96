"""What is said with a noun of action and what with its verb: "the approval of the budget by the board" is that the
board approved it. Which noun belongs to which verb is WordNet's relation of derivation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from hybrid.answering.verification.clauses import Clauses
from hybrid.answering.verification.structure import BE, active
from hybrid.text import lexicon, wordnet

_NP = r"(?:(?:the|an?|its|his|her|their|all|both) )?(?:[\w-]+ ){0,2}?[\w-]+"
_WHEN = r"(?:in|on|at|before|after|during|since|until|within)\b[^,;]*"
_LINK = r"(?:was held|was|were|came|followed|happened|occurred|was made|was given)"
_NOUN_BY = re.compile(
    rf"^(?:the |an? )?(?P<noun>\w+) of (?P<object>{_NP}) by (?P<agent>{_NP}) {_LINK} (?P<when>{_WHEN})$", re.IGNORECASE
)
_OWNERS_NOUN = re.compile(
    rf"^(?P<agent>{_NP})['’]s? (?P<noun>\w+) of (?P<object>{_NP}) {_LINK} (?P<when>{_WHEN})$", re.IGNORECASE
)
_VERBAL = re.compile(rf"^(?P<agent>{_NP}) (?P<verb>\w+) (?P<object>{_NP})(?: (?P<when>{_WHEN}))?$", re.IGNORECASE)


class _Deed(NamedTuple):
    agent: str
    word: str
    object: str
    when: str


def verbal_forms(claim: str, span: str) -> Iterator[str]:
    """A sentence of the span with the noun of action of the claim, or with its verb, where the span has the other.

    Example:
        >>> noun, verb = "The rejection of the plan by the jury was in May.", "The jury rejected the plan in May."
        >>> list(verbal_forms(verb, noun)), list(verbal_forms(noun, verb))
        (['the jury rejected the plan in May.'], ['The rejection of the plan by the jury was in May.'])
    """
    yield from _counted_form(claim, span)
    mine, theirs = _nominal(claim), _nominal(span)
    if theirs and not mine:
        verb = next((one for one in re.findall(r"[a-z]+", claim) if _same_deed(theirs.word, one) and _past(one)), None)
        if verb is not None:
            yield f"{theirs.agent} {verb} {theirs.object} {theirs.when}."
    elif mine and not theirs:
        deed = _verbal(span)
        if deed is not None and deed.when and _same_deed(mine.word, deed.word):
            yield f"The {mine.word} of {deed.object} by {deed.agent} was {deed.when}."


_TIMES = r"(?:once|twice|[\w-]+ times)"
_DONE_SO_OFTEN = re.compile(
    rf"^(?P<agent>{_NP}) (?P<verb>\w+) (?P<object>{_NP}) (?P<times>{_TIMES})(?: (?P<when>{_WHEN}))?$", re.IGNORECASE
)
_SO_MANY_DEEDS = re.compile(
    r"^.{2,60}? (?P<did>carried out|made|did|performed|conducted|undertook) (?:an?|one|[\w-]+) (?P<noun>\w+) of\b",
    re.IGNORECASE,
)
_HOW_MANY = {"once": "one", "twice": "two"}


def _counted_form(claim: str, span: str) -> Iterator[str]:
    """Of "tested the pump twice", "carried out two tests of the pump", where the claim has such a noun."""
    noun, deed = _SO_MANY_DEEDS.match(claim), _DONE_SO_OFTEN.match(span.strip().rstrip("."))
    if noun is None or deed is None or not (_past(deed["verb"]) and _same_deed(noun["noun"].lower(), deed["verb"])):
        return
    often = deed["times"].lower()
    many = _HOW_MANY.get(often, often.removesuffix(" times"))
    when = f" {deed['when']}" if deed["when"] else ""
    yield f"{deed['agent']} {noun['did']} {many} {noun['noun']} of {deed['object']}{when}."


def deed_turned_round(claim: Clauses, span: Clauses) -> bool:
    """Who did it and who it was done to have changed places between a noun of action and its verb."""
    for one, other in ((claim.text, span.text), (span.text, claim.text)):
        noun, verb = _nominal(one), _verbal(other)
        if noun and verb and _same_deed(noun.word, verb.word):
            return _head(noun.agent) == _head(verb.object) and _head(noun.object) == _head(verb.agent)
    return False


def _nominal(text: str) -> _Deed | None:
    text = text.strip().rstrip(".")
    match = _NOUN_BY.match(text) or _OWNERS_NOUN.match(text)
    if match is None:
        return None
    return _Deed(match["agent"], match["noun"].lower(), match["object"], match["when"])


def _verbal(text: str) -> _Deed | None:
    match = _VERBAL.match(active(text).strip().rstrip("."))
    if match is None or not _past(match["verb"]) or match["verb"].lower() in BE | lexicon.STOPWORDS:
        return None
    agent, thing = (match[name][0].lower() + match[name][1:] if match[name].lower().startswith(("the ", "a ", "an "))
                    else match[name] for name in ("agent", "object"))  # fmt: skip
    unsaid = lexicon.NEGATIONS | BE | {"that", "not", "to", "of", "and", "or", "has", "had"}
    if unsaid & set(agent.lower().split()) or unsaid & set(thing.lower().split()):
        return None
    return _Deed(agent, match["verb"].lower(), thing, match["when"] or "")


def _past(word: str) -> bool:
    return wordnet.is_verb(word) and (word.endswith("ed") or (bool(wordnet.lemmas(word) - {word}) and word[-1] != "s"))


def _same_deed(noun: str, verb: str) -> bool:
    """Whether a noun is derived from a verb: they share a sense and how they begin."""
    return noun != verb and noun[:3] == verb[:3] and bool(wordnet.senses(noun) & wordnet.senses(verb))


def _head(phrase: str) -> str:
    return lexicon.stem(phrase.split()[-1].lower())
