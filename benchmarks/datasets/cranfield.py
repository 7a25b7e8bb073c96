"""The Cranfield collection: 1,400 abstracts of aerodynamics, with 225 questions and graded judgements."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from hybrid.evaluation.retrieval import JudgedQuestion, JudgedSet, Relevant
from hybrid.types.documents import Document


def judged(folder: Path) -> JudgedSet:
    """The abstracts that hold text; codes 1 (complete answer) to 4 (minor interest) become gains 4 to 1."""
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
