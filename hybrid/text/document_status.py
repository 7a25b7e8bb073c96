"""Whether a document is executed, signed, unsigned, a draft or superseded, by what it says of itself.

Looked for in the file's name, the title, the first lines and the signature blocks, in this order of weight: a document
that calls itself a draft is one, whoever has signed it. Nothing is concluded from what the body says about other
documents ("the draft agreement"), nor from the cells of tables (a ship's draft), and of a mail nothing is concluded:
its subject names what it is about.
"""

from __future__ import annotations

import re
from pathlib import PurePath

from hybrid.text.status_names import StatusName
from hybrid.text.values import DAY

HEAD_LINES, TAIL_LINES = 12, 6
_HEAD_CHARS = 3000  # enough for so many lines
_LINE_WORDS = 14  # a longer line is a sentence, which may speak of another document
_NAME_TOKEN = re.compile(r"[^\W_]+")
_DRAFT_TITLE = re.compile(
    r"^\W*draft\b|\(\s*(?:\w+ )?draft[^)]*\)|\bdraft\s*(?:no\.?|number|version|v|rev\.?)?\s*\d+\W*$|[-–—:,]\s*draft\W*$"
    r"|\bdraft\W*$|\bdraft (?:for|of) (?:discussion|comment|review|\d)",
    re.IGNORECASE,
)
_DRAFT_LINE = re.compile(
    r"^\W*(?:(?:first|second|third|final|revised|working|preliminary|latest|\d+(?:st|nd|rd|th)) )?"
    r"draft\b(?! (?:of the|was|is|were|has|had|will|that)\b)"
    r"|\bDRAFT\b|\((?:[\w ]+, ?)?draft\b[^)]*\)|\bsubject to contract\b|\bfor discussion purposes only\b"
    r"|^\W*not (?:yet )?(?:signed|executed|agreed)\W*$",
    re.IGNORECASE,
)
_UNSIGNED_TITLE = re.compile(
    r"\bfor (?:signature|signing|execution)\b|\bunsigned\b|\bunexecuted\b|\bexecution version\b|\btemplate\b", re.I
)
_SUPERSEDED = re.compile(r"\b(?:superseded|obsolete|withdrawn|no longer in force|replaced by)\b", re.IGNORECASE)
_EXECUTED_TITLE = re.compile(r"\b(?:executed|fully signed|signed copy|conformed copy|countersigned)\b", re.IGNORECASE)
_MADE = r"(?:\(signed\)|/s/|\[signed\])"
_NAME = r"[^\W\d_][\w.'’-]*(?:[ \t]+(?:[^\W\d_][\w.'’-]*)){1,4}"
_CAPITAL = r"[A-Z](?:\.|[\w'’-]+)"
_PERSON = rf"{_CAPITAL}(?:[ \t]+(?:(?:van|von|de|der|den|del|la|le|bin|al)[ \t]+)*{_CAPITAL}){{1,4}}"
_SIGNED = re.compile(
    rf"{_MADE}[ \t]*(?P<one>{_NAME})|^[ \t]*Signed(?: by)?:?[ \t]+(?P<two>{_PERSON})[ \t]*(?:,|$|(?=for\b|on behalf\b))"
    r"|(?:^|[.;])[ \t]*Signed (?i:for|on behalf of|as)\b[^:\n]{2,90}:"
    rf"[ \t*_]*(?P<three>{_PERSON})[ \t*_]*(?=[,.;]|$)",
    re.MULTILINE,
)
_SIGNS = (
    "/s/",
    *(form(f"sign{end}") for end in ("ed", "ature", "atory") for form in (str.lower, str.title, str.upper)),
)
_SIGNED_BY = re.compile(r"^[ \t]*Signed (?:[^.\n]{1,40} )?by\b[^.]{0,300}", re.MULTILINE)
_SIGNATORY = re.compile(
    rf"\b(?:by|and)[ \t\n]+(?:(?:Mr|Mrs|Ms|Dr)\.? )?(?P<name>{_PERSON})(?=\s*(?:,|\(|$)|\s+(?:for|on behalf|as)\b)"
)
_BLANK = re.compile(
    r"^[ \t]*(?:signature|signed|by|sign|signed (?:for|on behalf of)\b[^:\n]{2,90})[ \t]*:[ \t]*[_.…\s]*(?:\n|$)"
    r"|^[ \t]*(?:signature|signed|by)[ \t]+_{3,}",
    re.IGNORECASE | re.MULTILINE,
)
_BLOCK_END = re.compile(r"^[ \t]*(?:name|title|position|date|its|signed|signature)\b", re.IGNORECASE)
_NOT_SIGNED = re.compile(r"\(?\b(?:draft, )?not (?:yet )?signed\b\)?|\bunsigned\b", re.IGNORECASE)
_VERDICT = r"(?:agreed|accepted|acknowledged|confirmed|countersigned)"
_AGREES = re.compile(
    r"^[ \t]*(?:(?:We|I)(?: hereby| also)? (?:agree|accept|confirm (?:our|my) (?:agreement|acceptance))\b[^\n]{0,30}?"
    r"\b(?:above|foregoing|this letter|terms|contents|changes|variations?|amendments?)\b[^\n.:_]{0,60}"
    rf"|(?i:{_VERDICT})(?:(?:,| and| &) {_VERDICT})*(?:,? (?:by|for|on behalf of|to)\b[^\n.:_]{{0,60}})?)"
    rf"(?:[.:]?[ \t]*(?P<line>[_.…]{{3,}})?[ \t]*$|: (?P<name>{_PERSON})(?=,|[ \t]*$))",
    re.MULTILINE,
)
"""What stands at a letter's end above the signature of who agrees to it."""
_CLOSES = re.compile(
    rf"^[ \t]*(?:Yours(?: \w+)?|(?:Kind |Best |With kind )?[Rr]egards|Sincerely)(?: yours)?,?\s*\n\s*"
    rf"(?:{_MADE}[ \t]*)?(?P<name>{_PERSON})[ \t]*(?:,|$)",
    re.MULTILINE,
)
_COUNTERSIGNS = re.compile(
    rf"\s*(?:{_MADE}[ \t]*)?(?P<name>{_PERSON})[ \t]*(?:,[^\n]*)?(?:\n\s*[^\n]*){{0,2}}?"
    rf"(?:\b(?i:for|on behalf of|director|manager|secretary|partner|chair\w*)\b|{DAY})",
)
_SIGNS_IN_ROW = re.compile(r"(?:Signed )?(?:For|On behalf of|for|on behalf of)\b[^:\n]{2,90}")
_MAIL = "message/rfc822"


