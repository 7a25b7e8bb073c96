"""The corpus that the adapters to other frameworks are tested on: a contract, a transcript, a mail, a draft."""

from __future__ import annotations

from pathlib import Path

from hybrid import Corpus, Document, Metadata, Settings

AGREEMENT = """SUPPLY AGREEMENT

1. Term. The supply agreement ends on 30 June 2027, unless both parties extend it in writing.
2. Deliveries. Acme shall deliver 500 tonnes of rock salt to the depot in Ghent every month.
"""
HEARING = """Ann Aaker: Was the salt wet when it arrived?
Bob Ode: The salt was wet through in all three barges.
Ann Aaker: Who opened the hatches?
Bob Ode: The carrier opened the hatches at the lock.
"""
DRAFT = "DRAFT 2\n\nThe parties fell out because the salt arrived wet three months in a row.\n"
END = "When does the supply agreement end?"
WET = "Was the salt wet in the barges?"
WHY = "Why did the parties fall out?"
NOWHERE = "How many days of paid holiday does an employee get?"
INDEX_ONLY = Settings.model_validate({"memory": {"enabled": False}})


def made(directory: Path) -> Corpus:
    """The corpus, in ``directory``, open."""
    corpus = Corpus.open(directory, INDEX_ONLY)
    corpus.ingest(
        [
            Document.from_text(AGREEMENT, "agreement.txt", Metadata(date="2026-01-12", custodian="J. Doe")),
            Document.from_text(HEARING, "hearing.txt", Metadata(extra={"page": "exhibit"})),
            Document.from_text(DRAFT, "minutes.md", Metadata(author="Jane Whitlock", custodian="M. Roe")),
        ]
    )
    return corpus
