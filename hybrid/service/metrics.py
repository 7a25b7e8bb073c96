"""Counts and times of requests, answers and jobs, for Prometheus to read and, where its package is there, for
OpenTelemetry to send. No label names a corpus, a key or a document."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hybrid import __version__
from hybrid.types.answers import Answer
from hybrid.types.jobs import Job

if TYPE_CHECKING:
    from collections.abc import Callable

_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"})
_DROPPED = 499
"""As nginx writes it of a request whose client has gone; nobody gets to see it."""
_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300)


class Metrics:
    """The metrics of one server, in a registry of its own."""

    def __init__(self) -> None:
        self.registry: CollectorRegistry = CollectorRegistry()
        self._requests = Counter(
            "hybrid_requests", "Requests that were answered", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "hybrid_request_seconds",
            "From a request's head to the end of its answer",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._open = Gauge("hybrid_requests_open", "Requests that are not answered yet", registry=self.registry)
        self._answers = Counter(
            "hybrid_answers", "Questions that were answered", ("route", "found"), registry=self.registry
        )
        self._ended = Counter("hybrid_jobs_ended", "Jobs that ended", ("kind", "state"), registry=self.registry)
        self._sent = _Sent()

    def watch(self, name: str, meaning: str, value: Callable[[], float]) -> None:
        """A number that is looked up whenever the metrics are read."""
        Gauge(f"hybrid_{name}", meaning, registry=self.registry).set_function(value)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(method if method in _METHODS else "other", route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        self._sent.request(method if method in _METHODS else "_OTHER", route, status, seconds)

    def answer(self, answer: Answer) -> None:
        """Count an answer."""
        self._answers.labels(answer.route.name, str(answer.found).lower()).inc()
        self._sent.answer(answer)

    def job(self, job: Job) -> None:
        """Count a job that has ended."""
        self._ended.labels(job.kind, job.state).inc()
        self._sent.job(job)

    def text(self, jobs: dict[tuple[str, str], int]) -> bytes:
        """All of them, in Prometheus' text format, with how many jobs there are of a kind in a state."""
        registry = CollectorRegistry()
        gauge = Gauge("hybrid_jobs", "Jobs that are remembered", ("kind", "state"), registry=registry)
        for (kind, state), number in jobs.items():
            gauge.labels(kind, state).set(number)
        return generate_latest(self.registry) + generate_latest(registry)


class _Sent:
    """The same as instruments of OpenTelemetry. Without a provider, which whoever runs the process sets up, they do
    nothing; names and units are those of its conventions where it has some."""

    def __init__(self) -> None:
        try:
            from opentelemetry import metrics
        except ModuleNotFoundError:
            self._there = False
            return
        self._there = True
        meter = metrics.get_meter("hybrid", __version__)
        self._seconds = meter.create_histogram("http.server.request.duration", "s", "Of requests that were answered")
        self._answers = meter.create_counter("hybrid.answers", "{answer}", "Questions that were answered")
        self._took = meter.create_histogram("hybrid.answer.duration", "s", "Of the stages of answers")
        self._jobs = meter.create_counter("hybrid.jobs", "{job}", "Jobs that ended")

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        if self._there:
            facts: dict[str, str | int] = {
                "http.request.method": method,
                "http.route": route,
                "http.response.status_code": status,
            }
            self._seconds.record(seconds, facts)

    def answer(self, answer: Answer) -> None:
        if self._there:
            self._answers.add(1, {"hybrid.route": answer.route.name, "hybrid.found": answer.found})
            for stage, took in answer.seconds.items():
                self._took.record(took, {"hybrid.stage": stage})

    def job(self, job: Job) -> None:
        if self._there:
            self._jobs.add(1, {"hybrid.job.kind": job.kind, "hybrid.job.state": job.state})


class Measured:
    """Counts requests. Middleware."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = _DROPPED, time.perf_counter()

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with self._metrics._open.track_inprogress():
            try:
                await self._app(scope, receive, answer)
            except Exception:
                status = 500
                raise
            finally:
                # The route as it is declared: a path would be a label of its own for each corpus that is asked for.
                route = getattr(scope.get("route"), "path", None) or "none"
                self._metrics.request(scope["method"], route, status, time.perf_counter() - began)
