"""Whether two documents say otherwise about one thing: two values of it, or a statement and its denial.

Stricter than `contradiction`, which judges a claim against the span that it is alike to in words: here nobody has made
the one sentence of the other, and two sentences with different numbers are seldom about the same thing. They are
compared only if

- they share what they are about: most of the question's words and all of its identifiers, or most of their own words;
- neither is about another one of its kind: another identifier, another name, another period;
- both say it of the same respect: a minimum is no maximum, a plan no outcome, a part no total, a former state no
  present one;
- both state it: no question, condition, proposal, guess or report of what somebody else says.

Rounding and another unit for the same value are agreement. A wrong contradiction beside a quote is worse than none.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Literal

from hybrid.answering.premises import is_identifier
from hybrid.answering.verification import markers
from hybrid.answering.verification.values import Day, Quantity, values
from hybrid.text import imperatives, lexicon, wordnet
from hybrid.text.values import MONTHS

Kind = Literal["value", "date", "denial", "opposite", "agent"]

MIN_SHARED = 0.6
"""Share of the question's content words, or of the shorter sentence's, that both must have."""
MIN_WORDS = 3
"""Words that two sentences must share where no question says what they are about."""
ROUNDED = Decimal("0.005")
"""Values that differ by less, as a share of the greater, are one value rounded in two ways."""

_CLAUSE = re.compile(
    r"[;:]\s+|,\s+|\s[–—-]\s|\b(?:but|while|whereas|against|versus|compared (?:with|to)|instead of|rather than|where|"
    r"although|and (?=the|its|his|her|their|a|an|\d)|not (?=\d))\b|(?<=[a-z\d])[.!?]\s+(?=[A-Z])"
)
_RESPECTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(rf"\b(?:{words})\b", re.IGNORECASE))
    for name, words in (
        ("required", r"required?s?|requirements?|specif\w+|must|shall|should|standard|permitted|allowed"
                     r"|asks? for|needs?"),
        ("least", r"minimum|min|at least|not less than|lowest|smallest|fewest|floor|cheapest|local reading"),
        ("most", r"maximum|max|at most|up to|limit\w*|cap|capped|highest|largest|greatest|ceiling|peak|not exceed\w*"),
        ("mean", r"mean|means(?=:| of| are| were)|average|median|typical"),
        ("planned", r"due|plan\w*|schedul\w*|expect\w*|forecast\w*|budget\w*|propos\w*|quot(?:e|es|ed|ation)"
                    r"|target\w*|promis\w*"
                    r"|estimat\w*|project(?:ed|ion)|booked|intend\w*|would|will|to be|hop(?:e|es|ed)|next|offer\w*"),
        ("ordered", r"ordered|order for"),
        ("invoiced", r"invoiced|billed|charged|claim(?:ed|s)?"),
        ("rate", r"per|each|every|apiece|a (?:day|week|month|year|unit|piece|tonne|night|head)|daily|weekly"
                 r"|monthly|hourly"
                 r"|annual\w*|yearly|unit"),
        ("total", r"total\w*|in all|altogether|overall|sum|aggregate|combined|cumulative"),
        ("part", r"of (?:which|these|them|the)|part|only|remaining|rest|other|another|further|additional|more"
                 r"|extra|missing"
                 r"|short|balance|half|first|second|third|last"),
        ("net", r"net|excluding|without|before tax|ex vat|less"),
        ("gross", r"gross|including|inclusive|with vat|incl"),
        ("before", r"until|before|former\w*|previous\w*|earlier|originally|initial\w*|used to|old|prior|at first|then"),
        ("after", r"after|since|now|new|currently|today|from|later|revised|amended|replaced|increas\w*|reduc\w*|rais\w*"
                  r"|lower(?:ed)?|rose|fell|chang\w*"),
        ("negated", r"not|never|no|nor|neither|n't"),
    )
)  # fmt: skip
_UNSTATED = (
    markers.CONDITIONAL, markers.HEDGED, markers.COUNTERFACTUAL, markers.QUESTION, markers.WHETHER, markers.BELIEF
)  # fmt: skip
_OPPOSED = """
    open closed, open shut, locked unlocked, wet dry, present absent, paid unpaid, alive dead, safe unsafe, full empty,
    late punctual, complete incomplete, signed unsigned, awake asleep, broken intact, damaged undamaged, on off, up
    down, accepted refused, accepted rejected, approved refused, approved rejected, agreed refused, passed failed, won
    lost, granted refused, granted rejected, left stayed, left remained, hot cold, valid invalid, available
    unavailable, operational defective
