"""Vectors and their search, behind one small protocol so that another store can take FAISS's place."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cached_property
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, Self, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from hybrid.errors import CorruptCorpusError, InputError, InstallationError, MissingExtraError
from hybrid.settings import RetrievalSettings

_FAISS_PACKAGE = re.compile(r"faiss[-_.](cpu|gpu)([-_.](cu|cuda)\d+)?", re.IGNORECASE)


def installed() -> list[str]:
    """The distributions that bring a module ``faiss``, by name."""
    names = {distribution.name for distribution in metadata.distributions() if distribution.name}
    return sorted({name.lower().replace("_", "-") for name in names if _FAISS_PACKAGE.fullmatch(name)})


def load_faiss() -> ModuleType:
    """The module. Raises `InstallationError` if there is none, if two packages bring it, or if it cannot be loaded."""
    found = installed()
    if len(found) > 1:
        raise InstallationError(
            f"{' and '.join(found)} are both installed, and each has overwritten files of the other. Remove both and "
            f"install one: pip uninstall --yes {' '.join(found)}, then pip install 'hybrid-ttt-rag[cpu]', or [gpu] "
            "on a machine with an NVIDIA GPU"
        )
    try:
        import faiss
    except ModuleNotFoundError as error:
        if error.name != "faiss":
            raise
        raise MissingExtraError("the index needs FAISS", "cpu", ", or [gpu] on a machine with an NVIDIA GPU") from error
    except ImportError as error:
        brought = found[0] if found else "faiss"
        other = "pip install 'hybrid-ttt-rag[cpu]'" if "gpu" in brought else "pip install --force-reinstall faiss-cpu"
        raise InstallationError(
            f"{brought} is installed and cannot be loaded here ({error}); run pip uninstall --yes {brought}, "
            f"then {other}"
        ) from error
    module: ModuleType = faiss
    return module


faiss = load_faiss()
Vectors = NDArray[np.float32]
Ids = NDArray[np.int64]

# The approximate index is IVF-Flat: benchmarks/README.md, "Vector index" (benchmarks/vector_index.py).
_LISTS_PER_ROOT = 4
"""Lists for each square root of the vectors. FAISS advises 4 to 16; the table was made with 4, no other was tried."""
_PROBES = 64
"""Lists that a search looks into: of 8, 16, 32 and 64 that with a recall@10 of .986 to .996 up to 200,000 vectors."""
_TRAINING_PER_LIST = 64
"""Vectors that k-means sees for each list: between the 39 that FAISS asks for at least and its 256. Not varied: more
would lengthen the training, which is most of the 15 s at 100,000 vectors."""
_CENTRE_IS_VECTOR = 0.999
"""Cosine from which a list's centre gives a vector away: a cluster of one vector has it as its centre, up to rounding.
A bound, not a measurement."""
_SEED = 1234
_BITS_PER_ID = 1000
"""Bits of a selector for each of its ids; past that FAISS's set of ids, which grows with their number alone, is
taken. A bound of memory, not a measurement."""
_SELECTED_COST = 4
"""What a vector that a selector lets through costs in all lists, over what one of an exact index costs: 0.29 and 0.06
µs of CPU, 384 dimensions, 50,000 of 100,000 and 10,000 (benchmarks/question_scaling.py)."""


@runtime_checkable
class VectorIndex(Protocol):
    """Vectors by id, searched by inner product, which is cosine similarity where they have length 1.

    `FaissIndex` is the embedded one; `hybrid.stores.postgresql.vectors.PgIndex` and `hybrid.stores.points.PointIndex`,
    which is Qdrant's and Milvus's, stand in its place past one machine. What searches and commits knows this much and
    no more.
    """

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def exact(self) -> bool:
        """Whether every vector is compared in a search without ``among``, so that nothing can be missed."""

    def __len__(self) -> int:
        """How many vectors there are."""

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Adds ``vectors`` ``[n, dimension]`` under ``ids`` ``[n]``, none of which may be in it yet."""

    def remove(self, ids: Ids) -> int:
        """Removes what is there of ``ids`` and says how many that were."""

    def search(self, query: Vectors, k: int, among: Ids | None = None) -> tuple[Vectors, Ids]:
        """Scores ``[q, k]`` and ids ``[q, k]`` for ``query`` ``[q, dimension]``, best first.

        With ``among`` ``[m]``, the best of these ids. Where fewer than ``k`` are found the rest is
        ``-inf`` and ``-1``. Equal scores go by id.
        """

    def search_with_vectors(self, query: Vectors, k: int) -> tuple[Vectors, Ids, Vectors]:
        """The same among all, and the vectors that were found ``[q, k, dimension]``; it is undefined what stands
        where nothing was."""

    def ids(self) -> frozenset[int]:
        """The ids of all vectors."""


