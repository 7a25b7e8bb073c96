"""Requests that ask: answers, whole and event by event, searches, routes, comparisons, and checks of citations."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from hybrid.corpus import Corpus
from hybrid.errors import HybridError, InputError
from hybrid.service import schemas
from hybrid.service.failures import content_of
from hybrid.service.keys import ApiKey
from hybrid.service.sse import EventStream, content_event, model_event, with_signs_of_life
from hybrid.service.state import Asker, KeyFirst, Served, Service, unless_dropped
from hybrid.service.statements import judgement, judging, quoted
from hybrid.service.tracing import record_answer
from hybrid.types.answers import Answer, Route
from hybrid.types.base import shown
from hybrid.types.documents import PageView
from hybrid.types.events import EndEvent, Event, Events
from hybrid.types.statements import Judgement, Quotation

router: APIRouter = APIRouter(prefix="/v1/corpora/{corpus}", tags=["Asking"], route_class=KeyFirst)
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events of `Corpus.stream`, each with its kind as the event's name and its JSON as data, `end` "
        "last; or `error` with what an error's answer holds.",
        "content": {
            "text/event-stream": {
                "example": 'event: text\ndata: {"kind":"text","text":"“The term ends in 2031.” [1]"}\n'
            }
        },
    }
}


def as_json(value: BaseModel) -> Response:
    """A model as an answer. Its fields are those of the library: nothing is left to be checked again."""
    return Response(value.model_dump_json(), media_type="application/json")


def events_of(service: Service, key: ApiKey, corpus: str, asked: schemas.AskRequest) -> AsyncGenerator[Event, None]:
    """The events of an answer, made in a thread that stops when nobody takes them any more."""

    def ask(seen: Corpus) -> Events:
        return seen.stream(asked.question, route=asked.route, history=asked.history, where=asked.where)

    return counted(service, made_by(service, key, corpus, ask))


def made_by(service: Service, key: ApiKey, corpus: str, ask: Callable[[Corpus], Events]) -> AsyncGenerator[Event, None]:
    """The events that ``ask`` has a corpus make, as the key may see it."""

    def make() -> Generator[Event, None, None]:
        with service.corpora.seen_by(corpus, key) as seen:
            yield from ask(seen)

    return service.answering.stream(key.id, make)


async def counted(service: Service, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    """The same events; the answer at their end is counted."""
    started = time.time()
    async with aclosing(events):
        async for event in events:
            if isinstance(event, EndEvent):
                service.metrics.answer(event.answer)
                record_answer(started, event.answer)
            yield event


@router.post("/ask", response_model=Answer)
async def ask(request: Request, service: Served, key: Asker, corpus: str, body: schemas.AskRequest) -> Response:
    """Answer a question, with citations and a verdict on every claim."""
    answer = await unless_dropped(request, answer_of(events_of(service, key, corpus, body)))
    return as_json(answer)


async def answer_of(events: AsyncGenerator[Event, None]) -> Answer:
    """What the events end with."""
    async with aclosing(events):
        async for event in events:
            if isinstance(event, EndEvent):
                return event.answer
    raise AssertionError("the events have no end")


@router.post("/stream", response_class=Response, responses=_STREAM)
async def stream(request: Request, service: Served, key: Asker, corpus: str, body: schemas.AskRequest) -> Response:
    """Answer a question event by event (server-sent events). A quote, or a generated sentence, comes once it is
    verified; whoever closes the connection stops the work."""
    return await begun(
        request, service, events_of(service, key, corpus, body), lambda one: [model_event(one.kind, one)]
    )


async def begun(
    request: Request,
    service: Service,
    events: AsyncGenerator[Event, None],
    write: Callable[[Event], Iterator[bytes] | list[bytes]],
    last: Callable[[HybridError], bytes] | None = None,
) -> EventStream:
    """A stream of events. The first is waited for, so that what is wrong with the question is an error with a status
    and no stream."""
    try:
        first = await unless_dropped(request, anext(events))
    except BaseException:
        await events.aclose()
        raise

    async def written() -> AsyncGenerator[bytes, None]:
        async with aclosing(events):
            for piece in write(first):
                yield piece
            async for event in events:
                for piece in write(event):
                    yield piece

    def failure(error: HybridError) -> bytes:
        return content_event("error", content_of(type(error).__name__, service.told(error)))

    return EventStream(with_signs_of_life(written(), last or failure))


@router.post("/search", response_model=schemas.SearchResponse)
async def search(request: Request, service: Served, key: Asker, corpus: str, body: schemas.SearchRequest) -> Response:
    """The chunks that bear most on a question, best first: the index alone."""
    most = service.settings.limits.hits
    if not 1 <= body.k <= most:
        raise InputError(f"k is how many results to return, from 1 to {most:,} (limits.hits), not {shown(body.k)}")

    def found(seen: Corpus) -> schemas.SearchResponse:
        return schemas.SearchResponse.of(seen.search(body.question, body.k, where=body.where, order=body.order))

    return as_json(await service.asked(request, key, corpus, found))


@router.post("/route", response_model=Route)
async def route(request: Request, service: Served, key: Asker, corpus: str, body: schemas.RouteRequest) -> Response:
    """Which memory the router would send a question to, and how sure it is."""
    found = await service.asked(request, key, corpus, lambda seen: seen.route(body.question, history=body.history))
    return as_json(found)


@router.post("/compare", response_model=schemas.CompareResponse)
async def compare(request: Request, service: Served, key: Asker, corpus: str, body: schemas.CompareRequest) -> Response:
    """One question put to several groups' documents, and where their answers contradict each other."""

    def compared(go_on: Callable[[], None]) -> schemas.CompareResponse:
        with service.corpora.seen_by(corpus, key) as seen:
            found = seen._compared(body.question, body.groups, body.route, body.history, go_on)
        return schemas.CompareResponse(
            question=found.question, answers=dict(found.items()), contradictions=found.contradictions
        )

    return as_json(await unless_dropped(request, service.answering.run_stoppable(key.id, compared)))


@router.post("/quote", response_model=Quotation)
async def quote(request: Request, service: Served, key: Asker, corpus: str, body: schemas.QuoteRequest) -> Response:
    """Where words stand in the documents, to the character; nowhere, where none has just these words."""
    found = await service.asked(request, key, corpus, lambda seen: quoted(seen, body.text, body.source))
    return as_json(found)


@router.post("/judge", response_model=Judgement)
async def judge(request: Request, service: Served, key: Asker, corpus: str, body: schemas.JudgeRequest) -> Response:
    """A verdict on each sentence of a statement, with the spans that say so or otherwise."""
    events = made_by(service, key, corpus, lambda seen: judging(seen, body.statement, body.where))
    return as_json(judgement(body.statement, await unless_dropped(request, answer_of(events))))


@router.post("/verify", response_model=schemas.VerifyResponse)
async def verify(request: Request, service: Served, key: Asker, corpus: str, body: schemas.VerifyRequest) -> Response:
    """Check an answer's citations against the corpus as it is now."""
    problems = await service.asked(request, key, corpus, lambda seen: seen.verify(body.answer))
    return as_json(schemas.VerifyResponse(problems=tuple(problems)))


@router.post("/page", response_model=PageView)
async def page(request: Request, service: Served, key: Asker, corpus: str, body: schemas.PageRequest) -> Response:
    """The page that a citation or a hit stands on, or the lines around it where the document has no pages."""
    place = body.citation or body.hit
    assert place is not None
    return as_json(await service.asked(request, key, corpus, lambda seen: seen.page(place)))
