"""Where a corpus keeps its vectors: what the setting ``stores.vectors`` says of a new one, and the catalog of others.

A corpus whose vectors are not in files of its directory has the place, and the collection there, as a fact in its
catalog (`hybrid.stores.vector_store.VECTORS`), without a key.
"""

from __future__ import annotations

import re
import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hybrid.errors import CorruptCorpusError, HybridError, MissingExtraError, SettingsError
from hybrid.settings import StoresSettings
from hybrid.stores.catalog import Catalog
from hybrid.stores.commits import DIRECTORY
from hybrid.stores.database import located, looks_like_corpus, mark_of
from hybrid.stores.faiss_files import FaissFiles
from hybrid.stores.vector_store import FORMER, VECTORS, VectorStore

if TYPE_CHECKING:  # loaded where a corpus has its vectors there
    from hybrid.stores.points import Points
    from hybrid.stores.postgresql.place import Place

FAISS, PGVECTOR, QDRANT, MILVUS = "faiss", "pgvector", "qdrant", "milvus"
_FORM = (
    "it is faiss, pgvector (beside a catalog in PostgreSQL), qdrant+http://HOST:6333, milvus+http://HOST:19530, or, "
    "for one process, qdrant:FOLDER or milvus:FILE.db; a key stands in stores.vectors_key"
)
_PORTS = {QDRANT: 6333, MILVUS: 19530}
_COLLECTION = re.compile(r"hybrid_[0-9a-f]{32}")
_PACKAGES = {QDRANT: ("qdrant_client",), MILVUS: ("pymilvus",)}


@dataclass(frozen=True)
class VectorPlace:
    """A kind of store and where it is. The key is in no representation of it.

    Example:
        >>> str(place_of("qdrant+http://vectors.mill.example"))
        'qdrant+http://vectors.mill.example:6333'
    """

    kind: str = FAISS
    url: str | None = None
    """``http://`` or ``https://`` with host and port."""
    folder: Path | None = None
    """Of an embedded store, absolute."""
    key: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        if self.url is not None:
            return f"{self.kind}+{self.url}"
        return self.kind if self.folder is None else f"{self.kind}:{self.folder}"


