"""Bounds on numbers in questions: "more than 18.5 % moisture", "between £200 and £400", "a share of at most 5 %"."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from hybrid.answering.enumeration_values import CODES
from hybrid.text import lexicon, values
from hybrid.text.folding import folded

_MEASURES = """
mass 1: g gram grams gramme grammes; mass 1000: kg kgs kilogram kilograms kilogramme kilogrammes kilo kilos
mass 0.001: mg milligram milligrams; mass 1000000: t tonne tonnes ton tons
length 1: m metre metres meter meters; length 1000: km kilometre kilometres kilometer kilometers
length 0.01: cm centimetre centimetres centimeter centimeters; length 0.001: mm millimetre millimetres
mile 1: mile miles; foot 1: ft foot feet; inch 1: inch inches; acre 1: acre acres
area 1: ha hectare hectares; square 1: m² sqm
time 60: h hr hrs hour hours; time 1: min mins minute minutes; day 1: day days; day 7: week weeks
month 1: month months; month 12: year years
volume 1: l litre litres liter liters; volume 0.001: ml millilitre millilitres; gallon 1: gallon gallons
share 1: % percent pct percentage; degree 1: °c °f degree degrees; point 1: point points
energy 1: kwh; energy 1000: mwh; page 1: page pages; word 1: word words
"""
UNITS: dict[str, tuple[str, Decimal]] = {
    word: (head.split()[0], Decimal(head.split()[1]))
    for part in re.split(r"[;\n]", _MEASURES.strip())
    for head, _, words in [part.strip().partition(":")]
    for word in words.split()
}
"""By word what it measures, and how many of that dimension's base unit it is."""

