"""The files of the memory's volumes: one safetensors file each, named by what the volume is made of."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from hybrid.errors import CorruptCorpusError
from hybrid.stores.files import PRIVATE_FILE, own_folder, quarantine, refuse_links, verified, write_atomically
from hybrid.stores.rows import StoredFile

if TYPE_CHECKING:
    from torch import Tensor  # loaded where it is needed: a corpus without a memory is written without torch

FOLDER = "volumes"
_OLD_FOLDER = "memory"  # of the snapshots that corpora had before volumes
_NAME = 32  # hexadecimal digits of the digest in a file's name
_REPAIR = "ingest again: this volume is adapted again, the others stay"


def save_volume(directory: Path, digest: str, tensors: Mapping[str, Tensor]) -> StoredFile:
    """Write a volume's tensors: whole, or not at all. ``digest``: see `hybrid.stores.tables.VolumeTable`."""
    from safetensors.torch import save_file

    own_folder(directory, FOLDER)
    file = f"{FOLDER}/{digest[:_NAME]}.safetensors"
    stored = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}

    def _save(tensors: Mapping[str, Tensor], path: Path, digest: str) -> None:
        save_file(dict(tensors), path, {"digest": digest})
        path.chmod(PRIVATE_FILE)

    sha256 = write_atomically(directory / file, lambda path: _save(stored, path, digest))
    return StoredFile(file, sha256)


def load_volume(directory: Path, stored: StoredFile) -> dict[str, Tensor]:
    """A volume's tensors, on the CPU.

    Raises `CorruptCorpusError` if the file is missing, or does not match its recorded sha256, or cannot
    be read; in the last two cases it is moved to ``quarantine/``.
    """
    from safetensors import SafetensorError, safe_open

    path = verified(directory, stored, _REPAIR)
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        aside = quarantine(directory, stored.file)
        raise CorruptCorpusError(f"{path} cannot be read ({error}); it was moved to {aside}; {_REPAIR}") from error


def prune_volumes(directory: Path, keep: Iterable[str]) -> None:
    """Delete the volumes' files that are not among ``keep`` (relative to ``directory``), and snapshots of old."""
    refuse_links(directory, FOLDER, _OLD_FOLDER, f"{_OLD_FOLDER}/default")
    wanted = {directory / file for file in keep}
    for path in (directory / FOLDER).glob("*"):
        if path not in wanted:
            path.unlink(missing_ok=True)
    shutil.rmtree(directory / _OLD_FOLDER, ignore_errors=True)
