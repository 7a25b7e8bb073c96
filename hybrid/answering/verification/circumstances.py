"""When, where, for whom and as far as anyone knows: checks on what a sentence says of its circumstances.

A preposition of time, place or purpose is a word of its own here ("before the meeting" is not "at the meeting"), a
circumstance belongs to the verb of its clause, and who acts for somebody else, or says what he knows, says no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hybrid.answering.verification import leftover
from hybrid.answering.verification.alignment import align, alike, limits_left_out, relation_of
from hybrid.answering.verification.clauses import Clauses, about, same_words
from hybrid.answering.verification.leftover import PERMISSION, PREPOSITIONS, is_general
from hybrid.answering.verification.markers import NONE, any_of
from hybrid.answering.verification.values import values
from hybrid.text import lexicon, wordnet
from hybrid.text.values import MONTHS

_PHRASES = {
    "before": "prior to|ahead of|in advance of|in the run-up to",
    "after": "following|subsequent to|in the wake of|in the aftermath of",
    "during": "in the course of|for the duration of|at the time of",
    "because": r"because of|owing to|due to|thanks to|as a result of|on account of|by reason of|in view of",
    "under": "in accordance with|pursuant to|according to|in line with",
    "by": "no(?:t)? later than|by means of",
    "via": "by way of",
    "front": "in front of",
    "on": "on top of",
    "beside": "next to|close to|alongside|adjacent to",
    "behalf": "on behalf of|in the name of",
    "instead": "instead of|in place of|rather than",
    "from": "out of|with effect from|starting from|beginning on",
    "outside": "outside of",
    "inside": "inside of",
    "for": "in favou?r of|for the purposes? of|with a view to",
    "about": "in respect of|with respect to|in relation to|with regard to|as regards|as to",
    "over": "in excess of|more than",
    "until": "up to|till",
    "to": "in order to",
}
_PHRASE = tuple((re.compile(rf"\b(?:{words})\b", re.IGNORECASE), one) for one, words in _PHRASES.items())
_STRONG = lexicon.vocabulary(
    """
    before after during until since towards toward against under over above below beneath underneath inside outside near
    behind beside between beyond within without into onto off along across around round amid among throughout despite
    front via behalf instead
    """
)
"""Prepositions that say where, when or for whom by themselves; the others depend on the verb or noun before them."""
_WEAK = frozenset({"in", "on", "at", "for", "by", "to", "from", "with", "upon"})
_ALIKE = {
    words.partition(":")[0]: lexicon.vocabulary(words.partition(":")[2])
    for words in """
    towards: toward to; toward: to; under: beneath underneath below in by per with; over: above across during in
    throughout at on about for beyond; during: in throughout within at on amid through for; after: on upon once from
    since; until: to through; since: from; between: among in of; within: inside in into by; near: beside by around
    round; outside: from off beyond; inside: in into; into: in to onto; onto: on to; off: from; along: on by down
    through; across: in through throughout; around: round in about; via: by through along; among: in of amid;
    throughout: in all; against: from to on with; behalf: for; beyond: past
    """.replace("\n", " ").split(";")
    for words in [" ".join(words.split())]
}
"""Which other prepositions may say the same as one."""
_TIMES = frozenset(MONTHS) | lexicon.vocabulary(
    """
    monday tuesday wednesday thursday friday saturday sunday noon midnight dawn dusk morning afternoon evening night
    spring summer autumn winter easter christmas
    """
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d[\d,.:]*|[,;:().–—]")
_STOP = PREPOSITIONS | lexicon.vocabulary(
    "and or but who which that whose whom where when while if is are was were be been has have had will would shall may"
    " must can could should because behalf front instead"
)


@dataclass(frozen=True)
class _Circumstance:
    preposition: str
    head: str
    counted: bool


def _circumstances(text: str) -> Iterator[_Circumstance]:
    """The prepositions of a text with the noun that each governs."""
    for pattern, one in _PHRASE:
        text = pattern.sub(one, text)
    tokens = _WORD.findall(text)
    for at, token in enumerate(tokens):
        word = token.lower()
        if word not in _STRONG | _WEAK or (at and _is_particle(tokens[at - 1].lower(), word)):
            continue
        if word == "to" and at + 1 < len(tokens) and wordnet.is_infinitive(tokens[at + 1]):
            continue  # "to present a budget"
        phrase: list[str] = []
        for other in tokens[at + 1 : at + 8]:
            if other.lower() in _STOP or not other[0].isalnum():
                break
            if phrase and other[0].islower() and _is_verb_form(other.lower()) and phrase[-1] not in _DETERMINERS:
                break
            if (
                other.lower() in _DETERMINERS
                and phrase
                and phrase[-1] not in _DETERMINERS
                and not _OWNS.search(phrase[-1])
            ):
                break  # "during the strike the manager drove"
            phrase.append(other.lower())
        following = tokens[at + 1 + len(phrase) :][:1]
        if (
            word in _CONJUNCTIONS
            and following
            and (following[0].lower() in _AUXILIARIES or _is_verb_form(following[0].lower()))
        ):
            continue  # "after the importer had produced it": a clause, which `order` sets against others
        nouns = [one for one in phrase if one[0].isalpha() and one not in lexicon.STOPWORDS | lexicon.NUMBER_WORDS]
        if nouns:
            counted = any(one[0].isdigit() or one in lexicon.NUMBER_WORDS for one in phrase)
            yield _Circumstance(word, re.sub(r"['’]s?$", "", nouns[-1]), counted and nouns[-1] not in _TIMES)


_OWNS = re.compile(r"['’]s?$")
_CONJUNCTIONS = frozenset({"before", "after", "until", "since", "for"})
_AUXILIARIES = lexicon.vocabulary("is are was were has have had did does will would shall may must can could should")
_DETERMINERS = lexicon.vocabulary("the a an its his her their our my this that these those any each every no all")


def _is_verb_form(word: str) -> bool:
    return word.endswith(("ed", "ing")) and wordnet.is_verb(word)


def _is_particle(verb: str, word: str) -> bool:
    """Whether a preposition belongs to the verb before it: "take over the firm"."""
    return any(wordnet.known(f"{lemma}_{word}") for lemma in wordnet.lemmas(verb)) and wordnet.is_verb(verb)


_NAMED_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_MONTH = re.compile(
    r"\b(?:in|of|by|until|till|since|from|to|and|or|early|late|mid|before|after|every|each|this|last|next|during|through"
    rf"|between|for|\d{{1,2}}(?:st|nd|rd|th)?)[ -]+(?:the (?:beginning|middle|end) of )?({_NAMED_MONTHS})\b",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(rf"\b({_NAMED_MONTHS}) (?=\d)")
_TIME_WORD = re.compile(
    r"\b(weekdays?|weekends?|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|midnight|noon|dawn|dusk|mornings?|afternoons?"
    r"|evenings?|nights?|springtime|summers?|autumns?|winters?|easter|christmas)\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\d{1,2}(?:[:.]\d\d)? ?(?:[ap]\.?m\b|h\b)|\b\d{1,2}:\d\d\b|\bo'clock\b", re.IGNORECASE)
_OF_THE_CLOCK = lexicon.vocabulary(
    "midnight noon dawn dusk morning mornings afternoon afternoons evening evenings night"
)


def _months(text: str) -> set[str]:
    """The months that a text names, in words or in figures. "May" and "March" count behind a preposition or a day."""
    named = {one.lower() for pattern in (_MONTH, _MONTH_FIRST) for one in pattern.findall(text) if one[0].isupper()}
    return named | {_NAMED_MONTHS.lower().split("|")[day.month - 1] for day in values(text).days if day.month}


def time_added(claim: Clauses, span: Clauses) -> bool:
    """A month, a weekday, a season or a part of the day that the span does not name: when something happened is part of
    what happened."""
    if _months(claim.text) - _months(span.text):
        return True
    theirs = {lexicon.stem(one.lower()) for one in _TIME_WORD.findall(span.text)}
    clock = _CLOCK.search(span.text) is not None
    dated = bool(values(span.text).days)
    for one in _TIME_WORD.findall(claim.text):
        word = one.lower()
        excused = (clock and word in _OF_THE_CLOCK) or (dated and word.removesuffix("s").endswith("day"))
        if not excused and lexicon.stem(word) not in theirs:
            return True
    return False


def preposition(claim: Clauses, span: Clauses) -> bool:
    """When, where or what for it is, is said with another preposition of the same thing: "before the meeting", "at the
    meeting"."""
    if len(NONE.findall(claim.text)) != len(NONE.findall(span.text)):
        return False
    theirs = [one for one in _circumstances(span.text) if not one.counted]
    mine = [one for one in _circumstances(claim.text) if not one.counted]
    for one in mine:
        held = [other for other in theirs if lexicon.stem(other.head) == lexicon.stem(one.head)]
        if not held:
            continue
        if any(_same(one, other) for other in held):
            if _in_place_of_another(one, held, theirs, claim):
                return True
            continue
        if _mentions(span.text, one.head) > len(held):
            continue  # it stands elsewhere as well, without a preposition
        return True
    return False


