"""Meta-training: the outer loop over a folder of texts.

AdamW on the exact gradient of `hybrid.ttt.outer_loop`, with warm-up and a cosine. Everything a step
depends on is in the settings, the texts and the checkpoint, so a run that was stopped resumes to the
same bits.

Under torchrun the sequences of a step are spread over the processes, each whole on one, and what is trained is sharded
(`hybrid.ttt.trained_tensors`). The checkpoint is one safetensors file of whole tensors, which the first process writes:
the file of a single process, so that any number of processes goes on with it. torch.distributed.checkpoint would write
each shard in parallel, but its metadata is a pickle, and no file here is unpickled.
"""

from __future__ import annotations

import json
import math
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from hybrid.errors import DivergedError, InputError, ModelError, ProcessLostError, SettingsError
from hybrid.settings import MemorySettings
from hybrid.settings.meta_training import InnerSettings, MetaTrainingSettings, OuterSettings
from hybrid.settings.models import resolve_device
from hybrid.stores.files import is_disk_full, write_atomically
from hybrid.ttt.checkpoints.loading import load_checkpoint
from hybrid.ttt.initial_weights import InitialFastWeights, initial_weights_for
from hybrid.ttt.memory import compute_dtype
from hybrid.ttt.model.config import ModelConfig
from hybrid.ttt.model.transformer import Transformer
from hybrid.ttt.model.weights import Weights, load_weights
from hybrid.ttt.outer_loop import InnerRule, InnerRun, Sequences, answer_loss, meta_gradients, run_inner_loop
from hybrid.ttt.processes import Processes, joined_processes
from hybrid.ttt.study import Turn
from hybrid.ttt.trained_tensors import TrainedTensors, local
from hybrid.ttt.training_questions import SUFFIX, asked, drawn, turns_of
from hybrid.ttt.training_texts import (
    TrainingText,
    cut_into_sequences,
    sequence_numbers,
    token_stream,
    training_texts,
    whole_mini_batches,
)
from hybrid.types.study import exercises_sha256

CHECKPOINT, LOG, INITIAL_WEIGHTS, PLOT = (
    "checkpoint.safetensors",
    "log.jsonl",
    "initial_weights.safetensors",
    "loss.svg",
)


@dataclass(frozen=True)
class MetaTrainingResult:
    """What a run came to: losses in nats on the evaluation texts, before and after, and the file of initial weights."""

    initial_weights: Path
    steps: int
    loss_before: float | None
    loss_after: float | None


def meta_train(
    settings: MetaTrainingSettings, on_step: Callable[[dict[str, Any]], None] | None = None
) -> MetaTrainingResult:
    """Run meta-training, or go on with the run whose checkpoint lies in ``settings.output``.

    Under torchrun every process calls it; they train together, and get the same result.

    Args:
        on_step: called with each line of the log, in the first process.

    Raises:
        InputError: no text, or less than one sequence of it.
        SettingsError: the checkpoint in ``output`` is of other settings or texts; or, of several processes: a step's
            sequences do not spread evenly over them, there are more of them than GPUs, or they do not see one output.
        DivergedError: a loss or gradient is not finite, in any process; the last checkpoint stands.
        ProcessLostError: another process has ended; the last checkpoint stands.
        ModelError: the model or the checkpoint cannot be read, or a file cannot be written.
    """
    with joined_processes() as processes:
        with processes.together("the start"):
            _check_spread(settings.outer, processes.count)
            device = processes.device(resolve_device(settings.device, "device"))
        # NCCL and the kernels of Triton run on the current GPU.
        with torch.cuda.device(device) if device.type == "cuda" else nullcontext():
            with processes.together("the start"):
                run = _Run(settings, processes, device)
            return run.run(on_step if on_step and processes.first else lambda _: None)


@dataclass(frozen=True)
class _Sequence:
    """Tokens of one inner loop and one more, and what may be asked about them."""

    ids: list[int]
    turns: tuple[Turn, ...] = ()


