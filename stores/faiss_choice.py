"""Which FAISS is installed: faiss-cpu or faiss-gpu, never both.

Both packages bring a module of the same name, so that the one installed last has written over files of the other.
Such a mixture may import, and then end the process in the middle of a search: it is refused before it is loaded.
"""

from __future__ import annotations

import re
from importlib import metadata
from types import ModuleType

from hybrid.errors import InstallationError

_FAMILY = re.compile(r"faiss[-_.](cpu|gpu)([-_.](cu|cuda)\d+)?", re.IGNORECASE)


def installed() -> list[str]:
    """The distributions that bring a module ``faiss``, by name."""
    names = {distribution.name for distribution in metadata.distributions() if distribution.name}
    return sorted({name.lower().replace("_", "-") for name in names if _FAMILY.fullmatch(name)})


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
        raise InstallationError(
            "FAISS is not installed; run pip install 'hybrid-ttt-rag[cpu]', or [gpu] on a machine with an NVIDIA GPU"
        ) from error
    except ImportError as error:
        brought = found[0] if found else "faiss"
        other = "pip install 'hybrid-ttt-rag[cpu]'" if "gpu" in brought else "pip install --force-reinstall faiss-cpu"
        raise InstallationError(
            f"{brought} is installed and cannot be loaded here ({error}); run pip uninstall --yes {brought}, "
            f"then {other}"
        ) from error
    module: ModuleType = faiss
    return module
