"""Spans and metrics of requests, answers and jobs, where OpenTelemetry is there; no text and no name is in them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from served import QUESTION, serving

from hybrid import Corpus
from hybrid.errors import JobFailedError
from hybrid.service.tracing import span


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    return exporter


def named(spans: InMemorySpanExporter, name: str) -> ReadableSpan:
    (found,) = [one for one in spans.get_finished_spans() if one.name == name]
    return found


def test_a_request_its_answer_and_its_job_are_spans(root: Path, spans: InMemorySpanExporter) -> None:
    with serving(root) as running:
        parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        with running.http() as http:
            asked = http.post("/v1/corpora/acme/ask", json={"question": QUESTION}, headers={"traceparent": parent})
            assert asked.status_code == 200
            assert http.post("/v1/corpora/other/ask", json={}).status_code == 422
        with running.client() as client:
            client.wait(client.corpus("acme").upload(("zq-secret.txt", b"The rent is 3 pounds.")))
    request, answer = (
        next(one for one in spans.get_finished_spans() if one.name == name and one.attributes)
        for name in ("POST /v1/corpora/{corpus}/ask", "hybrid.answer")
    )
    assert request.attributes is not None
    assert answer.attributes is not None
    assert request.attributes["http.response.status_code"] == 200
    assert request.attributes["http.route"] == "/v1/corpora/{corpus}/ask"
    assert format(request.context.trace_id, "032x") == "0af7651916cd43dd8448eb211c80319c"
    assert request.parent is not None
    assert format(request.parent.span_id, "016x") == "b7ad6b7169203331"
    assert answer.parent is not None
    assert answer.parent.span_id == request.context.span_id
    assert (answer.attributes["hybrid.found"], answer.attributes["hybrid.citations"]) == (True, 1)
    assert [key for key in answer.attributes if key.startswith("hybrid.seconds.")]
    job = named(spans, "hybrid.job").attributes
    assert job is not None
    assert (job["hybrid.job.kind"], job["hybrid.job.state"]) == ("ingest", "succeeded")


def test_no_span_has_a_text_or_a_name(root: Path, spans: InMemorySpanExporter) -> None:
    with serving(root) as running, running.client(running.key("zq-ann")) as client:
        client.corpus("acme").ask(QUESTION)
        client.corpus("acme").get_document("discovery/minutes.txt")
    said = json.dumps([json.loads(one.to_json()) for one in spans.get_finished_spans()])
    assert "hybrid.answer" in said
    for word in ("acme", "agreement", "minutes", "zq-ann", "2027"):
        assert word not in said


def test_a_span_of_a_failure_has_its_class_and_not_its_words(
    root: Path, spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("zq-secret of the stack")

    monkeypatch.setattr(Corpus, "search", broken)
    with serving(root) as running, running.http() as http:
        assert http.post("/v1/corpora/acme/search", json={"question": "salt"}).status_code == 500
    failed = named(spans, "POST /v1/corpora/{corpus}/search")
    assert "zq-secret" not in failed.to_json()
    assert failed.attributes is not None
    assert failed.attributes["error.type"] == "RuntimeError"
    assert failed.status.status_code is trace.StatusCode.ERROR


def test_requests_answers_and_jobs_are_measured_and_nothing_says_of_whom(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    monkeypatch.setattr(metrics, "get_meter", provider.get_meter)
    with serving(root) as running:
        with running.client() as client:
            corpus = client.corpus("acme")
            corpus.ask(QUESTION)
            client.wait(corpus.upload(("zq-secret.txt", b"The rent is 3 pounds.")))
            with pytest.raises(JobFailedError):
                client.wait(corpus.remove("zq-nothing.txt"))
        with running.http() as http:
            assert http.request("ZQODD", "/v1/corpora/acme/ask").status_code == 405
    data = reader.get_metrics_data()
    assert data is not None
    found = {
        (metric.name, *sorted((key, str(value)) for key, value in point.attributes.items())): point
        for scope in data.resource_metrics[0].scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    }
    asked = (("http.request.method", "POST"), ("http.response.status_code", "200"))
    asked_at = (*asked, ("http.route", "/v1/corpora/{corpus}/ask"))
    assert found[("http.server.request.duration", *asked_at)].count == 1
    assert found[("hybrid.answers", ("hybrid.found", "True"), ("hybrid.route", "lookup"))].value == 1
    for kind, state in (("ingest", "succeeded"), ("removal", "failed")):
        assert found[("hybrid.jobs", ("hybrid.job.kind", kind), ("hybrid.job.state", state))].value == 1
    assert "hybrid.answer.duration" in {name for name, *_ in found}
    said = data.to_json()
    for word in ("acme", "agreement", "zq-", "ZQODD", "2027"):
        assert word not in said
    provider.shutdown()


def test_without_the_package_there_is_no_span_and_no_error(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with span("anything") as made:
        assert made is None
    with serving(root) as running, running.client() as client:
        assert client.corpus("acme").ask(QUESTION).found