class _Run:
    def __init__(self, settings: MetaTrainingSettings, processes: Processes, device: torch.device) -> None:
        self.settings, self.processes, self.device = settings, processes, device
        outer = settings.outer
        checkpoint = load_checkpoint(settings.model)
        dtype = compute_dtype(MemorySettings(dtype=settings.dtype), self.device)
        weights = load_weights(checkpoint.config, checkpoint.tensor, dtype)
        self.fingerprint, self.tokenizer = checkpoint.fingerprint, checkpoint.tokenizer
        self.begun_from = self._initial_weights()
        self.untrained = self._trainable(checkpoint.config, weights)
        self.model = self.untrained
        if self.begun_from is not None:
            self.model = self._trainable(checkpoint.config, self.begun_from.applied(weights))
        self.wide = self.model.master_dtype
        named = self.model.weights.named()
        names = [n for n in named if outer.trains == "all" or n.startswith("dynamic.")]
        self.trained = TrainedTensors({n: named[n].detach().to(self.wide, copy=True).contiguous() for n in names})
        texts, held_out = training_texts(settings.texts, settings.evaluation_texts)
        self.train = self._cut(texts, outer.seed)
        self.evaluation = self._cut(held_out, None)[: outer.evaluate_sequences]
        if not self.train:
            raise InputError(f"{settings.texts}: less than one sequence of {outer.sequence} tokens to train on")
        if outer.answers and not any(sequence.turns for sequence in self.train):
            if any(one.questions for one in texts):
                raise InputError(
                    f"{settings.texts}: of the texts that are asked about none fills a mini-batch of "
                    f"{settings.inner.mini_batch} tokens, or no question fits inner.window, {settings.inner.window}"
                )
            raise InputError(
                f"{settings.texts}: outer.answers is {outer.answers:g}, and beside no text lies a file of questions "
                f"about it, such as story{SUFFIX} beside story.txt"
            )
        dumped = settings.model_dump(mode="json", exclude={"output", "device"})
        digest = sha256(json.dumps(dumped, sort_keys=True).encode())
        digest.update(self.fingerprint.encode())  # another model may have come to lie at the same path
        if self.begun_from is not None:
            digest.update(self.begun_from.digest.encode())
        for one in (*texts, *held_out):
            digest.update(sha256(one.text.encode()).digest())
            if outer.answers:
                digest.update(exercises_sha256(one.questions).encode())
        self.identity = digest.hexdigest()
        self.prefixes = _PrefixCache(outer.prefix_cache_mib * 2**20 if outer.trains == "dynamic" else None)
        self.step = 0
        self.saved: int | None = None  # the step of the checkpoint in the output
        self.log: list[dict[str, Any]] = []

    def _initial_weights(self) -> InitialFastWeights | None:
        inner, chosen = self.settings.inner, self.settings.initial_weights
        settings = MemorySettings(
            initial_weights=chosen, optimizer="sgd", learning_rate=inner.learning_rate, clip=inner.clip,
            window=inner.window, sinks=inner.sinks, mini_batch=inner.mini_batch, dynamic_size=inner.dynamic_size,
        )  # fmt: skip
        found = initial_weights_for(settings, self.fingerprint)
        if found is None and chosen != "none":
            raise SettingsError(
                f"initial_weights {chosen!r}: none ship for model {self.settings.model} and this inner loop; name a "
                "file, or 'none' for the untrained ones"
            )
        return found

    def _trainable(self, config: ModelConfig, weights: Weights) -> Transformer:
        """The model with initial fast weights and step sizes in the master dtype, on the device."""
        inner = self.settings.inner
        weights = weights.mapped(lambda _, tensor: tensor.to(self.device))
        model = Transformer(config, weights, inner.window, inner.sinks)
        fast = model.initial_fast_weights(inner.dynamic_size)
        scales = torch.zeros(3, dtype=model.master_dtype, device=self.device)
        dynamic = tuple(
            replace(d, initial=mlp, log_step_sizes=scales if d.log_step_sizes is None else d.log_step_sizes)
            for d, mlp in zip(weights.dynamic, fast, strict=True)
        )
        return model.with_weights(replace(weights, dynamic=dynamic))

    def _cut(self, texts: Sequence[TrainingText], seed: int | None) -> list[_Sequence]:
        """The texts that are asked about, a sequence each, and the others, one after another, cut into sequences."""
        outer, inner = self.settings.outer, self.settings.inner
        asked = [one for one in texts if outer.answers and one.questions]
        found: list[_Sequence] = []
        for one in asked:
            turns = turns_of(one.questions, self.tokenizer, inner.window)
            ids = [*self.tokenizer.encode(one.text), self.tokenizer.end_of_document]
            row = whole_mini_batches(ids, inner.mini_batch, outer.sequence)
            if row:
                found.append(_Sequence(row, turns))
        others = [one.text for one in texts if not (outer.answers and one.questions)]
        stream = token_stream(others, self.tokenizer, seed)
        return [*found, *(_Sequence(row) for row in cut_into_sequences(stream, outer.sequence))]

    def run(self, on_step: Callable[[dict[str, Any]], None]) -> MetaTrainingResult:
        try:
            return self._run(on_step)
        except ProcessLostError as error:
            stands = "there is no checkpoint yet, and the same command begins again"
            if self.saved is not None:
                stands = (
                    f"the checkpoint of step {self.saved} in {self.settings.output} is whole, and the same command "
                    "goes on from there, with this number of processes or another"
                )
            raise ProcessLostError(f"{error}; {stands}") from error

    def _run(self, on_step: Callable[[dict[str, Any]], None]) -> MetaTrainingResult:
        self.trained.shard(self.processes, self.device)
        self.optimizer, self.rates = self._optimizer()
        with self.processes.together("the start"):
            with writing_errors(self.settings.output):  # before hours of training, not after
                self.settings.output.mkdir(parents=True, exist_ok=True)
            self._resume()
        self._check_agreement()

        def note(line: dict[str, Any]) -> None:
            self.log.append(line)
            on_step(line)

        outer = self.settings.outer
        if self.step == 0:
            note(self._evaluate())
        while self.step < outer.steps:
            note(self._train_step())
            if self.step % outer.evaluate_every == 0 or self.step == outer.steps:
                note(self._evaluate())
            if self.step % outer.checkpoint_every == 0 or self.step == outer.steps:
                self._save()
        losses = [line["evaluation_loss"] for line in self.log if line.get("evaluation_loss") is not None]
        first, last = (losses[0], losses[-1]) if losses else (None, None)
        self._write_initial_weights(first, last)
        return MetaTrainingResult(self.settings.output / INITIAL_WEIGHTS, self.step, first, last)

    def _optimizer(self) -> tuple[torch.optim.AdamW, tuple[float, float]]:
        """AdamW of two groups, matrices before norms and step sizes, and the learning rate of each."""
        outer, shards = self.settings.outer, self.trained.shards
        scales = [t for n, t in shards.items() if n.startswith("dynamic.") and t.dim() == 1]
        matrices = [t for t in shards.values() if all(t is not s for s in scales)]
        optimizer = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": outer.weight_decay}, {"params": scales, "weight_decay": 0.0}],
            lr=outer.learning_rate, betas=outer.betas,
        )  # fmt: skip
        return optimizer, (outer.learning_rate, outer.scale_learning_rate)

    def _check_agreement(self) -> None:
        """Raises `SettingsError` where the processes read other files, or do not stand at the same step."""
        for rank, (identity, step) in enumerate(self.processes.exchange([self.identity, self.step])):
            if identity != self.identity:
                raise SettingsError(
                    f"process {rank} of {self.processes.count} has other settings, texts or another model than process "
                    f"{self.processes.rank}: each machine has to have the same files"
                )
            if step != self.step:
                raise SettingsError(
                    f"process {rank} of {self.processes.count} stands at step {step}, and process "
                    f"{self.processes.rank} at step {self.step}: {self.settings.output} has to be on a file system "
                    "that every machine sees"
                )

    def _write_initial_weights(self, first: float | None, last: float | None) -> None:
        whole = {name: self.trained.gathered(shard) for name, shard in self.trained.shards.items()}
        with self.processes.together("the initial weights"), writing_errors(self.settings.output / INITIAL_WEIGHTS):
            if self.processes.first:
                tensors = {name: tensor for name, tensor in whole.items() if tensor is not None}
                weights = InitialFastWeights(tensors, self._made(first, last))
                base = {name: t.cpu() for name, t in self.untrained.weights.named().items() if name in tensors}
                weights.save(self.settings.output / INITIAL_WEIGHTS, base)
                plot_log(self.log, self.settings.output / PLOT)

    def _made(self, first: float | None, last: float | None) -> dict[str, Any]:
        excluded = {"output", "device", "texts", "evaluation_texts", "initial_weights"}
        return {
            "model": self.fingerprint,
            "begun_from": None if self.begun_from is None else self.begun_from.digest,
            "settings": self.settings.model_dump(mode="json", exclude=excluded),
            "texts": self.identity,
            "evaluation_loss_before": first,
            "evaluation_loss_after": last,
        }

    def _with(self, whole: Mapping[str, Tensor]) -> Transformer:
        """The model with the master weights as they are; those of the compute dtype are rounded to it."""
        named = self.model.weights.named()
        tensors = {n: t.to(named[n].dtype) for n, t in whole.items()}
        return self.model.with_weights(self.model.weights.replaced(tensors))

    def _rule(self, step: int | None) -> InnerRule:
        """The inner rule of an outer step; None: that of evaluation, after any warm-up."""
        inner = self.settings.inner
        share = 1.0 if step is None else inner_warm_up(step, inner)
        return InnerRule(inner.mini_batch, inner.learning_rate * share, inner.clip)

    def _train_step(self) -> dict[str, Any]:
        outer, began = self.settings.outer, time.perf_counter()
        runs = self.trained.differentiate(self._meta_gradients)
        gradients = [shard.grad for shard in self.trained.shards.values() if shard.grad is not None]
        squares = sum(float(local(g).double().square().sum()) for g in gradients)
        norm = math.sqrt(sum(self.processes.exchange(squares)))
        if not math.isfinite(norm):
            raise DivergedError(
                f"the outer gradient is not finite at step {self.step + 1}; the last checkpoint stands. "
                "Lower outer.learning_rate or inner.learning_rate"
            )
        factor = min(1.0, outer.clip / norm) if outer.clip and norm else 1.0
        for gradient in gradients:
            gradient.mul_(factor)
        share = schedule(self.step, outer.steps, outer.warm_up, outer.final_share)
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * share
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1
        found = self.processes.exchange(
            [
                (losses, norms, run.answer_loss)
                for run in runs
                for losses, norms in zip(run.chunk_loss.tolist(), run.gradient_norm.tolist(), strict=True)
            ]
        )
        losses, norms, answers = zip(*chain(*found), strict=True)
        asked = [loss for loss in answers if loss is not None]
        return {
            "step": self.step,
            "loss": _mean(losses),
            "by_mini_batch": _by_mini_batch(losses),
            **({"answer_loss": statistics.fmean(asked)} if asked else {}),
            "inner_gradient_norm": _mean(norms),
            "outer_gradient_norm": norm,
            "learning_rate": outer.learning_rate * share,
            "seconds": round(time.perf_counter() - began, 1),
        }

    def _meta_gradients(self, whole: dict[str, Tensor]) -> tuple[list[InnerRun], dict[str, Tensor]]:
        """The inner loops of this process's sequences of a step, and the mean over them of each tensor's gradient."""
        outer, first_order = self.settings.outer, self.settings.inner.first_order
        step = outer.batch * outer.accumulate
        many = step // self.processes.count
        first = self.step * step + self.processes.rank * many
        numbers = sequence_numbers(len(self.train), outer.seed, first, many)
        total = {n: torch.zeros_like(t) for n, t in whole.items()}
        runs: list[InnerRun] = []
        with self.processes.together(f"step {self.step + 1}"):
            model = self._with(whole)
            for at in range(0, many, outer.batch):
                part = numbers[at : at + outer.batch]
                sequences = self._sequences(model, [self.train[i] for i in part], part, f"{outer.seed}-{first + at}")
                run, found = meta_gradients(model, sequences, self._rule(self.step), whole, first_order=first_order)
                runs.append(replace(run, fast=()))
                for name, gradient in found.items():
                    total[name] += gradient / (many / len(part))
        return runs, total

    def _evaluate(self) -> dict[str, Any]:
        outer = self.settings.outer
        mine = range(self.processes.rank, len(self.evaluation), self.processes.count)
        chunks: list[tuple[int, list[float], tuple[float, float] | None]] = []
        with self.trained.whole() as whole, self.processes.together(f"the evaluation after step {self.step}"):
            model = self._with(whole)
            for number in mine:
                sequences = self._sequences(model, [self.evaluation[number]], [-1 - number], str(outer.seed))
                run = run_inner_loop(model, sequences, self._rule(None))
                answers = None
                if run.answer_loss is not None and sequences.asked is not None:
                    with torch.no_grad():
                        answers = answer_loss(model, run.fast[0], sequences.asked).item(), run.answer_loss
                chunks.append((number, run.chunk_loss[0].tolist(), answers))
        found = sorted(chain(*self.processes.exchange(chunks)), key=lambda each: each[0])
        if not found:
            return {"step": self.step, "evaluation_loss": None}
        losses = [each for _, each, _ in found]
        line = {"step": self.step, "evaluation_loss": _mean(losses), "by_mini_batch": _by_mini_batch(losses)}
        asked = [each for *_, each in found if each is not None]
        if asked:
            without, own = (statistics.fmean(each) for each in zip(*asked, strict=True))
            line |= {"answer_loss_unread": without, "answer_loss": own}
        return line

    def _sequences(
        self, model: Transformer, rows: Sequence[_Sequence], numbers: Sequence[int], drawn_by: str
    ) -> Sequences:
        """Sequences of one length as a batch, with questions about the first, drawn by a seed of their own."""
        tokens = torch.tensor([row.ids for row in rows], device=self.device)
        ids, targets, outer = tokens[:, :-1], tokens[:, 1:], self.settings.outer
        turns = drawn(rows[0].turns, outer.questions, drawn_by)
        questions = asked(turns, outer.answers, self.device) if turns else None
        if outer.trains == "all":
            return Sequences(ids, targets, asked=questions)
        found: list[Tensor] = []
        for number, row in zip(numbers, ids, strict=True):
            make = partial(prefix_output, model, row[None], self.settings.inner.mini_batch)
            found.append(self.prefixes.get(number, make))
        return Sequences(ids, targets, prefix=torch.cat(found), asked=questions)

    def _save(self) -> None:
        tensors: dict[str, Tensor] = {}
        for name, shard in self.trained.shards.items():
            state = self.optimizer.state[shard]
            for part, tensor in (("master", shard), ("first", state["exp_avg"]), ("second", state["exp_avg_sq"])):
                whole = self.trained.gathered(tensor)  # one at a time: other processes than the first keep none
                if whole is not None:
                    tensors[f"{part}.{name}"] = whole
        metadata = {"identity": self.identity, "step": str(self.step), "log": json.dumps(self.log)}
        path = self.settings.output / CHECKPOINT
        lines = "".join(json.dumps(line) + "\n" for line in self.log)
        with self.processes.together(f"the checkpoint of step {self.step}"), writing_errors(path):
            if self.processes.first:
                write_atomically(path, lambda new: save_file(tensors, new, metadata))
                write_atomically(path.with_name(LOG), lambda new: _write(new, lines))
        self.saved = self.step

    def _resume(self) -> None:
        path = self.settings.output / CHECKPOINT
        if not path.is_file():
            return
        try:
            with safe_open(path, framework="pt") as file:
                metadata = file.metadata()
                if metadata["identity"] != self.identity:
                    raise SettingsError(
                        f"{path} is of a run with other settings or texts; choose another output, or delete it"
                    )
                self.step, self.log = int(metadata["step"]), json.loads(metadata["log"])
                for name, shard in self.trained.shards.items():
                    first, second = torch.zeros_like(shard), torch.zeros_like(shard)
                    rows = self.trained.rows(name)
                    with torch.no_grad():
                        for part, tensor in (("master", shard), ("first", first), ("second", second)):
                            local(tensor).copy_(file.get_slice(f"{part}.{name}")[rows])
                    state = {"step": torch.tensor(float(self.step)), "exp_avg": first, "exp_avg_sq": second}
                    self.optimizer.state[shard] = state
                self.saved = self.step
        except (SafetensorError, KeyError, ValueError) as error:
            if isinstance(error, SettingsError):
                raise
            raise ModelError(f"{path} is damaged: {error}; delete it to begin again") from error


