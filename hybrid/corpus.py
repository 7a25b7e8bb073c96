"""`Corpus`: everything a user does, in one class. A façade: the work is done on the floors below."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar
from weakref import WeakValueDictionary

from hybrid import _arguments, _open
from hybrid._async import in_thread, pulled, stoppable, until_dropped
from hybrid._damage import Others, answered, needs_no_other, recovering
from hybrid._recording import Recorder
from hybrid._runtime import Usage, log_warning
from hybrid.errors import (
    AccessError,
    CorruptCorpusError,
    InputError,
    MissingModelError,
    SettingsError,
    UnsupportedModelError,
)
from hybrid.settings import Settings
from hybrid.types.answers import Answer, Citation, Comparison, Hit, Hits, Route, RouteName
from hybrid.types.base import Shown
from hybrid.types.documents import Document, PageView, Passage
from hybrid.types.events import Event, Events, collect
from hybrid.types.filters import Filter, undated_note
from hybrid.types.identities import Identity
from hybrid.types.reports import (
    CorpusStatus,
    DocumentInfo,
    Documents,
    ExportReport,
    IngestReport,
    IntegrityReport,
    MemoryTraining,
)

if TYPE_CHECKING:
    from hybrid._view import View
    from hybrid.answering.answerer import Answerer
    from hybrid.answering.request import RequestContext
    from hybrid.ingest.custody import CustodyRow
    from hybrid.ingest.progress import Progress
    from hybrid.retrieval.embedding import Embedder
    from hybrid.retrieval.rerank import Reranker
    from hybrid.retrieval.search import Order
    from hybrid.session import AsyncSession, Session
    from hybrid.stores.access import Access
    from hybrid.stores.catalog import Catalog
    from hybrid.stores.rows import CommitRow
    from hybrid.study.making import PairMaker
    from hybrid.ttt.checkpoints.tokenizer import ChatTokenizer
    from hybrid.ttt.memory import MemoryModel
    from hybrid.types.certificates import DeletionCertificate, DeletionCheck
    from hybrid.types.logs import LogRecord, LogReport

_LOG = logging.getLogger("hybrid.corpus")
Found = TypeVar("Found")
SuppliedBy = Sequence[Passage] | Callable[[str], Sequence[Passage]]
"""Passages, or a function that finds them for a question that stands alone."""


class Corpus(Shown):
    """A directory of documents that were read once, and the questions put to it.

    Open one with `Corpus.open`. All methods may be called from several threads, and each but `session` has an
    async twin (`aask` of `ask`, and so on); one thread of one process at a time may ingest or remove while others ask.
    Every answer is of one whole commit. What is committed is never lost to a later error.

    Example:
        >>> import hybrid
        >>> corpus = hybrid.Corpus.open("acme-v-beta")
        >>> report = corpus.ingest("discovery/")
        >>> answer = corpus.ask("When does the supply agreement end?")
        >>> answer.citations[0].quote
        'The agreement ends on 4 May 2031.'
    """

    directory: Path
    settings: Settings
    identity: Identity | None

    def __init__(
        self,
        directory: Path,
        catalog: Catalog | None = None,
        settings: Settings | None = None,
        *,
        identity: Identity | None = None,
        index_of: Corpus | None = None,
        embedder: object = None,
        reranker: object = None,
    ) -> None:
        if catalog is None or settings is None:
            raise InputError(
                f"a corpus is opened by hybrid.Corpus.open({str(directory)!r}), which creates it if it is new"
            )
        # The process may change its folder.
        vars(self).update(directory=directory.absolute(), settings=settings, identity=identity)
        self._given = embedder, reranker  # to be called in place of those that the settings name
        self._index_of = index_of  # the corpus without an identity, which may have loaded the index already
        self._shown_as = str(directory)
        self._catalog = catalog
        self._usage = Usage(f"the corpus at {directory}", self._release)
        self._recorder = Recorder(self.directory, catalog, settings.log, None if identity is None else identity.name)
        self._left_out: tuple[str, ...] = ()  # notes on documents that are damaged, where this is the corpus without
        self._others = Others(self._number, catalog.damaged, self._without)
        self._lock = threading.Lock()  # of the next four
        self._view: View | None = None  # the newest that was asked for
        self._views: WeakValueDictionary[int | None, View] = WeakValueDictionary()  # and older ones still in use
        self._held_embedder: Embedder | None = None
        self._held_reranker: Reranker | None = None
        self._same_embedder = False  # whether one that was given was seen to be that of the vectors
        self._held_model: MemoryModel | None = None
        self._tokenizer: ChatTokenizer | None = None

    @classmethod
    def open(
        cls,
        directory: str | Path,
        settings: Settings | Mapping[str, Any] | str | PathLike[str] | None = None,
        *,
        create: bool = True,
        identity: Identity | None = None,
        embedder: Any = None,
        reranker: Any = None,
    ) -> Self:
        """Open the corpus at ``directory``, creating it if it is new.

        A corpus that was only just created is empty, and says so: in its ``repr``, in `status`, and in every answer
        and search. With ``create=False`` nothing is created.

        Args:
            directory: where the corpus is kept, a path. A directory that holds other files is refused.
            settings: `Settings`, a dict of them, or the path of a TOML file. What they name is stored with the corpus
                and used from then on; what they leave out, or all, is as it was stored before. Variables of the
                environment (``HYBRID_MEMORY__ENABLED=false``) overrule a file and what is stored, for this process
                alone.
            create: whether to create a corpus where there is none.
            identity: who asks; the corpus is then that of `seen_by`.
            embedder: makes the vectors in place of a model on this machine: any of LangChain's ``Embeddings``, or an
                object with ``embed_documents(texts)`` and ``embed_query(text)``. A corpus that it made has to be
                opened with it again. What it is given leaves this process.
            reranker: orders what a search finds, in place of ``retrieval.reranker``: a function of a question and a
                list of texts that returns a score for each, or a LangChain document compressor.

        Raises:
            InputError: an argument of another type; it is named, with what it may be. So it is in every method.
            CorpusNotFoundError: there is none and ``create`` is false; the message names corpora near by.
            CorpusVersionError: another version of hybrid wrote it.
            SettingsError: a setting that is wrong, or another embedder than the one that made its vectors.
            CorpusError: the directory cannot be used.
        """
        where, given = _arguments.directory_of(directory), _open.given_settings(settings)
        _check_models(embedder, reranker)
        with _open.unreachable_errors(where):
            _open.check_new(where, given)
            catalog = _open.open_catalog(where, _open.stores_of(given), create=_arguments.flag("create", create))
        who = _arguments.identity_of(identity)
        try:
            opened = cls(where, catalog, _open.settle(catalog, given), embedder=embedder, reranker=reranker)
            opened._check_embedder()
        except BaseException:
            catalog.close()
            raise
        if who is None:
            return opened
        with opened:
            return opened.seen_by(who)

    @classmethod
    async def aopen(
        cls,
        directory: str | Path,
        settings: Settings | Mapping[str, Any] | str | PathLike[str] | None = None,
        *,
        create: bool = True,
        identity: Identity | None = None,
        embedder: Any = None,
        reranker: Any = None,
    ) -> Self:
        """`open`, without holding up the event loop."""
        given = {"embedder": embedder, "reranker": reranker}
        return await asyncio.to_thread(cls.open, directory, settings, create=create, identity=identity, **given)

    def seen_by(self, identity: Identity) -> Self:
        """The corpus as an identity may see it: the documents of its classes, and no sign of others.

        Every method that asks, searches or lists answers from these documents alone, whatever its ``where``, which
        narrows them further; only volumes of the memory are mounted all of whose documents are among them. It cannot
        be changed: `ingest`, `remove`, `check`, `repair` and `verify_deletion` are for whoever opened the corpus. It is
        a corpus of its own, to be closed by itself; keep one an identity rather than one a question.

        What cannot be hidden: `docs/access.md`.

        Args:
            identity: who asks, and which classes of documents that is to see.

        Raises `AccessError` if this is an identity's corpus already.

        Example:
            >>> ann = corpus.seen_by(hybrid.Identity(name="ann", classes=("deal-team", "public")))
            >>> answer = ann.ask("When does the supply agreement end?")
        """
        from hybrid.stores.access import Access

        who = _arguments.identity_of(identity)
        if who is None:
            raise InputError("identity is a hybrid.Identity, such as hybrid.Identity(name='ann', classes=('public',))")
        if self.identity is not None:
            raise AccessError(f"this corpus is seen as {self.identity.name!r}: ask the one that was opened without")
        access = None if who.every_class else Access(self.settings.access.metadata, who.classes)
        with self._usage.in_use():
            return self._with_access(access, who)

    aseen_by = in_thread(seen_by)

    def _with_access(self, access: Access | None, who: Identity | None) -> Self:
        """The corpus as far as ``access`` shows it."""
        catalog = _open.open_catalog(
            self.directory, self.settings.stores, create=False, access=access, of=self._catalog
        )
        given, reranker = self._given
        made = type(self)(
            self.directory, catalog, self.settings, identity=who, index_of=self, embedder=given, reranker=reranker
        )
        made._shown_as = self._shown_as
        return made

    def _without(self, documents: tuple[int, ...], note: str) -> Self:
        """The corpus as it is seen here, without these documents; ``note`` is what its answers and searches say."""
        from hybrid.stores.access import Access

        seen = self._catalog.access or Access(self.settings.access.metadata, None)
        made = self._with_access(replace(seen, without=documents), self.identity)
        made._left_out = (note,)
        return made

    def _number(self) -> int | None:
        """The number of the newest commit."""
        with self._catalog.reading(None):
            commit = self._catalog.commit()
        return commit.n if commit else None

    @contextmanager
    def _asked_by_identity(self) -> Iterator[None]:
        """The corpus stays open inside the block. Raises `AccessError` where an identity is needed and none is set."""
        with self._usage.in_use():
            self._check_identity()
            yield

    def _check_identity(self) -> None:
        if self._unknown_asker:
            access = self.settings.access
            why = (
                "access.required" if access.required else f"documents have classes, their metadata {access.metadata!r}"
            )
            otherwise = "" if access.required else "; access.required_with_classes=false switches this off"
            raise AccessError(
                f"the corpus at {self._shown_as} answers identities alone ({why}): ask "
                "corpus.seen_by(hybrid.Identity(name=..., classes=...)), with every_class=True to see all, or on the "
                f"command line with --identity and --class or --every-class{otherwise}"
            )

    @contextmanager
    def _changed(self, what: str) -> Iterator[None]:
        """The corpus stays open inside the block. Raises `AccessError` for a corpus as an identity sees it."""
        if self.identity is not None:
            raise AccessError(
                f"{what} is not for identities: this corpus is seen as {self.identity.name!r}; call {what} of the "
                "corpus that was opened without one"
            )
        with self._usage.in_use():
            yield

    def close(self) -> None:
        """Close the files and release the models. Closing again does nothing.

        Calls that run in other threads go on to their end, and the last of them closes; whoever calls later
        gets a `CorpusError`.
        """
        self._usage.close()

    aclose = in_thread(close)

    def _release(self) -> None:
        with self._lock:
            self._view = self._held_embedder = self._held_reranker = self._held_model = self._tokenizer = None
        self._others.close()
        _open.finish_erasure(self._catalog, self.directory)
        self._catalog.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __setattr__(self, name: str, value: object) -> None:
        # A method may be replaced, as tests do.
        if not name.startswith("_") and not callable(getattr(type(self), name, None)):
            known = "" if name in vars(self) else "there is no such attribute; "
            raise InputError(
                f"Corpus.{name} cannot be set: {known}open the corpus again, with what is to be different: "
                "Corpus.open(directory, settings)"
            )
        super().__setattr__(name, value)

    def __deepcopy__(self, memo: object) -> Self:
        return self  # a handle on files, threads and models: a copy would be another name for the same

    def __reduce__(self) -> tuple[Callable[..., Self], tuple[Path]]:
        embedder, reranker = self._given
        given: dict[str, Any] = {"create": False, "identity": self.identity, "embedder": embedder, "reranker": reranker}
        return partial(type(self).open, **given), (self.directory.absolute(),)

    def __repr__(self) -> str:
        if self.identity is not None:
            return f"Corpus({self._shown_as!r}, identity={self.identity.name!r})"
        if self._usage.closed:
            return f"Corpus({self._shown_as!r})"
        with self._usage.in_use():
            if self._unknown_asker:
                return f"Corpus({self._shown_as!r})"
            empty = not self._catalog.count_documents()
            why = "everything was removed" if self._catalog.commit() else "nothing was ingested yet"
        return f"Corpus({self._shown_as!r}{f', empty: {why}' if empty else ''})"

    _repr_pretty_ = Shown._repr_pretty_  # IPython would take the repr above before what it inherits

    def __str__(self) -> str:
        if self._usage.closed:
            return repr(self)
        with self._usage.in_use():
            return repr(self) if self._unknown_asker else str(self.status())

    def _repr_html_(self) -> str | None:
        from hybrid.display.corpora import closed_html

        if self._usage.closed:
            return closed_html(self._shown_as)
        with self._usage.in_use():
            if self._unknown_asker:
                return None  # the text form says where the corpus is, and nothing of what it holds
            return self.status()._repr_html_()

    @property
    def _unknown_asker(self) -> bool:
        """Whether an identity is needed and none is set. The corpus is open."""
        if self.identity is not None:
            return False
        access = self.settings.access
        return access.required or (access.required_with_classes and self._catalog.has_classes(access.metadata))

    # Changing -----------------------------------------------------------------------------------

    def ingest(
        self,
        *inputs: str | Path | Document | Iterable[Any],
        progress: Progress | bool | None = None,
        workers: int = 1,
        wait: float = 0,
        generator: Any = None,
        cluster: str | None = None,
    ) -> IngestReport:
        """Read files, folders, globs or documents into the index and the memory.

        Documents are `Document` objects, or LangChain's as its loaders and splitters make them, also as lists and
        as streams: what belongs to one source is put together again (`hybrid.ingest.external_documents`).

        Unchanged files cost nothing, changed ones replace what was there, identical ones are recorded
        once. Files that cannot be read are left out, with the reason in the report. Files that have gone
        from a folder stay in the corpus until `remove`. An interruption loses nothing that was
        committed; the same call resumes there.

        Args:
            inputs: what to read.
            progress: ``True`` shows bars in a notebook or a terminal, as `hybrid.progress` does; or what is to be
                called as the work goes on. By default nothing is shown.
            workers: processes that adapt the memory's volumes, 1 to 64, each with a model of its own (0.6 GB for the
                built-in one). They share the cores, so that more than one pays where there are many.
            wait: seconds to wait for another process or thread that is writing; 0: not at all.
            generator: with the setting ``memory.study``, a LangChain chat model, or a function from (role, text)
                messages to text, which writes what the memory studies: of each document once, also of those that were
                ingested before. By default templates make it.
            cluster: the address of a Ray cluster, ``auto`` or ``host:port``, whose nodes load the files, embed them and
                adapt the volumes; the corpus is the same. See the guide to ingesting on a cluster.

        Raises:
            InputError: a path does not exist, or a glob matches nothing.
            CorpusLockedError: another process is writing, and still is after ``wait`` seconds.
            SettingsError: a ``generator`` for a corpus whose memory does not study.
            ModelError: the ``generator`` failed; all else was ingested, and the same call resumes there.
            ClusterError: the cluster cannot be reached or was lost; what was committed stays, as ever.
        """
        from hybrid.display.progress import shown
        from hybrid.ingest import pipeline

        inputs, workers = _arguments.inputs_of(inputs), _arguments.workers_of(workers)
        cluster = _arguments.cluster_of(cluster, workers)
        wait = _arguments.wait_of(wait)
        with self._changed("ingest"), shown(_arguments.progress_of(progress)) as report, self._catalog.reading(None):
            _open.check_still_there(self.directory)
            maker = self._pair_maker(generator)
            self._check_same(self._embedder())
            self._recorder.before_change()
            found = pipeline.ingest(
                self._catalog,
                self.directory,
                self._embedder(),
                self._memory_model(),
                inputs,
                self.settings,
                report,
                workers,
                wait,
                maker,
                cluster,
            )
            return self._recorder.report("ingest", self._catalog, found)

    aingest = stoppable(
        ingest,
        "``progress`` is called in the working thread. A task that is cancelled stops the work at the next point where "
        "it reports progress, and waits for that: seconds at most. What was read until then is committed, and the same "
        "call resumes from there.",
    )

    def remove(
        self,
        source: str | PathLike[str] | Sequence[str | PathLike[str]],
        *,
        progress: Progress | bool | None = None,
        wait: float = 0,
    ) -> IngestReport:
        """Remove a source, or several at once, by the names that `documents` shows, and have the memory unlearn them.

        Args:
            source: names, or the paths that were ingested. A hit or a document is refused: name its ``source``.
            progress: as in `ingest`, and so is ``wait``.

        Raises:
            SourceNotFoundError: no such source; the message names near ones, and nothing is removed.
            CorpusLockedError: another process is writing, and still is after ``wait`` seconds.
        """
        from hybrid.display.progress import shown
        from hybrid.ingest import pipeline

        names, wait = _arguments.sources_of(source), _arguments.wait_of(wait)
        with self._changed("remove"), shown(_arguments.progress_of(progress)) as report, self._catalog.reading(None):
            _open.check_still_there(self.directory)
            memory, maker = self._memory_model(), self._pair_maker(None)
            self._recorder.before_change()
            found = pipeline.remove(self._catalog, self.directory, memory, names, self.settings, report, wait, maker)
            return self._recorder.report("removal", self._catalog, found)

    aremove = stoppable(
        remove,
        "Cancelling is as with `aingest`; the document is gone from the index at once, and the next ingest resumes the "
        "memory's unlearning.",
    )

    def verify_deletion(self, certificate: DeletionCertificate | str) -> DeletionCheck:
        """Prove the certificate of a removal: that the documents are not there, and that the volumes which had held
        them come out of the documents that stayed, to the bit. Adapts these volumes again, which takes as long as it
        did then.

        Args:
            certificate: what `remove` gave as ``report.certificate``, or the JSON text of one.

        Raises `InputError` for text that is no certificate, or one that was changed.

        Example:
            >>> print(corpus.verify_deletion(Path("certificate.json").read_text()))
            proved: draft.docx is not in the corpus, neither its bytes nor its text
            the certificate holds
        """
        from hybrid import _moving
        from hybrid.ingest import deletion
        from hybrid.ingest.memory_training import settled
        from hybrid.types.certificates import DeletionCertificate

        with self._changed("verify_deletion"), self._catalog.read_transaction():
            given = DeletionCertificate.from_json(certificate) if isinstance(certificate, str) else certificate
            if not isinstance(given, DeletionCertificate):
                raise InputError(f"certificate is a DeletionCertificate or its JSON text, not {type(given).__name__}")
            loaded = self._memory_model()
            model = loaded and settled(self._catalog, loaded)
            return deletion.check(self._catalog, self.directory, model, given, _moving.tensors_sha256)

    averify_deletion = in_thread(verify_deletion)

    # Asking -------------------------------------------------------------------------------------

    def ask(
        self,
        question: str,
        *,
        route: RouteName | None = None,
        history: Sequence[str | Answer] = (),
        where: Filter | None = None,
        passages: SuppliedBy | None = None,
        writer: Any = None,
        judge: Any = None,
        on_token: Callable[[str], None] | None = None,
    ) -> Answer:
        """Answer a question, with citations and a verdict on every claim.

        Args:
            question: 1 to ``settings.answer.max_question_chars`` characters.
            route: ``"lookup"``, ``"comprehension"`` or ``"both"``, instead of the router's choice.
            history: the questions asked before, or their answers, oldest first; a follow-up ("and when does it
                end?") takes its subject from them, and the answer's notes say how it was read.
            where: answer from these documents only. Of the memory only volumes are mounted that were adapted to nothing
                else.
            passages: answer from these `hybrid.Passage` objects in the index's place: they alone are quoted, and
                every sentence is verified against them; the corpus gives its router and its memory. Or a function
                that finds them, which is called with the question as it stands alone.
            writer: a LangChain chat model, or a function from a list of (role, text) messages to text. It writes in
                the memory's place, from passages that this library found, and every sentence of it gets its verdict;
                also where the memory is off or a filter is set. If it fails, a note says how and the index answers.
            judge: a LangChain chat model or a function, as ``writer``. It is asked whether a passage entails a
                generated sentence that the rules neither approve nor refuse; its yes makes the claim ``likely``, never
                more. Without one the model that ``answer.entailment`` in the settings names is asked, if any.
            on_token: called with each piece of the answer's text as it is made: a quote, or a sentence that was
                generated and verified, with its marks. Together they are the answer's ``text``. `stream` gives more.

        Raises:
            InputError: an empty question, an unknown route, a filter with a metadata key or a source that no
                document has, a filter for passages, or a writer or judge that is no model.
        """
        events = self.stream(
            question, route=route, history=history, where=where, passages=passages, writer=writer, judge=judge
        )
        return collect(events, _arguments.listener_of(on_token))

    async def aask(
        self,
        question: str,
        *,
        route: RouteName | None = None,
        history: Sequence[str | Answer] = (),
        where: Filter | None = None,
        passages: SuppliedBy | None = None,
        writer: Any = None,
        judge: Any = None,
        on_token: Callable[[str], None] | None = None,
    ) -> Answer:
        """`ask`, without holding up the event loop; ``writer``, ``judge`` and ``on_token`` are called in the working
        thread. A task that is cancelled returns at once and gets nothing more; its thread stops at the next piece of
        text that is generated."""
        events = self.stream(
            question, route=route, history=history, where=where, passages=passages, writer=writer, judge=judge
        )
        listener = _arguments.listener_of(on_token)
        return await until_dropped(events, lambda wanted: collect(wanted, listener))

    def stream(
        self,
        question: str,
        *,
        route: RouteName | None = None,
        history: Sequence[str | Answer] = (),
        where: Filter | None = None,
        passages: SuppliedBy | None = None,
        writer: Any = None,
        judge: Any = None,
    ) -> Events:
        """Answer a question event by event: route, evidence, text, citations, claims, notes, and the answer at the end.

        The arguments and errors are those of `ask`, and so is the answer; errors are raised with the first event. Each
        event is made when it is asked for, in whatever thread: quotes come before a generator has written anything, and
        what it writes comes sentence by sentence, each once it is verified. Close the iterator (`contextlib.closing`)
        or drop it to stop the work: nothing is generated after that. Documents may be ingested and removed meanwhile.

        Example:
            >>> for event in corpus.stream("Why did the parties fall out?"):
            ...     if event.kind == "text":
            ...         print(event.text, end="")
            ...     elif event.kind == "end":
            ...         answer = event.answer
        """
        from hybrid.answering.passages import SuppliedPassages, found_for

        route, where, history = _arguments.route_of(route), _arguments.filter_of(where), _arguments.history_of(history)
        limit, supply = self.settings.answer.max_question_chars, _arguments.passages_of(passages)
        with self._asked_by_identity():
            given = None if supply is None else found_for(question, history, where, supply, limit)

            def prepared(view: View) -> tuple[Answerer, RequestContext]:
                answerer = view.answerer
                if given is not None:
                    supplied = SuppliedPassages(given, view.commit)
                    answerer = answerer.over(supplied, supplied)
                request = answerer.prepare(question, route, history, where, writer, judge)
                if given is None:
                    _note(view, request, where)
                return answerer, request

            def again(error: CorruptCorpusError) -> tuple[str, list[Event]]:
                return answered(self._others, lambda corpus: corpus._asked(prepared), error)

            try:
                answerer, request = self._asked(prepared)
            except CorruptCorpusError as error:
                stated, anew = again(error)
                found: Events = (event for event in anew)
            else:
                stated = request.stated
                found = recovering(answerer.stream(request), lambda error: again(error)[1])
            with closing(self._recorder.stream(stated, where, found)) as events:
                for event in events:
                    yield event
                    self._usage.check_process()

    def astream(
        self,
        question: str,
        *,
        route: RouteName | None = None,
        history: Sequence[str | Answer] = (),
        where: Filter | None = None,
        passages: SuppliedBy | None = None,
        writer: Any = None,
        judge: Any = None,
    ) -> AsyncGenerator[Event, None]:
        """`stream`, without holding up the event loop. A task that is cancelled returns at once; the thread that makes
        the next event stops with it.

        Example:
            >>> async with contextlib.aclosing(corpus.astream("Why did the parties fall out?")) as events:
            ...     async for event in events:
            ...         print(event.kind)
        """
        return pulled(
            self.stream(
                question, route=route, history=history, where=where, passages=passages, writer=writer, judge=judge
            ),
            self._usage.check_process,
        )

    def compare(
        self,
        question: str,
        groups: Mapping[str, Filter],
        *,
        route: RouteName | None = None,
        history: Sequence[str | Answer] = (),
    ) -> Comparison:
        """Put one question to several groups' documents: their answers by name, and where they contradict each other.

        Args:
            question: as in `ask`, and so are ``route`` and ``history``.
            groups: which documents are whose; two or more. All are asked in one state of the corpus.

        Raises:
            InputError: as `ask` does, or fewer than two groups.

        Example:
            >>> groups = {who: hybrid.Filter(metadata={"custodian": who}) for who in ("J. Doe", "M. Roe")}
            >>> corpus.compare("Was the salt wet?", groups)  # displayed next to each other
        """
        return self._compared(question, groups, route, history)

    def _compared(
        self,
        question: str,
        groups: Mapping[str, Filter],
        route: RouteName | None,
        history: Sequence[str | Answer],
        go_on: Callable[[], None] = lambda: None,
    ) -> Comparison:
        """`compare`, which ``go_on``, called before each group and each event, may end by what it raises."""
        from hybrid.answering.comparison import checked_groups, compare

        given, route, history = checked_groups(groups), _arguments.route_of(route), _arguments.history_of(history)

        def watched(events: Events) -> Events:
            with closing(events):
                for event in events:
                    go_on()
                    yield event

        def answers_of(corpus: Corpus) -> dict[str, Answer]:
            def prepared(view: View) -> tuple[Answerer, dict[str, RequestContext]]:
                requests = {}
                for name, where in given.items():
                    go_on()
                    requests[name] = _note(view, view.answerer.prepare(question, route, history, where), where)
                return view.answerer, requests

            answerer, requests = corpus._asked(prepared)
            return {
                name: collect(watched(self._recorder.stream(request.stated, given[name], answerer.stream(request))))
                for name, request in requests.items()
            }

        with self._asked_by_identity():
            answers = self._despite_damage(answers_of, lambda found: all(map(needs_no_other, found.values())))
        return compare(next(iter(answers.values())).question, answers)

    acompare = in_thread(compare)

    def route(self, question: str, *, history: Sequence[str | Answer] = ()) -> Route:
        """Which memory the router would send the question to, and how sure it is. ``history`` is as in `ask`."""
        before = _arguments.history_of(history)
        return self._asked(lambda view: view.answerer.route(question, history=before))

    aroute = in_thread(route)

    def search(self, question: str, k: int = 10, *, where: Filter | None = None, order: Order = "fused") -> Hits:
        """The ``k`` chunks of the index that bear most on the question, best first: a list that shows itself.

        Args:
            question: what to look for; what stands in quotation marks is looked for exactly. Or a search expression,
                such as ``salt w/5 wet``, ``terminat* AND NOT draft`` or ``from:strand before:2024``
                (docs/retrieval.md); what one cannot have is refused with `InputError`.
            k: how many, 1 to 1,000,000.
            where: search these documents only, chosen before the best ``k`` are.
            order: ``"dense"`` or ``"lexical"`` for one search alone.

        Example:
            >>> corpus.search("termination date", k=5, where=hybrid.Filter(sources="contracts/*", since="2024"))
        """

        def found_in(corpus: Corpus) -> Hits:
            with corpus.session() as session:
                return session.search(question, k, where=where, order=order)

        return self._despite_damage(found_in, bool)

    asearch = in_thread(search)

    def search_documents(
        self,
        query: str | Sequence[float],
        k: int = 10,
        *,
        where: Filter | None = None,
        order: Order = "fused",
    ) -> list[tuple[Document, Hit]]:
        """The ``k`` documents whose best spans are the most relevant, each with that span; best first.

        Args:
            query: what to look for, or a vector of the corpus's embedder (`hybrid.load_embedder`).
            k: how many documents.
            where: search these documents only.
            order: ``"dense"`` or ``"lexical"`` for one search alone; a vector is searched for densely.

        Raises:
            InputError: an empty query, or a filter that names what no document has.

        Example:
            >>> [(document.metadata.custodian, hit.text) for document, hit in corpus.search_documents("wet salt", k=3)]
        """

        def found_in(corpus: Corpus) -> list[tuple[Document, Hit]]:
            with corpus.session() as session:
                return session.search_documents(query, k, where=where, order=order)

        return self._despite_damage(found_in, bool)

    asearch_documents = in_thread(search_documents)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One commit of the corpus for several reads: what a search finds is still there when it is looked up.

        A session belongs to the thread that opened it and keeps the database from clearing old states away, so keep
        it short. It stays at its commit whatever is ingested or removed meanwhile, in its own block, too; the corpus's
        methods see the newest.

        Example:
            >>> with corpus.session() as session:
            ...     hits = session.search("termination date", k=5)
            ...     documents = session.get_documents({hit.document_id for hit in hits})
        """
        from hybrid.session import Session

        with self._asked_by_identity():
            while True:
                with self._catalog.newest_state() as state:
                    try:
                        with self._catalog.reading(state):
                            self._check_identity()  # again, as in `_asked`
                            commit = self._catalog.commit()
                            view = self._view_of(commit)
                    except CorruptCorpusError as error:
                        damaged = error
                    else:
                        session = Session(self._catalog, state, view, self.settings, self._usage, self._recorder)
                        try:
                            yield session
                        finally:
                            session.close()
                        return
                with self._catalog.reading(None):
                    if self._catalog.commit() == commit:
                        raise damaged

    @asynccontextmanager
    async def asession(self) -> AsyncIterator[AsyncSession]:
        """`session`, without holding up the event loop: its methods are awaited, and any task may use it.

        Example:
            >>> async with corpus.asession() as session:
            ...     hits = await session.search("termination date", k=5)
            ...     documents = await session.get_documents({hit.document_id for hit in hits})
        """
        from hybrid.session import opened_in_a_thread

        async with opened_in_a_thread(self.session()) as session:
            yield session

    # Looking ------------------------------------------------------------------------------------

    def documents(self) -> Documents:
        """The documents, in the order in which the memory is trained on them: a list that shows itself as a table.
        What is not as it was recorded is marked (`DocumentInfo.damaged`)."""
        with self._asked_by_identity():
            rows = self._catalog.documents()
        return Documents(
            DocumentInfo(
                id=row.id,
                source=row.source,
                title=row.title,
                media_type=row.media_type,
                characters=row.chars,
                pages=row.pages,
                chunks=row.chunks,
                sha256=row.sha256,
                date=row.date,
                custodian=row.custodian,
                sources=(row.source, *row.aliases),
                damaged=row.damaged,
            )
            for row in rows
        )

    adocuments = in_thread(documents)

    def get_documents(self, ids: Iterable[str | int]) -> dict[str | int, Document]:
        """The documents of these sources (`Document.source`, or the path that was ingested) or document ids
        (`Hit.document_id`), as far as they are there, with their texts and metadata; by what they were asked for, and
        in that order.

        Example:
            >>> corpus.get_documents(["discovery/minutes.txt"])["discovery/minutes.txt"].metadata.date
            '2026-03-14'
        """
        from hybrid.session import documents_of

        wanted = _arguments.ids_of(ids)
        with self._asked_by_identity(), self._catalog.read_transaction():
            return documents_of(self._catalog, wanted)

    aget_documents = in_thread(get_documents)

    def tokenize(self, text: str) -> list[int]:
        """The ids of a text's tokens, by the tokenizer of the memory's language model, which is not loaded for it.

        Raises `UnsupportedModelError` where the memory is off, and `MissingModelError` where the model's files are
        not there.
        """
        given = _arguments.text_of("text", text)
        with self._usage.in_use():
            tokenizer = self._memory_tokenizer()
        if tokenizer is None:
            raise UnsupportedModelError("this corpus has no memory, and so no language model whose tokens these are")
        return tokenizer.encode(given)

    atokenize = in_thread(tokenize)

    def count_tokens(self, text: str) -> int:
        """How many tokens a text is, by the memory's tokenizer where there is one, else by the embedder's."""
        from hybrid.answering.generators import counter

        given = _arguments.text_of("text", text)
        with self._usage.in_use():
            try:
                tokenizer = self._memory_tokenizer()
            except MissingModelError:  # the index answers without it, and is counted without it
                tokenizer = None
            return len(tokenizer.encode(given)) if tokenizer else counter(self._embedder())(given)

    acount_tokens = in_thread(count_tokens)

    def status(self) -> CorpusStatus:
        """What the corpus holds, how much of it the memory was trained on, and what that gained."""
        from hybrid.ingest.memory_training import read_training
        from hybrid.retrieval.given_embedder import GIVEN

        with self._asked_by_identity(), self._catalog.read_transaction():
            documents = self._catalog.documents()
            commit = self._catalog.commit()
            training = read_training(self._catalog, None)
            made_by = self._catalog.info("embedder") or ""
            if not made_by and self._given[0] is not None:
                made_by = self._embedder().fingerprint
        return CorpusStatus(
            directory=self._shown_as,
            commit=commit.n if commit and (documents or self.identity is None) else None,
            documents=len(documents),
            sources=sum(1 + len(row.aliases) for row in documents),
            chunks=sum(row.chunks for row in documents),
            characters=sum(row.chars for row in documents),
            memory=commit.memory_state if commit else "none",
            trained_tokens=commit.tokens if commit else 0,
            volumes=len(training.volumes),
            unmounted=sum(one.report.harm is not None for one in training.volumes),
            gain=training.gain,
            studied=training.studied,
            study_gain=training.study_gain,
            bytes_on_disk=_bytes_in(self.directory) if self.identity is None or self.identity.every_class else None,
            embedder=made_by.removeprefix(GIVEN) if made_by.startswith(GIVEN) else self.settings.retrieval.embedder,
            language_model=self.settings.memory.model if self.settings.memory.enabled else None,
        )

    astatus = in_thread(status)

    def _custody(self) -> list[CustodyRow]:
        """What `hybrid report` lists."""
        from hybrid.ingest import custody

        with self._asked_by_identity():
            found = custody.rows(self._catalog)
            self._record_export("custody", len(found))
        return found

    def _record_export(self, what: str, rows: int) -> None:
        """Write to the log that rows were given out in a file."""
        if (note := self._recorder.note("export", {"what": what, "rows": rows})) is not None:
            log_warning(_LOG, note, corpus=str(self.directory))

    def verify(self, answer: Answer) -> list[str]:
        """Check an answer's citations against the corpus as it is now; what does not hold, in words.

        An empty list means: every quote stands, character for character, at its offsets in a document
        with the same sha256.
        """
        from hybrid.answering.citations import check_citations

        given = _arguments.answer_of(answer)
        with self._asked_by_identity(), self._catalog.read_transaction():
            return check_citations(self._catalog, given)

    averify = in_thread(verify)

    def check(self) -> IntegrityReport:
        """Whether the corpus is whole: every text, chunk and vector, the full text, the index and the memory's volumes
        against their hashes and each other. Nothing is changed. `verify` is the check of one answer.

        Example:
            >>> print(corpus.check())
            checked catalog, full text and index, 61 documents, 1,204 chunks, 61 volumes
            everything is as it was recorded
        """
        with self._changed("check"), _open.unreachable_errors(self.directory):
            return _open.checked(self._catalog, self.directory)

    acheck = in_thread(check)

    def repair(self, *, wait: float = 0) -> IntegrityReport:
        """Rebuild what can be rebuilt, and say what is wrong still: the index from the vectors, chunks, sentences and
        the full text from the texts, what is filtered by from the metadata; volumes that are damaged are dropped, and
        the next ingest adapts them again. Nothing else is changed.

        Args:
            wait: seconds to wait for another process or thread that is writing; 0: not at all.

        Raises `CorpusLockedError` if another process is writing, and still is after ``wait`` seconds.
        """
        from hybrid.ingest.repair import repair

        wait = _arguments.wait_of(wait)
        with self._changed("repair"), _open.unreachable_errors(self.directory), self._catalog.reading(None):
            found = _open.checked(self._catalog, self.directory)
            repair(self._catalog, self.directory, self.settings, self._embedder, found, wait)
            return _open.checked(self._catalog, self.directory)

    arepair = in_thread(repair)

    def log(self) -> list[LogRecord]:
        """What was asked, answered, ingested, removed and exported, oldest first, as far as ``log.events`` in the
        settings named it at the time. It tells of documents of every class: of a corpus that answers identities alone
        it is shown to those that see every class.

        Raises:
            CorruptCorpusError: a record cannot be read; `check_log` finds every other change.
            AccessError: whoever asks does not see every class.

        Example:
            >>> for record in corpus.log():
            ...     print(record)
        """
        from hybrid.stores import log

        with self._asked_by_identity():
            if self.identity is not None and not self.identity.every_class:
                raise AccessError(
                    f"the log tells of documents of every class, and this corpus is seen as {self.identity.name!r}: "
                    "read it as an identity with every_class=True, on the command line with --identity and "
                    "--every-class"
                )
            return list(log.records(self.directory))

    alog = in_thread(log)

    def check_log(self, head: str | None = None) -> LogReport:
        """Whether every record of the log is as it was written and none is missing. Nothing is changed.

        Args:
            head: the sha256 of a record that is known to have been in it, as an earlier check gave it.

        Example:
            >>> corpus.check_log().whole
            True
        """
        from hybrid._recording import MARK
        from hybrid.stores import log

        with self._changed("check_log"):
            return log.check(self.directory, self._catalog.info(MARK), head)

    acheck_log = in_thread(check_log)

    def page(self, citation: Citation | Hit) -> PageView:
        """The page that a citation or a search hit stands on, with it highlighted; where the document has no pages,
        the lines around it.

        Raises:
            SourceNotFoundError: the document is not in the corpus any more.
            CorpusError: the document has changed since, or the quote is not at its offsets.

        Example:
            >>> corpus.page(answer.citations[0])
        """
        from hybrid.answering.citations import page_of

        place = _arguments.place_of(citation)
        with self._asked_by_identity(), self._catalog.read_transaction():
            return page_of(self._catalog, place)

    apage = in_thread(page)

    def training(self) -> MemoryTraining:
        """What the memory was adapted to, volume by volume, and what each gained; drawn in a notebook."""
        from hybrid.ingest.memory_training import read_training

        model = self.settings.memory.model if self.settings.memory.enabled else None
        with self._asked_by_identity():
            return read_training(self._catalog, model)

    atraining = in_thread(training)

    # Moving -------------------------------------------------------------------------------------

    def export(
        self, path: str | PathLike[str], *, progress: Progress | bool | None = None, wait: float = 0
    ) -> ExportReport:
        """Write the corpus to one file, which `import_` makes a corpus of, on another machine or in another store:
        documents with their metadata, chunks and sentences with their vectors, the memory's volumes, what it studied,
        the logs, and the settings.

        The corpus is checked before, as `check` does, and the file is read again and compared with its hashes before it
        has its name. Nobody can ingest or remove meanwhile; searching and asking go on. The file holds documents of
        every class: of a corpus that answers identities alone it is written for those that see every class. Models are
        not in it.

        Args:
            path: a file that is not there yet, in a folder that is.
            progress: as in `ingest`, and so is ``wait``.

        Raises:
            InputError: something is at ``path``, or it lies in the corpus.
            AccessError: whoever asks does not see every class.
            CorruptCorpusError: the corpus is damaged; `repair` it first.
            CorpusLockedError: another process is writing, and still is after ``wait`` seconds.
            CorpusError: the file cannot be written, or the disk is full; nothing is left of it.

        Example:
            >>> print(corpus.export("acme-v-beta.hybrid").sha256)
            5c1f…
        """
        from hybrid import _moving

        where, wait = _arguments.file_of("path", path), _arguments.wait_of(wait)
        with self._asked_by_identity():
            exact_up_to = self.settings.retrieval.exact_up_to
            found = _moving.export(self._catalog, self.directory, self.identity, where, exact_up_to, progress, wait)
            self._record_export("corpus", found.documents)
            return found

    aexport = stoppable(
        export,
        "A task that is cancelled stops the work at the next document, and waits for that; no file is left.",
    )

    @classmethod
    def import_(
        cls,
        path: str | PathLike[str],
        directory: str | Path,
        settings: Settings | Mapping[str, Any] | str | PathLike[str] | None = None,
        *,
        sha256: str | None = None,
        progress: Progress | bool | None = None,
        embedder: object = None,
        reranker: object = None,
    ) -> Self:
        """Make the corpus that `export` wrote to a file, and open it. It has the same id, commit, documents, vectors
        and volumes, and answers the same.

        Every part is compared with its hash before anything is made. What is made is checked as `check` does and
        compared with the counts, texts and searches of the export, and has its name only then: an import that fails, or
        is interrupted, leaves no corpus.

        Args:
            path: the file.
            directory: where the corpus is to be: nothing is there yet.
            settings: as in `open`; what they leave out is as it was exported. The models that they name have to be on
                this machine.
            sha256: of the file, which the export said; a file with another is refused. Without it a file is compared
                with its own hashes alone, which find damage, and not somebody who writes a file of their own.
            progress: as in `ingest`.
            embedder: as in `open`; the one that the corpus was made with.
            reranker: as in `open`.

        Raises:
            ArchiveError: the file is no exported corpus, or is cut off, damaged or edited; ``part`` names what.
            CorpusVersionError: a newer version of hybrid wrote it.
            CorpusExistsError: something is at ``directory``.
            CorpusLockedError: another import to ``directory`` is at work.
            SettingsError: as in `open`.
            CorpusError: the disk is full, or ``directory`` cannot be written.

        Example:
            >>> corpus = hybrid.Corpus.import_("acme-v-beta.hybrid", "moved")
        """
        from hybrid import _moving

        file, where = _arguments.file_of("path", path), _arguments.directory_of(directory)
        _check_models(embedder, reranker)
        given: dict[str, Any] = {"create": False, "embedder": embedder, "reranker": reranker}
        _moving.import_(file, where, settings, sha256, progress, lambda at: cls.open(at, settings, **given).close())
        return cls.open(where, settings, **given)

    @classmethod
    async def aimport_(
        cls,
        path: str | PathLike[str],
        directory: str | Path,
        settings: Settings | Mapping[str, Any] | str | PathLike[str] | None = None,
        *,
        sha256: str | None = None,
        progress: Progress | bool | None = None,
        embedder: object = None,
        reranker: object = None,
    ) -> Self:
        """`import_`, without holding up the event loop. A task that is cancelled stops the work at the next document,
        and waits for that; there is then no corpus."""
        from hybrid import _moving

        given: dict[str, Any] = {"sha256": sha256, "embedder": embedder, "reranker": reranker}
        return await _moving.awaited(
            lambda seen: cls.import_(path, directory, settings, progress=seen, **given), progress
        )

    # Parts --------------------------------------------------------------------------------------

    def _check_embedder(self) -> None:
        """Raise `SettingsError` if an embedder that was given is not that of the corpus."""
        if self._given[0] is not None:
            from hybrid.stores.catalog import check_embedder

            check_embedder(self._catalog, self._embedder().fingerprint)

    def _reranker(self) -> Reranker | None:
        from hybrid._view import load_reranker
        from hybrid.retrieval.rerank import CalledReranker

        if self._held_reranker is None:
            given = self._given[1]
            self._held_reranker = load_reranker(self.settings.retrieval) if given is None else CalledReranker(given)
        return self._held_reranker

    def _check_same(self, embedder: Embedder) -> None:
        """Raise `SettingsError` if an embedder that was given is called as before and makes other vectors. Asks it
        once."""
        from hybrid.retrieval.given_embedder import CalledEmbedder

        if self._same_embedder or not isinstance(embedder, CalledEmbedder):
            return
        with self._catalog.read_transaction():
            chunk = self._catalog.all_chunk_ids()[:1]
            texts, (_, vectors) = self._catalog.chunks(chunk), self._catalog.vectors(chunk)
        if chunk and not embedder.check_same(texts[chunk[0]].text, vectors[0]):
            raise SettingsError(
                f"the embedder {embedder.name} makes other vectors than those of this corpus, though it is called as "
                "before: it has another model or other options now; give it those that it had, or ingest into a new "
                "directory"
            )
        self._same_embedder = bool(chunk)

    def _embedder(self) -> Embedder:
        from hybrid._view import load_embedder
        from hybrid.retrieval.given_embedder import GIVEN, CalledEmbedder

        if self._given[0] is not None:
            if self._held_embedder is None:
                self._held_embedder = CalledEmbedder(self._given[0])
            return self._held_embedder
        if (made_by := self._catalog.info("embedder") or "").startswith(GIVEN):
            raise SettingsError(
                f"the vectors of this corpus were made by an embedder that was given, {made_by.removeprefix(GIVEN)}: "
                "open it with hybrid.Corpus.open(directory, embedder=...) and the same"
            )
        used = self.settings.retrieval
        self._held_embedder = load_embedder(used.embedder, used.device, used.dtype)  # held, so that it is loaded once
        return self._held_embedder

    def _memory_model(self) -> MemoryModel | None:
        from hybrid._view import load_memory_model

        if not self.settings.memory.enabled:
            return None
        self._held_model = load_memory_model(self.settings.memory)
        return self._held_model

    def _pair_maker(self, generator: Any) -> PairMaker | None:
        """What makes the pairs that the memory studies; ``None`` where it does not. Raises as `ingest` does."""
        memory = self.settings.memory
        if memory.enabled and memory.study != "none":
            from hybrid.study.making import PairMaker

            return PairMaker(self._embedder(), generator)
        if generator is not None:
            raise SettingsError(
                "a generator writes what the memory studies, and this corpus's does not: set memory.study to loss or "
                "distillation" + ("" if memory.enabled else ", and memory.enabled to true")
            )
        return None

    def _memory_tokenizer(self) -> ChatTokenizer | None:
        """The tokenizer of the memory's language model, without the model; ``None`` where the memory is off."""
        if not self.settings.memory.enabled:
            return None
        if self._held_model is not None:
            return self._held_model.tokenizer
        if self._tokenizer is None:
            from hybrid.ttt.checkpoints.loading import load_checkpoint

            self._tokenizer = load_checkpoint(self.settings.memory.model).tokenizer
        return self._tokenizer

    def _despite_damage(self, ask: Callable[[Corpus], Found], stands: Callable[[Found], bool]) -> Found:
        """What ``ask`` finds in the corpus, or, where a document is damaged, in all others, if that ``stands``."""
        try:
            return ask(self)
        except CorruptCorpusError as error:
            with self._usage.in_use(), self._others.corpus(error) as corpus:
                found = ask(corpus)
            if not stands(found):
                raise
            return found

    def _asked(self, ask: Callable[[View], Found]) -> Found:
        """What ``ask`` finds in the newest commit, all of it read in one state of the catalog."""
        with self._asked_by_identity():
            while True:
                with self._catalog.newest_state() as state, self._catalog.reading(state):
                    commit = self._catalog.commit()
                    self._check_identity()  # again: documents with classes may have come since
                    try:
                        return ask(self._view_of(commit))
                    except CorruptCorpusError as error:
                        damaged = error
                with self._catalog.reading(None):
                    if self._catalog.commit() == commit:
                        raise damaged
                # Others committed so often meanwhile that this commit's files were cleared away: the next, then.

    def _view_of(self, commit: CommitRow | None) -> View:
        """A commit with what it takes to ask it. Loaded once, and shared by all threads that ask it."""
        from hybrid._view import View
        from hybrid.stores.catalog import check_embedder

        number = commit.n if commit else None
        with self._lock:
            view = self._views.get(number)
            if view is None:
                models = self._embedder(), self._memory_model
                check_embedder(self._catalog, models[0].fingerprint)
                self._check_same(models[0])
                before = self._view or (self._index_of._view if self._index_of is not None else None)
                view = View.load(
                    self.directory,
                    self._catalog,
                    self.settings,
                    commit,
                    *models,
                    before,
                    self._left_out,
                    self._reranker(),
                )
                self._views[number] = view
            if self._view is None or (self._view.number or 0) <= (number or 0):
                self._view = view
            return view


def _check_models(embedder: object, reranker: object) -> None:
    """Raise `InputError` if what is given for one is none; a new corpus is then not created."""
    if embedder is not None:
        from hybrid.retrieval.given_embedder import CalledEmbedder

        CalledEmbedder(embedder)
    if reranker is not None:
        from hybrid.retrieval.rerank import CalledReranker

        CalledReranker(reranker)


def _note(view: View, request: RequestContext, where: Filter | None) -> RequestContext:
    """The request, with notes on what it could not look at: what is damaged, documents without a date."""
    from hybrid.retrieval.query import parse

    undated = view.searcher.undated(parse(request.stated), where)
    for note in (*view.notes, undated_note(undated)):
        if note:
            request.events.append(request.note(note))
    return request


def _bytes_in(directory: Path) -> int:
    total = 0
    for folder, _, files in os.walk(directory):  # unlike rglob it bears with a writer who clears files away meanwhile
        for file in files:
            with suppress(FileNotFoundError):
                total += (Path(folder) / file).stat().st_size
    return total
