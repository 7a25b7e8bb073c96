"""The whole case file: every file with its bytes, and what it amounts to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from dispute import agreement, internal, letters, minutes, quality, statements, trading
from dispute.blocks import Mail, Paper
from dispute.mail_2023 import MAILS_2023
from dispute.mail_2024 import MAILS_2024
from dispute.write_mail import write_mails
from dispute.write_papers import page_count, write_paper

MAILS: tuple[Mail, ...] = (*MAILS_2023, *MAILS_2024)


@dataclass(frozen=True)
class Count:
    """What is in the file. Pages of a DOCX are the least that its page breaks make; mails and texts have none.

    Pages that are attached to several mails are counted once.
    """

    files: int
    attachments: int
    pdf_pages: int
    docx_pages: int

    @property
    def documents(self) -> int:
        """Files, and what is attached to mails."""
        return self.files + self.attachments

    @property
    def pages(self) -> int:
        """PDF pages and DOCX pages together."""
        return self.pdf_pages + self.docx_pages


@cache
def papers() -> tuple[Paper, ...]:
    """All that is not mail."""
    makers = (agreement, minutes, quality, trading, letters, internal, statements)
    return tuple(paper for maker in makers for paper in maker.papers())


@cache
def files() -> dict[str, bytes]:
    """Every file by its path in the case file, in the order of the paths."""
    made = {paper.path: write_paper(paper) for paper in papers()}
    return dict(sorted((made | write_mails(MAILS)).items()))


def count() -> Count:
    """Files, attachments and pages."""
    attached = [paper for mail in MAILS for _ in mail.boxes for paper in mail.attached]
    every = {paper.path: paper for paper in (*attached, *papers())}.values()
    pages = {
        suffix: sum(page_count(paper) for paper in every if paper.path.endswith(suffix)) for suffix in ("pdf", "docx")
    }
    return Count(len(files()), len(attached), pages["pdf"], pages["docx"])


def digest() -> str:
    """The sha256 over every path and its bytes."""
    total = sha256()
    for path, data in files().items():
        total.update(path.encode() + b"\0" + sha256(data).digest())
    return total.hexdigest()