def _check_spread(outer: OuterSettings, processes: int) -> None:
    step = outer.batch * outer.accumulate
    if step % processes:
        needed = processes // math.gcd(outer.batch, processes)
        raise SettingsError(
            f"outer.batch {outer.batch} times outer.accumulate {outer.accumulate} is {step} sequences a step, which do "
            f"not spread evenly over {processes} processes; set outer.accumulate to a multiple of {needed}, or start "
            "another number of processes"
        )


def _mean(rows: Sequence[Sequence[float]]) -> float:
    """Of sequences, each the mean of its mini-batches: they need not be equally many."""
    return statistics.fmean(statistics.fmean(row) for row in rows)


def _by_mini_batch(rows: Sequence[Sequence[float]]) -> list[float]:
    """The mean of each mini-batch, over the sequences that have it."""
    return [round(statistics.fmean(value for value in column if value is not None), 4) for column in zip_longest(*rows)]


class _PrefixCache:
    """Prefix outputs by sequence, the first that fit. ``limit`` in bytes; None: the prefix is trained, keep none."""

    def __init__(self, limit: int | None) -> None:
        self._limit, self._held = limit or 0, dict[int, Tensor]()

    def get(self, number: int, make: Callable[[], Tensor]) -> Tensor:
        if number in self._held:
            return self._held[number]
        made = make()
        self._limit -= made.numel() * made.element_size()
        if self._limit >= 0:
            self._held[number] = made
        return made


