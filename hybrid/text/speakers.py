"""Who speaks: in a transcript, a text whose lines begin with a name and a colon ("Ann Aaker: It was thin."), turn by
turn; in a statement or a note whoever made it; and where a mail quotes another, whoever wrote that.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from hybrid.text import quoted_mails, wordnet
from hybrid.text.lexicon import vocabulary
from hybrid.text.values import DAY, parse_date

MIN_TURNS = 4
"""A letter has a line or two that begin so ("Note: ..."); a transcript goes on so. A reason, not a
measurement."""
_LABEL = re.compile(
    r"^[ \t]*(?:\[?\d\d?(?::\d\d){1,2}\]?[ \t]+)?(?P<name>[A-Z][\w.'’-]*(?: [A-Z(][\w.'’)-]*){0,4}):[ \t]+(?=\S)",
    re.MULTILINE,
)
_STOP = re.compile(r"[.?!…](?=\s|[\"'”’)]|$)|[。！？]")
_NOT_NAMES = vocabulary(
    "from to cc bcc sent date subject re attachments attachment note notes source title author version status tel fax"
)


@dataclass(frozen=True)
class Turn:
    """What one speaker says without a break: their words are ``[start, end)`` of the text."""

    speaker: str
    start: int
    end: int


@lru_cache(maxsize=16)
def turns(text: str) -> tuple[Turn, ...]:
    """The turns of a transcript in order; none for any other text.

    Example:
        >>> [turn.speaker for turn in turns("Ann: Wet?\\nBob: Wet.\\nAnn: Why?\\nBob: Rain.")]
        ['Ann', 'Bob', 'Ann', 'Bob']
    """
    found = [match for match in _LABEL.finditer(text) if match["name"].lower() not in _NOT_NAMES]
    spoken = Counter(match["name"] for match in found)
    said = [match for match in found if spoken[match["name"]] > 1]
    if len(said) < MIN_TURNS or len({match["name"] for match in said}) < 2:
        return ()
    if 2 * said[0].start() > len(text):  # an appendix of a document that is something else
        return ()
    ends = [*(match.start() for match in found[1:]), len(text)]
    sentences = sum(bool(_STOP.search(text, match.end(), end)) for match, end in zip(found, ends, strict=True))
    if 2 * sentences < len(found):  # records of a form: "Name: x", "Files: y", "License: z", again and again
        return ()
    return tuple(Turn(match["name"], match.end(), end) for match, end in zip(found, ends, strict=True))


def at(spoken: Sequence[Turn], offset: int) -> Turn | None:
    """The turn that the character at ``offset`` belongs to, its label included; ``None`` before the first.

    Example:
        >>> at(turns("Ann: Wet?\\nBob: Wet.\\nAnn: Why?\\nBob: Rain."), 12).speaker
        'Bob'
    """
    after = bisect_right([turn.end for turn in spoken], offset)
    if after == len(spoken):
        return None
    turn = spoken[after]
    begins = spoken[after - 1].end if after else turn.start - len(turn.speaker) - 2
    return turn if offset >= begins else None


_WORD = r"[A-Z](?:\.|[\w'’-]+)"
_PERSON = rf"{_WORD}(?: (?:(?:van|von|de|der|den|del|la|le|bin|al) )*{_WORD}){{1,4}}"
_I_NAME = re.compile(
    rf"\bI,\s+(?P<name>(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.? )?{_PERSON}),?\s+"
    r"(?:of|(?:do )?(?:make|say|state|declare|swear|affirm|depose)|being|am|born|aged|hereby|the|an?|[A-Z]\w+ \w+ of)\b"
)
_NOT_FIRST = r"(?!(?:THE|OF|A|AN|FOR|TO|AND|IN|ON)\b)"  # words of a heading in capitals, which are no name
_STATEMENT_OF = re.compile(
    r"\b(?:[Ss]tatement|STATEMENT|[Aa]ffidavit|AFFIDAVIT|[Dd]eclaration|[Dd]eposition|[Tt]estimony|[Aa]ccount) of "
    rf"(?P<name>(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.? )?{_PERSON})\W*(?:$|[(\n])"
)
_STATEMENT_IN_CAPITALS = re.compile(
    rf"\b(?:STATEMENT|AFFIDAVIT|DECLARATION|DEPOSITION|TESTIMONY|ACCOUNT) OF {_NOT_FIRST}"
    rf"(?P<name>{_PERSON})\W*(?:$|[(\n])"
)
_REPORT_OF = re.compile(
    r"\b(?i:report|opinion|evidence|assessment|findings) (?i:of|by) (?P<name>(?i:Mr|Mrs|Ms|Miss|Dr|Prof|Professor)\.? "
    rf"{_PERSON})(?:,[^\n]{{2,60}})?\W*(?:$|[(\n])"
)
"""Only with a title: a "Report of the Trust" is nobody's."""
_BOOK_OF = re.compile(
    rf"\b(?i:diary|notebook|journal|logbook|memoir)(?i:s? (?:of|kept by|by)|,| -| –|:)? (?:- )?{_NOT_FIRST}"
    rf"(?P<name>{_PERSON}|[A-Z]\. {_WORD})"
)
_BYLINE = re.compile(
    rf"^[ \t]*(?i:(?:(?:prepared|written|compiled|drawn up|drafted|report|reported) )?by|author:)[ \t]+"
    rf"(?P<name>(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.? )?{_PERSON})(?=[ \t]*(?:,|\(|;|$))",
    re.MULTILINE,
)
_NAME_AND_DAY = re.compile(
    rf"^[ \t]*(?P<name>{_PERSON})(?:, (?P<office>[a-z][a-z &-]{{2,40}})), (?i:{DAY})(?:[.,]|[ \t]*$)", re.MULTILINE
)
"""A line below the title of a note: "Ann Orr, maintenance, 17 March 2023". Without an office it may be a place."""
_FIRM = re.compile(r"\b(?:Limited|Ltd|LLP|LLC|Inc|Corp|Company|GmbH|plc|Council|Trust|Committee|Board|Association)\b")
_BY_POST = re.compile(r"\b(?:post|mail|courier|hand|fax|e-?mail|delivery|messenger|letter)$", re.IGNORECASE)
"""How a letter was sent: "BY REGISTERED POST"."""
_CLOSING = re.compile(
    r"^[ \t]*(?:yours?(?: (?:faithfully|sincerely|truly))?|(?:kind |best |warm )?regards|sincerely|\(?signed\)?:?)"
    r"[ \t]*,?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_OFFICES = vocabulary(
    "chair head lead counsel secretary treasurer clerk builder agent partner owner founder principal engineer officer"
    " physician"
)
_ABOVE_OFFICE = re.compile(
    rf"\n[ \t]*\n[ \t]*(?P<name>{_PERSON})[ \t]*\n[ \t]*(?P<office>[A-Za-z][^\n.:;!?]{{2,50}}?)\s*$"
)
_BESIDE_OFFICE = re.compile(rf"\n[ \t]*\n[ \t]*(?P<name>{_PERSON}), (?P<office>[a-z][a-z -]{{2,50}}?)\s*$")
_SIGNED_BY_SEVERAL = re.compile(
    rf"^[ \t]*Signed by\b[^.]{{0,200}}?\band (?:by )?(?:(?:Mr|Mrs|Ms|Dr)\.? )?{_WORD} {_WORD}", re.M
)
_SIGNED = re.compile(rf"(?:\(signed\)|/s/|^[ \t]*Signed(?: by)?:?)[ \t]+(?P<name>{_PERSON})", re.MULTILINE)
_INITIALLED = re.compile(r"[A-Z]\.(?: ?[A-Z]\.)* ?[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?")
_KEPT_BY = re.compile(
    rf"\b(?:[Mm]inutes|[Nn]otes?|[Dd]iary|[Ll]og) (?:were |was )?(?:kept|taken|made|written|recorded) by "
    rf"(?P<name>{_PERSON})"
)
_KEPT_LINE = re.compile(
    rf"^[ \t]*(?i:(?:[\w ,]{{1,30}} )?(?:kept|taken|recorded|minuted|drawn up|compiled|noted) by:?)[ \t]+"
    rf"(?P<name>(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.? )?{_PERSON})[ \t]*(?:[.,(;]|$)",
    re.MULTILINE,
)
_ALONE = re.compile(
    rf"(?P<name>(?P<title>(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor)\.? )?{_PERSON})"
    r"(?:,? [A-Z][A-Za-z]*[A-Z][A-Za-z]*)*,?"  # FRINA, CEng
)
_HEAD, _TAIL = 2000, 400


