"""The exhibits of answers: every span they cite, once, numbered, with what it was cited for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import SupportsIndex, overload

from pydantic import Field

from hybrid.errors import InputError
from hybrid.text.formatting import csv_text, place
from hybrid.types.answers import Answer, Citation, Claim, Verdict
from hybrid.types.base import FrozenModel, Shown, output_path, shown
from hybrid.types.filters import Filter

COLUMNS = (
    "exhibit", "question", "filter", "claim", "verdict", "document", "title", "page", "lines", "start", "end", "quote",
    "sha256",
)  # fmt: skip


class Use(FrozenModel):
    """One claim that an exhibit was cited for. ``answer`` counts the answers from 1, ``citation`` is its [n] there,
    ``where`` the filter of that answer."""

    answer: int = Field(ge=1)
    citation: int = Field(ge=1)
    question: str
    where: Filter | None = None
    claim: str
    verdict: Verdict


class Exhibit(Shown, FrozenModel):
    """One span that answers cite: its number, its citation as first made, and every claim it was cited for.

    Example:
        >>> hybrid.exhibits(answer)[0].place
        'page 3, lines 12-14'
    """

    number: int = Field(ge=1)
    citation: Citation
    uses: tuple[Use, ...] = Field(min_length=1)

    @property
    def verdict(self) -> Verdict:
        """The best verdict of the claims it supports: ``verbatim`` before ``supported`` before ``likely``."""
        order: tuple[Verdict, ...] = ("verbatim", "supported", "likely")
        return min((use.verdict for use in self.uses), key=lambda one: order.index(one) if one in order else len(order))

    @property
    def place(self) -> str:
        """Where it stands, for people: "page 3, lines 12-14"."""
        return place(self.citation)

    def row(self) -> dict[str, str]:
        """The exhibit as a row of the CSV file: one cell a column, several claims on lines of their own."""
        one = self.citation
        pages = "" if one.page is None else _range(one.page, one.last_page or one.page)
        lines = "{}-{}".format(*one.lines) if pages and one.page != one.last_page else _range(*one.lines)
        cells = (
            str(self.number),
            _unique(use.question for use in self.uses),
            _unique(str(use.where or Filter()) for use in self.uses),
            _unique(use.claim for use in self.uses),
            _unique(use.verdict for use in self.uses),
            one.source,
            one.title,
            pages,
            lines,
            str(one.start),
            str(one.end),
            one.quote,
            one.sha256,
        )
        return dict(zip(COLUMNS, cells, strict=True))


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _unique(values: Iterable[str]) -> str:
    return "\n".join(dict.fromkeys(values))


class Exhibits(Shown, list[Exhibit]):
    """The exhibits of some answers, in the order in which they were first cited: a list that shows itself.

    Example:
        >>> exhibits = hybrid.exhibits([answer])
        >>> exhibits.to_csv("exhibits.csv")
        PosixPath('exhibits.csv')
    """

    @overload
    def __getitem__(self, key: SupportsIndex) -> Exhibit: ...
    @overload
    def __getitem__(self, key: slice) -> Exhibits: ...
    def __getitem__(self, key: SupportsIndex | slice) -> Exhibit | Exhibits:
        return Exhibits(super().__getitem__(key)) if isinstance(key, slice) else super().__getitem__(key)

    def of(self, citation: Citation) -> Exhibit:
        """The exhibit of a citation's span. Raises `InputError` if no exhibit has it."""
        if not isinstance(citation, Citation):
            raise InputError(f"citation is one of answer.citations, not {shown(citation)}")
        found = next((exhibit for exhibit in self if _span(exhibit.citation) == _span(citation)), None)
        if found is None:
            raise InputError(f"no exhibit for {citation.source}, {place(citation)}: its answer was not given")
        return found

    def as_csv(self) -> str:
        """The rows as RFC 4180 text with a header, lines ending in CR LF.

        A cell that a spreadsheet would take for a formula, because it begins with ``=``, ``+``, ``-``, ``@``, a tab
        or a line end, begins with an apostrophe instead; control characters become U+FFFD. ``start``, ``end``
        and ``sha256`` still name the quote as it stands in the document.
        """
        return csv_text([COLUMNS, *(exhibit.row().values() for exhibit in self)])

    def to_csv(self, path: str | Path, *, bom: bool = False) -> Path:
        """Write `as_csv` to a file, in UTF-8, and return its path.

        Args:
            path: the file; one that exists is replaced.
            bom: begin with a byte order mark, by which Excel knows UTF-8.

        Raises:
            InputError: ``path`` is no path, or the file cannot be written.
        """
        if not isinstance(bom, bool):
            raise InputError(f"bom is True or False, not {shown(bom)}")
        file = output_path(path)
        try:
            file.write_bytes(self.as_csv().encode("utf-8-sig" if bom else "utf-8"))
        except OSError as error:
            raise InputError(f"cannot write the exhibits to {file}: {error.strerror}") from error
        return file


_NO_ANSWERS = "answers are what corpus.ask and corpus.compare return, one or a list of them, not {}"
Answers = Answer | Mapping[str, Answer] | Iterable[Answer | Mapping[str, Answer]]
"""An answer, a `hybrid.Comparison`, or several of them."""


def exhibits(answers: Answers) -> Exhibits:
    """One exhibit for every distinct span that the answers cite, numbered in the order in which they cite them.

    Args:
        answers: one answer or several, comparisons among them. The same answers in the same order give the same
            numbers.

    Example:
        >>> hybrid.exhibits(corpus.ask("When does the supply agreement end?")).to_csv("exhibits.csv", bom=True)
        PosixPath('exhibits.csv')
    """
    cited: dict[tuple[str, str, int, int], tuple[Citation, list[Use]]] = {}
    for number, answer in enumerate(listed(answers), 1):
        for citation in answer.citations:
            _, uses = cited.setdefault(_span(citation), (citation, []))
            uses.extend(_use(number, answer, citation, claim) for claim in _claims_citing(answer.claims, citation))
    found = enumerate(cited.values(), 1)
    return Exhibits(Exhibit(number=number, citation=citation, uses=tuple(uses)) for number, (citation, uses) in found)


def listed(answers: Answers) -> list[Answer]:
    """One answer or several as a list, the groups of a comparison in their order.

    Raises `InputError` for what is neither an answer nor a mapping of them.
    """
    if isinstance(answers, str | bytes) or not isinstance(answers, Iterable):
        raise InputError(_NO_ANSWERS.format(shown(answers)))
    given = [answers] if isinstance(answers, Answer | Mapping) else list(answers)
    found = [each for one in given for each in (one.values() if isinstance(one, Mapping) else (one,))]
    for one in found:
        if not isinstance(one, Answer):
            raise InputError(_NO_ANSWERS.format(shown(one)))
    return found


def _span(citation: Citation) -> tuple[str, str, int, int]:
    return citation.source, citation.sha256, citation.start, citation.end


def _claims_citing(claims: Sequence[Claim], citation: Citation) -> list[Claim]:
    return [claim for claim in claims if citation in claim.citations]


def _use(number: int, answer: Answer, citation: Citation, claim: Claim) -> Use:
    return Use(
        answer=number,
        citation=citation.number,
        question=answer.question,
        where=answer.where,
        claim=claim.text,
        verdict=claim.verdict,
    )
