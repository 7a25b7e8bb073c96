"""The chain of custody: every file and part of one that is in a corpus, or was left out of it and why."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from hybrid.errors import InputError
from hybrid.stores.catalog import Catalog
from hybrid.stores.cells import damaged
from hybrid.stores.records import ROWS_LOST
from hybrid.stores.rows import LogRow
from hybrid.text.formatting import printable, visible_name
from hybrid.types.base import FrozenModel
from hybrid.types.reports import SkippedFile

_EVENT = "left_out"
_DAMAGED = "in corpus, but {} is not as it was recorded: what stands here may be wrong; hybrid verify says what to do"
_LOST_FROM = "catalog.sqlite, table log"
_LOST = "rows of it were lost or edited before {}: files that were left out until then may be missing here"
_FORMULA = ("=", "+", "-", "@")


class CustodyRow(FrozenModel):
    """One file, or one part of a file: ``in corpus`` or ``left out``, with the reason; ``damaged``, where what
    is recorded of it was edited or damaged; or ``lost``, where it is not
    known what was left out before a time. ``sha256``, ``bytes`` and ``modified`` (ISO 8601, UTC) are the file's when it
    was read; of what was left out, where it could be read."""

    source: str
    part_of: str | None = None
    outcome: str
    sha256: str | None = None
    bytes: int | None = None
    modified: str | None = None
    characters: int | None = None
    media_type: str | None = None
    date: str | None = None
    custodian: str | None = None
    reason: str | None = None


def record_left_out(catalog: Catalog, skipped: Sequence[SkippedFile]) -> None:
    """Write to the catalog's log what an ingest left out, unless the log says just that."""
    if not skipped:
        return
    known = left_out(catalog.log(checked=False))  # whatever is wrong with it: what is left out now is written
    if any(known.get(one.source) != one for one in skipped):
        with catalog.transaction() as transaction:
            transaction.log(_EVENT, files=[one.model_dump(mode="json") for one in skipped])


def left_out(log: Iterable[LogRow]) -> dict[str, SkippedFile]:
    """What is left out of a corpus by the log of its ingests, by source: what was read or removed since is not."""
    found: dict[str, SkippedFile] = {}
    for row in log:
        if row.event in ("ingest", "remove"):
            sources = row.detail.get("sources")
            names = {str(name) for name in sources} if isinstance(sources, list) else set()
            found = {name: one for name, one in found.items() if name not in names and one.part_of not in names}
        elif row.event == _EVENT:
            files = row.detail.get("files")
            for file in files if isinstance(files, list) else []:
                one = _skipped(file)
                found[one.source] = one
    return found


def _modified(mtime_ns: int | None) -> str | None:
    if mtime_ns is None:
        return None
    try:
        return datetime.fromtimestamp(mtime_ns / 1e9, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError) as error:
        raise damaged("sources.mtime_ns", "a time", mtime_ns) from error


def _skipped(stored: object) -> SkippedFile:
    try:
        return SkippedFile.model_validate(stored)
    except InputError as error:
        raise damaged("log.detail", "a list of files that were left out", stored) from error


def rows(catalog: Catalog) -> list[CustodyRow]:
    """All files and parts, by source; a file that was read before and cannot be read now has two rows.

    Example:
        >>> [(row.source, row.outcome) for row in rows(catalog)]
        [('mail/1.eml', 'in corpus'), ('mail/1.eml#photo.png', 'left out')]
    """
    documents = {row.id: row for row in catalog.documents()}
    found = []
    for source in catalog.sources():
        document = documents[source.document_id]
        modified = _modified(source.mtime_ns)
        found.append(
            CustodyRow(
                source=source.source,
                part_of=source.parent,
                outcome="damaged" if document.damaged else "in corpus",
                sha256=source.sha256,
                bytes=source.size,
                modified=modified,
                characters=document.chars,
                media_type=document.media_type,
                date=source.details.get("date"),
                custodian=source.details.get("custodian"),
                reason=_DAMAGED.format(document.damaged) if document.damaged else None,
            )
        )
    log = catalog.log()
    found += (
        CustodyRow(source=_LOST_FROM, outcome="lost", reason=_LOST.format(row.at))
        for row in log
        if row.event == ROWS_LOST
    )
    found += (
        CustodyRow(
            source=one.source,
            part_of=one.part_of,
            outcome="left out",
            sha256=one.sha256,
            bytes=one.bytes,
            reason=one.reason,
        )
        for one in left_out(log).values()
    )
    return sorted(found, key=lambda row: (row.source, row.outcome))


def as_csv(found: Sequence[CustodyRow]) -> str:
    """The rows as RFC 4180 text, every field in quotes, lines ending in CR LF. A field that a spreadsheet would take
    for a formula begins with an apostrophe. Names are as `visible_name` has them: different ones look different."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerow(CustodyRow.model_fields)
    for row in found:
        named = {"source": visible_name(row.source), "part_of": visible_name(row.part_of or "")}
        writer.writerow([_field(value) for value in (row.model_dump() | named).values()])
    return file.getvalue()


def _field(value: object) -> str:
    text = "" if value is None else printable(str(value))
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
