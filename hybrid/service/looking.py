"""Requests that look at corpora or create one: names, states, documents, logs, and what is exported."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from hybrid.corpus import Corpus
from hybrid.errors import InputError, SourceNotFoundError
from hybrid.service import schemas
from hybrid.service.asking import as_json
from hybrid.service.page_images import PageImage, page_image
from hybrid.service.state import Asker, KeyFirst, Served
from hybrid.types.base import shown
from hybrid.types.documents import Document
from hybrid.types.reports import CorpusStatus, IntegrityReport

MOST_DOCUMENTS = 1_000
"""Documents on a page: about 0.4 MB of JSON."""
router: APIRouter = APIRouter(prefix="/v1", tags=["Corpora"], route_class=KeyFirst)
_CSV, _HTML = "text/csv; charset=utf-8", "text/html; charset=utf-8"
_PAGE_POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"}
"""A report holds what documents say: it is shown, and nothing in it is run or fetched."""


@router.get("/me", response_model=schemas.KeyResponse)
async def me(key: Asker) -> schemas.KeyResponse:
    """Whose key this is, and what it may do."""
    return schemas.KeyResponse.model_validate(key.model_dump(include=set(schemas.KeyResponse.model_fields)))


@router.get("/corpora", response_model=schemas.CorporaResponse)
async def corpora(service: Served, key: Asker) -> schemas.CorporaResponse:
    """The corpora that this key may see."""
    return schemas.CorporaResponse(corpora=tuple(await service.run(key, lambda: service.corpora.names(key))))


@router.post("/corpora", status_code=201, response_model=CorpusStatus)
async def create(service: Served, key: Asker, body: schemas.CreateRequest) -> Response:
    """Create a corpus, which is empty (role admin)."""

    def made() -> CorpusStatus:
        service.corpora.create(body.name, body.settings, key)
        with service.corpora.seen_by(body.name, key) as seen:
            return seen.status()

    answer = as_json(await service.run(key, made))
    answer.status_code = 201
    return answer


@router.get("/corpora/{corpus}", response_model=CorpusStatus)
async def status(request: Request, service: Served, key: Asker, corpus: str) -> Response:
    """What a corpus holds, as far as this key may see."""
    return as_json(await service.asked(request, key, corpus, Corpus.status))


@router.delete("/corpora/{corpus}", status_code=204)
async def delete(service: Served, key: Asker, corpus: str) -> Response:
    """Delete a corpus with its documents, memory, log, jobs and their reports (role admin). There is no certificate of
    it: one is in the report of a removal, document by document."""
    await service.run(key, lambda: service.corpora.check(corpus, key, "admin"))
    await service.jobs.clear_line(corpus)
    await service.run(key, lambda: service.corpora.delete(corpus, key))
    await service.jobs.forget_all(corpus)
    return Response(status_code=204)


@router.get("/corpora/{corpus}/documents", response_model=schemas.DocumentsResponse)
async def documents(
    request: Request,
    service: Served,
    key: Asker,
    corpus: str,
    limit: Annotated[int, Query(ge=1, le=MOST_DOCUMENTS, description="Documents on a page.")] = MOST_DOCUMENTS,
    after: Annotated[int, Query(ge=0, description="`next` of the page before.")] = 0,
) -> Response:
    """The documents that this key may see, in the order of their ids, a page at a time. What is added or removed
    between two pages shifts none of the others."""

    def page(seen: Corpus) -> schemas.DocumentsResponse:
        following = [one for one in seen.documents() if one.id > after]
        found = following[:limit]
        return schemas.DocumentsResponse(documents=tuple(found), next=found[-1].id if len(following) > limit else None)

    return as_json(await service.asked(request, key, corpus, page))


@router.get("/corpora/{corpus}/document", response_model=Document)
async def document(
    request: Request, service: Served, key: Asker, corpus: str, source: Annotated[str, Query(min_length=1)]
) -> Response:
    """One document, with its text and metadata, by its source: names hold slashes and dots, which paths lose."""
    return as_json(await service.asked(request, key, corpus, lambda seen: _document(seen, source)))


@router.get("/corpora/{corpus}/page-image", response_class=Response, responses={200: {"content": {"image/png": {}}}})
async def image(
    request: Request,
    service: Served,
    key: Asker,
    corpus: str,
    source: Annotated[str, Query(min_length=1)],
    page: Annotated[int, Query()],
    start: Annotated[int | None, Query(ge=0)] = None,
    end: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """A page of a PDF as PNG, with the characters from `start` to `end` of the document's text marked. Only of a PDF
    that lies below a folder which the server reads by path, unchanged: what is uploaded is not kept. The header
    `Span-Marked` says whether the span was found on the page; the letters of a scan are no text."""
    if (start is None) != (end is None):
        raise InputError("start and end belong together: give both, or none")
    span = None if start is None or end is None else (start, end)

    def drawn(seen: Corpus) -> PageImage:
        document = _document(seen, source)

        def names() -> Iterator[str]:
            yield source
            for one in seen.documents():
                if one.sha256 == document.sha256:
                    yield from one.sources

        return page_image(document, names(), service.settings.folders, page, span)

    made = await service.asked(request, key, corpus, drawn)
    headers = {"Span-Marked": str(made.marked).lower(), "Cache-Control": "no-store"}
    return Response(made.png, media_type="image/png", headers=headers)


@router.post("/corpora/{corpus}/report", response_class=Response, responses={200: {"content": {_HTML: {}}}})
async def report(request: Request, service: Served, key: Asker, corpus: str, body: schemas.ReportRequest) -> Response:
    """Answers with their exhibits as one HTML document; every quote is checked again (`hybrid.report`)."""
    from hybrid.export.report import report as made

    html = await service.asked(request, key, corpus, lambda seen: made(body.answers, seen, title=body.title).html)
    return Response(html, media_type=_HTML, headers=_PAGE_POLICY)


@router.post("/corpora/{corpus}/exhibits", response_class=Response, responses={200: {"content": {_CSV: {}}}})
async def exhibits(
    request: Request, service: Served, key: Asker, corpus: str, body: schemas.ExhibitsRequest
) -> Response:
    """The spans that answers cite, as CSV (`hybrid.exhibits`)."""
    from hybrid.types.exhibits import exhibits as listed

    def written(seen: Corpus) -> str:
        found = listed(body.answers)
        seen._record_export("exhibits", len(found))
        return found.as_csv()

    return Response(await service.asked(request, key, corpus, written), media_type=_CSV)


@router.get("/corpora/{corpus}/custody", response_class=Response, responses={200: {"content": {_CSV: {}}}})
async def custody(request: Request, service: Served, key: Asker, corpus: str) -> Response:
    """Every file that the corpus holds or left out, as CSV, for a chain of custody."""
    from hybrid.ingest.custody import as_csv

    return Response(await service.asked(request, key, corpus, lambda seen: as_csv(seen._custody())), media_type=_CSV)


@router.get("/corpora/{corpus}/log", response_model=schemas.LogResponse)
async def log(request: Request, service: Served, key: Asker, corpus: str) -> Response:
    """What was asked, answered, ingested, removed and exported, as far as the corpus's settings record it (role
    admin)."""
    await service.run(key, lambda: service.corpora.check(corpus, key, "admin"))
    return as_json(schemas.LogResponse(records=tuple(await service.asked(request, key, corpus, Corpus.log))))


@router.post("/corpora/{corpus}/check", response_model=IntegrityReport)
async def check(service: Served, key: Asker, corpus: str) -> Response:
    """Whether the corpus is whole: everything in it against its hashes (role writer)."""
    return as_json(await service.run(key, lambda: service.corpora.whole(corpus, key).check()))


def _document(seen: Corpus, source: str) -> Document:
    found = seen.get_documents([source])
    if source not in found:
        raise SourceNotFoundError(f"no source {shown(source)} in the corpus; its list of documents has their names")
    return found[source]