@lru_cache(maxsize=16)
def maker(title: str, text: str) -> str | None:
    """Who says "I" in a document that one person made: a statement, a letter, a signed note. ``None`` where it does not
    say, or several signed it.

    Example:
        >>> maker("Statement", "I, Ann Aaker, of 3 Mill Lane, say as follows.\\nThe salt was wet.")
        'Ann Aaker'
    """
    head, tail = text[:_HEAD], text[-_TAIL:]
    for pattern, where in (
        (_I_NAME, head),
        (_STATEMENT_OF, title),
        (_STATEMENT_OF, head[:300]),
        (_REPORT_OF, title),
        (_REPORT_OF, head[:300]),
        (_BOOK_OF, title),
        (_BOOK_OF, head[:120]),
        (_BYLINE, _first_lines(head)),
    ):
        match = pattern.search(" ".join(where.split()) if pattern is _I_NAME else where)
        if match and not (pattern is _BYLINE and (_FIRM.search(match["name"]) or _BY_POST.search(match["name"]))):
            return _plain(match["name"])
    dated = _NAME_AND_DAY.search(_first_lines(head))
    if dated and not _FIRM.search(dated["name"]) and re.search(r"\b(?:I|me|my)\b", text):
        return _plain(dated["name"])
    heading = _STATEMENT_IN_CAPITALS.search(head[:300])
    if heading and re.search(r"\bI\b", text):  # "STATEMENT OF FINANCIAL POSITION" is nobody's
        return _plain(heading["name"])
    if _SIGNED_BY_SEVERAL.search(text):
        return None
    signed = {_plain(match["name"]) for match in _SIGNED.finditer(text)}
    if signed:
        return signed.pop() if len(signed) == 1 else None
    found = _signature(tail)
    return _plain(found) if found else None


