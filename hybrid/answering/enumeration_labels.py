"""People in labelled lines: "Present: Ann Orr (chair), Ben Teal", "Apologies: none", a label with a name a line below,
and sentences that say the same ("Apologies were received from Ann Orr and Ben Teal").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from hybrid.answering.enumeration_question import ABSENT, PRESENT, Enumerated
from hybrid.answering.enumeration_rows import (
    BY_COLUMN,
    Found,
    in_range,
    names_of,
    sentence_of,
    status_of,
    without_title,
    words_of,
)  # fmt: skip
from hybrid.answering.enumeration_tables import part_of
from hybrid.answering.enumeration_terms import Term, Words, roots
from hybrid.answering.enumeration_values import iso
from hybrid.answering.evidence import collapse
from hybrid.answering.verification.disagreement import any_day
from hybrid.text import lexicon, values
from hybrid.text.folding import EMPHASIS
from hybrid.types.documents import Document

LABEL_WORDS = 5
"""Words of a label; a longer line that ends in a colon introduces something else."""
NAME_WORDS = 7
"""Words of one entry of a line of names, what stands in brackets aside."""
_MARKS = r"[*_]{0,3}"  # of emphasis, as in Markdown
_LABEL = re.compile(
    rf"[ \t>]*(?:[-*•]\s|#{{1,6}}\s|\d{{1,2}}(?:\.\d+)*[.)]?\s)?[ \t]*{_MARKS}"
    rf"(?P<label>[A-Z][\w'’/-]*(?: [\w'’/&-]+){{0,4}}?){_MARKS}(?P<aside>[ \t]*{_MARKS}\([^()\n]*\))?{_MARKS}[ \t]*"
    rf"(?P<mark>:|[–—](?=\s)|\.(?=\s[A-Z])|$){_MARKS}[ \t]*(?P<names>.*)"
)
_TITLE = r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor|Sir|Dame|Lady|Lord|Cllr|Councillor|Rev|Judge|Captain|Capt|Sgt)\b\.?"
_WORD = r"(?:[A-Z][\w'’-]*\.?|(?:van|von|de|der|den|del|la|le|al|bin|of|and|the|for)\b)"
_NAME = re.compile(rf"(?:{_TITLE} )?[A-Z][\w'’-]*\.?(?: {_WORD})*")
_SEVERAL = re.compile(
    rf"(?:the |\d+ |about )?(?:{'|'.join(sorted(lexicon.NUMBER_WORDS - {'a', 'an'}))}|several|some|all|members|\d+)\b",
    re.IGNORECASE,
)
NOBODY = re.compile(r"\W*(?:none|nil|no one|nobody|n/?a|-|–|—|none (?:received|were received|given))\W*", re.IGNORECASE)
_PARTS = re.compile(
    rf"\s*(?:;|,(?! (?:Jr|Sr|QC|KC|MP|PhD|MD|Esq)\b)|\s(?:and|&)\s(?=[A-Z]|(?i:{_SEVERAL.pattern})))\s*"
    rf"(?:and\s+(?=[A-Z]|(?i:{_SEVERAL.pattern})))?"
)
_BRACKETED = re.compile(r"\([^()]*\)")
_NAMES = rf"(?P<names>(?:{_TITLE} )?[A-Z][\w'’-]+(?:,? (?:and )?(?:{_TITLE} )?{_WORD})*)"
_SAID: tuple[tuple[Words, re.Pattern[str]], ...] = (
    (
        ABSENT,
        re.compile(
            rf"\b(?:apolog(?:y|ies)|regrets)(?: for (?:absence|non-attendance))?(?: (?:were|was|had been|have been))?"
            rf"(?: \w+ed| given| sent)?(?: from| by| on behalf of):? (?-i:{_NAMES})",
            re.IGNORECASE,
        ),
    ),
    (
        ABSENT,
        re.compile(rf"{_NAMES},? (?:had |has |have )?(?:sent|gave|given|tendered|offered|submitted|made)"
                   rf"(?: (?:his|her|their))? (?:apologies|regrets)\b"),
    ),
    (ABSENT, re.compile(rf"{_NAMES},? (?:was|were) (?:absent|unable to attend|not present|excused)\b")),
    (
        frozenset(),
        re.compile(rf"\b(?:[Pp]resent|[Ii]n attendance|[Aa]ttending) (?:were|was) {_NAMES}"),
    ),
    (
        frozenset(),
        re.compile(rf"{_NAMES},? (?:was|were) (?:also )?(?:present|in attendance)\b|"
                   rf"{_NAMES.replace('names', 'others')} attended\b(?! (?:to|by)\b)"),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class _Listed:
    """One entry of a line of names."""

    name: str
    role: str
    label: str
    start: int
    end: int
    heading: tuple[int, int] | None = None


def named_under(document_id: int, document: Document, asked: Enumerated) -> Iterator[Found]:
    """The people whom a document lists under a label that was asked for, or says the same of in a sentence."""
    listed = [*_lines_of(document.text, asked), *_sentences_of(document, asked)]
    if not listed or not _is_about(document, asked):
        return
    known: set[tuple[str, str | None]] = set()
    for one in listed:
        date = _day_above(document, one.start)
        about = f"{date or ''} {document.title} {document.text[:_HEAD]} {document.date or ''}"
        if asked.day and not any_day(date or about, asked.day):
            continue
        key = (_plain(one.name), date)
        same_person = (name for name, day in known if day == date and " " not in key[0] and name.split()[-1] == key[0])
        if key in known or any(same_person):  # "Mr Orr" below "Ann Orr"
            continue
        known.add(key)
        row = Found(
            sentence_of(document_id, document, one.start, one.end, one.heading),
            {"Name": one.name, "Role": one.role, "Listed as": one.label, "Date": date or ""},
            (one.start, one.end),
            ("person", key[0], date or document.source),
            date,
            not_counted=status_of(document) or ("nobody" if NOBODY.fullmatch(one.name) else ""),
        )
        if in_range(row, asked):
            yield row


def listed_at(document_id: int, document: Document, asked: Enumerated) -> Found | None:
    """The entry by which a document lists a person as `Enumerated.attended` asks, all of them where several are named;
    ``None`` where it does not."""
    wanted = replace(
        asked, kind="list", head="attendees", stems=asked.attended, labels=asked.attended, attendance=True, terms=(),
        since=None, until=None, attended=frozenset(),
    )  # fmt: skip
    rows = [*named_under(document_id, document, wanted)]
    parts = [part_of(document_id, document, table, wanted) for table in document.layout.tables]
    rows += [row for part in parts if part is not None and part.rule <= BY_COLUMN for row in part.rows]
    held: list[Found] = []
    for term in asked.terms:
        each = [replace(term, word=one, others=()) for one in term.choices] if term.name else []
        found = [next((row for row in rows if _is_of_name(row, one)), None) for one in each]
        if each and not (all(found) if term.join == "and" else any(found)):
            return None
        held += [row for row in found if row is not None]
    return held[0] if held else None


def _is_of_name(row: Found, term: Term) -> bool:
    """Whether an entry is of a name, which may stand there without the first name: "Ms Orr" of "Ann Orr"."""
    entry = without_title(next(iter(row.cells.values())).split())
    return names_of(term, " | ".join(row.cells.values())) or entry == term.word.split()[-1:]


def lists_anybody(document_id: int, document: Document, labels: Words) -> bool:
    """Whether a document has a list of those present, or of those absent."""
    wanted = Enumerated("list", "attendees", labels, labels=labels, attendance=True)
    in_lines = next(iter(named_under(document_id, document, wanted)), None) is not None
    parts = (part_of(document_id, document, table, wanted) for table in document.layout.tables)
    return in_lines or any(part is not None and part.rule <= BY_COLUMN and part.rows for part in parts)


_HEAD = 1500
_MEETING_LINE = re.compile(
    r"\b(?:minutes|meeting|session|hearing|held|notes?|record|inspection|visit|board|committee|council|assembly)\b",
    re.IGNORECASE,
)


def _is_about(document: Document, asked: Enumerated) -> bool:
    """Whether a document says the words that narrow the question somewhere: "the meeting on nets"."""
    about = f"{document.title}\n{document.text}"
    said = roots(about)
    return all(
        term.soft or (names_of(term, about) if term.name else words_of(term, said)) != term.negated
        for term in asked.terms
    )


def _day_above(document: Document, start: int) -> str | None:
    """The day of the meeting whose people stand at ``start``: the last that a line about it gives above, else the
    document's own."""
    for line in reversed(document.text[max(0, start - _HEAD) : start].splitlines()):
        found = [iso(day) for _, _, day in values.days(line)]
        if len(found) == 1 and _MEETING_LINE.search(line):
            return found[0]
    return document.date[:10] if document.date else None