def _in_place_of_another(
    one: _Circumstance, held: list[_Circumstance], theirs: list[_Circumstance], claim: Clauses
) -> bool:
    """Whether a noun stands after the preposition of another one, which the claim leaves out: of "reported smoke in the
    cabin to the tower", "reported smoke in the tower"."""
    if any(other.preposition == one.preposition for other in held):
        return False
    others = [other for other in theirs if other.preposition == one.preposition]
    return bool(others) and not any(_mentions(claim.text, other.head) for other in others)


def _mentions(text: str, noun: str) -> int:
    stem = lexicon.stem(noun)
    return sum(lexicon.stem(re.sub(r"['’]s?$", "", word.lower())) == stem for word in _WORD.findall(text))


def _same(one: _Circumstance, other: _Circumstance) -> bool:
    pair = {one.preposition, other.preposition}
    if len(pair) == 1:
        return True
    if one.head in _TIMES and "by" in pair:
        return False  # "by Friday" is not "on Friday"
    if not pair & _STRONG:
        return True
    return any(pair - {first} <= _ALIKE.get(first, frozenset()) for first in pair)


def attachment(claim: Clauses, span: Clauses) -> bool:
    """A number, time or place of one clause is said of the verb of another: "repaired in 2019 and replaced in 2021"."""
    theirs = [piece for sentence in span.sentences for piece in leftover.pieces(sentence)]
    for piece in leftover.pieces(claim.text):
        verbs = [token.text for token in piece.verbs()]
        where = [place for place, other in enumerate(theirs) if _says_any(other, verbs)]
        if not where or len(theirs) < 2:
            continue
        for obj in _objects(piece):
            places = [place for place, other in enumerate(theirs) if any(_stands_for(obj, t) for t in other.tokens)]
            if places and not set(places) & set(where) and all(_of_its_own(theirs, at, obj, where) for at in places):
                return True
    return False


