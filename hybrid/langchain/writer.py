"""The caller's chat model at work on one answer: run as a part of the caller's own run, and counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import uuid4

from langchain_core.callbacks import BaseRunManager, CallbackManager
from langchain_core.messages.ai import UsageMetadata, add_usage
from langchain_core.runnables import Runnable, RunnableConfig, ensure_config

UNSTREAMED = "nostream"
"""LangGraph leaves out what runs with this tag when it streams messages: what a writer says is a draft until it is
verified, and must not reach a reader beside the answer."""


_PARENT: ContextVar[CallbackManager | None] = ContextVar("hybrid_langchain_parent", default=None)


@contextmanager
def below(parent: CallbackManager) -> Iterator[None]:
    """Inside the block, `child_config` has this parent: LangChain does not give a chat model's `_stream` its run."""
    token = _PARENT.set(parent)
    try:
        yield
    finally:
        _PARENT.reset(token)


def parent_of_run(run: BaseRunManager) -> CallbackManager:
    """What runs below a run inherits its callbacks, tags and metadata."""
    parent = CallbackManager(handlers=[], parent_run_id=run.run_id)
    parent.set_handlers(run.inheritable_handlers)
    parent.add_tags(run.inheritable_tags)
    parent.add_metadata(run.inheritable_metadata)
    return parent


def parent_of_call(given: RunnableConfig | None) -> tuple[RunnableConfig, CallbackManager]:
    """The configuration of a call with the id that its run is going to have, and what runs below that."""
    config = ensure_config(given)
    config["run_id"] = run_id = config.get("run_id") or uuid4()
    parent = CallbackManager.configure(
        inheritable_callbacks=config.get("callbacks"),
        inheritable_tags=config.get("tags"),
        inheritable_metadata=config.get("metadata"),
    )
    parent.parent_run_id = run_id
    return config, parent


def child_config(run: BaseRunManager | None) -> RunnableConfig:
    """The configuration of what runs below a run, or below the one that `below` names."""
    parent = _PARENT.get() if run is None else parent_of_run(run)
    return {} if parent is None else {"callbacks": parent}


class WriterRun:
    """A chat model as `hybrid.Corpus.ask` takes a writer. ``usage`` is what its messages say of their cost."""

    def __init__(self, model: Runnable[Any, Any], config: RunnableConfig) -> None:
        self._model = model
        self._config: RunnableConfig = {**config, "tags": [UNSTREAMED]}
        self.usage: UsageMetadata | None = None

    def stream(self, messages: list[tuple[str, str]]) -> Iterator[Any]:
        """The pieces of its message, as they come."""
        for piece in self._model.stream(messages, config=self._config):
            self._count(piece)
            yield piece

    def invoke(self, messages: list[tuple[str, str]]) -> Any:
        """Its message."""
        message = self._model.invoke(messages, config=self._config)
        self._count(message)
        return message

    def _count(self, message: Any) -> None:
        usage = getattr(message, "usage_metadata", None)
        if usage:
            self.usage = add_usage(self.usage, usage)
