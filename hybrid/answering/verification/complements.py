"""What a verb governs: an infinitive, a gerund or clause, or somebody after a preposition. Another one is another fact.

"Forgot to lock it" denies that it was locked, "forgot that he had locked it" presupposes it (implicative and factive
verbs: Karttunen, "Implicative verbs", Language 47, 1971); "sewed it for the director" is not "sewed it with her".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hybrid.answering.verification.alignment import alike
from hybrid.answering.verification.clauses import Clauses
from hybrid.answering.verification.structure import active
from hybrid.text import lexicon, wordnet
from hybrid.text.values import MONTHS

_WORD = re.compile(r"[^\W_]+(?:[-.][^\W_]+)*(?:['’]s?(?!\w))?|[,;:.()]")

_GROUPS = (
    "forget remember", "stop quit", "cease", "regret", "try", "mean", "need", "go_on", "tell", "remind", "warn",
    "persuade", "convince", "learn", "know", "deserve",
)  # fmt: skip
_GROUP_OF = {verb: group for group in _GROUPS for verb in group.split()}
_EITHER_FORM = frozenset({"cease"})
"""Verbs whose two forms say the same; only what they govern counts."""
_ADDRESSEE = frozenset({"tell", "remind", "warn", "persuade", "convince"})
_DUTY = lexicon.vocabulary("should must ought shall may might has have had")
_OTHER_VERBS = lexicon.vocabulary("is are was were be been has have had will would can could")


@dataclass(frozen=True)
class _Complement:
    group: str
    infinitive: bool
    verb: str
    """The verb that is governed; empty for a clause or a noun."""


def complement(claim: Clauses, span: Clauses) -> bool:
    """A verb that governs an infinitive in one sentence governs a gerund, clause or noun in the other, or another
    verb."""
    mine, theirs = list(_complements(claim.text)), list(_complements(span.text))
    for one in mine:
        others = [other for other in theirs if other.group == one.group]
        if others and not any(_same_complement(one, other) for other in others):
            return True
    return False


def _same_complement(one: _Complement, other: _Complement) -> bool:
    if one.infinitive != other.infinitive and one.group not in _EITHER_FORM:
        return False
    return not one.verb or not other.verb or alike(one.verb, other.verb)


def _complements(text: str) -> Iterator[_Complement]:
    tokens = [token.lower() for token in _WORD.findall(text)]
    for at, token in enumerate(tokens):
        found = wordnet.lemmas(token) & _GROUP_OF.keys()
        start = at + 1
        if not found and "go" in wordnet.lemmas(token) and tokens[start : start + 1] == ["on"]:
            found, start = frozenset({"go_on"}), start + 1
        if not found or (at and tokens[at - 1] in _DETERMINERS):
            continue
        verb = min(found)
        form = _form(tokens[start:], verb)
        if form is not None:
            yield _Complement(_GROUP_OF[verb], *form)


def _form(tokens: list[str], verb: str) -> tuple[bool, str] | None:
    """Whether an infinitive follows, and the verb that is governed; ``None`` where nothing does."""
    while tokens and tokens[0].endswith("ly"):
        tokens = tokens[1:]
    if not tokens or not tokens[0][0].isalnum():
        return None
    if tokens[0] in {"that", "if", "whether", "how", "when", "why", "what", "where"}:
        return bool(set(tokens[1:7]) & (_DUTY - {"has", "have", "had"})), ""
    if tokens[0] == "having":
        return False, tokens[1] if len(tokens) > 1 else ""
    if tokens[0].endswith("ing") and wordnet.is_verb(tokens[0]):
        return False, tokens[0]
    for at, token in enumerate(tokens[:8]):
        following = tokens[at + 1] if at + 1 < len(tokens) else ""
        if not token[0].isalnum() or token == "that" or token in _OTHER_VERBS:
            break
        if token == "to" and wordnet.is_verb(following) and following not in _DETERMINERS:
            return True, following
        if at and verb not in _ADDRESSEE | {"stop", "quit", "go_on"}:
            break
    return False, ""


_DETERMINERS = lexicon.vocabulary("the a an its his her their our my this that these those any each every no all some")

_PARTICIPANT = frozenset({"for", "with", "of", "about", "from", "to", "by", "against"})
_PLACE = frozenset({"in", "on", "at"})
"""Compared where a name follows: "operated on Dr Lim" is not "with Dr Lim"."""
_PLACES_ALIKE = frozenset({"in", "on", "at", "of"})
_PHRASES = (
    (re.compile(r"\b(?:regarding|concerning|in respect of|with respect to|in relation to|with regard to|on the subject"
                r" of)\b", re.IGNORECASE), "about"),
    (re.compile(r"\b(?:on behalf of|in favou?r of|for the (?:benefit|sake) of|for the purposes? of)\b",
                re.IGNORECASE), "for"),
    (re.compile(r"\b(?:together|along|jointly) with\b", re.IGNORECASE), "with"),
    (re.compile(r"\b(?:in front|instead|in place|on top|outside|inside|out|because|in the course|ahead|in spite"
                r"|in accordance|in connection|with effect|as a result|with a view|in order|according|due|owing|thanks"
                r"|prior|next|close|subject|up|pursuant|by way|by means|by reason|on account|in the event|on the basis"
                r"|in case|as (?:of|to|from|for)|except)\b(?: (?:of|with|to|from|for))?\b", re.IGNORECASE), "besides"),
)  # fmt: skip
"""Prepositions of several words: those that say one of the others, and those that say none of them."""
_TALK = lexicon.vocabulary("speak talk converse chat confer communicate correspond")
_KNOW = lexicon.vocabulary("hear tell know speak think learn dream complain talk warn read inform aware")
_OF_FOR = lexicon.vocabulary(
    "price cost fee charge reason need deadline demand request responsibility cause penalty limit rate rent budget"
    " date time term place basis ground evidence proof market supply title respect hope chance right"
)
_OF_TO = lexicon.vocabulary(
    "amendment damage entrance access change repair alteration loss injury threat harm answer key close end secretary"
    " adviser assistant amount party limit solution heir successor exception supplement addition transfer assignment"
    " sale delivery risk appointment"
)
_OF_FROM = lexicon.vocabulary("letter message report note native resident line quotation extract excerpt profit income")
_OF_BY = lexicon.vocabulary(
    "decision payment purchase use delivery breach application request refusal failure offer proposal statement claim"
    " notice default repayment performance order acceptance"
)
_WITH_BY = lexicon.vocabulary("fill cover accompany line surround replace crowd load pack decorate mark end")
_TO_WITH = lexicon.vocabulary("similar identical equal connect relate link compare attach conform")
_GOVERNED_BY = (
    ({"with", "to"}, _TALK | _TO_WITH), ({"of", "about"}, _KNOW), ({"of", "for"}, _OF_FOR), ({"of", "to"}, _OF_TO),
    ({"of", "from"}, _OF_FROM), ({"of", "by"}, _OF_BY), ({"with", "by"}, _WITH_BY), ({"to", "for"}, _OF_TO),
)  # fmt: skip
"""Two prepositions that say the same after some words."""
_STOP = lexicon.vocabulary(
    """
    in on at for with of about from to by against and or but who which that whose whom where when while if as into onto
    over under before after during until since within without between through is are was were be been has have had will
    would shall may must can could should not besides because than
    """
)
_PRONOUNS = lexicon.vocabulary("him them me us")
_NO_ONE = lexicon.NUMBER_WORDS | frozenset(MONTHS) | lexicon.vocabulary(
    """
    monday tuesday wednesday thursday friday saturday sunday day days week weeks month months year years hour hours
    minute minutes night morning afternoon evening noon midnight term period time times january purpose purposes
    hand post mail email rail sea road air land foot bus train car boat default accident mistake law heart chance
    reason result number amount sum total average half third quarter part percent
    """
)  # fmt: skip
"""Heads of which a preposition says when, how or how much."""


@dataclass(frozen=True)
class _Participant:
    preposition: str
    nouns: tuple[str, ...]
    verb: str
    """The nearest verb before it."""
    before: frozenset[str]
    """The dictionary forms of that verb and of the word right before."""


def participant(claim: Clauses, span: Clauses) -> bool:
    """Who or what something is done for, with, to, by or about is said with another of these prepositions, or was the
    one who did it."""
    mine, theirs = active(claim.text), active(span.text)
    given = list(_participants(theirs))
    for one in _participants(mine):
        held = [other for other in given if _same_noun(one, other)]
        if held:
            if not any(_same_role(one, other) for other in held) and _mentions(theirs, one.nouns[-1]) <= len(held):
                return True
        elif _subject(theirs, one) and not (one.preposition == "with" and _AND.search(theirs)):
            return True  # "A met with B" may be "A and B met"
    # What is done for somebody in the span is not done to him: "fought for the queen", "fought the queen".
    said = list(_participants(mine))
    return any(
        one.preposition in _NOT_OBJECT and not any(_same_noun(one, other) for other in said) and _object(mine, one)
        for one in given
    )


_NOT_OBJECT = frozenset({"for", "with", "about", "of"})
_WITH_OR_WITHOUT = lexicon.vocabulary("meet visit play protest ask wait")
_AND = re.compile(r"\band\b", re.IGNORECASE)


def _same_noun(one: _Participant, other: _Participant) -> bool:
    if lexicon.stem(one.nouns[-1]) == lexicon.stem(other.nouns[-1]):
        return True
    return bool({noun for noun in one.nouns if noun[0].isupper()} & {noun for noun in other.nouns if noun[0].isupper()})


def _same_role(one: _Participant, other: _Participant) -> bool:
    pair = {one.preposition, other.preposition}
    if (
        len(pair) == 1 or pair <= _PLACES_ALIKE or pair == {"about", "on"} or not _same_governor(one, other)
    ):  # another verb or noun may govern another preposition
        return True
    return any(pair == two and (one.before | other.before) & words for two, words in _GOVERNED_BY)


def _same_governor(one: _Participant, other: _Participant) -> bool:
    if one.verb and other.verb:
        return alike(one.verb, other.verb)
    return bool(one.before & other.before)


def _participants(text: str) -> Iterator[_Participant]:
    for pattern, one in _PHRASES:
        text = pattern.sub(one, text)
    tokens = _WORD.findall(text)
    verb = ""
    for at, token in enumerate(tokens):
        word = token.lower()
        last = tokens[at - 1].lower() if at else "."
        if token[0].islower() and word not in _STOP | lexicon.STOPWORDS and last not in _BEFORE_NOUNS:
            verb = word if wordnet.is_verb(word) else verb
        if word not in _PARTICIPANT | _PLACE:
            continue
        following = tokens[at + 1].lower() if at + 1 < len(tokens) else ""
        if word == "to" and wordnet.is_verb(following) and tokens[at + 1][0].islower():
            continue
        nouns = tuple(_noun_phrase(tokens[at + 1 : at + 8]))
        if word in _PLACE and not (nouns and (nouns[-1][0].isupper() or nouns[-1] in _PRONOUNS)):
            continue
        if nouns and nouns[-1].lower() not in _NO_ONE and not nouns[0].endswith("ing"):
            governors = wordnet.lemmas(re.sub(r"['’]s?$", "", last)) | (wordnet.lemmas(verb) if verb else frozenset())
            yield _Participant(word, nouns, verb, governors)


_BEFORE_NOUNS = _DETERMINERS | _PARTICIPANT | lexicon.vocabulary("in on at into over under")


def _noun_phrase(tokens: list[str]) -> Iterator[str]:
    for at, token in enumerate(tokens):
        word = re.sub(r"['’]s?$", "", token)
        lowered = word.lower()
        if lowered in _STOP or not token[0].isalpha():
            return
        if at and token[0].islower() and tokens[at - 1].lower() not in _DETERMINERS and lowered.endswith(("ed", "ing")):
            return
        if lowered in _PRONOUNS or (lowered == "her" and _ends(tokens[at + 1 : at + 2])):
            yield lowered
            return
        if lowered not in lexicon.STOPWORDS | _DETERMINERS:
            yield word


def _ends(following: list[str]) -> bool:
    return not following or following[0].lower() in _STOP or not following[0][0].isalpha()


def _mentions(text: str, noun: str) -> int:
    stem = lexicon.stem(noun)
    return sum(lexicon.stem(re.sub(r"['’]s?$", "", word.lower())) == stem for word in _WORD.findall(text))


def _object(text: str, one: _Participant) -> bool:
    """Whether it stands right after the verb that governs it elsewhere, with no preposition."""
    if not one.verb or wordnet.lemmas(one.verb) & _WITH_OR_WITHOUT:
        return False
    tokens = _WORD.findall(text)
    for at, token in enumerate(tokens):
        if wordnet.lemmas(token.lower()) & wordnet.lemmas(one.verb):
            nouns = tuple(_noun_phrase(tokens[at + 1 : at + 5]))
            return bool(nouns) and lexicon.stem(nouns[-1]) == lexicon.stem(one.nouns[-1])
    return False


def _subject(text: str, one: _Participant) -> bool:
    """Whether it is the subject of the sentence: its first noun, with a verb right after it that the claim has."""
    if one.preposition == "by":
        return False  # of a passive that `active` does not take
    tokens = _WORD.findall(text)
    start = 1 if tokens and tokens[0].lower() in _DETERMINERS else 0
    for at in range(start, min(start + 3, len(tokens) - 1)):
        if lexicon.stem(tokens[at].lower()) == lexicon.stem(one.nouns[-1].lower()):
            verb = tokens[at + 1].lower()
            return verb not in _STOP and wordnet.is_verb(verb) and bool(wordnet.lemmas(verb) & one.before)
        if tokens[at].lower() in _STOP:
            return False
    return False
