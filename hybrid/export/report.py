"""The report of answers: one HTML file that needs nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Protocol

from hybrid.errors import CorpusError, InputError
from hybrid.types.answers import Answer, Citation, Hit
from hybrid.types.documents import PageView
from hybrid.types.exhibits import Answers, Exhibits, exhibits, listed
from hybrid.types.rendering import Shown
from hybrid.types.reports import CorpusStatus
from hybrid.types.validation import output_path, shown


class Checks(Protocol):
    """What a report needs of a `hybrid.Corpus`."""

    def verify(self, answer: Answer) -> list[str]:
        """What of the answer's citations does not hold."""

    def page(self, citation: Citation | Hit) -> PageView:
        """The page that a citation stands on."""

    def status(self) -> CorpusStatus:
        """What the corpus holds."""


@dataclass(frozen=True)
class Verification:
    """What came of checking every quote against the corpus: for each answer, the problems in words."""

    directory: str
    commit: int | None
    problems: tuple[tuple[str, ...], ...]

    @property
    def holds(self) -> bool:
        """Whether every quote of every answer stands where it was cited."""
        return not any(self.problems)


@dataclass(frozen=True)
class AnswerReport(Shown):
    """Answers with their exhibits, as one HTML document that needs no other file, no script and no network.

    Example:
        >>> report = hybrid.report([corpus.ask("When does it end?")], corpus, title="Acme v Beta")
        >>> report.save("report.html")
        PosixPath('report.html')
    """

    title: str
    answers: tuple[Answer, ...]
    exhibits: Exhibits
    at: datetime
    verification: Verification | None = None
    pages: tuple[PageView | None, ...] = ()  # one for each exhibit, where its page could be read

    @cached_property
    def html(self) -> str:
        """The document."""
        return self._as_document(None)

    def save(self, path: str | Path) -> Path:
        """Write the document to a file, in UTF-8, and return its path.

        Raises:
            InputError: ``path`` is no path, or the file cannot be written.
        """
        file = output_path(path)
        try:
            file.write_text(self.html, encoding="utf-8", newline="\n")
        except OSError as error:
            raise InputError(f"cannot write the report to {file}: {error.strerror}") from error
        return file

    _repr_pretty_ = Shown._repr_pretty_  # IPython would take the dataclass's own repr before what it inherits


def report(
    answers: Answers,
    corpus: Checks | None = None,
    *,
    title: str = "Answers and exhibits",
    at: datetime | None = None,
) -> AnswerReport:
    """A report of answers: each with its claims, their verdicts and the exhibits they rest on.

    Args:
        answers: one answer or several, comparisons among them, in the order in which they are to stand.
        corpus: where they are from. With it every quote is checked again, the result is stated, and each exhibit
            is shown in its page. Without it exhibits are shown with the words around them.
        title: of the document.
        at: the time to state; now by default. The same answers, corpus and time make the same bytes.

    Raises:
        InputError: an argument of another type, which is named, or a time without a time zone.
    """
    found = tuple(listed(answers))
    if corpus is not None and not all(callable(getattr(corpus, name, None)) for name in ("verify", "page", "status")):
        raise InputError(f"corpus is the open hybrid.Corpus that the answers are from, or None, not {shown(corpus)}")
    if not isinstance(title, str):
        raise InputError(f"title is a string, not {shown(title)}")
    if at is not None and not isinstance(at, datetime):
        raise InputError(f"at is a datetime.datetime with a time zone, or None for now, not {shown(at)}")
    if at is not None and at.tzinfo is None:
        raise InputError("the report's time has no time zone; datetime.now(UTC) has one")
    made = exhibits(found)
    checked: Verification | None = None
    pages: tuple[PageView | None, ...] = ()
    if corpus is not None:
        status = corpus.status()
        problems = tuple(tuple(corpus.verify(answer)) for answer in found)
        checked = Verification(status.directory, status.commit, problems)
        pages = tuple(_page(corpus, exhibit.citation) for exhibit in made)
    return AnswerReport(title, found, made, at or datetime.now(UTC), checked, pages)


def _page(corpus: Checks, citation: Citation) -> PageView | None:
    """The page, or ``None`` where the document has gone or changed, which the verification says."""
    try:
        return corpus.page(citation)
    except CorpusError:
        return None
