"""Things that a question designates and no document has, though the words of their designations occur.

"Amendment No. 3" where there are only No. 1 and No. 2, and the witness statement of somebody who made none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hybrid.answering.evidence import Sentence
from hybrid.answering.premises import SCANNED_CHARS
from hybrid.text import lexicon
from hybrid.text.values import MONTHS

HEAD = 350
"""Characters of a document in which it says what it is and whose; not varied."""
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_UNITS = lexicon.vocabulary(
    """
    clause section paragraph article chapter page part item line figure table row column question step day week month
    year number no level phase grade class size version draft room top about over under from than after before until
    monday tuesday wednesday thursday friday saturday sunday spring summer autumn winter week half quarter between
    clauses sections paragraphs articles pages items lines figures tables rows
    """
)
"""What is numbered without its name ("9.2 The tenant shall ..."), and words before quantities."""
_NUMBERED = re.compile(
    r"\b(?P<kind>[A-Z][a-z]{3,}|[a-z]{4,}(?= (?:[Nn]o\.|[Nn]umber|[Nn]r\.)))\s+"
    r"(?:(?:[Nn]o\.?|[Nn]r\.?|[Nn]umber|#)\s*)?"
    r"(?P<number>\d{1,3}|[A-Z](?=\W|$))(?![\w/:-]|\.\d|,\d)"
)
_ORDINAL = re.compile(
    rf"\b(?P<ordinal>{'|'.join(_ORDINALS)})\s+(?P<kind>amendment|addendum|supplement|schedule|annex|appendix|variation"
    r"|protocol|codicil|instalment)\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r".\b(?:before|after|when|since|until|which|that|while|because|if|whose|like|unlike)\b", re.IGNORECASE
)
_NAME = r"[A-Z][\w-]+(?: [A-Z][\w-]+)*"
_TESTIMONY = r"(?:witness|sworn|written) statement|affidavit|deposition|diary|proof of evidence"
_OF_PERSON = re.compile(
    rf"\b(?P<owner>{_NAME})['’]s (?:own )?(?P<owned>{_TESTIMONY})\b"
    rf"|\b(?P<by>{_TESTIMONY}) (?:of|by|from) (?:(?:Mr|Mrs|Ms|Dr)\.? )?(?P<maker>{_NAME})"
    rf"|\b(?:his|her|their) (?:own )?(?P<kept>{_TESTIMONY})\b|\bin (?:his|her|their) (?P<given>statement)\b"
)


_FIRST_SENTENCE_END = re.compile(r"(?<=[a-z]{3}[.:])\s")


@dataclass(frozen=True)
class Designation:
    """What a question designates: how it writes it, its kind, and its number or whose it is."""

    written: str
    kind: str
    number: str = ""
    person: str = ""


def read(question: str) -> list[Designation]:
    """The numbered things and the testimonies that a question takes to exist, each once.

    Example:
        >>> [one.written for one in read("What does Annex No. 4 say of Ann Spode's affidavit?")]
        ['Annex No. 4', 'Ann Spode’s affidavit']
    """
    found = [
        Designation(match[0], match["kind"].lower(), match["number"].lower())
        for match in _NUMBERED.finditer(question)
        if match["kind"].lower() not in _UNITS | lexicon.STOPWORDS | MONTHS.keys()
    ]
    found += [
        Designation(match[0], match["kind"].lower(), str(_ORDINALS.index(match["ordinal"].lower()) + 1))
        for match in _ORDINAL.finditer(question)
    ]
    for match in _OF_PERSON.finditer(question):
        kind = match["owned"] or match["by"] or match["kept"] or match["given"]
        before = [one for one in re.findall(_NAME, question[: match.start()]) if one.lower() not in lexicon.STOPWORDS]
        person = match["owner"] or match["maker"] or (before[-1] if before else "")
        if person:
            found.append(Designation(f"{person}’s {kind}", kind, person=person.split()[-1]))
    return list({one.written.lower(): one for one in found}.values())


@dataclass(frozen=True)
class Absent:
    """A designation that no document has, and the others of its kind that documents have, as they write them."""

    designation: Designation
    others: tuple[str, ...] = ()

    def note(self, documents: int) -> str:
        """What is said of it, where so many documents were searched.

        Example:
            >>> Absent(Designation("Annex 4", "annex", "4"), ("Annex 2",)).note(3)
            '“Annex 4” is in none of the 3 documents searched; “Annex 2” is.'
        """
        where = f"in none of the {documents:,} documents" if documents > 1 else "not in the document"
        quoted = [f"“{one}”" for one in self.others]
        listed = quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}" if quoted else ""
        others = f"; {listed} {'is' if len(quoted) == 1 else 'are'}" if quoted else ""
        return f"“{self.designation.written}” is {where} searched{others}."

    def asked_for(self, part: str) -> bool:
        """Whether a part of a question asks something of the thing itself, and does not name it in passing: "before
        Amendment No. 3"."""
        one = self.designation
        at = part.lower().find(one.written.lower()) if one.number else part.find(one.kind)
        return at >= 0 and _ASIDE.search(part[:at]) is None

    def names_another(self, sentence: Sentence) -> bool:
        """Whether a sentence, or its document's title, names another thing of the kind: its facts are not of this."""
        return bool(self.others) and any(
            _same_kind(self.designation.kind).search(text) for text in (sentence.text, sentence.title)
        )


