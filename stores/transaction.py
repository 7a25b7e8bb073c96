"""What a writer can do to the catalog, all within one commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Text, cast, delete, exists, func, insert, literal, select, update

from hybrid.errors import CorruptCorpusError, DamagedDocumentError
from hybrid.stores import exact_text, filtering, full_text, reading, records, sentence_vectors
from hybrid.stores.backend import backend_of
from hybrid.stores.rows import LogRow, Removed, SourceEntry, SourceRow, StoredFile, VolumePart, VolumeRow
from hybrid.stores.sentence_vectors import SentenceVectors
from hybrid.stores.tables import (
    ChunkTable,
    CommitTable,
    DocumentTable,
    InfoTable,
    LogTable,
    MetadataTable,
    SentenceTable,
    SourceTable,
    TextTable,
    VolumeDocumentTable,
    VolumeTable,
)
from hybrid.text import shingles
from hybrid.types.documents import Chunk, Document, text_sha256
from hybrid.types.reports import MemoryState

SOURCES = select(
    SourceTable.name,
    SourceTable.document_id,
    DocumentTable.sha256,
    SourceTable.size,
    SourceTable.mtime_ns,
    SourceTable.parent,
    SourceTable.details,
).join(DocumentTable)
"""All sources, with the fields of a `SourceRow`."""
_RECORDED = select(SourceTable.__table__, DocumentTable.sha256).join(DocumentTable)


class Transaction:
    """Given out by `Catalog.transaction`; see there. Nothing is visible to readers before it ends."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def check_held(self) -> None:
        """Raise where the transaction has ended, as its connection was lost: as long as it lasts no other process can
        begin to write."""
        self._connection.execute(select(literal(1)))

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """The connection of the transaction, for a store that keeps something in the same database."""
        yield self._connection

    def embeddings(self, at_once: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """The ids ``[n]`` and embeddings ``[n, dimension]`` of all chunks, in the order of ids, ``at_once`` a time."""
        last, rows = -1, select(ChunkTable.id, ChunkTable.embedding).order_by(ChunkTable.id).limit(at_once)
        while found := self._connection.execute(rows.where(ChunkTable.id > last)).all():
            yield reading.matrix(found, len(found))
            last = found[-1][0]

    # Documents and sources -----------------------------------------------------------------------

    def document_with(self, sha256: str) -> int | None:
        """The id of the document whose bytes have this sha256, or ``None``."""
        return self._connection.scalar(select(DocumentTable.id).where(DocumentTable.sha256 == sha256))

    def add_document(
        self,
        document: Document,
        chunks: Sequence[Chunk],
        vectors: NDArray[np.float32],
        sentences: SentenceVectors | None = None,
    ) -> tuple[int, list[int]]:
        """Record a document and its chunks, with one embedding each (``[chunks, dimension]``), and its sentences with
        theirs; without them they are embedded when a question needs them.

        Returns its id and the chunks' ids. A document that no source names when the transaction ends
        should go: call `put_source`. Raises `DamagedDocumentError` for text that no database can hold,
        and `ValueError` if chunks and vectors differ in number.
        """
        if not full_text.storable(document.text):
            raise DamagedDocumentError(document.source, "its text holds NUL characters, as no text does")
        if vectors.shape[0] != len(chunks):
            raise ValueError(f"{len(chunks)} chunks with {vectors.shape[0]} vectors")
        row: dict[str, Any] = {
            "sha256": document.sha256,
            "media_type": document.media_type,
            "chars": len(document.text),
            "pages": list(document.pages),
            "details": document.metadata.model_dump(mode="json"),
            "scanned": not exact_text.is_regular(document.text, chunks),
            "text_sha256": text_sha256(document.text),
            "signature": shingles.signature(document.text).astype("<u4").tobytes(),
        }
        document_id = self._connection.execute(insert(DocumentTable).returning(DocumentTable.id), row).scalar_one()
        self._connection.execute(insert(TextTable), {"document_id": document_id, "text": document.text})
        stored = [] if sentences is None else sentence_vectors.add(self._connection, document_id, sentences)
        ids = self._add_chunks(document_id, chunks, vectors) if chunks else []
        found = full_text.add(self._connection, list(zip(ids, (chunk.text for chunk in chunks), strict=True)))
        row["scanned"] = row["scanned"] or not found
        spans = [(n, chunk.start, chunk.end) for n, chunk in zip(ids, chunks, strict=True)]
        of_sentences = (
            [] if sentences is None else [code.tobytes() for code in sentence_vectors.packed(sentences.vectors)]
        )
        parts = records.of_document(row, spans, stored), records.of_vectors(_embeddings(vectors), of_sentences)
        record = " ".join([*parts, records.of_search(row["scanned"], row["signature"]), records.of_row(row)])
        values = {"record": record, "scanned": row["scanned"]}
        self._connection.execute(update(DocumentTable).where(DocumentTable.id == document_id).values(values))
        return document_id, ids

    def replace_spans(
        self,
        document_id: int,
        ids: Sequence[int],
        chunks: Sequence[Chunk],
        vectors: NDArray[np.float32],
        sentences: SentenceVectors,
    ) -> None:
        """Put chunks, under these ids, and sentences in the place of those that a document has. The full text has to be
        built again afterwards."""
        for table in (SentenceTable, ChunkTable):
            self._connection.execute(delete(table).where(table.document_id == document_id))
        self._connection.execute(delete(ChunkTable).where(ChunkTable.id.in_(ids)))  # rows that were given to another
        rows = [
            {"id": n, "document_id": document_id, "start": one.start, "end": one.end, "embedding": embedding}
            for n, one, embedding in zip(ids, chunks, _embeddings(vectors), strict=True)
        ]
        if rows:
            self._connection.execute(insert(ChunkTable), rows)
        sentence_vectors.add(self._connection, document_id, sentences)
        of_document = select(DocumentTable.record).where(DocumentTable.id == document_id)
        before = (self._connection.scalar(of_document) or "").split()
        codes = [code.tobytes() for code in sentence_vectors.packed(sentences.vectors)]
        record = " ".join([*before[:3], records.of_vectors(_embeddings(vectors), codes), *before[5:]])
        self._connection.execute(update(DocumentTable).where(DocumentTable.id == document_id).values(record=record))

    def _add_chunks(self, document_id: int, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> list[int]:
        rows = [
            {"document_id": document_id, "start": chunk.start, "end": chunk.end, "embedding": embedding}
            for chunk, embedding in zip(chunks, _embeddings(vectors), strict=True)
        ]
        returning = insert(ChunkTable).returning(ChunkTable.id, sort_by_parameter_order=True)
        return list(self._connection.scalars(returning, rows))

    def put_source(
        self,
        name: str,
        document_id: int,
        *,
        size: int | None = None,
        mtime_ns: int | None = None,
        parent: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Let ``name`` stand for a document, with its own metadata (``details``) or else with those that came with the
        document. If it stood for another, call `delete_orphans` afterwards."""
        columns = DocumentTable.media_type, DocumentTable.details, DocumentTable.sha256
        of_document = select(*columns).where(DocumentTable.id == document_id)
        media_type, first, sha256 = self._connection.execute(of_document).one()
        own = dict(first if details is None else details)
        days = filtering.days(own.get("date"))
        values: dict[str, Any] = {
            "document_id": document_id,
            "size": size,
            "mtime_ns": mtime_ns,
            "parent": parent,
            "details": own,
            "first_day": days[0],
            "last_day": days[1],
        }
        values["record"] = records.of_source({"name": name, **values}, sha256)
        source_id = self._connection.scalar(select(SourceTable.id).where(SourceTable.name == name))
        if source_id is None:
            statement = insert(SourceTable).values(name=name, **values).returning(SourceTable.id)
            source_id = self._connection.execute(statement).scalar_one()
        else:
            self._connection.execute(update(SourceTable).where(SourceTable.id == source_id).values(values))
        self._connection.execute(delete(MetadataTable).where(MetadataTable.source_id == source_id))
        facts = filtering.facts(media_type, own)
        rows = [{"key": key, "value": value, "source_id": source_id} for key, value in sorted(facts)]
        self._connection.execute(insert(MetadataTable), rows)

    def attachment_tree(self, name: str) -> list[str]:
        """A source and its attachments, and theirs, as far as they are in the catalog."""
        found = [name] if self._connection.scalar(select(exists().where(SourceTable.name == name))) else []
        for known in found:  # grows: a mail may be attached to a mail
            children = select(SourceTable.name).where(SourceTable.parent == known).order_by(SourceTable.id)
            found.extend(child for child in self._connection.scalars(children) if child not in found)
        return found

    def put_attachment_tree(self, entries: Sequence[SourceEntry]) -> None:
        """Give names to documents that are in the catalog: a source first, then all its attachments.

        Attachments that the source had before and has no more are forgotten. Call `delete_orphans` afterwards.
        """
        before = self.attachment_tree(entries[0].name)
        for entry in entries:
            document_id = self.document_with(entry.sha256)
            if document_id is None:
                raise ValueError(f"{entry.name} names a document that is not in the catalog")
            about = {"size": entry.size, "mtime_ns": entry.mtime_ns}
            self.put_source(entry.name, document_id, parent=entry.parent, details=entry.details, **about)
        self._forget_names(set(before) - {entry.name for entry in entries})

    def _forget_names(self, names: Iterable[str]) -> None:
        for name in names:
            self._connection.execute(delete(SourceTable).where(SourceTable.name == name))

    def delete_orphans(self) -> Removed:
        """Remove the documents that no source names any more, with their chunks and the volumes that they are in."""
        unnamed = ~exists().where(SourceTable.document_id == DocumentTable.id)
        documents = tuple(self._connection.scalars(select(DocumentTable.id).where(unnamed).order_by(DocumentTable.id)))
        within = select(VolumeDocumentTable.volume_id).where(VolumeDocumentTable.document_id.in_(documents))
        self.drop_volumes(list(self._connection.scalars(within.distinct())))
        chunk_ids: list[int] = []
        texts: list[str] = []
        whole = True
        recorded = select(cast(TextTable.text, Text), DocumentTable.text_sha256).outerjoin_from(
            DocumentTable, TextTable
        )
        for document_id in documents:
            text, digest = self._connection.execute(recorded.where(DocumentTable.id == document_id)).one()
            found = None if text is None else text_sha256(text)
            whole = whole and found is not None and digest in (None, found)
            of_document = select(ChunkTable.id).where(ChunkTable.document_id == document_id)
            chunk_ids.extend(self._connection.scalars(of_document))
            if whole:
                full_text.remove(self._connection, document_id)
            self._connection.execute(delete(DocumentTable).where(DocumentTable.id == document_id))
            texts.append(found or digest or "")
        if not whole:  # a text that was damaged is not the one whose words the index has
            full_text.rebuild(self._connection)
        return Removed((), documents, tuple(chunk_ids), tuple(texts))

    def remove_unnamed(self, document_ids: Sequence[int]) -> Removed:
        """Remove documents that no source names, and what is left of those whose own row is gone."""
        there: list[int] = list(
            self._connection.scalars(select(DocumentTable.id).where(DocumentTable.id.in_(document_ids)))
        )
        left = [one for one in document_ids if one not in there]
        within = select(VolumeDocumentTable.volume_id).where(VolumeDocumentTable.document_id.in_(left))
        self.drop_volumes(list(self._connection.scalars(within.distinct())))
        chunks = list(self._connection.scalars(select(ChunkTable.id).where(ChunkTable.document_id.in_(left))))
        for table in (SourceTable, SentenceTable, ChunkTable, TextTable):
            self._connection.execute(delete(table).where(table.document_id.in_(left)))
        gone = self.delete_orphans()
        if left:
            full_text.rebuild(self._connection)
        return Removed(
            (), (*left, *gone.document_ids), (*chunks, *gone.chunk_ids), ("",) * len(left) + gone.text_sha256s
        )

    def remove_source(self, name: str) -> Removed:
        """Forget a source and its attachments. A document goes with the last of its names."""
        sources = self.attachment_tree(name)
        self._forget_names(sources)
        gone = self.delete_orphans()
        return Removed(tuple(sources), gone.document_ids, gone.chunk_ids, gone.text_sha256s)

    # Volumes of the memory -----------------------------------------------------------------------

    def add_volume(self, row: VolumeRow) -> int:
        """Record a volume's file and what it was adapted to; ``row.id`` is not used. Returns its id."""
        values = {
            "digest": row.digest,
            "file": row.stored.file,
            "sha256": row.stored.sha256,
            "tensors_sha256": row.tensors_sha256,
            "identity": row.identity,
            "access_class": row.access_class,
            "tokens": row.tokens,
            "mounted": row.mounted,
            "report": dict(row.report),
        }
        volume_id = self._connection.execute(insert(VolumeTable).returning(VolumeTable.id), values).scalar_one()
        self._connection.execute(
            insert(VolumeDocumentTable),
            [{"volume_id": volume_id, "position": n, **asdict(part)} for n, part in enumerate(row.parts)],
        )
        return volume_id

    def drop_volumes(self, ids: Sequence[int]) -> None:
        """Forget volumes; the files are the caller's."""
        self._connection.execute(delete(VolumeDocumentTable).where(VolumeDocumentTable.volume_id.in_(ids)))
        self._connection.execute(delete(VolumeTable).where(VolumeTable.id.in_(ids)))

    def has_documents(self) -> bool:
        """Whether there are any."""
        return bool(self._connection.scalar(select(exists().select_from(DocumentTable))))

    def has_documents_without_volume(self, identity: str) -> bool:
        """Whether the volumes of this identity lack some document, or a part of one."""
        of, volume = VolumeDocumentTable, VolumeTable
        covered = (
            select(of.document_id)
            .join(volume, volume.id == of.volume_id)
            .where(volume.identity == identity)
            .group_by(of.document_id)
            .having(func.sum(of.end - of.start) >= func.max(of.of))
        )
        return bool(self._connection.scalar(select(exists().where(DocumentTable.id.not_in(covered)))))

    def sources(self) -> list[SourceRow]:
        """All sources, in the order in which they came."""
        return [SourceRow(*row) for row in self._connection.execute(SOURCES.order_by(SourceTable.id))]

    def set_group(self, document_id: int, key: str) -> None:
        """Change what a document is grouped by, wherever it is in a volume."""
        of = VolumeDocumentTable
        self._connection.execute(update(of).where(of.document_id == document_id).values(key=key))

    def volumes(self) -> list[VolumeRow]:
        """All volumes, oldest first."""
        return volume_rows(self._connection)

    # The commit ----------------------------------------------------------------------------------

    def next_commit(self) -> int:
        """The number that the commit committed in this transaction will have."""
        return (self._connection.scalar(select(func.max(CommitTable.n))) or 0) + 1

    def record_commit(self, index: StoredFile, memory_state: MemoryState, n: int | None = None) -> int:
        """Record a new commit and return its number, the next or a later one ``n``; it is the corpus once the
        transaction ends."""
        row: dict[str, Any] = {
            "n": self.next_commit() if n is None else n,
            "created_at": _now(),
            "index_file": index.file,
            "index_sha256": index.sha256,
            "memory_state": memory_state,
        }
        return self._connection.execute(insert(CommitTable).returning(CommitTable.n), row).scalar_one()

    def info(self, key: str) -> str | None:
        """A fact about the corpus; ``None`` if it was never set. Raises `CorruptCorpusError` if it is not as it was
        set."""
        return fact(self._connection, key)

    def set_info(self, key: str, value: str) -> None:
        """Set a fact about the corpus."""
        self._put_fact(key, value)
        self._record_fact(key, value)

    def unset_info(self, key: str) -> None:
        """Forget a fact about the corpus."""
        self._connection.execute(delete(InfoTable).where(InfoTable.key == key))
        self._record_fact(key, None)

    def _put_fact(self, key: str, value: str) -> None:
        statement = backend_of(self._connection).insert(InfoTable).values(key=key, value=value)
        self._connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))

    def _record_fact(self, key: str, value: str | None) -> None:
        of_records = select(InfoTable.value).where(InfoTable.key == records.FACT_RECORDS)
        self._put_fact(records.FACT_RECORDS, records.of_facts(self._connection.scalar(of_records), key, value))

    def refresh_mtime(self, name: str, size: int, mtime_ns: int) -> None:
        """Record a file's new size and time where its content is still the same."""
        row = self._connection.execute(_RECORDED.where(SourceTable.name == name)).one()
        values: dict[str, Any] = {"size": size, "mtime_ns": mtime_ns}
        if row.record is not None:
            values["record"] = records.of_source({**row._mapping, **values}, row.sha256)
        self._connection.execute(update(SourceTable).where(SourceTable.name == name).values(values))

    def forget_in_log(self, names: Iterable[str]) -> None:
        """Take sources, and what was left out of them, out of all that the log says."""
        gone = set(names)
        recorded = self._recorded_log()
        whole = recorded == records.of_log(self._connection)
        for row in self._connection.execute(select(LogTable.id, LogTable.detail)).all():
            detail = dict(row.detail)
            if isinstance(sources := detail.get("sources"), list):
                detail["sources"] = [one for one in sources if one not in gone]
            if isinstance(files := detail.get("files"), list):
                detail["files"] = [one for one in files if gone.isdisjoint((one["source"], one.get("part_of")))]
            if detail != row.detail:
                self._connection.execute(update(LogTable).where(LogTable.id == row.id).values(detail=detail))
        if whole:  # else it stays another's, and is named
            self.set_info(records.LOG_ROWS, records.of_log(self._connection))

    def log(self, event: str, **detail: Any) -> None:
        """Write to the log what was done; ``detail`` must be plain JSON data."""
        before = self._recorded_log()
        row = {"at": _now(), "event": event, "detail": detail}
        identifier = self._connection.execute(insert(LogTable).returning(LogTable.id), row).scalar_one()
        if before is not None:
            self.set_info(records.LOG_ROWS, records.of_log(self._connection, before, from_id=identifier))

    def put_log(self, rows: Iterable[LogRow]) -> None:
        """Write the log of another store as it was, into one that has none."""
        for row in rows:
            self._connection.execute(insert(LogTable), {"at": row.at, "event": row.event, "detail": row.detail})
        self.set_info(records.LOG_ROWS, records.of_log(self._connection))

    def _recorded_log(self) -> str | None:
        """The hash of the log so far, of rows of an earlier version as they are; ``None`` where it was edited: then it
        is left as it is, and named."""
        try:
            return records.recorded_log(self._connection) or records.of_log(self._connection)
        except CorruptCorpusError:
            return None

    def go_on_with_log(self) -> None:
        """Take the rows of the log as they are, with one that says that they were others."""
        self.unset_info(records.LOG_ROWS)
        self.log(records.ROWS_LOST)


def fact(connection: Connection, key: str, *, checked: bool = True) -> str | None:
    """A fact about the corpus; ``None`` if it was never set. Raises `CorruptCorpusError` if it is not as it was set,
    and that is ``checked``."""
    both = select(InfoTable.key, InfoTable.value).where(InfoTable.key.in_((key, records.FACT_RECORDS)))
    found: dict[str, str] = {row[0]: row[1] for row in connection.execute(both)}
    if checked:
        records.check_fact(found.get(records.FACT_RECORDS), key, found.get(key))
    return found.get(key)


def _embeddings(vectors: NDArray[np.float32]) -> list[bytes]:
    """Vectors ``[n, dimension]`` as they are stored."""
    return [vector.tobytes() for vector in np.ascontiguousarray(vectors, "<f4")]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def volume_rows(connection: Connection) -> list[VolumeRow]:
    """All volumes, oldest first, each with its parts in the order in which it was adapted to them."""
    parts: dict[int, list[VolumePart]] = {}
    of = VolumeDocumentTable
    columns = select(of.volume_id, of.document_id, of.start, of.end, of.of, of.key)
    for row in connection.execute(columns.order_by(of.volume_id, of.position)):
        part = VolumePart(row.document_id, row.start, row.end, row.of, row.key)
        parts.setdefault(row.volume_id, []).append(part)
    table = VolumeTable
    columns_of_volume = select(
        table.id,
        table.digest,
        table.file,
        table.sha256,
        table.tensors_sha256,
        table.identity,
        table.access_class,
        table.tokens,
        table.mounted,
        table.report,
    )
    return [
        VolumeRow(
            id=row.id,
            digest=row.digest,
            stored=StoredFile(row.file, row.sha256),
            tensors_sha256=row.tensors_sha256,
            identity=row.identity,
            access_class=row.access_class,
            tokens=row.tokens,
            mounted=row.mounted,
            report=row.report,
            parts=tuple(parts.get(row.id, ())),
        )
        for row in connection.execute(columns_of_volume.order_by(table.id))
    ]
