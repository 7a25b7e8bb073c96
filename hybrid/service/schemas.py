"""What requests hold, and what answers hold that is no type of the library by itself. Fields that are not there are
refused by name."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hybrid.types.answers import Answer, Citation, Contradiction, Hit, Hits, RouteName
from hybrid.types.filters import Filter
from hybrid.types.jobs import Job
from hybrid.types.logs import LogRecord
from hybrid.types.reports import DocumentInfo

QUESTION = "When does the supply agreement end?"
_EXAMPLE_FILTER = {"sources": ["contracts/*"], "since": "2024-03"}


class _Schema(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)


def _example(**fields: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [fields]})


class AskRequest(_Schema):
    """The arguments of `Corpus.ask` and `Corpus.stream`."""

    model_config: ClassVar[ConfigDict] = _example(question=QUESTION, route="lookup", where=_EXAMPLE_FILTER)

    question: str
    route: RouteName | None = None
    history: tuple[str | Answer, ...] = ()
    where: Filter | None = None


class CompareRequest(_Schema):
    """The arguments of `Corpus.compare`."""

    model_config: ClassVar[ConfigDict] = _example(
        question=QUESTION, groups={"Acme": {"sources": ["acme/*"]}, "Beta": {"sources": ["beta/*"]}}
    )

    question: str
    groups: dict[str, Filter]
    route: RouteName | None = None
    history: tuple[str | Answer, ...] = ()


class CompareResponse(_Schema):
    """A `hybrid.Comparison`."""

    question: str
    answers: dict[str, Answer]
    contradictions: tuple[Contradiction, ...] = ()


class RouteRequest(_Schema):
    """The arguments of `Corpus.route`."""

    model_config: ClassVar[ConfigDict] = _example(question=QUESTION)

    question: str
    history: tuple[str | Answer, ...] = ()


class SearchRequest(_Schema):
    """The arguments of `Corpus.search`."""

    model_config: ClassVar[ConfigDict] = _example(question="termination date", k=5, where=_EXAMPLE_FILTER)

    question: str
    k: Annotated[int, Field(strict=True)] = 10
    where: Filter | None = None
    order: Literal["fused", "dense", "lexical"] = "fused"


class SearchResponse(_Schema):
    """`hybrid.Hits`: the hits, best first, and what is known of the search."""

    hits: tuple[Hit, ...]
    question: str = ""
    matched: tuple[str, ...] = ()
    order: Literal["fused", "dense", "lexical"] = "fused"
    empty: bool = False
    undated: int = 0
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, hits: Hits) -> Self:
        """The same as JSON has it."""
        return cls(
            hits=tuple(hits),
            question=hits.question,
            matched=hits.matched,
            order=hits.order,
            empty=hits.empty,
            undated=hits.undated,
            notes=hits.notes,
        )


class VerifyRequest(_Schema):
    """The argument of `Corpus.verify`."""

    answer: Answer


class VerifyResponse(_Schema):
    """What of an answer's citations does not hold, in words; nothing where all do."""

    problems: tuple[str, ...]


class QuoteRequest(_Schema):
    """Words to find in the documents, as they are to be quoted; or in one of them alone."""

    model_config: ClassVar[ConfigDict] = _example(text="unless both parties extend it in writing")

    text: str
    source: str | None = None


class JudgeRequest(_Schema):
    """A statement to check against the documents, sentence by sentence."""

    model_config: ClassVar[ConfigDict] = _example(statement="The supply agreement ends on 30 June 2028.")

    statement: str
    where: Filter | None = None


class PageRequest(_Schema):
    """The argument of `Corpus.page`: a citation or a hit."""

    citation: Citation | None = None
    hit: Hit | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.citation is None) == (self.hit is None):
            raise ValueError("give a citation or a hit, one of them")
        return self


class ReportRequest(_Schema):
    """Answers to export."""

    answers: tuple[Answer, ...] = Field(min_length=1)
    title: str = "Answers and exhibits"


class ExhibitsRequest(_Schema):
    """Answers whose exhibits are to be listed."""

    answers: tuple[Answer, ...] = Field(min_length=1)


class CreateRequest(_Schema):
    """A corpus to create, with its settings by table, as in a TOML file."""

    model_config: ClassVar[ConfigDict] = _example(name="acme-v-beta", settings={"memory": {"enabled": False}})

    name: str
    settings: dict[str, Any] = Field(default_factory=dict)


class IngestRequest(_Schema):
    """Files and folders to read: each begins with the name of a folder that the operator allowed."""

    model_config: ClassVar[ConfigDict] = _example(paths=["discovery/contracts", "discovery/minutes.md"])

    paths: tuple[str, ...] = Field(min_length=1, max_length=1000)


class RemoveRequest(_Schema):
    """Sources to remove, as the list of documents names them."""

    model_config: ClassVar[ConfigDict] = _example(sources=["discovery/draft.docx"])

    sources: tuple[str, ...] = Field(min_length=1, max_length=10_000)


class VerifyDeletionRequest(_Schema):
    """The certificate of a removal, as its job's report has it, or as a text with its own sha256."""

    certificate: dict[str, Any] | str


class CorporaResponse(_Schema):
    """The names of the corpora that a key may see."""

    corpora: tuple[str, ...]


class DocumentsResponse(_Schema):
    """`hybrid.Documents`, a page of them in the order of their ids; ``next`` is what the following page begins
    `after`, ``None`` on the last."""

    documents: tuple[DocumentInfo, ...]
    next: int | None = None


class LogResponse(_Schema):
    """The records of a corpus's log, the oldest first."""

    records: tuple[LogRecord, ...]


class JobsResponse(_Schema):
    """Jobs, the newest first."""

    jobs: tuple[Job, ...]


class KeyResponse(_Schema):
    """Whose key this is, and what it may do."""

    name: str
    role: str
    classes: tuple[str, ...]
    every_class: bool
    corpora: tuple[str, ...]


class HealthResponse(_Schema):
    """Whether the process is alive, or ready to answer."""

    status: str
    version: str


class ErrorDetail(_Schema):
    """One of `hybrid.errors`, by its name, and what to tell people."""

    type: str
    message: str
    code: str | None = None
    param: str | None = None
    retry_after: float | None = None


class ErrorResponse(_Schema):
    """What every refusal looks like."""

    model_config: ClassVar[ConfigDict] = _example(
        error={"type": "CorpusNotFoundError", "message": "there is no corpus 'acme' that this key may see"}
    )

    error: ErrorDetail
