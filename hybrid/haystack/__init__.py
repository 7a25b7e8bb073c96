"""Haystack: a retriever and an answerer over hybrid's corpora, as components of a pipeline.

Built on haystack-ai alone (``pip install 'hybrid-ttt-rag[haystack]'``). Nothing here loads a model before it is first
asked, and nothing asks another host. Haystack itself reports which components run in a pipeline to its makers, unless
the variable ``HAYSTACK_TELEMETRY_ENABLED`` says ``false``. Where the variable is not set, importing this package
switches that off for the process, whether Haystack was imported before or not; set it to ``true`` to have Haystack
report.

Example:
    >>> from haystack import Pipeline
    >>> from hybrid.haystack import HybridAnswerer, HybridRetriever
    >>> pipeline = Pipeline()
    >>> pipeline.add_component("answerer", HybridAnswerer("acme-v-beta"))
    >>> pipeline.run({"answerer": {"query": "When does the supply agreement end?"}})["answerer"]["answers"][0].data
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

from hybrid.errors import MissingExtraError

_TELEMETRY = "HAYSTACK_TELEMETRY_ENABLED"


def _without_reports() -> None:
    """Import Haystack so that it reports nothing of the user's pipelines, unless the user has said whether it may.

    Haystack reads the variable once, when it is imported; the environment is left as it was.
    """
    if _TELEMETRY in os.environ:
        importlib.import_module("haystack")
        return
    os.environ[_TELEMETRY] = "false"
    try:
        importlib.import_module("haystack")
    finally:
        del os.environ[_TELEMETRY]
    reports = sys.modules.get("haystack.telemetry._telemetry")
    if reports is not None:  # also where Haystack was imported before
        vars(reports)["telemetry"] = None


try:
    _without_reports()
except ModuleNotFoundError as error:
    if (error.name or "").split(".")[0] != "haystack":  # one of its own dependencies: its message names it
        raise
    raise MissingExtraError("hybrid.haystack needs haystack-ai", "haystack") from error

if TYPE_CHECKING:
    from hybrid.haystack.answerer import HybridAnswerer
    from hybrid.haystack.retriever import HybridRetriever

__all__ = ["HybridAnswerer", "HybridRetriever"]

_HOME = {"HybridAnswerer": "answerer", "HybridRetriever": "retriever"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'hybrid.haystack' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"hybrid.haystack.{_HOME[name]}"), name)
    globals()[name] = value  # found at once the next time
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
