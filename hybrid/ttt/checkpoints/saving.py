"""Writing a folder of model files so that a crash or a full disk leaves the old one or the new one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError

from hybrid.errors import HybridError, ModelError
from hybrid.stores.files import is_disk_full, sync_directory, sync_file


def write_folder(target: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` fill a new folder, then put that at ``target``, in place of any folder that is there.

    Everything is on the disk before the old folder gives way, and the old one is deleted last.

    Raises:
        ModelError: a full disk, or another failure to write; ``target`` is as it was and nothing is left beside it.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent))
        try:
            partial.chmod(0o755)  # mkdtemp's folders are for one user alone
            write(partial)
            _sync(partial)
            _exchange(partial, target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except HybridError:
        raise
    except (OSError, SafetensorError, ValueError) as error:  # tensorstore raises ValueError for what the system said
        why = "no space left on the disk; free some and try again" if is_disk_full(error) else str(error)
        raise ModelError(f"{target} could not be written, and what was there before is unchanged: {why}") from error


def _sync(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            sync_file(path)
        else:
            sync_directory(path)
    sync_directory(folder)


def _exchange(partial: Path, target: Path) -> None:
    aside = partial.with_suffix(".earlier")
    if target.exists():
        target.rename(aside)
    try:
        partial.rename(target)
    except OSError:
        if aside.exists():
            aside.rename(target)
        raise
    sync_directory(target.parent)
    shutil.rmtree(aside, ignore_errors=True)
