"""The stores that hybrid ships hold to the suites that it ships."""

from __future__ import annotations

import hashlib
import secrets

import numpy as np
import pytest

from hybrid.stores.catalog import Catalog
from hybrid.stores.conformance import CatalogConformance, VectorIndexConformance
from hybrid.stores.milvus import MilvusPoints
from hybrid.stores.points import PointIndex
from hybrid.stores.postgresql import vectors as pgvector
from hybrid.stores.postgresql.place import place_of
from hybrid.stores.qdrant import QdrantPoints
from hybrid.stores.vectors import FaissIndex


class TestSQLite(CatalogConformance):
    def open_catalog(self, folder, access=None):
        return Catalog.open(folder / "catalog.sqlite", create=True, access=access)


class TestPostgreSQL(CatalogConformance):
    @pytest.fixture(autouse=True)
    def _server(self, postgresql_url):
        self.url = postgresql_url

    def open_catalog(self, folder, access=None):
        schema = f"suite_{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"
        return Catalog.open(f"{self.url}&schema={schema}", create=True, access=access)


class TestExactFaiss(VectorIndexConformance):
    def build(self, dimension, ids, vectors):
        return FaissIndex.build(dimension, ids, vectors)


class TestApproximateFaiss(VectorIndexConformance):
    def build(self, dimension, ids, vectors):
        return FaissIndex.build(dimension, ids, vectors, exact_up_to=10)


class WithCopies(VectorIndexConformance):
    """What FAISS does not promise: which of many equal vectors are found."""

    def test_copies_of_a_vector_go_by_id_where_not_all_of_them_fit(self):
        vectors = np.repeat(np.eye(2, 4, dtype=np.float32), [60, 3], axis=0)
        index = self.build(4, np.arange(100, 37, -1), vectors)
        assert index.search(vectors[:1], 5)[1].tolist() == [[41, 42, 43, 44, 45]]


class OnPgvector(WithCopies):
    exact_up_to = 80_000

    @pytest.fixture(autouse=True)
    def _server(self, pgvector_url):
        place = place_of(f"{pgvector_url}&schema=vectors_{secrets.token_hex(8)}")
        with Catalog.open(place, create=True) as self.catalog:
            yield

    def build(self, dimension, ids, vectors):
        with self.catalog.connection(write=True) as connection:
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {pgvector.VECTORS}")
            pgvector.create(connection, dimension)
        index = pgvector.PgIndex(lambda: self.catalog.connection(write=True), dimension, self.exact_up_to)
        index.add(ids, vectors)
        with self.catalog.connection(write=True) as connection:
            pgvector.index_if_many(connection, self.exact_up_to)
        return index


class TestPgvector(OnPgvector):
    pass


class TestPgvectorWithItsIndex(OnPgvector):
    exact_up_to = 10


class OnPoints(WithCopies):
    exact_up_to = 80_000

    @pytest.fixture(autouse=True)
    def _made(self, tmp_path):
        self.folder, self.made = tmp_path, []
        yield
        for one in self.made:
            one.close()

    def points(self, name):
        raise NotImplementedError

    def build(self, dimension, ids, vectors):
        points = self.points(f"hybrid_{secrets.token_hex(16)}")
        self.made.append(points)
        points.create(dimension)
        index = PointIndex(points, dimension, self.exact_up_to)
        index.add(ids, vectors)
        return index


class TestQdrant(OnPoints):
    def points(self, name):
        pytest.importorskip("qdrant_client")
        return QdrantPoints("qdrant", name, folder=self.folder / "qdrant", url=None, key=None)


class TestMilvus(OnPoints):
    def points(self, name):
        pytest.importorskip("pymilvus")
        pytest.importorskip("milvus_lite")
        return MilvusPoints("milvus", name, folder=self.folder / "milvus.db", url=None, key=None)
