"""Import: a new corpus from the file of an exported one.

Every part is read and its sha256 compared before anything is made. The corpus is then made in a hidden folder beside
the place that it is for, through the methods by which an ingest writes, checked as `hybrid verify` does, compared with
the counts, texts and searches in the manifest, and given its name last. Until then there is no corpus; what an
interruption leaves is the hidden folder, which the next import to the same place clears away.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from hybrid import _open
from hybrid.archive import contents
from hybrid.archive.container import Archive
from hybrid.archive.contents import DocumentLine, HistoryLine, Manifest, SourceLine, StudyLine, VolumeLine
from hybrid.archive.probes import differing, probed, texts_digest
from hybrid.errors import (
    ArchiveError,
    CorpusError,
    CorpusExistsError,
    CorpusLockedError,
    CorruptCorpusError,
    DocumentError,
    HybridError,
    InputError,
    SettingsError,
)
from hybrid.ingest.progress import Progress
from hybrid.settings import Settings, StoresSettings
from hybrid.stores import commits, log, records
from hybrid.stores.catalog import Catalog
from hybrid.stores.database import drop_catalog
from hybrid.stores.files import (
    PRIVATE_FILE,
    PRIVATE_FOLDER,
    disk_full_errors,
    own_folder,
    sync_directory,
    write_atomically,
)
from hybrid.stores.rows import LogRow, StoredFile, VolumePart, VolumeRow
from hybrid.stores.sentence_vectors import SentenceVectors, unpacked
from hybrid.stores.study import save_pairs
from hybrid.stores.transaction import Transaction
from hybrid.stores.vector_places import drop_vectors, settled
from hybrid.stores.volumes import load_volume
from hybrid.types.documents import Chunk, Document, Metadata, text_sha256
from hybrid.types.study import StudyPairs

_UNIT = 0.01
"""How far the length of a chunk's vector may be from 1, as `hybrid verify` has it."""
_ROOM = 2
"""Bytes on the disk for each of the file's: the catalog and the index both have the vectors."""


def import_(
    path: Path,
    target: Path,
    sha256: str | None,
    stores: StoresSettings,
    tensors_sha256: Callable[[Mapping[str, Any]], str],
    check: Callable[[Path], None],
    progress: Progress,
) -> None:
    """Make the corpus at ``target`` that the file at ``path`` holds.

    Args:
        path: what an export wrote.
        target: where nothing is yet.
        sha256: what the export said, to be compared; ``None``: the file's hashes are compared with each other alone.
        stores: where its catalog goes.
        tensors_sha256: `hybrid.ttt.volumes.tensors_sha256`, which needs PyTorch.
        check: is called with the folder of the corpus before it has its name, and raises what is wrong with it.
        progress: is told how far it is.

    Raises:
        ArchiveError: the file is none, or a part of it is damaged, edited or does not fit the others.
        CorpusVersionError: a newer version of hybrid wrote it.
        CorpusExistsError: something is at ``target``.
        CorpusLockedError: another import to ``target`` is at work.
        CorpusError: the disk is full, or ``target`` or the catalog's database cannot be written.
    """
    with Archive(path) as archive:
        if sha256 is not None and sha256.strip().casefold() != archive.sha256:
            raise ArchiveError(
                path, None, f"its sha256 is {archive.sha256} and not {sha256}: it is another export, or was edited"
            )
        with _place_for(target, stores, archive.manifest.corpus) as folder:
            _check_room(archive, folder)
            archive.verify(lambda done: progress("check", done, archive.size, path.name))
            with _named(folder, target):
                with disk_full_errors(target):
                    _Importer(archive, folder, stores, tensors_sha256, progress).run()
                check(folder)
            _put(folder, target)


@contextmanager
def _named(folder: Path, target: Path) -> Iterator[None]:
    """Let errors name the place that the corpus is for: the folder in which it is made is gone when they are read."""
    try:
        yield
    except HybridError as error:
        error.args = tuple(one.replace(str(folder), str(target)) if isinstance(one, str) else one for one in error.args)
        raise


