"""What a user may give to a public method, checked before any work begins.

Each function returns the argument, or raises an `InputError` that names it, what it may be, and what it was.
"""

from __future__ import annotations

import inspect
import operator
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from hybrid.errors import InputError
from hybrid.types.answers import Answer, Citation, Hit, RouteName
from hybrid.types.base import shown
from hybrid.types.documents import Document, Passage
from hybrid.types.filters import Filter
from hybrid.types.identities import Identity
from hybrid.types.reports import DocumentInfo

if TYPE_CHECKING:
    from hybrid.ingest.progress import Progress

MOST_WORKERS = 64
MOST_SECONDS = 10**9
MOST_HITS = 1_000_000
"""More results than any corpus of one machine has chunks worth reading; what SQLite and FAISS count with is larger."""
ORDERS = {"fused": "both searches together", "dense": "by cosine", "lexical": "by BM25"}
_OTHER_ORDERS = {"bm25": "lexical", "sparse": "lexical", "vector": "dense", "cosine": "dense", "hybrid": "fused"}
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_LONGEST_NAME = 255
"""Bytes of one part of a path, on all usual file systems."""

Name = TypeVar("Name", bound=str)
Kind = TypeVar("Kind")


def number_of_hits(k: object) -> int:
    """``k``, a whole number from 1 to `MOST_HITS`; an integer of NumPy's, too."""
    try:
        number = None if isinstance(k, bool) else operator.index(k)  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is None or not 1 <= number <= MOST_HITS:
        raise InputError(f"k is how many results to return, a whole number from 1 to {MOST_HITS:,}, not {shown(k)}")
    return number


def filter_of(where: object) -> Filter | None:
    """``where``, a `hybrid.Filter` or ``None``."""
    if where is not None and not isinstance(where, Filter):
        raise InputError(
            f'where is a hybrid.Filter or None, not {shown(where)}; write hybrid.Filter(sources="mail/*"), or '
            'hybrid.Filter(metadata={"custodian": "J. Doe"})'
        )
    return where


def identity_of(identity: object) -> Identity | None:
    """``identity``, a `hybrid.Identity` or ``None``."""
    if identity is not None and not isinstance(identity, Identity):
        raise InputError(
            f"identity is a hybrid.Identity, not {shown(identity)}; write hybrid.Identity(name='ann', "
            "classes=('public',)), or hybrid.Identity.of('ann', your_mapping)"
        )
    return identity


def order_of(order: Name) -> Name:
    """``order``, which search gives the order of the hits."""
    if not isinstance(order, str) or order not in ORDERS:
        meant = _OTHER_ORDERS.get(order.casefold()) if isinstance(order, str) else None
        hint = f"; did you mean {meant!r}?" if meant else ""
        raise InputError(
            f"order is {_listed(f'{name!r} ({what})' for name, what in ORDERS.items())}, not {shown(order)}{hint}"
        )
    return order


def route_of(route: Any) -> Any:
    """``route``, the name of a route or ``None`` for the router's choice."""
    names = get_args(RouteName)
    if route is not None and (not isinstance(route, str) or route not in names):
        raise InputError(
            f"route is {_listed(map(repr, names))}, or None for the router's choice; there is no route {shown(route)}"
        )
    return route


def history_of(history: object) -> Sequence[str | Answer]:
    """``history``, the questions asked before, or their answers, oldest first."""
    if isinstance(history, str | bytes | Answer | Mapping) or not isinstance(history, Iterable):
        raise InputError(
            f"history is a list of the questions asked before, or of their answers, oldest first, not {shown(history)}"
        )
    given = list(history)
    for one in given:
        if not isinstance(one, str | Answer):
            raise InputError(f"history is a list of questions (strings) or answers, and one of them is {shown(one)}")
        if isinstance(one, str) and not any(letter.isalnum() for letter in one):
            raise InputError(f"history holds an empty question, {shown(one)}; leave it out")
    return given


def listener_of(on_token: Callable[[str], None] | None) -> Callable[[str], None] | None:
    """``on_token``, which is called with pieces of text."""
    return _called("on_token", on_token, "a function that takes a piece of text, such as print", 1)


def workers_of(workers: int) -> int:
    """``workers``: a number of processes."""
    if isinstance(workers, bool) or not isinstance(workers, int) or not 1 <= workers <= MOST_WORKERS:
        raise InputError(f"workers is a number of processes from 1 to {MOST_WORKERS}, not {shown(workers)}")
    return workers


