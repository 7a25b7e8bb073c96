"""Where a corpus keeps the vectors that it searches: the seam between commits and an index of whatever kind.

The catalog holds the vector of every chunk, so what stands behind these protocols can always be made again from it.
`hybrid.stores.faiss_files` keeps a file a commit in the corpus's directory, `hybrid.stores.postgresql.vectors` a table
beside the catalog's, `hybrid.stores.point_store` a collection in Qdrant or Milvus. `hybrid.stores.vector_places` says
which of them a corpus has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from hybrid.stores.rows import CommitRow, StoredFile
from hybrid.stores.transaction import Transaction
from hybrid.stores.vectors import Ids, VectorIndex, Vectors
from hybrid.types.reports import IntegrityProblem

VECTORS = "vectors"
"""The fact about a corpus that says where its vectors are, where that is not the file of each commit."""
FORMER = "vectors before"
"""The fact about a corpus that names a place which may still have its vectors: they were made again at another."""
PENDING = "vectors pending"
"""The fact that has the ids of chunks, a JSON list, which a commit removed and whose points may still be there."""


class IndexChanges(Protocol):
    """The index as the one writer changes it, commit by commit. The caller holds the write lock.

    A commit calls `add` and `remove` within its transaction, then `save`; `committed` once the transaction has ended,
    or `failed` where it did not.
    """

    def __len__(self) -> int:
        """How many vectors there are, as far as the index is loaded."""

    @property
    def whole(self) -> bool:
        """Whether the index that the newest commit names is there and complete; else a commit has to `save` it."""

    def load(self, dimension: int | None) -> None:
        """Be ready to change the index; make it again from the catalog's vectors where it is damaged or missing. Ends
        what a writer that was killed left. ``dimension`` is that of vectors to come, where there are none yet."""

    def rebuild(self) -> None:
        """Make it again from the catalog's vectors, whatever is there."""

    def add(self, transaction: Transaction, ids: Ids, vectors: Vectors) -> None:
        """Add ``vectors`` ``[n, dimension]`` of chunks that the transaction has added, ``ids`` ``[n]``."""

    def remove(self, transaction: Transaction, ids: Ids) -> None:
        """Remove those of chunks that the transaction has removed."""

    def save(self, transaction: Transaction, n: int | None = None) -> StoredFile:
        """What the commit records as its index; the commit's number is ``n``, or the next."""

    def committed(self) -> None:
        """The transaction was committed. Raises nothing: what cannot be done now is done by the next writer."""

    def failed(self) -> None:
        """The transaction was rolled back, or nobody knows."""


class VectorStore(Protocol):
    """Where one corpus keeps its vectors."""

    @property
    def kind(self) -> str:
        """``faiss``, ``pgvector``, ``qdrant`` or ``milvus``."""

    @property
    def where(self) -> str:
        """Where it is, as the setting ``stores.vectors`` says it. Never holds a key."""

    @property
    def called(self) -> str:
        """What messages call it. Never holds a key."""

    def index(self, commit: CommitRow | None, dimension: int, exact_up_to: int) -> tuple[VectorIndex, str | None]:
        """The index of a commit, to be searched, and what is to be said of it. It is read in the state of the catalog
        that the thread which searches reads."""

    def reusable(self, before: CommitRow | None, commit: CommitRow | None) -> bool:
        """Whether an index that was loaded for one commit is that of another."""

    def changes(self, exact_up_to: int, notes: list[str]) -> IndexChanges:
        """The index to be changed; what was rebuilt is said in ``notes``."""

    def ids(self, commit: CommitRow) -> frozenset[int]:
        """The ids of all vectors that are there. Raises `CorruptCorpusError` where that cannot be read."""

    def problems(self, commit: CommitRow, chunks: frozenset[int]) -> Iterator[IntegrityProblem]:
        """What is missing, damaged or too many, where the catalog has these chunks."""

    def finish(self) -> None:
        """Delete what removals that are committed have left, and see that it is gone. The caller holds the write
        lock. Raises `VectorsUnreachableError`."""

    def drop(self) -> None:
        """Delete all of it, with the corpus."""


def unlike(there: int, missing: int, extra: int, chunks: int) -> str:
    """What is said of an index whose vectors are not those of the catalog's chunks."""
    if there != chunks:
        return f"it holds {there:,} vectors, and the catalog {chunks:,} chunks"
    return f"{max(missing, extra):,} of its vectors are of chunks that the catalog does not have"