def detect(source: str, title: str | None, text: str, media_type: str = "text/plain") -> tuple[StatusName, str] | None:
    """The status of a document with its reason in words; ``None`` where it says nothing of it.

    Example:
        >>> detect("lease.pdf", None, "DRAFT 3\\nLease of the mill\\n...")
        ('draft', 'its head says “DRAFT 3”')
    """
    if media_type == _MAIL:
        return None
    name = PurePath(source.rpartition("#")[2] or source).name
    media_type = "text/csv" if name.lower().endswith(".csv") else media_type
    whole = [line for line in text.splitlines() if line.strip()]
    head = _of_the_document(whole[: HEAD_LINES + 1], media_type)[:HEAD_LINES]
    tail = _of_the_document(whole[-TAIL_LINES - 1 :], media_type)[-TAIL_LINES:]
    unfinished = _draft(name, title or "", head, tail) or _superseded(name, title or "", head)
    if unfinished:
        return unfinished
    signed, blank = _signatures(text)
    return _unsigned(title or "", tail, signed, blank) or _executed(name, title or "", [*head, *tail], signed)


def _of_the_document(lines: list[str], media_type: str) -> list[str]:
    """The lines without the rows of tables, whose cells are names of columns (the draft of ships) or say something of
    what is in the row; but a row "Status, Draft" is said of the document."""
    cells = [_cells(line, media_type) for line in lines]
    found = []
    for number, (line, own) in enumerate(zip(lines, cells, strict=True)):
        beside = (*cells[max(0, number - 1) : number], *cells[number + 1 : number + 2])
        in_table = len(own) > 1 and any(len(other) == len(own) for other in beside)
        if not in_table or (len(own) == 2 and _LABEL.fullmatch(own[0])):
            found.append(" ".join(line.split()))
    return found


