"""The lines that matter: read two notes, ask two questions, check every quote.

Prints each answer with its numbered citations, and "every quote stands where it was cited" at the end. Twenty seconds,
most of which is loading the two models; the notes are written to a temporary folder, and nothing is left behind.

    python examples/quick_start.py
"""

from __future__ import annotations

import tempfile
from contextlib import chdir
from pathlib import Path

import hybrid

AGREEMENT = """SUPPLY AGREEMENT between Acme Ltd and Beta NV

1. Term. The supply agreement ends on 30 June 2027, unless both parties extend it in writing.
2. Deliveries. Acme shall deliver 500 tonnes of rock salt to the depot in Ghent every month.
"""
MINUTES = """Minutes of 4 March 2026

The parties fell out because the salt arrived wet three months in a row. Acme blamed the carrier and refused
a refund. Beta then stopped paying the invoices.
"""


def main() -> None:
    """Do it in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        Path("notes").mkdir()
        Path("notes/agreement.txt").write_text(AGREEMENT)
        Path("notes/minutes.txt").write_text(MINUTES)

        with hybrid.Corpus.open("corpus") as corpus:  # a directory; created if new
            corpus.ingest("notes")  # into the index and the memory
            detail = corpus.ask("When does the supply agreement end?")  # from the index: a quote
            reason = corpus.ask("Why did the parties fall out?")  # from the memory too, each sentence with its verdict
            print(f"{detail}\n\n{reason}\n")
            problems = corpus.verify(detail) + corpus.verify(reason)
            print("\n".join(problems) or "every quote stands where it was cited")


if __name__ == "__main__":
    main()
