"""What may be given to ingest: paths, documents, and iterables of them, which may be endless streams."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hybrid.documents import Document
from hybrid.errors import DocumentError, InputError
from hybrid.ingest.rejoining import is_foreign, rejoined

_WHAT = "files, folders, globs, Document objects, LangChain documents, or iterables of documents"


def separated(given: Iterable[Any]) -> tuple[list[str | Path], Iterator[Document | DocumentError], int]:
    """The paths, the documents one at a time, and how many of those there are as far as that is known.

    Lists are looked through at once; any other iterable is read only as far as its documents are needed.
    Raises `InputError`, at once or when it comes up, for what is neither a path nor a document.
    """
    paths: list[str | Path] = []
    documents: list[Any] = []
    for one in given:
        if isinstance(one, str | Path):
            paths.append(one)
        elif isinstance(one, Sequence) and not isinstance(one, bytes | bytearray) and not is_foreign(one):
            paths.extend(path for path in one if isinstance(path, str | Path))
            documents.extend(part for part in one if not isinstance(part, str | Path))
        else:
            documents.append(one)
    for one in documents:
        if not _is_document(one) and (not isinstance(one, Iterable) or isinstance(one, bytes | bytearray | Mapping)):
            raise InputError(f"cannot ingest {type(one).__name__}: name {_WHAT}")
    return paths, rejoined(_documents(documents)), sum(map(_is_document, documents))


def _is_document(given: object) -> bool:
    return isinstance(given, Document) or is_foreign(given)


def _documents(given: Iterable[Any]) -> Iterator[Any]:
    for one in given:
        if _is_document(one):
            yield one
        elif isinstance(one, Iterable) and not isinstance(one, str | bytes | Mapping):
            yield from _documents(one)
        else:
            raise InputError(f"an iterable given to ingest holds {type(one).__name__}, not documents: name {_WHAT}")