_CLUSTER = re.compile(r"auto|(ray://)?([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})")


def cluster_of(cluster: str | None, workers: int) -> str | None:
    """``cluster``: the address of a Ray cluster. With one, ``workers`` have nothing to do."""
    if cluster is None:
        return None
    if not isinstance(cluster, str) or not _CLUSTER.fullmatch(cluster):
        raise InputError(
            "cluster is the address of a Ray cluster: auto, where this machine is a node of it; host:port of its head, "
            f"as ray start --head prints it; or ray://host:port of its client server; not {shown(cluster)}"
        )
    if workers != 1:
        raise InputError("workers are processes of this machine; with cluster its nodes do the work: leave one out")
    return cluster


def wait_of(wait: float) -> float:
    """``wait``: a number of seconds."""
    if isinstance(wait, bool) or not isinstance(wait, int | float) or not 0 <= wait <= MOST_SECONDS:
        raise InputError(f"wait is a number of seconds from 0 to {MOST_SECONDS:,}, not {shown(wait)}")
    return wait


def progress_of(progress: Progress | bool | None) -> Progress | bool | None:
    """``progress``: whether to show it, or what is called as the work goes on."""
    if isinstance(progress, bool):
        return progress
    return _called("progress", progress, "True, False, or a function of (stage, done, total, detail)", 4)


def _called(name: str, given: Kind, what: str, count: int) -> Kind:
    if given is None:
        return given
    if not callable(given) or isinstance(given, type):
        raise InputError(f"{name} is {what}; or None; it is {shown(given)}")
    if inspect.iscoroutinefunction(given):
        raise InputError(
            f"{name} is {what}, and this one is a coroutine function, which nothing would await; use a plain "
            "function and loop.call_soon_threadsafe"
        )
    try:
        inspect.signature(given).bind(*[None] * count)
    except TypeError:
        plural = "s" if count > 1 else ""
        raise InputError(
            f"{name} is {what}, and {_named(given)} cannot be called with {count} argument{plural}"
        ) from None
    except ValueError:  # a function that is not written in Python may not say what it takes
        pass
    return given


def _named(given: object) -> str:
    return getattr(given, "__qualname__", None) or type(given).__name__


