"""Spans of requests, answers and jobs, where OpenTelemetry is there; none of them says what is asked, or of whom."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from served import QUESTION, serving

from hybrid import Corpus
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


def test_without_the_package_there_is_no_span_and_no_error(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with span("anything") as made:
        assert made is None
    with serving(root) as running, running.client() as client:
        assert client.corpus("acme").ask(QUESTION).found
