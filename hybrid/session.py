"""`Session`: one commit of a corpus for several reads, and `AsyncSession`, the same under asyncio."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from functools import partial, update_wrapper
from typing import TYPE_CHECKING, Any, Concatenate, NoReturn, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from hybrid._arguments import filter_of, ids_of, number_of_hits, order_of, text_of
from hybrid.errors import CorpusError, InputError
from hybrid.types.answers import Hit, Hits
from hybrid.types.base import checked_elements, shown
from hybrid.types.documents import Document, sha256_hex
from hybrid.types.filters import Filter

if TYPE_CHECKING:
    from hybrid._recording import Recorder
    from hybrid._runtime import Usage
    from hybrid._view import View
    from hybrid.retrieval.query import Expression
    from hybrid.retrieval.search import Order, Searcher
    from hybrid.settings import Settings
    from hybrid.stores.catalog import Catalog, State

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
_LARGEST_ID = 2**63
"""SQLite counts with 64 bits; no document has an id beyond."""
_WIDEN = 4
"""How many times as many chunks are looked at where those of a few long documents took all the places. A factor so
that the work grows by a third at most over asking for the right number at once; not a measurement."""

NOT_COPIED = (
    "a session cannot be copied or pickled: it is one thread's view of a database that is open; pickle the corpus, and "
    "open a session where it is needed"
)


class Session:
    """One commit of a corpus, from `Corpus.session`. For the thread that opened it, until the block ends.

    Example:
        >>> with corpus.session() as session:
        ...     hits = session.search("termination date", k=5)
        ...     documents = session.get_documents({hit.document_id for hit in hits})
    """

    def __init__(
        self, catalog: Catalog, state: State, view: View, settings: Settings, usage: Usage, recorder: Recorder
    ) -> None:
        self._catalog = catalog
        self._state = state
        self._view: View | None = view
        self._settings = settings
        self._usage = usage
        self._recorder = recorder
        self._thread = threading.get_ident()

    def close(self) -> None:
        """End it; `Corpus.session` does so when its block ends."""
        self._view = None

    def __reduce__(self) -> NoReturn:
        raise InputError(NOT_COPIED)

    @property
    def commit(self) -> int | None:
        """The commit's number; ``None`` where nothing was committed yet."""
        return self._open().number

    @property
    def fingerprint(self) -> str:
        """64 hexadecimal digits that are other ones once an answer may be: for another commit, another state of the
        memory, other settings. A key for caches."""
        commit = self._open().commit
        return sha256_hex(f"{commit!r}\n{self._settings.model_dump_json()}".encode())

    def search(self, question: str, k: int = 10, *, where: Filter | None = None, order: Order = "fused") -> Hits:
        """See `Corpus.search`."""
        from hybrid.answering.request import checked_question
        from hybrid.retrieval.exact_match import matched

        asked = checked_question(question, self._settings.answer.max_question_chars)
        k, where, order = number_of_hits(k), filter_of(where), order_of(order)
        with self._reading() as view:
            hits, expression = self._found(view.searcher, asked, k, where, order)
            undated = view.searcher.undated(expression, where)
            empty = not hits and not self._catalog.restricted and not self._catalog.count_documents()
        words = matched(expression.words if expression else asked, (hit.text for hit in hits))
        order = "lexical" if expression and not expression.question else order
        note = self._recorder.search(asked, where, hits, view.number)
        notes = (*view.notes, *([note] if note is not None else []))
        return Hits(hits, question=asked, matched=words, order=order, empty=empty, undated=undated, notes=notes)

    def _found(
        self, searcher: Searcher, asked: str, k: int, where: Filter | None, order: Order
    ) -> tuple[list[Hit], Expression | None]:
        """The hits of a question, or of a search expression, which is given, too."""
        from hybrid.retrieval.query import is_phrase, parse

        expression = parse(asked)
        if expression is None or (order == "dense" and is_phrase(expression)):
            return searcher.search(asked, k, where, order), None
        if expression.question:
            return searcher.search(expression.question, k, searcher.narrowed(expression, where), order), expression
        if order == "dense":
            raise InputError(f"{asked!r} is a search expression, which is matched by words: leave order out")
        return searcher.search_expression(expression, k, where), expression

    def search_documents(
        self,
        query: str | Sequence[float],
        k: int = 10,
        *,
        where: Filter | None = None,
        order: Order = "fused",
    ) -> list[tuple[Document, Hit]]:
        """See `Corpus.search_documents`."""
        k, where, order = number_of_hits(k), filter_of(where), order_of(order)
        count = k
        with self._reading() as view:
            vector = None if isinstance(query, str) else _of_length_1(query, view.index.dimension)
            while True:
                if vector is None:
                    hits, _ = self._found(view.searcher, str(query), count, where, order)
                else:
                    hits = view.searcher.nearest(vector, count, where)
                best: dict[int, Hit] = {}
                for hit in hits:
                    best.setdefault(hit.document_id, hit)
                if len(best) >= k or len(hits) < count:
                    chosen = list(best.values())[:k]
                    self._recorder.search(None if vector is not None else str(query), where, chosen, view.number)
                    return [(self._catalog.document(hit.document_id, hit.source), hit) for hit in chosen]
                count *= _WIDEN

    def get_documents(self, ids: Iterable[str | int]) -> dict[str | int, Document]:
        """See `Corpus.get_documents`."""
        wanted = ids_of(ids)
        with self._reading():
            return documents_of(self._catalog, wanted)

    def vectors(self, hits: Sequence[Hit]) -> NDArray[np.float32]:
        """The vectors of these hits of this session, of length 1: ``[len(hits), dimension]``.

        Raises `InputError` for what is no list of hits, and for a hit of another commit.
        """
        hits = checked_elements("hits", hits, Hit)
        with self._reading():
            ids, vectors = self._catalog.vectors([hit.chunk_id for hit in hits])
        rows = {chunk_id: row for row, chunk_id in enumerate(ids.tolist())}
        missing = [hit for hit in hits if hit.chunk_id not in rows]
        if missing:
            raise InputError(f"a hit in {missing[0].source!r} is not of this session's commit; search in the session")
        return vectors[[rows[hit.chunk_id] for hit in hits]]

    def embed(self, question: str) -> NDArray[np.float32]:
        """The vector of a question ``[dimension]``, of length 1, by the corpus's own embedder, as a search makes it."""
        asked = text_of("question", question)
        with self._reading() as view:
            return view.searcher.question_vector(asked)

    @contextmanager
    def _reading(self) -> Iterator[View]:
        """Everything inside the block reads the session's commit. Only there: between two calls the thread may ingest,
        and ask the corpus."""
        view = self._open()
        with self._catalog.reading(self._state):
            yield view

    def _check_process(self) -> None:
        """Raise `CorpusError` if this process is a fork of the one that opened the session."""
        self._usage.check_process()

    def _open(self) -> View:
        self._check_process()
        if threading.get_ident() != self._thread:
            raise CorpusError("a session belongs to the thread that opened it; open one in this thread")
        if self._view is None:
            raise CorpusError("the session has ended; open another with Corpus.session()")
        return self._view