def _cells(line: str, media_type: str) -> list[str]:
    pattern = _CELL_ENDS_OF.get(media_type, _CELL_ENDS)
    return [cell.strip() for cell in pattern.split(line.strip().strip("|"))]


_CELL_ENDS = re.compile(r"\t| {3,}|\|")
_CELL_ENDS_OF = {"text/csv": re.compile(r"[\t,;|]")}
_LABEL = re.compile(r"(?:document )?(?:status|state|stage|version)\W*", re.IGNORECASE)
_PRIVILEGED = re.compile(
    r"\b(?:legally )?privileged\b|\battorney[- ]client\b|\b(?:solicitor|lawyer)[- ]client\b|\battorney work product\b"
    r"|\b(?:request for )?legal advice\b|\bwithout prejudice to privilege\b",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    r"^\W*(?:re|fwd?|aw|wg)?\W*(?:[\w-]+ (?:and |& |[-–—:|]+ ?)?){0,3}?(?:PRIVILEGED|Privileged)\b"
    r"|[—–|]\s*[*_]*(?:PRIVILEGED|Privileged)\b"
    r"|\bLEGAL ADVICE\b|^\W*Legal advice\W*$"
)


def is_privileged(title: str | None, text: str) -> bool:
    """Whether a document is marked as privileged: its title or a heading in its first lines says so, in no sentence.

    Example:
        >>> is_privileged(None, "PRIVILEGED AND CONFIDENTIAL\\n\\nOur advice is to wait.")
        True
        >>> is_privileged(None, "The notes are privileged.")
        False
    """
    lines = [" ".join(line.split()) for line in text[:_HEAD_CHARS].splitlines() if line.strip()][:HEAD_LINES]
    return any(
        len(line.split()) <= _LINE_WORDS and line[-1:] not in ".?!" and not line.startswith(">") and _is_mark(line)
        for line in (title or "", *lines)
    )


def _is_mark(line: str) -> bool:
    return _PRIVILEGED.search(line) is not None and _LABELLED.search(line) is not None


def _draft(name: str, title: str, head: list[str], tail: list[str]) -> tuple[StatusName, str] | None:
    if _DRAFT_TITLE.search(title):
        return "draft", f"its title is “{title}”"
    if "draft" in _tokens(name):
        return "draft", f"its file is named {name}"
    for where, lines in (("head", head), ("end", tail)):
        for line in lines:
            if len(line.split()) <= _LINE_WORDS and _DRAFT_LINE.search(line) and not line.endswith((".", "?")):
                return "draft", f"its {where} says “{line}”"
    return None


def _superseded(name: str, title: str, head: list[str]) -> tuple[StatusName, str] | None:
    if _SUPERSEDED.search(title):
        return "superseded", f"its title is “{title}”"
    if {"superseded", "obsolete"} & _tokens(name):
        return "superseded", f"its file is named {name}"
    for line in head:
        if len(line.split()) <= _LINE_WORDS and _SUPERSEDED.search(line) and not line.endswith("."):
            return "superseded", f"its head says “{line}”"
    return None


def _unsigned(title: str, tail: list[str], signed: list[str], blank: int) -> tuple[StatusName, str] | None:
    if blank:
        whose = f", {' and '.join(signed)} signed" if signed else ""
        return (
            "unsigned",
            f"{'one of its signature blocks is' if blank == 1 else 'its signature blocks are'} empty{whose}",
        )
    for line in tail:
        if len(line.split()) <= _LINE_WORDS and _NOT_SIGNED.search(line):
            return "unsigned", f"its end says “{line}”"
    if not signed and _UNSIGNED_TITLE.search(title):
        return "unsigned", f"its title is “{title}”"
    return None


