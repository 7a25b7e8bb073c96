"""What the nodes of a Ray cluster compute for an ingest: JSON and bytes in, JSON and bytes out.

A worker process of Ray's runs one task after the other, and keeps the models that they need. It computes with one
thread, so that the bits of a sum do not depend on how many cores a node has. Ray itself is not imported here, and
what a task needs is imported by the task.
"""

from __future__ import annotations

import json
import platform
import socket
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Literal

from hybrid.errors import DocumentError, HybridError

if TYPE_CHECKING:
    from hybrid.retrieval.embedding import Embedder
    from hybrid.ttt.memory import MemoryModel

Kind = Literal["load", "embed", "adapt"]
ALIKE = (
    *("asn1crypto", "charset-normalizer", "cssselect", "hybrid-ttt-rag", "icalendar", "lxml", "markdown-it-py"),
    *("numpy", "olefile", "onnxruntime", "openpyxl", "pillow", "pypdf", "pypdfium2", "python-docx", "python-oxmsg"),
    *("python-pptx", "rapidocr", "safetensors", "sentence-transformers", "striprtf", "text2num", "tinycss2"),
    *("tokenizers", "torch", "transformers"),
)
"""The distributions that decide what a text, a vector or a volume is: a node has to have the same versions."""


@lru_cache(maxsize=1)
def environment() -> dict[str, str]:
    """What a node and the machine that writes must have in common, by its name."""
    found = {"Python": ".".join(platform.python_version_tuple()[:2])}
    for name in ALIKE:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found


def on_node(kind: Kind, given: str, body: bytes) -> tuple[str, bytes]:
    """`run` as Ray calls it: the heads are JSON, and that of the answer names this node."""
    head, answer = run(kind, json.loads(given), body)
    return json.dumps({**head, "node": socket.gethostname()}), answer


def run(kind: Kind, given: Mapping[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """Compute what is asked for.

    Args:
        kind: which of `load`, `embed` and `adapt`.
        given: their arguments, and the ``environment`` of the machine that asks.
        body: the bytes that they are about.

    Returns:
        The head and the body of the answer. A head with ``refused`` says why this node cannot work for that machine;
        one with ``exhausted`` that its memory did not suffice; one with ``error`` names what of `hybrid.errors` was
        raised, and says its ``reason``.
    """
    ours = environment()
    wanted: Mapping[str, str] = given["environment"]
    other = [f"{name} {ours.get(name)} and not {theirs}" for name, theirs in wanted.items() if ours.get(name) != theirs]
    if other:
        return {"refused": f"it has {', '.join(other)}; install there what is installed here"}, b""
    try:
        return _TASKS[kind](given, body)
    except _OtherModelError as error:
        return {"refused": str(error)}, b""
    except HybridError as error:
        return {"error": type(error).__name__, "reason": str(error)}, b""
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "memory" not in str(error):  # as PyTorch says it, of a CPU and of a GPU
            raise
        return {"exhausted": f"out of memory ({type(error).__name__}: {str(error)[:200]})"}, b""


class _OtherModelError(Exception):
    """This node's model is not there, or is not the one that the corpus has."""


def load(given: Mapping[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """The documents in a file's bytes, read with the limits that it has everywhere. ``given``: source, settings and
    access, as `hybrid.ingest.isolation.load_guarded` takes them."""
    from hybrid.ingest.isolation import dumped, error_of, load_guarded
    from hybrid.settings import IngestSettings

    notes: list[str] = []
    settings = IngestSettings.model_validate(given["settings"])
    try:
        answer = dumped(load_guarded(body, given["source"], settings, given["access"], notes.append))
    except DocumentError as error:
        answer = error_of(error)
    return {"notes": notes}, answer


def embed(given: Mapping[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """The vectors of one batch, float32. ``given``: name, device and fingerprint of the embedder, and whether it is to
    be ``fast``; ``body``: the texts, as JSON."""
    import numpy as np

    try:
        embedder = _embedder(given["name"], given["device"])
    except HybridError as error:
        raise _OtherModelError(_missing(error)) from error
    if embedder.fingerprint != given["fingerprint"]:
        raise _OtherModelError(
            f"its embedder is {embedder.fingerprint}, and this machine's {given['fingerprint']}; {_COPY}"
        )
    vectors = embedder.vectors(json.loads(body), fast=given["fast"])
    return {"dimension": vectors.shape[1], "cpu": _cpu()}, np.ascontiguousarray(vectors, np.float32).tobytes()


def adapt(given: Mapping[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """A volume's tensors, as a safetensors file. ``given``: the settings of the memory, and the volume_identity of its
    model; ``body``: tokens and exercises, as JSON."""
    from safetensors.torch import save

    from hybrid.types.study import Exercise

    try:
        model = _memory(json.dumps(given["settings"], sort_keys=True))
    except HybridError as error:
        raise _OtherModelError(_missing(error)) from error
    if model.volume_identity != given["identity"]:
        raise _OtherModelError(
            f"its language model is {model.volume_identity}, and this machine's {given['identity']}; {_COPY}"
        )
    asked = json.loads(body)
    exercises = [Exercise(*one) for one in asked["exercises"]]
    tensors, sha256, report = model.adapt_volume(asked["tokens"], None, exercises)
    stored = save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()})
    return {"sha256": sha256, "report": report.model_dump(mode="json"), "cpu": _cpu()}, stored


_COPY = "copy the files from here, to the same path"
_TASKS: dict[Kind, Callable[[Mapping[str, Any], bytes], tuple[dict[str, Any], bytes]]] = {
    "load": load,
    "embed": embed,
    "adapt": adapt,
}


def _missing(error: HybridError) -> str:
    return f"{error} (there; if it is a model of your own: {_COPY})"


@lru_cache(maxsize=1)
def _embedder(name: str, device: str) -> Embedder:
    """The embedder of the corpus, kept for the next batch."""
    from hybrid.retrieval import onnx_embedding

    _one_thread()
    return onnx_embedding.load(name, device)


@lru_cache(maxsize=1)
def _memory(settings: str) -> MemoryModel:
    """The language model of the corpus, kept for the next volume."""
    from hybrid.settings import MemorySettings
    from hybrid.ttt.memory import MemoryModel

    _one_thread()
    return MemoryModel.load(MemorySettings.model_validate(json.loads(settings)))


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _cpu() -> str:
    """The instructions that PyTorch computes with, by which last bits may differ."""
    import torch

    return torch.backends.cpu.get_cpu_capability()