@torch.no_grad()
def prefix_output(model: Transformer, ids: Tensor, piece: int) -> Tensor:
    """The prefix's output [B, T, D] for token ids [B, T], read a piece at a time from an empty cache."""
    cache, outs = model.empty_cache(ids.shape[0]), []
    split = model.config.prefix_layers
    for part in torch.split(ids, piece, 1):
        plan = model.plan(part.shape[1], cache)
        out, below = model.prefix(part, cache.layers[:split], plan)
        cache = replace(cache, layers=below, seen=cache.seen + part.shape[1])
        outs.append(out)
    return torch.cat(outs, 1)


def schedule(step: int, steps: int, warm_up: int, final_share: float) -> float:
    """The share of the learning rate at ``step`` (from 0): linear warm-up, then a cosine down to ``final_share``."""
    if step < warm_up:
        return (step + 1) / warm_up
    done = (step - warm_up) / max(1, steps - warm_up)
    return final_share + (1 - final_share) * (1 + math.cos(math.pi * done)) / 2


def inner_warm_up(step: int, inner: InnerSettings) -> float:
    """The share of the inner learning rate at outer ``step`` (from 0), as the official code warms it up."""
    if not inner.warm_up:
        return 1.0
    done = min(1.0, (step + 1) / inner.warm_up)
    rate = inner.initial_learning_rate + (inner.learning_rate - inner.initial_learning_rate) * done
    return rate / inner.learning_rate


