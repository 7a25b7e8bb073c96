"""Questions for all of something: what is to be listed, counted or added, and what it is narrowed by."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta

from hybrid.answering.enumeration_bounds import UNITS, Bound, Comparison, Pair, read_bounds, read_comparison, read_pair
from hybrid.answering.enumeration_terms import EMPTY, ROWS, STATES, Term, Words, root, rooted, roots, terms, word_term
from hybrid.text import lexicon, values, wordnet
from hybrid.types.enumerations import EnumerationKind

_QUANTIFIER = r"(?:all|every|each|any and all|the|any|every single)"
_LIST = re.compile(
    r"(?:^|[.?!]\s+)\W*(?:please\s+|can you\s+|could you\s+)?(?:list|enumerate|tabulate|itemi[sz]e)\s+"
    r"(?:me\s+|out\s+|us\s+)?"
    rf"(?:{_QUANTIFIER}\s+(?:of\s+)?(?:the\s+)?)?(?P<x>.+)"
    r"|^\W*(?:please\s+)?(?:show|give|find|tell|get|name|identify|set out|extract)\s+(?:me\s+|us\s+)?"
    r"(?:a list of|a table of|all|every|each)\s+(?:of\s+)?(?:the\s+)?(?P<y>.+)"
    r"|^\W*(?:what|which)\s+(?:are|were)\s+all\s+(?:of\s+)?(?:the\s+)?(?P<z>.+)"
    r"|^\W*(?:all|every|each)\s+(?:of\s+)?(?:the\s+)?(?P<w>\w.+)"
    r"|^\W*(?:when|where|how)\s+(?:was|were|did|is|are)\s+(?:each|every)\s+(?P<u>.+)"
    r"|^\W*(?:at|in|on|to|from|for)\s+which\s+(?P<t>(?:[\w-]+\s+){0,2}[\w-]+s\s+(?:was|is)\b.+)"
    r"|^\W*which\s+(?P<s>(?:[\w-]+\s+){0,2}[\w-]+s\s+(?:was|is)\s+(?-i:[A-Z]).+)"
    r"|^\W*(?:(?:at|in|on|to|from|for)\s+)?which\s+(?P<v>(?:[\w-]+\s+){0,2}[\w-]+s\s+"
    r"(?:(?:of|in|on|for|from|by)\s+(?:[\w'’-]+\s+){1,5}?)?"
    r"(?:are|were|have|had|did|do|came|arrived|failed|remain|report|record|say|said|state|show|mention|note|involve|cause"
    r"|injure|hurt|kill)(?:e?d)?\b.+)",
    re.IGNORECASE | re.DOTALL,
)
_COUNT = re.compile(
    r"\bhow many\s+(?:different\s+|separate\s+|distinct\s+)?(?:of\s+(?:the\s+)?)?(?P<x>.+)"
    r"|^\W*(?:what (?:is|was) )?(?:the )?(?:total )?(?:number|count) of\s+(?:all\s+)?(?:the\s+)?(?P<y>.+)"
    r"|^\W*count\s+(?:all\s+|every\s+)?(?:of\s+)?(?:the\s+)?(?P<z>.+)",
    re.IGNORECASE | re.DOTALL,
)
_SUM = re.compile(
    r"\b(?:grand |overall |combined )?(?:total|sum|aggregate)"
    r"(?: (?P<unit>(?!of\b|for\b|from\b)\w+(?: (?!of\b|for\b|from\b)\w+)?))?"
    r"(?: of| for| from)\s+(?:all\s+|every\s+)?(?:of\s+)?(?:the\s+)?(?P<x>.+)"
    r"|^\W*add up\s+(?:all\s+)?(?:of\s+)?(?:the\s+)?(?P<y>.+)"
    r"|\bhow much\s+(?:was|were|is|are)\s+(?:all|every)\s+(?:the\s+)?(?P<z>.+?)\s+(?:in total|altogether|in all)\b",
    re.IGNORECASE | re.DOTALL,
)
_VERBS = r"paid|pay|spent|spend|invoiced|charged|received|owed|billed|claimed|refunded|donated|earned|transferred"
_SUM_OF_VERB = re.compile(
    rf"\bhow much\s+(?:has|have|did|was|were|had)\s+(?P<who>.{{0,60}}?)\s*\b(?P<verb>{_VERBS}|\w+ed)\b(?P<rest>.*?)"
    r"\b(?:in total|altogether|in all|overall)\b"
    rf"|\b(?:total|sum)(?: amount| sum| value)?\s+(?P<verb2>{_VERBS}|\w+ed)\b(?P<rest2>.*)",
    re.IGNORECASE | re.DOTALL,
)
PRESENT = rooted("present attendance attendee attending attended participant")
ABSENT = rooted("apology absent absence regrets excused")
"""The labels of lines that say who was at a meeting, and who was not."""
_PEOPLE = r"(?:people|persons|members|attendees|participants|others)"
_ATTENDANCE = re.compile(
    rf"^\W*(?:(?P<count>how many)"
    rf"(?:\s+{_PEOPLE}|(?=\s+(?:attended|(?:was|were)\s+(?:present|in attendance))\b))"
    rf"|who(?: all| else)?|(?:which|what)\s+{_PEOPLE}"
    r"|(?:list|name|give me|show me|tell me)\s+(?:all\s+|every\s+)?(?:of\s+)?(?:the\s+)?"
    rf"{_PEOPLE}(?:\s+(?:who|that))?)\s+"
    r"(?:(?P<absent>(?:sent|gave|offered|tendered|made|submitted)(?:\s+(?:his|her|their|in))*\s+(?:apologies|regrets)"
    r"|apologi[sz]ed|(?:excused|begged)\s+(?:himself|herself|themselves|off)|stayed away|(?:was|were) unable to attend"
    r"|could\s?(?:not|n['’]t)\s+(?:attend|come|make it|be there)"
    r"|(?:was|were)\s+(?:absent|missing|excused|not\s+(?:there|present|at|in attendance))"
    r"|did\s?(?:not|n['’]t)\s+(?:attend|come|take part)|missed)"
    r"|(?P<present>attended|(?:was|were|is|are)\s+(?:present|in attendance|there|at(?=\s+the\s+\S+))|took part"
    r"|participated|came|turned up))"
    r"(?P<what>\b(?:\s+(?:at|from|for|to|in|of|by))*(?:\s.*)?)$",
    re.IGNORECASE,
)
_OCCASION = re.compile(
    r"\b(?:meeting|session|hearing|agm|assembly|conference|inspection|visit|call|workshop|interview|committee|board"
    r"|briefing|gathering|walkover|handover|mediation|council|minutes|trial|inquest)s?\b",
    re.IGNORECASE,
)
_OF_APOLOGIES = re.compile(
    r"^\W*(?:from whom|whose|who)\s+(?:were|was|are|had)?\s*(?:the\s+)?apologies\b(?P<what>.*)$"
    r"|^\W*(?:who|list|name)\b.{0,40}\bapologies\b(?P<more>.*)$",
    re.IGNORECASE,
)
_UNDER_LABEL = re.compile(
    r"^\W*(?:who\s+(?:were|are|was|is)\s+(?:(?:on|in|among)\s+)?(?:all\s+)?(?:of\s+)?the|name the|list (?:all )?the)\s+"
    r"(?P<label>[a-z][\w-]*(?:\s(?!of\b|on\b|in\b|at\b|to\b|for\b|who\b|that\b|from\b|when\b)[a-z][\w-]*)?)(?P<what>\b.*)$",
    re.IGNORECASE,
)
_COLLECTIVE = rooted("crew jury panel committee board team staff party bench tribunal delegation")
_ANOTHER_PART = re.compile(r"\b(?:and|but)\s+(?:who|what|when|where|why|how|which|did|was|were)\b", re.IGNORECASE)
_WHICH = re.compile(r"\W*which\s+(?P<what>\w+s\s+\w.+)", re.IGNORECASE)
"""Of which things a number is above or below: all of them are asked for."""
_COUNT_OF_VERB = re.compile(
    r"^\W*how many\s+(?:(?:of (?:them|these|those)|in all|in total|altogether)\s+)?"
    r"(?P<auxiliary>(?:(?:were|was|are|is|have|has|had)\s+)?(?:been\s+)?)"
    r"(?P<verb>[a-z]+)\b(?P<rest>.*)",
    re.IGNORECASE,
)
_QUANTITY = re.compile(
    r"^\W*how much\s+(?P<what>(?!of\b|more\b|less\b)[a-z]\w*(?:\s[a-z]\w*)?)\s+"
    r"(?:did|was|were|has|have|had)\b(?P<rest>.+)",
    re.IGNORECASE,
)
_MADE_UP = re.compile(
    r"\b(?:made up|broken down|break(?:s|ing)? (?:it |this |that )?down|breakdown|composed|itemi[sz]ed|calculated"
    r"|add up to|components?|consist(?:s|ed)? of)\b",
    re.IGNORECASE,
)
_END = re.compile(
    r"(?<=s)\s+(?:\w+ed|report|record|say|said|state|show|mention|note|involve|cause|injure|hurt|kill)\b|\s*(?:[,;:?.!]|\s[-–—]\s|\b(?:that|which|who|whom|whose|where|when|with|without|including|showing|made|paid|sent|issued"
    r"|except|excluding|other than|apart from|besides|neither|nor"
    r"|received|raised|held|from|to|by|between|in|on|at|since|before|after|during|for|of|over|under|above|below|more|less"
    r"|exceeding|was|were|are|is|be|been|has|have|had|did|do|does|there|and|or|must|may|shall|should|will|would|can|could"
    r"|about|against|mentioned|recorded|listed|dated|until|up|as|not|took|take|took place|came|went|go|goes|come"
    r"|happened|relating|concerning|regarding|per|it|they|we|he|she)\b)",
    re.IGNORECASE,
)
_FIELDS = re.compile(
    r"\b(?:with|including|showing|giving|along with|together with|and)\s+(?:(?:its|their|the|each|his|her)\s+)?"
    r"(?P<f>(?:\w+(?:\s\w+){0,3}?)(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+)(?:the\s+|its\s+|their\s+)?\w+(?:\s\w+){0,3}?)*)\s*[.?!]?\s*$",
    re.IGNORECASE,
)
_FIELD_WORDS = rooted(
    """
    date dates amount amounts value values sum sums price prices number numbers reference ref name names source sources
    page pages status author sender recipient description total time times cost costs quantity quantities type party
    parties title day document documents details person place location reason result invoice order outcome dose
    """
)
MONEY_WORDS = rooted(
    """
    payment invoice fee cost charge expense refund deposit price bill salary wage loan purchase sale donation fine
    transfer debt credit withdrawal instalment installment royalty rent premium tax claim transaction receipt
    disbursement reimbursement commission budget
    """
)
_PLURAL = re.compile(
    r"(?:[^s]s|ses|people|men|children|staff|feet|data|criteria|media|teeth|geese|mice"
    r"|\b(?:fish|sheep|deer|cattle|salmon|trout|aircraft|livestock|poultry|personnel|swine))$",
    re.IGNORECASE,
)
_MONTH = rf"(?:{values.MONTH_NAME}|\bmay\b)"
_WHEN = re.compile(
    r"(?:(?P<part>first|second|third|fourth|last|final)\s+(?P<length>quarter|half)\s+of\s+|\bQ(?P<quarter>[1-4])\s+(?:of\s+)?)"
    r"(?P<pyear>\d{4})\b"
    rf"|(?P<day>{values.DAY})|(?P<month>{_MONTH})\s+(?:of\s+)?(?P<myear>\d{{4}})|(?P<iso>\b\d{{4}}-\d{{2}}\b)|(?P<year>{values.YEAR})",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Enumerated:
    """What a question asks to be listed, counted or added.

    ``head`` is the noun, as it is written; ``stems`` are its root and its synonyms'. ``terms`` narrow it; ``fields``
    are what is to be said of each ("date", "amount"). ``since`` and ``until`` are ISO 8601 days, "--05-01" where the
    question gives no year; ``bounds`` are those of numbers. ``made_up`` asks of which parts a sum is made. ``quantity``
    asks for the sum of a column of numbers, of which it names the column ("how many kilograms") or only what was
    measured ("how much honey"); then ``stems`` are empty. ``labels`` are the roots of those words of which one labels a
    line of names that is asked for ("Apologies: ..."), ``attendance`` whether that is who was there or not, and ``day``
    the question's words where it gives a day without its year. ``further`` is what the question wants besides, which is
    another question: "and every visit". ``tentative`` asks for rows of a table only if one has all that the question
    says: another answer may be a sentence ("What did Orr pay in May?"). ``of_person`` asks who did it. ``compared`` is
    how one date of each stands to another ("after its due date"), ``paired`` whether one did two things to each.
    ``attended`` are, of meetings that somebody attended or missed, the roots of the labels below which the names of the
    question are to stand. ``season`` is one of two years as the question writes it ("2022-23"): all days of both are
    asked for.
    """

    kind: EnumerationKind
    head: str
    stems: Words
    terms: tuple[Term, ...] = ()
    fields: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    bounds: tuple[Bound, ...] = ()
    made_up: bool = False
    quantity: bool = False
    labels: Words = frozenset()
    attendance: bool = False
    day: str = ""
    further: str = ""
    tentative: bool = False
    of_person: bool = False
    compared: Comparison | None = None
    attended: Words = frozenset()
    season: str = ""
    paired: Pair | None = None

    @property
    def of_money(self) -> bool:
        """Whether what is asked for has amounts."""
        wants = any(root(word) in rooted("amount value sum price cost") for word in self.fields)
        return self.kind == "sum" or wants or bool(self.stems & MONEY_WORDS)


def read(question: str) -> Enumerated | None:
    """What a question asks to be enumerated; ``None`` where it asks for something else.

    Example:
        >>> asked = read("List every payment that Solwend made in 2023, with date and amount.")
        >>> asked.head, [term.word for term in asked.terms], asked.fields, asked.since
        ('payment', ['Solwend', 'made'], ('date', 'amount'), '2023-01-01')
    """
    plain = " ".join(question.split())
    if (season := _season(plain)) is not None:
        years, both = season
        found = read(both)
        return None if found is None else replace(found, season=years)
    if (first := _first_of_two(plain)) is not None:
        return first
    if (match := _AND_THEIR_SUM.search(plain)) and (counted := read(plain[: match.start()])) is not None:
        return replace(counted, kind="sum") if counted.kind != "sum" else counted
    plain = _PAID_LATE.sub(r"\g<what>paid after their due date", plain)
    plain = _ONE_OF_THEM.sub(r"\g<which> ", plain)
    plain = _ONE_OF_SOMEBODY_S.sub(r"\g<which> \g<who> ", plain)
    if (named := read_labelled(plain)) is not None and named.attendance:
        return named
    if match := _WAS_THERE.match(plain):
        return read(f"Which meetings did {match['who']} {'miss' if match['missed'] else 'attend'} {match['what']}")
    if match := _HOW_OFTEN.match(plain):
        return _of_times(match)
    if match := _COME_TO.match(plain):
        return read(f"the total of {match['what']}{match['rest']}")
    if match := _SUM_OF_VERB.search(plain):
        return _of_verb(match)
    for kind, pattern in _PATTERNS:
        match = pattern.search(plain)
        if match is None:
            continue
        groups = match.groupdict()
        unit = groups.pop("unit", None)
        found = _of(kind, next(group for group in groups.values() if group is not None))
        if found is not None:
            return found if unit is None else replace(found, fields=(*found.fields, unit.lower()))
    if match := _COUNT_OF_VERB.search(plain):
        return _of_count_of_verb(match)
    if (match := _WHICH.match(plain)) and read_bounds(match["what"])[0]:
        return _of("list", match["what"])
    if match := _QUANTITY.search(plain):
        return _of_quantity(match)
    if (tentative := _read_tentative(plain)) is not None:
        return tentative
    if named is not None:
        return named
    if _MADE_UP.search(plain):
        words = [word for word in lexicon.tokens(_MADE_UP.sub(" ", plain)) if word.lower() not in lexicon.STOPWORDS]
        stems = frozenset(map(root, words)) - EMPTY - rooted("value worth")
        return Enumerated("sum", "parts", stems, made_up=True) if stems else None
    return None


def _season(plain: str) -> tuple[str, str] | None:
    """A season of two years ("in the season 2022-23", "in 2022/23") and the question with all their days; ``None``
    where a question names none: 2011-12 by itself is a month."""
    match = _SEASON.search(plain)
    if match is None:
        return None
    first, second = int(match["first"]), int(match["second"])
    by_itself = match["in"] and (match["mark"] == "/" or second > _MONTHS)
    if (first + 1) % 100 != second or not (match["called"] or match["called2"] or by_itself):
        return None
    days = f" between 1 January {first} and 31 December {first + 1} "
    return match["years"], " ".join(f"{plain[: match.start()]}{days}{plain[match.end() :]}".split())


_MONTHS = 12
_OF_TWO_YEARS = (
    r"(?:(?:financial|fiscal|business|tax|school|academic|crop|budget|playing)\s+)?"
    r"(?:years?|season|winter|term|session|campaign)"
)
_SEASON = re.compile(
    rf"(?:\b(?P<in>in|during|for|of|over|throughout)\s+)?(?:the\s+)?(?:(?P<called>{_OF_TWO_YEARS})\s+(?:of\s+)?)?"
    r"(?<![\w/-])(?P<years>(?P<first>(?:19|20)\d\d)(?P<mark>[-–/])(?P<second>\d\d))(?![\w/-])"
    rf"(?:\s+(?P<called2>{_OF_TWO_YEARS})\b)?",
    re.IGNORECASE,
)
_ONE_OF_THEM = re.compile(
    r"^(?P<which>\W*(?:(?:at|in|on|to|from|for)\s+)?which)\s+(?:ones?\s+)?(?:of|among)\s+(?:all\s+)?"
    r"(?:the|our|their|his|her|its|these|those|my|your)\s+",
    re.IGNORECASE,
)
"""Asked of "which of the letters" as of "which letters"."""
_ONE_OF_SOMEBODY_S = re.compile(
    r"^(?P<which>\W*(?:[Ww]hich|[Hh]ow many))\s+(?:ones?\s+)?(?:of|among)\s+(?P<who>[A-Z][\w&.-]*(?:\s[A-Z][\w&.-]*)*?)"
    r"(?:['’]s|(?<=s)['’])\s+(?=[a-z])"
)
"""Asked of "which of Orr's letters" as of "which Orr letters"."""
_PAID_LATE = re.compile(
    r"(?P<what>\b(?:invoices?|bills?|instal+ments?|accounts?|payments?|fees?|rents?|charges)\b(?:\s+\w+){0,6}?\s+)"
    r"(?:(?:paid|settled)\s+(?:too\s+)?late\b|(?<=were )late\b|(?<=was )late\b)",
    re.IGNORECASE,
)
"""What was paid late: its day of payment is behind the day on which it was due, and no other column's "late"."""
_COME_TO = re.compile(
    r"^\W*(?:and\s+|so\s+)?(?:what|how much)\s+(?:do|did|will|would)\s+"
    r"(?P<what>(?:(?:all|any)\s+)?(?:of\s+)?(?:(?:the|our|their|his|her|these|those)\s+)?[^?]*?\ws\b[^?]*?)\s+"
    r"(?:come|amount|add up|sum(?: up)?|run)\s+to\b(?:\s+(?:in total|in all|altogether|all together|together|overall))?"
    r"(?P<rest>(?:\s[^?]*)?)\??$",
    re.IGNORECASE,
)
"""The sum of things of which there are several: "What do the invoices for the atlas come to in total?"."""
_WAS_THERE = re.compile(
    r"^\W*(?:(?:[Dd]id|[Ww]as|[Ww]ere|[Hh]as|[Hh]ad)\s+)"
    r"(?P<who>(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.?\s+)?[A-Z][\w'’-]+(?:\s[A-Z][\w'’-]+){0,3})"
    r"\s+(?:(?P<missed>miss(?:ed)?|absent from)|attend(?:ed)?|(?:present\s+|there\s+|in attendance\s+)?at|come to|go to"
    r"|take part in)\s+(?P<what>(?:the|our|a|any)\s(?:[^?]*\s)?meetings?\b[^?]*)"
)
"""Whether somebody was at a meeting: its minutes list them, or do not."""
_HOW_OFTEN = re.compile(
    r"^\W*how\s+(?:often|many\s+times)\s+(?:did|was|were|has|have|had)\s+(?P<said>[^?]+)", re.IGNORECASE
)