"""
OPPOSITE: dict[str, frozenset[str]] = {}
for _pair in _OPPOSED.split(","):
    _one, _other = _pair.split()
    for _word, _against in ((_one, _other), (_other, _one)):
        OPPOSITE[_word] = OPPOSITE.get(_word, frozenset()) | {_against}
_FIRST = re.compile(r"\b(?:I|me|my|mine|myself)\b")
_DENIED_VERB = re.compile(
    r"\b(?:no|none|nothing|nobody|neither)\b(?: (?!(?:has|have|had|was|were|is|are)\b)[\w-]+){0,5}"
    r" (?:has|have|had|was|were|is|are)(?: (?:ever|yet|so|far|been|being)\b){0,3} (?P<none>\w+)"
    r"|\b(?:did not|didn't|does not|doesn't|do not|don't|has not|hasn't|have not|haven't|had not|hadn't|was not"
    r"|wasn't|were not"
    r"|weren't|is not|isn't|are not|aren't|never|no one|nobody|none)\s+(?:\w+ ){0,2}?(?P<verb>\w+)"
    r"|\b(?P<after>\w+) (?:nothing|no (?!longer|more|less|fewer|later|doubt)\w+|to nothing|to no \w+|none)\b"
    r"|\b(?:denies|denied|deny|refused to|failed to|declined to) (?:\w+ing |having |that )?(?P<denied>\w+)",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[.;!?](?:\s|$)|,\s+(?:but|and|while)\s")
_OR_WORD = re.compile(r"\b(?:or|nor) (\w+)")
_NUMBERED = re.compile(
    r"\b(?P<label>unit|flat|room|ward|bed|batch|lot|order|invoice|phase|stage|load|consignment|plot|block|floor"
    r"|house|site"
    r"|building|build|server|node|version|item|contract|amendment|no\.?|case|claim|group|team|zone|table"
    r"|schedule|clause"
    r"|section|crate|bay|gate|pump|line|route|flight|form)\s+(?:no\.?\s*)?"
    r"(?P<id>\d[\w.-]*(?!\s*(?:%|(?:mm|cm|m|km|mg|g|kg|ml|l|hrs?|mins?|mph|kw|v|a)\b))|[A-Z](?![\w-]))",
    re.IGNORECASE,
)
_LABEL = re.compile(r"(\w+)\W*(?:\s(?:of|is|was|at|about|a|an|the|to|:|=))*\W*$")
_BASE: dict[str, tuple[Decimal, str]] = {
    unit: (Decimal(factor), base)
    for base, units in {
        "second": "second:1 minute:60 hour:3600",
        "day": "day:1 week:7 fortnight:14",
        "month": "month:1 year:12",
        "gram": "mg:0.001 milligram:0.001 gram:1 kilogram:1000 tonne:1000000",
        "metre": "millimetre:0.001 centimetre:0.01 metre:1 kilometre:1000",
        "litre": "millilitre:0.001 ml:0.001 litre:1",
        "penny": "penny:1 pound:100",
    }.items()
    for unit, factor in (pair.split(":") for pair in units.split())
}  # fmt: skip
"""Units of one kind, each as a multiple of the same base."""


@dataclass(frozen=True)
class Said:
    """A sentence of a document, who says it (the author or speaker), the document's title and date (ISO 8601), the
    sentence ``before`` it, to which a pronoun may refer, the ``context``: what stands before it in the document, which
    may give the day and the occasion, the sentence ``after`` it, which may deny what it reports, and the ``client`` for
    whom its document speaks ("We act for Orr Ltd").

    A row of a table is its heading and itself, a line each."""

    text: str
    title: str = ""
    speaker: str | None = None
    date: str | None = None
    before: str = ""
    context: str = ""
    after: str = ""
    client: str = ""

    @cached_property
    def cells(self) -> tuple[tuple[str, str], ...]:
        """Of a row of a table each column's name with the row's cell; nothing of a sentence."""
        lines = [line for line in self.text.strip().splitlines() if line.strip()]
        if len(lines) != 2:
            return ()
        for separator in (",", "\t", "|", ";"):
            heading, row = (next(csv.reader([line], delimiter=separator)) for line in lines)
            if len(heading) == len(row) > 2:
                return tuple((column.strip(), cell.strip()) for column, cell in zip(heading, row, strict=True))
        return ()

    @cached_property
    def reporter(self) -> str:
        """Who is reported to say it, by the last name: "Ms Cole said that it was locked"."""
        match = _SAID_BY.match(self.plain)
        return match["name"].split()[-1] if match else ""

    @cached_property
    def recipient(self) -> frozenset[str]:
        """The words of the names of those to whom the mail is addressed in which it stands, in lower case, as far as
        what stands before it has its header."""
        headers = list(_ADDRESSED.finditer(self.context))
        return (
            frozenset(re.findall(r"[^\W\d_]+", re.sub(r"<[^>]*>", "", headers[-1]["to"]).lower()))
            if headers
            else frozenset()
        )

    @cached_property
    def recipient_domains(self) -> frozenset[str]:
        """The domains of the addresses to which the mail went in which it stands, but those of public mail services."""
        headers = list(_ADDRESSED.finditer(self.context))
        return _domains(headers[-1]["to"]) if headers else frozenset()

    @cached_property
    def sender_domains(self) -> frozenset[str]:
        """The domain of the address from which the mail came in which it stands, if that is no public mail service."""
        headers = list(_SENT_BY.finditer(self.context))
        return _domains(headers[-1]["sender"]) if headers else frozenset()

    @cached_property
    def said_plainly(self) -> str:
        """The sentence without who is reported to say it, or the words by which its author comes to say it."""
        match = _SAID_BY.match(self.plain) or _INTRODUCED.match(self.plain)
        return self.plain[match.end() :] if match else self.plain

    @cached_property
    def nearest_day(self) -> tuple[int | None, int | None, int | None] | None:
        """The last day of a month that is given before the sentence."""
        found = [day for day in _days_in_order(self.context) if day[1] and day[2]]
        return found[-1] if found else None

    @cached_property
    def dated_by(self) -> str:
        """What may say when: itself, where it gives a day or a time, else the sentence before it in its paragraph."""
        numbered = self.plain != " ".join(self.text.split())  # another paragraph's time is another matter's
        return self.plain if numbered or _periods(self.plain) or set(_times_of_day(self.plain)) else self.before

    @cached_property
    def minutes(self) -> frozenset[int]:
        """The times of the day of `dated_by`, in minutes."""
        return frozenset(_times_of_day(self.dated_by))

    @cached_property
    def moment(self) -> frozenset[str]:
        """The words of what it says of when: "when loading began"."""
        return frozenset(
            stem for match in _MOMENT.finditer(self.plain) for stem in lexicon.content_words(match["what"])
        )

    @cached_property
    def plain(self) -> str:
        """The sentence on one line, without its number; a row of a table that begins a line ends a clause."""
        text = re.sub(r"^(?:\(?\d+(?:\.\d+)*[.)]?|\([a-z]\))\s+(?=[A-Z])", "", self.text.strip())
        return " ".join(re.sub(r"(?<=\w)[ \t]*\n(?=[A-Z][a-z])", "; ", text).split())

    @cached_property
    def words(self) -> frozenset[str]:
        """The stems of its content words; "I" is whoever says it."""
        found = set(lexicon.content_words(self.plain))
        if self.speaker and _FIRST.search(self.plain):
            found |= set(lexicon.content_words(self.speaker)[-1:])
        return frozenset(found)

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """What names one thing among many: "DN-0118", "Unit 3"."""
        return identifiers(self.plain)

    @cached_property
    def about(self) -> frozenset[str]:
        """Its identifiers, and those of its title where it has none itself."""
        return self.identifiers or identifiers(self.title)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names in it, each by its stem, and the speaker's last name where it says "I"."""
        found = set(lexicon.names(self.plain))
        if self.speaker and _FIRST.search(self.plain):
            found |= set(lexicon.content_words(self.speaker)[-1:])
        return frozenset(found)

    @cached_property
    def resolved(self) -> Said:
        """The sentence behind the one that its first pronoun refers to: "It was 19 %" behind "I measured it"."""
        if not (self.before and _PRONOUN_FIRST.match(self.said_plainly)):
            return self
        return replace(self, text=f"{Said(self.before).plain} {self.said_plainly}", before="")

    @cached_property
    def refers(self) -> bool:
        """Whether it refers back to the sentence before it: it begins with a pronoun, or speaks of "that night"."""
        text = self.said_plainly
        return _PRONOUN_FIRST.match(text) is not None or _SAME_DAY.search(text) is not None

    @cached_property
    def times(self) -> frozenset[str]:
        """The years in its document's title, where it gives no day or year itself: "Price list 2023"."""
        return frozenset() if _periods(self.plain) else frozenset(_YEAR.findall(self.title))

    @cached_property
    def states(self) -> bool:
        """Whether it states something itself, and the next sentence does not deny it: "That is untrue."."""
        if self.plain.endswith("?") or denies_before(self.after) or self._asks_to_act:
            return False
        return not any(marker.search(self.plain) for marker in _UNSTATED) and not _reports(self.plain)

    @property
    def _asks_to_act(self) -> bool:
        """Whether it only asks for something: "please tell them that it leaks" says that it leaks."""
        return self.said_plainly == self.plain and not self.cells and imperatives.asks_to_act(self.plain)

    @cached_property
    def denied(self) -> frozenset[str]:
        """The stems of the verbs that it denies."""
        found = set()
        for clause in _CLAUSE_END.split(self.plain.replace("’", "'")):
            matches = list(_DENIED_VERB.finditer(clause))
            found |= {
                lexicon.stem((one["none"] or one["verb"] or one["after"] or one["denied"]).lower()) for one in matches
            }
            if matches:  # "did not deliver the rails or issue a credit note"
                joined = _OR_WORD.findall(clause[matches[0].end() :])
                found |= {lexicon.stem(word.lower()) for word in joined if wordnet.is_verb(word.lower())}
        return frozenset(found)


