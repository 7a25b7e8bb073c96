"""What a span says besides a claim, and whether that limits what it says of the rest.

Of the clauses that a claim is about nothing may be left over but what cannot limit them: a coordinated clause or item
of a list, an apposition or relative clause between commas, a reason, a word that opens the sentence ("Accordingly,
..."). A phrase, restrictive clause, attribute, adverb or amount that is left over limits the span, and a claim without
it says more than the span does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from hybrid.answering.verification.clauses import SENTENCE_END
from hybrid.answering.verification.markers import NONE
from hybrid.answering.verification.values import Values, values
from hybrid.text import lexicon, wordnet
from hybrid.text.values import MONTHS

Relate = Callable[[str, str], str | None]
"""How a word stands to another one (`hybrid.text.wordnet.relation`), ``None`` if in no way."""

_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|[$€£]?\d(?:[\d,.:]*\d)?(?:%|st|nd|rd|th)?\b|[,;:()–—]")
_NEAREST = ("same", "synonym", "broader", "narrower")
_COORDINATORS = frozenset({"and", "but", "or", "whereas", "yet", "nor"})
_DETERMINERS = lexicon.vocabulary(
    "the a an its his her their our my this that these those some two three four five six"
)
PREPOSITIONS = lexicon.vocabulary(
    """
    about above across after against along amid among around as at before behind below beneath beside besides between
    beyond by despite during except for from in inside into near of off on onto opposite out outside over past per
    pursuant round since than through throughout to toward towards under underneath until till unto up upon via with
    within without
    """
)
_SUBORDINATORS = lexicon.vocabulary(
    "if unless when whenever where wherever while once provided so until although though because since whether only not"
    " no never just even then"
)
_RELATIVE = lexicon.vocabulary("who which whose whom where")
_REASON = re.compile(
    r"\b(?:because|although|even though|though|owing to|due to|on account of|thanks to)\b", re.IGNORECASE
)
_OPENER = re.compile(
    r"^(?:accordingly|however|moreover|furthermore|in addition|therefore|thus|hence|consequently|nevertheless"
    r"|nonetheless|also|further|in fact|indeed|in short|finally|in conclusion|for the avoidance of doubt|as a result"
    r"|dear\b.*|in other words|similarly|likewise|meanwhile|besides|additionally|first|second|secondly|lastly)$",
    re.IGNORECASE,
)
_EMPTY = lexicon.vocabulary(
    """
    be been being give gave given giving make made making take took taken taking come came coming go going gone went get
    got become became respect order state hereby herein hereof hereto thereof hereunder thereunder thereto therein such
    said aforesaid respective foregoing way sort kind type sum amount fact course shall will would must may might can
    could should ought required requires requirement obliged obligation obligations duty necessary need needs entitled
    entitles right rights permitted permits permission allowed allows bound liable responsible able unable due
    day days week weeks month months year years hour hours minute minutes percent per cent dollar dollars euro euros
    eur usd gbp pound pounds agree agrees agreed undertake undertakes connection st nd rd th owing result account
    prior behalf bear bears bore borne exceed exceeds exceeding exceeded hold holds held use used uses using party
    parties less fewer unless provided listed ground grounds reason means accordance pm am
    """
)
"""Words that limit nothing by themselves, and those that other checks compare by kind or by value."""
_LIMITS = lexicon.vocabulary("own same alone once")
"""Of the words that say little by themselves, those that limit."""
_AUXILIARIES = lexicon.vocabulary(
    "is are was were be been has have had shall will may must can could would should might did does do"
)
_BEFORE_NOUNS = PREPOSITIONS | lexicon.vocabulary(
    "the a an its his her their our my this that these those any each every no all both either"
)


_MEASURES = lexicon.vocabulary("period term duration length total number distance")
"""Nouns of whose "of" a value follows, which is compared by itself."""
_UNSAID = _EMPTY | PREPOSITIONS | lexicon.NUMBER_WORDS | lexicon.STOPWORDS | lexicon.NEGATIONS


@dataclass(frozen=True)
class Token:
    """A word, number or mark of a text, and where it stands."""

    raw: str
    start: int
    end: int

    @property
    def text(self) -> str:
        """In lower case, without what makes it possessive."""
        return re.sub(r"['’]s?$", "", self.raw.lower())

    @property
    def content(self) -> bool:
        """Whether it says something by itself."""
        word = self.text
        return word in _LIMITS or (len(word) > 1 and word[0].isalpha() and word not in _UNSAID)

    @property
    def denies(self) -> bool:
        """Whether it is a verb or noun that denies by itself: "refused", "failure"."""
        return self.text in lexicon.NEGATIONS and wordnet.is_verb(self.text)

    @property
    def number(self) -> bool:
        """Whether it is a number in figures or words."""
        return self.text[-1].isdigit() or self.text in lexicon.NUMBER_WORDS

    @property
    def verb(self) -> bool:
        """Whether it may be a verb."""
        return self.raw[0].islower() and self.text not in _LIMITS and wordnet.is_verb(self.text)


@dataclass(frozen=True)
class Piece:
    """Tokens between two marks or conjunctions, and which of these comes before them."""

    joint: str
    tokens: tuple[Token, ...]

    def verb(self) -> int | None:
        """The place of its first word that may be a finite verb or an auxiliary."""
        for at, token in enumerate(self.tokens):
            before = self.tokens[at - 1].text if at else ""
            finite = token.verb and not token.text.endswith("ing") and before not in _BEFORE_NOUNS
            if (token.text in _AUXILIARIES and token.raw != "May") or finite:
                return at
        return None

    def verbs(self) -> tuple[Token, ...]:
        """Its words that may be verbs and stand where a verb may."""
        return tuple(
            token for at, token in enumerate(self.tokens)
            if token.verb and token.text not in _AUXILIARIES
            and not (at and self.tokens[at - 1].text in _BEFORE_NOUNS - {"to"})
        )  # fmt: skip

    @property
    def limits(self) -> bool:
        """Whether it begins as what limits another one does: "in June", "if asked", "acting as agent"."""
        first = self.tokens[0]
        return first.text in PREPOSITIONS | _SUBORDINATORS or (first.text.endswith(("ing", "ed")) and first.verb)


MEETING = lexicon.vocabulary("meet sit convene gather assemble")
"""Verbs of an occasion on which something else is done."""


class Leftover(NamedTuple):
    """``words`` of the span that limit it and that no word of the claim stands for; values that only one of the two has
    are among them. ``kept`` is the text of the span's clauses that the claim is about."""

    words: tuple[str, ...]
    kept: str