def _of_times(match: re.Match[str]) -> Enumerated | None:
    """How often somebody did something, or was it: the rows that say so. A sentence may say it as well."""
    compared, said = read_comparison(match["said"])
    bounds, said = read_bounds(said)
    since, until, said = read_days(said)
    found = tuple(one for one in terms([], f" {said}", "") if one.stem not in _BEING)
    if not found:
        return None
    noun = _SUBJECT_OF.match(said)
    if noun and (compared or {one.stem for one in found} & _IN_TIME) and not any(one.name for one in found):
        how = re.sub(r"\b(?:come|came|arrived?|been?|turn(?:ed)? up)\b", "", said[noun.end() :])
        return read(f"How many {_plural(noun['noun'])} were {how}")  # so often was one of them
    return Enumerated("count", "times", ROWS, found, (), since, until, bounds, tentative=True, compared=compared)


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


_SUBJECT_OF = re.compile(r"(?:the|our|their|his|her|its|a|an)\s+(?P<noun>[a-z]+)(?<!s)\b", re.IGNORECASE)
_IN_TIME = rooted("late early delayed overdue")
_BEING = rooted("be been being come came arrive arrived turn get got go went")
"""Verbs that "late" or "absent" says all of: "came late"."""
_AND_THEIR_SUM = re.compile(
    r",?\s+(?:and|with)\s+(?:(?:what|how much|for how much)\b"
    r"(?=[^?]*\b(?:total|sum|come|worth|amount|add up|altogether)\b)"
    r"|(?:give\s+|show\s+)?(?:me\s+)?(?:their|its|the)\s+(?:total|sum)\b)[^?]*\??$",
    re.IGNORECASE,
)
"""The sum of what was counted or listed: "How many are unpaid, and what do they come to?"."""
_SECOND = re.compile(
    r",?\s+(?:and|as well as)\s+(?:also\s+)?(?P<further>"
    r"(?:(?:how many|the (?:number|sum|total) of)\b|(?:list\s+)?(?:all|every|each|any)\b).+)$",
    re.IGNORECASE,
)