def denies_before(text: str) -> bool:
    """Whether a sentence says of the one before it that it is not so.

    Example:
        >>> denies_before("That is untrue."), denies_before("That was wrong of him.")
        (True, False)
    """
    return _DENIES_BEFORE.match(" ".join(text.replace("’", "'").split())) is not None


_DENIES_BEFORE = re.compile(
    r"(?:(?:That|This|It|The (?:statement|date|claim|figure|allegation|assertion|suggestion|account)) (?:"
    r"(?:is|was)(?: (?:simply|quite|plainly|just|also|completely|entirely|obviously))*"
    r" (?:untrue|false|not (?:true|so|correct|right|the case|accurate)|incorrect|inaccurate|a lie|nonsense)"
    r"|is(?: (?:simply|quite|plainly|just|also|completely|entirely|obviously))* (?:wrong|mistaken|denied|disputed)"
    r"|isn't (?:true|so|right|correct)|wasn't (?:true|so))"
    r"|(?:We|I|They|He|She|Our clients?|My clients?) (?:den(?:y|ies)|disputes?|rejects?|do(?:es)? not accept)"
    r" (?:that|this|it)"
    r"|(?:Untrue|Not so|Not true|False|Nonsense))(?=[.,;:!]|\s*$| and\b| because\b)"
)


def _domains(addresses: str) -> frozenset[str]:
    found = (domain.lower().rstrip(".") for domain in re.findall(r"@([\w-]+(?:\.[\w-]+)+)", addresses))
    return frozenset(domain for domain in found if domain.split(".")[0] not in _MAIL_SERVICES)


