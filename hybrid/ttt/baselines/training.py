"""One model of a comparison: trained from its seed, resumed to the same bits, and measured.

What a step depends on is in the settings and the texts, so that models differ in nothing but their kind: AdamW with
warm-up and a cosine over the same sequences in the same order. Where a loss or gradient is not finite, the model stops.

Shape suffixes: B sequences, T tokens.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from hybrid.errors import DivergedError, ModelError, SettingsError
from hybrid.settings.long_context import TrainingSettings
from hybrid.stores.files import write_atomically
from hybrid.ttt.baselines.comparison import ComparedModel, Size, baseline_configs, end_to_end_config
from hybrid.ttt.baselines.end_to_end import EndToEnd
from hybrid.ttt.baselines.model import LanguageModel
from hybrid.ttt.outer_loop import InnerRule
from hybrid.ttt.training import schedule, writing_errors
from hybrid.ttt.training_texts import sequence_numbers

Model = LanguageModel | EndToEnd


def build(name: str, size: Size, inner_learning_rate: float, seed: int) -> Model:
    """The model of that name, as `comparison` sizes it, in float32. Raises `SettingsError` as that does."""
    if name == "ttt_e2e":
        rule = InnerRule(size.mini_batch, inner_learning_rate)
        return EndToEnd(end_to_end_config(size), size.window, rule, seed)
    return LanguageModel(baseline_configs(size)[name], seed)


@dataclass(frozen=True)
class Progress:
    """Where training stands.

    Args:
        step: steps done.
        stopped: the step, counted from 1, whose loss or gradient was not finite; None: none was.
        largest_norm: of the gradient of any step, before it was clipped.
        seconds: that ``timed`` steps took. The first after a start is not among them: it waits for memory and kernels.
    """

    step: int = 0
    stopped: int | None = None
    largest_norm: float = 0.0
    seconds: float = 0.0
    timed: int = 0


class Trainer:
    """Trains a model.

    Args:
        rows: sequences of T tokens and one more.
        checkpoint: a file, written every ``checkpoint_every`` steps and after the last.
        identity: of everything that the result depends on; a checkpoint of another is refused.
    """

    def __init__(
        self,
        model: Model,
        rows: Sequence[Sequence[int]],
        settings: TrainingSettings,
        seed: int,
        checkpoint: Path,
        identity: str,
    ) -> None:
        self.model, self.rows, self.settings, self.seed = model, rows, settings, seed
        self.path, self.identity = checkpoint, identity
        self.device = next(model.parameters()).device
        matrices = [p for p in model.parameters() if p.dim() > 1]
        others = [p for p in model.parameters() if p.dim() <= 1]
        self.optimizer = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": settings.weight_decay}, {"params": others, "weight_decay": 0.0}],
            lr=settings.learning_rate, betas=settings.betas,
        )  # fmt: skip

    def train(self, on_step: Callable[[int, float | None], None]) -> Progress:
        """All steps, or those that are left after the checkpoint's.

        Args:
            on_step: called with each step, from 1, and its mean loss; None: it is not finite.

        Raises:
            SettingsError: the checkpoint is of other settings or texts.
            ModelError: the checkpoint is damaged, or cannot be written.
        """
        progress = start = self._resumed()
        while progress.step < self.settings.steps:
            synchronize(self.device)
            began = time.perf_counter()
            loss, norm = self._step(progress.step)
            synchronize(self.device)
            seconds = time.perf_counter() - began
            on_step(progress.step + 1, loss)
            if loss is None:
                return replace(progress, stopped=progress.step + 1)
            if progress.step > start.step:
                progress = replace(progress, seconds=progress.seconds + seconds, timed=progress.timed + 1)
            progress = replace(progress, step=progress.step + 1, largest_norm=max(progress.largest_norm, norm))
            if progress.step % self.settings.checkpoint_every == 0 or progress.step == self.settings.steps:
                self._save(progress)
        return progress

    def _step(self, step: int) -> tuple[float | None, float]:
        """One step; its mean loss before it, None where that or its gradient is not finite, and the gradient's norm."""
        settings = self.settings
        many = settings.batch_tokens // (len(self.rows[0]) - 1)
        numbers = sequence_numbers(len(self.rows), self.seed, step * many, many)
        self.optimizer.zero_grad(set_to_none=True)
        try:
            loss = self.model.backward(*batch_of([self.rows[n] for n in numbers], self.device)).mean().item()
        except DivergedError:
            return None, math.nan
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), settings.clip).item()
        if not (math.isfinite(loss) and math.isfinite(norm)):
            return None, norm
        share = schedule(step, settings.steps, settings.warm_up, settings.final_share)
        for group in self.optimizer.param_groups:
            group["lr"] = settings.learning_rate * share
        self.optimizer.step()
        return loss, norm

    def _save(self, progress: Progress) -> None:
        tensors: dict[str, Tensor] = {}
        for name, parameter in self.model.named_parameters():
            state = self.optimizer.state[parameter]
            parts = {"value": parameter.detach(), "first": state["exp_avg"], "second": state["exp_avg_sq"]}
            tensors |= {f"{part}.{name}": tensor.contiguous() for part, tensor in parts.items()}
        metadata = {
            "identity": self.identity,
            "step": str(progress.step),
            "largest_norm": repr(progress.largest_norm),
            "seconds": repr(progress.seconds),
            "timed": str(progress.timed),
        }
        with writing_errors(self.path):
            write_atomically(self.path, lambda new: save_file(tensors, new, metadata))

    def _resumed(self) -> Progress:
        """Where the checkpoint stands, once model and optimizer stand there; without one, at the beginning."""
        if not self.path.is_file():
            return Progress()
        try:
            with safe_open(self.path, framework="pt", device=str(self.device)) as file:
                found = file.metadata()
                check_identity(self.path, found["identity"], self.identity)
                step = int(found["step"])
                for name, parameter in self.model.named_parameters():
                    with torch.no_grad():
                        parameter.copy_(file.get_tensor(f"value.{name}"))
                    first, second = (file.get_tensor(f"{part}.{name}") for part in ("first", "second"))
                    state = {"step": torch.tensor(float(step)), "exp_avg": first, "exp_avg_sq": second}
                    self.optimizer.state[parameter] = state
                norm, seconds = float(found["largest_norm"]), float(found["seconds"])
                return Progress(step, None, norm, seconds, int(found["timed"]))
        except (SafetensorError, KeyError, TypeError, RuntimeError, ValueError) as error:
            if isinstance(error, SettingsError):
                raise
            raise ModelError(f"{self.path} is damaged: {error}; delete it to train that model again") from error


