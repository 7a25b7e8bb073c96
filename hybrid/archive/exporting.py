"""Export: a corpus into one file, read part by part from the catalog's methods, so that any store of catalogs can give
one. At no time is more in memory than a batch of documents, or a volume."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from safetensors.numpy import save

import hybrid
from hybrid.archive import contents
from hybrid.archive.container import BLOCK, Archive, PartsWriter, line, sync
from hybrid.archive.contents import (
    Counts,
    DocumentLine,
    HistoryLine,
    Manifest,
    SourceLine,
    StudyLine,
    VolumeLine,
    VolumePartLine,
)
from hybrid.archive.probes import probed, text_line
from hybrid.errors import CorpusError, CorruptCorpusError, InputError
from hybrid.ingest.progress import Progress
from hybrid.stores import commits, erasure, log
from hybrid.stores.catalog import Catalog
from hybrid.stores.files import PRIVATE_FILE, disk_full_errors, sync_directory, verified
from hybrid.stores.rows import DocumentRow, VolumeRow
from hybrid.stores.sentence_vectors import packed
from hybrid.stores.study import load_pairs
from hybrid.types.base import FrozenModel
from hybrid.types.documents import text_sha256
from hybrid.types.reports import ExportReport, IntegrityReport

BATCH_CHARS, BATCH_CHUNKS, BATCH_DOCUMENTS = 16_000_000, 16_384, 5_000
"""Of documents in one part; about 100 MB with their vectors. A bound of memory, not a measurement."""
_STUDY_LINES = 1_000
_AGAIN = "the corpus was changed while it was exported; export it again"


def export(
    catalog: Catalog,
    directory: Path,
    path: Path,
    exact_up_to: int,
    check: Callable[[], IntegrityReport],
    progress: Progress,
) -> ExportReport:
    """Write the corpus to ``path``: whole and read again, or not at all. The caller holds the write lock where there is
    one, and reads one state of the catalog.

    Raises:
        InputError: something is at ``path``, or it lies in the corpus.
        CorruptCorpusError: the corpus is damaged; an export would spread that.
        CorpusError: the file cannot be written, or the disk is full.
    """
    _check_place(path, directory)
    found = check()
    if problems := [one for one in found.problems if not _freed(catalog, one.part)]:
        raise CorruptCorpusError(
            f"{directory} is not exported, as it is not whole: {problems[0]}"
            f"{f'; and {len(problems) - 1} more, which hybrid verify names' if problems[1:] else ''}"
        )
    writer = _Writer(catalog, directory, exact_up_to, progress)
    try:
        with disk_full_errors(path.parent):
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
            partial = Path(name)
            try:
                with os.fdopen(handle, "wb") as file:
                    with PartsWriter(file) as parts:
                        manifest = writer.write(parts)
                    sync(file)
                partial.chmod(PRIVATE_FILE)
                with Archive(partial) as archive:
                    size, digest = archive.size, archive.sha256
                    archive.verify(lambda done: progress("check", done, size, path.name))
                _place(partial, path)
            finally:
                partial.unlink(missing_ok=True)
    except OSError as error:
        raise CorpusError(f"{path} cannot be written ({error.strerror or error}); nothing is left of it") from error
    counts = manifest.counts
    return ExportReport(
        path=str(path),
        sha256=digest,
        bytes=path.stat().st_size,
        corpus=manifest.corpus,
        commit=manifest.commit,
        documents=counts.documents,
        sources=counts.sources,
        chunks=counts.chunks,
        volumes=counts.volumes,
    )


def _freed(catalog: Catalog, part: str) -> bool:
    """Whether a problem is of the database's free pages alone, which are not exported."""
    return part == "deletion" and catalog.info(erasure.PENDING) in (None, erasure.DUE)


