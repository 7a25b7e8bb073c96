"""Answers from the documents that are whole, where others of the corpus are damaged.

Nothing of a damaged document is quoted, and where it is met an error names it. An answer, or a search, that does
not need it is given from the others, with a note; one that finds nothing there may have needed it, and so may a list or
a count: then the error stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from hybrid._runtime import Usage
from hybrid.errors import CorruptCorpusError, InputError
from hybrid.types.events import EndEvent, Event, Events, EvidenceEvent, NoteEvent, RouteEvent

if TYPE_CHECKING:
    from hybrid.answering.answerer import Answerer
    from hybrid.answering.request import RequestContext
    from hybrid.types.answers import Answer

_NAMED = 3  # documents in a note
Prepared = tuple["Answerer", "RequestContext"]
"""What answers a question, and the question as it was understood."""


class Opened(Protocol):
    """What is opened without some documents: a corpus."""

    @property
    def _usage(self) -> Usage:
        """Who uses it."""

    def close(self) -> None:
        """Give up its files."""


C = TypeVar("C", bound=Opened)


class Others(Generic[C]):
    """A corpus without its damaged documents. It is opened when the first of them is met, and again after a commit.

    Args:
        newest: the number of the newest commit.
        damaged: the damaged documents that may be seen, by id, with what they are called. Compares all texts.
        opened: opens the corpus without these documents, whose answers have that note.
    """

    def __init__(
        self,
        newest: Callable[[], int | None],
        damaged: Callable[[], dict[int, str]],
        opened: Callable[[tuple[int, ...], str], C],
    ) -> None:
        self._newest, self._damaged, self._opened = newest, damaged, opened
        self._lock = Lock()
        self._of: tuple[int | None, C] | None = None

    @contextmanager
    def corpus(self, error: CorruptCorpusError) -> Iterator[C]:
        """The corpus without them, for the block. Raises ``error`` where no document is damaged by itself, where it is
        met again, and where the others alone do not have what was asked for."""
        with self._lock:
            number = self._newest()
            if self._of is None or self._of[0] != number:
                self._close()
                try:
                    damaged = self._damaged()
                except CorruptCorpusError:  # more than documents is damaged
                    raise error from None
                if not damaged:
                    raise error
                self._of = number, self._opened(tuple(damaged), _note(list(damaged.values())))
            others = self._of[1]
        try:
            yield others
        except (CorruptCorpusError, InputError):  # what was asked for may stand in what is damaged alone
            raise error from None

    def _close(self) -> None:
        if self._of is not None:
            self._of[1].close()
            self._of = None

    def close(self) -> None:
        """Close the corpus that was opened."""
        with self._lock:
            self._close()


def _note(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return (
        f"Not looked at, as the text or what is recorded of it is damaged: {', '.join(names[:_NAMED])}{more}; hybrid "
        "verify names each with what to do."
    )


def needs_no_other(answer: Answer) -> bool:
    """Whether an answer from some of the documents stands whatever the others say: it found something, and it does
    not list or count."""
    return answer.found and answer.enumeration is None


def answered(others: Others[C], ask: Callable[[C], Prepared], error: CorruptCorpusError) -> tuple[str, list[Event]]:
    """The question as it stands alone, and all events of its answer from the documents that are whole. Raises
    ``error`` where they do not answer it."""
    with others.corpus(error) as corpus, corpus._usage.in_use():
        answerer, request = ask(corpus)
        events = list(answerer.stream(request))
    end = events[-1]
    if not isinstance(end, EndEvent) or not needs_no_other(end.answer):
        raise error
    return request.stated, events


def recovering(events: Events, again: Callable[[CorruptCorpusError], list[Event]]) -> Events:
    """The events of an answer; where a damaged document is met before anything of its text was told, those that
    ``again`` gives in their place."""
    told: list[Event] = []
    anew: list[Event] = []
    with closing(events):
        try:
            for event in events:
                if len(told) < _HEAD:
                    told.append(event)
                yield event
        except CorruptCorpusError as error:
            if not all(isinstance(one, RouteEvent | EvidenceEvent | NoteEvent) for one in told):
                raise
            anew = again(error)
    yield from (event for event in anew if event not in told)


_HEAD = 16
"""Events that are compared: more than come before an answer's text."""