@lru_cache(maxsize=8192)
def leftover(claim: str, span: str, relate: Relate) -> Leftover:
    """What a span of one to three sentences says besides a claim and limits it by.

    Example:
        >>> same = lambda one, other: "same" if one == other else None
        >>> leftover("Vessels pay a fee.", "Vessels of the navy pay a fee.", same).words
        ('navy',)
        >>> leftover("The choir sang.", "The choir sang and the organist played.", same).words
        ()
    """
    mine = tokens_of(claim)
    amounts = frozenset(amount for one in values(claim).quantities for amount in one.amounts())
    words: list[str] = []
    texts: list[str] = []
    for sentence in SENTENCE_END.split(span):
        kept, matched = _Sentence(sentence, mine, amounts, relate).kept()
        if not matched:
            continue
        texts.append(_text(sentence, kept))
        words += [token.text for token in kept if token.content and token not in matched]
    text = " ".join(texts)
    said, held = values(_ONE.sub("1 ", claim)), values(text)
    lost = list(_lost(held, said))
    if len(text) < len(span):  # what was left aside may hold a value that the claim says of the rest
        lost += _lost(said, held)
    return Leftover((*words, *lost), text)


_ONE = re.compile(r"\ban? (?=hour|day|week|fortnight|month|quarter|year)", re.IGNORECASE)


def _lost(some: Values, others: Values) -> Iterator[str]:
    """The numbers, but for one, and dates that the others do not have, whatever they are of."""
    numbers = {amount for one in others.quantities for amount in one.amounts()}
    for one in some.quantities:
        if one.value != 1 and not one.amounts() & numbers:
            yield f"{one.value:f}"
    for day in some.days:
        if not any(map(day.meets, others.days)):
            yield "-".join(str(part) for part in (day.year, day.month, day.day) if part)


