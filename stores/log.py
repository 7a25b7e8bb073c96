"""The log of a corpus: what was asked, answered, ingested, removed and exported, in records that follow one another.

A line of ``log.jsonl`` is one record in canonical JSON (keys sorted, no spaces, ASCII). Its ``sha256`` is that of the
record without its content, so with the sha256 of the content and that of the record before: whoever changes, removes,
inserts or reorders a record breaks the chain. ``log.head`` has the number and sha256 of the last record, and the
catalog those of the last ingest or removal, so that a log which was cut off is told from a whole one. Content can be
taken out (`redact`): its sha256 stays, and a record that follows says of which records it was taken. A random salt in
the content keeps its sha256 from being guessed.

Whoever can write to the directory can write another log from its first record on: keep the head that
``hybrid log verify`` prints somewhere else.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from hybrid.errors import CorpusError, CorpusLockedError, CorruptCorpusError
from hybrid.stores.files import PRIVATE_FILE, disk_full_errors, refuse_links, sync_directory, write_atomically
from hybrid.types.logs import LogRecord, LogReport

FILE, HEAD, LOCK = "log.jsonl", "log.head", "log.lock"
START = "0" * 64
"""What the first record has in the place of the sha256 of the one before."""
WAIT = 10.0
"""Seconds to wait for another process that writes a record, which takes it milliseconds. Not measured."""
REDACTION = "redaction"
CUT_OFF = "cut off or replaced"
_TAIL = 65_536
PUT_ASIDE = (
    f"put back a copy of it, or move {FILE} and {HEAD}, as far as they are there, to another place and run hybrid "
    "repair, which begins a new log"
)
GO_ON = "put back the log that it names, or run hybrid repair to go on with what is there"
_COMMIT = re.compile(rb'"commit":([0-9]{1,18})[,}]')
_FIELDS = ("at", "content_sha256", "event", "identity", "previous", "sequence")


def exists(directory: Path) -> bool:
    """Whether a log was begun."""
    return (directory / FILE).exists() or (directory / HEAD).exists()


def _check_files(directory: Path) -> None:
    """Raise `CorruptCorpusError` where something else than the log's files has their names, or one is missing."""
    refuse_links(directory, FILE, HEAD)
    for name in (FILE, HEAD):
        if (directory / name).exists() and not (directory / name).is_file():
            raise CorruptCorpusError(f"{directory / name} is not a file; {PUT_ASIDE}")
    written = (directory / FILE).exists() and len(list(islice(_lines(directory), 2))) == 2
    if not (directory / HEAD).exists() and written:  # with one record the process may have ended before it was written
        raise CorruptCorpusError(
            f"{directory / HEAD} is missing: whether {FILE} was cut off at its end cannot be told; {PUT_ASIDE}"
        )
    if (directory / HEAD).exists() and not (directory / FILE).exists():
        raise CorruptCorpusError(f"{directory / FILE} is missing, and {HEAD} is there; {PUT_ASIDE}")


def append(directory: Path, event: str, content: Mapping[str, Any], identity: str | None = None) -> LogRecord:
    """Write a record, and wait until it is on the disk. ``content`` is plain JSON data.

    Raises:
        CorruptCorpusError: the log was cut off, or its end is damaged; nothing is written, so that it shows.
        CorpusError: the directory cannot be written to, or the disk is full; nothing of the record is left.
    """
    with _locked(directory):
        return _append(directory, event, content, identity)


def records(directory: Path) -> Iterator[LogRecord]:
    """The records, oldest first, as they stand there. Raises `CorruptCorpusError` for a line that is none."""
    _check_files(directory)
    for number, line in enumerate(_lines(directory), 1):
        found = _read(line)
        if isinstance(found, str):
            raise CorruptCorpusError(f"{directory / FILE}, record {number}: {found}; {PUT_ASIDE}")
        yield found


