"""The day a document was written, by what it says of itself, for documents whose metadata have no date."""

from __future__ import annotations

import re

from hybrid.text.folding import EMPHASIS
from hybrid.text.speakers import maker, without_day
from hybrid.text.values import days, parse_date

HEAD_LINES, TAIL_LINES = 10, 6
_LABEL = re.compile(r"^(?:date(?:d)?|made|issued|signed|held|on|as of|this)\b[ :]*(?:on )?", re.IGNORECASE)
_PLACE = re.compile(r"^[A-Z][\w.’' -]{1,30}, (?:the |on |den )?(?=\d)")
"""The place before the day of a letter: "Ghent, 4 April 2026"."""
_OF_A_THING = re.compile(
    r"\b(?:expir\w+|born|birth|due|valid|until|deadline|end(?:s|ed|ing)?|sale|your|re)\b[^,;–—]*\d"
    r"|\b(?:accident|incident|fire|flood|leak|spill|explosion|outage|breakdown|fall|collision|events?|storm|death|injury"
    r"|burglary|theft|derailment|grounding|sinking|collapse|failure|loss)\b.*?\d",
    re.IGNORECASE,
)
"""A day in a heading that is of what the document is about: "Expires: 12 December 2031", "Re: your letter of"."""
_PARTS = re.compile(r"\s+[—–|·]\s+")
"""Between who wrote it and when, on one line."""
_LINE_WORDS = 14  # a longer line is a sentence, which may give another date than its own
_SIGNED = re.compile(r"\(signed\)|/s/|^(?:signed|dated|date)\b", re.IGNORECASE)
_MEETING = re.compile(
    r"^\W*(?:(?:draft|final|approved|night|day|[\w ]+) )?(?:minutes|proceedings|transcript)\b", re.IGNORECASE
)
_PAPER = re.compile(
    r"\b(?:notes?|record|report|notice|statement|memo(?:randum)?|letter|log|survey|summary|decision|judge?ment|order"
    r"|resolution|bulletin|circular|inspection|assessment|review|opinion|certificate)\b",
    re.IGNORECASE,
)
_BYLINE = re.compile(r"^\W*(?:by|(?:prepared|written|compiled|drawn up|drafted) by|author:?)\s", re.IGNORECASE)
_OF_ANOTHER = re.compile(
    r"\b(?:amend(?:ment|ing)|variation|addendum|supplement\w*|rider|annex|side letter|reply|response|answer"
    r"|objection)\b[^;:]*\bto (?:the|an?|that|our|its|their|your) [^,;:–—]*\b(?:of|dated|made on|from)\s*$",
    re.IGNORECASE,
)
"""What stands before the day of the document that another one changes or answers: "Amendment No. 1 to the Lease of"."""
_WEEKDAY = r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,? )?(?:the )?"
_MADE = re.compile(
    rf"^\W*(?:held|taken|made|sworn|given)\b[^.;:]*?\b(?:on|dated) {_WEEKDAY}$"
    r"|^\W*this [\w ]{0,60}?(?:agreement|deed|lease|contract|licen[cs]e|amendment|variation|addendum|settlement|policy"
    rf"|statement) (?:is|was) (?:dated|made|entered into|signed)\b[^.;:]*? ?(?:on )?{_WEEKDAY}$"
    rf"|^\W*between\b[^;]*[,)]\s*(?:dated|made on) {_WEEKDAY}$"
    rf"|^[^;:]*\band\b[^;:]*\b(?:hereby )?agree[d]? on {_WEEKDAY}$",
    re.IGNORECASE,
)
"""What stands before the day on which a document was made, in its first lines."""
_MADE_WORDS = 40
"""Words of a line that says when a document was made: one with its parties is longer than others."""
_NAME_WORDS = 8
"""Words of a line with a name, or an office, above the day on which it was signed."""
_HEADING_LINES = 5
"""Lines in which a document's heading stands, below a name of whose it is: "PARISH COUNCIL", "Minutes of ..."."""


