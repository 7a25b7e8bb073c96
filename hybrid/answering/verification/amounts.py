"""What a sentence says of its amounts beside their values: whether each or all, at what rate, from when on, and up to
what."""

from __future__ import annotations

import re

from hybrid.answering.verification.alignment import relation_of
from hybrid.answering.verification.clauses import Clauses, nearby
from hybrid.answering.verification.markers import any_of
from hybrid.answering.verification.values import values
from hybrid.text import lexicon

EACH = any_of(r"each ; every ; apiece ; per ; a head ; individually ; respectively ; severally ; either")
TOGETHER = any_of(
    r"""
    together ; in all ; in total ; total(?:s|led|ling)? ; altogether ; combined ; between (?:them|the) ; aggregate ;
    overall ; jointly ; in sum ; sum of
    """
)
_BY = re.compile(
    r"\b(?:r[io]se[ns]?|increas\w+|rais\w+|f[ae]ll\w*|drop\w*|cut\w*|reduc\w+|lower\w*|gr[eo]w\w*|declin\w+|decreas\w+"
    r"|shr[aiu]nk\w*|climb\w*|go(?:es)? up|went up|go(?:es)? down|went down|up|down|widen\w*|extend\w*|shorten\w*)\b"
    r"(?:\s+\w+){0,3}?\s+by\s+(?:(?:about|around|roughly|some|nearly|almost|another|a further)\s+)?"
    r"(?=[$€£\d]|one|two|three|four|five|six|seven|eight|nine|ten|\w+teen|\w+ty|a |half)"
    r"|\b(?:rise|increase|drop|cut|fall|reduction|decrease|decline|growth|loss|gain) of\b",
    re.IGNORECASE,
)
_DIFFERENCE = any_of(
    r"""
    by ; (?:rise|increase|drop|cut|fall|reduction|decrease|decline|growth|loss|gain)s? (?:of|in) ;
    (?:an?|each|\d[\d,.]*\s?%?) (?:\w+ )?(?:rise|increase|drop|cut|fall|reduction|decrease|decline|growth|loss|gain) ;
    (?:the|this|that|its) (?:rise|increase|drop|cut|fall|reduction|decrease|decline|growth|loss|gain)
    ; more ; less ; fewer
    ; extra ; additional ; another ; further ; higher ; lower ; longer ; shorter ; up ; down ; difference ; saved? ;
    lost ; losing ; gained ; gaining ; \w+er than ; los(?:es?|ing)
    """
)
_RATE = re.compile(
    r"\b(?:per|a|an|each|every)\s+(?:\w+\s+)?(second|minute|hour|day|night|week|month|quarter|year|annum|person|head"
    r"|guest|tonne|ton|unit|kilometre|mile|square metre|piece|item|share)\b"
    r"|\b(hour|dai|night|week|month|quarter|year|annual)ly\b",
    re.IGNORECASE,
)
_SAME_RATE = {"dai": "day", "annum": "year", "annual": "year", "head": "person", "guest": "person", "ton": "tonne"}
_MEASURED = any_of(
    r"gross ; net ; pre-?tax ; average ; mean ; median ; provisional ; estimated ; nominal ; projected ; budgeted ;"
    r" forecast ; adjusted ; unaudited ; excluding ; before tax ; after tax ; before deductions?"
)
_RESULTS = (
    any_of(r"revenues? ; turnover ; sales ; takings ; receipts"),
    any_of(r"profits? ; surplus ; net income ; earn(?:s|ed|ings)"),
    any_of(r"loss(?:es)? ; deficit"),
    any_of(r"expenses? ; costs? ; expenditures?"),
)
_FROM = re.compile(
    r"\b(?:days?|weeks?|fortnight|months?|years?|hours?)\b[^.;,]{0,16}?\b(?:of|from|after|following|since|upon)\s+"
    r"((?:[\w'-]+\s*){1,6})",
    re.IGNORECASE,
)
_EVENT_WORDS = """
    receive received receipt receiving; send sent dispatch dispatched post posted mailed; sign signed signature signing;
    effective commencement commence start started; deliver delivered delivery; invoice invoiced bill billing;
    purchase purchased bought sale; install installed installation; issue issued issuance; written dated writing;
    arrive arrived arrival; complete completed completion; accept accepted acceptance; terminate terminated termination
    expiry expire end; notify notified notice notification; discover discovered discovery; breach; publish published
    publication; filing filed lodged; hearing; loading lading; discharge; birth born; death died
"""
_EVENTS = tuple(map(lexicon.stems, _EVENT_WORDS.split(";")))
"""Events that a time runs from in contracts and rules; no word of one set stands for one of another."""
_CAP = frozenset({"most", "within"})


_SHARED = re.compile(
    r"(?:[$€£] ?\d|\d[\d,.]* ?(?:%|per ?cent\b|euros?\b|dollars?\b|pounds?\b|[A-Z]{3}\b))[^,;.]*? (?:to|between|among) "
    r"(?P<one>(?:(?:the|an?|his|her|its|their) )?[\w'’.-]+(?: [A-Z][\w'’.-]*)*) and "
    r"(?P<other>(?:the|an?|his|her|its|their|[A-Z][\w'’.-]*)(?: [\w'’.-]+)*?)(?=[.,;]|$| (?:in|on|at|for|as|by|from)\b)"
)
"""A sum that goes to two, each of whom may have but a part of it."""


def shared_sum(claim: Clauses, span: Clauses) -> bool:
    """What two got together is said to have gone to one of them."""
    if not values(claim.text).quantities or EACH.search(span.text):
        return False
    mine = set(claim.words)
    for match in _SHARED.finditer(span.text):
        one, other = (set(lexicon.content_words(match[part])) for part in ("one", "other"))
        if one and other and bool(mine & one) != bool(mine & other):
            return True
    return False