def redact(directory: Path, concerns: Callable[[LogRecord], bool], reason: Mapping[str, Any]) -> int:
    """Take the content out of the records that ``concerns`` names, and write a record that says so; of how many.

    Raises what `append` raises, and then the log is as it was.
    """
    with _locked(directory):
        _end(directory)
        every = list(records(directory))
        chosen = {one.sequence for one in every if one.content is not None and one.event != REDACTION and concerns(one)}
        linked = {one.content.get("question") for one in every if one.sequence in chosen and one.content is not None}
        chosen |= {one.sequence for one in every if one.sequence in linked and one.content is not None}
        if not chosen:
            return 0
        lines = [_line(one.model_copy(update={"content": None}) if one.sequence in chosen else one) for one in every]
        content = {**reason, "records": sorted(chosen)}
        lines.append(_line(_next(every[-1], REDACTION, content, None)))

        def write(path: Path) -> None:
            path.touch(PRIVATE_FILE)
            path.write_bytes(b"".join(lines))

        with disk_full_errors(directory):
            write_atomically(directory / FILE, write)
        _write_head(directory, every[-1].sequence + 1, json.loads(lines[-1])["sha256"])
        return len(chosen)


def check(directory: Path, recorded: str | None = None, head: str | None = None) -> LogReport:
    """Whether every record is as it was written, and none is missing.

    Args:
        recorded: what the catalog has of the log (`mark`), if anything.
        head: the sha256 of a record that is known to have been in it.
    """
    refuse_links(directory, FILE, HEAD)
    try:
        _check_files(directory)
    except CorruptCorpusError as error:
        if not (directory / FILE).is_file():
            return LogReport(records=0, head=None, problems=(str(error),))
        problems = [str(error)]
    else:
        problems = []
    known: dict[int, str] = {}
    taken: set[int] = set()
    allowed: set[int] = set()
    previous, number = START, 0
    for number, line in enumerate(_lines(directory), 1):
        found = _read(line)
        said = found if isinstance(found, str) else _wrong(found, number, previous)
        if isinstance(found, str) or said is not None:
            problems.append(f"{FILE}, record {number}: {said}; what follows was not looked at")
            break
        known[number], previous = found.sha256, found.sha256
        if found.content is None:
            taken.add(number)
        elif found.event == REDACTION:
            allowed.update(one for one in found.content.get("records", ()) if isinstance(one, int))
    else:
        problems += [] if problems else _cut_off(directory, known, recorded)
    if not problems:
        problems += [f"{FILE}, record {one}: its content is gone, and no removal says so" for one in taken - allowed]
    if head is not None and head not in known.values():
        problems.append(f"no record has the sha256 {head}: the log was cut off before it, or is another one")
    return LogReport(records=len(known), head=known.get(len(known)), redacted=len(taken), problems=tuple(problems))


def mark(record: LogRecord) -> str:
    """What the catalog keeps of a record, for `check`."""
    return f"{record.sequence} {record.sha256}"


def later(directory: Path, recorded: str | None, newest: int) -> tuple[int, int] | None:
    """The number of the first record after the one that the catalog names (``recorded``) which is of a later commit
    than the ``newest`` of the catalog, and that commit. Then the catalog went back, and the log did not.

    Lines are looked at for the commit that they may name before any is read as JSON: a log has as many as there were
    questions."""
    refuse_links(directory, FILE)
    after = int(number) if (number := (recorded or "0").partition(" ")[0]).isdigit() else 0
    for line in _lines(directory):
        if not any(int(one) > newest for one in _COMMIT.findall(line)):
            continue
        found = _read(line)
        if isinstance(found, str) or found.sequence <= after or found.content is None:
            continue
        commit = found.content.get("commit")
        if isinstance(commit, int) and commit > newest:
            return found.sequence, commit
    return None


