"""Searches that are made when a corpus is exported, and again when it was imported: they have to find the same."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from hybrid.archive.contents import Found, Probe
from hybrid.stores.catalog import Catalog
from hybrid.stores.query import exact_phrase
from hybrid.stores.rows import CommitRow
from hybrid.stores.vector_places import vector_store
from hybrid.stores.vectors import VectorIndex

PROBES = 8
"""Chunks that are searched for, spread evenly over the corpus. Not measured: each takes two searches."""
_NEAREST = 10
_WORDS = 6  # of the phrase: enough to find few chunks
_SAME = 1e-4
"""Of cosines: float32 sums of the same products, in another order, differ by about 1e-6."""


def probed(directory: Path, catalog: Catalog, commit: CommitRow | None, exact_up_to: int) -> tuple[Probe, ...]:
    """The probes of a corpus as it is."""
    if commit is None:
        return ()
    index, _ = vector_store(catalog, directory).index(commit, int(catalog.info("dimension") or 1), exact_up_to)
    ids = sorted(catalog.all_chunk_ids())
    chosen = [ids[at * len(ids) // PROBES] for at in range(PROBES)] if ids else []
    return tuple(_probe(catalog, index, one) for one in dict.fromkeys(chosen))


def _probe(catalog: Catalog, index: VectorIndex, chunk_id: int) -> Probe:
    sha256s = catalog.sha256s()
    document, start, end = catalog.spans([chunk_id])[chunk_id]
    nearest: list[tuple[int, float]] = []
    if index.exact:
        _, vectors = catalog.vectors([chunk_id])
        scores, ids = index.search(vectors, _NEAREST)
        nearest = [(one, score) for one, score in zip(ids[0].tolist(), scores[0].tolist(), strict=True) if one >= 0]
    words = re.findall(r"\w+", catalog.text(document, start, end))[:_WORDS]
    matching = catalog.chunks_matching(exact_phrase(" ".join(words))) if words else []
    return Probe(
        of=_found(catalog, sha256s, [(chunk_id, 0.0)])[0],
        nearest=_found(catalog, sha256s, nearest),
        matching=tuple(
            sorted(
                _found(catalog, sha256s, [(one, 0.0) for one, _ in matching]),
                key=lambda found: (found.sha256, found.start, found.end),
            )
        ),
    )


def _found(catalog: Catalog, sha256s: Mapping[int, str], chunks: Sequence[tuple[int, float]]) -> tuple[Found, ...]:
    spans = catalog.spans([one for one, _ in chunks])
    return tuple(
        Found(sha256=sha256s[spans[one][0]], start=spans[one][1], end=spans[one][2], score=score)
        for one, score in chunks
    )


def differing(before: Iterable[Probe], now: Iterable[Probe]) -> str | None:
    """What the first probe that finds something else does, in words; ``None`` where all find the same."""
    here = {_place(one.of): one for one in now}
    for probe in before:
        again = here.get(_place(probe.of))
        if again is None:
            return f"the chunk {_said(probe.of)} is not there"
        if probe.nearest and again.nearest and not _same(probe.nearest, again.nearest):
            return f"a search for the vector of the chunk {_said(probe.of)} finds other chunks"
        if probe.matching != again.matching:
            return f"a search for the words of the chunk {_said(probe.of)} finds other chunks"
    return None


def _same(before: Sequence[Found], now: Sequence[Found]) -> bool:
    """Whether two searches found the same, but for the order of equal scores and which of them are the last."""
    scores = np.array([one.score for one in before]), np.array([one.score for one in now])
    if len(before) != len(now) or not np.allclose(*scores, rtol=0, atol=_SAME):
        return False
    least = before[-1].score + 2 * _SAME
    places = [{_place(one): one.score for one in found} for found in (before, now)]
    return all(
        abs(score - others.get(place, -np.inf)) <= _SAME
        for own, others in (places, reversed(places))
        for place, score in own.items()
        if score > least
    )


def _place(found: Found) -> tuple[str, int, int]:
    return found.sha256, found.start, found.end


def _said(found: Found) -> str:
    return f"{found.start}–{found.end} of the document {found.sha256[:12]}"


def texts_digest(catalog: Catalog, document_ids: Iterable[int]) -> str:
    """A sha256 of the documents' own and their texts' sha256, in their order; the texts are read and hashed."""
    digest = hashlib.sha256()
    for one in document_ids:
        document = catalog.document(one)
        digest.update(text_line(document.sha256, document.text))
    return digest.hexdigest()


def text_line(sha256: str, text: str) -> bytes:
    """What a document adds to `texts_digest`."""
    return f"{sha256} {hashlib.sha256(text.encode()).hexdigest()}\n".encode()
