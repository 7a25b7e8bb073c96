"""Judged questions: documents, questions, and which documents or spans answer each."""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hybrid.answers import Hit
from hybrid.documents import Document, Metadata
from hybrid.errors import InputError
from hybrid.stores.jsonl import read_jsonl


@dataclass(frozen=True)
class Relevant:
    """A document that answers, or a span of it; the higher the gain, the better."""

    source: str
    start: int | None = None
    end: int | None = None
    gain: int = 1

    @property
    def key(self) -> str:
        """A name for it in rankings and judgements."""
        return self.source if self.start is None else f"{self.source}\t{self.start}-{self.end}"

    def holds(self, hit: Hit) -> bool:
        """Whether the hit is of the document, and overlaps the span if there is one."""
        if hit.source != self.source:
            return False
        return self.start is None or self.end is None or (hit.start < self.end and self.start < hit.end)


@dataclass(frozen=True)
class JudgedQuestion:
    """A question with what is relevant to it."""

    id: str
    text: str
    relevant: tuple[Relevant, ...]

    def ranked(self, hits: Sequence[Hit]) -> list[str]:
        """The hits as names, best first: those of relevant things where a hit holds one, else of its document,
        or of its chunk where spans are judged."""
        names: dict[str, None] = {}
        spans = any(one.start is not None for one in self.relevant)
        for hit in hits:
            held = [one.key for one in self.relevant if one.holds(hit)]
            names |= dict.fromkeys(held or [f"{hit.source}\t{hit.start}" if spans else hit.source])
        return list(names)


@dataclass(frozen=True)
class JudgedSet:
    """A name, documents (none where a corpus that is there already is asked), and judged questions."""

    name: str
    documents: tuple[Document, ...]
    questions: tuple[JudgedQuestion, ...]


def read_judged(folder: Path) -> JudgedSet:
    """The set in a folder: ``documents.jsonl`` and ``questions.jsonl`` (docs/retrieval.md has the keys), or
    one of the development sets cranfield and hotpotqa100 in the form in which they are published.

    Raises `InputError` naming the file and line that cannot be used.
    """
    if (folder / "cran.qry").is_file():
        return _cranfield(folder)
    if (folder / "corpus.jsonl").is_file():
        return _hotpotqa(folder)
    if not (folder / "documents.jsonl").is_file():
        raise InputError(f"{folder} has no documents.jsonl, and is neither cranfield nor hotpotqa100")
    path = folder / "documents.jsonl"
    documents = tuple(_document(path, number, line) for number, line in enumerate(read_jsonl(path), 1))
    questions = read_questions(folder / "questions.jsonl")
    known = {document.source for document in documents}
    for question in questions:
        for one in question.relevant:
            if one.source not in known:
                raise InputError(
                    f"{folder}: question {question.id} names the source {one.source!r}, which is no document"
                )
    return JudgedSet(folder.name, documents, questions)


def read_questions(path: Path) -> tuple[JudgedQuestion, ...]:
    """Questions with what is relevant, one a line: ``{"question": ..., "relevant": [{"source": ...}]}``."""
    found = []
    for number, line in enumerate(read_jsonl(path), 1):
        try:
            relevant = tuple(Relevant(**({"source": one} if isinstance(one, str) else one)) for one in line["relevant"])
            found.append(JudgedQuestion(str(line.get("id", number)), str(line["question"]), relevant))
        except (KeyError, TypeError) as error:
            raise InputError(
                f"{path}, question {number}: {error}; it needs question and relevant, a list of source, or of "
                "{source, start, end, gain}"
            ) from error
    judged = tuple(question for question in found if question.relevant)
    if not judged:
        raise InputError(f"{path} has no question with anything relevant to it")
    return judged


def _document(path: Path, number: int, line: dict[str, Any]) -> Document:
    try:
        metadata = Metadata.model_validate(line.get("metadata", {}))
        return Document.from_text(line["text"], source=str(line["source"]), metadata=metadata)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}, document {number}: it needs source and text ({error})") from error


def _cranfield(folder: Path) -> JudgedSet:
    """Abstracts with graded judgements: codes 1 (complete answer) to 4 (minor interest) become gains 4 to 1."""
    with gzip.open(folder / "cran.all.1400.gz", "rt", encoding="utf-8") as file:
        parts = re.split(r"^\.I ", file.read(), flags=re.MULTILINE)[1:]
    texts = {part.split()[0]: part.partition("\n.W\n")[2].strip() for part in parts}
    documents = tuple(Document.from_text(text, source=number) for number, text in texts.items() if text)
    asked = re.split(r"^\.I .*\n\.W\n", (folder / "cran.qry").read_text("utf-8"), flags=re.MULTILINE)[1:]
    relevant: dict[int, list[Relevant]] = {}
    for line in filter(str.strip, (folder / "cranqrel").read_text("utf-8").splitlines()):
        query, number, code = map(int, line.split())  # a query's number is its place in cran.qry, from 1
        if code > 0:
            relevant.setdefault(query, []).append(Relevant(str(number), gain=5 - code))
    return JudgedSet(
        "cranfield",
        documents,
        tuple(
            JudgedQuestion(str(number), " ".join(text.split()), tuple(relevant[number]))
            for number, text in enumerate(asked, 1)
            if number in relevant
        ),
    )


def _hotpotqa(folder: Path) -> JudgedSet:
    """Passages under their titles; relevant are those with a supporting fact."""
    passages = {line["title"]: "".join(line["sentences"]).strip() for line in read_jsonl(folder / "corpus.jsonl")}
    return JudgedSet(
        "hotpotqa100",
        tuple(Document.from_text(f"{title}\n\n{text}", source=title) for title, text in passages.items()),
        tuple(
            JudgedQuestion(
                line["_id"],
                line["question"],
                tuple(Relevant(title) for title in dict.fromkeys(title for title, _ in line["supporting_facts"])),
            )
            for line in read_jsonl(folder / "questions.jsonl")
        ),
    )