def _plain(name: str) -> str:
    return re.sub(rf"^{_TITLE} ", "", name).casefold()


def _lines_of(text: str, asked: Enumerated) -> Iterator[_Listed]:
    """The entries of lines below or behind a label that was asked for."""
    lines = [(match.start(), match.end()) for match in re.finditer(r"[^\n]*", text) if match.end() > match.start()]
    for at, (start, end) in enumerate(lines):
        match = _LABEL.fullmatch(text[start:end].rstrip())
        if match is None or not _is_wanted(match["label"], asked):
            continue
        first = start + len(match[0]) - len(match[0].lstrip())
        label = collapse(EMPHASIS.sub("", f"{match['label']}{match['aside'] or ''}"))
        if match["names"]:
            last = at
            while text[lines[last][1] - 1] in ",;" or text[slice(*lines[last])].endswith(" and"):  # it is wrapped
                if last + 1 == len(lines):
                    break
                last += 1
            stop = len(text[: lines[last][1]].rstrip())
            found = list(_entries(text[start + match.start("names") : stop]))
            yield from (_Listed(name, role, label, first, stop) for name, role in found)
        elif match["mark"] == ":" or text[start:end].strip().isupper() or len(match["label"].split()) < 3:
            heading = (first, start + len(match[0].rstrip()))
            yield from _below(text, lines, at, label, heading)


