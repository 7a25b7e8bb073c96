"""Ingest and removal from end to end: files → documents → chunks → vectors → catalog → memory.

Everything is committed in batches, each a commit of its own. What was committed stays, whatever
happens next; the same call again resumes there.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hybrid._runtime import log_info, log_warning
from hybrid.errors import ClusterError, CorpusError, SourceNotFoundError
from hybrid.ingest import custody, deletion
from hybrid.ingest.changes import Incoming, detect_changes
from hybrid.ingest.chunking import chunk
from hybrid.ingest.commits import Embedded, Writer
from hybrid.ingest.discovery import InputPath
from hybrid.ingest.execution import Embedder, Executor, Local, MemoryModel
from hybrid.ingest.memory_training import settled, train_on_corpus
from hybrid.ingest.progress import Progress, Repeating, Tally, quiet
from hybrid.ingest.study_material import PairMaker
from hybrid.settings import IngestSettings, Settings
from hybrid.stores import erasure
from hybrid.stores.catalog import Catalog, check_embedder
from hybrid.stores.failpoints import reach
from hybrid.stores.sentence_vectors import SentenceVectors
from hybrid.text.folding import folded
from hybrid.text.formatting import name_of, quoted_name, visible_name
from hybrid.types.documents import Chunk, Document
from hybrid.types.reports import COUNTED, IngestReport

_LOG = logging.getLogger("hybrid.ingest")
_NAMED = 3  # sources in a message
GROUP_CHUNKS = 512
"""Embedded together, so that texts of one length share a batch: 768 texts of 15 to 140 words take 24.9, 17.6 and 15.2 s
of CPU in groups of 32, 128 and 512."""
BATCH_CHUNKS = (2048, 16384)
"""Committed together: a quarter of the index, within these bounds. Each commit writes the whole index, so a fixed
number would take time with the square of the corpus; what is not committed is lost with the process. Not measured."""
BATCH_CHARS = 32_000_000
"""Of documents held in memory until they are committed, 32 to 128 MB. A bound of memory, not a measurement."""


def ingest(
    catalog: Catalog,
    directory: Path,
    embedder: Embedder,
    memory: MemoryModel | None,
    inputs: Sequence[InputPath | Document | Iterable[Any]],
    settings: Settings,
    progress: Progress = quiet,
    workers: int = 1,
    wait: float = 0,
    maker: PairMaker | None = None,
    cluster: str | None = None,
) -> IngestReport:
    """Take files, folders, globs and documents into the corpus, then adapt the memory's volumes to them.

    A file whose size and time did not change costs nothing. One whose content changed replaces the old
    version; one that cannot be read any more keeps it; one with the bytes of another becomes a second
    name of the same document. A file that is gone from a folder stays in the corpus until it is removed.

    Interrupting is safe, also while a volume is adapted, which is then adapted again: ingest again to go on. With
    self-study ``maker`` makes what is studied; ``None``: nothing is. ``cluster`` is the address of a Ray cluster whose
    nodes load, embed and adapt in place of this machine.

    Raises:
        InputError: a path that does not exist, or a glob that matches nothing.
        SettingsError: another embedder made this corpus.
        CorpusLockedError: another process is writing to it, and still is after ``wait`` seconds.
        CorpusError: the disk is full.
        ClusterError: the cluster cannot be reached or was lost; what was committed until then is kept.
    """
    tally, progress = Tally(), Repeating(progress)
    with catalog.write_lock(directory, wait), _logged("ingest", directory, tally, inputs=len(inputs)) as ended:
        reach("ingest.locked")
        check_embedder(catalog, embedder.fingerprint)
        memory = memory and settled(catalog, memory)
        writer = Writer(catalog, directory, settings, memory.volume_identity if memory else None, tally)
        with tally.timed("index"):
            writer.commit_index()
        reach("ingest.index-whole")
        with _executor(workers, cluster, settings, progress, tally) as executor, _so_far(catalog):
            _Batches(writer, embedder, settings.ingest, progress, tally, executor).run(
                detect_changes(catalog, inputs, settings.ingest, progress, tally, executor, settings.access.metadata)
            )
            if tally.renamed:
                writer.commit_removal([before for before, _ in tally.renamed], renamed=True)
            custody.record_left_out(catalog, tally.skipped)
            reach("ingest.left-out-recorded")
            if memory is not None:
                train_on_corpus(writer, memory, settings.memory, progress, tally, maker, executor)
        if erasure.pending(catalog):
            _erase(catalog, directory, tally)
        return ended(tally.report(catalog.commit()))


def remove(
    catalog: Catalog,
    directory: Path,
    memory: MemoryModel | None,
    source: str | Sequence[str],
    settings: Settings,
    progress: Progress = quiet,
    wait: float = 0,
    maker: PairMaker | None = None,
) -> IngestReport:
    """Remove sources and what was attached to them, in one commit. A document stays while it has another name. Of a
    file that was left out the name goes, and its reason.

    The volumes of the memory that hold one of the documents go with them, at once. What else was in these volumes is
    adapted again, from the initial weights; all others stay as they are. Where that is interrupted, or there is no
    memory to do it with, the next ingest with one finishes it.

    Raises:
        SourceNotFoundError: no such source; the message suggests similar names, and nothing is removed.
        CorpusLockedError: another process is writing to the corpus, and still is after ``wait`` seconds.
    """
    tally = Tally()
    names = [source] if isinstance(source, str) else list(dict.fromkeys(source))
    with catalog.write_lock(directory, wait), _logged("removal", directory, tally, inputs=len(names)) as ended:
        reach("removal.locked")
        unnamed = {name: number for name in names if (number := _unnamed(catalog, name)) is not None}
        left_out = _left_out(catalog, [name for name in names if name not in unnamed])
        others = {*unnamed, *left_out}
        names = list(dict.fromkeys(_source_named(catalog, name) for name in names if name not in others))
        memory = memory and settled(catalog, memory)
        writer = Writer(catalog, directory, settings, memory.volume_identity if memory else None, tally)
        before = deletion.Before.of(catalog)
        with tally.timed("index"):
            removed = writer.commit_removal(names, unnamed=list(unnamed.values()), left_out=left_out)
            tally.removed.extend((*removed.sources, *unnamed, *left_out))
        if memory is not None:
            executor = Local(settings.ingest, settings.access.metadata, tally.note)
            train_on_corpus(writer, memory, settings.memory, progress, tally, maker, executor)
        with tally.timed("index"):
            _erase(catalog, directory, tally)
        gone = dict(zip(removed.document_ids, removed.text_sha256s, strict=True))
        certificate = deletion.certificate(catalog, before, gone, writer.identity)
        return ended(tally.report(catalog.commit()).model_copy(update={"certificate": certificate}))


@contextmanager
def _executor(
    workers: int, cluster: str | None, settings: Settings, progress: Repeating, tally: Tally
) -> Iterator[Executor]:
    """What runs the pure steps: this machine, or a cluster, for which is said again what was said last while it is
    waited for."""
    given = settings.ingest, settings.access.metadata, tally.note
    if cluster is None:
        yield Local(*given, workers)
        return
    from hybrid.ingest.cluster import Cluster

    with Cluster(cluster, *given, progress.again) as connected:
        yield connected


@contextmanager
def _so_far(catalog: Catalog) -> Iterator[None]:
    """How far an ingest got is said where its cluster fails it."""
    try:
        yield
    except ClusterError as error:
        documents, volumes = catalog.count_documents(), len(catalog.volumes())
        raise ClusterError(
            f"{error}. Committed are {documents:,} documents and {volumes:,} volumes, which are kept: the same call "
            "goes on from there"
        ) from error


def _erase(catalog: Catalog, directory: Path, tally: Tally) -> None:
    """Erase what was removed, or note why that has to wait: the removal itself is committed."""
    try:
        if not erasure.erase(catalog, directory):
            tally.notes.append(
                "what was removed is still being read by another call or process, and its bytes are in the catalog's "
                "log of changes until that ends; closing the corpus, the next ingest or removal, or hybrid repair "
                "erases them"
            )
    except CorpusError as error:
        tally.notes.append(
            f"not every byte of what was removed could be erased yet: {error}; the next ingest or "
            "removal, or hybrid repair, does it"
        )


@contextmanager
def _logged(work: str, directory: Path, tally: Tally, inputs: int) -> Iterator[Callable[[IngestReport], IngestReport]]:
    """Log how long work begins and ends; the block hands its report through the function given to it."""
    began = time.perf_counter()
    about = {"corpus": str(directory)}
    log_info(_LOG, f"{work} started", **about, inputs=inputs)

    def ended(report: IngestReport) -> IngestReport:
        for one in report.skipped:
            log_warning(_LOG, "file left out", **about, source=one.source, code=one.code)
        counts = {what: len(getattr(report, what)) for what in COUNTED}
        facts = report.model_dump(include={"chunks", "trained_tokens", "loss", "memory", "commit"})
        log_info(_LOG, f"{work} finished", **about, **counts, **facts, seconds=time.perf_counter() - began)
        return report

    try:
        yield ended
    except BaseException as error:
        why = type(error).__name__
        facts = {"chunks": tally.chunks, "trained_tokens": tally.trained_tokens, "seconds": time.perf_counter() - began}
        log_warning(_LOG, f"{work} ended early", **about, error=why, **facts)
        raise


_UNNAMED = re.compile(r"document ([0-9]{1,18})")


def _unnamed(catalog: Catalog, name: str) -> int | None:
    """The number of a document that `hybrid verify` calls ``document 3``, as its row or its source is gone."""
    found = _UNNAMED.fullmatch(name)
    if found is None or catalog.source(name) is not None:
        return None
    return int(found[1]) if int(found[1]) in catalog.unnamed() else None


def _left_out(catalog: Catalog, names: Sequence[str]) -> list[str]:
    """Those of the names that are files, or parts of files, which were left out: nothing but the log has them."""
    if all(catalog.source_named(name) is not None for name in names):
        return []
    known = custody.left_out(catalog.log(checked=False))
    return [name for name in names if name in known and catalog.source_named(name) is None]


def _source_named(catalog: Catalog, name: str) -> str:
    """The source of that name, or the one that ingesting that path made, or the one that is shown as it. Raises
    `SourceNotFoundError`, also where one source has the name and another is shown as it."""
    if (row := catalog.source_named(name)) is not None:
        shown = name_of(name)
        if shown not in (name, row.source) and catalog.source(shown) is not None:
            raise SourceNotFoundError(
                f"{name} is a source, and another is shown as it; name the first as {visible_name(name)}, or the other "
                "with the characters themselves"
            )
        return row.source
    raise SourceNotFoundError(_not_found(name, [row.source for row in catalog.sources()]))


def _not_found(source: str, known: Sequence[str]) -> str:
    below = [name for name in known if name.startswith(f"{os.path.normpath(source)}/")]
    if below:
        return (
            f"{source!r} is a folder with {len(below)} sources and not a source; name them: [one.source for one in "
            f"corpus.documents() if one.source.startswith({os.path.normpath(source) + '/'!r})]"
        )
    close = get_close_matches(source, known, n=3)
    close += [name for name in known if Path(name).name == Path(source).name and name not in close][:3]
    if close:
        return f"no source {source!r} in the corpus; did you mean {' or '.join(map(quoted_name, close))}?"
    held = ", ".join(map(quoted_name, known[:_NAMED]))
    more = f" and {len(known) - _NAMED:,} more, as corpus.documents() and hybrid documents list" * (len(known) > _NAMED)
    return f"no source {source!r} in the corpus; " + (f"it holds {held}{more}" if known else "it is empty")


class _Batches:
    """Collects what comes in, embeds it in groups, and commits it in batches."""

    def __init__(
        self,
        writer: Writer,
        embedder: Embedder,
        settings: IngestSettings,
        progress: Progress,
        tally: Tally,
        executor: Executor,
    ) -> None:
        self._executor = executor
        self._writer = writer
        self._embedder = embedder
        self._settings = settings
        self._progress = progress
        self._tally = tally
        self._group: list[tuple[Incoming, list[tuple[Document, list[Chunk]]]]] = []
        self._batch: list[Incoming] = []
        self._embedded: list[Embedded] = []
        self._embedding: set[str] = set()  # sha256 of the documents in the group and the batch
        self._commits = 0

    def run(self, inputs: Iterator[Incoming]) -> None:
        """Take in all inputs. However it ends, what was embedded until then is committed."""
        try:
            for incoming in inputs:
                with self._tally.timed("load"):
                    self._add(incoming)
                if self._waiting_chunks() >= GROUP_CHUNKS or self._chars() >= BATCH_CHARS:
                    self._embed()
                    if self._is_full():
                        self._commit()
            self._embed()
        finally:
            self._commit()

    def _add(self, incoming: Incoming) -> None:
        documents = []
        for document in incoming.new:
            if document.sha256 not in self._embedding:
                self._embedding.add(document.sha256)
                documents.append((document, chunk(document.text, self._embedder, self._settings, document.pages)))
        self._group.append((incoming, documents))

    def _waiting_chunks(self) -> int:
        return sum(len(chunks) for _, documents in self._group for _, chunks in documents)

    def _chars(self) -> int:
        waiting = sum(len(document.text) for _, documents in self._group for document, _ in documents)
        return waiting + sum(len(item.document.text) for item in self._embedded)

    def _is_full(self) -> bool:
        low, high = BATCH_CHUNKS
        limit = min(max(low, self._writer.indexed() // 4), high)
        return sum(len(item.chunks) for item in self._embedded) >= limit or self._chars() >= BATCH_CHARS

    def _embed(self) -> None:
        documents = [pair for _, documents in self._group for pair in documents]
        stored = self._settings.sentence_vectors
        units = [document.layout.units if stored else () for document, _ in documents]
        texts = [folded(part.text) for _, chunks in documents for part in chunks]
        before, known = self._tally.chunks, self._tally.chunks + len(texts)
        for (document, _), found in zip(documents, units, strict=True):
            texts += [" ".join(folded(unit.text(document.text)).split()) for unit in found]

        def embedded(done: int) -> None:  # of chunks and sentences; what is reported is chunks
            self._progress("embed", before + done * (known - before) // len(texts), known, "")

        with self._tally.timed("embed"):
            if texts:
                self._progress("embed", before, known, "")
                vectors = self._executor.encode(self._embedder, texts, embedded)
                self._progress("embed", known, known, "")  # those that were embedded before are not reported one by one
            else:
                vectors = np.zeros((0, self._embedder.dimension), np.float32)
        reach("ingest.embedded")
        of_chunks = _split(vectors[: known - before], [len(chunks) for _, chunks in documents])
        of_sentences = _split(vectors[known - before :], [len(found) for found in units])
        for (document, chunks), found, part, other in zip(documents, units, of_chunks, of_sentences, strict=True):
            spans, parts = [(unit.start, unit.end) for unit in found], [unit.spans for unit in found]
            self._embedded.append(Embedded(document, tuple(chunks), part, SentenceVectors(spans, other, parts)))
        self._batch.extend(incoming for incoming, _ in self._group)
        self._group.clear()
        self._tally.chunks = known

    def _commit(self) -> None:
        batch, embedded = self._batch, self._embedded
        if not batch:
            return
        self._batch, self._embedded = [], []
        self._commits += 1
        try:
            self._progress("index", self._commits - 1, self._commits, "")
        finally:  # who stops the work there does not stop the commit
            with self._tally.timed("index"):
                facts = {"embedder": self._embedder.fingerprint, "dimension": str(self._embedder.dimension)}
                self._writer.commit_documents(batch, embedded, facts, self._embedder.dimension)
        self._embedding = {document.sha256 for _, documents in self._group for document, _ in documents}
        self._progress("index", self._commits, self._commits, "")


def _split(rows: NDArray[np.float32], counts: Sequence[int]) -> list[NDArray[np.float32]]:
    """``rows`` in parts of so many rows each."""
    ends = np.cumsum(counts).tolist()
    return [rows[end - count : end] for end, count in zip(ends, counts, strict=True)]
