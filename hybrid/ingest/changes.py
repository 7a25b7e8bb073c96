"""Change detection: for each input do nothing, give a known document one more name, or take in a new one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from hybrid.errors import DamagedDocumentError, DocumentError, InputError, UnreadableClassError
from hybrid.ingest.discovery import Found, InputPath, discover, measured, separated, skip
from hybrid.ingest.execution import Executor
from hybrid.ingest.loaders.loading import Loaded
from hybrid.ingest.loaders.mime import numbered
from hybrid.ingest.progress import Progress, Tally
from hybrid.settings import IngestSettings
from hybrid.stores.catalog import Catalog
from hybrid.stores.full_text import storable
from hybrid.stores.rows import SourceEntry, SourceRow
from hybrid.types.documents import AS_JSON, FILE_DATE, Document, Metadata
from hybrid.types.reports import Outcome, SkippedFile

UNREADABLE_CLASS = "(unreadable)"
"""The class of access of a version whose file says another one now, which cannot be read."""


@dataclass(frozen=True)
class Incoming:
    """One input to be recorded: its names, the main one first, and those of its documents that are new."""

    entries: tuple[SourceEntry, ...]
    new: tuple[Document, ...]


def detect_changes(
    catalog: Catalog,
    inputs: Sequence[InputPath | Document | Iterable[Any]],
    settings: IngestSettings,
    progress: Progress,
    tally: Tally,
    executor: Executor,
    access: str = "access",
) -> Iterator[Incoming]:
    """Look at each input in turn, and hand on those that change the corpus.

    A file whose size and time are those on record is not read. One that was read is loaded only if its
    bytes are new to the corpus. Everything else goes to the tally: unchanged, skipped (with the reason).
    ``executor`` reads and loads files; ``access`` names the metadata that are a document's class of access.
    """
    with tally.timed("discover"):
        paths, documents, count = separated(inputs)
        found = list(discover(paths, settings)) if paths else []
    progress("discover", len(found), len(found), f"{len(found)} files")
    total = len(found) + count
    done = 0
    detector = _ChangeDetector(catalog, tally, executor, access)
    files = executor.ahead(found, detector.is_unread, detector.is_unloaded)
    for item in chain(files, (skip(one) if isinstance(one, DocumentError) else one for one in documents)):
        progress("load", done, max(total, done + 1), item.source)  # a stream does not say how long it is
        done += 1
        with tally.timed("load"):
            incoming = detector.detect(item)
        if incoming is not None:
            yield incoming
    detector.record_refreshed()
    progress("load", done, done, "")


class _ChangeDetector:
    def __init__(self, catalog: Catalog, tally: Tally, executor: Executor, access: str) -> None:
        self._access = access
        self._catalog = catalog
        self._tally = tally
        self._executor = executor
        self._before = {row.source: row for row in catalog.sources()}
        self._known = dict(self._before)  # and what this call handed on
        self._counted: set[str] = set()
        self._coming: set[str] = set()  # sha256 of the documents handed on
        self._refreshed: list[Found] = []

    def record_refreshed(self) -> None:
        """Record the new sizes and mtimes of files whose content is unchanged."""
        if self._refreshed:
            with self._catalog.transaction() as transaction:
                for found in self._refreshed:
                    transaction.refresh_mtime(found.source, found.size, found.mtime_ns)

    def detect(self, item: Found | SkippedFile | Document) -> Incoming | None:
        item = self._apart(item)
        known = self._known.get(item.source)
        self._tally.seen.add(item.source)
        try:
            if isinstance(item, SkippedFile):
                self._skip(item, known)
                return None
            incoming = self._document(item) if isinstance(item, Document) else self._file(item, known)
        except DocumentError as error:
            skipped = SkippedFile(source=item.source, code=error.code, reason=error.reason)
            hidden = known is not None and isinstance(error, UnreadableClassError)
            self._skip(measured(skipped, item.path) if isinstance(item, Found) else skipped, known, hidden=hidden)
            return self._hidden(known) if known is not None and hidden and not self._is_hidden(known) else None
        if incoming is None:
            if item.source not in self._counted:
                self._counted.add(item.source)
                self._tally.unchanged.append(item.source)
                self._tally.outcomes[item.source] = "unchanged", None
            return None
        self._count(incoming)
        return incoming

    def _apart(self, item: Found | SkippedFile | Document) -> Found | SkippedFile | Document:
        """A file named like an attachment that is in the corpus, ``m.eml#a.txt``, becomes ``m.eml%23a.txt``."""
        known = self._known.get(item.source)
        if not isinstance(item, Found) or known is None or known.parent is None:
            return item
        source = item.source.replace("#", "%23")
        self._tally.notes.append(f"{item.source} is also the name of an attachment; the file is named {source}")
        return replace(item, source=source)

    def _distinct(self, entries: tuple[SourceEntry, ...]) -> tuple[SourceEntry, ...]:
        """The entries with attachments that have a file's name, ``m.eml#a.txt``, numbered: ``m.eml#a (2).txt``."""
        renamed: dict[str | None, str] = {}
        made = list(entries[:1])
        for entry in entries[1:]:
            parent = renamed.get(entry.parent, entry.parent or "")
            given = name = parent + entry.name.removeprefix(entry.parent or "")
            count = 2
            while (row := self._known.get(name)) is not None and row.parent is None:
                name = numbered(given, count)
                count += 1
            renamed[entry.name] = name
            made.append(replace(entry, name=name, parent=parent or None))
        return tuple(made)

    def _file(self, found: Found, known: SourceRow | None) -> Incoming | None:
        if not self.is_unread(found):
            return None
        opened = self._executor.open(found)
        sha256 = opened.sha256
        if self._is_as_known(found, sha256):
            self._refreshed.append(found)
            return None
        main = SourceEntry(found.source, sha256, found.size, found.mtime_ns)
        duplicate = self._duplicate_file(sha256)
        if duplicate is not None:
            main = replace(main, details=duplicate.details)
            if known is None and _is_moved(duplicate.source, found):
                self._tally.renamed.append((duplicate.source, found.source))
            return Incoming(self._distinct((main, *self._attachments_of(duplicate.source, main))), ())
        return self._incoming(main, opened.load())

    def is_unread(self, found: Found) -> bool:
        """Whether a file has to be read: its size and time are not those on record."""
        known = self._known.get(found.source)
        return known is None or (known.size, known.mtime_ns) != (found.size, found.mtime_ns)

    def is_unloaded(self, found: Found, sha256: str) -> bool:
        """Whether a file with these bytes has to be loaded: they are new."""
        return not self._is_as_known(found, sha256) and self._duplicate_file(sha256) is None

    def _is_as_known(self, found: Found, sha256: str) -> bool:
        known = self._known.get(found.source)
        return known is not None and known.sha256 == sha256 and not self._is_hidden(known)

    def _duplicate_file(self, sha256: str) -> SourceRow | None:
        """A file with these bytes that is in the catalog, from which the same was extracted. Metadata of a document
        that was given as an object, or as an attachment, are not the file's."""
        document_id = self._catalog.document_with(sha256)
        if document_id is None:
            return None
        rows = self._catalog.sources(document_id=document_id)
        return next((row for row in rows if row.size is not None and not self._is_hidden(row)), None)

    def _document(self, document: Document) -> Incoming | None:
        known = self._known.get(document.source)
        try:  # once more: model_construct checks nothing, and what is stored is checked when it is read
            Document(**{name: getattr(document, name) for name in Document.model_fields})
            Metadata(**{name: getattr(document.metadata, name) for name in Metadata.model_fields})
        except (InputError, AttributeError) as error:
            raise DamagedDocumentError(document.source, f"the document is not valid: {error}") from None
        document = _described(document)
        details = document.metadata.model_dump(mode="json")
        same = known is not None and (known.sha256, known.parent) == (document.sha256, document.parent)
        if known is not None and same and known.details == details:
            return None
        main = SourceEntry(document.source, document.sha256, parent=document.parent)
        written = document.metadata.extra.get("date") if document.metadata.date is None else None
        written = None if written == "null" else written  # JSON, of a date that was given as None
        return self._incoming(main, Loaded((document,), undated=((document.source, written),) if written else ()))

    def _incoming(self, main: SourceEntry, loaded: Loaded) -> Incoming:
        for document in loaded.documents:
            if not storable(document.text):
                raise DamagedDocumentError(document.source, "its text holds NUL characters, as no text does")
        for part in loaded.skipped:
            self._tally.skipped.append(part.model_copy(update={"part_of": main.name}))
            self._tally.outcomes[part.source] = "left out", main.name
        self._tally.undated.extend(loaded.undated)
        self._tally.left_out.extend(loaded.left_out)
        self._tally.doubtful.extend(loaded.doubtful)
        self._tally.decoded.extend((one.source, one.metadata.extra) for one in loaded.documents)
        unread = {source for source, _ in loaded.undated}
        loaded = replace(
            loaded, documents=tuple(_described(one, dated=one.source not in unread) for one in loaded.documents)
        )
        main = replace(main, details=loaded.documents[0].metadata.model_dump(mode="json"))
        attached = (
            SourceEntry(part.source, part.sha256, parent=part.parent, details=part.metadata.model_dump(mode="json"))
            for part in loaded.documents[1:]
        )
        new = tuple(part for part in loaded.documents if self._catalog.document_with(part.sha256) is None)
        return Incoming(self._distinct((main, *attached)), new)

    def _attachments_of(self, duplicate: str, main: SourceEntry) -> Iterator[SourceEntry]:
        """The attachments of a source that is in the catalog, renamed to be those of ``main``."""
        tree = [(duplicate, main.name)]
        for theirs, ours in tree:  # grows: a mail may be attached to a mail
            for row in self._catalog.sources(parent=theirs):
                renamed = main.name + row.source.removeprefix(duplicate)
                tree.append((row.source, renamed))
                yield SourceEntry(renamed, row.sha256, parent=ours, details=row.details)

    def _count(self, incoming: Incoming) -> None:
        new = {document.sha256 for document in incoming.new} - self._coming
        for entry in incoming.entries:
            again = self._uncount(entry.name)
            known = self._before.get(entry.name)
            self._known[entry.name] = SourceRow(
                entry.name, 0, entry.sha256, entry.size, entry.mtime_ns, entry.parent, entry.details or {}
            )
            part_of = None if entry is incoming.entries[0] and entry.parent is None else incoming.entries[0].name
            moved = any(now == incoming.entries[0].name for _, now in self._tally.renamed)
            self._tally.outcomes[entry.name] = _outcome(entry, known, entry.sha256 in new, moved=moved), part_of
            if moved:
                continue
            if known is not None and known.sha256 == entry.sha256:
                if entry.details is not None and known.details != entry.details:
                    self._tally.changed.append(entry.name)  # of its metadata
                elif again:
                    self._tally.unchanged.append(entry.name)
                continue
            if known is not None:
                self._tally.changed.append(entry.name)
            elif entry.sha256 in new:
                self._tally.added.append(entry.name)
            if entry.sha256 not in new:
                self._tally.duplicates.append(entry.name)
            new.discard(entry.sha256)
        self._coming |= {document.sha256 for document in incoming.new}

    def _uncount(self, name: str) -> bool:
        """Take a source out of the tally if an earlier document of this call counted it: the last one counts."""
        if name not in self._counted:
            self._counted.add(name)
            return False
        tally = self._tally
        for names in (tally.added, tally.changed, tally.unchanged, tally.duplicates):
            if name in names:
                names.remove(name)
        return True

    def _hidden(self, known: SourceRow) -> Incoming:
        """The version before of a file whose class of access cannot be read any more, as one of a class that nobody
        has. Its time is none, so that the file is read again however it comes back."""
        extra = {**known.details.get("extra", {}), self._access: UNREADABLE_CLASS}
        listed = [name for name in json.loads(extra.pop(AS_JSON, "[]")) if name != self._access]
        details = {**known.details, "extra": extra | ({AS_JSON: json.dumps(listed)} if listed else {})}
        main = SourceEntry(known.source, known.sha256, known.size, 0, known.parent, details)
        return Incoming((main, *self._attachments_of(known.source, main)), ())

    def _is_hidden(self, known: SourceRow) -> bool:
        return bool(known.details.get("extra", {}).get(self._access) == UNREADABLE_CLASS)

    def _skip(self, skipped: SkippedFile, known: SourceRow | None, *, hidden: bool = False) -> None:
        if known is not None:
            until = ", and is nobody's who does not see every class, until its class can be read" if hidden else ""
            reason = f"{skipped.reason} (the version ingested before is kept{until})"
            skipped = skipped.model_copy(update={"reason": reason})
        self._tally.skipped.append(skipped)
        self._tally.outcomes[skipped.source] = "left out", None


def _is_moved(before: str, found: Found) -> bool:
    """Whether a file of the corpus with the same bytes is no longer in the folder in which ``found`` is."""
    return found.root is not None and Path(before).is_relative_to(found.root) and not os.path.lexists(before)


def _outcome(entry: SourceEntry, known: SourceRow | None, is_new: bool, *, moved: bool) -> Outcome:
    if moved:
        return "renamed"
    if known is None:
        return "added" if is_new else "duplicate"
    same = known.sha256 == entry.sha256 and entry.details in (None, known.details)
    return "unchanged" if same else "changed"


def _described(document: Document, *, dated: bool = True) -> Document:
    """The document, its metadata with what it says of itself where they do not say it: its status, and, if ``dated``,
    its date, by which `Filter.since` and ``until`` go. A mail without a date, and a date that is given and cannot be
    read, are reported: no other day takes their place."""
    found: dict[str, object] = {}
    given = document.metadata
    if given.status is None and document.status is not None:
        found["status"] = document.status
    if dated and document.date not in (None, given.date) and "date" not in given.extra:
        found["date"] = document.date
        if given.date is not None:
            found["extra"] = {**given.extra, FILE_DATE: given.date}
    return document.model_copy(update={"metadata": given.model_copy(update=found)}) if found else document
