"""Whether two sentences contradict each other on a question, or one says that what the other says was changed.

They contradict each other by what they answer to a question of yes or no, by the time or the doer that they give, or by
themselves (`hybrid.answering.verification.disagreement`).
"""

from __future__ import annotations

import re

from hybrid.answering import acts, agency, polarity, wordings
from hybrid.answering.enumeration_terms import root
from hybrid.answering.verification.disagreement import (
    Kind,
    Said,
    at_other_moments,
    at_other_times,
    disagree,
    identifiers,
    periods_agree,
    same_days,
)
from hybrid.answering.verification.values import Day, Quantity, values
from hybrid.text import lexicon
from hybrid.types.documents import DocumentStatus

SAME_MINUTES = 5
"""Minutes by which two people may give one time and agree; not measured."""

_YES_NO = re.compile(r"\W*(?:did|does|do|was|were|is|are|has|have|had)\b", re.IGNORECASE)
_HOW = re.compile(r"\W*how (?:did|was|were|has|have|had)\b", re.IGNORECASE)
_WHEN = re.compile(r"\W*(?:when|at what (?:time|hour))\b", re.IGNORECASE)
_STILL = re.compile(
    r"\b(?:ha(?:s|ve) not|hasn't|haven't|not yet|remains?|still|outstanding|overdue"
    r"|(?:is|are) (?:still )?(?:not|un\w+))\b",
    re.IGNORECASE,
)
_EVENT = re.compile(
    r"[;:]\s+|,\s+|\b(?:when|while|whereas|although|but|before|after|until|as soon as|and)\b", re.IGNORECASE
)


def proposed_and_agreed(one: DocumentStatus | None, other: DocumentStatus | None) -> bool:
    """Whether one document is a draft or superseded and the other is executed: what was proposed, or held before, is
    not disputed by what was agreed.

    Example:
        >>> proposed_and_agreed(DocumentStatus(name="draft"), DocumentStatus(name="executed"))
        True
    """
    names = {status.name for status in (one, other) if status is not None}
    return "executed" in names and bool(names & {"draft", "superseded"})


def contradict(one: Said, other: Said, question: str) -> Kind | None:
    """How two sentences contradict each other on a question: one answers it with "yes" and the other with "no", or they
    `disagree`; ``None`` where they do not.

    Example:
        >>> there = Said("Mr Ode was at the quay all day.")
        >>> denial = Said("I was not there.", speaker="Ben Ode", before="I know the quay.")
        >>> contradict(there, denial, "Was Mr Ode at the quay?")
        'denial'
    """
    who = agency.read(question)
    if who is not None:
        agents = agency.agent(who, one), agency.agent(who, other)
        if None not in agents:
            return "agent" if agency.differ(who, one, other) and same_days_or_unknown(one, other) else None
    if _answer_otherwise(one, other, question):
        return "denial"
    asked = polarity.read(question)
    if asked is not None:
        answers = polarity.stance(asked, one), polarity.stance(asked, other)
        if None not in answers:
            if answers[0] == answers[1]:
                if answers[0] == "yes" and _WHEN.match(question) and _times_differ(asked, one, other):
                    return "value"
                if answers[0] == "yes" and _HOW.match(question) and _means_differ(one, other):
                    return "value"
                return disagree(one, other, question) if not _YES_NO.match(question) else None
            yes, no = (one, other) if answers[0] == "yes" else (other, one)
            agree = asked.of_occasion or yes.cells or no.cells or periods_agree(yes, no)
            if not agree or _became(yes, no) or _of_others(asked, yes, no) or _acts_apart(yes, no):
                return None
            changed = polarity.changes(asked) and at_other_times(yes, no, question)
            return None if changed or at_other_moments(yes, no) else "denial"
        if answers != (None, None):  # only one of the two says what was asked
            kind = disagree(one, other, question)
            of_values = kind in ("value", "date") and (not _YES_NO.match(question) or values(question).quantities)
            if of_values:
                return kind
            return "denial" if acts.deny(one, other, question) else None
    return disagree(one, other, question) or ("denial" if acts.deny(one, other, question) else None)


