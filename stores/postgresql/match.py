"""Match expressions (`hybrid.stores.query`), read as FTS5 reads them, and as PostgreSQL's tsquery."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from hybrid.errors import InputError
from hybrid.stores.postgresql.words import quoted

_SIGN = re.compile(
    r'\s*(?:(?P<phrase>"(?:[^"]|"")*")|(?P<sign>[()*,+])|(?P<word>[\w\x1a\u0080-\U0010ffff]+)|(?P<end>$))'
)
_NEAR_WORDS = 10
"""Words between the phrases of a NEAR that does not say how many, as in FTS5."""


@dataclass(frozen=True)
class Phrase:
    """Words in their order; of the last one its beginning where it ``begins``."""

    words: tuple[str, ...]
    begins: bool = False


@dataclass(frozen=True)
class Near:
    """Phrases with at most ``between`` words between the first and the last of them, in any order."""

    phrases: tuple[Phrase, ...]
    between: int


@dataclass(frozen=True)
class Joined:
    """Two or more parts: ``&`` of all, ``|`` of any, ``!`` of the first without the second."""

    sign: str
    parts: tuple[Expression, ...]


Expression = Phrase | Near | Joined


def parse(match: str, cut: Callable[[Sequence[str]], list[list[str]]]) -> Expression | None:
    """What a match expression says, with its words as ``cut`` makes them of texts; ``None`` where it has no word.

    Raises `InputError` for an expression that cannot be read.
    """
    return _Parser(match, cut).read()


def phrases(expression: Expression) -> Iterator[Phrase]:
    """The phrases that count towards a score, as often as they stand in the expression."""
    if isinstance(expression, Phrase):
        yield expression
    elif isinstance(expression, Near):
        yield from expression.phrases
    else:
        for part in expression.parts[:1] if expression.sign == "!" else expression.parts:
            yield from phrases(part)


def nears(expression: Expression) -> bool:
    """Whether there is a NEAR in it, which the tsquery says only in part."""
    if isinstance(expression, Joined):
        return any(map(nears, expression.parts))
    return isinstance(expression, Near)


def query(expression: Expression) -> str:
    """The tsquery. One with a NEAR finds all chunks with its phrases, wherever these are; a NEAR that is excluded
    excludes none."""
    return _query(expression, strict=True) or "'a' & !'a'"


def _query(expression: Expression, *, strict: bool) -> str | None:
    if isinstance(expression, Phrase):
        *first, last = map(quoted, expression.words)
        return f"({' <-> '.join([*first, last + ':*' * expression.begins])})"
    if isinstance(expression, Near):
        return f"({' & '.join(_always(_query(one, strict=strict)) for one in expression.phrases)})" if strict else None
    if expression.sign == "!":
        wanted = _query(expression.parts[0], strict=strict)
        without = _query(expression.parts[1], strict=not strict)
        return wanted if without is None or wanted is None else f"({wanted} & !{without})"
    said = [_query(part, strict=strict) for part in expression.parts]
    if None in said and expression.sign == "|":
        return None
    return f"({f' {expression.sign} '.join(one for one in said if one is not None)})"


def _always(said: str | None) -> str:
    assert said is not None  # of a phrase
    return said


Places = Callable[[str, bool], Sequence[int]]
"""The positions of a word in a chunk, ascending, or of all words that begin so."""


def holds(expression: Expression, places: Places) -> bool:
    """Whether a chunk in which words stand at these places is what the expression asks for."""
    if isinstance(expression, Phrase):
        return bool(starts(expression, places))
    if isinstance(expression, Near):
        return _near(expression, places)
    first, *others = (holds(part, places) for part in expression.parts)
    if expression.sign == "!":
        return first and not others[0]
    return all((first, *others)) if expression.sign == "&" else any((first, *others))


def starts(phrase: Phrase, places: Places) -> list[int]:
    """The positions at which a phrase begins in a chunk, ascending."""
    last = len(phrase.words) - 1
    each = [set(places(word, phrase.begins and at == last)) for at, word in enumerate(phrase.words)]
    return sorted(one for one in each[0] if all(one + at in there for at, there in enumerate(each)))


def _near(near: Near, places: Places) -> bool:
    """As FTS5 has it: between the end of the first phrase and the start of the last are no more words than that."""
    each = [[(start, start + len(one.words)) for start in starts(one, places)] for one in near.phrases]
    if not all(each):
        return False
    at = [0] * len(each)
    while True:
        spans = [spans[number] for spans, number in zip(each, at, strict=True)]
        last = max(spans)
        behind = [one for one, span in enumerate(spans) if last[0] - span[1] > near.between]
        if not behind:
            return True
        for one in behind:
            at[one] += 1
            if at[one] == len(each[one]):
                return False


class _Parser:
    """Reads from left to right: OR binds least, then AND, NOT, and what stands side by side."""

    def __init__(self, match: str, cut: Callable[[Sequence[str]], list[list[str]]]) -> None:
        self._match = match
        self._signs = list(self._read_signs(match))
        self._at = 0
        texts = [text for kind, text in self._signs if kind in ("phrase", "word")]
        self._words = dict(zip(texts, cut(texts), strict=True)) if texts else {}

    def _read_signs(self, match: str) -> Iterator[tuple[str, str]]:
        at = 0
        while True:
            found = _SIGN.match(match, at)
            if found is None:
                raise self._wrong(f"at {match[at : at + 20]!r}")
            at = found.end()
            kind = str(found.lastgroup)
            text = found[kind]
            if kind == "phrase":
                text = text[1:-1].replace('""', '"')
            elif kind == "word" and text in ("AND", "OR", "NOT"):
                kind = "operator"
            yield kind, text
            if kind == "end":
                return

    def read(self) -> Expression | None:
        found = self._any()
        if self._peek()[0] != "end":
            raise self._wrong(f"at {self._peek()[1]!r}")
        return found

    def _wrong(self, why: str) -> InputError:
        return InputError(f"{self._match!r} is not a match expression ({why}); see match_expression")

    def _peek(self) -> tuple[str, str]:
        return self._signs[self._at]

    def _take(self, *wanted: tuple[str, str]) -> bool:
        taken = self._peek() in wanted
        self._at += taken
        return taken

    def _any(self) -> Expression | None:
        parts = [self._all()]
        while self._take(("operator", "OR")):
            parts.append(self._all())
        return _joined("|", parts)

    def _all(self) -> Expression | None:
        parts = [self._without()]
        while self._take(("operator", "AND")):
            parts.append(self._without())
        return _joined("&", parts)

    def _without(self) -> Expression | None:
        found = self._beside()
        while self._take(("operator", "NOT")):
            other = self._beside()
            found = found if found is None or other is None else Joined("!", (found, other))
        return found

    def _beside(self) -> Expression | None:
        parts = [self._one()]
        while self._peek()[0] in ("phrase", "word") or self._peek() == ("sign", "("):
            parts.append(self._one())
        return _joined("&", parts)

    def _one(self) -> Expression | None:
        if self._take(("sign", "(")):
            found = self._any()
            if not self._take(("sign", ")")):
                raise self._wrong("a parenthesis is open")
            return found
        if self._peek() == ("word", "NEAR") and self._signs[self._at + 1] == ("sign", "("):
            self._at += 2
            return self._near()
        return self._phrase()

    def _near(self) -> Expression | None:
        found, between = [], _NEAR_WORDS
        while self._peek()[0] in ("phrase", "word"):
            found.append(self._phrase())
        if self._take(("sign", ",")):
            kind, number = self._peek()
            if kind != "word" or not number.isdecimal():
                raise self._wrong("NEAR has no number")
            between, self._at = int(number), self._at + 1
        if not self._take(("sign", ")")):
            raise self._wrong("a NEAR is open")
        whole = tuple(one for one in found if one is not None)
        return Near(whole, between) if len(whole) > 1 else next(iter(whole), None)

    def _phrase(self) -> Phrase | None:
        words: list[str] = []
        while True:
            kind, text = self._peek()
            if kind not in ("phrase", "word"):
                raise self._wrong(f"at {text!r}" if text else "it ends too soon")
            self._at += 1
            words += self._words[text]
            if not self._take(("sign", "+")):
                break
        begins = self._take(("sign", "*"))
        return Phrase(tuple(words), begins) if words else None


def _joined(sign: str, parts: Sequence[Expression | None]) -> Expression | None:
    """Parts without words are left out, as FTS5 leaves them out."""
    there = tuple(part for part in parts if part is not None)
    return Joined(sign, there) if len(there) > 1 else next(iter(there), None)
