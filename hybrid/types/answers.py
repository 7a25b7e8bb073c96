"""What comes back from a question: routes, search hits, citations, claims, answers, and comparisons of answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, Self, SupportsIndex, overload

from pydantic import Field, model_validator

from hybrid.errors import InputError
from hybrid.types.base import FrozenModel, Shown, checked_elements, shown
from hybrid.types.documents import DocumentStatus
from hybrid.types.enumerations import Enumeration
from hybrid.types.filters import Filter

RouteName = Literal["lookup", "comprehension", "both"]
Verdict = Literal["verbatim", "supported", "likely", "contradicted", "unsupported"]
"""What was found out about a claim.

- ``verbatim``: it is a whole sentence of a document.
- ``supported``: one to three neighbouring sentences entail it, by rules on strings and numbers.
- ``likely``: a model says that they do, with `Claim.probability`; the rules found nothing dropped or changed.
- ``contradicted``: a sentence says otherwise; `Claim.contradicted_by` is its number.
- ``unsupported``: none of these.
"""
Origin = Literal["index", "memory", "writer"]
"""Who made a sentence: the index (a quote), the memory (generated), or a writer that was given to `Corpus.ask`."""


class _Data(Shown, FrozenModel):
    """What the data of an answer have in common."""


class Route(_Data):
    """Which memory a question goes to. ``forced`` is true where the caller chose, not the router.

    Below ``lookup_below`` the router is sure of lookup, above ``comprehension_above`` of comprehension; between
    them both are asked. A notebook draws where the question stands.

    Example:
        >>> print(Route(name="both", p_comprehension=0.5))
        both: p(comprehension) 0.50, between 0.25 and 0.75, so not sure
    """

    name: RouteName
    p_comprehension: float = Field(ge=0.0, le=1.0)
    forced: bool = False
    lookup_below: float = Field(default=0.25, ge=0.0, le=1.0)
    comprehension_above: float = Field(default=0.75, ge=0.0, le=1.0)


class Hit(_Data):
    """One search result: an exact span of one document, best first.

    ``score`` is between 0 and 1 by what both searches make of it, and more where it is an exact match
    of what was asked for; ``dense_rank`` and ``lexical_rank`` (from 1) say which search found it, ``similarity`` is
    the cosine to the question. ``author`` is the document's, where it says so: of a mail the sender. ``status`` says
    whether it is executed, a draft or superseded, and why, as far as that is known.
    """

    source: str
    title: str
    chunk_id: int
    document_id: int
    start: int
    end: int
    text: str
    page: int | None
    last_page: int | None
    lines: tuple[int, int]
    sha256: str
    score: float
    dense_rank: int | None = None
    lexical_rank: int | None = None
    similarity: float | None = None
    author: str | None = None
    status: DocumentStatus | None = None


class Hits(Shown, list[Hit]):
    """Search results, best first: a list of `Hit` that shows itself.

    Args:
        hits: the results.
        question: what was looked for.
        matched: the words and phrases of the results that the question asked for, as they stand there. They are
            highlighted.
        order: which search gave the order.
        empty: whether nothing was found because the corpus has no documents.
        undated: how many documents were not looked at because the filter names days and they have no date.
        notes: what of the corpus was not looked at because it is damaged.

    Example:
        >>> hits = corpus.search("termination date", k=20)
        >>> hits[:3]  # the best three, displayed
    """

    def __init__(
        self,
        hits: Iterable[Hit] = (),
        *,
        question: str = "",
        matched: Iterable[str] = (),
        order: Literal["fused", "dense", "lexical"] = "fused",
        empty: bool = False,
        undated: int = 0,
        notes: Iterable[str] = (),
    ) -> None:
        super().__init__(checked_elements("hits", hits, Hit))
        self.question = question
        self.matched: tuple[str, ...] = tuple(matched)
        self.order = order
        self.empty = empty
        self.undated = undated
        self.notes: tuple[str, ...] = tuple(notes)

    @overload
    def __getitem__(self, key: SupportsIndex) -> Hit: ...
    @overload
    def __getitem__(self, key: slice) -> Hits: ...
    def __getitem__(self, key: SupportsIndex | slice) -> Hit | Hits:
        if isinstance(key, slice):
            return Hits(
                super().__getitem__(key),
                question=self.question,
                matched=self.matched,
                order=self.order,
                empty=self.empty,
                undated=self.undated,
                notes=self.notes,
            )
        return super().__getitem__(key)


class Citation(_Data):
    """A span that supports a claim: ``quote`` is ``text[start:end]`` of the document's canonical text.

    ``number`` is the [n] in the answer's text. ``before`` and ``after`` are the text around the quote,
    for display. ``sha256`` is of the source's bytes as they were ingested. ``speaker`` is whose turn it is in a
    transcript, or who made a statement or a note; ``author`` who wrote the document (of a mail who sent it; ``None``
    where a mail quotes another), ``date`` the document's, in ISO 8601 and as precise as known, and ``status`` whether
    it is executed, a draft or superseded. Each is ``None`` where the document does not say. ``copies`` are the other
    sources of the same text, such as the mail in the recipient's mailbox, and ``custodians`` those of all of them.
    ``ocr`` is the confidence, 0 to 1, with which the quote was read by OCR, the lowest of its lines; ``None`` where it
    is the file's own text. ``privileged`` says whether the document is marked so in its title or its head.
    ``page_label`` is what a viewer shows for the page where that is not its number, such as iv or A-7.
    """

    number: int = Field(ge=1)
    source: str
    title: str
    page: int | None
    last_page: int | None
    page_label: str | None = None
    lines: tuple[int, int]
    start: int = Field(ge=0)
    end: int = Field(gt=0)
    quote: str
    before: str = ""
    after: str = ""
    sha256: str
    speaker: str | None = None
    author: str | None = None
    date: str | None = None
    status: DocumentStatus | None = None
    privileged: bool = False
    custodians: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    ocr: float | None = Field(default=None, ge=0.0, le=1.0)

    @model_validator(mode="after")
    def _quote_fits_span(self) -> Self:
        if self.end - self.start != len(self.quote):
            raise ValueError(f"span [{self.start}, {self.end}) does not fit a quote of {len(self.quote)} characters")
        return self


class ClaimPart(_Data):
    """One of the statements that a claim joins, with a verdict of its own; ``citations`` are the answer's numbers."""

    text: str
    verdict: Verdict
    decided_by: str
    probability: float | None = Field(default=None, ge=0.0, le=1.0)
    citations: tuple[int, ...] = ()


