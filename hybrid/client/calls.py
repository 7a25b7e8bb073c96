"""What is sent to a server and how its answers are read, for the clients that wait and those that do not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from hybrid.client.failures import protocol_error
from hybrid.errors import InputError
from hybrid.settings import Settings
from hybrid.types.answers import Answer, Citation, Comparison, Contradiction, Hit, Hits, Route, RouteName
from hybrid.types.base import shown
from hybrid.types.certificates import DeletionCertificate
from hybrid.types.documents import Document, PageView
from hybrid.types.filters import Filter
from hybrid.types.jobs import Job
from hybrid.types.logs import LogRecord
from hybrid.types.reports import CorpusStatus, DocumentInfo, IntegrityReport
from hybrid.types.statements import Judgement, Quotation

Result = TypeVar("Result")
Model = TypeVar("Model", bound=BaseModel)
Asked = Sequence[str | Answer]


@dataclass(frozen=True)
class Call(Generic[Result]):
    """One request, and how its answer is read."""

    method: str
    path: str
    read: Callable[[httpx.Response], Result]
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None


def model(kind: type[Model]) -> Callable[[httpx.Response], Model]:
    """Reads a model of the library. Raises `ProtocolError` for an answer that is none."""

    def read(response: httpx.Response) -> Model:
        try:
            return kind.model_validate_json(response.content)
        except (InputError, ValidationError) as error:
            raise protocol_error(f"{response.url.path} did not give a {kind.__name__}: {error}") from None

    return read


def fields(response: httpx.Response, *names: str) -> list[Any]:
    """The values of an object. Raises `ProtocolError` where there are none."""
    try:
        content = response.json()
        return [content[name] for name in names]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise protocol_error(f"{response.url.path} gave no JSON with {', '.join(names)}") from None


def models(response: httpx.Response, name: str, kind: type[Model]) -> list[Model]:
    """The models of a list that is a value of an object."""
    (listed,) = fields(response, name)
    try:
        return TypeAdapter(list[kind]).validate_python(listed)  # type: ignore[valid-type]
    except (InputError, ValidationError) as error:
        raise protocol_error(f"{response.url.path} gave other {name} than expected: {error}") from None


def _json(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {key: _json(one) for key, one in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_json(one) for one in value]
    return value


def _body(**given: Any) -> dict[str, Any]:
    return {name: _json(value) for name, value in given.items() if value is not None}


def _at(corpus: str, verb: str = "") -> str:
    return f"/v1/corpora/{quote(corpus, safe='')}{verb}"


# Asking ---------------------------------------------------------------------------------------------


def asked(question: str, route: RouteName | None, history: Asked, where: Filter | None) -> dict[str, Any]:
    """The body of a question."""
    return _body(question=question, route=route, history=history, where=where)


def ask(corpus: str, body: dict[str, Any]) -> Call[Answer]:
    """`Corpus.ask`."""
    return Call("POST", _at(corpus, "/ask"), model(Answer), body=body)


def stream(corpus: str, body: dict[str, Any]) -> Call[None]:
    """`Corpus.stream`; its answer is read event by event."""
    return Call("POST", _at(corpus, "/stream"), lambda _: None, body=body)


def route(corpus: str, question: str, history: Asked) -> Call[Route]:
    """`Corpus.route`."""
    return Call("POST", _at(corpus, "/route"), model(Route), body=_body(question=question, history=history))


def search(corpus: str, question: str, k: int, where: Filter | None, order: str) -> Call[Hits]:
    """`Corpus.search`."""

    def read(response: httpx.Response) -> Hits:
        known = ("question", "matched", "order", "empty", "undated", "notes")
        facts = dict(zip(known, fields(response, *known), strict=True))
        return Hits(models(response, "hits", Hit), **facts)

    return Call("POST", _at(corpus, "/search"), read, body=_body(question=question, k=k, where=where, order=order))


def compare(
    corpus: str, question: str, groups: Mapping[str, Filter], route: RouteName | None, history: Asked
) -> Call[Comparison]:
    """`Corpus.compare`."""

    def read(response: httpx.Response) -> Comparison:
        said, answers = fields(response, "question", "answers")
        try:
            by_group = TypeAdapter(dict[str, Answer]).validate_python(answers)
        except (InputError, ValidationError) as error:
            raise protocol_error(f"{response.url.path} gave other answers than expected: {error}") from None
        return Comparison(said, by_group, models(response, "contradictions", Contradiction))

    body = _body(question=question, groups=groups, route=route, history=history)
    return Call("POST", _at(corpus, "/compare"), read, body=body)


def verify(corpus: str, answer: Answer) -> Call[list[str]]:
    """`Corpus.verify`."""

    def read(response: httpx.Response) -> list[str]:
        return [str(one) for one in fields(response, "problems")[0]]

    return Call("POST", _at(corpus, "/verify"), read, body=_body(answer=answer))


def quote_of(corpus: str, text: str, source: str | None) -> Call[Quotation]:
    """Where words stand."""
    return Call("POST", _at(corpus, "/quote"), model(Quotation), body=_body(text=text, source=source))


def judge(corpus: str, statement: str, where: Filter | None) -> Call[Judgement]:
    """A verdict on each sentence of a statement."""
    return Call("POST", _at(corpus, "/judge"), model(Judgement), body=_body(statement=statement, where=where))


def page(corpus: str, place: Citation | Hit) -> Call[PageView]:
    """`Corpus.page`."""
    if not isinstance(place, Citation | Hit):
        raise InputError(f"citation is one of answer.citations, or one hit of search, not {shown(place)}")
    name = "citation" if isinstance(place, Citation) else "hit"
    return Call("POST", _at(corpus, "/page"), model(PageView), body={name: _json(place)})


def page_image(corpus: str, place: Citation | Hit) -> Call[bytes]:
    """The page of a citation or a hit as an image."""
    if not isinstance(place, Citation | Hit):
        raise InputError(f"citation is one of answer.citations, or one hit of search, not {shown(place)}")
    if place.page is None:
        raise InputError(f"{shown(place.source)} has no pages: only pages of a PDF are drawn")
    asked = {"source": place.source, "page": place.page, "start": place.start, "end": place.end}
    return Call("GET", _at(corpus, "/page-image"), lambda response: response.content, params=asked)


# Looking --------------------------------------------------------------------------------------------


def corpora() -> Call[list[str]]:
    """The names of all that the key may see."""
    return Call("GET", "/v1/corpora", lambda response: [str(one) for one in fields(response, "corpora")[0]])


def create(name: str, settings: Settings | Mapping[str, Any] | None) -> Call[CorpusStatus]:
    """A new corpus."""
    given = settings.model_dump(mode="json", exclude_unset=True) if isinstance(settings, Settings) else settings
    return Call("POST", "/v1/corpora", model(CorpusStatus), body=_body(name=name, settings=given or {}))


def delete(name: str) -> Call[None]:
    """A corpus with all that it holds."""
    return Call("DELETE", _at(name), lambda _: None)


def status(corpus: str) -> Call[CorpusStatus]:
    """`Corpus.status`."""
    return Call("GET", _at(corpus), model(CorpusStatus))


def documents(corpus: str, after: int) -> Call[tuple[list[DocumentInfo], int | None]]:
    """A page of `Corpus.documents`, and what the next one begins after; ``None``: it is the last."""

    def read(response: httpx.Response) -> tuple[list[DocumentInfo], int | None]:
        found = models(response, "documents", DocumentInfo)
        (following,) = fields(response, "next")
        if following is not None and (not isinstance(following, int) or following <= after):
            raise protocol_error(f"{response.url.path} did not say which page is next: {following!r}")
        return found, following

    return Call("GET", _at(corpus, "/documents"), read, params={"after": after})


def document(corpus: str, source: str) -> Call[Document]:
    """One of `Corpus.get_documents`."""
    return Call("GET", _at(corpus, "/document"), model(Document), params={"source": source})


def log(corpus: str) -> Call[list[LogRecord]]:
    """`Corpus.log`."""
    return Call("GET", _at(corpus, "/log"), lambda response: models(response, "records", LogRecord))


def check(corpus: str) -> Call[IntegrityReport]:
    """`Corpus.check`."""
    return Call("POST", _at(corpus, "/check"), model(IntegrityReport))


def exported(corpus: str, what: str, **body: Any) -> Call[str]:
    """A report, exhibits, or the chain of custody, as text."""
    method = "POST" if body else "GET"
    return Call(method, _at(corpus, f"/{what}"), lambda response: response.text, body=_body(**body) if body else None)


# Jobs -----------------------------------------------------------------------------------------------


def ingest(corpus: str, paths: Sequence[str]) -> Call[Job]:
    """An ingest of paths of the server."""
    return Call("POST", _at(corpus, "/ingest"), model(Job), body=_body(paths=paths))


def upload(corpus: str) -> Call[Job]:
    """An ingest of files; the form is sent by the client."""
    return Call("POST", _at(corpus, "/uploads"), model(Job))


def remove(corpus: str, sources: Sequence[str]) -> Call[Job]:
    """A removal."""
    return Call("POST", _at(corpus, "/remove"), model(Job), body=_body(sources=sources))


def verify_deletion(corpus: str, certificate: DeletionCertificate | str) -> Call[Job]:
    """The proof of a deletion."""
    text = certificate.to_json() if isinstance(certificate, DeletionCertificate) else certificate
    return Call("POST", _at(corpus, "/verify-deletion"), model(Job), body=_body(certificate=text))


def jobs(corpus: str | None) -> Call[list[Job]]:
    """The jobs that the key may see."""
    params = {} if corpus is None else {"corpus": corpus}
    return Call("GET", "/v1/jobs", lambda response: models(response, "jobs", Job), params=params)


def job(job: str, verb: str = "") -> Call[Job]:
    """A job as it stands, after ``/cancel`` or ``/resume`` of it where one is given."""
    return Call("POST" if verb else "GET", f"/v1/jobs/{quote(job, safe='')}{verb}", model(Job))


def job_events(job: str) -> Call[None]:
    """A job each time that it changes; its answer is read event by event."""
    return Call("GET", f"/v1/jobs/{quote(job, safe='')}/events", lambda _: None)


def forget(job: str) -> Call[None]:
    """Forget a job that has ended."""
    return Call("DELETE", f"/v1/jobs/{quote(job, safe='')}", lambda _: None)


def id_of(job: Job | str) -> str:
    """The id of a job, or the id itself."""
    return job.id if isinstance(job, Job) else job


def encoded(body: Mapping[str, Any] | None) -> bytes | None:
    """A body as JSON. Raises `InputError` for what JSON cannot say."""
    if body is None:
        return None
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise InputError(f"this cannot be sent as JSON: {error}") from None
