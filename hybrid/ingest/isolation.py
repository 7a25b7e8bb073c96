"""Files parsed in a process of their own, with limits on time and memory: ``python -m hybrid.ingest.isolation`` is one.

A PDF or an archive made to fill the memory, to run for ever or to crash a parser costs itself alone: its process is
ended, the file is named with the reason, and the next file gets another process. A process reads requests, JSON
and the file's bytes, and answers each with JSON. No process is forked and nothing is unpickled, so a
script needs no ``if __name__ == "__main__"``, and what a parser that was taken over can answer is documents of the file
that it was given. A process that got nothing to do for `IDLE_S` ends by itself.
"""

from __future__ import annotations

import atexit
import json
import math
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from hybrid import errors
from hybrid.errors import DamagedDocumentError, DocumentError, DocumentTooLargeError, HybridError
from hybrid.ingest import frames
from hybrid.ingest.loaders.formats import detect, image_kind, is_binary
from hybrid.ingest.loaders.loading import Loaded, load
from hybrid.ingest.loaders.ocr import Ocr
from hybrid.settings import IngestSettings
from hybrid.types.documents import Document, sha256_hex
from hybrid.types.reports import SkippedFile

SECONDS, SECONDS_PER_MB = 10, 20
"""Of CPU for a file, and for each megabyte of it: of the formats PDF takes longest, 3 to 5 s a megabyte for two manuals
of 17 and 36 pages, and four times that for pages of text alone."""
_WAITING = 6
"""Times as long by the clock: a process that waits, or shares its core with five others."""
MEMORY, MEMORY_PER_BYTE = 512 * 2**20, 8
"""Bytes over what a process has before it parses: the larger of the two, the second for each byte of the file."""
OCR_SECONDS, OCR_MEMORY = 90, 3 * 2**30
"""More of CPU for each page that OCR reads, and of memory where it reads any: one of 8,000 characters takes 18 s and
1.7 GiB."""
IDLE_S = 60.0
"""How long a process waits for the next file. Not measured; to start one takes 0.3 s."""
_MB = 2**20
_RESERVE = 4 * _MB  # to be freed where memory ran out: large enough that it goes back to the system at once
_ADVICE = (
    'open it in its own program and save it again, or set ingest.isolate to "none" to read it without limits if you '
    "trust it"
)


def read_here(data: bytes, source: str, settings: IngestSettings) -> bool:
    """Whether a file is read in this process: plain text and Markdown, unless ``settings.isolate`` says otherwise, and
    images that nothing can read.

    Raises `DocumentError` for what no loader reads, as `load` does.
    """
    if settings.isolate != "auto":
        return settings.isolate == "none"
    if image_kind(data) is not None:
        return Ocr(settings.ocr).advice is not None  # to be told so
    return bool(data.strip()) and not is_binary(data) and detect(data, source) in ("text", "markdown")


def load_guarded(
    data: bytes, source: str, settings: IngestSettings, access: str, note: Callable[[str], object]
) -> Loaded:
    """The documents in a file's bytes, read in a process with limits if they are to be. ``note`` is told where they
    were not, as no process could be started. Raises `DocumentError`."""
    if not read_here(data, source, settings):
        try:
            return load_isolated(data, source, settings, access)
        except OSError as error:
            note(f"files were parsed without limits on time and memory: {error}")
    return load(data, source, settings, access=access)


def load_isolated(data: bytes, source: str, settings: IngestSettings, access: str = "access") -> Loaded:
    """`hybrid.ingest.loaders.loading.load`, in a process with limits.

    Raises:
        DocumentTooLargeError: the limit on time or memory was reached.
        DocumentError: as `load`; or the parser crashed.
        OSError: no process could be started.
    """
    while True:
        with suppress(_Ended), _POOL.process() as process:
            return process.load(data, source, settings, access)


class _Ended(Exception):  # noqa: N818 - the pool's own signal, never seen outside
    """The process had ended before it was asked: it was idle for long enough."""