def _first_lines(head: str) -> str:
    """The lines of a head in which whoever wrote the document is named."""
    return "\n".join([line for line in head.splitlines() if line.strip()][:6])


def _plain(name: str) -> str:
    """A name on one line, without the stop of the sentence that it ends."""
    plain = " ".join(name.split()).rstrip(".,")
    return plain.title() if plain.isupper() else plain


def _signature(tail: str) -> str | None:
    """The name under the closing of a letter, or alone on the last line of a note."""
    lines = [line.strip() for line in tail.splitlines() if line.strip()]
    if not lines:
        return None
    lines, dated = without_day(lines)
    if dated:
        tail = tail[: tail.rindex(dated)].rstrip()
        alone = _ALONE.fullmatch(lines[-1]) if lines else None
        if alone and not _FIRM.search(lines[-1]) and (alone["title"] or _stands_apart(tail, lines[-1])):
            return alone["name"]
    if not lines:
        return None
    closings = [at for at, line in enumerate(lines) if _CLOSING.fullmatch(line)]
    if closings and closings[-1] + 1 < len(lines):
        name = re.match(rf"{_PERSON}(?=\W*(?:$|,))|.*\((?P<inner>{_PERSON}), [A-Z]", lines[closings[-1] + 1])
        if name:
            return name["inner"] or name[0]
    if _INITIALLED.fullmatch(lines[-1]):
        return lines[-1]
    last = _ABOVE_OFFICE.search(tail) or _BESIDE_OFFICE.search(tail)
    if last is None or _FIRM.search(last["name"]):
        return None
    office = re.findall(r"[a-z]+", re.split(r",| of | for ", last["office"])[0].lower())
    known = office and (office[-1] in _OFFICES or wordnet.is_person(office[-1]))
    return last["name"] if known else None