def _first_of_two(plain: str) -> Enumerated | None:
    """The first of two things that are asked for in one question, each with a quantifier of its own."""
    match = _SECOND.search(plain)
    if match is None:
        return None
    first = read(plain[: match.start()])
    second = match["further"].strip().rstrip("?.! ")
    if first is None or read(second if second[:3].lower() in ("how", "lis") else f"List {second}") is None:
        return None
    return replace(first, further=second)


def read_labelled(plain: str) -> Enumerated | None:
    """Whose names a question wants of a labelled line: who was at a meeting, sent apologies, was the crew.

    Example:
        >>> asked = read_labelled("Who sent apologies for the meeting of 9 March 2021?")
        >>> asked.head, asked.since, sorted(asked.labels & ABSENT) == sorted(ABSENT)
        ('apologies', '2021-03-09', True)
    """
    plain = plain.strip().rstrip("?.! ")
    if match := _AND_WHO.search(plain):
        both = _both(read_labelled(plain[: match.start()]), read_labelled(plain[match.end() :]))
        if both is not None:
            return both
    if _ANOTHER_PART.search(plain):
        return None
    if match := _ATTENDANCE.match(plain):
        said = match["what"]
        if said.strip() and not (_OCCASION.search(said) or _WHEN.search(said) or _DAY_ALONE.search(said)):
            return None  # "Who attended the school?"
        head = "people" if match["count"] else "absent" if match["absent"] else "attendees"
        if match["absent"] and re.search(r"apolog|regrets", match["absent"], re.IGNORECASE) and not match["count"]:
            head = "apologies"
        labels = ABSENT if match["absent"] else PRESENT
        kind: EnumerationKind = "count" if match["count"] else "list"
        return _of_labels(kind, head, labels, said, attendance=True)
    if match := _OF_APOLOGIES.match(plain):
        return _of_labels("list", "apologies", ABSENT, match["what"] or match["more"] or "", attendance=True)
    if match := _UNDER_LABEL.match(plain):
        *before, head = match["label"].split()
        if _PLURAL.search(head) or root(head) in _COLLECTIVE:
            labels = frozenset({root(head)})
            attendance = bool(labels & (PRESENT | ABSENT))
            labels = PRESENT if labels & PRESENT else labels
            found = _of_labels("list", match["label"], labels, match["what"], attendance=attendance)
            return replace(found, terms=(*terms(before, "", root(head)), *found.terms))
    return None