class FaissIndex:
    """`VectorIndex` with FAISS: exact up to ``exact_up_to`` vectors, IVF-Flat past that.

    Threads may search at once; adding and removing need the index for themselves.

    Example:
        >>> vectors = np.eye(3, dtype=np.float32)
        >>> index = FaissIndex.build(3, np.array([10, 20, 30]), vectors)
        >>> index.search(vectors[1:2], k=1)[1].tolist()
        [[20]]
    """

    def __init__(self, index: Any, exact_up_to: int, *, mapped: bool = False) -> None:
        self._index = index
        self._exact_up_to = exact_up_to
        self._mapped = mapped

    @cached_property
    def _ids(self) -> set[int]:
        return set(_ids_in(self._index).tolist())

    @classmethod
    def build(cls, dimension: int, ids: Ids, vectors: Vectors, exact_up_to: int | None = None) -> Self:
        """An index of these vectors, which may be none. ``exact_up_to`` is by default that of the settings."""
        limit = RetrievalSettings().exact_up_to if exact_up_to is None else exact_up_to
        if dimension < 1:
            raise InputError(f"vectors need at least one dimension, not {dimension}")
        ids, vectors = checked_ids(ids), checked_vectors(vectors, dimension)
        check_pairs(ids, vectors)
        index = _empty_exact(dimension) if len(ids) <= limit else _trained_approximate(vectors)
        if len(ids):
            index.add_with_ids(vectors, ids)
        return cls(index, limit)

    @classmethod
    def load(cls, path: str | Path, exact_up_to: int | None = None, *, mapped: bool = False) -> Self:
        """Reads what `save` wrote. Raises `CorruptCorpusError` if it is not a whole index of this kind.

        With ``mapped`` the vectors stay in the file, which must not change, and are read as they are
        searched; such an index cannot be changed.
        """
        try:
            index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC if mapped else 0)
        except RuntimeError as error:  # a missing file too
            raise CorruptCorpusError(f"{path} is not a readable index file; it can be built again") from error
        if not isinstance(index, faiss.IndexIDMap2 | faiss.IndexIVFFlat):
            raise CorruptCorpusError(f"{path} holds a {type(index).__name__}, not an index that hybrid wrote")
        return cls(index, RetrievalSettings().exact_up_to if exact_up_to is None else exact_up_to, mapped=mapped)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._index.d)

    @property
    def exact(self) -> bool:
        """Whether every vector is compared, so that nothing can be missed."""
        return isinstance(self._index, faiss.IndexIDMap2)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Adds vectors. Past ``exact_up_to``, or when the lists have grown too long, the index is rebuilt."""
        self._check_changeable()
        ids, vectors = checked_ids(ids), checked_vectors(vectors, self.dimension)
        check_pairs(ids, vectors)
        known = self._ids.intersection(ids.tolist())
        if known:
            raise InputError(f"{len(known)} ids are in the index already, such as {min(known)}; remove them first")
        if self._must_be_rebuilt(len(self) + len(ids)):
            old_ids, old_vectors = self.contents()
            everything = np.concatenate([old_ids, ids]), np.concatenate([old_vectors, vectors])
            self._index = self.build(self.dimension, *everything, self._exact_up_to)._index
        elif len(ids):
            self._index.add_with_ids(vectors, ids)
        self._ids.update(ids.tolist())

    def ids(self) -> frozenset[int]:
        """The ids of all vectors."""
        return frozenset(_ids_in(self._index).tolist())

    def _check_changeable(self) -> None:
        if self._mapped:  # FAISS would end the process
            raise InputError("this index is mapped from its file and cannot be changed; load it with mapped=False")

    def _must_be_rebuilt(self, size: int) -> bool:
        if self.exact:
            return size > self._exact_up_to
        return size > self._exact_up_to and _lists_for(size) > 2 * self._index.nlist

    def remove(self, ids: Ids) -> int:
        """Removes what is there of ``ids`` and says how many that were. The centre of a list that held little else than
        a removed vector is that vector, nearly: then the index is rebuilt without it."""
        self._check_changeable()
        present = np.array(sorted(self._ids.intersection(checked_ids(ids).tolist())), np.int64)
        if not len(present):
            return 0
        shown_by_a_centre = not self.exact and self._nearest_centre(present) > _CENTRE_IS_VECTOR
        self._index.remove_ids(present)
        self._ids.difference_update(present.tolist())
        if shown_by_a_centre:
            self._index = self.build(self.dimension, *self.contents(), self._exact_up_to)._index
        return len(present)

    def _nearest_centre(self, ids: Ids) -> float:
        """The largest cosine of one of these vectors and the centre of a list."""
        all_ids, vectors = self.contents()
        scores, _ = self._index.quantizer.search(vectors[np.isin(all_ids, ids)], 1)
        return float(scores.max())

    def search(self, query: Vectors, k: int, among: Ids | None = None) -> tuple[Vectors, Ids]:
        """The ``k`` most similar: scores and ids ``[q, k]``, padded with ``-inf`` and ``-1``.

        With ``among`` of no more than a quarter of ``exact_up_to`` ids the search is exact whatever the kind of index:
        those few vectors may stand in lists that an approximate search would not look into. Among more, as many of
        their vectors are compared as of all without ``among``, and all where that does not find ``k``.
        """
        scores, ids, _ = self._search(query, k, self._index.search, among)
        return scores, ids

    def search_with_vectors(self, query: Vectors, k: int) -> tuple[Vectors, Ids, Vectors]:
        """The same among all, and the vectors that were found ``[q, k, dimension]``."""
        scores, ids, found = self._search(query, k, self._index.search_and_reconstruct)  # IVF: without a selector only
        vectors = np.zeros((*ids.shape, self.dimension), dtype=np.float32)
        if found is not None:
            vectors[:, : found.shape[1]] = found
        return scores, ids, vectors

    def _search(
        self, query: Vectors, k: int, search: Callable[..., tuple[Any, ...]], among: Ids | None = None
    ) -> tuple[Vectors, Ids, Vectors | None]:
        """Scores, ids, and what else FAISS gives of each that it found, best first."""
        query = checked_query(query, self.dimension, k)
        scores = np.full((len(query), k), -np.inf, dtype=np.float32)
        ids = np.full((len(query), k), -1, dtype=np.int64)
        wanted = min(k, len(self))
        if wanted == 0 or len(query) == 0:
            return scores, ids, None
        scores[:, :wanted], ids[:, :wanted], *rest = search(query, wanted, params=self._only(among))
        if among is not None and not self.exact and (ids[:, : min(wanted, len(among))] < 0).any():
            scores[:, :wanted], ids[:, :wanted] = search(query, wanted, params=self._only(among, every_list=True))
        scores[ids < 0] = -np.inf  # FAISS pads with the least float
        order = np.lexsort((ids, -scores), axis=1)
        # Padding sorts to the end and stays there, so the order of those found is that of the first columns.
        found = np.take_along_axis(rest[0], order[:, :wanted, None], axis=1) if rest else None
        return np.take_along_axis(scores, order, axis=1), np.take_along_axis(ids, order, axis=1), found

    def _only(self, among: Ids | None, *, every_list: bool = False) -> Any:
        if among is None:
            return None
        among = checked_ids(among)
        chosen = _selector(among)
        # FAISS makes its parameters' constructors take keywords when it is loaded; its stubs do not say so.
        parameters: Any = faiss
        if self.exact:
            return parameters.SearchParameters(sel=chosen)
        lists = self._index.nlist
        if _SELECTED_COST * len(among) > self._exact_up_to and not every_list:
            lists = min(lists, math.ceil(self._index.nprobe * len(self) / len(among)))
        return parameters.SearchParametersIVF(sel=chosen, nprobe=lists)

    def save(self, path: str | Path) -> None:
        """Writes the index to ``path``, over what is there. Raises `OSError` if it cannot."""
        try:
            faiss.write_index(self._index, str(path))
        except RuntimeError as error:
            raise OSError(f"the index cannot be written to {path}: {error}") from error

    def contents(self) -> tuple[Ids, Vectors]:
        """All ids ``[n]`` and vectors ``[n, dimension]``, exactly as they were added, in no set order."""
        ids = _ids_in(self._index)
        if self.exact:
            return ids, cast(Vectors, self._index.index.reconstruct_n(0, len(ids)))
        lists = self._index.invlists
        parts = [np.empty((0, self.dimension), dtype=np.float32)]
        for number in range(self._index.nlist):
            if size := lists.list_size(number):
                codes = faiss.rev_swig_ptr(lists.get_codes(number), size * self.dimension * 4)
                parts.append(codes.view(np.float32).reshape(size, self.dimension).copy())
        return ids, np.concatenate(parts)


def _selector(ids: Ids) -> Any:
    """FAISS's test of an id. A bit an id is half as slow as a set, but as large as the largest id."""
    most = int(ids.max(initial=0))
    if most >= _BITS_PER_ID * (len(ids) + 1) or int(ids.min(initial=0)) < 0:
        return faiss.IDSelectorBatch(ids)
    bits = np.zeros(most + 1, bool)
    bits[ids] = True
    return faiss.IDSelectorBitmap(np.packbits(bits, bitorder="little"))