def tokens_of(text: str) -> tuple[Token, ...]:
    """The words, numbers and marks of a text."""
    return tuple(Token(match[0], match.start(), match.end()) for match in _TOKEN.finditer(text))


def _text(sentence: str, kept: Sequence[Token]) -> str:
    """The characters of some of a sentence's tokens, with what stands between those that follow one another."""
    every = tokens_of(sentence)
    after = {token.start: following.start for token, following in pairwise(every)}
    return "".join(sentence[token.start : after.get(token.start, len(sentence))] for token in kept)


class _Sentence:
    """A sentence of the span, cut into pieces, and which of its words the claim has."""

    def __init__(self, text: str, claim: tuple[Token, ...], amounts: frozenset[Decimal], relate: Relate) -> None:
        self._amounts = amounts
        self._claim = tuple(token.text for token in claim if token.content or token.denies)
        self._stems = frozenset(lexicon.stem(token.text) for token in claim)
        self._values = frozenset(token.raw for token in claim if token.number)
        self._relate = relate
        self._tokens = tokens_of(text)
        self._pieces = tuple(_cut(self._tokens))
        self._matched = self._matches()
        self._denied = bool(NONE.search(text))
        self._permits = bool(PERMISSION.search(text))
        self._generic = is_general(text)

    def kept(self) -> tuple[list[Token], frozenset[Token]]:
        """The words of the clauses that the claim is about, and those of the claim among the sentence's."""
        if said := self._relative_statement():
            return said, self._matched
        pieces = self._without_statements(list(self._pieces))
        pieces = [piece for at, piece in enumerate(pieces) if not self._aside(pieces, at)]
        gone: set[Token] = set()
        for at, piece in enumerate(pieces):
            following = pieces[at + 1] if at + 1 < len(pieces) else None
            gone.update(self._other_verb(piece, following))
            gone.update(self._item(piece, pieces[at + 1 :]))
            gone.update(self._reason(piece))
        return [token for piece in pieces for token in piece.tokens if token not in gone], self._matched

    def _matches(self) -> frozenset[Token]:
        found: set[Token] = set()
        content = [token for token in self._tokens if token.content]
        found.update(token for token in content if lexicon.stem(token.text) in self._stems)
        measures = (one for one, other in pairwise(self._tokens) if one.text in _MEASURES and other.text == "of")
        found.update(measures)
        if self._values:  # of a date, which is compared by value
            pairs = ({one, other} for one, other in pairwise(self._tokens) if one.number or other.number)
            found.update(token for pair in pairs for token in pair if token.text in MONTHS)
        for word in self._claim:
            near = [(kind, token) for token in content if (kind := self._relate(word, token.text))]
            # "The publisher may publish it": each stands for the word that it is, where there is one.
            near = [row for row in near if row[1].text == word or row[1].text not in self._claim] or near
            best = min((_NEAREST.index(kind) for kind, _ in near), default=None)
            found.update(token for kind, token in near if _NEAREST.index(kind) == best)
        return frozenset(found)

    def _relative_statement(self) -> list[Token]:
        """A relative clause after a comma with the word that it is said of, where the claim says no more than these."""
        for piece in self._pieces:
            if piece.joint != "," or piece.tokens[0].text not in {"who", "which"}:
                continue
            before = [token for token in self._tokens if token.content and token.start < piece.tokens[0].start][-1:]
            said = [token for token in (*before, *piece.tokens) if token in self._matched]
            if all(any(self._relate(word, token.text) for token in said) for word in self._claim):
                return [*before, *piece.tokens]
        return []

    def _needed(self, pieces: Sequence[Piece], at: int) -> bool:
        """Whether a word or number of the claim stands in that piece alone."""
        texts = [" ".join(token.raw for token in piece.tokens) for piece in pieces]
        numbers = [{amount for one in values(text).quantities for amount in one.amounts()} for text in texts]
        others = set().union(*(numbers[:at] + numbers[at + 1 :]))
        if (numbers[at] & self._amounts) - others:
            return True
        here = [token for token in pieces[at].tokens if token in self._matched]
        rest = [token for place, piece in enumerate(pieces) if place != at for token in piece.tokens]
        rest = [token for token in rest if token in self._matched]
        return any(
            any(self._relate(word, token.text) for token in here)
            and not any(self._relate(word, token.text) for token in rest)
            for word in self._claim
        )

    def _without_statements(self, pieces: list[Piece]) -> list[Piece]:
        """The pieces without whole coordinated statements and phrases that the claim says nothing of."""
        at = 0
        while at < len(pieces) and len(pieces) > 1:
            if self._coordinated(pieces, at) and not self._needed(pieces, at):
                pieces[at : at + 1] = self._shared_tail(pieces[at], last=at == len(pieces) - 1)
                at = 0
            else:
                at += 1
        return pieces

    def _shared_tail(self, piece: Piece, last: bool) -> list[Piece]:
        """What follows the last item of a list, and may be said of the others too: "the roof and the gate in June"."""
        if not last or piece.verb() is not None or piece.joint == ";":
            return []
        start = next(
            (at for at, one in enumerate(piece.tokens) if at and (one.text in PREPOSITIONS or one.text.endswith("ly"))),
            None,
        )
        return [] if start is None else [Piece("", piece.tokens[start:])]

    def _coordinated(self, pieces: Sequence[Piece], at: int) -> bool:
        """Whether a piece stands beside another one that is said as well."""
        piece = pieces[at]
        following = pieces[at + 1] if at + 1 < len(pieces) else None
        if piece.joint == "start":  # a statement with a subject of its own follows it, or another item of a list
            joint = following.joint if following else ""
            if piece.limits or piece.tokens[0].text in _SUBORDINATORS:
                return False
            return joint in _COORDINATORS | {";"} and (joint != "or" or self._permits or self._denied)
        if piece.joint == "or" and not (self._permits or self._denied):
            return False
        if piece.joint not in _COORDINATORS | {";"}:
            return False
        first = piece.tokens[0].text
        if first in _SUBORDINATORS or first in _LIMITS:
            return False
        return not (first in PREPOSITIONS and (self._permits or self._generic or piece.joint == "but"))

    def _aside(self, pieces: Sequence[Piece], at: int) -> bool:
        """Whether a piece is an apposition, a relative clause or a reason between commas, an item of a list that the
        claim leaves out, or what a sentence opens with."""
        piece = pieces[at]
        following = pieces[at + 1] if at + 1 < len(pieces) else None
        if any(token in self._matched and token.text not in MONTHS for token in piece.tokens):
            return False
        if piece.joint == "start":
            said = " ".join(token.text for token in piece.tokens)
            return following is not None and following.joint == "," and bool(_OPENER.match(said))
        if piece.joint not in {",", "("}:
            return False
        first = piece.tokens[0].text
        if first in _RELATIVE:
            return True
        return not piece.limits and first not in _LIMITS and not any(token.text in _LIMITS for token in piece.tokens)

    def _other_verb(self, piece: Piece, following: Piece | None) -> tuple[Token, ...]:
        """A verb and what belongs to it, where the claim has the subject and another verb: "met in June and" approved
        it."""
        if following is None or following.joint not in _COORDINATORS or self._generic:
            return ()
        start = piece.verb()
        if start is None or following.verb() not in {0, 1} or not any(t in self._matched for t in following.tokens):
            return ()
        while start < len(piece.tokens) - 1 and piece.tokens[start].text in _AUXILIARIES:
            start += 1
        said = piece.tokens[start:]
        if wordnet.lemmas(said[0].text) & MEETING and any(token.number and token.raw in self._values for token in said):
            # "Met on 3 May and approved it" is one occasion, and the date is the approval's as well.
            return tuple(token for token in said if not token.number and token.text not in MONTHS)
        return () if any(token in self._matched for token in said) else said

    def _item(self, piece: Piece, later: Sequence[Piece]) -> tuple[Token, ...]:
        """An item of a list beside one that the claim has: the words after a conjunction, or right before one."""
        found: tuple[Token, ...] = ()
        if piece.joint in {"and", ","} or (piece.joint == "or" and (self._permits or self._denied)):
            found += self._run(piece.tokens)
        following = later[0] if later else None
        joint = following.joint if following else ""
        listed = joint == "and" or (joint == "or" and (self._permits or self._denied))
        if joint == "," and following and following.verb() is None:
            listed = any(one.joint in {"and", "or"} for one in later)
        if listed and following and any(t in self._matched for t in self._head(following)):
            found += self._run(piece.tokens[::-1])
        return found

    def _head(self, piece: Piece) -> tuple[Token, ...]:
        """The first content word of a piece."""
        return tuple(token for token in piece.tokens if token.content)[:1]

    def _run(self, tokens: Sequence[Token]) -> tuple[Token, ...]:
        """The nouns and attributes at the beginning that the claim does not have."""
        found = []
        for token in tokens:
            if token in self._matched or token.text.endswith("ly") or token.text in _LIMITS:
                break
            if not (token.content or token.number or token.text in _DETERMINERS):
                break
            found.append(token)
        return tuple(found)

    def _reason(self, piece: Piece) -> tuple[Token, ...]:
        """Why it is so: "because ...", "although ..."; of what is not so it may limit what is denied."""
        if self._denied:
            return ()
        for at in range(1, len(piece.tokens)):
            said = " ".join(one.text for one in piece.tokens[at : at + 3])
            if _REASON.match(said) and not any(one in self._matched for one in piece.tokens[at:]):
                return piece.tokens[at:]
        return ()


