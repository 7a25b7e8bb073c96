"""Search expressions: ``salt w/5 wet``, ``terminat* AND NOT draft``, ``from:strand before:2024-01``.

An expression finds documents: AND, OR and NOT are of whole documents, so that no chunk's edge matters to them. What is
shown of a document found is its chunks that hold one of the words. Words are compared by their stems, as in every
search; ``w/5`` finds two words or phrases at most five words apart, in either order, within one chunk (chunks overlap).
What cannot be done is refused by its name. A question without any of these signs is no expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from hybrid.errors import InputError
from hybrid.stores.query import exact_phrase
from hybrid.text import lexicon
from hybrid.text.folding import search_phrase, search_text
from hybrid.text.values import iso_date

FIELDS = ("from", "to", "cc", "author", "title", "subject", "custodian", "source", "type", "status", "before", "after",
          "since", "until", "on")  # fmt: skip
DATES = ("before", "after", "since", "until", "on")
"""The fields that name days."""
MAY_BE_USED = 'AND, OR, NOT, parentheses, "a phrase", word*, w/5 (within five words, either order), and ' + ", ".join(
    f"{name}:" for name in FIELDS
)
_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
    | (?P<field>\b[A-Za-z][\w-]*(?<!\bhttps)(?<!\bhttp)):(?=["“(]|[^\s/:"“(])
    | ["“„](?P<phrase>[^"“”„]*)["”“]
    | (?P<near>\b(?:w|within|near|pre|onear|not\ w)/(?:\d+|[sp]\b))
    | (?P<open>\() | (?P<close>\))
    | (?P<minus>-(?=[\w"“]))
    | (?P<word>[^\s()"“”„]+)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_OPERATORS = ("AND", "OR", "NOT")
_ELSEWHERE = {
    "date": "on", "sender": "from", "recipient": "to", "bcc": "to", "filename": "source", "file": "source",
    "path": "source", "body": "", "text": "", "has": "", "is": "", "in": "", "label": "", "tag": "", "kind": "type",
    "filetype": "type", "older": "before", "newer": "after",
}  # fmt: skip
"""Fields of other programs' searches, and those that say the same here."""
_WORDS = re.compile(r"[^\W_]+")
_RUNS = re.compile(r"[^\W_]+(?:[-./_:][^\W_]+)*")
"""Words, and what signs join without blanks."""
_SHORTEST_STEM = 3
_OPERATOR = re.compile(r"(?<!\S)(?:AND|OR|NOT)(?!\S)")
_PROXIMITY = re.compile(r"(?<!\S)(?:w|within|near|pre|onear)/(?:\d+|[sp])(?!\S)", re.IGNORECASE)
_WILDCARD = re.compile(r"(?<!\S)[(\"“]?\w+(?:[*!](?!\S)|[*!][)\"”]|\*\w|\?\w)|(?<!\S)\*\w")
_MINUS = re.compile(r"(?<=\s)-(?=[\w\"“])[^\s-]+(?=\s|$)")
_EXCLUDED_FIRST = re.compile(r"\s*-(?=[^\W\d_]|[\"“])[^\s-]+(?:\s|$)")
_PHRASE = re.compile(r"""\s*["“„](?P<phrase>[^"“”„]*[^"“”„?？])["”“]\s*""")
"""All of a text is one phrase. What ends in a question mark is a question that somebody quotes."""
_NOT_SPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
"""Of scripts that put no space between words: full text cannot find a phrase within such a text."""
_NO_DISTANCE = re.compile(
    r"""\s*(?:"[^"]+"|[^\s"]+)\s+(?P<sign>(?:w|within|near)/)\s+(?:"[^"]+"|[^\s"]+)\s*""", re.IGNORECASE
)
_NO_VALUE = re.compile(r"\s*(?P<field>[A-Za-z]+):\s*")
_UNCLOSED = re.compile(r"""^(?:[^"“”„]*["“„][^"“”„]*["”“])*[^"“”„]*(?<![^\s(:-])["“„](?=\w)[^"“”„]*$""")
_SIGNS = re.compile(r"(?<!\S)\w+~\d?(?!\S)|(?<!\S)[\w\"”]+\^\d+(?!\S)")