_MAIL_SERVICES = lexicon.vocabulary(
    "gmail googlemail outlook hotmail live msn yahoo aol icloud me gmx web proton protonmail mail"
)
_SENT_BY = re.compile(r"\bFrom: (?P<sender>[^<>]{0,80}<[^<>\s]+>|\S+@\S+)")
_ADDRESSED = re.compile(r"\bTo: (?P<to>.{2,200}?)(?= [A-Z][a-z]+(?:-[A-Za-z]+)*: )")
_PRONOUN_FIRST = re.compile(r"(?:and |but )?(?:he|she|it|they|this|that|these|those|there)\b", re.IGNORECASE)
_SAME_DAY = re.compile(r"\bthat (?:day|night|morning|evening|afternoon|week)\b", re.IGNORECASE)
_SAID_BY = re.compile(
    r"(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof|Cllr|Sister|Captain)\.? )?(?P<name>[A-Z][\w'’-]+(?: [A-Z][\w'’-]+){0,2}) "
    r"(?:also |then |again )?"
    r"(?:said|says|stated|states|reported|reports|added|replied|answered|explained|noted|confirmed|recalled"
    r"|told (?:me|us|him|her|them|the \w+|(?:Mr|Mrs|Ms|Dr) \w+)) that "
)
_INTRODUCED = re.compile(
    r"(?:[A-Z][\w'’-]+, )?(?:(?:[Pp]lease|[Kk]indly) (?:"
    r"(?:also )?(?:tell|inform|remind|assure|advise) (?!me\b|us\b)[\w ]{2,40}?"
    r"|let (?!me\b|us\b)[\w ]{2,40}? know|note|be (?:aware|advised|assured))"
    r"|(?:I|[Ww]e) (?:would|should|must|may|might|can|wish to|want to|would like to|have to)(?: also| only| just)?"
    r" (?:add|point out|stress|note|confirm|mention|remind [\w ]{2,40}?|assure [\w ]{2,40}?)"
    r"|(?:I|[Ww]e) (?:confirm|repeat|note|add)) that (?!(?:if|unless|would|should|could)\b)"
)
"""What stands before what an author states: "please tell them that", "I would add that"."""
_REPORTS = re.compile(
    r"\bhow\b[^.;]{0,30}\b"
    r"(?:can|could|dare)\b[^.;]{0,20}\b(?:call|say|claim|write)\b|\bcall(?:s|ed|ing)? (?:it|this|that|them|him|her)"
    r" (?:un)?(?:paid|settled|finished|done|delivered|signed|approved|complete|safe|closed|open|returned)\b|"
    r"\b(?:alleg\w+|accus\w+|claims? that|claimed that|contends?|contended|asserts?|asserted|argues?|argued"
    r"|denies|denied"
    r"|suggests?|suggested|rumou?r\w*|reportedly|according to"
    r"|you (?:say|said|write|wrote|tell|told|state[sd]?) (?:\w+ )?that)\b",
    re.IGNORECASE,
)


def _reports(text: str) -> bool:
    """Whether it says what somebody says who may be wrong."""
    return _REPORTS.search(text) is not None


def disagree(one: Said, other: Said, question: str = "") -> Kind | None:
    """How two sentences say otherwise about one thing, that ``question`` asks about where it is given; ``None`` where
    they do not, or are about two things.

    Example:
        >>> disagree(Said("The rent is £900 a month."), Said("The rent is £950 a month."))
        'value'
        >>> disagree(Said("The rent was £900 a month until May."), Said("The rent is £950 a month.")) is None
        True
    """
    one, other = one.resolved, other.resolved
    if not (one.states and other.states) or _apart(one, other, question) or not _same_subject(one, other, question):
        return None
    if one.cells or other.cells:  # the name of a column says nothing by itself
        return "value" if _values_differ(one, other, question) and not changed(one, other) else None
    if _denial(one, other, question) or _denial(other, one, question):
        return "denial"
    if _of_two(one, other, question) or changed(one, other):
        return None
    if _dates_differ(one, other, question):
        return "date"
    if _values_differ(one, other, question):
        return "value"
    return "opposite" if not (one.denied or other.denied) and _opposite(one, other) else None


def changed(one: Said, other: Said) -> bool:
    """Whether two sentences give what a thing is at two times, as two price lists and two statements of account do:
    both may be right.

    Example:
        >>> march, june = "2024-03-31", "2024-06-30"
        >>> changed(Said("The balance is £400.", date=march), Said("The balance is £250.", date=june))
        True
    """
    if one.times and other.times and not one.times & other.times:
        return True
    if not (one.date and other.date) or one.date[:10] == other.date[:10]:
        return False
    return all(
        _VARIES.search(said.plain) and _IS.search(said.plain) and not _AGREED.search(said.plain)
        for said in (one, other)
    )


def changed_between(one: Said, other: Said, question: str) -> bool:
    """Whether two sentences give another value of one thing, each at its time."""
    if not changed(one, other):
        return False
    first, second = (replace(said, date=None, title=_YEAR.sub("", said.title)) for said in (one, other))
    return disagree(first, second, question) == "value"