_AND_WHO = re.compile(r",?\s+(?:and|but)\s+(?=who\b)", re.IGNORECASE)


def _both(one: Enumerated | None, other: Enumerated | None) -> Enumerated | None:
    """Who was at a meeting and who was not, in one question; ``None`` where either is another question."""
    if one is None or other is None or not (one.attendance and other.attendance) or one.labels == other.labels:
        return None
    labels, said = one.labels | other.labels, one if one.since or one.day or one.terms else other
    return replace(said, kind="list", head="attendees and absent", stems=labels, labels=labels)


_IN_STATE = re.compile(
    r"^\W*(?:how much(?: money| in all| altogether)?\s+(?:is|was|are|were|remains?|remained|has been|have been)"
    r"|(?:what (?:is|was) )?the (?:total|sum)(?: amount| sum| value)?(?: (?:that|which) (?:is|was))?"
    r"|(?:total|sum)(?: amount| sum| value)?)"
    r"\s+(?:still\s+|yet\s+|to be\s+)*(?P<state>(?:not\s+(?:yet\s+)?(?:been\s+)?)?[a-z]+)\b(?P<rest>.*)$",
    re.IGNORECASE,
)
_ACT = re.compile(
    r"^\W*(?P<asks>how much(?: money)?|what|when|where)\s+(?:did|has|have|had)\s+(?P<said>.+)$", re.IGNORECASE
)
_WHO_DID = re.compile(r"^\W*who\s+(?:all\s+|else\s+)?(?P<verb>[a-z]+)\b(?P<rest>.*)$", re.IGNORECASE)
_WHEN_ALL = re.compile(
    r"^\W*(?:when|where)\s+(?:were|have|are)\s+(?:all\s+)?(?:of\s+)?(?:the\s+|our\s+|these\s+|those\s+)?"
    r"(?P<x>[a-z]\w*s\b.+)$",
    re.IGNORECASE,
)
_OUR_OWN = re.compile(r"\b(?:we|they|i|you|he|she|it|us|them|anyone|anybody|somebody|someone|one)\b", re.IGNORECASE)