def _cut_off(directory: Path, known: Mapping[int, str], recorded: str | None) -> Iterator[str]:
    """What the head and the catalog have that the records have not."""
    if _rest(directory):
        yield f"{FILE} ends within a record: its writing was interrupted, or it was cut off; the next record mends it"
    try:
        sequence, digest = _head(directory)
    except CorruptCorpusError as error:
        yield str(error)
        sequence, digest = 0, START
    if (sequence and known.get(sequence) != digest) or len(known) > sequence + 1:
        yield f"{HEAD} names record {sequence}, and {FILE} has another, or ends elsewhere: it was {CUT_OFF}"
    if recorded is not None:
        number, _, wanted = recorded.partition(" ")
        if known.get(int(number) if number.isdigit() else 0) != wanted:
            said = f"has another or none: it was {CUT_OFF}" if exists(directory) else "is gone"
            yield f"the catalog names record {number}, and {FILE} {said}"


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    refuse_links(directory, FILE, HEAD, LOCK)
    if not os.access(directory, os.W_OK):
        raise CorpusError(f"{directory / FILE} cannot be written: the corpus can only be read")
    lock = FileLock(directory / LOCK, timeout=WAIT, mode=PRIVATE_FILE)
    try:
        with disk_full_errors(directory):
            lock.acquire()
    except Timeout as error:
        raise CorpusLockedError(f"another process has been writing to {directory / FILE} for {WAIT:g} s") from error
    except OSError as error:
        raise CorpusError(f"{directory / FILE} cannot be written ({error.strerror or error})") from error
    try:
        yield
    finally:
        lock.release()


def whole_bytes(directory: Path) -> int:
    """How many bytes of whole records the log has now, to be copied while others write; 0 where there is none."""
    if not (directory / FILE).exists():
        return 0
    refuse_links(directory, FILE)
    with _locked(directory) if os.access(directory, os.W_OK) else nullcontext():
        return (directory / FILE).stat().st_size - _rest(directory)


def head_of(last_line: bytes) -> bytes:
    """The content of the file ``log.head`` for a log whose last line this is. Raises `ValueError` for another line."""
    record = _read(last_line)
    if isinstance(record, str):
        raise ValueError(record)
    return f"{record.sequence} {record.sha256}\n".encode("ascii")


def last(directory: Path) -> LogRecord | None:
    """The last record. Raises `CorruptCorpusError` where the log is damaged at its end."""
    return _end(directory)


def _append(directory: Path, event: str, content: Mapping[str, Any], identity: str | None) -> LogRecord:
    last = _end(directory)
    record = _next(last, event, content, identity)
    path = directory / FILE
    new = not path.exists()
    try:
        with disk_full_errors(directory):
            path.touch(PRIVATE_FILE)
            _write(path, _line(record))
            if new:
                sync_directory(directory)
    except OSError as error:
        raise CorpusError(f"{path} could not be written ({error.strerror or error})") from error
    _write_head(directory, record.sequence, record.sha256)
    return record


