"""Who was present at a meeting, as its minutes say."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hybrid.answering.evidence import Sentence, Texts
from hybrid.answering.quoted import BEFORE
from hybrid.answering.verification.disagreement import any_day
from hybrid.answering.verification.values import values

_ASKS_PRESENT = re.compile(
    r"^\W*(?:who|which \w+|how many \w+)\b.*"
    r"\b(?:present|attend\w*|there|took part|at the (?:\w+ )?(?:meeting|session|hearing))\b",
    re.IGNORECASE,
)
_LABELLED = (
    r"\b(?: (?:for|from|on behalf of|by|in|at|via) [^:\n]{1,40})?[*_]* ?(?:\([^)\n]*\) ?)?"
    r"[*_]*[:–-][*_]* ?[^\s*_][^\n]*"
)
_PRESENT = re.compile(
    r"^[*_]*(?:Also |Members |Those )?(?:Present|In attendance|Attendees|Attending|Attendance)" + _LABELLED,
    re.MULTILINE | re.IGNORECASE,
)
_ASKS_ABSENT = re.compile(r"\b(?:apolog\w+|regrets|absent|absen\w+|missing)\b", re.IGNORECASE)
_ABSENT = re.compile(r"^[*_]*(?:Apologies|Regrets|Absent|Not present)" + _LABELLED, re.MULTILINE | re.IGNORECASE)


def lines(texts: Texts, question: str, found: Sequence[Sentence]) -> list[Sentence]:
    """The lines of minutes that say who was present at the meeting that is asked about, by its day where one is
    given; nothing for another question."""
    if not _ASKS_PRESENT.search(question):
        return []
    lines = list[Sentence]()
    for document_id in dict.fromkeys(one.document_id for one in found):
        document = texts.document(document_id)
        head = document.text[:BEFORE]
        matches = [*_PRESENT.finditer(head)]
        asked = values(question).days
        if not matches or (asked and not any_day(f"{document.title} {head} {document.date or ''}", question)):
            continue
        matches += _ABSENT.finditer(head) if _ASKS_ABSENT.search(question) else ()
        place = (document_id, document.source, document.title, document.sha256)
        lines += [Sentence(*place, match.start(), match.end(), match[0]) for match in matches]
    return lines if len({one.document_id for one in lines}) == 1 or values(question).days else []
