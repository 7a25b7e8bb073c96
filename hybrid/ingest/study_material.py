"""What volumes are adapted to: the tokens of their documents and, with self-study, the pairs about them.

The pairs of a document are made once and kept with the corpus (`hybrid.stores.study`), so that a volume can be adapted
again without a chat model, and go with the document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from hybrid.errors import CorruptCorpusError, ModelError
from hybrid.ingest.progress import Progress, Tally
from hybrid.stores.catalog import Catalog
from hybrid.stores.rows import VolumePart
from hybrid.stores.study import load_pairs, save_pairs
from hybrid.types.study import Exercise, StudyPairs


class PairMaker(Protocol):
    """What ingest needs of a `hybrid.study.making.PairMaker`."""

    def wants(self, known: StudyPairs | None) -> bool:
        """Whether pairs are to be made where these are known."""

    def pairs(self, text: str) -> StudyPairs:
        """The pairs of a document."""


class Encodes(Protocol):
    """What is needed of a memory's model."""

    @property
    def end_of_document(self) -> int:
        """The token between documents."""

    def encode(self, text: str) -> list[int]:
        """Token ids of a text."""


class Material:
    """The tokens and exercises of volumes, given by their parts. Without ``study`` there are no exercises."""

    def __init__(self, catalog: Catalog, directory: Path, model: Encodes, *, study: bool) -> None:
        self._catalog = catalog
        self._directory = directory
        self._model = model
        self._study = study

    def document(self, document_id: int) -> list[int]:
        """A document's tokens and its end."""
        return [*self._model.encode(self._catalog.text(document_id)), self._model.end_of_document]

    def tokens(self, parts: Sequence[VolumePart]) -> list[int]:
        """A volume's tokens."""
        return [token for part in parts for token in self.document(part.document_id)[part.start : part.end]]

    def exercises(self, parts: Sequence[VolumePart]) -> list[Exercise]:
        """A volume's exercises: those whose passages lie in its parts, by where their middles stand."""
        if not self._study:
            return []
        sha256s = self._catalog.sha256s()
        found: list[Exercise] = []
        for part in parts:
            text = self._catalog.text(part.document_id)
            known = load_pairs(self._directory, sha256s[part.document_id])
            for pair in known.pairs if known else ():
                at = (pair.start + pair.end) / 2 / max(1, len(text)) * part.of
                if part.start <= at < part.end:
                    passage = " ".join(text[pair.start : pair.end].split())
                    found.append(Exercise(pair.question, pair.answer, passage))
        return found


def pair_digests(
    catalog: Catalog, directory: Path, maker: PairMaker, progress: Progress, tally: Tally
) -> Mapping[int, str]:
    """A digest of each document's pairs by its id; pairs that are missing are made first, each document's kept as soon
    as it has them.

    Raises `ModelError` where the maker's chat model fails; what was made until then is kept.
    """
    rows = catalog.documents()
    found: dict[int, str] = {}
    made: list[StudyPairs] = []
    for number, row in enumerate(rows, 1):
        try:
            known = load_pairs(directory, row.sha256)
        except CorruptCorpusError as error:
            tally.notes.append(f"the questions about {row.source} were made again: {error}")
            known = None
        if known is None or maker.wants(known):
            progress("memory", 0, len(rows), f"questions about document {number:,} of {len(rows):,}")
            try:
                known = maker.pairs(catalog.text(row.id))
            except ModelError as error:
                raise ModelError(
                    f"{error}; it was asked about {row.source}, and the questions about {len(made):,} documents before "
                    "it are kept: ingest again with it to go on, or without it to have templates ask about the others"
                ) from error
            save_pairs(directory, row.sha256, known)
            made.append(known)
        found[row.id] = known.digest
    if made:
        dropped = sum(one.dropped for one in made)
        tally.notes.append(
            f"{sum(len(one.pairs) for one in made):,} questions with answers were made of {len(made):,} documents for "
            f"the memory to study, and {dropped:,} dropped, whose answers their passages do not support"
        )
    return found
