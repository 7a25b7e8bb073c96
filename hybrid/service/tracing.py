"""OpenTelemetry spans of requests, answers and jobs, where its package is there.

Who collects them is set up as with any program that has such spans; nothing is sent by itself. No span has a text, or
the name of a corpus, a key or a document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hybrid import __version__
from hybrid.types.answers import Answer

if TYPE_CHECKING:
    from opentelemetry.trace import Span


@contextmanager
def span(name: str, headers: Mapping[str, str] | None = None) -> Iterator[Span | None]:
    """A span around the block, below the one that is current; of a request, below that of whoever sent it, as its
    headers say. ``None`` where the package is not there."""
    try:
        from opentelemetry import propagate, trace
    except ModuleNotFoundError:
        yield None
        return
    tracer = trace.get_tracer("hybrid", __version__)
    above = None if headers is None else propagate.extract(dict(headers))
    kind = trace.SpanKind.INTERNAL if headers is None else trace.SpanKind.SERVER
    # An exception's words and its stack may hold a question or a path: the span has its class alone.
    with tracer.start_as_current_span(
        name, above, kind=kind, record_exception=False, set_status_on_exception=False
    ) as made:
        try:
            yield made
        except Exception as error:
            made.set_attribute("error.type", type(error).__name__)
            made.set_status(trace.StatusCode.ERROR)
            raise


def record_answer(started: float, answer: Answer) -> None:
    """A span of an answer that was made, from ``started`` (seconds since the epoch) until now, with how it came out and
    what its stages took. It is made afterwards, as an answer is made piece by piece and by several threads."""
    try:
        from opentelemetry import trace
    except ModuleNotFoundError:
        return
    facts: dict[str, str | int | float | bool] = {
        "hybrid.route": answer.route.name,
        "hybrid.found": answer.found,
        "hybrid.claims": len(answer.claims),
        "hybrid.citations": len(answer.citations),
        **{f"hybrid.seconds.{stage}": took for stage, took in answer.seconds.items()},
    }
    tracer = trace.get_tracer("hybrid", __version__)
    tracer.start_span("hybrid.answer", start_time=int(started * 1e9), attributes=facts).end()


class Traced:
    """A span for each request. Middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        with span(scope["method"], headers) as made:
            status = None

            async def answer(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                await send(message)

            try:
                await self._app(scope, receive, answer)
            finally:
                if made is not None:
                    _describe(made, scope, status)


def _describe(made: Span, scope: Scope, status: int | None) -> None:
    from opentelemetry.trace import StatusCode

    route = getattr(scope.get("route"), "path", None)
    made.update_name(f"{scope['method']} {route}" if route else scope["method"])
    made.set_attribute("http.request.method", scope["method"])
    if route:
        made.set_attribute("http.route", route)
    if status is not None:
        made.set_attribute("http.response.status_code", status)
        if status >= 500:
            made.set_status(StatusCode.ERROR)