def _in_its_thread(
    method: Callable[Concatenate[Session, Parameters], Result],
) -> Callable[Concatenate[AsyncSession, Parameters], Coroutine[Any, Any, Result]]:
    async def run(self: AsyncSession, /, *arguments: Parameters.args, **named: Parameters.kwargs) -> Result:
        return await self._run(partial(method, self._session, *arguments, **named))

    update_wrapper(run, method)
    run.__qualname__ = f"AsyncSession.{method.__name__}"
    return run


class AsyncSession:
    """One commit of a corpus, from `Corpus.asession`. Its methods are those of `Session`, awaited; they run one after
    the other in a thread of the session's own.

    Attributes:
        commit: the commit's number; ``None`` where nothing was committed yet.
        fingerprint: see `Session.fingerprint`.

    Example:
        >>> async with corpus.asession() as session:
        ...     hits = await session.search("termination date", k=5)
        ...     documents = await session.get_documents({hit.document_id for hit in hits})
    """

    def __init__(self, session: Session, run: Callable[[Callable[[], Any]], Coroutine[Any, Any, Any]]) -> None:
        self._session = session
        self._in_thread = run
        self._ended = False
        self.commit = session.commit
        self.fingerprint = session.fingerprint

    def __reduce__(self) -> NoReturn:
        raise InputError(NOT_COPIED)

    async def _run(self, work: Callable[[], Result]) -> Result:
        self._session._check_process()  # a fork has not the session's thread: waiting for it would not end
        if self._ended:
            raise CorpusError("the session has ended; open another with Corpus.asession()")
        result: Result = await self._in_thread(work)
        return result

    search = _in_its_thread(Session.search)
    search_documents = _in_its_thread(Session.search_documents)
    get_documents = _in_its_thread(Session.get_documents)
    vectors = _in_its_thread(Session.vectors)
    embed = _in_its_thread(Session.embed)

    async def close(self) -> None:
        """End it; `Corpus.asession` does so when its block ends."""
        self._ended = True


@asynccontextmanager
async def opened_in_a_thread(opened: AbstractContextManager[Session]) -> AsyncIterator[AsyncSession]:
    """The session, opened, used and ended in one thread. Whoever leaves the block waits until its work has ended."""
    thread = ThreadPoolExecutor(1, thread_name_prefix="hybrid-session")
    context = contextvars.copy_context()
    entered: list[AsyncSession] = []

    async def run(work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(thread, context.run, work)

    def enter() -> AsyncSession:
        entered.append(AsyncSession(opened.__enter__(), run))
        return entered[0]

    def leave() -> None:  # a cancelled task may be gone before the thread has entered
        if entered:
            opened.__exit__(None, None, None)

    try:
        session = await run(enter)
        yield session
    finally:
        for one in entered:
            await one.close()
        leaving = asyncio.get_running_loop().run_in_executor(thread, context.run, leave)
        thread.shutdown(wait=False)
        await asyncio.shield(leaving)


def documents_of(catalog: Catalog, ids: Iterable[str | int]) -> dict[str | int, Document]:
    """The documents of these sources or document ids, as far as they are there, by what they were asked for."""
    found: dict[str | int, Document] = {}
    for wanted in ids:
        number: int | None = wanted if isinstance(wanted, int) else None
        source: str | None = None
        if isinstance(wanted, str):
            row = catalog.source_named(wanted)
            number, source = (row.document_id, row.source) if row else (None, None)
        if number is not None and abs(number) < _LARGEST_ID:
            try:
                found[wanted] = catalog.document(number, source)
            except KeyError:  # it is not there (any more)
                continue
    return found


def _of_length_1(query: Sequence[float], dimension: int) -> NDArray[np.float32]:
    try:
        vector = np.array(query, np.float32)
    except (TypeError, ValueError, OverflowError):
        vector = np.zeros(0, np.float32)
    if vector.shape != (dimension,) or not np.isfinite(vector).all():
        raise InputError(
            f"query is a string, or a vector of the corpus's embedder ({dimension} finite numbers), not {shown(query)}"
        )
    return vector / (float(np.linalg.norm(vector)) or 1.0)