def _says_any(piece: leftover.Piece, verbs: list[str]) -> bool:
    return any(alike(verb, token.text) for token in piece.verbs() for verb in verbs)


def _objects(piece: leftover.Piece) -> Iterator[leftover.Token]:
    """Numbers, and the nouns after a preposition of time or place."""
    after = False
    for token in piece.tokens:
        if token.text in PREPOSITIONS:
            after = token.text in _STRONG | {"in", "on", "at", "by"}
        elif token.raw[-1].isdigit() or (after and token.text in _TIMES):
            yield token


def _stands_for(one: leftover.Token, other: leftover.Token) -> bool:
    return one.text == other.text


def _of_its_own(theirs: list[leftover.Piece], at: int, obj: leftover.Token, where: list[int]) -> bool:
    """Whether the piece of a circumstance has a verb of its own, and does not open a sentence for all its verbs."""
    piece = theirs[at]
    verb = piece.verb()
    if verb is None or any(wordnet.lemmas(token.text) & leftover.MEETING for token in piece.verbs()):
        return False  # "met on Monday and approved": one occasion
    place = next(place for place, token in enumerate(piece.tokens) if _stands_for(obj, token))
    if place > verb:
        return True
    return all(_later(theirs[other]) for other in where)


def _later(piece: leftover.Piece) -> bool:
    """Whether a statement has a subject and a time of its own."""
    return piece.verb() != 0 and any(token.text in _TIMES | _LATER or token.raw[-1].isdigit() for token in piece.tokens)