_ELSEWHERE_SIGNS = (
    (re.compile(r"(?<=\S\s)XOR(?=\s+\S)"), "write (salt AND NOT wet) OR (wet AND NOT salt)"),
    (re.compile(r"(?<=\S\s)(?:ADJ|NEAR|ONEAR|WITHIN)\d*(?=\s+\S)|(?<!\S)O?NEAR(?=\()"), "use w/5, as in: salt w/5 wet"),
    (re.compile(r"(?<=\S\s)/\d+(?=\s+\S)"), "use w/5, as in: salt w/5 wet"),
    (re.compile(r"(?<=\S\s)&&(?=\s+\S)"), "use AND"),
    (re.compile(r"(?<=\S\s)\|\|?(?=\s+\S)"), "use OR"),
    (re.compile(r"(?<!\S)\^(?=[^\W\d_])"), "no text is searched from its beginning; write the word alone"),
    (
        re.compile(r"^\s*/(?=\S*[.*+?\[\](){}|\\^$])\S+/[a-z]*\s*$"),
        "regular expressions are not known; use the beginning of a word, as in: terminat*",
    ),
)
"""Signs of other programs' searches, and what says the same here."""
_JOINED_BY_AND = re.compile(r"""\s*(?:"[^"]+"|[a-z][\w-]*)(?:\s+&\s+(?:"[^"]+"|[a-z][\w-]*))+\s*""")
"""Lower-case words between "&". "Marks & Spencer" is a name."""
_UNKNOWN_FIELD = re.compile(r"(?<!\S)(?P<field>[a-z][a-z_-]{2,20}):(?=[\w\"“(])")
_VERB = (
    "(?:is|are|was|were|am|do|does|did|has|have|had|can|could|may|might|must|shall|should|will|would|isn't|aren't|"
    "wasn't|weren't|don't|doesn't|didn't|hasn't|haven't|hadn't|can't|won't)"
)
_WHAT = "(?:who|whom|whose|what|when|where|which|why|how)"
_ASKS = re.compile(rf"\s*(?:(?:and|but|so|or)\s+)?(?:{_WHAT}(?:['’](?:s|re|d|ll))?|{_VERB})\s+[^\W\d_]", re.IGNORECASE)
_ASKS_WITH_VERB = re.compile(rf"\s*{_WHAT}(?:['’]s|\s+{_VERB})\s+[^\W_]", re.IGNORECASE)
_MOST_WORDS = 4
"""Of a query in which a word before a colon is taken for a field. A longer one is prose."""


@dataclass(frozen=True)
class Term:
    """A word, a phrase, or a word's beginning, which ends in ``*``."""

    text: str

    @property
    def matches(self) -> tuple[str, ...]:
        """Full-text expressions, of which a chunk that holds it fulfils one. Full text knows stems: a word that begins
        with "terminat" may stand there as "termin"."""
        if not self.text.endswith("*"):
            return (exact_phrase(self.text),)
        word = self.text[:-1]
        shorter = (exact_phrase(word[:end]) for end in range(len(word) - 1, _SHORTEST_STEM - 1, -1))
        return (f"{exact_phrase(word).removesuffix(' *')} *", *shorter)

    @property
    def match(self) -> str:
        """One full-text expression for all of them."""
        return " OR ".join(self.matches)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """The numbers of its first and its last word at each place where it stands in ``text``; an identifier
        ("DN-0109", "14.3") is one word."""
        numbers: list[int] = []
        for run in _RUNS.finditer(search_text(text)):
            parts = len(_WORDS.findall(run[0]))
            first = numbers[-1] + 1 if numbers else 0
            is_one = any(map(str.isdigit, run[0]))
            numbers += [first] * parts if is_one else range(first, first + parts)
        length = max(len(_WORDS.findall(search_phrase(self.text.removesuffix("*"))[0])), 1)
        return [(numbers[at], numbers[min(at + length, len(numbers)) - 1]) for at in self.places(text)]

    def places(self, text: str) -> list[int]:
        """How many words of ``text`` stand before each place where it stands."""
        words = [word.casefold() for word in _WORDS.findall(search_text(text))]
        own, begins = search_phrase(self.text.removesuffix("*"))
        wanted = [word.casefold() for word in _WORDS.findall(own)]
        last = wanted.pop() if wanted and (begins or self.text.endswith("*")) else None
        stems, before = [lexicon.stem(word) for word in words], [lexicon.stem(word) for word in wanted]
        return [
            at
            for at in range(len(stems) - len(before) + (last is None))
            if stems[at : at + len(before)] == before and (last is None or words[at + len(before)].startswith(last))
        ]


