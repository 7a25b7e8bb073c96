"""What the adapters to other frameworks share: the corpus behind a component, where a hit stands, what an answer says
of itself, and passages from what another framework retrieved.

A framework's own classes are not known here: `hybrid.langchain`, `hybrid.llamaindex` and `hybrid.haystack` make them of
this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from threading import Lock
from typing import Any, get_args
from uuid import UUID

from hybrid._arguments import filter_of as filter_of
from hybrid._arguments import number_of_hits as number_of_hits
from hybrid._arguments import order_of as order_of
from hybrid.corpus import Corpus
from hybrid.errors import InputError
from hybrid.ingest.external_documents import from_metadata
from hybrid.types.answers import Answer, Citation, Claim, Hit, RouteName
from hybrid.types.base import shown
from hybrid.types.documents import Document, DocumentStatus, Passage, sha256_hex

PLACE = ("source", "title", "start", "end", "page", "last_page", "lines", "sha256")
"""The keys of metadata that say where a span stands, as `place_of` gives them and `passage_from` reads them."""


def corpus_of(given: object) -> Corpus | str | Path:
    """``given``, an open corpus or the directory of one. Raises `InputError` for anything else."""
    if isinstance(given, Corpus | Path) or (isinstance(given, str) and given.strip()):
        return given
    raise InputError(f"corpus must be an open hybrid.Corpus, or the directory of one, not {shown(given)}")


def checked_route(given: object) -> RouteName | None:
    """``given``, the name of a route or ``None``. Raises `InputError` for anything else."""
    if given is not None and given not in get_args(RouteName):
        raise InputError(f"route is {', '.join(map(repr, get_args(RouteName)))} or None, not {shown(given)}")
    return given  # type: ignore[return-value]  # it is one of them


class Opener:
    """Opens a corpus once, whichever thread asks for it first. One that was given open stays the caller's to close."""

    def __init__(self, given: Corpus | str | Path, open_path: Callable[[Path], Corpus] | None = None) -> None:
        self.given = given
        self._open_path = open_path or (lambda path: Corpus.open(path, create=False))
        self._corpus: Corpus | None = given if isinstance(given, Corpus) else None
        self._lock = Lock()

    def __call__(self) -> Corpus:
        """The corpus. Raises `CorpusNotFoundError` if there is none at the path."""
        with self._lock:
            if self._corpus is None:
                self._corpus = self._open_path(Path(str(self.given)))
            return self._corpus

    def __deepcopy__(self, memo: object) -> Opener:
        return self  # what is open is shared

    def __reduce__(self) -> tuple[type[Opener], tuple[Corpus | str | Path]]:
        return Opener, (self.given,)

    @property
    def directory(self) -> str:
        """Where it is, opened or not."""
        return str(self.given.directory if isinstance(self.given, Corpus) else self.given)


def place_of(hit: Hit, document: Document) -> dict[str, Any]:
    """Where a hit stands, who says it and when: plain values, which are JSON.

    The keys are those of `PLACE`, and ``speaker``, ``author``, ``date``, ``status`` and ``status_reason``. Pages and
    lines count from 1. The speaker is the one at the beginning of the span, which may hold several.
    """
    from hybrid.answering.evidence import speaker_of  # here: it brings libraries that making a component does not need

    return {
        **{key: getattr(hit, key) for key in PLACE},
        "lines": list(hit.lines),
        "speaker": speaker_of(document, hit.start),
        "author": hit.author,
        "date": document.date,
        **_status(hit.status),
    }


def cited_place(citation: Citation) -> dict[str, Any]:
    """Where a citation stands, who says it and when: the keys of `place_of`, and what only a citation has."""
    own = ("number", "page_label", "before", "after", "privileged", "ocr")
    return {
        **{key: getattr(citation, key) for key in (*PLACE, *own, "speaker", "author", "date")},
        "lines": list(citation.lines),
        "copies": list(citation.copies),
        "custodians": list(citation.custodians),
        **_status(citation.status),
    }