def written_on(title: str, text: str) -> str | None:
    """The day, ISO 8601: of the title, of a line of the head that is a date, of its first heading, of the line that
    says what the document is ("Minutes of the meeting held on ...") or who wrote it, or of the line with the signature;
    ``None`` where there is none, or the title and the head give several.

    Example:
        >>> written_on("Letter", "14 Orchard Row\\n2 May 2025\\n\\nDear Sir")
        '2025-05-02'
    """
    titled = set() if _OF_A_THING.search(title) else _own_days(title)
    if len(titled) == 1:
        return _iso(titled.pop())
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    for line in lines[:HEAD_LINES]:
        parsed = [parse_date(_alone(part)) for part in _PARTS.split(line)]
        whole = [day for day in parsed if day is not None and len(day) == 10]
        if len(whole) == 1:
            return whole[0]
    heads = bool(lines) and len(lines[0].split()) <= _LINE_WORDS and lines[0][-1] != "."  # a sentence is of another day
    headed = _own_days(lines[0]) if heads and not _OF_A_THING.search(lines[0]) else set()
    if len(headed) == 1:
        return _iso(headed.pop())
    for line in lines[:_HEADING_LINES]:
        named = _day_of_heading(line) or _day_of_itself(line) or _day_of_paper(line)
        if named is not None:
            return named
    for line in lines[:HEAD_LINES]:
        made = _day_of_making(line)
        if made is not None:
            return made
    above, dated = without_day(lines[-TAIL_LINES:])
    if dated and maker(title, text) is not None and len(above[-1].split()) <= _NAME_WORDS:
        return parse_date(re.sub(r"^(?:dated?|on)\b:?\s*", "", dated, flags=re.IGNORECASE).strip(" .,"))
    for line in reversed(lines[-TAIL_LINES:]):
        if _PLACE.match(line) and (alone := parse_date(_PLACE.sub("", line).strip(" .,"))) and len(alone) == 10:
            return alone
        found = [day for _, _, day in days(line)]
        if _SIGNED.search(line) and len(found) == 1:
            return _iso(found[0])
    return None


def _alone(part: str) -> str:
    """A part of a line without what stands round its day: emphasis, a label with the hours behind it, a weekday."""
    plain = EMPHASIS.sub("", part).strip()
    said = _LABEL.sub("", _PLACE.sub("", plain))
    said = said if said == plain else _HOURS.sub("", said)
    return _WEEKDAY_BEFORE.sub("", said).strip(" .,*_")


_HOURS = re.compile(
    r",?\s*(?:at |from )?\d{1,2}[:.]\d\d(?: ?[ap]\.?m\.?)?(?:\s*(?:-|–|to|until)\s*\d{1,2}[:.]\d\d(?: ?[ap]\.?m\.?)?)?"
    r"(?: hours| hrs)?[.,]?$",
    re.IGNORECASE,
)
_WEEKDAY_BEFORE = re.compile(r"^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,? (?:the )?(?=\d|[A-Z])", re.IGNORECASE)


def _own_days(line: str) -> set[tuple[int, int, int]]:
    """The days in a title, without those of the document that it changes or answers."""
    return {day for start, _, day in days(line) if not _OF_ANOTHER.search(line[:start])}


def _day_of_making(line: str) -> str | None:
    """The day in a line of the head that says when the document was made, at a meeting, by its parties or before
    somebody; ``None`` where it gives several."""
    if len(line.split()) > _MADE_WORDS:
        return None
    found = {day for start, _, day in days(line) if _MADE.search(line[:start])}
    return _iso(found.pop()) if len(found) == 1 else None


def _day_of_heading(line: str) -> str | None:
    """The only day in a line that says what a document is or who wrote it; none where the day may be that of what it is
    about: "Report on the fire of 3 May 2025"."""
    found = list(days(line))
    if (
        len(found) != 1
        or len(line.split()) > 2 * _LINE_WORDS
        or (line.endswith(".") and len(line.split()) > _LINE_WORDS)
    ):
        return None
    start, _, day = found[0]
    before = re.sub(r"\b(?:on|of|the|dated|held)\s*$", "", line[:start].rstrip()).rstrip()
    paper = None if re.match(r"\W*\d", before) else _PAPER.search(before)  # in a numbered clause it is another's
    own = paper is not None and (
        not before[paper.end() :].strip(" ,:–—-") or before.endswith((",", "–", "—", "-", ":"))
    )
    return _iso(day) if own or _MEETING.match(line) or _BYLINE.match(line) else None


_OF_ITSELF = re.compile(
    rf"(?:^|[.;] )(?:(?:This|Our|My|Expert|Final|Joint) )*{_PAPER.pattern},?"
    " (?:is |was )?(?:dated|made on|written on) ",
    re.IGNORECASE,
)


def _day_of_itself(line: str) -> str | None:
    """The day behind "Report dated", where a line or a sentence begins with it: "your letter dated" is another's."""
    match = _OF_ITSELF.search(line)
    found = next(((start, day) for start, _, day in days(line) if match and start == match.end()), None)
    return None if found is None else _iso(found[1])


_LABELLED_PAPER = re.compile(rf"(?:^|[.;,|–—-] ?)(?:of )?{_PAPER.pattern}: ", re.IGNORECASE)


def _day_of_paper(line: str) -> str | None:
    """The day behind the document's own label, on a line that may give others: "Visit: 1 May. Report: 9 May"."""
    labels = {match.end() for match in _LABELLED_PAPER.finditer(line)}
    found = [day for start, _, day in days(line) if start in labels]
    return _iso(found[0]) if len(found) == 1 else None


def _iso(day: tuple[int, int, int]) -> str | None:
    return parse_date("{:04}-{:02}-{:02}".format(*day))