@dataclass(frozen=True)
class FieldTerm:
    """What is known of a document: ``name`` is one of `FIELDS`. A date is ISO 8601."""

    name: str
    value: str


@dataclass(frozen=True)
class Near:
    """Terms of the one side at most ``words`` words from terms of the other."""

    one: tuple[Term, ...]
    other: tuple[Term, ...]
    words: int

    @property
    def match(self) -> str:
        """A full-text expression that finds the terms also where identifiers of several parts stand between them, and
        some that are too far apart: `is_near` decides."""
        return self._match(_PARTS * self.words)

    @property
    def exact_match(self) -> str:
        """A full-text expression that finds nothing that is too far apart."""
        return self._match(max(self.words - 1, 0))

    def _match(self, between: int) -> str:
        pairs = [pair for one, other in product(self.one, self.other) for pair in product(one.matches, other.matches)]
        return " OR ".join(f"NEAR({one} {other}, {between})" for one, other in pairs)


@dataclass(frozen=True)
class Joined:
    """Parts that AND or OR join, or the one part of a NOT."""

    how: Literal["and", "or", "not"]
    parts: tuple[Node, ...]


Node = Term | FieldTerm | Near | Joined


@dataclass(frozen=True)
class Expression:
    """A search expression. ``words`` are the words and phrases that it looks for, not those that it excludes. Where it
    has fields and no other sign, ``question`` is the rest of it, which is a question in words."""

    text: str
    root: Node
    question: str = ""

    @property
    def wanted(self) -> tuple[Term | Near, ...]:
        """The terms that are looked for."""
        return tuple(_wanted(self.root))

    @property
    def words(self) -> str:
        """The words of these terms."""
        terms = [one for term in self.wanted for one in ((term,) if isinstance(term, Term) else term.one + term.other)]
        return " ".join(dict.fromkeys(one.text.rstrip("*") for one in terms))


_PARTS = 4
"""Parts of an identifier at most: "PO-LM-3063" has three."""


def is_near(node: Near, text: str) -> bool:
    """Whether terms stand near each other where an identifier counts as one word.

    Example:
        >>> near = Near((Term("salt"),), (Term("wet"),), 4)
        >>> is_near(near, "Salt of LOT-12-7 is wet."), is_near(near, "Salt of lot twelve seven is wet.")
        (True, False)
    """
    ones, others = ([at for one in side for at in one.spans(text)] for side in (node.one, node.other))
    return any(0 < max(other[0] - one[1], one[0] - other[1]) <= node.words for one in ones for other in others)


def holds(node: Term | Near, text: str) -> bool:
    """Whether a chunk that full text finds by its stems holds the beginnings of words that are asked for. Of other
    terms full text is right."""
    terms = (node,) if isinstance(node, Term) else (*node.one, *node.other)
    begun = [one for one in terms if one.text.endswith("*")]
    if not begun:
        return True
    if isinstance(node, Term):
        return bool(node.places(text))
    ones, others = ([at for one in side for at in one.places(text)] for side in (node.one, node.other))
    if not all(any(one.places(text) for one in side) for side in (node.one, node.other) if set(side) & set(begun)):
        return False
    return not ones or not others or any(abs(one - other) <= node.words for one in ones for other in others)


