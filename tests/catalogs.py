"""Catalogs of tests, on the database that ``--catalog`` names."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from hybrid.stores.access import Access
from hybrid.stores.catalog import Catalog


def catalog_in(folder: Path, access: Access | None = None) -> Catalog:
    """The catalog that belongs to a folder of the test's, made if it is new."""
    url = os.environ.get("HYBRID_STORES__CATALOG", "")
    if not url.startswith("postgresql"):
        return Catalog.open(folder / "catalog.sqlite", create=True, access=access)
    schema = f"test_{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"
    return Catalog.open(f"{url}&schema={schema}", create=True, access=access)
