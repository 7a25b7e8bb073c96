"""What a cached answer depends on beside the corpus: who retrieves and who writes."""

from __future__ import annotations

import uuid
import weakref
from contextlib import suppress
from typing import Any

from langchain_core.load import dumps
from langchain_core.load.serializable import Serializable

from hybrid.langchain.retriever import HybridRetriever

_NAMES: dict[int, tuple[weakref.ref[Any], str]] = {}


def retriever_key(retriever: Any) -> str:
    """Names what a retriever finds. One of another kind has a new key each time: what it searches may have changed, and
    nothing would say so."""
    if retriever is None:
        return ""
    return retriever.state() if isinstance(retriever, HybridRetriever) else uuid.uuid4().hex


def writer_key(writer: Any) -> str:
    """Names a model by what it is made of, where LangChain can write that down, and else this very object."""
    if isinstance(writer, Serializable) and writer.is_lc_serializable():
        written = dumps(writer)
        if '"not_implemented"' not in written:
            return written
    return "" if writer is None else f"{_name_of(writer)} {writer!r}"  # its repr, because its fields may be changed


def _name_of(thing: Any) -> str:
    """A name for an object that no other has, in this process or another, now or later."""
    known = _NAMES.get(id(thing))
    if known is not None and known[0]() is thing:
        return known[1]
    name, key = uuid.uuid4().hex, id(thing)

    def forget(_: object) -> None:
        _NAMES.pop(key, None)

    with suppress(TypeError):  # what cannot be known again has another name each time
        _NAMES[key] = (weakref.ref(thing, forget), name)
    return name