def _check_place(path: Path, directory: Path) -> None:
    if os.path.lexists(path):
        raise InputError(f"{path} exists, and nothing is overwritten; name another file, or remove it")
    if not path.absolute().parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.absolute().parent}")
    if path.resolve().is_relative_to(directory.resolve()):
        raise InputError(f"{path} lies in the corpus {directory}; name a file outside of it")


def _place(partial: Path, path: Path) -> None:
    """Give the file its name, unless something has it by now."""
    try:
        try:
            os.link(partial, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            if os.path.lexists(path):
                raise FileExistsError(path) from None
            partial.rename(path)
    except FileExistsError as error:
        raise InputError(f"{path} was made meanwhile, and nothing is overwritten; name another file") from error
    sync_directory(path.parent)


class _Writer:
    """One export."""

    def __init__(self, catalog: Catalog, directory: Path, exact_up_to: int, progress: Progress) -> None:
        self._catalog = catalog
        self._directory = directory
        self._exact_up_to = exact_up_to
        self._progress = progress
        self._counts: Counter[str] = Counter()
        self._texts = hashlib.sha256()

    def write(self, parts: PartsWriter) -> Manifest:
        """All parts, and the manifest."""
        catalog, rows, volumes = self._catalog, self._catalog.documents(), self._catalog.volumes()
        self._done, self._total = 0, len(rows) + len(volumes)
        facts = {key: value for key in contents.KEPT_FACTS if (value := catalog.info(key)) is not None}
        with parts.part(contents.FACTS) as add:
            add(json.dumps(facts, indent=1).encode())
        for number, batch in enumerate(_batches(rows), 1):
            self._documents(parts, number, batch)
        self._lines(parts, contents.SOURCES, "sources", self._sources())
        history = (HistoryLine(at=row.at, event=row.event, detail=row.detail) for row in catalog.log())
        self._lines(parts, contents.HISTORY, "history", history)
        self._log(parts)
        self._volumes(parts, volumes)
        self._study(parts, rows)
        commit = catalog.commit()
        manifest = Manifest(
            format="hybrid-corpus",
            version=contents.VERSION,
            written_by=hybrid.__version__,
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            corpus=catalog.info(commits.CORPUS_ID),
            commit=commit.n if commit else None,
            memory_state=commit.memory_state if commit else "none",
            counts=Counts(documents=len(rows), volumes=len(volumes), **self._counts),
            texts_sha256=self._texts.hexdigest(),
            probes=probed(self._directory, catalog, commit, self._exact_up_to),
            parts=tuple(parts.parts),
        )
        parts.finish(manifest)
        return manifest

    def _step(self, name: str) -> None:
        self._done += 1
        self._progress("copy", self._done, self._total, name)

    def _documents(self, parts: PartsWriter, number: int, batch: Sequence[DocumentRow]) -> None:
        vectors, codes = [], []
        with parts.part(f"documents/{number:06}.jsonl") as add:
            for row in batch:
                document, ids = self._catalog.document(row.id), self._catalog.chunk_ids(row.id)
                spans = self._catalog.spans(ids)
                order, of_chunks = self._catalog.vectors(ids)
                sentences = self._catalog.sentences(row.id, 0, row.chars)
                if list(order) != sorted(ids) or len(spans) != len(ids):
                    raise CorruptCorpusError(_AGAIN)
                if ids:
                    at = {int(one): place for place, one in enumerate(order)}
                    vectors.append(of_chunks[[at[one] for one in ids]])
                if sentences:
                    codes.append(packed(np.stack([one.vector for one in sentences])))
                made = DocumentLine(
                    sha256=document.sha256,
                    media_type=document.media_type,
                    text=document.text,
                    text_sha256=text_sha256(document.text),
                    pages=document.pages,
                    chunks=tuple(spans[one][1:] for one in ids),
                    sentences=tuple((one.start, one.end) for one in sentences),
                    parts={n: one.parts for n, one in enumerate(sentences) if one.parts != ((one.start, one.end),)},
                )
                add(line(made))
                self._texts.update(text_line(document.sha256, document.text))
                counted = {"characters": row.chars, "chunks": len(ids), "sentences": len(sentences)}
                self._counts.update(counted)
                self._step(row.source)
        arrays = {
            "chunks": np.concatenate(vectors).astype("<f4") if vectors else np.zeros((0, 0), "<f4"),
            "sentences": np.concatenate(codes) if codes else np.zeros((0, 0), np.int8),
        }
        with parts.part(f"vectors/{number:06}.safetensors") as add:
            add(save(arrays))

    def _lines(self, parts: PartsWriter, name: str, counted: str | None, values: Iterable[FrozenModel]) -> None:
        with parts.part(name) as add:
            for value in values:
                add(line(value))
                if counted is not None:
                    self._counts[counted] += 1

    def _sources(self) -> Iterator[SourceLine]:
        for row in self._catalog.sources():
            yield SourceLine(
                name=row.source,
                document=row.sha256,
                size=row.size,
                mtime_ns=row.mtime_ns,
                parent=row.parent,
                details=row.details,
            )

    def _log(self, parts: PartsWriter) -> None:
        """The records that are whole now; others may come while they are copied."""
        left = log.whole_bytes(self._directory)
        if not left:
            return
        last = b""
        with parts.part(contents.LOG) as add, (self._directory / log.FILE).open("rb") as file:
            while left and (last_read := file.readline(left)):
                add(last_read)
                left -= len(last_read)
                last = last_read
                self._counts["log"] += 1
        with parts.part(contents.LOG_HEAD) as add:
            add(log.head_of(last))

    def _volumes(self, parts: PartsWriter, volumes: Sequence[VolumeRow]) -> None:
        sha256s = self._catalog.sha256s()
        with parts.part(contents.VOLUMES) as add:
            for row in volumes:
                add(line(_volume_line(row, sha256s)))
        for row in volumes:
            path = verified(self._directory, row.stored, _AGAIN)
            with parts.part(row.stored.file) as add, path.open("rb") as file:
                while block := file.read(BLOCK):
                    add(block)
            self._step(row.stored.file)

    def _study(self, parts: PartsWriter, rows: Sequence[DocumentRow]) -> None:
        def studied() -> Iterator[StudyLine]:
            for row in rows:
                pairs = load_pairs(self._directory, row.sha256)
                if pairs is not None:
                    yield StudyLine(document=row.sha256, file=pairs.to_file())

        number, waiting = 0, list[StudyLine]()
        for one in studied():
            waiting.append(one)
            if len(waiting) == _STUDY_LINES:
                number += 1
                self._lines(parts, f"study/{number:06}.jsonl", "studied", waiting)
                waiting = []
        if waiting:
            self._lines(parts, f"study/{number + 1:06}.jsonl", "studied", waiting)


def _volume_line(row: VolumeRow, sha256s: dict[int, str]) -> VolumeLine:
    return VolumeLine(
        digest=row.digest,
        sha256=row.stored.sha256,
        tensors_sha256=row.tensors_sha256,
        identity=row.identity,
        access_class=row.access_class,
        tokens=row.tokens,
        mounted=row.mounted,
        report=row.report,
        parts=tuple(
            VolumePartLine(document=sha256s[one.document_id], start=one.start, end=one.end, of=one.of, key=one.key)
            for one in row.parts
        ),
    )


def _batches(rows: Sequence[DocumentRow]) -> Iterator[list[DocumentRow]]:
    batch: list[DocumentRow] = []
    chars = chunks = 0
    for row in rows:
        full = chars + row.chars > BATCH_CHARS or chunks + row.chunks > BATCH_CHUNKS or len(batch) == BATCH_DOCUMENTS
        if batch and full:
            yield batch
            batch, chars, chunks = [], 0, 0
        batch.append(row)
        chars, chunks = chars + row.chars, chunks + row.chunks
    if batch:
        yield batch