def check_identity(path: Path, found: str, expected: str) -> None:
    """Raises `SettingsError` where a file is of another run."""
    if found != expected:
        raise SettingsError(f"{path} is of a run with other settings or texts; choose another output, or delete it")


def batch_of(rows: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    """[B, T] ids and targets."""
    tokens = torch.tensor(rows, device=device)
    return tokens[:, :-1], tokens[:, 1:]


def synchronize(device: torch.device) -> None:
    """Wait for what was started on an accelerator, so that a clock says what it took."""
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


@torch.no_grad()
def loss_by_position(model: Model, rows: Sequence[Sequence[int]], buckets: int) -> tuple[float, ...]:
    """Mean loss in nats of each even part of the context; one sequence at a time, so that any size has memory.

    Raises:
        DivergedError: one is not finite.
    """
    device = next(model.parameters()).device
    total = torch.zeros(buckets, dtype=torch.float64)
    for row in rows:
        losses_BT = model.loss(*batch_of([row], device)).double().cpu()
        total += losses_BT.view(buckets, -1).mean(1)
    means = tuple((total / len(rows)).tolist())
    if not all(map(math.isfinite, means)):
        raise DivergedError("a loss of the evaluation is not finite")
    return means


@dataclass(frozen=True)
class Recall:
    """How a model continues a prompt whose answer is known: every token as the likeliest, and the answer's loss."""

    exact: bool
    nats_per_token: float


def recall(model: ComparedModel, prompt: Sequence[int], answer: Sequence[int], device: torch.device) -> Recall:
    """Whether greedy decoding gives ``answer``, and its mean loss.

    Raises:
        DivergedError: a loss is not finite.
    """
    logits, state = model.prefill(torch.tensor([prompt], device=device))
    exact, nats = True, 0.0
    for number, token in enumerate(answer, 1):
        exact = exact and int(logits.argmax()) == token
        nats -= float(logits[0].double().log_softmax(-1)[token])
        if number < len(answer):
            logits, state = model.decode(torch.tensor([token], device=device), state)
    if not math.isfinite(nats):
        raise DivergedError("a loss of a needle's value is not finite")
    return Recall(exact, nats / len(answer))


@dataclass(frozen=True)
class Times:
    """Seconds a token, of one stream."""

    prefill: float
    decode: float


def times(model: ComparedModel, ids: Sequence[int], decoded: int, runs: int, device: torch.device) -> Times:
    """Of reading ``ids``, and of decoding ``decoded`` tokens after them: the median of ``runs``, after one that is not
    counted. A whole mini-batch of decoded tokens has one step of a model that learns while it reads.

    Raises:
        DivergedError: a model that learns while it reads met a loss that is not finite.
    """
    ids_BT = torch.tensor([ids], device=device)
    found: list[tuple[float, float]] = []
    for _ in range(runs + 1):
        synchronize(device)
        began = time.perf_counter()
        _, state = model.prefill(ids_BT)
        synchronize(device)
        read = time.perf_counter()
        for at in range(decoded):
            _, state = model.decode(ids_BT[:, at % len(ids)], state)
        synchronize(device)
        found.append((read - began, time.perf_counter() - read))
    prefill, decode = (statistics.median(column) for column in zip(*found[1:], strict=True))
    return Times(prefill / len(ids), decode / decoded)
