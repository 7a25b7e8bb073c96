"""The files of self-study: the questions and answers about each document, one JSON file each, named by its sha256."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hybrid.errors import CorruptCorpusError
from hybrid.stores.files import PRIVATE_FILE, own_folder, quarantine, refuse_links, write_atomically
from hybrid.types.study import StudyPairs

FOLDER = "study"


def _file(sha256: str) -> str:
    return f"{FOLDER}/{sha256}.json"


def save_pairs(directory: Path, sha256: str, pairs: StudyPairs) -> None:
    """Write the pairs of the document with that sha256: whole, or not at all."""
    own_folder(directory, FOLDER)

    def _save(path: Path) -> None:
        path.write_text(pairs.to_file(), encoding="utf-8")
        path.chmod(PRIVATE_FILE)

    write_atomically(directory / _file(sha256), _save)


def load_pairs(directory: Path, sha256: str) -> StudyPairs | None:
    """The pairs of the document with that sha256; ``None`` where none were made.

    Raises `CorruptCorpusError` for a file that is damaged or was edited, which is moved to ``quarantine/``.
    """
    path = directory / _file(sha256)
    refuse_links(directory, FOLDER, _file(sha256))
    if not path.exists():
        return None
    try:
        return StudyPairs.from_file(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # pydantic's and ours are values' errors, too
        aside = quarantine(directory, _file(sha256))
        raise CorruptCorpusError(
            f"{path} is damaged, or was edited; it was moved to {aside}; ingest again: its pairs are made again"
        ) from error


def damaged_pairs(directory: Path, documents: Iterable[str]) -> list[str]:
    """The files with pairs of these documents, given by their sha256, that are damaged or were edited. They stay."""
    damaged: list[str] = []
    for sha256 in documents:
        try:
            StudyPairs.from_file((directory / _file(sha256)).read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            damaged.append(_file(sha256))
    return damaged


def has_pairs(directory: Path, sha256: str) -> bool:
    """Whether there are pairs of a document."""
    return (directory / _file(sha256)).exists()


def prune_pairs(directory: Path, documents: Iterable[str]) -> None:
    """Delete the pairs of all but these documents, given by their sha256."""
    folder = directory / FOLDER
    if not folder.exists():
        return
    refuse_links(directory, FOLDER)
    wanted = {directory / _file(sha256) for sha256 in documents}
    for path in folder.glob("*"):
        if path not in wanted:
            path.unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