_LATER = lexicon.vocabulary("later following next after afterwards subsequently then earlier previous since before")


_KNOWN = any_of(
    r"""
    to (?:the best of )?(?:\w+ ){0,3}?(?:\w+['’]s |its |his |her |their |our |my )?(?:knowledge|belief|recollection) ;
    (?:so|as) far as (?:\w+ ){1,4}?(?:aware|know|knows|knew|tell|see|judge|recall|recalls|recollect|remember|remembers)
    ; in (?:\w+['’]s |its |his |her |their |our |my |the \w+['’]s )(?:recollection|memory|belief) ;
    (?:knows?|knew|aware|learned|heard) of (?:no|any|none|nothing) ; (?:not|un)(?: \w+)? ?aware (?:of|that) ;
    to the best of
    """
)
_SAYS_KNOWN = any_of(
    r"know\w* ; knew ; aware ; unaware ; far as ; belief ; believ\w+ ; recollect\w* ; recall\w* ; memory ; remember\w*"
    r" ; tell ; learned"
)


def knowledge(claim: Clauses, span: Clauses) -> bool:
    """What somebody says as far as he knows is said to be so."""
    return bool(_KNOWN.search(about(claim, span))) and not _SAYS_KNOWN.search(claim.text)


_ROLE = (
    "as (?:an? |the )?(?:[a-z]+ )?(?:agent|executor|executrix|trustee|nominee|guardian|attorney|proxy|administrator"
    "|liquidator|receiver|representative)"
)
_FOR_ANOTHER = any_of(
    rf"""
    on behalf of ; on (?!(?:its|his|her|their) own)\w+(?: \w+)?(?:['’]s|s['’]) behalf ; in (?:the|a|his|her|its|their)
    (?:\w+ )?capacity(?: as| of)? ; acting (?:as|for) ; {_ROLE} ; in trust for ; in the name of
    """
)
_CAPACITY = any_of(
    r"""
    behalf ; capacity ; acting (?:as|for) ; agent ; executor ; trustee ; nominee ; guardian ; proxy ; administrator ;
    liquidator ; receiver ; representative ; in trust ; represent\w* ; in the name of ; attorney ; as
    """
)
_FOR_ONESELF = any_of(
    r"""
    (?:its|his|her|their|my|our|\w+['’]s) own (?:behalf|account|name|right|interest|benefit) ; personally ; in person ;
    for (?:him|her|it|them|my|our)sel(?:f|ves) ; (?:private|personal|individual|own) capacity ; as principal
    """
)


def capacity(claim: Clauses, span: Clauses) -> bool:
    """What somebody does for another is said to be done without that, or for himself."""
    if _FOR_ONESELF.search(claim.text) and not _FOR_ONESELF.search(span.text):
        return True
    acting = _FOR_ANOTHER.search(about(claim, span))
    if acting is None or _CAPACITY.search(claim.text):
        return False
    whose = set(lexicon.content_words(span.text[span.text.find(acting[0]) + len(acting[0]) :])[:3])
    return not (re.search(r"\bfor\b", claim.text) and whose & set(claim.words))


_SCOPE = any_of(
    r"""
    with (?:respect|regard) to ; in respect of ; in relation to ; in matters of ; for the purposes? of ;
    as (?:regards|to) ; in (?:the )?case of ; when it comes to ; (?:apply|applies|applied|extends?) to ; solely for ;
    limited to ; confined to ; restricted to
    """
)