def _wanted(node: Node) -> Iterator[Term | Near]:
    if isinstance(node, Term | Near):
        yield node
    elif isinstance(node, Joined) and node.how != "not":
        for part in node.parts:
            yield from _wanted(part)


def _is_question(text: str) -> bool:
    """Whether a text is plainly a question: it begins as one and ends with its mark, or begins with a question word and
    its verb; and it has no field and no w/5, which no question has.

    Example:
        >>> [_is_question(one) for one in ("Did Ann AND Ben sign?", "salt AND wet?", "Who wrote from:strand?")]
        [True, False, False]
    """
    if _PROXIMITY.search(text) or any(_is_field(one["field"]) for one in _TOKEN.finditer(text) if one["field"]):
        return False
    asks = _ASKS.match(text) is not None and text.rstrip().endswith(("?", "？"))
    return asks or _ASKS_WITH_VERB.match(text) is not None


def is_expression(text: str) -> bool:
    """Whether a question has a sign of a search expression.

    Example:
        >>> [is_expression(one) for one in ("wet salt", "salt AND NOT wet", "salt w/5 wet", "from:strand")]
        [False, True, True, True]
    """
    if _phrase(text) or _EXCLUDED_FIRST.match(text) or _opens_only(text):
        return True
    if _PROXIMITY.search(text) or _WILDCARD.search(text) or _MINUS.search(text) or _SIGNS.search(text):
        return True
    if any(_is_field(match["field"]) for match in _TOKEN.finditer(text) if match["field"]):
        return True
    letters = [word for word in re.findall(r"[^\W\d_]+", text) if word not in _OPERATORS]
    shouted = bool(letters) and all(word.isupper() and len(word) > 1 for word in letters)
    return not shouted and _OPERATOR.search(text) is not None


def _phrase(text: str) -> bool:
    """Whether a text is one phrase and nothing else."""
    found = _PHRASE.fullmatch(text)
    return found is not None and any(map(str.isalnum, found["phrase"])) and not _NOT_SPACED.search(text)


def is_phrase(expression: Expression) -> bool:
    """Whether an expression is one phrase and nothing else.

    Example:
        >>> [is_phrase(parse(one)) for one in ('"wet salt"', '"wet salt" AND depot')]
        [True, False]
    """
    return _phrase(expression.text)


def _opens_only(text: str) -> bool:
    """Whether it begins with a parenthesis that is not closed, and is no question."""
    begins = re.match(r"\s*\(+\w", text) is not None
    return begins and text.count("(") > text.count(")") and not text.rstrip().endswith("?")


def _check_complete(text: str) -> None:
    """Raise `InputError` for a query that is nothing but an expression with a part left out."""
    if found := _NO_DISTANCE.fullmatch(text):
        sign = found["sign"]
        if not text.rstrip().endswith("?"):
            raise InputError(f"{sign} in {text!r} is without a number of words; write {sign}5, or the word with")
    if _UNCLOSED.search(text) and not text.rstrip().endswith(("?", "？")):
        raise InputError(
            f'the search expression {text!r} has a quotation mark that is not closed; close the phrase with "'
        )
    if (found := _NO_VALUE.fullmatch(text)) and _is_field(found["field"]):
        name = found["field"].lower()
        raise InputError(f"{text!r} has nothing after {name}:; write what is looked for, as in: {name}:strand")


