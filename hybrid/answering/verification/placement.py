"""Where a phrase stands in its sentence, and so what it belongs to: the outer or the inner verb, one item or two."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from hybrid.answering.verification.alignment import alike
from hybrid.answering.verification.clauses import Clauses
from hybrid.answering.verification.leftover import PREPOSITIONS
from hybrid.answering.verification.markers import REPORTED
from hybrid.text import lexicon, wordnet
from hybrid.text.values import MONTHS

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*(?:['’][^\W\d_]+)?|[$€£]?\d(?:[\d,.:/]*\d)?%?|[,;:.]")
_DETERMINERS = lexicon.vocabulary("the a an its his her their our my your this that these those any each every no all")
_AUXILIARIES = lexicon.vocabulary(
    "is are was were be been has have had shall will may must can could would should might do does did"
)
_PRONOUNS = lexicon.vocabulary("he she it they we i you him her them us me himself herself itself themselves there")
_COMPLEMENTISERS = frozenset({"that", "whether", "how", "why"})
_CONTROL = lexicon.vocabulary(
    """
    advise order ask tell promise agree decide plan intend instruct urge beg request invite persuade warn remind command
    direct want hope offer threaten vow undertake recommend encourage swear pledge propose resolve convince implore
    counsel refuse decline arrange wish
    """
)
"""Verbs whose infinitive is another event than theirs. Those of duty and permission ("is required to") are not among
them: when somebody has to do it is when it is to be done."""
_CIRCUMSTANCE = PREPOSITIONS & lexicon.vocabulary(
    """
    in on at by until till before after during since within near inside outside under beside behind above below along
    across throughout between
    """
)
_TIMES = frozenset(MONTHS) | lexicon.vocabulary(
    """
    monday tuesday wednesday thursday friday saturday sunday noon midnight dawn dusk morning afternoon evening night
    spring summer autumn winter easter christmas yesterday today tomorrow week month year day weekend
    """
)
_BEFORE_TIME = lexicon.vocabulary("last next this that every each same following")


def moved_out(claim: Clauses, span: Clauses) -> bool:
    """When or where an inner clause is so is said of the outer verb, or the other way round: of "told them that the
    lease would end in March", "told them in March that the lease would end"."""
    theirs = [placed for sentence in span.sentences if (placed := _placed(sentence))]
    return any(
        alike(mine.verb, one.verb) and (mine.outer & one.inner - one.outer or mine.inner & one.outer - one.inner)
        for sentence in claim.sentences
        if (mine := _placed(sentence))
        for one in theirs
    )


class _Placed(NamedTuple):
    """The first verb of a sentence that has an inner clause, and the nouns and times of the circumstances of each."""

    verb: str
    outer: frozenset[str]
    inner: frozenset[str]


@lru_cache(maxsize=4096)
def _placed(sentence: str) -> _Placed | None:
    tokens = _WORD.findall(sentence)
    found = _inner_clause(tokens)
    if found is None:
        return None
    verb, cut = found
    return _Placed(tokens[verb].lower(), frozenset(_heads(tokens[:cut])), frozenset(_heads(tokens[cut:])))


def _inner_clause(tokens: list[str]) -> tuple[int, int] | None:
    """The place of the first verb that an inner clause is the object of, and where that clause begins."""
    for at, token in enumerate(tokens):
        if not at or not _event(tokens, at):
            continue
        reports = REPORTED.fullmatch(token) or wordnet.lemmas(token.lower()) & _SAYING
        control = bool(wordnet.lemmas(token.lower()) & _CONTROL)
        for place in range(at + 1, min(len(tokens), at + _BETWEEN)):
            word = tokens[place].lower()
            if word in _COMPLEMENTISERS and _clause_follows(tokens, place):
                return at, place
            if control and word == "to" and place + 1 < len(tokens) and wordnet.is_infinitive(tokens[place + 1]):
                return at, place
            if word in _NO_LONGER:
                break
            if reports and place > at + 1 and word in _AUXILIARIES and tokens[place] != "May":
                return at, _subject_before(tokens, at + 1, place)
    return None


_NO_LONGER = frozenset({";", ":", "and", "but", "who", "which", "because", "if", "when"})
_SAYING = lexicon.vocabulary(
    "tell inform promise rule write advise assure notify warn remind say announce swear decide"
)
_BETWEEN = 12
"""Words between a verb and its clause: whom it is said to, when and where."""


def _subject_before(tokens: list[str], first: int, verb: int) -> int:
    """Where the subject of a clause begins whose "that" is left out: "told them | the lease would end"."""
    at = verb - 1
    while (
        at > first
        and tokens[at].lower() not in _DETERMINERS | _PRONOUNS
        and not (tokens[at][0].isupper() and not tokens[at - 1][0].isupper())
    ):
        at -= 1
    return at


def _event(tokens: list[str], at: int) -> bool:
    """Whether a word is a verb in the past, or after an auxiliary: what happened once, at a time and a place."""
    word, before = tokens[at], tokens[at - 1].lower()
    if not word[0].islower() or not wordnet.is_verb(word) or before in _DETERMINERS or word in _AUXILIARIES:
        return False
    past = word.endswith("ed") or (bool(wordnet.lemmas(word) - {word}) and not word.endswith(("s", "ing")))
    return past or (before in {"will", "would", "did"} and wordnet.is_infinitive(word))


