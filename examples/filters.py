"""Answer from some documents only: by custodian, by date, by name, by metadata of your own.

Writes four e-mails and two notes to a temporary folder, reads them without a memory (which cannot be filtered), and
asks one question of each choice of them. Prints a table: the filter, how many documents it lets through, and the quote
that comes first, with its source. The last two rows are a choice that holds no answer, and one that is refused because
no document has the key. A quarter of a minute, most of which is loading the embedder.

    python examples/filters.py
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

import hybrid

QUESTION = "Who is to blame for the wet salt?"
MAILS = (
    ("Tom Baert", "Mon, 9 Mar 2026 09:12:00 +0100", "Acme is to blame for the wet salt: it left their works wet."),
    ("Jane Whitlock", "Wed, 11 Mar 2026 16:40:00 +0100", "The carrier is to blame for the wet salt, not Acme."),
    ("Jane Whitlock", "Thu, 2 Apr 2026 08:05:00 +0200", "Nobody is to blame for the wet salt. We found a leak."),
    ("Tom Baert", "Fri, 3 Apr 2026 10:30:00 +0200", "Please send the invoice for April."),
)
FILTERS = {
    "no filter": hybrid.Filter(),
    "custodian Tom Baert": hybrid.Filter(metadata={"custodian": "Tom Baert"}),
    "custodian Jane Whitlock, until March": hybrid.Filter(metadata={"custodian": "Jane Whitlock"}, until="2026-03"),
    "since April": hybrid.Filter(since="2026-04"),
    "the notes": hybrid.Filter(sources="notes/*"),
    "matter A-17, ours": hybrid.Filter(metadata={"matter": "A-17"}),
    "before 2026": hybrid.Filter(until="2025"),
    "a key that nothing has": hybrid.Filter(metadata={"client": "Acme"}),
}


def mails(folder: Path) -> Iterator[Path]:
    """Writes the e-mails as a mailbox's export would have them: the custodian is the mailbox's owner."""
    for number, (custodian, date, text) in enumerate(MAILS, 1):
        path = folder / f"{number}.eml"
        path.write_text(f"From: {custodian}\nDate: {date}\nSubject: Salt\nX-Custodian: {custodian}\n\n{text}\n")
        yield path


def notes() -> Iterator[hybrid.Document]:
    """Documents from strings, with metadata of our own."""
    for name, matter, text in (
        ("notes/call.txt", "A-17", "On the phone the driver said that he is to blame for the wet salt."),
        ("notes/visit.txt", "B-02", "The depot in Ghent has a new roof."),
    ):
        known = hybrid.Metadata(date="2026-03-12", extra={"matter": matter})
        yield hybrid.Document.from_text(text, source=name, metadata=known)


def asked(corpus: hybrid.Corpus, where: hybrid.Filter) -> tuple[str, str, str]:
    """How many documents a filter lets through, and the first quote of the answer with its source."""
    try:
        searched = {hit.source for hit in corpus.search("salt invoice roof", k=50, where=where)}
        answer = corpus.ask(QUESTION, where=where)
    except hybrid.HybridError as error:
        return "–", f"refused: {error}", ""
    if not answer.found:
        return str(len(searched)), answer.text, ""
    return str(len(searched)), f"“{answer.citations[0].quote}”", Path(answer.citations[0].source).name


def main() -> None:
    """Ask the one question with each filter, and print what came."""
    table = Table("filter", "documents", "first quote", "source", title=QUESTION, box=box.SIMPLE_HEAD, show_lines=True)
    with tempfile.TemporaryDirectory() as folder:
        settings = hybrid.Settings.model_validate({"memory": {"enabled": False}})
        with hybrid.Corpus.open(f"{folder}/corpus", settings) as corpus:
            corpus.ingest(*mails(Path(folder)), *notes())
            for name, where in FILTERS.items():
                table.add_row(name, *asked(corpus, where))
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