def _check_signs(text: str) -> None:
    """Raise `InputError` for a sign or a field of other programs' searches, which here is none."""
    if text.rstrip().endswith(("?", "？")) and "/" not in text[:1]:
        return
    bare = re.sub(r"""["“„][^"“”„]*["”“]""", '""', text)
    for pattern, instead in _ELSEWHERE_SIGNS:
        if found := pattern.search(bare):
            raise InputError(f"{found[0].strip()!r} in {text!r} is not known; {instead}")
    if _JOINED_BY_AND.fullmatch(text):
        raise InputError(f"'&' in {text!r} is not known; use AND, or put a name in quotation marks")
    found = _UNKNOWN_FIELD.search(bare)
    if found and len(text.split()) <= _MOST_WORDS and not _is_field(found["field"]):
        raise InputError(
            f"the search expression {text!r} has the field {found['field']}:, which there is not; it may use"
            f" {MAY_BE_USED}; what is to be found as it is written stands in quotation marks"
        )


def _is_field(name: str) -> bool:
    """Whether it is a field, here or in other programs, which `_Parser` refuses."""
    return name.lower() in FIELDS or name.lower() in _ELSEWHERE


def parse(text: str) -> Expression | None:
    """The expression that a question is; ``None`` where it is a question in words.

    Raises `InputError` for what an expression cannot have, by its name.

    Example:
        >>> parse("salt w/5 wet").root.words
        5
    """
    if _is_question(text):
        return None
    _check_complete(text)
    _check_signs(text)
    if not is_expression(text):
        return None
    parser = _Parser(text)
    root = parser.whole()
    if _only_excludes(root):
        raise InputError(f"{text!r} only excludes; say what to find as well, as in: salt AND NOT wet")
    return Expression(text, root, _question(text))


def _only_excludes(node: Node) -> bool:
    return isinstance(node, Joined) and (node.how == "not" or all(map(_only_excludes, node.parts)))


def _question(text: str) -> str:
    """What an expression without operators says besides its fields."""
    rest, value_next, fields = [], False, 0
    for match in _TOKEN.finditer(text):
        if value_next:
            if match["open"]:
                return ""
            value_next = False
        elif match["field"]:
            value_next, fields = True, fields + 1
        elif (
            any(match[sign] for sign in ("near", "open", "close", "minus")) or match[0] in _OPERATORS or "*" in match[0]
        ):
            return ""
        else:
            rest.append(match[0])
    return " ".join("".join(rest).split()) if fields else ""