def _answer_otherwise(one: Said, other: Said, question: str) -> bool:
    """Whether two sentences answer a question in other wordings, and not alike, of the same days and things."""
    if not wordings.of(question):
        return False
    mine, theirs = wordings.answer(question, one), wordings.answer(question, other)
    if None in (mine, theirs) or mine == theirs:
        return False
    if not (one.cells or other.cells or periods_agree(one, other)):
        return False
    yes, no = (one, other) if mine == "yes" else (other, one)
    plain = [
        asked.asked if isinstance(asked, wordings.InSense) else asked
        for asked, _ in wordings.of(question)
        if not isinstance(asked, wordings.Asked)
    ]
    if _became(yes, no) or _acts_apart(yes, no) or at_other_moments(yes, no):
        return False
    rows = bool(one.cells or other.cells)  # which say nothing of how something is, and have days of their own
    return not any(
        _of_others(asked, yes, no)
        or (polarity.changes(asked) and not (rows and asked.copular) and at_other_times(yes, no, question))
        for asked in plain
    )


def _acts_apart(yes: Said, no: Said) -> bool:
    """Whether what is said and what is denied was done to two, or given after it was denied."""
    return acts.to_others(yes, no) or acts.notice_apart(yes, no)


def same_days_or_unknown(one: Said, other: Said) -> bool:
    """Whether two sentences are of the same days as far as is known."""
    return same_days(one, other) or (periods_agree(one, other) and None in (one.nearest_day, other.nearest_day))


def _means_differ(one: Said, other: Said) -> bool:
    """Whether two sentences give another means of what is done once, on the same days and of the same amounts: "by
    cheque", "in cash"."""
    if not periods_agree(one, other):
        return False
    mine, theirs = ({(q.unit, q.value) for q in values(said.plain).quantities} for said in (one, other))
    if mine and theirs and not mine & theirs:
        return False
    return any(
        first and second and not first & second
        for group in _MEANS
        for first, second in [[{match[1].lower() for match in group.finditer(said.plain)} for said in (one, other)]]
    )


_MEANS = tuple(
    re.compile(rf"\b(?:by|in|with|on|via)(?: (?:a|an|the|my|his|her|their|our|bank|credit|debit))* ({words})\b", re.I)
    for words in (
        "cash|coins|notes|cheque|check|card|transfer|direct debit|standing order|bank draft|postal order|vouchers?",
        "train|rail|car|bus|coach|taxi|plane|air|ship|boat|ferry|foot|bicycle|bike|lorry|van|helicopter",
    )
)
"""Means of which one excludes the others: of paying once, of going somewhere once."""


def _times_differ(asked: polarity.Asked, one: Said, other: Said) -> bool:
    """Whether two sentences give another time of the day for what is asked, on one day."""
    mine, theirs = _time_of(asked, one), _time_of(asked, other)
    if mine is None or theirs is None or not same_days(one, other):
        return False
    apart = abs(mine.value - theirs.value)
    return apart > (3 * SAME_MINUTES if "about" in (mine.bound, theirs.bound) else SAME_MINUTES)


def _time_of(asked: polarity.Asked, said: Said) -> Quantity | None:
    """The one time of the day in the clause of a sentence that says what is asked."""
    text = polarity.with_sounding(said.said_plainly)
    clauses = [part for part in _EVENT.split(text) if part and polarity.names_predicate(asked, part)]
    times = [one for part in clauses for one in values(part).quantities if one.unit == "clockminute"]
    return times[0] if len({one.value for one in times}) == 1 else None


def _of_others(asked: polarity.Asked, one: Said, other: Said) -> bool:
    """Whether the two speak of different ones of what a question names without saying which: "the north wall", "the
    cellar wall" of "the wall"."""
    for word in asked.words:
        mine, theirs = (
            {match["which"].lower() for match in _WHICH.finditer(said.plain) if match["noun"].lower() == word}
            - {*asked.words, *lexicon.STOPWORDS}
            for said in (one, other)
        )
        if mine and theirs and not mine & theirs:
            return True
    return False