class _Process:
    def __init__(self) -> None:
        if not sys.executable or getattr(sys, "frozen", False):  # the executable is a program, and no Python
            raise OSError("there is no Python interpreter to start")
        path = os.pathsep.join(entry for entry in sys.path if entry)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "hybrid.ingest.isolation"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # of parsers in C; what they say becomes the reason
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        assert self._process.stdout is not None
        if frames.receive(self._process.stdout) is None:
            self.close()
            raise OSError(f"the process that parses files did not start (exit status {self._process.returncode})")

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def load(self, data: bytes, source: str, settings: IngestSettings, access: str = "access") -> Loaded:
        """What the process makes of the file; afterwards it runs only if it can be asked again."""
        clock = _Clock(SECONDS + SECONDS_PER_MB * math.ceil(len(data) / _MB), self._process.kill)
        limits = {"seconds": clock.seconds, "memory": max(MEMORY, MEMORY_PER_BYTE * len(data))}
        ocr = Ocr(settings.ocr, len(data), lambda pages: clock.extend(OCR_SECONDS * pages))
        try:
            given = {"source": source, "settings": settings.model_dump(mode="json"), "access": access}
            answer = self._ask(given | limits, data, ocr)
        finally:
            clock.cancel()
        if answer is None:
            raise self._death(source, len(data), clock)
        try:
            return loaded_from(answer, source, sha256_hex(data))
        except DocumentError:
            raise
        except (HybridError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            self.close()
            raise DamagedDocumentError(source, f"its parser gave no documents ({error}); {_ADVICE}") from error

    def _ask(self, request: Mapping[str, Any], data: bytes, ocr: Ocr) -> bytes | None:
        """The answer, or ``None`` where the process ended in the middle of it. Pages that the process is about to read
        by OCR are taken from ``ocr``."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            frames.send(self._process.stdin, request, data)
        except OSError:
            if self._process.wait() == 0:
                raise _Ended from None
            return None
        while (found := frames.receive(self._process.stdout)) is not None and "ocr_pages" in found[0]:
            ocr.take(int(found[0]["ocr_pages"]))
        if found is None:
            if self._process.wait() == 0:
                raise _Ended
            return None
        head, body = found
        if head.get("last"):
            self.close()
        return body

    def _death(self, source: str, size: int, clock: _Clock) -> DocumentError:
        status = self._process.wait()
        if clock.late or status == -getattr(signal, "SIGXCPU", 0):
            time_taken = (
                f"{_WAITING * clock.seconds:.0f} s by the clock" if clock.late else f"{clock.seconds} s of CPU time"
            )
            return DocumentTooLargeError(source, f"reading it took over {time_taken} for {size:,} bytes; {_ADVICE}")
        name = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        return DamagedDocumentError(source, f"its parser crashed ({name}); {_ADVICE}")

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(OSError):  # what was still to be sent
                pipe.close()


class _Clock:
    """Ends a process that takes too long: over ``seconds`` of CPU, of which the clock on the wall shows more."""

    def __init__(self, seconds: int, kill: Callable[[], None]) -> None:
        self.seconds = 0
        self.late = False
        self._kill = kill
        self._started = time.monotonic()
        self._timer: threading.Timer | None = None
        self.extend(seconds)

    def extend(self, seconds: int) -> None:
        """Give it more time."""
        self.cancel()
        self.seconds += seconds
        left = _WAITING * self.seconds - (time.monotonic() - self._started)
        self._timer = threading.Timer(left, self._end)
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _end(self) -> None:
        self.late = True
        self._kill()


class _Pool:
    """Processes that are free. One is started when there is none; those of a process that forked stay its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: dict[int, list[_Process]] = {}

    @contextmanager
    def process(self) -> Iterator[_Process]:
        """A process for one file, or for several one after the other; free again afterwards if it still runs."""
        with self._lock:
            free = self._free.setdefault(os.getpid(), [])
            found = free.pop() if free else None
        if found is not None and not found.running:
            found.close()
            found = None
        if found is None:
            found = _Process()
        try:
            yield found
        except DocumentError:
            raise
        except BaseException:  # who interrupts the ingest leaves an answer that nobody will read
            found.close()
            raise
        finally:
            if found.running:
                with self._lock:
                    self._free.setdefault(os.getpid(), []).append(found)
            else:
                found.close()

    def close(self) -> None:
        with self._lock:
            for process in self._free.pop(os.getpid(), []):
                process.close()


_POOL = _Pool()
atexit.register(_POOL.close)


# Both ends ----------------------------------------------------------------------------------------------------------


def dumped(loaded: Loaded) -> bytes:
    """Documents as a process answers with them, which `loaded_from` reads."""
    documents = [one.model_dump(mode="json") for one in loaded.documents]
    skipped = [one.model_dump(mode="json") for one in loaded.skipped]
    return json.dumps({**asdict(loaded), "documents": documents, "skipped": skipped}).encode()


def loaded_from(answer: bytes, source: str, sha256: str) -> Loaded:
    """What a process answered, checked: documents of this file, and of no other. Raises what it says, a
    `DocumentError`, and `ValueError` and its like for an answer that is none."""
    found = json.loads(answer)
    if "error" in found:
        kind = getattr(errors, found["error"])
        if not issubclass(kind, DocumentError):
            raise ValueError(found["error"])
        raise kind(source, str(found["reason"]))
    documents = tuple(Document.model_validate(one) for one in found["documents"])
    skipped = tuple(SkippedFile.model_validate(one) for one in found["skipped"])
    if documents[0].source != source or documents[0].sha256 != sha256:
        raise ValueError("they are of another file")
    for name in (*(one.source for one in documents[1:]), *(one.source for one in skipped)):
        if not name.startswith(f"{source}#"):
            raise ValueError("they are of another file")
    pairs = (tuple((a, b) for a, b in found[name]) for name in ("undated", "left_out", "doubtful"))
    return Loaded(documents, skipped, *pairs)


# The process --------------------------------------------------------------------------------------------------------


def main(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer one request after the other until there are no more, or none comes for `IDLE_S`."""
    base = _address_space()
    frames.send(answers, {}, b"")
    while _comes(requests):
        found = frames.receive(requests)
        if found is None:
            return
        head, data = found
        reserve = bytearray(_RESERVE)
        limits = _Limits(head["seconds"], head["memory"], base)
        limits.set()

        def before_ocr(pages: int, limits: _Limits = limits) -> None:
            limits.for_ocr(pages)
            frames.send(answers, {"ocr_pages": pages}, b"")

        try:
            answer, last = _answer(head, data, before_ocr)
        except MemoryError:
            del reserve  # to say so takes memory, too
            _limit(limits.seconds, None)
            answer, last = _too_much(limits.memory), True
        size = _address_space()
        last = last or (size is not None and base is not None and size > base + limits.memory // 2)
        if limits.memory > head["memory"]:  # the engine stays loaded, and is no part of what the next file takes
            base = size
        frames.send(answers, {"last": last}, answer)
        if last:
            return
        del found, data, answer


@dataclass
class _Limits:
    """On seconds of CPU and on bytes of memory over ``base``, which is ``None`` where the system does not say."""

    seconds: int
    memory: int
    base: int | None
    _with_ocr: bool = False

    def set(self) -> None:
        _limit(self.seconds, None if self.base is None else self.base + self.memory)

    def for_ocr(self, pages: int) -> None:
        self.memory += 0 if self._with_ocr else OCR_MEMORY
        self._with_ocr = True
        self.seconds += OCR_SECONDS * pages
        _raise_limit(OCR_SECONDS * pages, None if self.base is None else self.base + self.memory)


def _answer(head: Mapping[str, Any], data: bytes, before_ocr: Callable[[int], None]) -> tuple[bytes, bool]:
    settings = IngestSettings.model_validate(head["settings"])
    try:
        return dumped(load(data, head["source"], settings, before_ocr, head["access"])), False
    except DocumentError as error:
        return error_of(error), False
    except MemoryError:
        raise  # to where there is a reserve
    except Exception as error:  # noqa: BLE001 - a parser's fault costs its file
        reason = f"its parser failed ({type(error).__name__}: {str(error)[:200]}); {_ADVICE}"
        return error_of(DamagedDocumentError("", reason)), True


def _too_much(memory: int) -> bytes:
    return error_of(DocumentTooLargeError("", f"reading it takes over {memory // _MB} MB of memory; {_ADVICE}"))


def error_of(error: DocumentError) -> bytes:
    """A document's error as a process answers with it."""
    return json.dumps({"error": type(error).__name__, "reason": error.reason}).encode()


def _comes(requests: IO[bytes]) -> bool:
    """Whether a request comes in time."""
    if os.name == "nt":  # pipes cannot be waited for there; the process ends with its parent
        return True
    return bool(select.select([requests], [], [], IDLE_S)[0])


def _address_space() -> int | None:
    """Bytes of this process's address space; ``None`` where the system does not say. Linux alone does, and keeps to a
    limit of it."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return None


def _limit(seconds: int, address_space: int | None) -> None:
    """Limit the CPU time and the address space from now on, where the system has such limits."""
    with suppress(ImportError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        _set_limit(resource.RLIMIT_CPU, math.ceil(used.ru_utime + used.ru_stime) + seconds)
        _set_limit(resource.RLIMIT_AS, address_space)


def _raise_limit(seconds: int, address_space: int | None) -> None:
    """Raise the limit on CPU time by so much, and that on the address space to so much."""
    with suppress(ImportError):
        import resource

        _set_limit(resource.RLIMIT_CPU, resource.getrlimit(resource.RLIMIT_CPU)[0] + seconds)
        _set_limit(resource.RLIMIT_AS, address_space)


def _set_limit(kind: int, value: int | None) -> None:
    import resource

    _, most = resource.getrlimit(kind)
    resource.setrlimit(kind, (most if value is None or 0 <= most < value else value, most))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted, and ends this process
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what a parser prints is no answer
    with suppress(BrokenPipeError):
        # Unbuffered: what waits in a buffer of Python's is nothing that select sees.
        main(os.fdopen(os.dup(sys.stdin.fileno()), "rb", buffering=0), answers)
