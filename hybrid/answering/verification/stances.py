"""What somebody denies beside what they admit or what is otherwise said: each with its own words.

A sentence that admits one thing and denies another has both in it, so that every word of "denied the one and admitted
the other" stands there as well. A claim must keep a verb on the side of the denial on which the span has it, and must
deny no more than was denied: who denies having read it in April does not deny having read it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from hybrid.answering.verification.alignment import alike, relation_of
from hybrid.answering.verification.clauses import Clauses
from hybrid.answering.verification.markers import HEDGED, NONE, REPORTED
from hybrid.text import lexicon, wordnet

_DENIAL = re.compile(
    r"\b(?:(?:den(?:y|ies|ied|ying)|(?:disput|contest|refut)(?:e|es|ed|s|ing)?)(?: by (?:[\w.'’-]+ ){1,5}?(?=that\b))?"
    r"|(?:do|does|did|would) not (?:admit|accept|concede|acknowledge|agree)\b)"
    r"(?= ?(?:that\b|ever\b|having\b|being\b|\w+ing\b|(?:he|she|it|they|I|we)\b))",
    re.IGNORECASE,
)
"""Where what is denied is a statement; "denied the request" and "denied this" say nothing of verbs. What somebody did
not admit they denied."""
_ADMISSION = re.compile(
    r"\b(?:admit|admits|admitted|admitting|conced\w+|acknowledg\w+|accept(?:s|ed)?|confirm(?:s|ed)?|agree[sd]?"
    r"|confess\w*)\b",
    re.IGNORECASE,
)
_END = re.compile(
    rf"[;.]\s|[;.]$|,? but |,? (?:and|while|although|though|whereas) (?={_ADMISSION.pattern}"
    r"|(?:says?|said|insist|maintain|claim|stat)\w*\b)|(?<=\w) (?=without \w+ing\b)",
    re.IGNORECASE,
)
"""Where what is denied ends; "denied having sent it without reading it" denies both together."""
_TOKEN = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*|\d[\d.,:]*")
_LIGHT = lexicon.STOPWORDS | lexicon.vocabulary(
    "had has have having been being was were is are be did do does that ever would could should may might can will"
    " shall any all at not himself herself itself themselves s"
)
_JOINT = re.compile(r"\bor\b|\bnor\b|,")
"""What is denied of one or the other is denied of each; and what stands between commas is said by the way."""


def moved_stance(claim: Clauses, span: Clauses) -> bool:
    """A verb of what was denied is said as admitted or as so, or the other way round, or more is denied than was."""
    for sentence in span.sentences:
        denied, rest = _parts(sentence)
        if not denied:
            continue
        mine, others = _parts(claim.text)
        if mine and _crosses(mine, rest, denied):
            return True
        if not mine and REPORTED.search(claim.text) and NONE.search(claim.text) and not _ADMISSION.search(claim.text):
            continue  # "she says that she did not sign" is a denial as well
        if not HEDGED.search(claim.text) and _crosses(others, denied, rest):
            return True
        if mine and not _JOINT.search(denied) and _more_is_denied(mine, denied, claim.text):
            return True
    return False


def _parts(text: str) -> tuple[str, str]:
    """What is denied in a text, and the rest of it."""
    denied, rest, at = [], [], 0
    for match in _DENIAL.finditer(text):
        if match.start() < at:
            continue
        end = _END.search(text, match.end())
        stop = end.start() if end else len(text)
        if text[stop:].lstrip().startswith("without "):
            stop = next((one.start() for one in _STOP.finditer(text, stop)), len(text))
        rest.append(text[at : match.start()])
        denied.append(text[match.end() : stop])
        at = stop
    return " ".join(denied).strip(), " ".join([*rest, text[at:]]).strip()


_STOP = re.compile(r"[;.]\s|[;.]$|,? but ", re.IGNORECASE)


def _crosses(mine: str, theirs: str, own: str) -> bool:
    """Whether a verb of one part of a claim stands in the other part of the span, and not in its own."""
    there, here = _words(theirs), _words(own)
    return any(_nearness(verb, there) > _nearness(verb, here) for verb in _verbs(mine))


def _nearness(word: str, there: Sequence[str]) -> int:
    """2 where a text has the word itself, 1 where it has one that may stand for it."""
    if any(lexicon.stem(word) == lexicon.stem(other) for other in there):
        return 2
    return int(any(relation_of(word, other) in {"same", "synonym"} for other in there))


def _more_is_denied(mine: str, denied: str, claim: str) -> bool:
    """Whether what was denied has a word that the claim has not, and the two are of one verb."""
    if not any(_stands(verb, _words(mine)) for verb in _verbs(denied)):
        return False
    said = _words(claim)
    return any(not _stands(word, said) for word in _words(denied))


def _verbs(text: str) -> list[str]:
    """The words of a text that are verbs where they stand: after a pronoun or an auxiliary, or in "ing"."""
    found = [match[0].lower() for match in _TOKEN.finditer(text)]
    return [
        word
        for before, word in pairwise(["", *found])
        if word not in _LIGHT and wordnet.is_verb(word) and _may_follow(word, before)
    ]


def _may_follow(word: str, before: str) -> bool:
    if not before or before in _BEFORE_VERB or (before == "and" and word.endswith("ed")):
        return True
    return word.endswith("ing") and before not in _DETERMINERS


_DETERMINERS = lexicon.vocabulary("the a an its his her their our my this that these those any each every no")
_BEFORE_VERB = lexicon.vocabulary(
    "he she it they i we had has have having been being was were did not never ever to without that who"
)


def _words(text: str) -> list[str]:
    found = (match[0] for match in _TOKEN.finditer(text))
    return [word.lower() for word in found if word == "May" or word.lower() not in _LIGHT]


def _stands(word: str, there: Sequence[str]) -> bool:
    return any(lexicon.stem(word) == lexicon.stem(other) or alike(word, other) for other in there)