def _clause_follows(tokens: list[str], place: int) -> bool:
    """Whether a "that" opens a clause: another word than a verb after it, and a verb later; no noun before it."""
    following = tokens[place + 1].lower() if place + 1 < len(tokens) else ""
    if not following[:1].isalnum() or following in _AUXILIARIES:
        return False
    return any(
        word.lower() in _AUXILIARIES or (word[0].islower() and word.endswith(("ed", "s")) and wordnet.is_verb(word))
        or (word[0].islower() and bool(wordnet.lemmas(word) - {word}) and wordnet.is_verb(word))
        for word in tokens[place + 2 :]
    )  # fmt: skip


_PHRASE_ENDS = PREPOSITIONS | _AUXILIARIES | _COMPLEMENTISERS | {"and", "to"}


def _heads(tokens: list[str]) -> Iterator[str]:
    """The nouns, days and months of the circumstances among some tokens."""
    for at, token in enumerate(tokens):
        word = token.lower()
        before = tokens[at - 1].lower() if at else ""
        if word in _TIMES and (word in {"yesterday", "today", "tomorrow"} or before in _BEFORE_TIME):
            yield word
        if word not in _CIRCUMSTANCE:
            continue
        phrase: list[str] = []
        for other in tokens[at + 1 : at + 8]:
            lowered = other.lower()
            if not other[0].isalnum() or (lowered in _PHRASE_ENDS and other != "May"):
                break
            if phrase and (lowered in _DETERMINERS | _PRONOUNS or _verb_form(other)):
                break
            if lowered not in _DETERMINERS | _PRONOUNS:
                phrase.append(lowered)
        times = [one for one in phrase if one in MONTHS or one in _TIMES]
        nouns = [one for one in phrase if one[0].isalpha()]
        if times:
            yield from (one for one in phrase if one in times or one[0].isdigit())
        elif nouns:
            yield lexicon.stem(nouns[-1])
        elif phrase:
            yield phrase[-1]


def _verb_form(word: str) -> bool:
    return word[0].islower() and word.endswith(("ed", "ing")) and wordnet.is_verb(word)


_ONLY = frozenset({"only", "solely", "exclusively"})


def only_moved(claim: Clauses, span: Clauses) -> bool:
    """What "only" stands before is another thing than in the span, which names both: "only members may bring two
    guests", "members may bring only two guests". Before a verb it may stand for either of what follows, but not for the
    subject: "only the porter may open it", "the porter may only open it"."""
    if _limits_what_the_other_does_not(claim.text, span.text) or _limits_what_the_other_does_not(span.text, claim.text):
        return True
    mine, theirs = _singled_out(claim.text), _singled_out(span.text)
    if mine is None or theirs is None or mine & theirs:
        return False
    return all(any(alike(one, other) for other in _stems_of(span.text)) for one in mine) and not any(
        alike(one, other) for one in mine for other in theirs
    )


def _limits_what_the_other_does_not(text: str, other: str) -> bool:
    """Whether a text begins with "only" before a subject that in the other stands before its one "only", and is not
    what that limits ("by the porter only"; but "the porter only opened it")."""
    subject = _subject_limited(text)
    tokens = _WORD.findall(other)
    words = [word.lower() for word in tokens]
    places = [at for at, word in enumerate(words) if word in _ONLY]
    if subject is None or len(places) != 1 or places[0] < 1:
        return False
    before, behind = words[: places[0]], words[places[0] + 1 :]
    named = [at for at, word in enumerate(before) if alike(word, subject)]
    if not named or any(alike(word, subject) for word in behind):
        return False
    limited = named[-1] == places[0] - 1 and not (behind and _verb_after_only(tokens, places[0] + 1))
    return not limited


def _subject_limited(text: str) -> str | None:
    """The first word with a meaning of the subject that a text's first word, "only", limits."""
    first, *words = [word.lower() for word in _WORD.findall(text)] or [""]
    if first not in _ONLY or not words or words[0] in PREPOSITIONS | _OPENS_CLAUSE | _AUXILIARIES:
        return None
    return next((word for word in words if word not in _DETERMINERS | lexicon.STOPWORDS), None)


def _stems_of(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(text) if word[0].isalnum())


@lru_cache(maxsize=4096)
def _singled_out(text: str) -> frozenset[str] | None:
    """The words of the phrase that the one "only" of a text stands before; nothing where there is none, or several."""
    tokens = _WORD.findall(text)
    places = [at for at, token in enumerate(tokens) if token.lower() in _ONLY]
    if len(places) != 1:
        return None
    phrase: set[str] = set()
    for at in range(places[0] + 1, min(len(tokens), places[0] + 7)):
        word = tokens[at].lower()
        if not word[0].isalnum() or (phrase and word in _PHRASE_ENDS | {"with", "of", "who", "which"}):
            break
        named = tokens[at - 1].lower() in _DETERMINERS  # so what follows is no verb: "only the treasurer"
        if not phrase and not named and (word in _AUXILIARIES | _OPENS_CLAUSE or _verb_after_only(tokens, at)):
            return None
        if word not in PREPOSITIONS | _DETERMINERS | lexicon.STOPWORDS:
            phrase.add(word)
    return frozenset(phrase) or None


_OPENS_CLAUSE = frozenset({"if", "when", "where", "after", "before", "once", "until", "because", "to", "one"})


def _verb_after_only(tokens: list[str], at: int) -> bool:
    """Whether a word is the verb: "only bring", "only grinds rye", and not "only guests with a card"."""
    word = tokens[at]
    if not word[0].islower() or not wordnet.is_verb(word):
        return False
    following = tokens[at + 1].lower() if at + 1 < len(tokens) else "."
    plural = word.endswith("s") and any(map(wordnet.is_noun, wordnet.lemmas(word)))
    return not (plural and (not following[0].isalnum() or following in PREPOSITIONS | _AUXILIARIES | {"who", "and"}))