def _status(status: DocumentStatus | None) -> dict[str, str | None]:
    named = None if status is None else (status.name, status.reason)
    return {"status": named and named[0], "status_reason": named and named[1]}


def beside_own(place: Mapping[str, Any], document: Document) -> dict[str, Any]:
    """``place`` beside the document's own metadata. What of those has a key of ``place`` with another value stands
    under ``document``. Values that JSON has no form for become text."""
    own = {key: as_json(value) for key, value in from_metadata(document.metadata).items()}
    hidden = {key: value for key, value in own.items() if key == "document" or place.get(key, value) != value}
    return own | dict(place) | ({"document": hidden} if hidden else {})


def as_json(value: Any) -> Any:
    """A value of metadata as JSON has it: dates in ISO 8601, numbers and truth values as they are, else text."""
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | UUID) else value


def placed(answer: Answer) -> Iterator[tuple[Claim, int, int]]:
    """Each claim with its span in the answer's text, in the order of the text."""
    at = 0
    for claim in answer.claims:
        start = answer.text.index(claim.text, at)
        at = start + len(claim.text)
        yield claim, start, at


def facts_of(answer: Answer) -> dict[str, Any]:
    """What an answer says of itself besides its text and its citations, as JSON.

    ``verdicts`` has every claim with its span in the text (``start_index``, ``end_index``), its verdict, who decided
    it, and the numbers of its citations; ``draft`` is what was written and nothing supports, which is no part of the
    answer.
    """
    about = {"verdict", "origin", "support", "decided_by", "probability", "contradicted_by", "qualification"}
    verdicts = [
        {
            "text": claim.text,
            "start_index": start,
            "end_index": end,
            **claim.model_dump(mode="json", include=about),
            "citations": [citation.number for citation in claim.citations],
        }
        for claim, start, end in placed(answer)
    ]
    return {
        "found": answer.found,
        "route": answer.route.name,
        "p_comprehension": answer.route.p_comprehension,
        "route_forced": answer.route.forced,
        "commit": answer.commit,
        "where": None if answer.where is None else str(answer.where),
        "verdicts": verdicts,
        "digest": [part.model_dump(mode="json") for part in answer.digest],
        "draft": None if answer.draft is None else answer.draft.model_dump(mode="json"),
        "notes": list(answer.notes),
    }


def support_of(citation: Citation, answer: Answer) -> float | None:
    """The highest score behind the verdict of a claim that the citation supports; ``None`` for one that supports none,
    but says otherwise."""
    return max((claim.support for claim in answer.claims if citation in claim.citations), default=None)


def passage_from(
    text: str, metadata: Mapping[str, Any], name: str, start: object = None, page: int | None = None
) -> Passage:
    """What another library retrieved, as a passage to answer from.

    Args:
        text: the passage.
        metadata: where it stands. With the keys of `PLACE`, as hybrid's own retrievers write them, that counts.
        name: its source, where the metadata name none.
        start: else where it begins in its document, in characters, if that is known.
        page: else its page, from 1.

    Raises:
        InputError: an empty text, or a place that is none.
    """
    source = str(metadata.get("source") or name)
    title = str(metadata.get("title") or source)
    own, end, lines = (metadata.get(key) for key in ("start", "end", "lines"))
    if isinstance(own, int) and isinstance(end, int) and own >= 0 and end - own == len(text) and lines:
        return Passage(
            text=text,
            source=source,
            title=title,
            sha256=str(metadata.get("sha256") or sha256_hex(text.encode("utf-8", "surrogatepass"))),
            start=own,
            page=metadata.get("page"),
            last_page=metadata.get("last_page"),
            line=int(lines[0]),
        )
    return Passage(
        text=text,
        source=source,
        title=title,
        sha256=sha256_hex(text.encode("utf-8", "surrogatepass")),
        start=start if isinstance(start, int) and start > 0 else 0,
        page=page,
        last_page=page,
    )
