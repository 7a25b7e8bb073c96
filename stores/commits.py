"""What each commit leaves on disk: one immutable directory for its index, and memory snapshots in safetensors."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hybrid.errors import CorruptCorpusError
from hybrid.stores.files import quarantine, sha256_of, sync_directory, sync_file, verified, write_atomically
from hybrid.stores.rows import SnapshotRow, StoredFile

if TYPE_CHECKING:
    from torch import Tensor  # loaded where it is needed: a corpus without a memory is written without torch

INDEX = "index.faiss"
_REPAIR_INDEX = "ingest again (of any file): the index is then rebuilt from the catalog, without embedding"


def write_index(directory: Path, n: int, save: Callable[[Path], None]) -> StoredFile:
    """Write the index of commit ``n``; ``save`` is given the path to write to.

    Raises what ``save`` raises. Then nothing of the new commit is left.
    """
    home = directory / "commits"
    home.mkdir(parents=True, exist_ok=True)
    partial, final = home / f".{n}.partial", home / str(n)
    for remainder in (partial, final):
        shutil.rmtree(remainder, ignore_errors=True)
    try:
        partial.mkdir()
        save(partial / INDEX)
        digest = sha256_of(partial / INDEX)
        manifest = {"commit": n, "files": {INDEX: {"sha256": digest, "bytes": (partial / INDEX).stat().st_size}}}
        (partial / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        for path in (partial / INDEX, partial / "manifest.json"):
            sync_file(path)
        sync_directory(partial)
        partial.rename(final)
        sync_directory(home)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return StoredFile(f"commits/{n}/{INDEX}", digest)


def verified_index(directory: Path, stored: StoredFile) -> Path:
    """The path of an index file whose sha256 is right; else `CorruptCorpusError`, the file in quarantine."""
    return verified(directory, stored, _REPAIR_INDEX)


def prune_indexes(directory: Path, keep: Iterable[str]) -> None:
    """Delete the commits whose index file is not among ``keep`` (relative to ``directory``)."""
    wanted = {Path(file).parent.name for file in keep}
    home = directory / "commits"
    for path in home.iterdir() if home.is_dir() else ():
        if path.name not in wanted:
            shutil.rmtree(path, ignore_errors=True)


ACCESS_CLASS = "default"  # one line of snapshots for each access class; there is one class so far
KEEP = 4
"""Snapshots of a line; see `prunable`. 98 MB each with the built-in model: a bound of space, not a measurement."""
_REPAIR_SNAPSHOT = "ingest again: the memory resumes from the snapshot before it, or is rebuilt"


def save_snapshot(directory: Path, n: int, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> StoredFile:
    """Write the snapshot of commit ``n``: whole, or not at all."""
    from safetensors.torch import save_file

    file = f"memory/{ACCESS_CLASS}/{n}.safetensors"
    stored = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    digest = write_atomically(directory / file, lambda path: save_file(stored, path, dict(metadata)))
    return StoredFile(file, digest)


def load_snapshot(directory: Path, stored: StoredFile) -> tuple[dict[str, Tensor], dict[str, str]]:
    """A snapshot's tensors and metadata, on the CPU.

    Raises `CorruptCorpusError` if the file is missing, or does not match its recorded sha256, or cannot
    be read; in the last two cases it is moved to ``quarantine/``.
    """
    from safetensors import SafetensorError, safe_open

    path = verified(directory, stored, _REPAIR_SNAPSHOT)
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata() or {})  # noqa: SIM118
    except SafetensorError as error:
        aside = quarantine(directory, stored.file)
        problem = f"{path} cannot be read ({error}); it was moved to {aside}; {_REPAIR_SNAPSHOT}"
        raise CorruptCorpusError(problem) from error


def metadata(directory: Path, stored: StoredFile) -> dict[str, str]:
    """A snapshot's metadata alone, for looking at: its tensors are not read, and its sha256 is not checked.

    Raises `CorruptCorpusError` if the file is missing or cannot be read.
    """
    from safetensors import SafetensorError, safe_open

    path = directory / stored.file
    try:
        with safe_open(path, framework="numpy") as file:
            return dict(file.metadata() or {})
    except (OSError, SafetensorError) as error:
        raise CorruptCorpusError(f"{path} cannot be read ({error}); {_REPAIR_SNAPSHOT}") from error


def prunable(snapshots: Sequence[SnapshotRow], keep: int = KEEP) -> list[SnapshotRow]:
    """Which of these snapshots, oldest first, to give up so that ``keep`` are left. Never the newest two.

    Removing a document replays from the last snapshot before it. The distances of those kept, in tokens
    back from the newest, grow about exponentially, so that a replay takes at most a constant factor
    more than it must, whatever the document.
    """
    remaining, prunable_rows = list(snapshots), []
    while len(remaining) > max(keep, 2):
        end = remaining[-1].tokens
        # The one to go is that whose two neighbours are closest to each other, by the ratio of their distances.
        ratios = [
            (end - (remaining[at - 1].tokens if at else 0)) / max(end - remaining[at + 1].tokens, 1)
            for at in range(len(remaining) - 2)
        ]
        prunable_rows.append(remaining.pop(ratios.index(min(ratios))))
    return prunable_rows


def prune_snapshots(directory: Path, keep: Iterable[str]) -> None:
    """Delete the snapshot files that are not among ``keep`` (relative to ``directory``)."""
    wanted = {directory / file for file in keep}
    for path in (directory / "memory" / ACCESS_CLASS).glob("*"):
        if path not in wanted:
            path.unlink(missing_ok=True)