@contextmanager
def _place_for(target: Path, stores: StoresSettings, corpus: str | None) -> Iterator[Path]:
    """A new hidden folder beside ``target``, for this import alone; gone at the end, with what its catalog has in a
    database, unless it was given its name."""
    with _open.unreachable_errors(target):
        _check_free(target)
        folder = target.with_name(f".{target.name}.importing")
        lock = FileLock(target.with_name(f".{target.name}.importing.lock"), timeout=0, mode=PRIVATE_FILE)
        target.absolute().parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout as error:
            raise CorpusLockedError(
                f"another process or thread is importing a corpus to {target}; wait until it is done, or name another "
                "directory"
            ) from error
        try:
            _check_free(target)
            if folder.is_symlink():
                raise CorpusExistsError(f"{folder} is a link; remove it, and import again")
            _clear(folder, stores, corpus)
            folder.mkdir(mode=PRIVATE_FOLDER)
            try:
                yield folder
            finally:
                _clear(folder, stores, corpus)
        finally:
            Path(lock.lock_file).unlink(missing_ok=True)
            lock.release()


def _clear(folder: Path, stores: StoresSettings, corpus: str | None) -> None:
    """Delete what an import of this corpus left, of this run or of one that was killed."""
    if folder.is_dir():
        drop_vectors(folder, stores)
        with suppress(CorpusError, SettingsError):  # a database that is away keeps a schema that nothing points to
            drop_catalog(folder, stores, corpus)
    shutil.rmtree(folder, ignore_errors=True)


def _check_free(target: Path) -> None:
    if os.path.lexists(target):
        raise CorpusExistsError(f"{target} exists; a corpus is imported to a new directory, and nothing is overwritten")


def _check_room(archive: Archive, folder: Path) -> None:
    free, needed = shutil.disk_usage(folder).free, archive.size * _ROOM
    if free < needed:
        raise CorpusError(
            f"{archive.path} needs about {needed / 2**30:,.1f} GiB on the disk of {folder.parent}, where "
            f"{free / 2**30:,.1f} GiB are free; free some, or name a directory on another disk"
        )


def _put(folder: Path, target: Path) -> None:
    """Give the corpus its name, unless something has it by now."""
    _check_free(target)
    try:
        folder.rename(target)
    except OSError as error:
        if os.path.lexists(target):
            _check_free(target)
        raise CorpusError(f"{target} cannot be written ({error.strerror or error})") from error
    sync_directory(target.absolute().parent)


