"""Certificates of deletion: made when documents are removed, and proved by adapting the volumes again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from hybrid.errors import CorpusError, CorruptCorpusError
from hybrid.ingest.execution import MemoryModel
from hybrid.ingest.study_material import Material
from hybrid.stores.catalog import Catalog
from hybrid.stores.rows import DocumentRow, VolumePart, VolumeRow
from hybrid.stores.study import has_pairs
from hybrid.stores.vector_places import FAISS, vector_store
from hybrid.stores.vector_store import FORMER, PENDING
from hybrid.stores.volumes import load_volume
from hybrid.types.certificates import (
    CertifiedPart,
    CertifiedVolume,
    DeletedDocument,
    DeletionCertificate,
    DeletionCheck,
)
from hybrid.types.documents import text_sha256
from hybrid.types.reports import VolumeReport
from hybrid.types.study import exercises_sha256


class Hashes(Protocol):
    """How tensors are hashed: `hybrid.ttt.volumes.tensors_sha256`, which needs PyTorch."""

    def __call__(self, tensors: Mapping[str, Any]) -> str:
        """The sha256."""


@dataclass(frozen=True)
class Before:
    """What was in the corpus before a removal: documents by id, volumes, and the sha256 of each document, also of one
    that no source named."""

    documents: Mapping[int, DocumentRow]
    volumes: Sequence[VolumeRow]
    sha256s: Mapping[int, str]

    def names(self, document_id: int) -> tuple[str, ...]:
        """What the document was called: its sources, or its number where none named it."""
        row = self.documents.get(document_id)
        return (row.source, *row.aliases) if row is not None else (f"document {document_id}",)

    @classmethod
    def of(cls, catalog: Catalog) -> Before:
        """As it is now."""
        return cls({row.id: row for row in catalog.documents()}, catalog.volumes(), catalog.sha256s())


_LOST = "0" * 64
"""The sha256 of a document whose row was gone from a catalog that was damaged."""


def certificate(catalog: Catalog, before: Before, gone: Mapping[int, str], identity: str | None) -> DeletionCertificate:
    """What the removal of documents did. ``gone``: the sha256 of their canonical texts by document id."""
    commit = catalog.commit()
    rows = catalog.volumes()
    known = {row.digest for row in before.volumes}
    there = {row.digest for row in rows}
    removed = tuple(
        DeletedDocument(
            sources=before.names(one),
            sha256=before.sha256s[one],
            text_sha256=text,
        )
        for one, text in gone.items()
        if one in before.sha256s  # of a document whose row was lost nobody knows what it was
    )
    return DeletionCertificate(
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        commit=commit.n if commit else 0,
        removed=removed,
        identity=identity if identity is not None or not before.volumes else before.volumes[-1].identity,
        before=tuple(_certified(row, before.sha256s) for row in before.volumes if row.digest not in there),
        after=tuple(_certified(row, before.sha256s) for row in rows if row.digest not in known),
        untouched={row.digest: row.tensors_sha256 for row in rows if row.digest in known},
        complete=(commit is None or commit.memory_state != "behind")
        and catalog.info(PENDING) is None
        and catalog.info(FORMER) is None,
    )


def _certified(row: VolumeRow, sha256s: Mapping[int, str]) -> CertifiedVolume:
    parts = tuple(
        CertifiedPart(sha256=sha256s.get(part.document_id, _LOST), start=part.start, end=part.end, of=part.of)
        for part in row.parts
    )
    studied = VolumeReport.model_validate(row.report).study
    return CertifiedVolume(
        digest=row.digest,
        tensors_sha256=row.tensors_sha256,
        access_class=row.access_class,
        parts=parts,
        exercises_sha256=studied and studied.exercises_sha256,
    )


def check(
    catalog: Catalog, directory: Path, model: MemoryModel | None, given: DeletionCertificate, hashed: Hashes
) -> DeletionCheck:
    """Prove a certificate: the documents are not there, and each volume that was adapted again comes out of its
    documents alone, to the bit."""
    proved: list[str] = []
    unsettled: list[str] = []
    failed: list[str] = []
    documents = {row.sha256: row for row in catalog.documents()}
    texts = {text_sha256(catalog.text(row.id)) for row in documents.values()}
    for one in given.removed:
        name = one.sources[0]
        if one.sha256 in documents or one.text_sha256 in texts:
            failed.append(f"{name} is in the corpus")
        else:
            proved.append(f"{name} is not in the corpus, neither its bytes nor its text")
        if has_pairs(directory, one.sha256) and one.sha256 not in documents:
            failed.append(f"questions about {name}, with answers from it, are in the corpus")
    _check_vectors(catalog, directory, proved, unsettled, failed)
    rows = {row.digest: row for row in catalog.volumes()}
    gone = {one.sha256 for one in given.removed}
    holders = [
        row for row in rows.values()
        if not {part.document_id for part in row.parts} <= {row.id for row in documents.values()}
    ]  # fmt: skip
    if holders or any(one.digest in rows for one in given.before):
        failed.append("a volume of the memory holds a document that was removed")
    elif given.before:
        proved.append(f"{len(given.before)} volumes with removed documents are gone")
    for volume in given.after:
        what = f"volume {volume.digest[:16]}"
        if gone & {part.sha256 for part in volume.parts}:
            failed.append(f"{what} was adapted to a document that was removed")
        elif model is None or model.volume_identity != given.identity:
            unsettled.append(f"{what}: the corpus's memory is of another model or other settings now, or switched off")
        elif any(part.sha256 not in documents for part in volume.parts):
            unsettled.append(f"{what}: some of its documents have been changed or removed since")
        else:
            parts = [VolumePart(documents[one.sha256].id, one.start, one.end, one.of, "") for one in volume.parts]
            material = Material(catalog, directory, model, study=volume.exercises_sha256 is not None)
            exercises = material.exercises(parts)
            if exercises and exercises_sha256(exercises) != volume.exercises_sha256:
                unsettled.append(f"{what}: the questions that it was adapted to have been made again since")
                continue
            _, again, _ = model.adapt_volume(material.tokens(parts), None, exercises)
            if again == volume.tensors_sha256:
                proved.append(f"{what}: adapting it again from the initial weights gives the same tensors, to the bit")
            else:
                failed.append(f"{what}: adapting it again gives other tensors")
    for row in rows.values():
        stated = given.untouched.get(row.digest) or next(
            (one.tensors_sha256 for one in given.after if one.digest == row.digest), None
        )
        if stated is None:
            continue
        try:
            same = hashed(load_volume(directory, row.stored)) == stated
        except CorruptCorpusError as error:
            failed.append(f"volume {row.digest[:16]}: {error}")
            continue
        if not same:
            failed.append(f"volume {row.digest[:16]}: its tensors have changed since")
    kept = sum(digest in rows for digest in given.untouched)
    if kept and not any("tensors have changed" in line for line in failed):
        proved.append(f"{kept} other volumes have the same tensors as then")
    if not given.complete:
        unsettled.append(
            "the memory was not complete again when this was written, or vectors were still to be deleted, here or at "
            "another place that had them before"
        )
    return DeletionCheck(proved=tuple(proved), open=tuple(unsettled), failed=tuple(failed))


def _check_vectors(
    catalog: Catalog, directory: Path, proved: list[str], unsettled: list[str], failed: list[str]
) -> None:
    """Whether what has the vectors, where these are not files of the corpus, has one of no chunk."""
    store, commit = vector_store(catalog, directory), catalog.commit()
    if commit is None or store.kind == FAISS:
        return
    try:
        stray = len(store.ids(commit).difference(catalog.all_chunk_ids()))
    except CorpusError as error:
        unsettled.append(f"the vectors: {error}")
        return
    if stray:
        failed.append(f"{store.called} has {stray:,} vectors of chunks that are not in the corpus")
    else:
        proved.append(f"{store.called} has vectors of chunks that are in the corpus alone")