def _read_tentative(plain: str) -> Enumerated | None:
    """What a question asks for that a table may answer, and a sentence as well: "How much is unpaid?", "Who delivered
    the hives?", "What did Orr pay in May?"."""
    plain = plain.strip().rstrip("?.! ")
    if _ANOTHER_PART.search(plain):
        return None
    if (match := _IN_STATE.match(plain)) and (found := _of_state(match)) is not None:
        return found
    if (match := _ACT.match(plain)) and (act := _act_in(match["said"])) is not None:
        who, verb, rest = act
        kind: EnumerationKind = "sum" if match["asks"].lower().startswith("how") else "list"
        return _of_act(kind, verb, f" {rest} by {_OUR_OWN.sub(' ', who)}")
    match = _WHO_DID.match(plain)
    if match is not None and _is_act(match["verb"]) and _is_past(match["verb"].lower()):
        return replace(_of_act("list", match["verb"].lower(), f" {match['rest']}"), of_person=True)
    if match := _WHEN_ALL.match(plain):
        found = _of("list", match["x"])
        return None if found is None else replace(found, tentative=True)
    return None


def _act_in(said: str) -> tuple[str, str, str] | None:
    """Who did something, what, and the rest: "the clerk", "pay", "in May" of "the clerk pay in May"."""
    end = 0
    for at, word in enumerate(lexicon.tokens(said)):
        start, before = said.index(word, end), said[:end].split()[-1:]
        end = start + len(word)
        if at and _is_act(word) and word[0].islower() and not set(before) & _BEFORE_NOUNS:
            return said[:start], word.lower(), said[end:]
    return None


_BEFORE_NOUNS = lexicon.vocabulary("the a an of in on at our their his her its for to from by")


def _is_act(word: str) -> bool:
    low = word.lower()
    return low not in lexicon.STOPWORDS and wordnet.is_verb(low)


def _is_past(verb: str) -> bool:
    return not (wordnet.is_infinitive(verb) or verb.endswith(("s", "ing")))


def _of_act(kind: EnumerationKind, verb: str, said: str) -> Enumerated:
    """What somebody did, by the column that its verb names: "pay" the column "Paid on"."""
    bounds, said = read_bounds(said)
    since, until, said = read_days(said)
    stem = root(verb)
    agents = {root(f"{one}er") for one in wordnet.lemmas(verb)}  # the column "Buyer" of "buy"
    alike = {root(one) for one in lexicon.SYNONYMS.get(lexicon.stem(verb), ())}
    stems = frozenset({stem} | agents | alike)
    return Enumerated(kind, verb, stems, terms([], said, stem), (), since, until, bounds, tentative=True)


def _of_state(match: re.Match[str]) -> Enumerated | None:
    """The sum of all rows in a state: how much is unpaid, outstanding, not settled."""
    *denied, word = match["state"].lower().split()
    term = word_term(word)
    if not any(term.stem in done or root(word) in not_done for done, not_done in STATES):
        return None
    term = replace(term, negated=term.negated != bool(denied))
    bounds, said = read_bounds(_IN_ALL.sub(" ", match["rest"]))
    since, until, said = read_days(said)
    narrowing = (term, *_without_acts_of(terms([], said, ""), said))
    return Enumerated("sum", "amount", ROWS, narrowing, (), since, until, bounds, tentative=True)


def _without_acts_of(found: tuple[Term, ...], said: str) -> tuple[Term, ...]:
    """Terms of which the nouns of acts before "of" need not be said: what was received "from the sale of timber" is
    what was received of timber."""
    named = {word.lower() for word in re.findall(r"\bfrom\s+(?:the\s+)?([a-z]+)\s+of\b", said, re.IGNORECASE)}
    acts = {word for word in named if wordnet.verbal(word) or word in _ACTS}
    return tuple(replace(one, soft=True) if one.word.lower() in acts else one for one in found)