class Claim(_Data):
    """A sentence of the answer, the spans that support it, and the verdict on it.

    ``origin`` says who made the sentence: the index (a quote), the memory (generated), or a writer that was given
    to `Corpus.ask`.
    ``support`` is the score behind the verdict, between 0 and 1; 1 for ``verbatim``. ``decided_by`` names who gave the
    verdict: ``string comparison``, ``rules``, or the model that judged. ``probability`` is that model's, calibrated,
    that the citations entail the claim; ``None`` where no model was asked. ``contradicted_by`` are the numbers of the
    answer's citations that say otherwise; a claim that is ``contradicted`` has one, and none that supports it. Where a
    claim joins statements that were judged each for itself, ``parts`` are these, and the verdict is the weakest.
    ``qualification`` says in words why a quote is no statement of fact, such as ``an option``, ``conditional`` or
    ``from a draft``; it is empty for one that is.
    """

    text: str
    verdict: Verdict
    citations: tuple[Citation, ...] = ()
    origin: Origin
    support: float = Field(ge=0.0, le=1.0)
    decided_by: str = "rules"
    probability: float | None = Field(default=None, ge=0.0, le=1.0)
    contradicted_by: tuple[int, ...] = ()
    parts: tuple[ClaimPart, ...] = ()
    qualification: str = ""

    @model_validator(mode="after")
    def _verdict_has_citation(self) -> Self:
        if (self.verdict in ("unsupported", "contradicted")) == bool(self.citations):
            raise ValueError(f"a claim that is {self.verdict} has {len(self.citations)} citations")
        if self.verdict == "contradicted" and not self.contradicted_by:
            raise ValueError("a claim that is contradicted names no citation that says otherwise")
        if self.verdict == "likely" and self.probability is None:
            raise ValueError("a claim that is likely has no probability")
        return self


class DigestPart(_Data):
    """What a digest quotes of one document, in the order of the text: ``citations`` are the answer's numbers.

    ``author`` and ``date`` are the document's, as far as it says them.

    Example:
        >>> for part in answer.digest:
        ...     print(part.title, part.date, part.citations)
        Letter to the seller 2024-03-01 (2, 3, 4)
    """

    source: str
    title: str
    author: str | None = None
    date: str | None = None
    citations: tuple[int, ...] = Field(min_length=1)


class Draft(_Data):
    """What a generator wrote and no document supports: no part of the answer, and not displayed with it.

    ``claims`` are its sentences in their order. Where one is contradicted, ``contradicted_by`` are numbers of the
    answer's citations or of the draft's own, which count on from the answer's.

    Example:
        >>> if answer.draft is not None:
        ...     print(answer.draft)
    """

    origin: Origin
    claims: tuple[Claim, ...] = Field(min_length=1)
    citations: tuple[Citation, ...] = ()

    @property
    def text(self) -> str:
        """The sentences, one after the other."""
        return " ".join(claim.text for claim in self.claims)

    @model_validator(mode="after")
    def _nothing_supports_it(self) -> Self:
        if any(claim.citations for claim in self.claims):
            raise ValueError("a claim that a span supports belongs to the answer, not to its draft")
        return self