_VARIES = re.compile(
    r"\b(?:prices?|balances?|rates?|rents?|fees?|salar(?:y|ies)|wages?|stocks?|members(?:hip)?|headcount|population"
    r"|premiums?|tariffs?|owe[sd]?|owing|outstanding|temperature|pulse|costs|charges|debt|turnover)\b",
    re.IGNORECASE,
)
_IS = re.compile(r"\b(?:is|are|has|have|costs?|stands?|amounts?|owes?|charges?|reads?)\b", re.IGNORECASE)
_AGREED = re.compile(r"\b(?:agreed|agreement|contract\w*|fixed|signed)\b", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


# What they are about --------------------------------------------------------------------------------------------------


def identifiers(text: str) -> frozenset[str]:
    """What names one thing among many in a text: "dn-0118", "b-12", "unit 3"."""
    found = {token.casefold() for token in lexicon.tokens(text) if is_identifier(token)}
    found |= {match[0].casefold() for match in _SHORT_CODE.finditer(text)}
    found |= {f"{match['label'].lower().rstrip('.')} {match['id'].casefold()}" for match in _NUMBERED.finditer(text)}
    return frozenset(found)


_SHORT_CODE = re.compile(r"(?<![\w/-])(?:[A-Z]{1,4}|[a-z])[-/]\d{1,5}[A-Za-z]?(?![\w/-])")


def identify(asked: frozenset[str], held: frozenset[str], title: str) -> bool:
    """Whether a text that holds some identifiers is about all that are asked for. Those of its document's title count
    where it names no other of their kind: in a mail on "P-206" a sentence on P-207 is not about P-206.

    Example:
        >>> asked = frozenset({"p-206"})
        >>> identify(asked, frozenset(), "Re: P-206"), identify(asked, frozenset({"p-207"}), "Re: P-206")
        (True, False)
    """
    return all(one in held or (one in identifiers(title) and not of_another(frozenset({one}), held)) for one in asked)


def of_another(asked: frozenset[str], held: frozenset[str]) -> bool:
    """Whether a text names another one of a kind that is asked for, and not that one."""
    return not asked & held and bool({_kind(one) for one in asked} & {_kind(one) for one in held})


def _kind(identifier: str) -> str:
    """What an identifier is one of: "unit" of "unit 3"; all codes are of one kind."""
    return identifier.split()[0] if " " in identifier else ""


def _apart(one: Said, other: Said, question: str) -> bool:
    """Whether the two are about different ones of a kind."""
    asked = identifiers(question)
    if not all(identify(asked, said.identifiers, said.title) for said in (one, other)):
        return True
    if not asked and one.about and other.about and not one.about & other.about:
        return True
    if not asked and one.identifiers != other.identifiers and (one.identifiers and other.identifiers):
        return True
    of_question = set(lexicon.names(question)) | set(lexicon.content_words(question))
    if asked:
        return False
    mine, theirs = one.names - other.words - of_question, other.names - one.words - of_question
    return bool(mine and theirs)


def _of_two(one: Said, other: Said, question: str) -> bool:
    """Whether each says something that the other does not, besides its values: the start and the end of a meeting."""
    if identifiers(question) or _opposite(one, other):
        return False
    given = frozenset(lexicon.content_words(question)) | _VALUE_WORDS
    rest = [
        {stem for stem in mine.words - given if not _holds_verb(theirs.words, stem)}
        for mine, theirs in ((one, other), (other, one))
    ]
    return all(rest)


_VALUE_WORDS = lexicon.stems(
    "pm am day days week weeks month months year years hour hours minute minutes second seconds pound pounds euro euros"
    " dollar dollars percent mm cm km kg mg gb mb mph " + " ".join(MONTHS)
)


def _holds_verb(words: Iterable[str], stem: str) -> bool:
    """Whether a word, one that means the same, or another form of it is among the words."""
    return _holds(words, stem) or any(_root(stem) == _root(word) for word in words)


def _root(word: str) -> str:
    """A stem of four letters and more without the ending that short words keep ("vote", "voted")."""
    return re.sub(r"(?<=[a-z]{3})(?:ing|ed|es|e|s|d)$", "", word)


def _same_subject(one: Said, other: Said, question: str) -> bool:
    asked = frozenset(stem for stem in lexicon.content_words(question) if stem not in _VALUE_WORDS)
    shared = _shared(one.words, other.words)
    if asked:
        common = [stem for stem in asked if _holds(one.words, stem) and _holds(other.words, stem)]
        same_respect = _respects(question) & _respects(one.plain) & _respects(other.plain)
        if identifiers(question) and (common or same_respect):
            return True
        both = min(_share(asked, one), _share(asked, other))
        if both >= MIN_SHARED and len(common) >= 2:
            return True
    return len(shared) >= max(MIN_WORDS - (not asked), MIN_SHARED * min(len(one.words), len(other.words)))


def _share(asked: frozenset[str], said: Said) -> float:
    held = said.words | set(lexicon.content_words(said.title))
    return sum(_holds(held, stem) for stem in asked) / len(asked)


def _holds(words: Iterable[str], stem: str) -> bool:
    return bool(lexicon.SYNONYMS.get(stem, frozenset((stem,))) & set(words))


def _shared(one: frozenset[str], other: frozenset[str]) -> set[str]:
    return {stem for stem in one if _holds(other, stem)}


# Denials --------------------------------------------------------------------------------------------------------------


def _denial(one: Said, other: Said, question: str) -> bool:
    """Whether ``one`` denies a verb that ``other`` says, of the same people. A verb that the question asks about, if
    there is one."""
    asked = set(lexicon.content_words(question))
    verbs = {verb for verb in one.denied if _holds_verb(other.words, verb) and not _holds_verb(other.denied, verb)}
    if asked:
        verbs = {verb for verb in verbs if _holds_verb(asked, verb)}
    if _FIRST.search(one.plain) and not (set(lexicon.content_words(one.speaker or "")[-1:]) & other.words):
        return False  # "I" is somebody, and the other is not about them
    if not verbs or not periods_agree(one, other):
        return False
    plain = other.plain.lower()
    planned = any(marker.search(other.plain) for marker in (markers.REQUESTED, markers.OFFERED)) or " to " in plain
    if planned and not any(_done(verb, plain) for verb in verbs):
        return False
    agents = one.names & other.names
    return not (one.names and other.names) or bool(agents)


def _done(verb: str, text: str) -> bool:
    """Whether a verb stands in the text as done: in the past, and not after "to"."""
    return any(
        _root(lexicon.stem(match[0])) == _root(verb)
        and not text[: match.start()].endswith((" to ", "would ", "will ", "may "))
        for match in re.finditer(r"\w+", text)
    )


def _opposite(one: Said, other: Said) -> bool:
    mine, theirs = _lowered(one.plain), _lowered(other.plain)
    turned = any(
        _is_state(one.plain, word) == _is_state(other.plain, against)
        for word in mine - theirs
        for against in OPPOSITE.get(word, frozenset()) & (theirs - mine)
    )
    alike = len(_shared(one.words, other.words)) >= MIN_SHARED * min(len(one.words), len(other.words))
    agree = periods_agree(one, other) and not at_other_times(one, other)
    return turned and alike and agree and _respects(one.plain) == _respects(other.plain)


_STATE = re.compile(
    r"\b(?:is|are|was|were|be|been|being|remain(?:ed|s)?|stay(?:ed|s)?|left|kept|found|stood|lay|seem(?:ed|s)?|look(?:ed|s)?)"
    r"(?: \w+){0,2} $"
)


def _is_state(text: str, word: str) -> bool:
    """Whether a word says how something is, and not what somebody did: "was closed" against "closed it", which changes
    what was."""
    match = re.search(rf"\b{word}\b(?P<by> by\b)?", text, re.IGNORECASE)
    if match is None:
        return False
    return (_STATE.search(text[: match.start()].lower()) is not None and not match["by"]) or word in _ONLY_STATES


_ONLY_STATES = lexicon.vocabulary(
    """
    wet alive dead safe unsafe full late punctual awake asleep absent unpaid intact hot valid invalid on off up down
    """
)


def _lowered(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower()))