_ACTS = lexicon.vocabulary("sale sales")
"""Nouns of acts that the dictionary links to no verb."""


_IN_ALL = re.compile(r"\b(?:in total|in all|altogether|overall|at present|today|now|so far)\b", re.IGNORECASE)
_DAY_ALONE = re.compile(rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}|{_MONTH}\s+\d{{1,2}}\b", re.IGNORECASE)


def _of_labels(kind: EnumerationKind, head: str, labels: Words, said: str, *, attendance: bool) -> Enumerated:
    since, until, rest = read_days(said, yearless=False)
    day = said if since is None and until is None and _DAY_ALONE.search(said) else ""
    if day:
        rest = _DAY_ALONE.sub(" ", rest)
    if attendance:
        rest = _MEETING.sub(" ", rest)
    narrowing = tuple(one for one in terms([], f" {rest}", "") if one.stem not in _PLACES_OF_MEETING)
    return Enumerated(kind, head, labels, narrowing, (), since, until, labels=labels, attendance=attendance, day=day)


_MEETING = re.compile(r"\b(?:meetings?|minutes)\b(?!\s+(?:no\b|number\b|\d))", re.IGNORECASE)
"""What labelled lines of people are of, whether or not the document says the word: "Minutes of the Committee"."""
_PLACES_OF_MEETING = rooted("present attend attendance there took part")

_PATTERNS: tuple[tuple[EnumerationKind, re.Pattern[str]], ...] = (("count", _COUNT), ("sum", _SUM), ("list", _LIST))


def _of_verb(match: re.Match[str]) -> Enumerated:
    """A sum of what somebody paid, invoiced, received."""
    verb = match["verb"] or match["verb2"]
    said = f"{match['who'] or ''} {match['rest'] or match['rest2'] or ''}".strip(" ?.!")
    bounds, said = read_bounds(said)
    since, until, said = read_days(said)
    stem = root(verb)
    return Enumerated("sum", verb, frozenset({stem}), terms([], said, stem), (), since, until, bounds)


def _of_quantity(match: re.Match[str]) -> Enumerated | None:
    """How much of something was delivered, used, sold: the sum of what was measured, if a table has it."""
    what = match["what"].lower()
    if roots(what) & (MONEY_WORDS | EMPTY | rooted("money")):
        return None
    bounds, said = read_bounds(match["rest"])
    since, until, said = read_days(said)
    narrowing = (*terms([], f" {what}", ""), *terms([], said, ""))
    return Enumerated("sum", what, frozenset(), narrowing, (), since, until, bounds, quantity=True)


def _of_count_of_verb(match: re.Match[str]) -> Enumerated | None:
    """How many died, were injured, have been returned: the sum of the column that the verb names, if a table has it."""
    verb = match["verb"].lower()
    is_past = wordnet.is_verb(verb) and (bool(match["auxiliary"]) or not wordnet.is_infinitive(verb))
    if not is_past or verb in lexicon.STOPWORDS or _PLURAL.search(verb):
        return None
    bounds, said = read_bounds(match["rest"])
    since, until, said = read_days(said)
    stem = root(verb)
    narrowing = (word_term(verb), *terms([], said, stem))
    return Enumerated("sum", verb, frozenset({stem}), narrowing, (), since, until, bounds, quantity=True)


def _of(kind: EnumerationKind, asked: str) -> Enumerated | None:
    if kind == "sum" and _MADE_UP.search(asked):
        return None
    rest, fields = _fields(asked)
    paired, rest = read_pair(rest)
    compared, rest = read_comparison(rest)
    marks, rest = _marks(rest)
    bounds, rest = read_bounds(rest)
    since, until, rest = read_days(rest)
    end = _END.search(rest)
    phrase = rest[: end.start()] if end else rest
    words = lexicon.tokens(phrase)
    if not words or len(words) > 5 or not words[-1][0].isalpha():
        return None
    while len(words) > 1 and _is_participle(words[-1], words[-2]) and kind != "sum":
        phrase = phrase[: phrase.rindex(words.pop())]  # "every crate delivered"
    if _is_subject_behind(words):
        while not (words[-1].islower() and _PLURAL.search(words[-1])):
            phrase = phrase[: phrase.rindex(words.pop())]  # "letters Ann Orr received"
    if kind == "count" and len(words) > 1 and _PLURAL.search(words[-2]) and _is_verb_behind(words[-1]):
        phrase = phrase[: phrase.rindex(words.pop())]  # "how many fish died"
    head = words[-1]
    stem = root(head)
    if head[0].isupper() and not head.isupper() and not _PLURAL.search(head):
        return None  # a name
    if kind == "count" and not _PLURAL.search(head):
        return None
    if stem in EMPTY and len(words) == 1 and not (marks or stem in rooted("document case people")):
        return None
    stems = frozenset(
        {stem, *map(root, lexicon.SYNONYMS.get(lexicon.stem(head.lower()), ()))} | _ALSO.get(stem, frozenset())
    )
    behind = rest[len(phrase) :]
    attended, behind = _attended(head, behind)
    before = [one for one in words[:-1] if not attended or one.lower() not in _REGULAR]
    narrowing = (*terms(before, behind, stem), *marks)
    if attended and not any(one.name for one in narrowing):
        attended, narrowing = frozenset(), (*terms(words[:-1], rest[len(phrase) :], stem), *marks)
    if kind == "count" and not attended and (came := _CAME.search(behind)):  # else it says nothing: "come to"
        narrowing = (*narrowing, Term(came[0], root(came[0]), soft=True))
    if kind == "count" and head.lower() in UNITS:
        dimension = UNITS[head.lower()]
        stems |= {root(word) for word, measure in UNITS.items() if measure == dimension}
        return Enumerated("sum", head, stems, narrowing, fields, since, until, bounds, quantity=True)
    return Enumerated(
        kind, head, stems, narrowing, fields, since, until, bounds, compared=compared, attended=attended, paired=paired
    )