def _empty_exact(dimension: int) -> Any:
    return faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))


def _lists_for(size: int) -> int:
    return max(1, min(size, int(_LISTS_PER_ROOT * size**0.5)))  # k-means needs a vector a list


def _trained_approximate(vectors: Vectors) -> Any:
    dimension = vectors.shape[1]
    lists = _lists_for(len(vectors))
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dimension), dimension, lists, faiss.METRIC_INNER_PRODUCT)
    index.cp.seed = _SEED
    index.cp.min_points_per_centroid = 1  # a small exact_up_to is allowed, and no reason for a warning
    index.cp.max_points_per_centroid = _TRAINING_PER_LIST
    index.cp.spherical = True  # the nearest list by inner product is the nearest by angle
    index.nprobe = _PROBES
    index.train(vectors)
    return index


def _ids_in(index: Any) -> Ids:
    if isinstance(index, faiss.IndexIDMap2):
        return cast(Ids, faiss.vector_to_array(index.id_map).astype(np.int64))
    lists = index.invlists
    parts = [np.empty(0, dtype=np.int64)]
    for number in range(index.nlist):
        if size := lists.list_size(number):
            parts.append(faiss.rev_swig_ptr(lists.get_ids(number), size).copy())
    return np.concatenate(parts)


def checked_ids(ids: Ids) -> Ids:
    """Ids ``[n]``. Raises `InputError` for another shape."""
    ids = np.ascontiguousarray(ids, dtype=np.int64)
    if ids.ndim != 1:
        raise InputError(f"ids must be of shape [n], not {list(ids.shape)}")
    return ids


def checked_vectors(vectors: Vectors, dimension: int) -> Vectors:
    """Vectors ``[n, dimension]``. Raises `InputError` for another shape, and for numbers that are not finite."""
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    if vectors.ndim != 2 or vectors.shape[1] != dimension:
        raise InputError(f"vectors must be of shape [n, {dimension}], not {list(vectors.shape)}")
    if not np.isfinite(vectors).all():
        raise InputError("a vector holds a number that is not finite")
    return vectors


def checked_query(query: Vectors, dimension: int, k: int) -> Vectors:
    """What is searched for, ``[q, dimension]``. Raises `InputError` for another shape, and for ``k`` below 1."""
    if k < 1:
        raise InputError(f"k must be at least 1, not {k}")
    return checked_vectors(query, dimension)


def check_pairs(ids: Ids, vectors: Vectors) -> None:
    """Raise `InputError` where ids are not as many as vectors, stand twice, or are negative."""
    if len(ids) != len(vectors):
        raise InputError(f"{len(ids)} ids do not fit {len(vectors)} vectors")
    if len(np.unique(ids)) != len(ids):
        raise InputError("an id is given twice")
    if len(ids) and ids.min() < 0:
        raise InputError("ids must not be negative: -1 stands for no result")
