"""Meta-trained initial fast weights: what replaces the untrained dynamic MLPs of one model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from hybrid.errors import MissingModelError, ModelError, SettingsError
from hybrid.settings import MemorySettings
from hybrid.stores.files import sha256_of, write_atomically
from hybrid.ttt.model.weights import Weights

FORMAT = "hybrid-initial-weights/1"
_CODES, _SCALE = "#codes", "#scale"
SHIPPED = Path(__file__).with_name("initial_weights.safetensors")


@dataclass(frozen=True)
class InitialFastWeights:
    """Tensors by their path in `Weights.named`, and what made them.

    Args:
        made: ``model`` (the fingerprint of the model it belongs to), ``inner`` (the settings of the inner
            loop it was trained for), and whatever else should be known: seed, texts, losses.
    """

    tensors: dict[str, Tensor]
    made: dict[str, Any]
    digest: str = ""

    def applied(self, weights: Weights) -> Weights:
        """The model with these initial fast weights. Raises `ModelError` where a tensor does not fit."""
        sized = weights.named()
        tensors = dict(self.tensors)
        for name in [n.removesuffix(_CODES) for n in tensors if n.endswith(_CODES)]:
            difference = tensors.pop(name + _CODES).float() * tensors.pop(name + _SCALE)
            own = sized.get(name)
            if own is None or own.shape[0] < len(difference) or own.shape[1:] != difference.shape[1:]:
                raise ModelError(f"tensor {name} of the initial weights does not fit the model")
            tensors[name] = own[: len(difference)].to(difference.dtype) + difference
        scales = any(name.endswith(".log_step_sizes") for name in self.tensors)
        if scales:
            none = torch.zeros(3)
            dynamic = tuple(replace(d, log_step_sizes=none) for d in weights.dynamic)
            weights = replace(weights, dynamic=dynamic)
            sized = weights.named()
        for name, tensor in tensors.items():
            there = sized.get(name)
            if there is None or (".initial." not in name and there.shape != tensor.shape):
                raise ModelError(f"tensor {name} of the initial weights does not fit the model")
        return weights.replaced({n: t if _wide(n) else t.to(sized[n].dtype) for n, t in tensors.items()})

    def suits(self, settings: MemorySettings) -> bool:
        """Whether these settings run the inner loop that these weights were trained for."""
        trained = self.made.get("settings", {}).get("inner", {})
        same = ("window", "sinks", "mini_batch", "learning_rate", "clip")
        width = settings.dynamic_size in (None, trained.get("dynamic_size"))
        return settings.optimizer == "sgd" and width and all(trained.get(k) == getattr(settings, k) for k in same)

    def save(self, path: Path, base: Mapping[str, Tensor]) -> None:
        """Write it in a third of its size. A failure leaves what was at ``path``.

        A gate or up matrix is written as its difference from the untrained one, one byte a number with a scale
        a row, which is more exact than the whole in bfloat16. Down matrices are bfloat16.

        Args:
            base: the untrained weights, by the same paths.
        """
        stored: dict[str, Tensor] = {}
        for name, tensor in self.tensors.items():
            if name.endswith((".initial.gate", ".initial.up")):
                difference = tensor - base[name].to(tensor.dtype)
                scale = difference.abs().amax(1, keepdim=True).float() / 127
                codes = difference / scale.clamp_min(torch.finfo(scale.dtype).tiny)
                stored |= {name + _CODES: codes.round().to(torch.int8), name + _SCALE: scale}
            else:
                stored[name] = tensor.to(torch.bfloat16 if name.endswith(".initial.down") else torch.float32)
        metadata = {"format": FORMAT, "made": json.dumps(self.made)}
        stored = {name: tensor.contiguous() for name, tensor in stored.items()}
        write_atomically(path, lambda partial: save_file(stored, partial, metadata))

    @classmethod
    def load(cls, path: Path) -> InitialFastWeights:
        """Read one. Raises `MissingModelError` or `ModelError`."""
        if not path.is_file():
            raise MissingModelError(f"there are no initial weights at {path}")
        try:
            with safe_open(path, framework="pt") as file:
                metadata = file.metadata() or {}
                tensors = {name: _widened(torch.as_tensor(file.get_tensor(name))) for name in file.keys()}  # noqa: SIM118
            if metadata.get("format") != FORMAT:
                raise ModelError(f"{path} has format {metadata.get('format')!r}; this version reads {FORMAT!r}")
            made = json.loads(metadata["made"])
        except (SafetensorError, KeyError, ValueError) as error:
            raise ModelError(f"{path} holds no meta-trained initial weights: {error}") from error
        return cls(tensors, made, sha256_of(path))


def initial_weights_for(settings: MemorySettings, fingerprint: str) -> InitialFastWeights | None:
    """The initial fast weights that the settings name; None: the untrained ones.

    Raises:
        MissingModelError, ModelError: as `InitialFastWeights.load`.
        SettingsError: it was trained for another model.
    """
    if settings.initial_weights == "none":
        return None
    if settings.initial_weights == "auto":
        shipped = InitialFastWeights.load(SHIPPED) if SHIPPED.is_file() else None
        suits = shipped is not None and shipped.made["model"] == fingerprint and shipped.suits(settings)
        return shipped if suits else None
    found = InitialFastWeights.load(Path(settings.initial_weights).expanduser())
    if found.made.get("model") != fingerprint:
        raise SettingsError(
            f"memory.initial_weights {settings.initial_weights} was trained for another model than {settings.model}"
        )
    return found


def trained_rate(settings: MemorySettings, fingerprint: str) -> float | None:
    """The step size that the initial weights of these settings were meta-trained for; ``None`` where there are none
    of this model, or they are not there."""
    path = SHIPPED if settings.initial_weights == "auto" else Path(settings.initial_weights).expanduser()
    if settings.initial_weights == "none" or not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            made = json.loads((file.metadata() or {})["made"])
    except (SafetensorError, KeyError, ValueError):  # what is wrong with it is said when it is loaded
        return None
    rate = made.get("settings", {}).get("inner", {}).get("learning_rate")
    return float(rate) if rate and made.get("model") == fingerprint else None


def _widened(tensor: Tensor) -> Tensor:
    return tensor if tensor.dtype == torch.int8 else tensor.float()


def _wide(name: str) -> bool:
    """Fast weights and step sizes are kept in the master dtype; norms are applied in the compute dtype."""
    return ".initial." in name or name.endswith(".log_step_sizes")
