"""The stores that hybrid ships hold to the suites that it ships."""

from __future__ import annotations

import hashlib

import pytest

from hybrid.stores.catalog import Catalog
from hybrid.stores.conformance import CatalogConformance, VectorIndexConformance
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