class _Parser:
    """Reads an expression from left to right: OR binds least, then AND (also where nothing stands between two terms),
    then NOT, then w/n."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._at = 0

    def whole(self) -> Node:
        found = self._either()
        if self._at < len(self._tokens):
            raise self._wrong("a closing parenthesis that nothing opens")
        return found

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _next(self) -> tuple[str, str]:
        found = self._peek()
        self._at += 1
        return found

    def _wrong(self, what: str) -> InputError:
        return InputError(f"the search expression {self._text!r} has {what}; it may use {MAY_BE_USED}")

    def _either(self) -> Node:
        parts = [self._all()]
        while self._peek() == ("operator", "OR"):
            self._next()
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Joined("or", tuple(parts))

    def _all(self) -> Node:
        parts = [self._not()]
        while self._peek()[0] not in ("end", "close") and self._peek() != ("operator", "OR"):
            if self._peek() == ("operator", "AND"):
                self._next()
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else Joined("and", tuple(parts))

    def _not(self) -> Node:
        if self._peek() in (("operator", "NOT"), ("minus", "-")):
            self._next()
            return Joined("not", (self._not(),))
        found = self._one()
        while self._peek()[0] == "near":
            sign = self._next()[1]
            found = Near(self._near_terms(found, sign), self._near_terms(self._one(), sign), _distance(sign))
        return found

    def _near_terms(self, node: Node, sign: str) -> tuple[Term, ...]:
        if isinstance(node, Term):
            return (node,)
        if isinstance(node, Joined) and node.how == "or" and all(isinstance(part, Term) for part in node.parts):
            return tuple(part for part in node.parts if isinstance(part, Term))
        raise self._wrong(f"{sign} beside what is no word, no phrase and no (one OR other)")

    def _one(self) -> Node:
        kind, value = self._next()
        if kind == "open":
            found = self._either()
            if self._next()[0] != "close":
                raise self._wrong("a parenthesis that is not closed")
            return found
        if kind == "field":
            return self._field(value)
        if kind == "term":
            return _term(value)
        if kind == "phrase":
            if not any(map(str.isalnum, value)):
                raise self._wrong("a phrase without a word")
            return Term(value)
        missing = "nothing after its last sign" if kind == "end" else f"{value or kind!r} where a word is wanted"
        raise self._wrong(missing)

    def _field(self, name: str) -> Node:
        if name.lower() not in FIELDS:
            instead = _ELSEWHERE.get(name.lower())
            raise self._wrong(f"the field {name}:, which there is not{f' (say {instead}:)' if instead else ''}")
        kind, value = self._next()
        if kind == "open":
            values = []
            while self._peek()[0] not in ("close", "end"):
                kind, value = self._next()
                if (kind, value) != ("operator", "OR"):
                    values.append(self._field_value(name, value))
            if self._next()[0] != "close":
                raise self._wrong("a parenthesis that is not closed")
            return Joined("or", tuple(values))
        if kind not in ("term", "phrase") or not value.strip():
            raise self._wrong(f"nothing after {name}:")
        return self._field_value(name, value)

    def _field_value(self, name: str, value: str) -> FieldTerm:
        name = name.lower()
        if name not in DATES:
            return FieldTerm(name, value)
        try:
            return FieldTerm(name, iso_date(value))
        except ValueError as error:
            raise InputError(f"{name}: {error}") from None


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    plain = re.sub(r"\bAND\s+NOT\b", "AND NOT", text)
    for match in _TOKEN.finditer(plain):
        if match["space"]:
            continue
        if match["field"]:
            yield "field", match["field"]
        elif match["phrase"] is not None:
            yield "phrase", match["phrase"]
        elif match["near"]:
            yield "near", match["near"]
        elif match["open"] or match["close"]:
            yield ("open" if match["open"] else "close"), match[0]
        elif match["minus"]:
            yield "minus", "-"
        elif match[0] in _OPERATORS:
            yield "operator", match[0]
        elif any(map(str.isalnum, match[0])) or match[0].strip("*!"):
            yield "term", match[0]
        else:
            raise InputError(f"{match[0]!r} alone finds everything; put it after the beginning of a word, as in: salt*")


def _distance(sign: str) -> int:
    name, _, words = sign.lower().partition("/")
    if name in ("pre", "onear"):
        raise InputError(f"{sign} (in this order) is not known; use w/{words}, which finds either order")
    if words in ("s", "p"):
        unit, instead = ("sentence", 15) if words == "s" else ("paragraph", 50)
        raise InputError(f"{sign} (in one {unit}) is not known; use w/{instead}")
    return int(words)


def _term(written: str) -> Term:
    if re.fullmatch(r"\w+~\d?", written) or re.search(r"\^\d+$", written):
        raise InputError(f"{written!r}: spellings alike (~) and weights (^) are not known; it may use {MAY_BE_USED}")
    word = written.rstrip(".,;:?").replace("!", "*") if written.endswith(("!", "?", ".", ",", ";", ":")) else written
    if re.search(r"[*?](?=\w)", word):
        raise InputError(f"{written!r}: * stands for the end of a word only, as in: terminat*")
    begins = word.endswith("*")
    word = word.rstrip("*").strip("?")
    if not any(map(str.isalnum, word)):
        raise InputError(f"{written!r} is no word; it may use {MAY_BE_USED}")
    if begins and not word.isalnum() and not re.fullmatch(r"[\w-]+", word):
        raise InputError(f"{written!r}: only a word's beginning can stand before *")
    return Term(f"{word}*" if begins else word)


def fields_of(expression: Expression) -> Sequence[FieldTerm]:
    """The conditions on documents that an expression has, wherever they stand."""
    found: list[FieldTerm] = []

    def walk(node: Node) -> None:
        if isinstance(node, FieldTerm):
            found.append(node)
        elif isinstance(node, Joined):
            for part in node.parts:
                walk(part)

    walk(expression.root)
    return found
