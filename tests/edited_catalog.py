"""A copy of a corpus whose catalog somebody edited by hand."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

WITHOUT_HASHES = (
    "UPDATE sources SET record = NULL",
    "UPDATE documents SET record = NULL",
    "DELETE FROM info WHERE key = 'every_row'",
    "UPDATE info SET value = json_remove(value, '$.every_row') WHERE key = 'records'",
)
"""What makes rows those of a version that wrote no hashes of them."""


def edited(whole: Path, tmp_path: Path, *statements: str) -> Path:
    """The directory of a copy of ``whole`` after these statements of SQL."""
    directory = tmp_path / "corpus"
    shutil.copytree(whole, directory)
    with closing(sqlite3.connect(directory / "catalog.sqlite")) as catalog:
        for statement in statements:
            catalog.execute(statement)
        catalog.commit()
    return directory