_CAME = re.compile(r"\b(?:came|come)\b(?!\s+(?:to|from|with|of|about)\b)", re.IGNORECASE)
_PLAIN_MARK = (
    r"(?P<plain>(?!(?:by|in|on|for|to|with|at|of|as|from)\b)[a-z][\w-]*"
    r"(?:\s+(?!(?:by|in|on|for|to|with|at|of|from|sent|written|dated|between|before|after|since|until|that|which|who)\b)"
    r"[a-z][\w-]*){0,4})"
)
_MARKED = re.compile(
    r"(?:\b(?:that|which)\s+)?(?:\b(?:are|is|were|was|bear|bearing)\s+)?"
    r"\b(?:marked|headed|labell?ed|stamped|entitled|titled|designated|flagged)\s+(?:as\s+)?"
    rf"(?:[\"“‘'](?P<quoted>[^\"”’']+)[\"”’']|{_PLAIN_MARK})",
    re.IGNORECASE,
)
_IN_HEADING = re.compile(
    r"\b(?:with|having|containing|that\s+(?:has|have|say|says|contain|contains))\s+(?:the\s+words?\s+)?"
    r"(?:[\"“‘'](?P<quoted>[^\"”’']+)[\"”’']|(?P<plain>[a-z][\w-]*(?:\s[a-z][\w-]*){0,3}?))\s+in\s+(?:the|its|their)\s+"
    r"(?:subject|title|heading|header|headline)s?(?:\s+lines?)?\b",
    re.IGNORECASE,
)


def _marks(asked: str) -> tuple[tuple[Term, ...], str]:
    """What a question says that things are marked with or headed by, and the rest of it.

    Example:
        >>> found, rest = _marks("letters marked private and confidential from Ann Orr")
        >>> [one.word for one in found], rest
        (['private', 'confidential'], 'letters from Ann Orr')
    """
    match = _MARKED.search(asked) or _IN_HEADING.search(asked)
    if match is None or not asked[: match.start()].strip():
        return (), asked
    said = match["quoted"] or match["plain"]
    rest = " ".join(f"{asked[: match.start()]} {asked[match.end() :]}".split())
    either = [one.strip() for one in re.split(r"\s+or\s+", said) if one.strip()]
    if len(either) > 1:
        return (Term(either[0], root(either[0]), role="heading", others=tuple(either[1:])),), rest
    each = [one.strip() for one in re.split(r"\s+and\s+|\s*,\s*", said) if one.strip()]
    return tuple(Term(one, root(one), role="heading") for one in each), rest


_ATTENDED = re.compile(
    r"\b(?:attend(?:ed|s|ing)?|(?:was|were|is|are|be|being)\s+(?:present|there|in attendance|at(?!\s+\w))|present"
    r"|in attendance|(?:at|there)(?=\W*$)|(?:took|take|taken)\s+part(?:\s+in)?|participated?(?:\s+in)?"
    r"|went\s+to|came\s+to)\b",
    re.IGNORECASE,
)
_MISSED = re.compile(
    r"\b(?:miss(?:ed|es)?|(?:(?:was|were|is|are)\s+)?absent(?:\s+from)?|apologi[sz]ed?(?:\s+for)?"
    r"|(?:sent|gave|send|give|tendered|offered)\s+(?:(?:his|her|their|in)\s+)*(?:apologies|regrets)(?:\s+(?:for|to))?"
    r"|(?:did\s?(?:not|n['’]t)\s+|not\s+)(?:attend|come to|take part in|go to)"
    r"|(?:was|were)\s?(?:not|n['’]t)\s+(?:present|there|at|in attendance)"
    r"|not\s+(?:present|attended|there|at|in attendance))\b",
    re.IGNORECASE,
)


_REGULAR = lexicon.vocabulary("weekly fortnightly monthly quarterly regular usual periodic")
"""How often meetings are held, which their minutes need not say."""


def _attended(head: str, behind: str) -> tuple[Words, str]:
    """The labels of lists in which those who attended meetings, or missed them, stand; and the rest of the question."""
    if not _OCCASION.fullmatch(head):
        return frozenset(), behind
    for pattern, labels in ((_MISSED, ABSENT), (_ATTENDED, PRESENT)):
        if match := pattern.search(behind):
            return labels, f"{behind[: match.start()]} {behind[match.end() :]}"
    return frozenset(), behind


def _is_participle(word: str, before: str) -> bool:
    """Whether a word says what was done with what is named before it: "crate delivered", "books lent"."""
    low = word.lower()
    if word[0].isupper() or not wordnet.is_verb(low):
        return False
    irregular = _is_past(low) and bool(_PLURAL.search(before)) and not _PLURAL.search(low)
    return (low.endswith("ed") and len(low) > 4) or irregular


def _is_subject_behind(words: list[str]) -> bool:
    """Whether a phrase ends in a name behind a plural, perhaps with its verb: "letters Ann Orr", "letters Ann Orr
    wrote"; not "letters", nor "Ward Rounds"."""
    at = next((at for at, word in enumerate(words) if word.islower() and _PLURAL.search(word)), None)
    behind = words[at + 1 :] if at is not None else []
    if len(behind) > 1 and behind[-1].islower() and wordnet.is_verb(behind[-1]):
        behind = behind[:-1]
    return bool(behind) and all(word[0].isupper() for word in behind) and not behind[-1].isupper()


def _is_verb_behind(word: str) -> bool:
    """Whether a word behind a plural is what that did: "died", "sank"; not "boats", nor "reports"."""
    return word[0].islower() and not _PLURAL.search(word) and wordnet.is_verb(word)


def _also(groups: str) -> dict[str, Words]:
    found: dict[str, Words] = {}
    for group in groups.split(","):
        stems = frozenset(map(root, group.split()))
        found |= {stem: found.get(stem, frozenset()) | stems for stem in stems}
    return found


_ALSO = _also(
    "email e-mail mail message, medication medicine drug, attendee participant present people, meeting minutes, "
    "employee staff worker, fault defect failure, repair replacement fix, purchase order"
)


