"""Lookup quality, and how often an answer is refused: rightly, and wrongly.

    python benchmarks/abstention.py              # the tables in docs/answers.md

Each of 8 CUAD contracts is asked about the clauses that the annotators marked in it; the first quote
should overlap a marked span. The 8 together are asked the same, and questions that they do not answer
(HotpotQA's, and SQuALITY's without those about the plot). HotpotQA's passages are asked their own
questions, and those of the contracts. The data folder is the one named by
HYBRID_DATA, else ../shared/data.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from hybrid.answering import abstention
from hybrid.answering.evidence import Sentence, gather, with_similarity
from hybrid.answering.selection import ranking
from hybrid.ingest.chunking import chunk
from hybrid.retrieval.embedding import Embedder
from hybrid.retrieval.idf import InverseDocumentFrequency
from hybrid.retrieval.search import Searcher
from hybrid.settings import Settings
from hybrid.settings.models import EMBEDDER
from hybrid.stores.catalog import Catalog
from hybrid.stores.vectors import FaissIndex
from hybrid.types.documents import Document

DATA = Path(os.environ.get("HYBRID_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
SETTINGS = Settings()
QUESTIONS = {
    "Agreement Date": "What is the date of the agreement?",
    "Parties": "Who are the parties to the agreement?",
    "Governing Law": "Which state's law governs the agreement?",
    "Expiration Date": "When does the agreement expire?",
    "Renewal Term": "How is the term of the agreement renewed?",
    "Notice Period To Terminate Renewal": "How much notice is needed to stop renewal of the agreement?",
    "Anti-Assignment": "May the agreement be assigned without consent?",
    "Cap On Liability": "How is liability limited in the agreement?",
    "Audit Rights": "Who may audit the books and records under the agreement?",
    "Insurance": "What insurance must be maintained under the agreement?",
    "Termination For Convenience": "Can the agreement be terminated without cause?",
    "License Grant": "What license is granted under the agreement?",
}


class Asked:
    """A corpus in memory and on disk for the length of a run, and what it finds for a question."""

    def __init__(self, texts: dict[str, str], embedder: Embedder, folder: Path) -> None:
        self.embedder, self.catalog = embedder, Catalog.open(folder / "catalog.sqlite", create=True)
        chunks = 0
        with self.catalog.transaction() as transaction:
            for name, text in texts.items():
                document = Document.from_text(text, source=name)
                pieces = chunk(document.text, embedder, SETTINGS.ingest)
                vectors = embedder.encode([piece.text for piece in pieces])
                document_id, _ = transaction.add_document(document, pieces, vectors)
                transaction.put_source(name, document_id)
                chunks += len(pieces)
        index = FaissIndex.build(embedder.dimension, *self.catalog.vectors())
        self.searcher = Searcher(self.catalog, index, embedder, SETTINGS.retrieval)
        self.idf = InverseDocumentFrequency(self.catalog, chunks)

    def find(self, question: str) -> list[Sentence]:
        """The sentences around the hits, with their similarity to the question."""
        vector = self.embedder.encode([question])[0]
        return with_similarity(self.embedder, vector, gather(self.catalog, self.searcher.search(question, k=10)))


def read(path: str) -> list[dict]:
    opened = gzip.open if path.endswith(".gz") else open
    with opened(DATA / path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def cuad(count: int) -> tuple[dict[str, str], list[tuple[str, str, list[tuple[int, int]]]]]:
    """Texts of the first contracts, and (question, contract, gold spans)."""
    texts = {row["id"]: row["text"] for row in read("cuad/contracts_dev.jsonl.gz") if len(row["text"]) < 60_000}
    texts = dict(list(texts.items())[:count])
    rows = [row for row in read("cuad/qa_dev.jsonl.gz") if row["doc"] in texts and row["spans"]]
    asked = [
        (QUESTIONS[row["category"]], row["doc"], [(span["start"], span["end"]) for span in row["spans"]])
        for row in rows
        if row["category"] in QUESTIONS
    ]
    return texts, asked


def lookup_quality(corpora: dict[str, Asked], asked: list[tuple[str, str, list[tuple[int, int]]]]) -> None:
    first = among = exact = quotes = 0
    for question, name, gold in asked:
        corpus = corpora[name]
        chosen = [quote.sentence for quote in ranking.choose(question, corpus.find(question), corpus.idf, 3)]
        hits = [any(one.start < end and start < one.end for start, end in gold) for one in chosen]
        first, among = first + hits[0], among + any(hits)
        exact += sum(corpus.catalog.text(one.document_id, one.start, one.end) == one.text for one in chosen)
        quotes += len(chosen)
    print(
        f"lookup: {len(asked)} questions; the first quote overlaps the annotated span {first / len(asked):.1%}, one of"
    )
    print(f"the up to three quotes {among / len(asked):.1%}; {exact} of {quotes} quotes stand at their offsets")


def measured(corpus: Asked, questions: list[str]) -> list[abstention.Answerability]:
    return [abstention.measure(question, corpus.find(question), corpus.idf) for question in questions]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contracts", type=int, default=8)
    parser.add_argument("--questions", type=int, default=100, help="the most that are asked, a set; the first ones")
    parser.add_argument("--show", action="store_true", help="print the questions that are judged wrongly")
    options = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"no data at {DATA}; set HYBRID_DATA")
    began = time.perf_counter()
    embedder = Embedder.load(EMBEDDER.name)
    texts, asked = cuad(options.contracts)
    hotpot = [row["question"] for row in read("hotpotqa100/questions.jsonl")]
    passages = {
        f"{n} {row['title']}": "".join(row["sentences"]) for n, row in enumerate(read("hotpotqa100/corpus.jsonl"))
    }
    stories = [question["q"] for row in read("squality/dev.jsonl.gz") for question in row["questions"]]
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        alone = {}
        for number, (name, text) in enumerate(texts.items()):
            (Path(one) / str(number)).mkdir()
            alone[name] = Asked({name: text}, embedder, Path(one) / str(number))
        lookup_quality(alone, asked)
        contracts = Asked(texts, embedder, Path(one))
        wiki = Asked(passages, embedder, Path(other))
        own = [measured(alone[name], [question])[0] for question, name, _ in asked]
        sets = {
            "CUAD, of 8 contracts": (True, list(QUESTIONS.values()), contracts),
            "HotpotQA, own passages": (True, hotpot, wiki),
            "HotpotQA, of contracts": (False, hotpot, contracts),
            "SQuALITY, of contracts": (False, [q for q in stories if "plot" not in q], contracts),
            "CUAD, of HotpotQA": (False, list(QUESTIONS.values()), wiki),
        }
        found = {
            name: (truth, questions, measured(corpus, questions)) for name, (truth, questions, corpus) in sets.items()
        }
    found = {"CUAD, own contract": (True, [question for question, _, _ in asked], own), **found}
    print(f"\n{'questions':<24} {'n':>4}  {'similarity':>10} {'coverage':>9}  answered at threshold")
    thresholds = sorted({0.45, 0.5, 0.55, 0.6, 0.62, 0.65, 0.7, 0.75, 0.8, abstention.THRESHOLD})
    print(" " * 53 + " ".join(f"{value:>6.2f}" for value in thresholds))
    for name, (_, _, rows) in found.items():
        shares = [np.mean([r.answerable_at(limit) for r in rows]) for limit in thresholds]
        middle = [np.median([getattr(r, part) for r in rows]) for part in ("similarity", "coverage")]
        print(
            f"{name:<24} {len(rows):>4}  {middle[0]:>10.2f} {middle[1]:>9.2f}   "
            + " ".join(f"{s:>6.1%}" for s in shares)
        )
    if options.show:
        for name, (truth, questions, rows) in found.items():
            for question, row in zip(questions, rows, strict=True):
                if row.answerable != truth:
                    print(f"{name}: {question}\n    {row}")
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
