"""What a corpus writes to its log (`hybrid.stores.log`), as its settings say: nothing, unless they name an event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hybrid.errors import CorpusError
from hybrid.types.answers import Answer, Citation, Hit
from hybrid.types.documents import text_sha256
from hybrid.types.events import EndEvent, Events, NoteEvent
from hybrid.types.reports import IngestReport

if TYPE_CHECKING:
    from hybrid.settings import LogEvent, LogSettings
    from hybrid.stores.catalog import Catalog
    from hybrid.types.filters import Filter

MARK = "log"
"""The fact about a corpus that names the last record of an ingest or a removal."""

WENT_BACK = "went back"
"""The fact about a corpus that its catalog went back, and the log did not: the record, its commit, and the catalog's
newest then. It is set before a change, after which the numbers say nothing any more, and `hybrid repair` takes it
away."""


def went_back(directory: Path, catalog: Catalog) -> tuple[int, int, int] | None:
    """What `WENT_BACK` has, also where nothing was changed since."""
    from hybrid.stores import log

    known = (catalog.info(WENT_BACK, checked=False) or "").split()
    if len(known) == 3 and all(one.isdigit() for one in known):
        return int(known[0]), int(known[1]), int(known[2])
    try:
        if log.later(directory, catalog.info(MARK, checked=False), _newest(catalog)) is None:
            return None
        with catalog.reading(None):  # another process may have committed after what is read here
            newest = _newest(catalog)
            found = log.later(directory, catalog.info(MARK, checked=False), newest)
    except OSError:  # a log that cannot be read stops nothing, and hybrid verify says so
        return None
    return None if found is None else (*found, newest)


def _newest(catalog: Catalog) -> int:
    commit = catalog.commit()
    return commit.n if commit else 0


def said_of_going_back(directory: Path, catalog: Catalog) -> tuple[str, str] | None:
    """That the catalog went back, in words, and what to do; ``None`` where it did not."""
    found = went_back(directory, catalog)
    if found is None:
        return None
    record, later, newest = found
    now = _newest(catalog)
    at = f"is at commit {now}" if now == newest else f"was at commit {newest} after that"
    return (
        f"The log knows of commit {later} (record {record}), and {catalog.called} {at}: an older copy was put in its "
        "place, and what came later is not in it",
        "put back a copy of the whole corpus as it was after that, or run hybrid repair to go on with what is there, "
        "and ingest again what came later",
    )


class Recorder:
    """Writes records for a corpus, for whom it is asked by. A record that cannot be written stops nothing: what was
    asked for is done, and says so."""

    def __init__(self, directory: Path, catalog: Catalog, settings: LogSettings, identity: str | None) -> None:
        self._directory = directory
        self._catalog = catalog
        self._settings = settings
        self._identity = identity

    def note(self, event: LogEvent, content: Mapping[str, Any]) -> str | None:
        """Write a record; what to tell where that failed."""
        return self._written(event, content)[1]

    def search(self, query: str | None, where: Filter | None, hits: Sequence[Hit], commit: int | None) -> str | None:
        """Record a search, where questions are recorded: what was looked for (nothing of a vector) and what was found;
        what to tell where that failed."""
        content = {
            **({} if query is None else self._text("question", query)),
            **self._narrowed(where),
            "commit": commit,
            "hits": [self._place(hit) for hit in hits],
        }
        return self._written("search", content, named="question")[1]

    def _written(self, event: str, content: Mapping[str, Any], named: LogEvent | None = None) -> tuple[Any, str | None]:
        """The record that was written, if any, and what to tell. ``named`` is what the settings call the event."""
        if (named or event) not in self._settings.events:
            return None, None
        from hybrid.stores import log

        try:
            note = self._log_gone()
            return log.append(self._directory, event, content, self._identity), note
        except CorpusError as error:
            return None, f"The log does not have this {event}: {error}"

    def _log_gone(self) -> str | None:
        """That the log which the catalog knows of is not there any more: nothing of the new one would show it."""
        from hybrid.stores import log

        known = self._catalog.info(MARK)
        if known is None or log.exists(self._directory):
            return None
        return (
            f"The log of this corpus is gone: the catalog knows of record {known.partition(' ')[0]}, and neither "
            f"{log.FILE} nor {log.HEAD} is there; a new log was begun; hybrid log verify says so until the next ingest"
        )

    def _text(self, name: str, text: str) -> dict[str, str]:
        if self._settings.text == "none":
            return {}
        return {name: text} if self._settings.text == "full" else {f"{name}_sha256": text_sha256(text)}

    def stream(self, question: str, where: Filter | None, events: Events) -> Events:
        """The events of an answer; the question is recorded with the first, the answer before the last. What the log
        lacks is noted in the answer."""
        asked, note = self._written("question", {**self._text("question", question), **self._narrowed(where)})
        with closing(events):
            for event in events:
                if not isinstance(event, EndEvent):
                    yield event
                    continue
                content = {**self._answer(event.answer), "question": asked.sequence if asked is not None else None}
                notes = [one for one in (note, self.note("answer", content)) if one is not None][:1]
                yield from (NoteEvent(note=one) for one in notes)
                answer = event.answer.model_copy(update={"notes": (*event.answer.notes, *notes)})
                yield EndEvent(answer=answer) if notes else event

    def _narrowed(self, where: Filter | None) -> dict[str, Any]:
        return {"where": where.model_dump(mode="json")} if where and self._settings.text == "full" else {}

    def _place(self, one: Citation | Hit) -> dict[str, Any]:
        named = {"source": one.source} if self._settings.text == "full" else {}
        return {"sha256": one.sha256, "start": one.start, "end": one.end, **named}

    def _answer(self, answer: Answer) -> dict[str, Any]:
        cited = [self._place(one) for one in answer.citations]
        verdicts = [claim.verdict for claim in answer.claims]
        return {
            **self._text("text", answer.text),
            "found": answer.found,
            "commit": answer.commit,
            "route": answer.route.name,
            "verdicts": {one: verdicts.count(one) for one in dict.fromkeys(verdicts)},
            "citations": cited,
        }

    def before_change(self) -> None:
        """Let the catalog remember that it went back, if it did. Nothing is raised: the change itself says why it
        cannot be written."""
        with suppress(CorpusError):
            if (found := went_back(self._directory, self._catalog)) is not None:
                self._catalog.set_info(WENT_BACK, " ".join(map(str, found)))

    def report(self, event: LogEvent, catalog: Catalog, report: IngestReport) -> IngestReport:
        """Record an ingest or a removal, and let the catalog name the record. The report notes where that failed."""
        counts = {"files": report.files, "parts": report.parts, "commit": report.commit}
        if event == "removal":
            gone = [one.sha256 for one in report.certificate.removed] if report.certificate is not None else []
            content: dict[str, Any] = {**counts, "sources": len(report.removed), "documents_removed": gone}
        else:
            left_out = [{"source": one.source, "code": one.code} for one in report.skipped]
            names = {"added": report.added, "changed": report.changed, "duplicates": report.duplicates}
            renamed = [list(pair) for pair in report.renamed]
            content = {
                **counts,
                **{key: list(of) for key, of in names.items()},
                "renamed": renamed,
                "skipped": left_out,
            }
        record, note = self._written(event, content)
        if record is not None:
            from hybrid.stores import log

            with suppress(CorpusError):  # the next one does it
                catalog.set_info(MARK, log.mark(record))
        back = said_of_going_back(self._directory, self._catalog)
        notes = [] if note is None else [note]
        notes += [] if back is None else ["; ".join(back)]
        return report.model_copy(update={"notes": (*report.notes, *notes)}) if notes else report
