"""What happens on the way to an answer, in order: `Corpus.stream` gives these, and `Corpus.ask` collects them.

What an event says stands: no later event takes it back. `DraftEvent` alone is provisional, and no part of the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from hybrid.types.answers import Answer, Citation, Claim, Hit, Origin, Route


class _Event(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")


class RouteEvent(_Event):
    """The first event: where the question goes. ``question`` is the one that is searched for: a follow-up as it stands
    alone, without the questions before it."""

    kind: Literal["route"] = "route"
    question: str
    route: Route


class EvidenceEvent(_Event):
    """What was found: the search hits whose sentences are quoted, given to the generator and compared with what it
    writes."""

    kind: Literal["evidence"] = "evidence"
    hits: tuple[Hit, ...]


class DraftEvent(_Event):
    """A piece of what a generator writes, before anything of it is verified. It is no part of the answer: show it as
    a sign of work, or not at all."""

    kind: Literal["draft"] = "draft"
    text: str
    origin: Origin


class TextEvent(_Event):
    """A piece of the answer's text: a quote, or a whole verified sentence, with its marks. Put together, the pieces are
    ``answer.text``."""

    kind: Literal["text"] = "text"
    text: str


class CitationEvent(_Event):
    """A citation that was not there before, ahead of the claim that cites it."""

    kind: Literal["citation"] = "citation"
    citation: Citation


class ClaimEvent(_Event):
    """A claim, once its text is out: ``[start, end)`` of the answer's text, in characters, is ``claim.text``."""

    kind: Literal["claim"] = "claim"
    claim: Claim
    start: int = Field(ge=0)
    end: int = Field(gt=0)


class NoteEvent(_Event):
    """One of the answer's notes."""

    kind: Literal["note"] = "note"
    note: str


class EndEvent(_Event):
    """The last event: the answer, which holds everything that came before."""

    kind: Literal["end"] = "end"
    answer: Answer


Event = RouteEvent | EvidenceEvent | DraftEvent | TextEvent | CitationEvent | ClaimEvent | NoteEvent | EndEvent
"""Any of them; ``event.kind`` says which, and so does ``isinstance``."""

Events = Generator[Event, None, None]
"""Close it (or use `contextlib.closing`) to stop the work before the end."""


def collect(events: Events, on_token: Callable[[str], None] | None = None) -> Answer:
    """The answer that the events end with; ``on_token`` is called with each piece of its text.

    The events are closed whatever happens, also where ``on_token`` raises.
    """
    with closing(events):
        for event in events:
            if isinstance(event, TextEvent) and on_token is not None:
                on_token(event.text)
            elif isinstance(event, EndEvent):
                return event.answer
    raise AssertionError("the events have no end")  # an answerer's always have
