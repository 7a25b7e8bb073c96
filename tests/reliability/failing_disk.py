"""What happens to a corpus when its n-th write fails, and all after it: run with LD_PRELOAD, see test_failing_disk.py.

python failing_disk.py FAULTS.SO FOLDER EVERY     prints a JSON object for each failing write
"""

from __future__ import annotations

import ctypes
import errno
import json
import shutil
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from hybrid import Corpus
from hybrid.errors import HybridError

NO_MEMORY = {"memory": {"enabled": False}}
KEPT = "The lease agreement of house 1 ends on 4 May 2031."


def work(directory: Path, docs: Path, what: str) -> None:
    with Corpus.open(directory, NO_MEMORY) as corpus:
        if what == "ingest":
            corpus.ingest(docs / "new.txt")
        elif what == "remove":
            corpus.remove(str(docs / "old.txt"))


def state(directory: Path) -> tuple[tuple[str, ...], str]:
    """The names of the documents, and what is wrong with the corpus."""
    with Corpus.open(directory, create=False) as corpus:
        names = sorted(Path(one.source).name for one in corpus.documents())
        problems = [str(one) for one in corpus.check().problems if one.part != "deletion"]
        answered = "4 May 2031" in corpus.ask("When does the lease agreement of house 1 end?", route="lookup").text
        return tuple(names), "; ".join(problems) or ("" if answered else "the answer is another")


def main(library: str, folder: Path, every: int) -> None:
    faults = ctypes.CDLL(library)
    fail_at: Callable[[int, int, bytes], None] = faults.fail_at
    docs, whole = folder / "docs", folder / "whole"
    docs.mkdir()
    (docs / "kept.txt").write_text(KEPT)
    (docs / "old.txt").write_text("The deposit is 200 euros.")
    (docs / "new.txt").write_text("The garden is let to the neighbour.")
    with Corpus.open(whole, NO_MEMORY) as corpus:
        corpus.ingest(docs / "kept.txt", docs / "old.txt")
    before, after = ("kept.txt", "old.txt"), {"ingest": ("kept.txt", "new.txt", "old.txt"), "remove": ("kept.txt",)}
    for what, result in after.items():
        for number, name in ((errno.ENOSPC, "ENOSPC"), (errno.EIO, "EIO")):
            at, writes = 1, 0
            while at == 1 or at <= writes:
                directory = folder / f"{what}-{name}-{at}"
                shutil.copytree(whole, directory)
                fail_at(0 if not writes else at, number, str(directory).encode())
                raised = "nothing"
                try:
                    work(directory, docs, what)
                except HybridError as error:
                    raised = type(error).__name__
                except Exception as error:  # noqa: BLE001 - what is outside of the tree is what is looked for
                    raised = f"outside of the tree: {type(error).__name__}: {error}\n{traceback.format_exc()}"
                counted = faults.count()
                fail_at(0, 0, b"")
                if not writes:  # the first time nothing fails, and writes are counted
                    writes = counted
                    shutil.rmtree(directory)
                    continue
                names, wrong = state(directory)
                facts = {"work": what, "error": name, "write": at, "of": writes, "raised": raised, "wrong": wrong}
                print(json.dumps(facts | {"kept": names in (before, result), "names": names}), flush=True)
                shutil.rmtree(directory)
                at += every


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