class Answer(_Data):
    """An answer made of claims, each with a verdict and, unless it is unsupported, citations.

    ``text`` holds the claims with their ``[n]``; ``citations`` are those numbers' spans, in order.
    Where nothing in the corpus answers the question ``found`` is false, there are no claims, and ``text`` says what was
    searched.
    ``where`` is the filter that chose the documents which were searched; ``None`` where all were.
    ``digest`` says which of the citations are the digest that answers a question of comprehension, by document; its
    sentences are claims as all others are. ``draft`` is what a generator wrote besides and no document supports.
    ``enumeration`` has the rows of an answer to "List every ...", "How many ..." or "total of ..." as a table; each row
    is a claim as well.
    ``commit`` is the state of the corpus that answered, ``notes`` says what the reader should know
    about how, ``seconds`` what each stage took.

    ``print(answer)`` shows the text and the citations; a notebook shows the quotes in their context.

    Example:
        >>> route = Route(name="lookup", p_comprehension=0.1)
        >>> answer = Answer(question="Who?", text="Nothing here says.", route=route, found=False)
        >>> Answer.model_validate_json(answer.model_dump_json()) == answer
        True
    """

    question: str
    text: str
    route: Route
    claims: tuple[Claim, ...] = ()
    citations: tuple[Citation, ...] = ()
    found: bool
    commit: int | None = None
    digest: tuple[DigestPart, ...] = ()
    draft: Draft | None = None
    enumeration: Enumeration | None = None
    where: Filter | None = None
    notes: tuple[str, ...] = ()
    seconds: dict[str, float] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _claims_and_citations_agree(self) -> Self:
        if self.found != bool(self.claims):
            raise ValueError("an answer is found where it has claims, and only there")
        if [citation.number for citation in self.citations] != list(range(1, len(self.citations) + 1)):
            raise ValueError("citations must be numbered from 1, in order")
        numbers = {citation.number for citation in self.citations}
        if any(not numbers.issuperset(claim.contradicted_by) for claim in self.claims):
            raise ValueError("a claim is contradicted by a citation that the answer does not have")
        against = {number for claim in self.claims for number in claim.contradicted_by}
        used = {citation for claim in self.claims for citation in claim.citations}
        used |= {citation for citation in self.citations if citation.number in against}
        if used != set(self.citations):
            raise ValueError("citations must be those of the claims, or say otherwise than one, each once")
        if self.enumeration is not None and not numbers.issuperset(row.citation for row in self.enumeration.rows):
            raise ValueError("the enumeration has a citation that the answer does not have")
        if not numbers.issuperset(number for part in self.digest for number in part.citations):
            raise ValueError("the digest has a citation that the answer does not have")
        if self.draft is not None:
            first = len(self.citations) + 1
            own = [citation.number for citation in self.draft.citations]
            if own != list(range(first, first + len(own))):
                raise ValueError("the draft's citations must be numbered on from the answer's")
            if any(not numbers.union(own).issuperset(claim.contradicted_by) for claim in self.draft.claims):
                raise ValueError("the draft is contradicted by a citation that neither it nor the answer has")
        return self

    def to_html(self, title: str | None = None) -> str:
        """The answer as a whole HTML document, to send or to print; `hybrid.report` makes one of many answers."""
        return self._as_document(title)


class Contradiction(_Data):
    """Two claims of different groups that cannot both hold, by what they say in words.

    ``citations`` are the spans that support them, one for each; their numbers are those of their own side's answer.

    Example:
        >>> for found in comparison.contradictions:
        ...     print(found.groups, [citation.quote for citation in found.citations])
    """

    groups: tuple[str, str]
    claims: tuple[Claim, Claim]

    @property
    def citations(self) -> tuple[Citation, Citation]:
        """Where the two claims stand: the first citation of each."""
        one, other = self.claims
        return one.citations[0], other.citations[0]


class Comparison(Shown, Mapping[str, Answer]):
    """The answers of several groups to one question, by the groups' names and in their order.

    It is a mapping that shows itself, the groups next to each other. ``contradictions`` are the pairs of claims that
    contradict each other openly ("30 days", "60 days"); what has to be inferred is for the reader to see.
    `hybrid.report` and `hybrid.exhibits` take it as they take answers.

    Args:
        question: what was asked.
        answers: the answers, by side.
        contradictions: pairs of claims of different groups that cannot both hold.

    Example:
        >>> groups = {"Acme": hybrid.Filter(sources="acme/*"), "Beta": hybrid.Filter(sources="beta/*")}
        >>> comparison = corpus.compare("How many days' notice must be given?", groups)
        >>> comparison["Acme"].citations[0].quote
        'Notice of termination is 30 days.'
    """

    def __init__(
        self, question: str, answers: Mapping[str, Answer], contradictions: Iterable[Contradiction] = ()
    ) -> None:
        if not isinstance(answers, Mapping):
            raise InputError(f"answers is a mapping of the groups' names to their answers, not {shown(answers)}")
        checked_elements("answers", answers.values(), Answer)
        self.question = question
        self.contradictions: tuple[Contradiction, ...] = tuple(contradictions)
        self._answers = dict(answers)

    def __getitem__(self, side: str) -> Answer:
        return self._answers[side]

    def __iter__(self) -> Iterator[str]:
        return iter(self._answers)

    def __len__(self) -> int:
        return len(self._answers)

    def __repr__(self) -> str:
        return f"Comparison({self.question!r}, {self._answers!r}, {self.contradictions!r})"

    _repr_pretty_ = Shown._repr_pretty_
