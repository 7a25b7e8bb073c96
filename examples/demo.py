"""From a folder of documents to cited answers, timed stage by stage.

    make demo                                        the licences of the packages installed here
    CORPUS=path QUESTION="..." make demo             your own folder and question

The licence texts are a legal corpus that every machine has. They are copied to build/demo/licences
first, so that the citations name the package instead of a path deep in the environment.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import hybrid
from hybrid.errors import HybridError

REPOSITORY = Path(__file__).resolve().parent.parent
BUILD = REPOSITORY / "build" / "demo"
DISTRIBUTION = "hybrid-ttt-rag"
LICENCE_NAME = re.compile(r"licen[cs]e|copying|notice", re.IGNORECASE)
# What the memory reads is what takes the time: at least 200 tokens a second on two cores, four characters a
# token. So many characters are read in about two minutes.
MOST_CHARACTERS = 100_000
QUESTIONS = {
    "lookup": "Who holds the copyright of NumPy?",
    "comprehension": "Overall, what do these licences ask of someone who redistributes the software?",
    "both": "When was version 2.0 of the Apache License published, and why does it grant a patent licence?",
    "not in the corpus": "How many days of paid holiday does an employee get each year?",
}


def licence_files(distribution: metadata.Distribution) -> Iterator[Path]:
    """The licence texts that an installed package carries."""
    for file in distribution.files or ():
        parts = file.parts
        if ".dist-info" in parts[0] and ("licenses" in parts or LICENCE_NAME.search(file.name)):
            path = Path(str(distribution.locate_file(file)))
            if path.is_file() and path.suffix not in {".py", ".pyc"}:
                yield path


def own_dependencies() -> set[str]:
    """The packages that hybrid itself names as its dependencies."""
    required = metadata.requires(DISTRIBUTION) or []
    return {re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0].lower() for line in required if "extra ==" not in line}


def collect_licences(folder: Path) -> str:
    """Copies licence texts to ``folder/<package>/``, identical ones once, and says which ones it took."""
    found = {
        distribution.name.lower(): sorted(licence_files(distribution), key=lambda path: (len(path.parts), path))
        for distribution in metadata.distributions()
    }
    chosen = [(name, path) for name, paths in sorted(found.items()) for path in paths]
    said = f"the licence texts of all {len(found)} installed packages"
    total = sum(path.stat().st_size for _, path in chosen)
    if total > MOST_CHARACTERS:
        own = own_dependencies()
        ranked = [(place, name, path) for name in own & found.keys() for place, path in enumerate(found[name])]
        chosen = [(name, path) for _, name, path in sorted(ranked)]  # each package's main licence first
        said = (
            f"licence texts of hybrid's own dependencies, up to {MOST_CHARACTERS:,} characters: all {len(found)} "
            f"installed packages carry {total / 1e6:.1f} MB, which would take the memory too long"
        )
    shutil.rmtree(folder, ignore_errors=True)
    seen: set[bytes] = set()
    taken = 0
    for name, path in chosen:
        content = path.read_bytes()
        if content in seen or taken + len(content) > MOST_CHARACTERS:
            continue
        seen.add(content)
        taken += len(content)
        target = folder / name / licence_name(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return f"{len(seen)} {said}"


def licence_name(path: Path) -> str:
    """What a licence's file is called below its package's metadata, where older wheels have no folder for licences."""
    metadata = next(at for at, part in enumerate(path.parts) if part.endswith((".dist-info", ".egg-info")))
    return "-".join(part for part in path.parts[metadata + 1 :] if part != "licenses")


def show(question: str, kind: str, corpus: hybrid.Corpus) -> None:
    """Asks, and prints the answer under its question with the time it took."""
    started = time.perf_counter()
    answer = corpus.ask(question)
    took = time.perf_counter() - started
    print(f"\n── {kind} ──\nQ: {question}")
    print(f"   route {answer.route.name}, p(comprehension) {answer.route.p_comprehension:.2f}, {took:.1f} s\n")
    print(answer)


def main() -> int:
    """Ingests, asks, and prints how long each stage took."""
    started = time.perf_counter()
    folder, question = os.environ.get("CORPUS"), os.environ.get("QUESTION")
    if folder:
        inputs, said, name = folder, folder, "own-" + re.sub(r"\W+", "-", str(Path(folder).resolve())).strip("-")
    else:
        said, name, inputs = collect_licences(BUILD / "licences"), "corpus", str(BUILD / "licences")
        os.chdir(BUILD)
        inputs = "licences"
    print(f"Reading {said}.")
    with hybrid.Corpus.open(os.path.relpath(BUILD / name)) as corpus:
        report = corpus.ingest(inputs, progress=sys.stderr.isatty())
        print(f"{report}\n\n{corpus.status()}")
        if question or folder:
            show(question or "What are these documents about?", "your question", corpus)
        else:
            for kind, text in QUESTIONS.items():
                show(text, kind, corpus)
    took = time.perf_counter() - started
    print(f"\nDone in {took:.0f} s. The corpus stays in {(BUILD / name).relative_to(REPOSITORY)}.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except HybridError as error:
        sys.exit(f"demo: {error}")