def distribution(claim: Clauses, span: Clauses) -> bool:
    """What all come to is said of each, or the other way round."""
    if not values(claim.text).quantities:
        return False
    near = nearby(claim, span)
    each, together = (bool(kind.search(near)) for kind in (EACH, TOGETHER))
    says_each, says_together = (bool(kind.search(claim.text)) for kind in (EACH, TOGETHER))
    return (together and not each and says_each and not says_together) or (
        each and not together and says_together and not says_each
    )


_MORE = re.compile(
    r"\b\d[\d,.]*(?:\s*%|\s+\w+)?\s+(?:longer|more|less|fewer|higher|lower|shorter|later|earlier)\b(?! than \d)|\bby \d"
    r"|\b\d[\d,.]* (?:\w+ )?of (?:an? )?(?:rise|fall|drop)\b",
    re.IGNORECASE,
)
_FROM_TO = re.compile(r"\bfrom\b.{1,40}?\d.{0,30}?\bto\b.{0,20}?\d", re.IGNORECASE)


def change(claim: Clauses, span: Clauses) -> bool:
    """What something rose or fell by is said to be what it rose or fell to, or the other way round."""
    mine, theirs = values(claim.text).quantities, values(span.text).quantities
    if _MORE.search(claim.text) and _FROM_TO.search(span.text) and not _MORE.search(span.text):
        return True  # where it ended is said to be how far it went
    if len(mine) != 1 or len(theirs) != 1:
        return False
    by, says_by = _BY.search(nearby(claim, span)), _BY.search(claim.text)
    if by and not says_by:
        return not _DIFFERENCE.search(claim.text)
    return bool(says_by) and not by and not _DIFFERENCE.search(span.text)


def rate(claim: Clauses, span: Clauses) -> bool:
    """An amount for each hour, night or person is said for another unit, or for all of it."""
    if not values(claim.text).quantities:
        return False
    mine, theirs = _rates(claim.text), _rates(nearby(claim, span))
    if theirs and not mine:
        return len(values(span.text).quantities) == 1 and not EACH.search(claim.text) and _priced(span.text)
    return bool(mine) and bool(theirs) and not mine & theirs


def _rates(text: str) -> set[str]:
    found = (match[1] or match[2] for match in _RATE.finditer(text))
    return {_SAME_RATE.get(unit.lower(), unit.lower()) for unit in found}


def _priced(text: str) -> bool:
    return bool(re.search(r"[$€£]|\b(?:dollars?|euros?|pounds?|usd|eur|gbp|cents?|per)\b", text, re.IGNORECASE))


def measure(claim: Clauses, span: Clauses) -> bool:
    """An amount before or after deductions, an average or an estimate is said without that; or a result is taken for
    another (revenue for profit)."""
    if not values(claim.text).quantities:
        return False
    near = nearby(claim, span)
    theirs = {match.lower() for match in _MEASURED.findall(near)}
    mine = {match.lower() for match in _MEASURED.findall(claim.text)}
    if theirs - mine and not _HEDGE.search(claim.text):
        return True
    return any(kind.search(claim.text) and not kind.search(span.text) for kind in _RESULTS) and any(
        kind.search(near) and not kind.search(claim.text) for kind in _RESULTS
    )


_HEDGE = any_of(
    r"about ; around ; roughly ; approximately ; estimat\w+ ; expect\w+ ; project\w+ ; forecast\w* ; mean ; average"
)


def trigger(claim: Clauses, span: Clauses) -> bool:
    """A time runs from another event than the span says: from a word of `_EVENTS` of another set, or from what no word
    there stands for ("of confirming each order", "of their beginning")."""
    mine, theirs = _events(claim.text), _events(span.text)
    if mine and theirs and not mine & theirs:
        return True
    said = [words for phrase in _FROM.findall(span.text) if (words := _content(phrase))]
    if not said or mine & theirs:
        return False
    return any(
        not any(relation_of(words[0], other) is not None for there in said for other in there)
        for words in map(_content, _FROM.findall(claim.text))
        if words
    )


def _content(phrase: str) -> list[str]:
    """The content words of a phrase, none of one that begins with a verb for anything ("they come in")."""
    words = [word for word in re.findall(r"[a-z][a-z-]+", phrase.lower()) if word not in lexicon.STOPWORDS]
    return [] if words and words[0] in _ANY_EVENT else words


_ANY_EVENT = lexicon.vocabulary(
    "come comes came coming go goes went going get gets got getting take takes took taking given give gives happen"
    " happens happened occur occurs occurred event date time day becoming become becomes being having made make makes"
)


def _events(text: str) -> set[int]:
    """Which event each time of a text runs from: the first that is named after it."""
    found = set()
    for phrase in _FROM.findall(text):
        kinds = (
            kind for word in re.findall(r"[a-z]+", phrase.lower()) for kind, stems in enumerate(_EVENTS)
            if lexicon.stem(word) in stems
        )  # fmt: skip
        found |= {kind for kind in [next(kinds, None)] if kind is not None}
    return found


def cap(claim: Clauses, span: Clauses) -> bool:
    """What is due up to an amount, or within a time, is said without any."""
    near = values(nearby(claim, span)).quantities
    return (
        any(one.bound in _CAP for one in near)
        and not values(claim.text).quantities
        and not _SAYS_CAP.search(claim.text)
    )


_TIME = re.compile(r"\b(?:hour|day|night|week|fortnight|month|quarter|year|decade)s?\b", re.IGNORECASE)
_SAYS_CAP = any_of(
    r"""
    cap(?:s|ped)? ; limit(?:s|ed)? ; maximum ; up to ; ceiling ; deadline ; in time ; period ; partly ; promptly ;
    some
    """
)