def place_of(text: str, key: str | None = None) -> VectorPlace:
    """The place that the setting names. Raises `SettingsError` for one that is wrong, without repeating it: it may hold
    a key."""
    text = text.strip()
    if text in (FAISS, PGVECTOR):
        return VectorPlace(text)
    kind, mark, rest = re.match(r"([a-z]*)([+:]?)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    if kind not in _PORTS or not mark or not rest:
        raise SettingsError(f"stores.vectors: there is no such place; {_FORM}")
    if mark == ":" and not rest.startswith("//"):
        folder = Path(rest).expanduser().absolute()
        if kind == MILVUS and folder.suffix != ".db":
            raise SettingsError("stores.vectors: the folder of Milvus Lite has a name that ends with .db")
        return VectorPlace(kind, folder=folder)
    try:
        parts = urlsplit(rest)
        port = parts.port
    except ValueError:
        raise SettingsError(f"stores.vectors: that is no URL; {_FORM}") from None
    if mark != "+" or parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(f"stores.vectors: that is no URL of a server; {_FORM}")
    if parts.query or parts.fragment or parts.path not in ("", "/") or parts.password is not None:
        raise SettingsError(f"stores.vectors: the URL of a server is its host and port alone; {_FORM}")
    if parts.username:  # with a key and no user an empty one is left
        if kind != MILVUS:
            raise SettingsError("stores.vectors: Qdrant has no users; its key stands in stores.vectors_key")
        key = None if key is None else f"{parts.username}:{key}"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = 443 if parts.scheme == "https" else _PORTS[kind]
    return VectorPlace(kind, f"{parts.scheme}://{host}:{port or default}", key=key)


def _asked(stores: StoresSettings) -> VectorPlace:
    key = None if stores.vectors_key is None else stores.vectors_key.get_secret_value()
    return place_of(stores.vectors, key)


def check_new(where: Path | Place, directory: Path, stores: StoresSettings) -> None:
    """Raise what hinders a new corpus from keeping its vectors where the settings say, before anything is made:
    `SettingsError`, `MissingExtraError`, or `CorpusError` where a database has no pgvector."""
    asked = _asked(stores)
    if asked.kind == PGVECTOR:
        if isinstance(where, Path):
            raise SettingsError(
                "stores.vectors: pgvector keeps vectors beside a catalog in PostgreSQL, and this corpus's is SQLite's; "
                "name a database in stores.catalog (postgresql://USER@HOST/DATABASE), or another place for vectors"
            )
        from hybrid.stores.postgresql.vectors import check_extension

        check_extension(where)
    if asked.folder is not None and asked.folder.is_relative_to(directory.absolute()):
        raise SettingsError(
            f"stores.vectors: {asked.folder} lies in the corpus {directory}; name a folder outside of it"
        )
    wanted = (*_PACKAGES.get(asked.kind, ()), *(("milvus_lite",) if asked.kind == MILVUS and asked.folder else ()))
    for package in wanted:
        if find_spec(package) is None:
            raise MissingExtraError(f"vectors in {asked.kind} need {package.replace('_', '-')}", asked.kind)


class VectorStores:
    """Attached to a catalog (`Catalog.vectors_in`): finds out where its vectors are, and holds the connection."""

    def __init__(self, catalog: Catalog, directory: Path, stores: StoresSettings) -> None:
        self._catalog = catalog
        self._directory = directory
        self._stores = stores
        self._lock = threading.Lock()
        self._known: tuple[str | None, VectorStore] | None = None
        self._points: Points | None = None

    def store(self) -> VectorStore:
        """The store that the state of the catalog names which is read. Raises `SettingsError` where the settings do not
        allow to open it."""
        said = self._said()
        with self._lock:
            if self._known is None or self._known[0] != said:
                self._known = said, self._opened(said)
            return self._known[1]

    def settle(self) -> VectorStore:
        """The same, for the writer: what the settings ask for becomes what a new corpus has."""
        asked = _asked(self._stores)
        if self._said() is None and self._catalog.commit() is None:
            if asked.kind != FAISS:
                said = str(asked) if asked.kind == PGVECTOR else f"{asked}#hybrid_{secrets.token_hex(16)}"
                self._catalog.set_info(VECTORS, said)
            elif self._catalog.info(VECTORS) is not None:
                with self._catalog.transaction() as transaction:
                    transaction.unset_info(VECTORS)
        return self.store()

    def _said(self, *, checked: bool = True) -> str | None:
        """What the catalog says of the vectors. A corpus without a commit has none, and may get them elsewhere: the
        server that was named may never have answered."""
        said = self._catalog.info(VECTORS, checked=checked)
        if said is None or self._catalog.commit() is not None:
            return said
        return said if re.match(rf"{_asked(self._stores).kind}\b", said) else None

    @property
    def where(self) -> str:
        """Where the vectors are or, of a new corpus, are to be, as the setting says it."""
        said = self._said(checked=False)  # hybrid verify names one that was edited
        if said is None:
            return str(_asked(self._stores)) if self._catalog.commit() is None else FAISS
        return str(self._reached(said)[0])

    @property
    def former(self) -> str | None:
        """Where the catalog says that the vectors are, if the settings name another place."""
        said = self._catalog.info(VECTORS, checked=False)
        if said is None:
            return None
        there, _, _ = said.partition("#")
        return there if str(self._reached(said)[0]) != there else None

    def adopt(self, whole: bool) -> None:
        """Let the catalog say where the settings find the vectors. Unless these were ``whole`` there, so that they have
        moved, the former place may still have them, and is remembered. For the writer."""
        if (former := self.former) is not None:
            place, collection = self._reached(self._catalog.info(VECTORS) or "")
            if not whole:
                self._catalog.set_info(FORMER, former)
            self._catalog.set_info(VECTORS, f"{place}#{collection}")

    def _opened(self, said: str | None) -> VectorStore:
        if said is None:
            return FaissFiles(self._catalog, self._directory)
        place, collection = self._reached(said)
        if place.kind == PGVECTOR:
            from hybrid.stores.postgresql.vectors import PgVectors

            return PgVectors(self._catalog)
        from hybrid.stores.point_store import PointStore

        self._close_points()
        self._points = _points(place, collection)
        return PointStore(self._catalog, self._points, self.adopt)

    def _reached(self, said: str) -> tuple[VectorPlace, str]:
        """The place that the catalog names, as the settings reach it, and the collection."""
        text, _, collection = said.partition("#")
        try:
            there = place_of(text)
            if (there.kind != PGVECTOR and not _COLLECTION.fullmatch(collection)) or there.kind == FAISS:
                raise SettingsError("it names no collection")
        except SettingsError as error:
            raise CorruptCorpusError(
                f"the fact {VECTORS!r} of {self._catalog.called} does not say where the vectors are ({error}); put "
                "back a copy"
            ) from error
        asked = _asked(self._stores)
        if asked.kind == there.kind:  # a server may have moved
            return asked, collection
        if there.folder is not None:  # a folder may hold pickles, and a corpus may be anybody's
            raise SettingsError(
                f"stores.vectors: this corpus keeps its vectors in the folder {there.folder}, which is opened only "
                f"where the settings name it; if it is yours, open the corpus with stores.vectors = '{there}'"
            )
        if self._stores.vectors_key is not None and asked.kind == FAISS:
            raise SettingsError(
                f"stores.vectors: this corpus keeps its vectors at {there}, and a key is sent only to a server that "
                f"the settings name; open it with stores.vectors = '{there}'"
            )
        return there, collection

    def _close_points(self) -> None:
        if self._points is not None:
            self._points.close()
            self._points = None

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            self._known = None
            self._close_points()


def _points(place: VectorPlace, collection: str) -> Points:
    if place.kind == QDRANT:
        from hybrid.stores.qdrant import QdrantPoints

        return QdrantPoints(str(place), collection, folder=place.folder, url=place.url, key=place.key)
    from hybrid.stores.milvus import MilvusPoints

    return MilvusPoints(str(place), collection, folder=place.folder, url=place.url, key=place.key)


def attach(catalog: Catalog, directory: Path, stores: StoresSettings) -> None:
    """Let the catalog of the corpus in ``directory`` know what the settings say of its vectors."""
    catalog.vectors_in = VectorStores(catalog, directory, stores)


def vector_store(catalog: Catalog, directory: Path) -> VectorStore:
    """Where the corpus in ``directory`` keeps its vectors."""
    known = catalog.vectors_in
    return known.store() if isinstance(known, VectorStores) else FaissFiles(catalog, directory)


def settled(catalog: Catalog, directory: Path) -> VectorStore:
    """The same, for the writer, who holds the write lock: a new corpus has it from now on."""
    known = catalog.vectors_in
    return known.settle() if isinstance(known, VectorStores) else FaissFiles(catalog, directory)


def where_of(catalog: Catalog) -> str:
    """What ``stores.vectors`` says of the vectors of an open corpus."""
    known = catalog.vectors_in
    return known.where if isinstance(known, VectorStores) else FAISS


def drop_vectors(directory: Path, stores: StoresSettings) -> None:
    """Delete what a corpus, which is to be deleted, has in a collection. Where that cannot be known or reached, it is
    left: nothing but the corpus names it."""
    if not looks_like_corpus(directory):
        return
    with suppress(HybridError, OSError):
        where = located(directory, stores, own_schema=True)
        with Catalog.open(where, create=False) as catalog:
            attach(catalog, directory, stores)
            own, mark = catalog.info(DIRECTORY, checked=False), mark_of(directory)
            is_copy = mark is not None and own not in (None, mark)  # of a directory whose catalog it names
            if catalog.info(VECTORS, checked=False) is not None and not is_copy:
                vector_store(catalog, directory).drop()