# Values ---------------------------------------------------------------------------------------------------------------


def _clauses(text: str) -> Iterator[str]:
    yield from (part for part in _CLAUSE.split(text) if part and any(map(str.isalnum, part)))


def _respects(text: str) -> frozenset[str]:
    return frozenset(name for name, pattern in _RESPECTS if pattern.search(text))


def _periods(text: str) -> frozenset[tuple[int | None, int | None, int | None]]:
    return frozenset((day.year, day.month, day.day) for day in values(text).days)


_WEEKDAY = re.compile(r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|weekdays?|weekends?)\b", re.IGNORECASE)


def _weekdays(text: str) -> set[str]:
    return {match[0].lower().removesuffix("s") for match in _WEEKDAY.finditer(text)}


def periods_agree(one: Said, other: Said) -> bool:
    """Whether two sentences may be of the same days, months, years and weekdays, as far as both name any."""
    if (
        len({frozenset(_weekdays(one.plain)), frozenset(_weekdays(other.plain)), frozenset()}) == 3
    ):  # both, and not alike
        return False
    mine, theirs = _periods(one.plain), _periods(other.plain)
    return mine == theirs or not (mine and theirs) or all(any(_agree(a, b) for b in theirs) for a in mine)


def same_days(one: Said, other: Said) -> bool:
    """Whether two sentences are of the same days; where one of them gives none, by the last day before it."""
    mine, theirs = _periods(one.plain), _periods(other.plain)
    if bool(mine) == bool(theirs):
        return periods_agree(one, other)
    near = (other if mine else one).nearest_day
    return near is not None and any(_agree(near, day) for day in mine or theirs)


def _days_in_order(text: str) -> Iterator[tuple[int | None, int | None, int | None]]:
    """The days of a text, sentence by sentence."""
    for part in re.split(r"(?<=[.;:!?])\s+", text):
        yield from ((day.year, day.month, day.day) for day in values(part).days)


def at_other_times(one: Said, other: Said, question: str = "") -> bool:
    """Whether two sentences say how something is, each at another time, so that it may have changed: "was shut when I
    left at 19:00", "was open at 06:50". The time may stand in the sentence before.

    Example:
        >>> evening = Said("The gate was shut when I left.", before="I went home at 19:00 on 3 May.")
        >>> at_other_times(evening, Said("The gate was open at 06:50 on 4 May.")), at_other_times(evening, evening)
        (True, False)
    """
    mine, theirs = ([day for day in _periods(said.dated_by) if day[2]] for said in (one, other))
    of_one_night = _NIGHT.search(question) is not None  # a night has two days
    if mine and theirs and not of_one_night and not any(_agree(a, b) for a in mine for b in theirs):
        return True
    if any(_THROUGHOUT.search(said.plain) for said in (one, other)):
        return False
    first, second = (said.minutes for said in (one, other))
    if first and second:
        return min(abs(a - b) for a in first for b in second) > SAME_MINUTES
    return not one.moment & other.moment and bool(first or one.moment) and bool(second or other.moment)


def at_other_moments(one: Said, other: Said) -> bool:
    """Whether each says when, and not of the same moment: "when loading began", "when it was opened"."""
    return bool(one.moment and other.moment) and not one.moment & other.moment


SAME_MINUTES = 15
"""Minutes by which two people may give one time and agree; not measured."""
_TIME_OF_DAY = re.compile(
    r"\b(?P<hour>[01]?\d|2[0-4])(?:[:.](?P<minute>[0-5]\d))?(?P<half> ?[ap]\.?m\b)?|\b(?P<word>noon|midday|midnight)\b",
    re.IGNORECASE,
)