def absent(designations: Iterable[Designation], documents: Sequence[tuple[str, str]]) -> list[Absent]:
    """Which designations no document has. A numbered thing is only called absent where others of its kind are numbered.

    Args:
        designations: what a question designates.
        documents: of each the lines that say what it is and whose (name, title, author), and its text.

    Example:
        >>> texts = [("lease.txt", "By Annex 2 the rent rises.")]
        >>> [one.others for one in absent(read("What does Annex 4 say?"), texts)]
        [('Annex 2',)]
    """
    if sum(len(text) for _, text in documents) > SCANNED_CHARS:
        return []
    found = []
    for one in designations:
        if one.person:
            if not any(_testifies(one, about, text) for about, text in documents):
                found.append(Absent(one))
            continue
        others: dict[str, str] = {}
        for about, text in documents:
            for match in _same_kind(one.kind).finditer(f"{about}\n{text}"):
                written = " ".join(match[0].split())
                for number in _numbers(match):
                    if not others.get(number, "")[:1].isupper():  # a file's name is written otherwise
                        others[number] = written
        if others and one.number not in others:
            found.append(Absent(one, tuple(written for _, written in sorted(others.items())[:3])))
    return found


def _same_kind(kind: str) -> re.Pattern[str]:
    """Numbered things of a kind: "Annex 2", "annexes 1 and 2", "second annex"."""
    return re.compile(
        rf"\b(?i:{re.escape(kind)})(?:e?s)?[\s_-]+(?i:nos?\.?|nr\.?|number|#)?[\s_]*"
        r"(?P<numbers>(?:\d{1,3}|[A-Z])(?:\s*(?:,|and|or|to|-|–|&)\s*(?:\d{1,3}|[A-Z])(?![\w]))*)(?![\w/:-]|\.\d|,\d)"
        rf"|\b(?i:(?P<ordinal>{'|'.join(_ORDINALS)})\s+{re.escape(kind)})\b"
    )


def _numbers(match: re.Match[str]) -> list[str]:
    if match["ordinal"]:
        return [str(_ORDINALS.index(match["ordinal"].lower()) + 1)]
    numbers = [one.lower() for one in re.findall(r"\d+|[A-Z]", match["numbers"])]
    span = re.fullmatch(r"(\d+)\s*(?:to|-|–)\s*(\d+)", match["numbers"])
    return [str(one) for one in range(int(span[1]), int(span[2]) + 1)] if span else numbers


def _testifies(one: Designation, about: str, text: str) -> bool:
    """Whether a document is somebody's testimony, by its head, or speaks of it."""
    kind, person = re.escape(one.kind.split()[-1]), re.escape(one.person)
    head = f"{about}\n{_FIRST_SENTENCE_END.split(text[:HEAD])[0]}"
    if re.search(rf"(?<![a-z]){kind}", head, re.IGNORECASE) and re.search(rf"\b{person}\b", head, re.IGNORECASE):
        return not re.match(r"\s*From:", text)
    near = rf"\b{person}\b[^.;]{{0,80}}\b{kind}\b|\b{kind}\b[^.;]{{0,80}}\b{person}\b"
    return re.search(near, text, re.IGNORECASE) is not None