class _Importer:
    """One import, into a folder that is this one's alone."""

    def __init__(
        self,
        archive: Archive,
        folder: Path,
        stores: StoresSettings,
        tensors_sha256: Callable[[Mapping[str, Any]], str],
        progress: Progress,
    ) -> None:
        self._archive = archive
        self._manifest: Manifest = archive.manifest
        self._folder = folder
        self._stores = stores
        self._tensors_sha256 = tensors_sha256
        self._progress = progress
        self._documents: dict[str, int] = {}  # ids by sha256
        self._done = 0

    def run(self) -> None:
        """Make the corpus, and compare it with what was exported."""
        facts = self._facts()
        with _open.open_catalog(self._folder, self._stores, create=True) as catalog:
            settings = self._set_facts(catalog, facts)
            index = settled(catalog, self._folder).changes(settings.retrieval.exact_up_to, [])
            sources = list(self._archive.lines(contents.SOURCES, SourceLine))
            with self._refused(contents.MANIFEST), catalog.transaction() as transaction:
                ids, vectors = self._add_documents(transaction, sources)
                self._put_sources(transaction, sources)
                self._add_volumes(transaction)
                history = self._archive.lines(contents.HISTORY, HistoryLine)
                transaction.put_log(LogRow(one.at, one.event, dict(one.detail)) for one in history)
                if self._manifest.commit is not None:
                    index.add(transaction, ids, vectors)
                    stored = index.save(transaction, self._manifest.commit)
                    transaction.record_commit(stored, self._manifest.memory_state, self._manifest.commit)
            self._copy_files()
            index.committed()
            if self._manifest.commit is not None:
                commits.write_guard(self._folder, self._manifest.commit, self._manifest.corpus)
            with catalog.read_transaction():
                self._compare(catalog, settings)
            catalog.set_info(records.EVERY_ROW, "recorded")
            with catalog.transaction() as transaction:
                about = {"file_sha256": self._archive.sha256, "commit": self._manifest.commit}
                transaction.log("import", **about)

    @contextmanager
    def _refused(self, part: str) -> Iterator[None]:
        """What the stores raise for values that fit no corpus is the file's fault."""
        try:
            yield
        except (ArchiveError, CorpusLockedError):
            raise
        except (InputError, DocumentError, CorruptCorpusError, SafetensorError, ValueError, KeyError) as error:
            raise self._wrong(part, f"it does not fit the others ({error})") from error

    def _wrong(self, part: str, reason: str) -> ArchiveError:
        return ArchiveError(self._archive.path, part, reason)

    def _step(self, name: str) -> None:
        self._done += 1
        counts = self._manifest.counts
        self._progress("copy", self._done, counts.documents + counts.volumes, name)

    # The catalog ---------------------------------------------------------------------------------

    def _facts(self) -> dict[str, str]:
        try:
            facts = json.loads(self._archive.content(contents.FACTS))
        except (ValueError, RecursionError) as error:
            raise self._wrong(contents.FACTS, f"it is no JSON ({error})") from error
        if not isinstance(facts, dict) or not all(isinstance(value, str) for value in facts.values()):
            raise self._wrong(contents.FACTS, "it is no JSON object of texts")
        if other := facts.keys() - set(contents.KEPT_FACTS):
            raise self._wrong(contents.FACTS, f"it has {min(other)!r}, which no exported corpus has")
        return facts

    def _set_facts(self, catalog: Catalog, facts: Mapping[str, str]) -> Settings:
        with catalog.transaction() as transaction:
            for key, value in facts.items():
                transaction.set_info(key, value)
            if self._manifest.corpus is not None:
                transaction.set_info(commits.CORPUS_ID, self._manifest.corpus)
        try:
            return _open.settle(catalog, None)
        except (SettingsError, CorruptCorpusError) as error:
            raise self._wrong(contents.FACTS, f"its settings do not fit this version ({error})") from error

    def _add_documents(
        self, transaction: Transaction, sources: Sequence[SourceLine]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Add all documents. Returns the ids ``[n]`` of their chunks and the vectors ``[n, dimension]``."""
        first: dict[str, SourceLine] = {}
        for source in sources:
            first.setdefault(source.document, source)
        dimension = self._dimension(transaction)
        expected = self._manifest.counts.chunks
        if expected * 4 * dimension > self._archive.size:
            raise self._wrong(contents.MANIFEST, f"it counts {expected:,} chunks, and there are fewer")
        ids, vectors, at = np.empty(expected, np.int64), np.empty((expected, dimension), np.float32), 0
        for name in self._archive.names("documents"):
            arrays = self._arrays(name.replace("documents/", "vectors/").replace(".jsonl", ".safetensors"), dimension)
            chunks, codes = arrays["chunks"], arrays["sentences"]
            chunk_at = sentence_at = 0
            for number, document in enumerate(self._archive.lines(name, DocumentLine), 1):
                chunk_end, sentence_end = chunk_at + len(document.chunks), sentence_at + len(document.sentences)
                with self._refused(f"{name}, line {number}"):
                    of_chunks, of_sentences = chunks[chunk_at:chunk_end], codes[sentence_at:sentence_end]
                    made = self._add(transaction, document, first.get(document.sha256), of_chunks, of_sentences)
                    if at + len(made) > expected:
                        raise ValueError("it has more chunks than the manifest counts")
                    ids[at : at + len(made)], vectors[at : at + len(made)] = made, of_chunks
                at, chunk_at, sentence_at = at + len(made), chunk_end, sentence_end
                self._step(first[document.sha256].name)
            if (chunk_at, sentence_at) != (len(chunks), len(codes)):
                raise self._wrong(name, "it has fewer chunks or sentences than there are vectors")
        if at != expected:
            raise self._wrong(contents.MANIFEST, f"it counts {expected:,} chunks, and {at:,} are there")
        return ids, vectors

    def _dimension(self, transaction: Transaction) -> int:
        found = transaction.info("dimension") or "1"
        if not found.isdigit() or not 0 < int(found) <= 1 << 20:
            raise self._wrong(contents.FACTS, f"its dimension is {found!r}")
        return int(found)

    def _arrays(self, name: str, dimension: int) -> dict[str, NDArray[Any]]:
        with self._refused(name):
            arrays: dict[str, NDArray[Any]] = load(self._archive.content(name))
            for key, kind in (("chunks", np.float32), ("sentences", np.int8)):
                found = arrays[key]
                if found.dtype != kind or found.ndim != 2 or (len(found) and found.shape[1] != dimension):
                    raise ValueError(f"{key} are {found.dtype} {list(found.shape)}")
            lengths = np.linalg.norm(arrays["chunks"], axis=1) if len(arrays["chunks"]) else np.ones(0)
            if not np.isfinite(lengths).all() or (np.abs(lengths - 1) > _UNIT).any():
                raise ValueError("a vector of a chunk is not of length 1")
        return arrays

    def _add(
        self,
        transaction: Transaction,
        line: DocumentLine,
        source: SourceLine | None,
        vectors: NDArray[np.float32],
        codes: NDArray[np.int8],
    ) -> list[int]:
        if source is None:
            raise ValueError(f"no source names the document {line.sha256}")
        if line.sha256 in self._documents:
            raise ValueError(f"the document {line.sha256} is there twice")
        if text_sha256(line.text) != line.text_sha256:
            raise ValueError("its text has another sha256")
        if len(vectors) != len(line.chunks) or len(codes) != len(line.sentences):
            raise ValueError("it has more chunks or sentences than there are vectors")
        document = Document(
            source=source.name,
            text=line.text,
            sha256=line.sha256,
            media_type=line.media_type,
            pages=line.pages,
            metadata=_metadata(source.details),
            parent=source.parent,
        )
        chunks = [Chunk(start=start, end=end, text=line.text[start:end]) for start, end in line.chunks]
        _check_spans(line)
        parts = [line.parts.get(n, (span,)) for n, span in enumerate(line.sentences)]
        sentences = SentenceVectors(line.sentences, unpacked(codes), parts)
        self._documents[line.sha256], made = transaction.add_document(document, chunks, vectors, sentences)
        return made

    def _put_sources(self, transaction: Transaction, sources: Sequence[SourceLine]) -> None:
        names = {one.name for one in sources}
        if len(names) != len(sources):
            raise self._wrong(contents.SOURCES, "it has a name twice")
        for number, one in enumerate(sources, 1):
            if one.document not in self._documents:
                raise self._wrong(contents.SOURCES, f"line {number}: its document is not there")
            with self._refused(f"{contents.SOURCES}, line {number}"):
                transaction.put_source(
                    one.name,
                    self._documents[one.document],
                    size=one.size,
                    mtime_ns=one.mtime_ns,
                    parent=one.parent,
                    details=one.details,
                )

    def _add_volumes(self, transaction: Transaction) -> None:
        self._volumes: list[VolumeRow] = []
        for number, one in enumerate(self._archive.lines(contents.VOLUMES, VolumeLine), 1):
            file = f"volumes/{one.digest[:32]}.safetensors"
            if not self._archive.has(file):
                raise self._wrong(file, "it is missing")
            if any(part.document not in self._documents for part in one.parts):
                raise self._wrong(contents.VOLUMES, f"line {number}: a document of it is not there")
            parts = tuple(
                VolumePart(self._documents[part.document], part.start, part.end, part.of, part.key)
                for part in one.parts
            )
            row = VolumeRow(
                0, one.digest, StoredFile(file, one.sha256), one.tensors_sha256, one.identity, one.access_class,
                one.tokens, one.mounted, one.report, parts,
            )  # fmt: skip
            with self._refused(f"{contents.VOLUMES}, line {number}"):
                transaction.add_volume(row)
            self._volumes.append(row)
        if other := set(self._archive.names("volumes")) - {row.stored.file for row in self._volumes}:
            raise self._wrong(min(other), "no volume is in it")

    # Files ---------------------------------------------------------------------------------------

    def _copy_files(self) -> None:
        for row in self._volumes:
            own_folder(self._folder, "volumes")
            self._copy(row.stored.file, row.stored.file)
            with self._refused(row.stored.file):
                if self._tensors_sha256(load_volume(self._folder, row.stored)) != row.tensors_sha256:
                    raise ValueError("its tensors are not those of the volume")
            self._step(row.stored.file)
        for name in self._archive.names("study"):
            for number, one in enumerate(self._archive.lines(name, StudyLine), 1):
                with self._refused(f"{name}, line {number}"):
                    if one.document not in self._documents:
                        raise ValueError("its document is not there")
                    save_pairs(self._folder, one.document, StudyPairs.from_file(one.file))
        for name, file in ((contents.LOG, log.FILE), (contents.LOG_HEAD, log.HEAD)):
            if self._archive.has(name):
                self._copy(name, file)

    def _copy(self, part: str, file: str) -> None:
        def write(path: Path) -> None:
            with path.open("wb") as opened:
                for block in self._archive.blocks(part):
                    opened.write(block)
            path.chmod(PRIVATE_FILE)

        write_atomically(self._folder / file, write)

    # Comparing -----------------------------------------------------------------------------------

    def _compare(self, catalog: Catalog, settings: Settings) -> None:
        """Raise `ArchiveError` unless what was made is whole, and is what was exported."""
        report = _open.checked(catalog, self._folder)
        if report.problems:
            raise self._wrong(contents.MANIFEST, f"what was made of it is not whole: {report.problems[0]}")
        counts, rows = self._manifest.counts, catalog.documents()
        found = {
            "documents": len(rows),
            "sources": len(catalog.sources()),
            "characters": sum(row.chars for row in rows),
            "chunks": catalog.chunk_count(),
            "volumes": len(catalog.volumes()),
            "history": len(catalog.log()),
        }
        for name, count in found.items():
            if count != getattr(counts, name):
                said = f"it counts {getattr(counts, name):,} {name}, and {count:,} were found"
                raise self._wrong(contents.MANIFEST, said)
        if texts_digest(catalog, [row.id for row in rows]) != self._manifest.texts_sha256:
            raise self._wrong(contents.MANIFEST, "the texts are not those that were exported")
        again = probed(self._folder, catalog, catalog.commit(), settings.retrieval.exact_up_to)
        if different := differing(self._manifest.probes, again):
            raise self._wrong(contents.MANIFEST, f"{different} than when the corpus was exported")


def _metadata(details: Mapping[str, Any]) -> Metadata:
    try:
        return Metadata.model_validate(dict(details))
    except HybridError:  # as the catalog reads it: the source keeps what stands there
        return Metadata()


def _check_spans(line: DocumentLine) -> None:
    for spans in (line.sentences, *line.parts.values()):
        for start, end in spans:
            if not 0 <= start < end <= len(line.text):
                raise ValueError(f"a sentence from {start} to {end} lies outside of its text")