def _times_of_day(text: str) -> Iterator[int]:
    """The times of the day in a text, in minutes; of "7:15", which may be in the evening, both."""
    for match in _TIME_OF_DAY.finditer(text):
        if match["word"]:
            yield 0 if match["word"].lower() == "midnight" else 720
        elif match["half"]:
            late = 720 * ("p" in match["half"].lower())
            yield int(match["hour"]) % 12 * 60 + int(match["minute"] or 0) + late
        elif match["minute"] and ":" in match[0]:
            minutes = int(match["hour"]) % 24 * 60 + int(match["minute"])
            yield minutes
            if len(match["hour"]) == 1:
                yield minutes + 720


_NIGHT = re.compile(r"\b(?:overnight|nights?)\b", re.IGNORECASE)
_THROUGHOUT = re.compile(
    r"\b(?:never|always|at no time|at any time|throughout|the whole|the entire|all (?:day|night|morning|evening"
    r"|afternoon|week|along)|at all times|that (?:day|night|week))\b",
    re.IGNORECASE,
)
_MOMENT = re.compile(r"\b(?:when|before|after|during|while|upon|until)\b(?P<what>[^,;.]*)", re.IGNORECASE)


def days_agree(one: str, other: str) -> bool:
    """Whether some day of a text may be one of another's; true where either names none."""
    mine, theirs = _periods(one), _periods(other)
    precise = frozenset(day for day in theirs if day[2] is not None) or theirs
    return not mine or not precise or any(_agree(a, b) for a in mine for b in precise)


def any_day_given(text: str) -> bool:
    """Whether a text gives a day of a month."""
    return any(day[1] and day[2] for day in _periods(text))


def any_day(one: str, other: str) -> bool:
    """Whether both texts give a day of a month, and some of them may be one."""
    mine, theirs = ([day for day in _periods(text) if day[1] and day[2]] for text in (one, other))
    return any(_agree(a, b) for a in mine for b in theirs)


def _agree(one: tuple[int | None, ...], other: tuple[int | None, ...]) -> bool:
    return all(a is None or b is None or a == b for a, b in zip(one, other, strict=True))


def _values_differ(one: Said, other: Said, question: str) -> bool:
    if not same_days(one, other):
        return False
    asked = _respects(question)
    mine, theirs = ([(_in_base(q), clause) for q, clause in _quantities(said, question)] for said in (one, other))
    if {q.unit for q, _ in [*mine, *theirs]} != {"clockminute"} and _clock(one.plain) != _clock(other.plain):
        return False  # at another time of the day
    for unit in {quantity.unit for quantity, _ in mine} | {quantity.unit for quantity, _ in theirs}:
        left, right = (_asked_respect(_of_unit(found, unit), asked) for found in (mine, theirs))
        if len({q.value for q, _ in left}) != 1 or len({q.value for q, _ in right}) != 1:
            continue
        (first, where), (second, there) = left[0], right[0]
        if not (first.unit or second.unit or _counts(question) or _labelled_alike(first, where, second, there)):
            continue
        if _respects(where) - asked != _respects(there) - asked or first.qualifier != second.qualifier:
            continue
        if ("part" in _respects(one.plain)) != ("part" in _respects(other.plain)):
            continue
        if not _alike(first, second):
            return True
    return False


def _asked_respect(found: list[tuple[Quantity, str]], asked: frozenset[str]) -> list[tuple[Quantity, str]]:
    """Of several quantities those that are said in the respect that is asked for: the mean of a mean and a minimum."""
    if len({quantity.value for quantity, _ in found}) < 2 or not asked:
        return found
    return [row for row in found if asked <= _respects(row[1])] or found


def _in_base(quantity: Quantity) -> Quantity:
    """A quantity in the base unit of its kind."""
    factor, unit = _BASE.get(quantity.unit, (Decimal(1), quantity.unit))
    return replace(quantity, value=(quantity.value * factor).normalize(), unit=unit)


def _clock(text: str) -> set[str]:
    return set(_TIME.findall(text))


_TIME = re.compile(r"\b\d{1,2}[:.]\d\d\b(?! ?(?:%|per|m\b))|\b\d{1,2} ?[ap]m\b", re.IGNORECASE)


def _labelled_alike(one: Quantity, where: str, other: Quantity, there: str) -> bool:
    """Whether the same word stands before two numbers without a unit: "a pH of 6.1", "pH 7.4"."""
    labels = []
    for quantity, clause in ((one, where), (other, there)):
        written = re.search(rf"(?<![\d.,]){re.escape(f'{quantity.value:f}')}", clause)
        match = _LABEL.search(clause[: written.start()]) if written else None
        labels.append(match[1].lower() if match else "")
    return bool(labels[0]) and labels[0] == labels[1]


def _of_unit(found: list[tuple[Quantity, str]], unit: str) -> list[tuple[Quantity, str]]:
    """The quantities of a unit; where there is none, those without one."""
    of_unit = [row for row in found if row[0].unit == unit]
    return of_unit or [row for row in found if not row[0].unit]


