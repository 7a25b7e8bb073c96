"""The adapters to other frameworks ask no other host: neither when they are imported nor when they are used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from framework_corpus import made

WATCH = """
import os, sys
called = []
def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "urllib.Request"):
        called.append((event, str(arguments)))
        raise OSError("no network in this test")
sys.addaudithook(watch)
"""
LLAMAINDEX = """
from hybrid.llamaindex import HybridQueryEngine, HybridRetriever
assert HybridRetriever(sys.argv[1]).retrieve("When does the supply agreement end?")
assert HybridQueryEngine(sys.argv[1]).query("When does the supply agreement end?").source_nodes
"""
HAYSTACK = """
import posthog
from haystack import Pipeline
from hybrid.haystack import HybridAnswerer, HybridRetriever
pipeline = Pipeline()
pipeline.add_component("retriever", HybridRetriever(sys.argv[1]))
pipeline.add_component("answerer", HybridAnswerer(sys.argv[1]))
pipeline.connect("retriever.documents", "answerer.documents")
asked = {"query": "When does the supply agreement end?"}
assert pipeline.run({"retriever": asked, "answerer": asked})["answerer"]["found"]
if posthog.default_client is not None:
    posthog.shutdown()
"""
SAY = """
print("called", len(called), os.environ.get("HAYSTACK_TELEMETRY_ENABLED"), *called[:1])
"""


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("corpus") / "c"
    made(home).close()
    return home


def said(code: str, directory: Path, home: Path, telemetry: str | None = None) -> str:
    """The last line that ``code`` prints in a process of its own, whose home folder is ``home``."""
    own = {key: value for key, value in os.environ.items() if key != "HAYSTACK_TELEMETRY_ENABLED"}
    own |= {"HOME": str(home)} | ({} if telemetry is None else {"HAYSTACK_TELEMETRY_ENABLED": telemetry})
    own.setdefault("HYBRID_MODELS", str(Path("~/.cache/hybrid/models").expanduser()))
    command = [sys.executable, "-c", WATCH + code + SAY, str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, env=own)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def test_llamaindex_asks_no_other_host(directory: Path, tmp_path: Path) -> None:
    pytest.importorskip("llama_index.core")
    assert said(LLAMAINDEX, directory, tmp_path).startswith("called 0 ")


@pytest.mark.parametrize(
    "first", ["import hybrid.haystack\n", "import haystack\n"], ids=["ours-first", "haystack-first"]
)
def test_a_pipeline_of_haystacks_reports_nothing_and_the_environment_stays_as_it_was(
    first: str, directory: Path, tmp_path: Path
) -> None:
    pytest.importorskip("hybrid.haystack")
    assert said(first + HAYSTACK, directory, tmp_path) == "called 0 None"
    if "hybrid" in first:
        assert not (tmp_path / ".haystack").exists()


def test_who_wants_haystacks_reports_has_them(directory: Path, tmp_path: Path) -> None:
    """And so the two tests above would see a call."""
    pytest.importorskip("hybrid.haystack")
    line = said(HAYSTACK, directory, tmp_path, telemetry="true")
    assert not line.startswith("called 0 ")
    assert "posthog" in line
    assert line.split()[2] == "true"
