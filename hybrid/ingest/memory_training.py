"""The memory stage of an ingest: volumes that are missing are adapted, each a commit of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from hybrid.ingest.commits import Writer
from hybrid.ingest.execution import Executor, MemoryModel, NotAdapted
from hybrid.ingest.progress import Progress, Tally
from hybrid.ingest.study_material import Material, PairMaker, pair_digests
from hybrid.ingest.volume_plan import Measured, PlannedVolume, access_class, group_key, plan
from hybrid.settings import MemorySettings
from hybrid.stores.catalog import Catalog
from hybrid.stores.rows import VolumeRow
from hybrid.ttt.calibration import Step
from hybrid.types.reports import MAX_POINTS, MemoryTraining, TrainingPoint, VolumeInfo, VolumeReport

CALIBRATION = "memory calibration"
"""Under which the catalog holds the step of each model, by its fingerprint."""


def train_on_corpus(
    writer: Writer,
    model: MemoryModel,
    settings: MemorySettings,
    progress: Progress,
    tally: Tally,
    maker: PairMaker | None,
    executor: Executor,
) -> None:
    """Adapt the volumes that the corpus should have and has not, and drop those that it should not have.

    The memory is ``ready`` afterwards, unless a volume could not be adapted, which the tally says. An interruption
    loses the volumes that ``executor`` was adapting; ingesting again goes on with them. With self-study ``maker`` makes
    the pairs that are missing; it is ``None`` where there is none. A volume that makes its own text less likely is kept
    for the record and not mounted; the tally says so.
    """
    if writer.catalog.commit() is None:
        return
    with tally.timed("memory"):
        material = Material(writer.catalog, writer.directory, model, study=maker is not None)
        pairs = pair_digests(writer.catalog, writer.directory, maker, progress, tally) if maker is not None else {}
        documents = _measured(writer, material, settings, pairs)
        if model.uncalibrated and documents:
            model = _calibrated(writer, model, material, plan(documents, settings.volume_tokens, ""), progress)
        wanted = plan(documents, settings.volume_tokens, model.volume_identity)
        # A file that was found damaged when it was mounted is in quarantine, and missing here.
        rows = writer.catalog.volumes()
        there = {row.digest for row in rows if (writer.directory / row.stored.file).exists()}
        missing = [volume for volume in wanted if volume.digest not in there]
        total, done = sum(volume.tokens for volume in missing), 0
        for volume, found in executor.adapted(model, missing, material, progress):
            done += volume.tokens
            if isinstance(found, NotAdapted):
                tally.note(
                    f"the volume of {_sources_of(writer, volume)} was not adapted, and the index answers for it: "
                    f"{found.reason}; ingest again to try it again"
                )
                continue
            tensors, sha256, report = found
            writer.commit_volume(volume.digest, volume.access_class, volume.parts, tensors, sha256, report)
            progress("memory", done, total, f"{done:,} tokens")
            tally.trained_tokens += volume.tokens
            if report.loss is not None:
                tally.losses.append((volume.tokens, report.loss))
            if report.harm is not None:
                named = _sources_of(writer, volume)
                tally.notes.append(f"the volume of {named} is not used: {report.harm}; the index answers for it")
        digests = {volume.digest for volume in wanted}
        commit = writer.catalog.commit()
        stale = [row.id for row in writer.catalog.volumes() if row.digest not in digests]
        if stale or (commit is not None and commit.memory_state != ("ready" if wanted else "none")):
            writer.drop_volumes(stale)


def _sources_of(writer: Writer, volume: PlannedVolume) -> str:
    """The first source that a volume holds, and how many documents more."""
    names = writer.catalog.names({part.document_id for part in volume.parts})
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{min(min(each) for each in names.values())}{more}"


def settled(catalog: Catalog, model: MemoryModel) -> MemoryModel:
    """The model with the step that it was calibrated to on this corpus, where it was."""
    found = json.loads(catalog.info(CALIBRATION) or "{}").get(model.fingerprint) if model.uncalibrated else None
    return model if found is None else model.with_step(Step(*found))


def _calibrated(
    writer: Writer, model: MemoryModel, material: Material, volumes: Sequence[PlannedVolume], progress: Progress
) -> MemoryModel:
    """The model with the step that suits it, found on the longest volume and stored with the corpus."""
    longest = max(volumes, key=lambda one: one.tokens)
    step = model.calibrate(
        material.tokens(longest.parts),
        lambda one: progress("memory", 0, longest.tokens, f"calibrating the step size: {one}"),
    )
    if step is None:
        return model
    known = json.loads(writer.catalog.info(CALIBRATION) or "{}")
    writer.catalog.set_info(CALIBRATION, json.dumps(known | {model.fingerprint: list(step)}))
    model = model.with_step(step)
    writer.identity = model.volume_identity
    return model


def _measured(writer: Writer, material: Material, settings: MemorySettings, pairs: Mapping[int, str]) -> list[Measured]:
    """The documents with their lengths; what is in a volume has been measured, and stays in its group as long as its
    access class is the same."""
    known = {
        part.document_id: part
        for row in writer.catalog.volumes()
        if row.identity == writer.identity
        for part in row.parts
    }
    sources = {row.source: row for row in writer.catalog.sources()}

    def measured() -> Iterator[Measured]:
        for row in writer.catalog.documents():
            part = known.get(row.id)
            length = part.of if part else len(material.document(row.id))
            key = group_key(sources[row.source], sources, settings.separate_by)
            if part and access_class(part.key) == access_class(key):
                key = part.key
            yield Measured(row.id, row.sha256, length, key, pairs.get(row.id))

    return list(measured())


def read_training(catalog: Catalog, model: str | None) -> MemoryTraining:
    """What the memory was adapted to, volume by volume. ``model`` is its name."""
    rows = catalog.volumes()
    names = {row.id: row.source for row in catalog.documents()}
    points: list[TrainingPoint] = []
    at = 0
    for row in rows:
        report = VolumeReport.model_validate(row.report)
        if report.loss is not None:
            points.append(TrainingPoint(start=at, end=at + row.tokens, loss=report.loss))
        at += row.tokens
    infos = tuple(_info(row, names) for row in rows)
    return MemoryTraining(tokens=at, points=_thinned(points), model=model, volumes=infos)


def _info(row: VolumeRow, names: Mapping[int, str]) -> VolumeInfo:
    sources = tuple(dict.fromkeys(names[part.document_id] for part in row.parts if part.document_id in names))
    report = VolumeReport.model_validate(row.report)
    facts = {"access_class": row.access_class, "tokens": row.tokens, "tensors_sha256": row.tensors_sha256}
    return VolumeInfo(id=row.id, file=row.stored.file, sources=sources, report=report, **facts)


def _thinned(points: list[TrainingPoint]) -> tuple[TrainingPoint, ...]:
    """At most `MAX_POINTS`: neighbours become one, with the mean of their losses by tokens."""
    while len(points) > MAX_POINTS:
        pairs = zip(points[::2], [*points[1::2], None], strict=False)
        points = [one if other is None else _joined(one, other) for one, other in pairs]
    return tuple(points)


def _joined(one: TrainingPoint, other: TrainingPoint) -> TrainingPoint:
    a, b = one.end - one.start, other.end - other.start
    return TrainingPoint(start=one.start, end=other.end, loss=(a * one.loss + b * other.loss) / (a + b))