_HOWS = {
    r"(?:over|above|beyond|exceed(?:ing|s|ed)?|(?:more|greater|higher|larger|longer|heavier|older) than|>)": "over",
    r"(?:at least|a minimum of|>=|≥)": "from",
    r"(?:under|below|(?:less|fewer|lower|smaller|shorter|lighter|younger) than|<)": "under",
    r"(?:at most|up to|a maximum of|<=|≤)": "to",
}
_NEGATED = {"over": "to", "under": "from", "from": "under", "to": "over"}
_HOW = rf"(?:(?P<not>not?|never)\s+)?(?P<how>{'|'.join(_HOWS)})\s*(?:the\s+)?"
_WORD_NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_N = r"(?:\d[\d,]*(?:\.\d+)?(?:[km]\b)?|" + "|".join(rf"{word}\b" for word in _WORD_NUMBERS) + ")"
_SIGN = rf"(?:[$€£]|{CODES}\s)?\s?"
_NUMBER = rf"(?P<sign>{_SIGN})(?P<n>{_N})(?![\d/]|-\d)"
_OTHER = rf"(?P<sign2>{_SIGN})(?P<n2>{_N})(?![\d/]|-\d)"
_END_OF_NAME = lexicon.vocabulary(
    """
    that which who whose where when with without from to by between in on at since before after during for of or and
    was were are is be been has have had did do not but except each per more less over under until as this last they he
    she it we there
    """
)
_UNIT = rf"(?:\s?(?P<unit>%|per\s?cent\b|°[CF]\b|(?!(?:{'|'.join(sorted(_END_OF_NAME))})\b)[a-z]{{1,12}}²?(?!\w)))?"
_NAME = rf"(?:\s+(?!(?:{'|'.join(sorted(_END_OF_NAME))})\b)[a-z][\w-]*)"
_SUBJECT = (
    r"(?:\b(?:with|having|had|have|has|whose|where)\s+(?:(?:a|an|the|its|their|there was|there were)\s+)?"
    r"(?P<subject>[A-Za-z][\w-]*(?:\s+(?!(?:of|is|was|are|were)\b)[a-z][\w-]*)?)\s+(?:of\s+|is\s+|was\s+|are\s+|were\s+|that\s+)*"
    r"|\b(?:with|having|had|have|has|of|for|worth|that|which|who)\s+)?"
    r"(?:\b(?:is|are|was|were|weigh(?:s|ed|ing)?|last(?:s|ed|ing)?|costs?|costing|takes?|took|measur(?:es|ed|ing)"
    r"|contain(?:s|ed|ing)?|reach(?:es|ed|ing)?|amount(?:s|ed|ing)?\s+to|total(?:s|l?ed|l?ing)?|worth|had|have|has)\s+)*"
)
_RANGE = re.compile(
    rf"{_SUBJECT}\b(?:between|from)\s+{_NUMBER}(?:\s?(?:%|per\s?cent|[a-z]{{1,12}}))?\s+(?:and|to)\s+{_OTHER}{_UNIT}(?P<name>{_NAME}{{0,3}})",
    re.IGNORECASE,
)
_ONE_SIDED = re.compile(rf"{_SUBJECT}(?<![\w-]){_HOW}{_NUMBER}{_UNIT}(?P<name>{_NAME}{{0,3}})", re.IGNORECASE)
_OR_MORE = re.compile(
    rf"{_SUBJECT}(?<![\w£$€.,-]){_NUMBER}{_UNIT}(?P<name>)\s+(?:or|and)\s+(?P<how>more|over|above|upwards|less|fewer|under|below)\b",
    re.IGNORECASE,
)
_EXACT = re.compile(
    rf"(?:\b(?:of|for|worth)\s+)?(?:\bexactly\s+)?(?P<sign>[$€£])\s?"
    rf"(?P<n>{_N})(?![\d/]|-\d)(?P<unit>)(?P<name>)(?P<how>)",
    re.IGNORECASE,
)
CURRENCIES = {
    word: sign
    for sign, words in {
        "€": "euro euros eur", "$": "dollar dollars usd", "£": "pound pounds gbp sterling quid",
        "CHF": "franc francs chf", "¥": "yen jpy", "INR": "rupee rupees inr",
    }.items()
    for word in words.split()
}  # fmt: skip
"""Words for currencies behind an amount; a pound of weight is in a column of its own unit."""
_IN_DOLLARS = frozenset({"$", "CAD", "AUD"})
_VERB_BEFORE = re.compile(r"\b([a-z]{2,}ed)\s*$", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")


def is_same_currency(one: str, other: str) -> bool:
    """Whether two signs or codes may be of one currency: "€" and "EUR", "$" and "CAD".

    Example:
        >>> is_same_currency("€", "EUR"), is_same_currency("$", "CAD"), is_same_currency("$", "GBP")
        (True, True, False)
    """
    signs = {CURRENCIES.get(code.lower(), code.upper()) for code in (one, other)}
    return len(signs) == 1 or ("$" in signs and signs <= _IN_DOLLARS)


@dataclass(frozen=True)
class Bound:
    """Between what a number lies: ``least`` and ``most``, ``None`` where there is none, and whether these belong to it.

    ``unit`` is a key of `UNITS`, empty where none is said. ``names`` are the words that name what is measured
    ("moisture"); ``beside`` those that follow a unit and may name nothing ("2 hours late"). ``said`` is the question's
    own wording.
    """

    said: str
    least: Decimal | None = None
    most: Decimal | None = None
    with_least: bool = False
    with_most: bool = False
    currency: str = ""
    unit: str = ""
    names: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    @property
    def of_amount(self) -> bool:
        """Whether it bounds an amount of money, or a number of which the question does not say what it measures."""
        return bool(self.currency) or not (self.unit or self.names)

    def admits(self, number: Decimal | None) -> bool:
        """Whether a number is within the bound; what has none is not."""
        if number is None:
            return False
        low = self.least is None or number > self.least or (self.with_least and number == self.least)
        return low and (self.most is None or number < self.most or (self.with_most and number == self.most))

    def __str__(self) -> str:
        """The bound as a note says it: "at least 18.5 %"."""
        after = f" {self.unit}" if self.unit else ""
        sign = f"{self.currency} " if len(self.currency) > 1 else self.currency
        low, high = (f"{sign}{one:,}{after}" if one is not None else "" for one in (self.least, self.most))
        if low and low == high:
            return f"of {low}"
        if low and high:
            return f"between {low} and {high}"
        if low:
            return f"{'at least' if self.with_least else 'above'} {low}"
        return f"{'at most' if self.with_most else 'below'} {high}"


def read_bounds(asked: str) -> tuple[tuple[Bound, ...], str]:
    """The bounds that a question sets, and the rest of it.

    Example:
        >>> bounds, rest = read_bounds("samples with at least 18.5 % moisture from Oslo")
        >>> str(bounds[0]), bounds[0].names, rest
        ('at least 18.5 %', ('moisture',), 'samples from Oslo')
    """
    found: list[Bound] = []
    for pattern in (_RANGE, _ONE_SIDED, _OR_MORE, _EXACT):
        at = 0
        while match := pattern.search(asked, at):
            bound = _bound(match)
            if bound is None:
                at = match.end("n")
                continue
            verb = _VERB_BEFORE.search(asked[: match.start()])  # "scored above 18" may be of a column "Score"
            found.append(replace(bound, beside=(*bound.beside, verb[1])) if verb else bound)
            asked = f"{asked[: match.start()]} {asked[match.end() :]}"
            at = match.start()
    return tuple(found), " ".join(asked.split())


def _bound(match: re.Match[str]) -> Bound | None:
    groups = match.groupdict()
    unit, after = _unit(groups["unit"] or "", (groups["name"] or "").split())
    in_words = CURRENCIES.get((groups["unit"] or "").lower(), "")
    after = after[1:] if in_words and not unit else after
    written = [groups["n"], groups.get("n2")]
    sign = (groups["sign"] or groups.get("sign2") or in_words).strip()
    next_word = (groups["unit"] or "").lower()
    if next_word in values.MONTHS or (not (sign or unit or after) and any(map(_YEAR.fullmatch, filter(None, written)))):
        return None  # a day or a year
    numbers = [_number(one) for one in written if one]
    subject = tuple((groups.get("subject") or "").split())
    strong = unit in ("", "%")
    said = " ".join(match[0].split())
    of_what = Bound(
        said,
        currency=sign.upper(),
        unit=unit,
        names=subject + (after if strong else ()),
        beside=() if strong else after,
    )
    if len(numbers) == 2:
        low, high = sorted(numbers)
        return replace(of_what, least=low, most=high, with_least=True, with_most=True)
    how = groups["how"].lower()
    if not how:
        return replace(of_what, least=numbers[0], most=numbers[0], with_least=True, with_most=True)
    kind = next((kind for written, kind in _HOWS.items() if re.fullmatch(written, how)), "")
    if not kind:
        kind = "from" if how in ("more", "over", "above", "upwards") else "to"
    if groups.get("not"):
        kind = _NEGATED[kind]
    if kind in ("over", "from"):
        return replace(of_what, least=numbers[0], with_least=kind == "from")
    return replace(of_what, most=numbers[0], with_most=kind == "to")


def _unit(first: str, after: list[str]) -> tuple[str, tuple[str, ...]]:
    """The unit that follows a number, and the words after it, of which those that end the phrase are none."""
    plain = "%" if re.fullmatch(r"per\s?cent", first, re.IGNORECASE) else first.lower()
    if plain in UNITS:
        return plain, tuple(after)
    if not plain or plain in _END_OF_NAME or plain in lexicon.STOPWORDS:
        return "", ()
    return "", (first, *after)


def _number(written: str) -> Decimal:
    plain = written.lower().replace(",", "")
    if plain in _WORD_NUMBERS:
        return Decimal(_WORD_NUMBERS.index(plain) + 1)
    factor = {"k": 1000, "m": 1_000_000}.get(plain[-1], 1)
    return Decimal(plain.rstrip("km")) * factor


@dataclass(frozen=True)
class Comparison:
    """That one date of a thing is later than another: "arrived after its due date".

    ``verb`` is the act whose date is compared, empty where the question names none; ``against`` are the words of the
    other date ("due"). ``open_too`` asks also for what was not done at all: "not delivered by its due date".
    """

    said: str
    verb: str
    against: str
    later: bool
    equal: bool = False
    open_too: bool = False

    def admits(self, day: str | None, against: str | None) -> bool:
        """Whether two days in ISO 8601 stand to each other as asked."""
        if against is None or day is None:
            return self.open_too and against is not None
        return day == against if day == against and self.equal else (day > against) == self.later and day != against


_EXPECTED_DATE = (
    r"(?:(?:its|the|their|his|her)\s+(?P<date>[a-z]+(?:\s[a-z]+)?)\s(?:date|day|time)s?"
    r"|(?:(?:its|the|their|his|her)\s+)(?P<alone>deadline|target|schedule)s?"
    r"|(?:it|they|he|she)\s+(?:was|were|is|are|had been)\s+(?P<was>due|promised|planned|expected|scheduled|agreed)"
    r"|(?P<than>due|promised|planned|expected|scheduled|agreed))\b(?!\s+(?:of|on|in)\s+\d)"
)
_COMPARED = re.compile(
    r"(?:\b(?P<not>not|never)\s+(?:been\s+)?)?(?:\b(?P<verb>[a-z]+(?:\s(?:up|over|in|out|off|back|here|there|home))?)\s+)?"
    rf"\b(?P<how>after|later than|past|beyond|before|earlier than|ahead of|on or before|by|on)\s+{_EXPECTED_DATE}",
    re.IGNORECASE,
)
_ON_TIME = re.compile(
    r"(?:\b(?P<not>not|never)\s+(?:been\s+)?)?(?:\b(?P<verb>[a-z]+(?:\s(?:up|over|in|out|off|back|here|there|home))?)\s+)?"
    r"\b(?P<how>on time|in time|punctually|ahead of schedule|behind schedule)\b",
    re.IGNORECASE,
)
_NO_VERBS = lexicon.vocabulary("that which who were was are is been be or and it they")


def read_comparison(asked: str) -> tuple[Comparison | None, str]:
    """The comparison of two dates that a question sets, and the rest of it, in which the verb stays.

    Example:
        >>> found, rest = read_comparison("parcels that arrived after their due date")
        >>> found.verb, found.against, found.later, rest
        ('arrived', 'due', True, 'parcels that arrived')
    """
    match = _COMPARED.search(asked) or _ON_TIME.search(asked)
    if match is None:
        return None, asked
    groups, how = match.groupdict(), match["how"].lower()
    against = next((groups[one] for one in ("date", "alone", "was", "than") if groups.get(one)), "due")
    if how in ("by", "on", "past", "beyond") and not (groups.get("date") or groups.get("alone")):
        return None, asked
    verb = (match["verb"] or "").lower()
    verb = "" if verb in _NO_VERBS else verb
    later = how in ("after", "later than", "past", "beyond", "behind schedule")
    equal = how in ("on or before", "by", "on", "on time", "in time", "punctually")
    denied = bool(match["not"])
    said = " ".join(asked[match.start("how") : match.end()].split())
    found = Comparison(said, verb, against, later != denied, equal != denied, denied and not later)
    rest = f"{asked[: match.start()]} {match['verb'] or ''} {asked[match.end() :]}"
    return found, " ".join(rest.split())


@dataclass(frozen=True)
class Pair:
    """That two acts were done to each thing by the same person or firm, or by two: "closed by somebody other than the
    person who opened it". ``one`` and ``two`` are the verbs, ``said`` is the question's own wording."""

    said: str
    one: str
    two: str
    same: bool

    def admits(self, one: str, two: str) -> bool:
        """Whether two names stand to each other as asked: "K. Orr" may be "Kari Orr"."""
        return (_are_alike(one, two)) == self.same


_SOMEBODY = (
    r"(?:someone|somebody|anyone|anybody|people|persons|(?:an?|any)(?:other)?\s+(?:[a-z]+\s+)?(?:person|man|woman|firm"
    r"|company|party|member|hand|individual)s?)"
)
_WHO = r"(?:(?:the|a|an)\s+(?:very\s+)?(?:same\s+)?[a-z]+|whoever|he|she|those|them)"
_DIFFERENT = (
    r"(?:other\s+than|else\s+than|different\s+(?:from|than|to)|except|(?:who|that)\s+(?:was|were|is|are)\s+not"
    r"|but\s+not)"
)
_ANOTHER = r"(?:different|another|an?\s+different|an?other)\s+[a-z]+\s+(?:than|from)"
_BY_TWO = re.compile(
    rf"\b(?:(?P<not>not|never)\s+(?:been\s+)?)?(?P<one>[a-z]+)\s+by\s+"
    rf"(?P<other>{_SOMEBODY}\s+(?:else\s+)?{_DIFFERENT}\s+|(?:a\s+)?{_ANOTHER}\s+)?{_WHO}(?:\s+(?:who|that|which|as))?\s+"
    r"(?:(?:had|has|have|was|were)\s+)?(?P<two>[a-z]+)\s+(?:it|them|these|those|that|(?:the\s+)?(?:same|thing)s?)\b",
    re.IGNORECASE,
)
_BY_ONE = re.compile(
    r"\b(?P<one>[a-z]+)\s+and\s+(?:then\s+)?(?P<two>[a-z]+)\s+(?P<not>not\s+)?by\s+"
    r"(?:(?P<same>(?:one\s+and\s+)?the\s+same|one)|(?P<other>two|different|two\s+different))\s+"
    r"(?:person|people|man|men|woman|women|firm|compan(?:y|ies)|part(?:y|ies)|hand|individual|member|officer|clerk)s?\b",
    re.IGNORECASE,
)


def read_pair(asked: str) -> tuple[Pair | None, str]:
    """The two acts of which a question asks whether the same person did both, and the rest of it.

    Example:
        >>> found, rest = read_pair("parcels sealed by someone other than the person who packed them in May")
        >>> found.one, found.two, found.same, rest
        ('sealed', 'packed', False, 'parcels in May')
    """
    match = _BY_TWO.search(asked) or _BY_ONE.search(asked)
    if match is None or match["two"].lower() in _NO_VERBS:
        return None, asked
    same = bool(match["other"]) == bool(match["not"])
    rest = f"{asked[: match.start()]} {asked[match.end() :]}"
    found = Pair(" ".join(match[0].split()), match["one"].lower(), match["two"].lower(), same)
    return found, " ".join(rest.split())


def _are_alike(one: str, two: str) -> bool:
    """Whether two names may be of one: the same words, or the same last one and no other initials."""
    first, second = (re.findall(r"[^\W_]+", folded(name).casefold()) for name in (one, two))
    if not first or not second or first[-1] != second[-1]:
        return first == second
    pairs = list(zip(first[:-1], second[:-1], strict=False))
    return all(a == b or (1 in (len(a), len(b)) and a[0] == b[0]) for a, b in pairs)