def restriction_dropped(claim: Clauses, span: Clauses) -> bool:
    """A rule, a permission or what is said of all of a kind is said without what limits it, in the span's words."""
    left, kept = limits_left_out(claim.text, span.text)
    missing = align(claim.text, span.text).missing
    if len(left) <= len(missing) or same_words(claim.text, span.text) < COPIED:
        return False  # other words of the claim may say it
    return (
        is_general(kept)
        or any(kind.search(kept) for kind in (PERMISSION, _SCOPE, _ALL))
        or any(lexicon.stem(word.lower()) in map(lexicon.stem, left) for word in _OF_A_KIND.findall(kept))
    )


COPIED = 0.6
"""Share of a claim's words that stand in the span, in its order, from which what is left over is dropped, and not said
in other words. At any share 20 true and no more false claims of the development lists a to g are vetoed, at this one 3
and one."""
_ALL = any_of("all ; every ; each ; any ; no ; none ; only ; whenever ; always")
_OF_A_KIND = re.compile(
    r"(?<!the )(?<!\bthese )(?<!\bthose )\b\w+(?<![su'i])s (?:who|that|whose|which)"
    r"(?: (?:is|are|was|were|has|have|had))* (\w+)",
)
"""A bare plural with a restrictive clause ("borrowers who return")."""
_PART_PAID = re.compile(
    r"\btowards?\b|\bcontribut\w+\b.{1,60}?\bto\b|\bagainst the (?:cost|price|bill|expense)s?\b"
    r"|\bpart of the (?:cost|price|bill|expense)s?\b",
    re.IGNORECASE,
)
_PART_SAID = any_of(
    r"towards? ; contribut\w* ; part(?:ly|ial(?:ly)?)? ; help\w* ; some ; against ; share ; support\w* ; to"
    r" ; advance\w*"
)


def contribution(claim: Clauses, span: Clauses) -> bool:
    """What somebody gave an amount towards is said to be paid for, without the amount."""
    near = about(claim, span)
    if not (_PART_PAID.search(near) and values(near).quantities):
        return False
    return not values(claim.text).quantities and not _PART_SAID.search(claim.text)


_WHEN = re.compile(
    r"\b(?P<before>before|until|till|prior to|by the time)\b(?P<b>[^,;.]*)"
    r"|\b(?P<while>while|whilst|during)\b(?P<w>[^,;.]*)"
    r"|\b(?P<after>after|once|as soon as|following)\b(?P<a>[^,;.]*)",
    re.IGNORECASE,
)
_FEWEST_OF_CLAUSE = 0.5
"""The share of a clause's words from which another is of the same event."""


def moment(claim: Clauses, span: Clauses) -> bool:
    """Something is said to have been before, while or after an event, and the span has it at another of the three."""
    theirs = list(_moments(span.text))
    for kind, words in _moments(claim.text):
        same = [other for other, held in theirs if words and _shared(words, held) >= _FEWEST_OF_CLAUSE * len(words)]
        if same and kind not in same:
            return True
        if kind == "while" and not same and theirs and {other for other, _ in theirs} <= {"before", "after"}:
            told = _WHEN.sub(" ", span.text)  # "it was loaded after" what "while it was loaded" has at the same time
            if words and _shared(words, _content(told)) >= _FEWEST_OF_CLAUSE * len(words):
                return True
    return False


def _moments(text: str) -> Iterator[tuple[str, set[str]]]:
    for match in _WHEN.finditer(text):
        kind = next(name for name in ("before", "while", "after") if match[name])
        clause = match[{"before": "b", "while": "w", "after": "a"}[kind]]
        yield kind, _content(clause)


def _content(text: str) -> set[str]:
    return {word for word in re.findall(r"[a-z][a-z-]+", text.lower()) if word not in lexicon.STOPWORDS}


def _shared(words: set[str], held: set[str]) -> int:
    return sum(any(relation_of(word, other) is not None for other in held) for word in words)
