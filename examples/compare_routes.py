"""One question by each route: from the index, from the memory, and from both, side by side.

Prints what the router would have chosen and how sure it is, then a table with a row for each route: the answer's text,
its verdicts, and the seconds it took. Twenty seconds, most of which is loading the two models.

    python examples/compare_routes.py
    python examples/compare_routes.py --corpus acme-v-beta "Why did the parties fall out?"

Without a corpus of yours it reads three short notes into a temporary one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import get_args

from rich import box
from rich.console import Console
from rich.table import Table

import hybrid
from hybrid.types.answers import RouteName

QUESTION = "When did Beta stop paying, and why did the parties fall out?"
NOTES = {
    "minutes.txt": "The parties fell out because the salt arrived wet three months in a row. Acme blamed the carrier.",
    "letter.txt": "Beta stopped paying the invoices on 12 March 2026. It asks for dry salt or its money back.",
    "agreement.txt": "Acme shall deliver 500 tonnes of rock salt to the depot in Ghent every month.",
}


def compared(corpus: hybrid.Corpus, question: str) -> Table:
    """A row for each route."""
    table = Table("route", "answer", "verdicts", "seconds", box=box.SIMPLE_HEAD, show_lines=True)
    for route in get_args(RouteName):
        started = time.perf_counter()
        answer = corpus.ask(question, route=route)
        seconds = time.perf_counter() - started
        verdicts = Counter(claim.verdict for claim in answer.claims)
        shown = "\n".join(f"{count} {verdict}" for verdict, count in verdicts.items()) or "–"
        table.add_row(route, answer.text, shown, f"{seconds:.1f}")
    return table


def main() -> int:
    """Compare on the corpus that was named, or on the notes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("question", nargs="?", default=QUESTION)
    parser.add_argument("--corpus", help="the directory of a corpus of yours")
    given = parser.parse_args()
    console = Console(width=110)
    with tempfile.TemporaryDirectory() as folder:
        try:
            with hybrid.Corpus.open(given.corpus or Path(folder, "corpus"), create=given.corpus is None) as corpus:
                if given.corpus is None:
                    corpus.ingest(*(hybrid.Document.from_text(text, source=name) for name, text in NOTES.items()))
                route = corpus.route(given.question)
                console.print(given.question, style="bold", highlight=False)
                console.print(
                    f"the router's choice: {route.name}, p(comprehension) {route.p_comprehension:.2f}", highlight=False
                )
                console.print(compared(corpus, given.question))
        except hybrid.HybridError as error:
            print(f"compare_routes: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