def _write(path: Path, line: bytes) -> None:
    """Add a line, or nothing of it."""
    with path.open("ab", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        try:
            if file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # a disk that is nearly full takes a part
            os.fsync(file.fileno())
        except OSError:
            file.truncate(size)
            raise


def _write_head(directory: Path, sequence: int, digest: str) -> None:
    """Write the number and sha256 of the last record. Where the disk is full now the one before stays: `_end` and
    `check` know one record more."""

    def write(path: Path) -> None:
        path.touch(PRIVATE_FILE)
        path.write_text(f"{sequence} {digest}\n", encoding="ascii")

    try:
        write_atomically(directory / HEAD, write)
    except OSError:
        return


def _head(directory: Path) -> tuple[int, str]:
    """The number and sha256 of the last record, or of the one before it; 0 where none was written."""
    try:
        said = (directory / HEAD).read_text(encoding="ascii")
    except FileNotFoundError:
        return 0, START
    except (OSError, UnicodeDecodeError):
        said = ""
    number, _, digest = said.removesuffix("\n").partition(" ")
    if not number.isdigit() or said != f"{int(number)} {digest}\n" or len(digest) != len(START):
        raise CorruptCorpusError(f"{directory / HEAD} is damaged; {PUT_ASIDE}")
    return int(number), digest


def _end(directory: Path) -> LogRecord | None:
    """The last record. What an interrupted writer left of the next one is cut off.

    Raises `CorruptCorpusError` where the head names another record than the last and the one before it.
    """
    _check_files(directory)
    sequence, digest = _head(directory)
    rest = _rest(directory)
    if rest:
        os.truncate(directory / FILE, (directory / FILE).stat().st_size - rest)
    last = _last(directory)
    found = last.sequence if last is not None else 0
    wrong = found not in (sequence, sequence + 1)
    if last is not None and not wrong:
        wrong = digest != (last.sha256 if found == sequence else last.previous)
    if wrong:
        said = f"{directory / FILE} does not end with record {sequence}, as {HEAD} says"
        raise CorruptCorpusError(f"{said}; {PUT_ASIDE}")
    return last


def _last(directory: Path) -> LogRecord | None:
    """The last whole record, if there is one."""
    line, path = b"", directory / FILE
    size = path.stat().st_size if path.exists() else 0
    if size:
        with path.open("rb") as file:
            at, tail = size, b""
            while at and tail.count(b"\n") < 2:
                at = max(0, at - _TAIL)
                file.seek(at)
                tail = file.read(size - at)
        line = tail[:-1].rpartition(b"\n")[2] + tail[-1:]
    found = _read(line) if line else None
    if isinstance(found, str):
        raise CorruptCorpusError(f"the last record of {path} is damaged: {found}; {PUT_ASIDE}")
    return found


def _rest(directory: Path) -> int:
    """How many bytes of a record without its end stand at the end."""
    path = directory / FILE
    size = path.stat().st_size if path.exists() else 0
    if not size:
        return 0
    with path.open("rb") as file:
        at, rest = size, 0
        while at:
            first = max(0, at - _TAIL)
            file.seek(first)
            block = file.read(at - first)
            if b"\n" in block:
                return rest + len(block) - 1 - block.rindex(b"\n")
            rest += len(block)
            at = first
    return rest


def _lines(directory: Path) -> Iterator[bytes]:
    """The whole lines, with their ends."""
    path = directory / FILE
    if path.is_file():
        with path.open("rb") as file:
            yield from (line for line in file if line.endswith(b"\n"))


def _next(last: LogRecord | None, event: str, content: Mapping[str, Any], identity: str | None) -> LogRecord:
    salted = {**content, "salt": secrets.token_hex(16)}
    fields = {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "content_sha256": _sha256(salted),
        "event": event,
        "identity": identity,
        "previous": last.sha256 if last is not None else START,
        "sequence": last.sequence + 1 if last is not None else 1,
    }
    return LogRecord.model_validate({**fields, "content": salted, "sha256": _sha256(fields)})


def _wrong(record: LogRecord, number: int, previous: str) -> str | None:
    """What is wrong with a record that should have this number and follow the one with this sha256."""
    if record.sequence != number or record.previous != previous:
        return "it does not follow the one before: a record was removed, inserted or moved"
    if record.sha256 != _sha256({name: getattr(record, name) for name in _FIELDS}):
        return "it was changed: its sha256 is another"
    if record.content is not None and _sha256(record.content) != record.content_sha256:
        return "its content was changed: the sha256 is another"
    return None


def _read(line: bytes) -> LogRecord | str:
    """The record of a line, or why it is none: also where it is another spelling of one."""
    try:
        found = LogRecord.model_validate(json.loads(line))
        return found if _line(found) == line else "it is not as it was written"
    except (ValueError, TypeError, RecursionError):  # pydantic's and json's are ValueErrors
        return "it is no record"


def _line(record: LogRecord) -> bytes:
    return _canonical(record.model_dump(mode="json")) + b"\n"


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _sha256(value: Any) -> str:
    return hashlib.sha256(_canonical(value)).hexdigest()
