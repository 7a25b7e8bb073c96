"""Quantities, dates and ordinals of a sentence by value, with their units, qualifiers and bounds.

"Nine hundred tonnes", "900 tonnes" and "0.9 thousand tonnes" are one quantity; "30 days" and "30 business days" are
two, and so are "at least three" and "three". Number words are read by text2num.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from text_to_num import alpha2digit

from hybrid.text import wordnet
from hybrid.text.lexicon import vocabulary

_MONTH_NAMES = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
]  # fmt: skip
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_MONTHS |= {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9}
_MONTH = "(?P<m>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<y>(?:1[5-9]|20|21)\d\d)"
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})\b",
        rf"\b{_MONTH}\s+{_DAY}\b,?\s+{_YEAR}\b",
        rf"\b{_DAY}\s+(?:day\s+)?(?:of\s+)?{_MONTH},?\s+{_YEAR}\b",
        rf"\b{_MONTH},?\s+{_YEAR}\b",
        rf"\b{_MONTH}\s+{_DAY}\b(?!\s*(?:%|percent|tonnes|days))",
        rf"\b{_DAY}\s+(?:of\s+)?{_MONTH}(?!\s+\d)",
        rf"(?<![\d.,/$€£-]){_YEAR}(?![\d/%-]|,\d|\.\d|\s*(?:%|per ?cent|dollars|euros|pounds|tonnes|people"
        rf"|shares|units))",
    )
)
_MAY = re.compile(r"\bmay\b(?!\s+\d)(?<!\d may)(?<!\dth may)(?<!of may)")

_SCALES = {
    "hundred": 100, "thousand": 1000, "k": 1000, "million": 10**6, "m": 10**6, "mn": 10**6, "billion": 10**9,
    "bn": 10**9, "b": 10**9, "trillion": 10**12, "dozen": 12, "lakh": 10**5, "crore": 10**7,
}  # fmt: skip
_CURRENCIES = {
    "$": "dollar", "us$": "dollar", "usd": "dollar", "dollar": "dollar", "€": "euro", "eur": "euro", "euro": "euro",
    "£": "pound", "gbp": "pound", "pound": "pound", "sterling": "pound", "¥": "yen", "jpy": "yen", "yen": "yen",
    "chf": "franc", "franc": "franc", "cad": "canadian dollar", "aud": "australian dollar", "inr": "rupee",
    "rupee": "rupee", "cent": "cent", "pence": "penny", "penny": "penny",
}  # fmt: skip
_QUALIFIERS = vocabulary(
    """
    business calendar working banking consecutive full clear trading court net gross metric short nautical
    square cubic fiscal financial lunar academic leap canadian australian hong singapore new us british
    """
)

_ABBREVIATED_UNITS = {
    "kg": "kilogram", "kilo": "kilogram", "g": "gram", "km": "kilometre", "kilometer": "kilometre", "cm": "centimetre",
    "mm": "millimetre", "meter": "metre", "ton": "ton", "hr": "hour", "min": "minute", "sec": "second", "yr": "year",
    "percent": "%", "per cent": "%", "pct": "%", "litre": "litre", "liter": "litre", "l": "litre", "ml": "millilitre",
    "feet": "foot", "people": "person", "persons": "person", "men": "man", "women": "woman", "children": "child",
    "micrometer": "micrometre", "μm": "micrometre", "µm": "micrometre", "micron": "micrometre",
}  # fmt: skip
_LABELS = vocabulary(
    """
    section sec article art clause exhibit schedule annex appendix paragraph para amendment rule recital
    addendum no number page line item step part chapter volume batch invoice lot room flight form version draft
    phase
    """
)

_NO_UNIT = vocabulary(
    """
    a an the of in on at by to for from per each every and or but with within after before is are was were be
    been has have had will shall may must can could would should that which who if as not than then
    """
)


_NUMBER = re.compile(
    r"(?P<label>\b[a-z]+\.?\s+)?(?P<currency>us\$|[$€£¥]|\b(?:usd|eur|gbp|chf|jpy|cad|aud|inr)\b)?\s?"
    r"(?<![\w.])(?P<number>\d[\d,]*(?:\.\d+)?)"
    r"(?P<half>\s+and\s+a\s+half|\s*½)?"
    r"(?P<scale>\s?(?:hundred|thousand|million|billion|trillion|dozen|lakh|crore|bn|mn|[kmb]))?(?![\w]|\.\d)"
    r"(?P<after>(?:[\s-]+(?:[a-zµμ]+|%)|\s?%){0,3})"
)

# What a quantity is bounded by, nearest first: looked for right before the number, and right after its unit.
_BEFORE = tuple(
    (bound, re.compile(rf"\b(?:{pattern})\s+(?:a\s+|an\s+|the\s+|of\s+|period\s+|sum\s+|us\s*|[$€£¥]){{0,4}}$"))
    for bound, pattern in (
        ("least", "at least|no(?:t)? (?:less|fewer|lower) than|a minimum(?: of)?|minimum(?: of)?|not under"),
        ("most", "at (?:the )?most|no(?:t)? (?:more|greater|later|longer|higher) than|a maximum(?: of)?|maximum(?: of)?"
                 "|up to|(?:not|never|no event|no circumstances)(?: to)? exceed(?:ing)?|not over|not above"
                 "|capped at|limited to|as many as|as much as"),
        ("more", "more than|over|above|exceed(?:s|ed|ing)?|in excess of|greater than|upwards of|(?:high|long)er than"),
        ("less", "less than|fewer than|under|below|lower than|shorter than|short of"),
        ("about", "about|approximately|around|roughly|some|circa|nearly|almost|close to|an estimated|estimated|ca\\."),
        ("exact", "exactly|precisely|only|just"),
        ("within", "within"),
    )
)  # fmt: skip
_AFTER = tuple(
    (bound, re.compile(pattern))
    for bound, pattern in (
        (
            "least",
            r"^[\s\w%]{0,20}?\bis the (?:least|minimum|floor|lower limit)\b|^[\s\w%]{0,20}?\bor (?:more|over"
            r"|above|longer|greater)\b|^[\s\w%]{0,16}?\bat (?:the )?least\b",
        ),
        (
            "most",
            r"^[\s\w%]{0,20}?\bor (?:less|fewer|under|below)\b|^[\s\w%]{0,16}?\bat (?:the )?most\b"
            r"|^[\s\w%]{0,20}?\bis the (?:most|maximum|limit|ceiling|cap|upper limit)\b",
        ),
        ("exact", r"^[\s\w%]{0,30}?\band no more\b|^[\s\w%]{0,12}?\bexactly\b"),
    )
)
_RELATIONS = tuple(
    (relation, re.compile(rf"\b(?:{pattern})\s+(?:the\s+|end\s+|of\s+|close\s+|morning\s+){{0,4}}$"))
    for relation, pattern in (
        ("before", "before|prior to|until|till|by|not later than|no later than|up to|preceding|through|ending"),
        ("after", "after|since|from|following|starting|beginning|as of|not before|no earlier than|commencing(?: on)?"),
    )
)
_ORDINALS = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
    "twentieth", "twenty-first", "twenty-second", "twenty-third", "twenty-fourth", "twenty-fifth", "twenty-sixth",
    "twenty-seventh", "twenty-eighth", "twenty-ninth", "thirtieth", "thirty-first",
]  # fmt: skip
_DAY_WORDS = {word: number for number, word in enumerate(_ORDINALS, 1)}
_ORDINAL = re.compile(rf"\b(?:(\d+)(?:st|nd|rd|th)|({'|'.join(_ORDINALS[:12])}))\b")
_NOT_ONCE = r"(?! (?:the|it|he|she|they|we|you|all|that|this|his|her|its|their|\w+ed|there)\b)"  # the conjunction
_TIMES: dict[str, int | Decimal] = {
    "once": 1,
    "twice": 2,
    "thrice": 3,
    "half": Decimal("0.5"),
    "double": 2,
    "triple": 3,
    "quarter": Decimal("0.25"),
}


_IN_BASE = {
    "year": (12, "month"), "month": (1, "month"), "week": (7, "day"), "fortnight": (14, "day"), "day": (1, "day"),
    "hour": (60, "minute"), "minute": (1, "minute"), "decade": (120, "month"), "part": (100, "%"),
}  # fmt: skip
_MEASURES = frozenset(
    {*_IN_BASE, *_CURRENCIES.values(), *_ABBREVIATED_UNITS.values(), "%", "tonne", "mile", "inch", "yard", "acre",
     "time", "clockminute", "degree", *_LABELS} - {"person", "man", "woman", "child"}
)  # fmt: skip
"""Units that are no things: those are compared by name alone."""
_BASE_UNITS = frozenset({"month", "day", "minute"})
_FRACTIONS = {
    "half": "50%", "a half": "50%", "one half": "50%", "a quarter": "25%", "one quarter": "25%",
    "three quarters": "75%", "a fifth": "20%", "one fifth": "20%", "two fifths": "40%", "three fifths": "60%",
    "four fifths": "80%", "a tenth": "10%", "one tenth": "10%",
}  # fmt: skip
_FRACTION = re.compile(rf"\b({'|'.join(sorted(_FRACTIONS, key=len, reverse=True))})(?= of\b| the\b)")
_BY_PART = re.compile(rf"\bby ({'|'.join(sorted(_FRACTIONS, key=len, reverse=True))})(?! of\b| the\b| an? )")
_NAMED_DAY = re.compile(
    rf"\b(?:the )?({'|'.join(sorted(_DAY_WORDS, key=len, reverse=True))})(?: day)? of (?={'|'.join(_MONTH_NAMES)})"
)


@dataclass(frozen=True)
class Quantity:
    """A number with what it counts.

    ``unit`` is the singular noun or currency after or before it, or empty; ``counted`` are the words after it, one of
    which may be that noun ("two equal instalments"); ``qualifier`` narrows the unit ("business"
    of "business days"); ``bound`` is ``least``, ``most``, ``more``, ``less``, ``about``, ``exact``, ``within`` or
    empty.
    """

    value: Decimal
    unit: str
    qualifier: str
    bound: str
    counted: frozenset[str] = frozenset()

    def provides(self, wanted: Quantity) -> bool:
        """Whether a sentence with this quantity says the one that is ``wanted``."""
        bound = wanted.bound or ("" if self.bound in {"", "exact"} else "none")
        alike = self.bound == bound or {self.bound, bound} <= {"", "exact"} or {self.bound, bound} == {"most", "within"}
        mine, theirs = self._in_base_units(), wanted._in_base_units()
        alike = alike or (mine[1] in _BASE_UNITS and {self.bound, wanted.bound} == {"", "within"})
        units = not mine[1] or not theirs[1] or mine[1] == theirs[1] or "time" in (mine[1], theirs[1])
        units = units or self._counts_alike(wanted)
        return mine[0] == theirs[0] and units and self.qualifier == wanted.qualifier and alike

    def _counts_alike(self, wanted: Quantity) -> bool:
        """Whether both count the same things, by other words or with other adjectives before them."""
        if {self.unit, wanted.unit} & _MEASURES:
            return False
        return any(
            wordnet.relation(one, other) in {"same", "synonym"} for one in self.counted for other in wanted.counted
        )

    def amounts(self) -> frozenset[Decimal]:
        """The number, and that of the same in months, days or minutes."""
        return frozenset((self.value.normalize(), self._in_base_units()[0].normalize()))

    def _in_base_units(self) -> tuple[Decimal, str]:
        """A length of time in months, days or minutes; a share in per cent."""
        if self.qualifier or self.unit not in _IN_BASE:
            return self.value, self.unit
        factor, unit = _IN_BASE[self.unit]
        return (self.value * factor).normalize(), unit


@dataclass(frozen=True)
class Day:
    """A date as far as it is given, and which side of it is meant: ``before``, ``after`` or, empty, the day itself."""

    year: int | None
    month: int | None
    day: int | None
    relation: str

    def provides(self, wanted: Day) -> bool:
        """Whether a sentence with this date says the one that is ``wanted``, which may be less precise."""
        mine, theirs = (self.year, self.month, self.day), (wanted.year, wanted.month, wanted.day)
        alike = all(want is None or want == have for have, want in zip(mine, theirs, strict=True))
        return alike and self.relation == wanted.relation

    def meets(self, other: Day) -> bool:
        """Whether the two may be one date, each as far as it is given."""
        pairs = zip((self.year, self.month, self.day), (other.year, other.month, other.day), strict=True)
        return all(one is None or two is None or one == two for one, two in pairs)


@dataclass(frozen=True)
class Values:
    """All values of a text."""

    quantities: tuple[Quantity, ...]
    days: tuple[Day, ...]
    ordinals: frozenset[int]
    halves: frozenset[tuple[int, str]] = frozenset()
    """Times of day, in minutes of the half day, that are said to be in the morning (am) or not (pm)."""

    def missing(self, span: Values, *, deadline: bool = False) -> list[str]:
        """What of these values ``span`` does not say, in words; with ``deadline`` a day is one that something is due
        by."""
        found = [f"{q.value:f} {q.unit}".strip() for q in self.quantities if not _any(q, span.quantities)]
        found += [f"{d.year}-{d.month}-{d.day}" for d in self.days if not _given(d, span.days, deadline)]
        found += [f"{minutes // 60}:{minutes % 60:02d} {half}" for minutes, half in sorted(self.halves - span.halves)]
        return found + [f"no. {number}" for number in sorted(self.ordinals - span.ordinals)]


def _given(wanted: Day, held: Iterable[Day], deadline: bool) -> bool:
    by = replace(wanted, relation="before") if deadline and not wanted.relation else wanted
    return any(have.provides(wanted) or have.provides(by) for have in held)


def _any(wanted: Quantity, held: Iterable[Quantity]) -> bool:
    return any(one.provides(wanted) for one in held)


@lru_cache(maxsize=4096)
def values(text: str) -> Values:
    """The quantities, dates and ordinals that ``text`` states.

    Example:
        >>> values("Nine hundred tonnes").missing(values("The Supplier shall deliver 900 tonnes a month."))
        []
        >>> values("within 30 days").missing(values("within 30 business days"))
        ['30 day']
    """
    plain = text.lower().replace("’", "'").replace("\u00a0", " ").replace("–", "-")
    plain = re.sub(r"\bnew year's day\b", "1 january", plain)
    plain = re.sub(r"\bnot (?:a single )?one\b", "none", re.sub(r"\bhalf-(?=\w)", "semi", plain))
    plain = _HALF_OF_TIME.sub(lambda match: _HALVED[match[1] or match[3]][match[2] or "half"], plain)
    plain = _ONE_OF_TIME.sub(r"\1 1 ", plain)
    halves = frozenset(map(_half_of_day, _HALF_OF_DAY.finditer(plain)))
    plain = _clock(_HALVES.sub(_with_part, plain))
    plain = _NAMED_DAY.sub(lambda match: f"{_DAY_WORDS[match[1]]} ", plain)
    plain = _BY_PART.sub(lambda match: f"by {_FRACTIONS[match[1]]}", plain)
    plain = _FRACTION.sub(lambda match: _FRACTIONS[match[1]], plain.replace("three-quarters", "three quarters"))
    plain = _MAY.sub(lambda _: "\x00", plain)  # the modal, not the month
    rest, days = _dates(_BETWEEN.sub(r"at least \1 and at most ", _digits(plain)))
    ordinals = {int(number) if number else _DAY_WORDS[word] for number, word in _ORDINAL.findall(rest)}
    return Values(tuple(_quantities(rest)), tuple(days), frozenset(ordinals), halves)


_SMALL = {
    word: number
    for number, word in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], 1
    )
}
_HALVES = re.compile(
    rf"\b({'|'.join(_SMALL)}) and (?:a (half|quarter)|(three quarters)) (hundred|thousand|million|billion)"
)
_PARTS_OF_ONE = {"half": "5", "quarter": "25", "three quarters": "75"}
_LENGTH = r"hour|day|week|fortnight|month|year|decade"
_HALF_OF_TIME = re.compile(r"\b(?:half (?:an? )(hour|day|year)|(?:a )?(quarter|three quarters) of an? (hour|year))\b")
_HALVED = {
    "hour": {"half": "30 minutes", "quarter": "15 minutes", "three quarters": "45 minutes"},
    "day": {"half": "12 hours"},
    "year": {"half": "6 months", "quarter": "3 months", "three quarters": "9 months"},
}  # fmt: skip
_ONE_OF_TIME = re.compile(
    rf"\b(within|in|for|of|over|after|than|least|most|under|during|every|later by|the space of"
    rf"|the course of) an? (?={_LENGTH}\b)"
)
_BETWEEN = re.compile(r"\bbetween ([$€£]?\d[\d,.]*\s?\w{0,8}) and (?=[$€£]?\d)")


def _with_part(match: re.Match[str]) -> str:
    """ "One and a quarter million" as "1.25 million"."""
    return f"{_SMALL[match[1]]}.{_PARTS_OF_ONE[match[2] or match[3]]} {match[4]}"


_HOUR = rf"(\d{{1,2}}|{'|'.join(_SMALL)})"
_PAST_HOUR = re.compile(rf"\b(?:a )?(half|quarter) (past|to) {_HOUR}\b")
_ON_HOUR = re.compile(
    rf"\b{_HOUR}(?:[:.](\d\d))?(?: ?[ap]\.?m\b\.?| o'clock| (?:in the|at) (?:morning|afternoon|evening|night))"
    r"|\b(\d{1,2}):(\d\d)\b"
)


_HALF_OF_DAY = re.compile(
    rf"\b{_HOUR}(?:[:.](\d\d))?(?: o'clock)? ?(?:([ap])\.?m\b|in the (morning|afternoon|evening)|at (night))"
)


def _half_of_day(match: re.Match[str]) -> tuple[int, str]:
    hour = int(match[1]) if match[1].isdigit() else _SMALL[match[1]]
    morning = match[3] == "a" or match[4] == "morning"
    return (hour % 12) * 60 + int(match[2] or 0), "am" if morning else "pm"


def _clock(text: str) -> str:
    """Times of day as minutes of the half day, which the two ways to write them have in common."""

    def minutes(hour: str, past: int) -> str:
        number = int(hour) if hour.isdigit() else _SMALL[hour]
        return f" {(number % 12) * 60 + past} clockminutes "

    def worded(match: re.Match[str]) -> str:
        past = 30 if match[1] == "half" else 15
        return minutes(match[3], past if match[2] == "past" else -past)

    def figured(match: re.Match[str]) -> str:
        return minutes(match[1] or match[3], int(match[2] or match[4] or 0))

    return _ON_HOUR.sub(figured, _PAST_HOUR.sub(worded, text))


_JOINED_NUMBER = re.compile(
    r"\b((?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)-(?:one|two|three|four|five|six|seven|eight|nine)"
    r"|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w{3,6}teen|\w{3,5}ty|hundred|thousand|million|\d+)"
    r"-(?=[a-z]{3})(?!(?:one|two|three|four|five|six|seven|eight|nine|half)\b)"
)


def _digits(text: str) -> str:
    """Number words as digits; "thirty (30)" once."""
    text = _JOINED_NUMBER.sub(lambda match: f"{match[1]} ", text)  # "seven-armed", "thirty-day"
    text = re.sub(r"\ba (hundred|thousand|million|billion|dozen)\b", r"one \1", text)
    text = re.sub(r"\bhalf a (million|billion|dozen)\b", r"0.5 \1", text)
    pieces = re.split(r"((?:\d[\d,.]*\s?)(?:hundred|thousand|million|billion|trillion)\b|\n|[;:()])", text)
    text = "".join(p if n % 2 else alpha2digit(p, "en", threshold=0) if p.strip() else p for n, p in enumerate(pieces))
    text = re.sub(r"\b(\d[\d,]*)(\s*(?:percent|per cent)?)\s*\((\d[\d,]*)\s*((?:%|percent|per cent)?)\)", _once, text)
    return text.replace("per cent", "percent")


def _once(match: re.Match[str]) -> str:
    same = match[1].replace(",", "") == match[3].replace(",", "")
    return f"{match[1]}{match[2]}{match[4]}" if same else match[0]


def _dates(text: str) -> tuple[str, list[Day]]:
    found: list[Day] = []

    def take(match: re.Match[str]) -> str:
        parts = match.groupdict()
        month = parts.get("m")
        number = None if month is None else int(month) if month.isdigit() else _MONTHS[month]
        before = match.string[: match.start()]
        relation = next((name for name, pattern in _RELATIONS if pattern.search(before)), "")
        year, day = parts.get("y"), parts.get("d")
        found.append(Day(int(year) if year else None, number, int(day) if day else None, relation))
        return " \x01 "

    for pattern in _DATES:
        text = pattern.sub(take, text)
    return text, found


def _quantities(text: str) -> Iterable[Quantity]:
    for match in _NUMBER.finditer(text):
        try:
            value = Decimal(match["number"].replace(",", "").rstrip("."))
        except InvalidOperation:
            continue
        value += Decimal("0.5") if match["half"] else 0
        value *= _SCALES[match["scale"].strip()] if match["scale"] else 1
        unit, qualifier = _unit(match["after"] or "")
        if match["currency"]:
            unit = _CURRENCIES[match["currency"].strip()]
        elif (match["scale"] or "") == " m":
            value, unit = value / _SCALES["m"], "metre"
        label = (match["label"] or "").strip(" .")
        if label in _LABELS:
            unit, qualifier = label, ""
        words = re.findall(r"[a-zµμ]+", match["after"] or "")
        counted = frozenset(word for word in words if word not in _NO_UNIT and word not in _QUALIFIERS)
        yield Quantity(value.normalize(), unit, qualifier, _bound(text, match, label), counted)
    for word, number in _TIMES.items():
        if re.search(rf"\b{word}\b{_NOT_ONCE if word == 'once' else ''}", text):
            yield Quantity(Decimal(number), "time" if word in {"once", "twice", "thrice"} else word, "", "")


def _unit(after: str) -> tuple[str, str]:
    qualifier = ""
    for word in re.findall(r"[a-zµμ]+|%", after):
        if word in _QUALIFIERS:
            qualifier = f"{qualifier} {word}".strip()
            continue
        if word in _NO_UNIT:
            return "", qualifier
        one = _ABBREVIATED_UNITS.get(word) or singular(word)
        return _CURRENCIES.get(one, _ABBREVIATED_UNITS.get(one, one)), qualifier
    return "", qualifier


def singular(word: str) -> str:
    """A noun in lower case as it is called one by one: "days" is "day"."""
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _bound(text: str, match: re.Match[str], label: str) -> str:
    start = match.start("number") if not match["currency"] else match.start("currency")
    before = text[max(0, start - 40) : start]
    if label in _LABELS:
        return ""
    after = text[match.end("scale") if match["scale"] else match.end("number") :]
    for bound, pattern in _AFTER:
        if pattern.search(after):
            return bound
    return next((bound for bound, pattern in _BEFORE if pattern.search(before)), "")
