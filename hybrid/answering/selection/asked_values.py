"""The kind of value that a question asks for, and whether a text gives one: "how many days" is answered by no year.

`hybrid.answering.selection.features.holds_kind` says it by patterns, as the ranker learned it. Here quantities are read
with their units (`hybrid.answering.verification.values`), and what is a date, the number of a clause or a paragraph or
a value of the question's own is no answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from hybrid.answering.verification.values import Quantity, singular, values
from hybrid.text import lexicon, wordnet
from hybrid.text.values import DAY

KindName = Literal["count", "money", "duration", "measure", "time"]


@dataclass(frozen=True)
class AskedValue:
    """What is asked for: a ``count`` of ``things``, ``money``, a ``duration``, a ``measure`` in any unit, or the
    ``time`` of something."""

    kind: KindName
    things: str = ""


_LEAD = r"^\W*(?i:(?:and|so|but|then) )?(?i:(?:in|by|for|at|to|on|from|since|until|within|of|after|under) )?"
_HOW_MANY = re.compile(_LEAD + r"how many (?P<rest>.+)$", re.IGNORECASE)
_HOW = re.compile(_LEAD + r"how (?P<how>[a-z]+)\b", re.IGNORECASE)
_WHEN = re.compile(_LEAD + r"when\b", re.IGNORECASE)
_WHAT = re.compile(
    _LEAD + r"(?i:what|which)(?:['’]s)?"
    r"(?: (?:is|was|are|were|will be|would be|has been) (?:the|an?|its|his|her|their|our|my)"
    r"| (?:is|was) (?:[A-Z][\w.&'’-]* ?)+(?<=s))? (?P<words>[a-z][\w -]*)",
)
_WHAT_PAID = re.compile(
    _LEAD + r"what (?:did|does|do|has|have|had|will|would|was|were|is|are) (?!going\b|about\b).+?"
    r"\b(?:charged?|charging|pay(?:ing|s)?|paid|costs?|costing|bill(?:ed)?|earn(?:ed)?|spen[dt]|owed?|invoiced?)\b"
    r"(?! for$)",
    re.IGNORECASE,
)
"""What somebody paid; "what did they pay for" asks for a thing."""
_HOW_MUCH_PAID = re.compile(
    _LEAD + r"how much (?:money|cheaper\b|dearer\b"
    r"|(?:did|does|do|has|have|had|was|were|is|are|will|would|must|should|can|could|may|came)\b.*"
    r"\b(?:pay|paid|payable|costs?|charged?|ask(?:ed|ing)?|wants?|wanted|claim(?:ed|ing)?|bill(?:ed)?|owed?|spen[dt]"
    r"|sold|sell(?:ing)?|su(?:e|ed|ing)|earn(?:ed)?|worth|refund(?:ed)?|deduct(?:ed)?|insured?|offer(?:ed)?|invoiced?"
    r"|reimburse[ds]?|withh[eo]ld|compensat\w+|rent|fee|price|salary))\b",
    re.IGNORECASE,
)
"""How much in money; "how much of it was delivered" asks for another measure."""
_MONEY_COLUMN = re.compile(
    r"^[^\n]*(?:\b|_)(?:gbp|eur|usd|amounts?|prices?|costs?|values?|fees?|net|gross|totals?|sums?|paid|charges?)(?:\b|_)"
    r"[^\n]*\n.*\d",
    re.IGNORECASE,
)
"""A row of a table below a heading that speaks of money."""
_DURATIONS = frozenset({"year", "month", "week", "fortnight", "day", "hour", "minute", "second", "decade", "quarter"})
_MONEY_UNITS = frozenset(
    {"dollar", "euro", "pound", "yen", "franc", "canadian dollar", "australian dollar", "rupee", "cent", "penny", "%"}
)
_HOW_KINDS: dict[str, KindName] = {
    "much": "measure", "long": "duration", "soon": "duration", "quickly": "duration", "often": "duration",
    "old": "measure", "late": "measure", "early": "measure", "hot": "measure", "cold": "measure", "warm": "measure",
    "deep": "measure", "high": "measure", "wide": "measure", "far": "measure", "tall": "measure", "heavy": "measure",
    "fast": "measure", "big": "measure", "large": "measure", "thick": "measure", "loud": "measure", "steep": "measure",
}  # fmt: skip
_NOUN_KINDS: dict[str, KindName] = {
    "sum": "money", "amount": "money", "price": "money", "cost": "money", "fee": "money", "salary": "money",
    "rent": "money", "budget": "money", "fine": "money", "deposit": "money", "premium": "money",
    "compensation": "money", "duration": "duration", "temperature": "measure", "speed": "measure", "weight": "measure",
    "depth": "measure", "height": "measure", "percentage": "measure", "distance": "measure", "total": "measure",
    "rate": "measure", "date": "time", "day": "time", "year": "time", "month": "time", "time": "time",
}  # fmt: skip
_BEFORE_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|had|do|does|did|can|could|may|might|must|shall|should|will|would|of|for|in|on|at|from"
    r"|to|by|that|which|who|there|actually|really|per|a|an|the|between|under|with)\b.*$"
)
_WORDED_DURATION = re.compile(
    r"\b(?:an?|one|half an?|the (?:whole|same|following|next)|each|every|per|another) (?:\w+ )?"
    r"(?:year|month|week|fortnight|day|hour|minute|quarter|night|weekend|season)s?\b"
    r"|\b(?:every|each) (?:spring|summer|autumn|winter)\b"
    r"|\b(?:daily|weekly|fortnightly|monthly|quarterly|yearly|annual(?:ly)?|nightly|hourly|immediate(?:ly)?|forthwith"
    r"|at once|straight ?away|without (?:undue )?delay|overnight|indefinite(?:ly)?|permanent(?:ly)?|perpetual(?:ly)?|"
    r"promptly|until|till|never|always|once|twice|rarely|seldom|regularly|for ever|forever|same day)\b",
    re.IGNORECASE,
)
_WORDED_TIME = re.compile(
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:yesterday|today|tomorrow|tonight|morning|afternoon|evening"
    r"|noon|midday|midnight|night|dawn|dusk|spring|summer|autumn|winter|christmas|easter|upon|before|after|until|till"
    r"|once|when(?:ever)?|as soon as|during|while|since|within|later|earlier|never|now|immediate(?:ly)?|at once"
    r"|forthwith|then|ago|already|not yet|as (?:of|from|at)|on (?:receipt|delivery|completion|demand|signature|expiry"
    r"|termination|request|arrival|notice)|end of|beginning of|start of"
    r"|january|february|march|april|june|july|august|september|october|november|december|week|month|year)\b",
    re.IGNORECASE,
)
_IN_WORDS = re.compile(
    r"\b(?:nothing|free of charge|no (?:charge|fee|cost|payment|money|sum)|nil|gratis|half|third|quarter|all|whole|full"
    r"|double|cost price|zero)\b",
    re.IGNORECASE,
)
_MONEY_IN_WORDS = re.compile(
    r"\b(?:(?:for|pa(?:y|ys|id)|cost|costs|charge[sd]?|owe[sd]?) nothing|free of charge"
    r"|without (?:a )?charge|no (?:charge|fee|cost|payment|money|sum)|nil|gratis|cost price|zero"
    r"|(?:half|third|quarter|all|whole|full|double) (?:of )?(?:(?:the|its|his|her|their|that) )?"
    r"(?:price|costs?|fees?|amount|sum|rent|charges?|premium|deposit|payment))\b",
    re.IGNORECASE,
)
_COUNT_IN_WORDS = re.compile(
    r"\b(?:no|none|nobody|nothing|neither|no one|both|single|only|pair|couple|dozen|all|every|each|several|alone"
    r"|sole)\b",
    re.IGNORECASE,
)
_IN_WORDS_OF_KIND: dict[KindName, tuple[re.Pattern[str], ...]] = {
    "duration": (_WORDED_DURATION,),
    "money": (_MONEY_IN_WORDS, _MONEY_COLUMN),
    "measure": (_IN_WORDS,),
    "count": (_COUNT_IN_WORDS,),
}
_PARAGRAPH_NUMBER = re.compile(r"(?:^|\n)\W*\d+(?:\.\d+)*[.)]?\s+(?=[A-Z“\"*])")
_LABELLED = re.compile(
    r"\b(?:clause|section|article|schedule|annex|appendix|exhibit|paragraph|page|line|item|no\.?|number|amendment"
    r"|invoice|version|part|chapter|volume|unit|bay|room|level|floor|block|platform|gate|class|form|phase|grade|route"
    r"|bed|ward|flight|lot|batch|table|figure|step|regulation|rule)s? (?:no\.? )?\d[\d.]*(?:\([a-z]\))?",
    re.IGNORECASE,
)
_OF_DOCUMENT = re.compile(
    r"\b(?:letter|e-?mail|mail|report|agreement|contract|certificate|invoice|order|memo(?:randum)?|notice|minutes|lease"
    r"|deed|policy|statement|quotation|instruction)s?"
    rf"(?: (?:of|from|by|to|with)(?: [\w&.’'-]+){{1,4}}?)? (?:of|dated) (?:the )?{DAY}",
    re.IGNORECASE,
)
"""A day that only names a document: "your letter of 3 May 2024"."""
_DOCUMENT = re.compile(
    r"\b(?:letter|e-?mail|mail|writ\w+|wrote|report|agreement|contract|certificate|invoice|order|memo\w*|notice|minutes"
    r"|lease|deed|policy|statement|quotation|instruct\w*|sign\w*|dated?|sent|send|issue\w*|bill\w*|agree\w*)s?\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\bat \d{1,2}[.:]\d\d\b")
_IDENTIFIER = re.compile(r"\b[A-Z]{1,5}[-/]?\d[\w/-]*|\b\w+[-/]\d{2,}[\w/-]*")


@lru_cache(maxsize=lexicon.CACHED_TEXTS)
def read(question: str) -> AskedValue | None:
    """The value that a question, or one part of it, asks for.

    Example:
        >>> read("How many cages were there?"), read("Why did it end?")
        (AskedValue(kind='count', things='cage'), None)
    """
    plain = " ".join(question.split()).rstrip(" ?.").replace("per cent", "percent")
    if match := _HOW_MANY.match(plain):
        words = _BEFORE_VERB.sub("", match["rest"]).split()
        things = singular(words[-1].lower()) if words else ""
        if things in _MONEY_UNITS or things == "percent":
            return AskedValue("money")
        return AskedValue("duration") if things in _DURATIONS else AskedValue("count", things)
    if _HOW_MUCH_PAID.match(plain):
        return AskedValue("money")
    if match := _HOW.match(plain):
        kind = _HOW_KINDS.get(match["how"].lower())
        return AskedValue(kind) if kind else None
    if _WHEN.match(plain):
        return AskedValue("time")
    if _WHAT_PAID.match(plain):
        return AskedValue("money")
    if match := _WHAT.match(plain):
        words = _BEFORE_VERB.sub("", match["words"]).split()
        kind = _NOUN_KINDS.get(singular(words[-1].lower())) if words else None
        return AskedValue(kind) if kind else None
    return None


def gives(asked: AskedValue, question: str, text: str) -> bool:
    """Whether a text has a value of the kind that is asked for, and not only one that the question has.

    Example:
        >>> asked = read("How many days did they have in May 2024?")
        >>> gives(asked, "", "Late in the summer of 2023."), gives(asked, "", "5.1 Within five working days.")
        (False, True)
    """
    return states(asked, question, text) or _gives_in_words(asked, question, text)


def _gives_in_words(asked: AskedValue, question: str, text: str) -> bool:
    """Whether a text gives such a value in words that are no number: "until dawn", "free of charge", "nobody"."""
    if asked.kind == "time":
        timed = _timed(question, text)
        known = {one.value for one in _quantities(question)}
        lasts = any(one.unit in _DURATIONS and one.value not in known for one in _quantities(timed))
        return lasts or _WORDED_TIME.search(timed) is not None
    return any(pattern.search(text) for pattern in _IN_WORDS_OF_KIND[asked.kind])


def states(asked: AskedValue, question: str, text: str) -> bool:
    """Whether a text states a value of the kind that is asked for in figures or as a date: not by a word that many
    sentences have ("before", "all"), and not only one that the question has.

    Example:
        >>> asked = read("When did it burst?")
        >>> states(asked, "", "It burst before dawn."), states(asked, "", "It burst on 3 May.")
        (False, True)
    """
    if asked.kind == "time":
        return _is_dated(_timed(question, text))
    known = {one.value for one in _quantities(question)}
    held = [one for one in _quantities(text) if one.value not in known and one.unit != "clockminute"]
    if asked.kind == "duration":
        return any(one.unit in _DURATIONS for one in held)
    if asked.kind == "money":
        return any(one.unit in _MONEY_UNITS for one in held)
    return bool(held) if asked.kind == "measure" else any(_counts(one, asked.things) for one in held)


def _timed(question: str, text: str) -> str:
    """A text without the days that only name documents, unless the question is about a document."""
    return text if _DOCUMENT.search(question) else _OF_DOCUMENT.sub(" ", text)


def _is_dated(text: str) -> bool:
    """Whether a text has a day or an hour."""
    clock = any(one.unit == "clockminute" for one in _quantities(text))
    return clock or _CLOCK.search(text) is not None or bool(values(_plain(text)).days)


def _counts(one: Quantity, things: str) -> bool:
    """Whether a quantity may be one of the things: it counts them, or has no unit of another kind."""
    if not one.unit or one.unit == things or things in {singular(word.lower()) for word in one.counted}:
        return True
    if one.unit in _DURATIONS or one.unit in _MONEY_UNITS:
        return False
    return wordnet.relation(one.unit, things) is not None or not wordnet.is_noun(one.unit)


@lru_cache(maxsize=lexicon.CACHED_TEXTS)
def _quantities(text: str) -> list[Quantity]:
    return list(values(_plain(text)).quantities)


def _plain(text: str) -> str:
    """A text without the numbers that only name something: of paragraphs, clauses, invoices, rooms."""
    plain = _PARAGRAPH_NUMBER.sub("\n", " ".join(text.split()))
    return _CLOCK.sub(" ", _IDENTIFIER.sub(" ", _LABELLED.sub(" ", plain)))