def without_day(lines: Sequence[str]) -> tuple[list[str], str]:
    """The lines without a last one that is a date alone, and that line; a name before it signs what is above.

    Example:
        >>> without_day(["The seal was worn.", "Dr Ingrid Solberg", "15 September 2025"])
        (['The seal was worn.', 'Dr Ingrid Solberg'], '15 September 2025')
    """
    plain = re.sub(r"^(?:dated?|on)\b:?\s*", "", lines[-1], flags=re.IGNORECASE) if lines else ""
    day = parse_date(plain.strip(" .,"))
    return (list(lines[:-1]), lines[-1]) if day is not None and len(day) == 10 else (list(lines), "")


def _stands_apart(tail: str, line: str) -> bool:
    """Whether the last line of a text has a blank line, or the end of a sentence, above it."""
    above = tail[: tail.rindex(line)]
    return re.search(r"\n[ \t]*\n[ \t]*$|[.!?][ \t]*\n[ \t]*$", above) is not None


def keeper(text: str) -> str | None:
    """Who kept minutes, a diary or a log, where its end or a line of its head says so. They report what others say.

    Example:
        >>> keeper("1. The salt was wet. Minutes kept by Ben Boole.")
        'Ben Boole'
    """
    match = _KEPT_BY.search(" ".join(text[-_HEAD:].split())) or _KEPT_LINE.search(text[:_HEAD])
    match = match or _KEPT_LINE.search(text[-_TAIL:])
    return _plain(match["name"]) if match else None


_ACTS_FOR = re.compile(
    r"\b(?:We|I) (?:(?:act|write|are (?:instructed|acting|writing)|am (?:instructed|acting|writing)"
    r"|have been instructed) "
    r"(?:for|by|on behalf of)|represent) (?:the )?"
    r"(?P<name>[A-Z][\w&'’-]*(?:,? (?:(?:of|and|&|the) )?[A-Z&][\w&'’-]*)*)"
)


def client(text: str) -> str:
    """For whom a letter by lawyers speaks, by its head; empty where it does not say so.

    Example:
        >>> client("Dear Sirs, We act for Orr Mills Ltd. Our client has not ended the lease.")
        'Orr Mills Ltd'
    """
    match = _ACTS_FOR.search(" ".join(text[:_HEAD].split()))
    return match["name"] if match else ""


_OF_A_MEETING = re.compile(r"\b(?:minutes|minuted|proceedings)\b", re.IGNORECASE)


def recorder(text: str) -> str | None:
    """Who kept what a document records, as is said beside a quote: of minutes it is not they who speak.

    Example:
        >>> recorder("1. The salt was wet. Minutes kept by Ben Boole.")
        'Ben Boole (minutes)'
    """
    name = keeper(text)
    if name is None:
        return None
    return f"{name} (minutes)" if _OF_A_MEETING.search(text[:_TAIL]) or _OF_A_MEETING.search(text[-_TAIL:]) else name


def quoted_from(text: str, start: int) -> str | None:
    """Who wrote what a mail quotes at ``start`` (`hybrid.text.quoted_mails`); ``None`` where it does not say.

    Example:
        >>> mail = "No.\\n\\nOn 3 May 2026 at 10:00, Ann Aaker <ann@mill.example> wrote:\\n> Is it wet?"
        >>> quoted_from(mail, len(mail) - 3)
        'Ann Aaker'
    """
    mail = quoted_mails.at(text, start)
    return mail.author if mail else None
