"""What a lookup costs by the kind of its question, over a case file that was made larger.

    python benchmarks/lookup_cost.py --chunks 10000

Makes the case file of examples/case_file and copies of it in other words until there are so many chunks: in each copy
two fifths of the words, and all longer numbers, are others, so that no copy is a version of another. The embedder is a
stand-in that takes no time. Milliseconds of CPU of all threads, the memory off, the route that of lookup, every cache
as it is after the questions were asked before. The questions are the case file's own and those below.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import faiss
import numpy as np

import hybrid
from hybrid.text.lexicon import STOPWORDS
from hybrid.text.values import MONTHS

MAKE = Path(__file__).resolve().parent.parent / "examples" / "case_file" / "make.py"
DIMENSION = 384
KINDS: dict[str, tuple[str, ...]] = {
    "all of something": (
        "List every payment with its date and amount.",
        "How many deliveries were late?",
        "What is the total of all invoices?",
        "List every e-mail from Helen Strand.",
    ),
    "somebody's knowledge": (
        "What did Gareth Oduya know about the low readings?",
        "When did Katherine Vance learn of the rust?",
        "What did Helen Strand write about the bath?",
    ),
    "who, what happened": (
        "Who is Gareth Oduya?",
        "Did Solwend accept the offer?",
        "Has Tarn Valley admitted liability?",
        "Was the batch rejected?",
    ),
    "a name that nobody has": ("What did Henrietta Oduya say about the bath?", "What is said of PO-XX-9999?"),
}
_WORD = re.compile(r"[A-Za-z]{4,}|\d{3,}")
_KEPT = {*STOPWORDS, *MONTHS, "from", "subject", "date", "wrote", "sent", "regards", "dear", "yours", "kind", "draft"}


class Encoder:
    """Embeds a text as the sum of vectors at random of its words."""

    def encode(self, texts: Sequence[str], progress: object = None, *, bulk: bool = False) -> np.ndarray:  # noqa: ARG002
        """One row a text, of length 1."""
        rows = [np.sum([self._word(word) for word in re.findall(r"\w+", one.lower())] or [self._word("")], 0)
                for one in texts]  # fmt: skip
        vectors = np.array(rows, np.float32).reshape(len(texts), DIMENSION)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    @staticmethod
    @cache
    def _word(word: str) -> np.ndarray:
        return np.random.default_rng(zlib.crc32(word.encode())).standard_normal(DIMENSION).astype(np.float32)


def in_other_words(text: str, copy: int) -> str:
    """A text of the same length, its words replaced as the copy of that number has them."""

    def replaced(match: re.Match[str]) -> str:
        word = match[0]
        drawn = zlib.crc32(f"{copy} {word.lower()}".encode())
        if word.isdigit():
            return (
                word
                if re.fullmatch(r"(?:19|20)\d\d", word)
                else str(10 ** (len(word) - 1) + drawn % 10**5)[: len(word)]
            )
        if word.lower() in _KEPT or drawn % 5 > 1:
            return word
        rng = np.random.default_rng(drawn)
        other = "".join(rng.choice(list("aeiou" if at % 2 else "bcdfghklmnprstvw")) for at in range(len(word)))
        return other.upper() if word.isupper() else other.capitalize() if word[0].isupper() else other

    return _WORD.sub(replaced, text)


def copied(document: hybrid.Document, copy: int) -> hybrid.Document:
    """A document of the copy of that number."""
    title = document.metadata.title
    metadata = document.metadata.model_copy(update={"title": in_other_words(title, copy) if title else None})
    text = in_other_words(document.text, copy)
    changed = {"text": text, "source": f"copy-{copy}/{document.source}", "metadata": metadata, "parent": None}
    return document.model_copy(update=changed)


def opened(directory: Path) -> hybrid.Corpus:
    """A corpus with the stand-in."""
    corpus = hybrid.Corpus.open(directory, hybrid.Settings.model_validate({"memory": {"enabled": False}}))
    corpus._embedder().encode = Encoder().encode  # type: ignore[method-assign]
    return corpus


def made(folder: Path, chunks: int) -> tuple[hybrid.Corpus, dict[str, list[str]]]:
    """The corpus in ``folder``, made where it is not there yet, and the questions by their kind."""
    case = folder / "case"
    if not case.exists():
        subprocess.run([sys.executable, MAKE, case], check=True, capture_output=True)
    corpus = opened(folder / "corpus")
    if not corpus.status().documents:
        corpus.ingest(case / "case")
        originals = [corpus._catalog.document(one.id) for one in corpus._catalog.documents()]
        for copy in range(1, round(chunks / corpus.status().chunks)):
            corpus.ingest([copied(one, copy) for one in originals])
    questions: dict[str, list[str]] = {}
    for line in (case / "key.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        questions.setdefault(row["kind"], []).append(row["question"])
    questions.pop("comprehension")
    return corpus, questions | {kind: list(asked) for kind, asked in KINDS.items()}


def spent(corpus: hybrid.Corpus, question: str) -> float:
    """Milliseconds of CPU, of all threads."""
    began = time.process_time()
    corpus.ask(question, route="lookup")
    return 1000 * (time.process_time() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=10_000)
    parser.add_argument("--keep", type=Path, help="a folder for the corpus, which is made once and used again")
    parser.add_argument("--profile", type=Path, help="a file for the profile of a last round")
    arguments = parser.parse_args()
    faiss.omp_set_num_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = (arguments.keep or Path(temporary)) / str(arguments.chunks)
        folder.mkdir(parents=True, exist_ok=True)
        corpus, questions = made(folder, arguments.chunks)
        with corpus:
            first = spent(corpus, next(iter(questions.values()))[0])
            rounds = [{one: spent(corpus, one) for asked in questions.values() for one in asked} for _ in range(3)]
            status = corpus.status()
            if arguments.profile:
                profile = cProfile.Profile()
                profile.enable()
                for asked in questions.values():
                    for one in asked:
                        corpus.ask(one, route="lookup")
                profile.disable()
                profile.dump_stats(arguments.profile)
    taken = {one: statistics.median(row[one] for row in rounds[1:]) for one in rounds[0]}
    print(f"{status.documents:,} documents, {status.chunks:,} chunks; the first question {first:.0f} ms\n")
    print("| questions | number | median | mean | most | the one that took most |\n|---|---|---|---|---|---|")
    for kind, asked in {**questions, "all": list(taken)}.items():
        times = [taken[one] for one in asked]
        most = max(asked, key=lambda one: taken[one])
        row = f"{statistics.median(times):.0f} | {statistics.mean(times):.0f} | {max(times):.0f}"
        print(f"| {kind} | {len(asked)} | {row} | {most} |")


if __name__ == "__main__":
    main()