@lru_cache(maxsize=8192)
def pieces(text: str) -> tuple[Piece, ...]:
    """A sentence cut at its commas and conjunctions."""
    return tuple(_cut(tokens_of(text)))


def _cut(tokens: Sequence[Token]) -> Iterator[Piece]:
    joint, found = "start", []
    between = False
    for at, token in enumerate(tokens):
        word = token.text
        between = between or word == "between"
        numeral = word == "and" and at and tokens[at - 1].text in {"hundred", "thousand"}
        splits = word in _COORDINATORS and not between and not numeral
        dated = (
            word == ","
            and at
            and tokens[at - 1].number
            and _YEAR.fullmatch("".join(t.raw for t in tokens[at + 1 : at + 2]))
        )
        if dated or not (splits or word in _MARKS):
            found.append(token)
            continue
        if word == "and":
            between = False
        if found:
            yield Piece(joint, tuple(found))
            joint, found = "", []
        if word in _COORDINATORS or joint in {"", ","}:
            joint = _MARKS.get(word, word)
    if found:
        yield Piece(joint, tuple(found))


_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_MARKS = {",": ",", ";": ";", ":": ";", "(": "(", ")": ",", "–": ",", "—": ","}


def is_general(text: str) -> bool:
    """Whether it is said of all of a kind: its subject is "any", "every" or "all" of them, or a bare plural."""
    plain = text.strip()
    if _FRONTED.match(plain) and "," in plain:
        plain = plain.partition(",")[2].strip()
    tokens = tokens_of(plain)
    if not tokens:
        return False
    first = tokens[0].text
    if first in _TITLES:
        return False
    if first in _UNIVERSAL:
        return True
    if first in {"a", "an"}:
        return not _PAST.search(plain)
    bare = first not in lexicon.STOPWORDS | _DETERMINERS | lexicon.NUMBER_WORDS and not tokens[0].number
    for token in tokens[:4]:
        if token.text in lexicon.STOPWORDS | _DETERMINERS | _AUXILIARIES:
            break
        if _PLURAL.search(token.text):
            return bare
    return False


_PLURAL = re.compile(r"(?<![su'i])s$|(?:men|people|children|sheep|cattle|staff|personnel)$")
_UNIVERSAL = lexicon.vocabulary("any every each all no whoever whatever everyone everybody anyone anybody nobody none")
_TITLES = lexicon.vocabulary("mr mrs ms dr prof sir st")
_FRONTED = re.compile(
    r"^(?:in|on|at|during|after|before|from|until|under|for|with|within|throughout|since)\b", re.IGNORECASE
)
_PAST = re.compile(r"\b(?:was|were|had|did|[a-z]{3,}ed)\b")
PERMISSION = re.compile(
    r"\b(?:may(?! \d)|can|permitted|permits?|entitled|entitles|eligible|allowed|allows?|authori[sz]ed|at liberty"
    r"|free to|rights? to|licen[cs]ed?|qualif(?:y|ies))\b(?<!May)"
)
"""What is permitted, which a limit bounds."""