def _executed(name: str, title: str, lines: list[str], signed: list[str]) -> tuple[StatusName, str] | None:
    if len(signed) > 1:
        return "executed", f"signed by {' and '.join(signed)}"
    if signed:
        return "signed", f"signed by {signed[0]}"
    if _EXECUTED_TITLE.search(title):
        return "executed", f"its title is “{title}”"
    if {"executed", "countersigned"} & _tokens(name):
        return "executed", f"its file is named {name}"
    for line in lines:
        if len(line.split()) <= _LINE_WORDS and re.search(
            r"[-–—(] ?executed\b|^executed\b(?! by)", line, re.IGNORECASE
        ):
            return "executed", f"it is marked “{line}”"
    return None


def _signatures(text: str) -> tuple[list[str], int]:
    """Who signed, each once, and how many signature blocks are empty."""
    signed = list[str]()
    if any(sign in text for sign in _SIGNS):  # most texts have none, and the pattern takes a hundred times as long
        signed = [" ".join((one["one"] or one["two"] or one["three"]).split()) for one in _SIGNED.finditer(text)]
    for line in _SIGNED_BY.finditer(text):
        signed += [" ".join(match["name"].split()) for match in _SIGNATORY.finditer(line[0])]
    blank = sum(not _filled_below(text, match.end()) for match in _BLANK.finditer(text))
    for found, missing in (_in_rows(text), _countersigned(text)):
        signed, blank = [*signed, *found], blank + missing
    return list(dict.fromkeys(signed)), blank


def _in_rows(text: str) -> tuple[list[str], int]:
    """Who signed in a table of signatures, "For the Insurer | Ann Aaker | 3 May 2026", and how many rows are empty."""
    signed, blank = list[str](), 0
    if not any(sign in text for sign in _SIGNS):
        return signed, blank
    lines = [_cells(line, "") for line in text.splitlines() if line.strip()]
    for at, heads in enumerate(lines):
        if len(heads) < 2 or not any(_SIGNATURE.fullmatch(head) for head in heads):
            continue
        for row in lines[at + 1 :]:
            if all(re.fullmatch(r"[\s:=-]*", cell) for cell in row):
                continue
            if not _SIGNS_IN_ROW.fullmatch(row[0]):
                break
            named = next((match for cell in row[1:] if (match := re.match(_PERSON, cell))), None)
            if named is None or len(row) < len(heads) or not all(cell.strip("_. ") for cell in row):
                blank += 1
            else:
                signed.append(" ".join(named[0].split()))
    return signed, blank


_SIGNATURE = re.compile(r"(?:signed|signature|signatures|signatory)", re.IGNORECASE)


def _countersigned(text: str) -> tuple[list[str], int]:
    """Who signed a letter to which somebody agrees below it, and whether nobody has signed there."""
    closes = next(_CLOSES.finditer(text), None)
    agrees = None if closes is None else _AGREES.search(text, closes.end())
    if closes is None or agrees is None:
        return [], 0
    other = agrees if agrees["name"] else None if agrees["line"] else _COUNTERSIGNS.match(text, agrees.end())
    writer = " ".join(closes["name"].split())
    return ([writer], 1) if other is None else ([writer, " ".join(other["name"].split())], 0)


def _filled_below(text: str, at: int) -> bool:
    """Whether a signature stands in the line below its label."""
    following = next((line.strip() for line in text[at:].splitlines() if line.strip()), "")
    return bool(re.match(_MADE, following)) or not (_BLOCK_END.match(following) or not following or "_" in following)


def _tokens(name: str) -> set[str]:
    return {token.casefold() for token in _NAME_TOKEN.findall(name)}
