"""The exceptions to a rule that is quoted."""

from __future__ import annotations

import re
from dataclasses import replace

from hybrid.answering import amendments
from hybrid.answering.evidence import Sentence, Texts, collapse
from hybrid.answering.quoted import BEFORE, distinct, roots_of
from hybrid.text.sentences import spans as sentence_spans

MOST_EXCEPTIONS = 3
"""Exceptions that are quoted with a rule; not varied."""
_EXCEPTS = re.compile(
    r"\bexcept\w*|\bunless\b|\bsave (?:for|that|as|where|in)\b|\bother than\b|\bapart from\b|\bnothing in\b"
    r"|\bmay also\b"
    r"|\b(?:does|do|shall|will) not (?:apply|extend|limit|affect|cover)\b|\bnotwithstanding\b|\bdespite\b"
    r"|\bno other\b|\bis not excluded\b|\bprovided that\b",
    re.IGNORECASE,
)
_SUBJECT_TO = re.compile(
    r"\b(?:subject to|except as (?:provided|set out) in) (?:clause|section|paragraph)s? (\d+\.\d+)", re.I
)


def exceptions(texts: Texts, question: str, rule: Sentence) -> list[Sentence]:
    """The exceptions to a rule: sentences of its section that make one, and the clauses that it is subject to, in
    the order of the text."""
    text = texts.text(rule.document_id)
    begin = max(0, rule.start - BEFORE)
    section = (amendments.clause_at(text, rule.start) or "").partition(".")[0]
    subject_to = set(_SUBJECT_TO.findall(collapse(rule.text)))
    about = roots_of(rule.text) | roots_of(question)
    found = []
    for first, last in sentence_spans(text[begin : rule.end + BEFORE]):
        start, end = begin + first, begin + last
        clause = amendments.clause_at(text, start) or ""
        said = collapse(text[start:end])
        if start == rule.start or clause.partition(".")[0] != section or (start < begin + 40 and begin):
            continue
        if clause in subject_to or (_EXCEPTS.search(said) and about & roots_of(said)):
            found.append(replace(rule, start=start, end=end, text=text[start:end], parts=(), vector=None))
    nearest = sorted(distinct(found), key=lambda one: abs(one.start - rule.start))[:MOST_EXCEPTIONS]
    return sorted(nearest, key=lambda one: one.start)