def _encodable(name: str, text: str) -> str:
    """A text without lone surrogates, which no database and no file system holds."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InputError(f"{name}: {text!r} holds a lone surrogate, which is no character") from None
    return text


def answer_of(answer: object) -> Answer:
    """An answer to check."""
    if isinstance(answer, Mapping):
        raise InputError("answer is one answer of corpus.ask; of a comparison, verify each: comparison[name]")
    if not isinstance(answer, Answer):
        raise InputError(
            f"answer is what corpus.ask returns, not {shown(answer)}; of JSON: hybrid.Answer.model_validate_json"
        )
    return answer


def place_of(citation: object) -> Citation | Hit:
    """What stands on a page: a citation or a hit."""
    if not isinstance(citation, Citation | Hit):
        raise InputError(f"citation is one of answer.citations, or one hit of corpus.search, not {shown(citation)}")
    return citation


def sources_of(source: object) -> list[str]:
    """The names of sources to remove; a path names the source that ingesting it made.

    Hits and documents are refused rather than understood: what is removed is gone, and has to be named.
    """
    given = [source] if isinstance(source, str | os.PathLike) else source
    if isinstance(given, Hit | Citation | Document | DocumentInfo):
        kind = type(given).__name__
        raise InputError(f"source is the name of a source, not a {kind}; write corpus.remove(the {kind}'s .source)")
    if isinstance(given, bytes | Mapping) or not isinstance(given, Iterable):
        raise InputError(
            f"source is the name of a source, as corpus.documents() shows it, or a list; not {shown(source)}"
        )
    names = [Path(os.path.normpath(one)).as_posix() if isinstance(one, os.PathLike) else one for one in given]
    for one in names:
        if not isinstance(one, str):
            raise InputError(f"source is a list of names of sources, and one of them is {shown(one)}; use its .source")
        _encodable("source", one)
    if not names:
        raise InputError("source is an empty list: name at least one source to remove")
    return names


def directory_of(directory: object) -> Path:
    """Where a corpus is kept: a path on this machine."""
    return _path("directory", directory, "a corpus", "name the directory of a corpus; '.' is the current one")


def file_of(argument: str, path: object) -> Path:
    """A file: a path on this machine."""
    return _path(argument, path, "a file", "name a file")


def _path(argument: str, given: object, what: str, advice: str) -> Path:
    if not isinstance(given, str | os.PathLike) or not isinstance(os.fspath(given), str):
        raise InputError(f"{argument} is the path of {what}, a string or a pathlib.Path, not {shown(given)}")
    name = os.fspath(given)
    if not name.strip():
        raise InputError(f"{argument} is empty: {advice}")
    if "\0" in name:
        raise InputError(f"{argument} {name!r} is no path: it holds a NUL character")
    _encodable(argument, name)
    if _URL.match(name):
        raise InputError(f"{argument} is a path on this machine, not the URL {shown(name)}")
    try:
        return Path(name).expanduser()
    except RuntimeError as error:
        raise InputError(f"{argument} {name!r}: {error}") from None


def flag(name: str, given: object) -> bool:
    """A switch."""
    if not isinstance(given, bool):
        raise InputError(f"{name} is True or False, not {shown(given)}")
    return given


def text_of(name: str, given: object) -> str:
    """A text."""
    if not isinstance(given, str):
        raise InputError(f"{name} is a string, not {shown(given)}")
    return given


def sha256_of(name: str, given: object) -> str:
    """A sha256 in hexadecimal digits."""
    text = text_of(name, given).strip().lower()
    if re.fullmatch(r"[0-9a-f]{64}", text) is None:
        raise InputError(f"{name} is 64 hexadecimal digits, as sha256sum prints them, not {shown(given)}")
    return text


def ids_of(ids: object) -> list[str | int]:
    """Sources or document ids."""
    if isinstance(ids, str | bytes) or not isinstance(ids, Iterable):
        raise InputError(f"ids is a list of sources or of document ids, not {shown(ids)}")
    wanted = list(ids)
    for one in wanted:
        if not isinstance(one, str | int) or isinstance(one, bool):
            raise InputError(f"ids is a list of sources (strings) or of document ids, and one of them is {shown(one)}")
        if isinstance(one, str):
            _encodable("ids", one)
    return wanted


def passages_of(passages: Any) -> Any:
    """Passages of the caller's, or a function that finds them."""
    if passages is None or (callable(passages) and not isinstance(passages, type)):
        return _called("passages", passages, "a list of hybrid.Passage, or a function from a question to one", 1)
    if isinstance(passages, str | bytes | Mapping) or not isinstance(passages, Iterable):
        raise InputError(
            f"passages is a list of hybrid.Passage, or a function from a question to one, not {shown(passages)}"
        )
    given = list(passages)
    for one in given:
        if not isinstance(one, Passage):
            raise InputError(f"passages is a list of hybrid.Passage, and one of them is {shown(one)}")
    return given


def inputs_of(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """What ingest is given, as far as it can be seen without reading anything."""
    if not inputs:
        raise InputError("nothing to ingest: name files, folders, globs or Document objects")
    _check_inputs(inputs, ())
    return inputs


def _check_inputs(inputs: Iterable[Any], within: tuple[int, ...]) -> None:
    for one in inputs:
        if isinstance(one, str):
            _check_path(one)
        elif isinstance(one, Hit | Answer | Citation | Filter | DocumentInfo):
            raise InputError(
                f"cannot ingest {type(one).__name__}: name files, folders, globs, or hybrid.Document objects"
            )
        elif isinstance(one, list | tuple):
            if id(one) in within:
                raise InputError("cannot ingest a list that holds itself")
            _check_inputs(one, (*within, id(one)))


def _check_path(given: str) -> None:
    try:
        os.fsencode(given)
    except UnicodeEncodeError:
        raise InputError(f"{given!r} is no path: it holds a lone surrogate") from None
    if _URL.match(given):
        raise InputError(
            f"{shown(given)} is a URL, and nothing is fetched: save the page and name the file, or give its text by "
            "hybrid.Document.from_text(text, source=url)"
        )
    too_long = any(len(part.encode("utf-8", "replace")) > _LONGEST_NAME for part in given.split("/"))
    sentence = given.rstrip().endswith((".", "!", "?")) and len(given.split()) > 2
    if "\n" in given.strip() or too_long or (sentence and not os.path.lexists(given)):
        raise InputError(
            f"{shown(given)} is a text and not a path: give it by hybrid.Document.from_text(text, source='a name')"
        )


def _listed(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}"