_WHICH = re.compile(
    r"\b(?:the|a|an|my|our|his|her|its|their|your|this|that) (?P<which>[a-z]+) (?P<noun>\w+)", re.IGNORECASE
)


def _became(yes: Said, no: Said) -> bool:
    """Whether what a sentence denies as not done yet was done after its day, so that both may be right."""
    if not no.date or not (no.cells or _STILL.search(no.plain.replace("’", "'"))):
        return False
    year = int(yes.date[:4]) if yes.date and yes.date[:4].isdigit() else None
    done = [
        f"{day.year or year}-{day.month:02}-{day.day:02}"
        for day in values(yes.plain).days
        if (day.year or year) and day.month and day.day
    ]
    when = max(done, default=(yes.date or "")[:10])
    return when > no.date[:10]


_CHANGE = re.compile(
    r"\b(?:postpon\w+|put (?:back|off|forward)|brought forward|moved|shifted|rescheduled|deferred|delayed|extended"
    r"|shortened|advanced|raised|lowered|reduced|increased|changed|amended|rises|rose|falls|fell"
    r"|(?:goes|went|go) (?:up|down)"
    r"|replaced|corrected|revised|no longer|instead of|rather than)\b",
    re.IGNORECASE,
)
_FROM = re.compile(
    r"\b(?:from|instead of|rather than|and not|replac\w+|no longer)\s+(?P<old>[^,;]{1,40}?)"
    r"(?=\s+(?:to|until|by)\b|[,;.]|$)",
    re.I,
)


def tells_of_change(text: str) -> bool:
    """Whether a sentence may say that something was changed: a look at its words, for many."""
    return _CHANGE.search(" ".join(text.split())) is not None


def supersedes(later: Said, earlier: Said, question: str) -> bool:
    """Whether a sentence says that the value that another gives was changed: it says "from" that value to another, or,
    in a later document, that the same thing rose, fell or moved to another value.

    Example:
        >>> earlier = Said("The fair opens on 3 May 2025.")
        >>> supersedes(Said("The opening was put off from 3 May to 9 May 2025."), earlier, "When does the fair open?")
        True
    """
    text = later.plain
    if not _CHANGE.search(text) or not later.states or text == earlier.plain:
        return False
    if later.date and earlier.date and later.date[:10] < earlier.date[:10]:
        return False
    topic = {root(stem) for stem in (*lexicon.content_words(question), *lexicon.content_words(earlier.plain))}
    shared = {root(stem) for stem in lexicon.content_words(text)} & topic
    before = values(earlier.plain)
    for match in _FROM.finditer(text):
        old = values(match["old"])
        days = any(_same_day(a, b) for a in old.days for b in before.days)
        if shared and (
            days or any(a.unit == b.unit and a.value == b.value for a in old.quantities for b in before.quantities)
        ):
            return True
    if not (later.date and earlier.date and later.date[:10] > earlier.date[:10]) or identifiers(text) != identifiers(
        earlier.plain
    ):
        return False
    asked = {root(stem) for stem in lexicon.content_words(question)}
    held = {root(stem) for stem in lexicon.content_words(text)}
    moved = {(one.unit, one.value) for one in values(text).quantities if one.unit not in ("", "clockminute")}
    given = {(one.unit, one.value) for one in before.quantities}
    units = {unit for unit, _ in moved} & {unit for unit, _ in given}
    return bool(units) and not moved & given and len(shared & held) >= 2 and 3 * len(asked & held) >= 2 * len(asked)


def _same_day(one: Day, other: Day) -> bool:
    return (
        one.month == other.month
        and one.day == other.day
        and one.day is not None
        and (one.year is None or other.year is None or one.year == other.year)
    )