def _fields(asked: str) -> tuple[str, tuple[str, ...]]:
    """The question without the fields that it wants of each ("with date and amount"), and these."""
    match = _FIELDS.search(asked)
    if match is None:
        return asked, ()
    found = [part.strip() for part in re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", match["f"])]
    named = [re.sub(r"^(?:its|their|the)\s+", "", one, flags=re.IGNORECASE) for one in found if one]
    known = [bool(roots(one) & _FIELD_WORDS) for one in named]
    if not any(known) or (not all(known) and not match[0].lower().startswith(("with", "includ", "show", "giv"))):
        return asked, ()
    return asked[: match.start()], tuple(named)


def read_days(asked: str, *, yearless: bool = True) -> tuple[str | None, str | None, str]:
    """The first and the last day that the question names, and the rest of it. Days without a year ("in May") are
    "--05-01", where ``yearless``."""
    asked = _DAYS_OF_ONE.sub(r"\g<first> \g<rest>\g<and>\g<last>\g<rest2>", _each_with_its_year(asked))
    found = [(match.span(), _span_of(match)) for match in _WHEN.finditer(asked)]
    spans = [(place, span) for place, span in found if span is not None]
    if not spans and yearless:
        spans = [(match.span("when"), _yearless(match)) for match in _WITHOUT_YEAR.finditer(asked)]
    if not spans:
        return None, None, asked
    (start, end), (since, until) = spans[0][0], (spans[0][1][0], spans[-1][1][1])
    before, after = asked[:start].rstrip().lower(), asked[end:].lstrip().lower()
    rest = asked
    for place, _ in reversed(spans):
        rest = rest[: place[0]] + " " + rest[place[1] :]
    if len(spans) == 1 and re.match(r"(?:and (?:later|after)|onwards?|on(?=\W*$))\b", after):
        return since, None, re.sub(r"\b(?:and (?:later|after)|onwards?|on(?=\W*$))\b", " ", rest)
    if len(spans) == 1 and re.match(r"(?:and|or) (?:earlier|before)\b", after):
        return None, until, re.sub(r"\b(?:and|or) (?:earlier|before)\b", " ", rest)
    if len(spans) == 1 and re.search(r"\bsince(?: the)?$", before):
        return since, None, rest
    if len(spans) == 1 and re.search(r"\bfrom(?: the)?$", before) and since == until:
        return since, None, rest  # "from 2019" and "from May 2019" are of that time
    if len(spans) == 1 and re.search(r"\b(?:after|later than)(?: the)?$", before):
        return _day_beside(until, 1), None, rest
    if len(spans) == 1 and re.search(r"\b(?:before|earlier than)(?: the)?$", before):
        return None, _day_beside(since, -1), rest
    if len(spans) == 1 and re.search(r"\b(?:until|till|up to|by)(?: the)?$", before):
        return None, until, rest
    return since, until, rest


_MONTH_ALONE = rf"(?i:{values.MONTH_NAME})|May"
_SHARING_YEAR = re.compile(
    rf"\b(?P<first>(?:\d{{1,2}}(?:st|nd|rd|th)?\s+)?(?P<month>(?:{_MONTH_ALONE})))(?P<and>\s+(?:and|to|until|till|through)\s+"
    rf"|\s?[-–]\s?)(?P<last>(?:the\s+)?(?:\d{{1,2}}(?:st|nd|rd|th)?\s+)?(?P<month2>(?:{_MONTH_ALONE}))\s+(?P<year>\d{{4}}))\b"
)
_DAYS_OF_ONE = re.compile(
    r"(?P<range>(?<=between )|(?<=from )|(?<=on )|(?<=the ))?\b(?P<first>\d{1,2}(?:st|nd|rd|th)?)"
    r"(?P<and>(?(range)\s+(?:and|to|until|till|through)\s+(?:the\s+)?|\s?[-–]\s?))"
    rf"(?P<last>\d{{1,2}}(?:st|nd|rd|th)?)(?P<rest2>\s+(?P<rest>(?:of\s+)?(?:{_MONTH_ALONE})\s+\d{{4}}))\b"
)
"""Days of one month: "between 3 and 17 May 2025"."""


def _each_with_its_year(asked: str) -> str:
    """The question with the year that two months share beside each of them: "between November and March 2025" begins
    in 2024."""

    def both(match: re.Match[str]) -> str:
        months = (values.MONTHS[match[name].lower()] for name in ("month", "month2"))
        year = int(match["year"]) - (next(months) > next(months))
        return f"{match['first']} {year}{match['and']}{match['last']}"

    return _SHARING_YEAR.sub(both, asked)


_WITHOUT_YEAR = re.compile(
    r"\b(?:in|of|during|since|before|after|until|till|from|by|through|throughout|between|and|to|or|on|than|the)\s+"
    rf"(?P<when>(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{_MONTH_ALONE})"
    rf"|(?P<month2>{_MONTH_ALONE})(?:\s+(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?)?)\b(?!\s+[A-Z])",
)
_NO_YEAR = "2000"
"""A leap year, in which days without a year are moved."""


def _yearless(match: re.Match[str]) -> tuple[str, str]:
    month = values.MONTHS[(match["month"] or match["month2"]).lower()]
    day = match["day"] or match["day2"]
    if day:
        return (f"--{month:02d}-{int(day):02d}",) * 2
    return f"--{month:02d}-01", f"--{month:02d}-31"


def _day_beside(day: str, step: int) -> str:
    """The day before or after; of the 31st of a shorter month the first of the next."""
    year, month, number = map(int, day.replace("--", f"{_NO_YEAR}-", 1).split("-"))
    last = monthrange(year, month)[1]
    beside = (date(year, month, min(number, last)) + timedelta(days=step)).isoformat()
    return f"-{beside[4:]}" if day.startswith("--") else beside


_PARTS_OF_YEAR = ("first", "second", "third", "fourth")


def _span_of(match: re.Match[str]) -> tuple[str, str] | None:
    if match["pyear"]:
        months = 6 if (match["length"] or "").lower() == "half" else 3
        said = (match["part"] or _PARTS_OF_YEAR[int(match["quarter"] or 1) - 1]).lower()
        at = _PARTS_OF_YEAR.index(said) if said in _PARTS_OF_YEAR else 12 // months - 1
        last = months * (at + 1)
        year, first = match["pyear"], last - months + 1
        return (f"{year}-{first:02d}-01", f"{year}-{last:02d}-31") if last < 13 else None
    if match["day"]:
        day = values.parse_date(match["day"])
        return (day, day) if day else None
    if match["month"]:
        month = values.parse_date(f"{match['month']} {match['myear']}")
        return (f"{month}-01", f"{month}-31") if month else None
    if match["iso"]:
        return f"{match['iso']}-01", f"{match['iso']}-31"
    return f"{match['year']}-01-01", f"{match['year']}-12-31"