def plot_log(log: Iterable[dict[str, Any]], path: Path) -> bool:
    """Draw the loss against the step, and by mini-batch before and after. False where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    lines = list(log)
    trained = [line for line in lines if "loss" in line]
    evaluated = [line for line in lines if line.get("evaluation_loss") is not None]
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot([x["step"] for x in trained], [x["loss"] for x in trained], color="#9aa5b1", label="training")
    left.plot([x["step"] for x in evaluated], [x["evaluation_loss"] for x in evaluated], "o-", color="#1f5f99",
              label="evaluation")  # fmt: skip
    left.set(xlabel="outer step", ylabel="loss, nats a token")
    left.legend()
    if evaluated:
        for line, name in ((evaluated[0], "before"), (evaluated[-1], "after")):
            right.plot(line["by_mini_batch"], "o-", label=f"{name} (step {line['step']})")
        right.set(xlabel="mini-batch", ylabel="evaluation loss, nats a token")
        right.legend()
    write_atomically(path, lambda new: figure.savefig(new, format="svg"))
    return True


@contextmanager
def writing_errors(path: Path) -> Iterator[None]:
    """A failure to write becomes a clear error; everything here is written aside and then put in place."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        why = "no space left on the disk" if is_disk_full(error) else str(error)
        raise ModelError(f"{path} could not be written, and what was there before stands: {why}") from error


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