def _quantities(said: Said, question: str) -> Iterator[tuple[Quantity, str]]:
    """What a sentence states of quantities, each with its clause: no bounds, no labels. Of a list that gives a value
    for each of several identifiers, the value of the one that the question asks for."""
    asked = identifiers(question)
    listed = [identifier for identifier in asked if identifier in said.identifiers]
    shapes = {_shape(one) for one in listed}
    if listed and any(one not in listed and _shape(one) in shapes for one in said.identifiers):
        for identifier in listed:
            beside = re.search(
                rf"{re.escape(identifier)}\W{{1,3}}(?:(?:is|was|had|at|gave|of) )?(\d[\d,.]*)",
                said.plain,
                re.IGNORECASE,
            )
            if beside:
                number = Decimal(beside[1].replace(",", "").rstrip("."))
                yield Quantity(number.normalize(), "", "", ""), said.plain
        return
    respects = _respects(question)
    for column, cell in said.cells:
        if respects & _respects(column) and _NUMBER.fullmatch(cell):
            unit = re.split(r"[,(]", column)[-1].strip(" )")
            yield from ((quantity, column) for quantity in values(f"{cell} {unit}").quantities)
    for clause in _clauses(said.plain):
        if _ROW.search(clause):
            continue  # a row of a table, whose columns say what its numbers are
        for quantity in values(_CODE.sub(" ", _without(clause, said.identifiers))).quantities:
            if quantity.bound in ("", "exact", "about") and quantity.unit not in _LABELLED:
                unit = "" if quantity.unit in _VERBS else quantity.unit
                yield replace(quantity, unit=unit), _BOUNDED.sub(" ", clause)


_LABELLED = lexicon.vocabulary(
    """
    section sec article art clause exhibit schedule annex appendix paragraph para amendment rule recital addendum no
    number page line item step part chapter volume batch invoice lot room flight form version draft phase issue table
    row rows sheet edition build time
    """
)
_BOUNDED = re.compile(
    r"\b(?:at (?:least|most)|(?:not|no) (?:less|more|lower|higher|fewer) than|not below|not above|not exceeding|up to"
    r"|minimum(?: of)?|maximum(?: of)?)\s+[$€£]?[\d.,]+(?:\s\w+)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_CODE = re.compile(r"\b[A-Z]{1,5}[-/]\d[\w/-]*|\b[A-Z]+\d[\w/-]*")
_ROW = re.compile(r"(?<![\w.])\d[\d,.]*\s+\d[\d,.]*(?!\s*(?:%|/))")
_VERBS = frozenset({"began", "required", "ended", "failed", "completed", "passed", "found"})


def _shape(identifier: str) -> str:
    """What an identifier has in common with the others of its kind: "B-2311-A" and "B-2309-B"."""
    return re.sub(r"[a-z]", "a", re.sub(r"\d", "9", identifier))


def _without(text: str, identifiers: Iterable[str]) -> str:
    for identifier in identifiers:
        pattern = r"\W*(?:no\.?\s*)?".join(map(re.escape, identifier.split()))
        text = re.sub(pattern, " ", text, flags=re.IGNORECASE)
    return text


def _alike(one: Quantity, other: Quantity) -> bool:
    """Whether two quantities are one, said in another unit or rounded."""
    if one.provides(other) or other.provides(one):
        return True
    most = max(abs(one.value), abs(other.value))
    if not most or abs(one.value - other.value) / most < ROUNDED:
        return True
    return _rounds_to(one.value, other.value) or _rounds_to(other.value, one.value) or (
        "about" in (one.bound, other.bound) and abs(one.value - other.value) / most < 10 * ROUNDED
    )  # fmt: skip


def _rounds_to(exact: Decimal, rounded: Decimal) -> bool:
    """Whether the second is the first with fewer digits."""
    digits, kept = len(exact.normalize().as_tuple().digits), len(rounded.normalize().as_tuple().digits)
    if kept >= digits or kept < 1:
        return False
    unit = Decimal(1).scaleb(exact.adjusted() - kept + 1)
    return abs(exact - rounded) <= unit / 2 and kept > 1


def _counts(question: str) -> bool:
    return re.search(r"\bhow (?:many|much)\b|\bnumber of\b", question, re.IGNORECASE) is not None


def _dates_differ(one: Said, other: Said, question: str) -> bool:
    """Whether each says one day of the same event, and not the same."""
    if question and not re.search(r"\bwhen\b|\b(?:what|which) (?:date|day)\b|\bdate\b", question, re.IGNORECASE):
        return False
    if not (_SAID_DAY.search(one.plain) and _SAID_DAY.search(other.plain)):
        return False  # a row of a table, whose columns say which day of a thing it gives
    asked = _respects(question)
    mine, theirs = _days(one), _days(other)
    if len(mine) != 1 or len(theirs) != 1:
        return False
    (first, where), (second, there) = mine[0], theirs[0]
    if first.relation or second.relation or _respects(where) - asked != _respects(there) - asked:
        return False
    if (first.day is None) != (second.day is None):
        return False
    return not _agree((first.year, first.month, first.day), (second.year, second.month, second.day))


_SAID_DAY = re.compile(
    r"(?:\b(?:on|of|dated|gives?|gave|given|is|was|in|at|since|by|as|date(?: of \w+)?)|:)\s+(?:the\s+)?"
    r"(?:\d{1,2}(?:st|nd|rd|th)?\s+(?:day of |of )?[A-Z]|[A-Z][a-z]+\s+\d|\d{4})"
)


def _days(said: Said) -> list[tuple[Day, str]]:
    found = [(day, clause) for clause in _clauses(said.plain) for day in values(clause).days]
    precise = [row for row in found if row[0].day is not None]
    found = precise or found
    return list({(day.year, day.month, day.day): (day, clause) for day, clause in found}.values())