def _below(text: str, lines: list[tuple[int, int]], at: int, label: str, heading: tuple[int, int]) -> Iterator[_Listed]:
    """The names that stand below a label, one or more a line, up to a line that is none."""
    for place in range(at + 1, len(lines)):
        start, end = lines[place]
        if text[lines[place - 1][1] : start].count("\n") > (2 if place == at + 1 else 1):
            return
        written = re.sub(r"^\s*(?:[-*•▪]|\(?\d{1,2}[.)])\s+", "", text[start:end]).strip()
        found = list(_entries(written)) if not written.endswith(":") else []
        if (
            not found
            or len(written.split()) > NAME_WORDS * len(found)
            or not all(_NAME.match(name) for name, _ in found)
        ):
            return
        first = start + len(text[start:end]) - len(text[start:end].lstrip())
        yield from (
            _Listed(name, role, label, first, start + len(text[start:end].rstrip()), heading) for name, role in found
        )


def _is_wanted(label: str, asked: Enumerated) -> bool:
    """Whether a line's label is one that was asked for; "Not present" is none of those present."""
    said = roots(label)
    if not said & asked.labels or len(label.split()) > LABEL_WORDS:
        return False
    if asked.labels & ABSENT and asked.labels & PRESENT:
        return True
    denies = bool(said & ABSENT) or bool(re.search(r"\b(?:not|non)\b", label, re.IGNORECASE))
    return denies == bool(asked.labels & ABSENT)


def _entries(written: str) -> Iterator[tuple[str, str]]:
    """The names of a line, each with what is said of it: in brackets, or in small letters behind a comma."""
    plain = collapse(EMPHASIS.sub("", written)).rstrip(". ")
    if NOBODY.fullmatch(plain):
        yield plain.strip(), ""
        return
    kept = [match[0] for match in _BRACKETED.finditer(plain)]
    hidden = _BRACKETED.sub("\x00", plain)
    found: list[list[str]] = []
    for part in _PARTS.split(hidden):
        part = part.strip()
        if not part:
            continue
        aside = "".join(kept.pop(0)[1:-1] for _ in range(part.count("\x00")))
        name, _, behind = part.partition("\x00")
        name = name.strip().rstrip(".")
        if _NAME.fullmatch(name) or _SEVERAL.match(name):
            found.append([name, aside.strip()])
        elif found and not name[:1].isupper():
            found[-1][1] = ", ".join(one for one in (found[-1][1], f"{name} {behind}".strip()) if one)
        elif match := re.match(rf"({_NAME.pattern})(?: [–—-] |, | as )(.+)", name):
            found.append([match[1], match[2]])
        else:
            return  # it is a sentence
    if any(len(name.split()) > NAME_WORDS for name, _ in found):
        return
    yield from ((name, role) for name, role in found)


def _sentences_of(document: Document, asked: Enumerated) -> Iterator[_Listed]:
    """Who attended or did not, as sentences say it."""
    if not asked.attendance:
        return
    absent, both = asked.labels & ABSENT, bool(asked.labels & PRESENT and asked.labels & ABSENT)
    for unit in document.layout.units:
        text = document.text[unit.start : unit.end]
        if unit.heading is not None or len(unit.parts) > 1 or _LABEL.fullmatch(collapse(text)):
            continue
        plain = re.sub(r"^\d{1,2}(?:\.\d+)*[.)]?\s+", "", collapse(text))
        for labels, pattern in _SAID:
            match = pattern.search(plain) if both or bool(labels) == bool(absent) else None
            if match is None:
                continue
            names = next(one for one in match.groups() if one)
            label = "absent" if labels else "present"
            yield from (_Listed(name, role, label, unit.start, unit.end) for name, role in _entries(names))
            break
