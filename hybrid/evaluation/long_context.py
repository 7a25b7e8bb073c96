"""Kinds of language models over a long context: each trained alike at each context, and measured there.

Alike: seed, texts and their order, tokenizer, optimizer, number of parameters (to 3 %) and of tokens. What each does
with the context is then a matter of its kind. Measured are the tables and pictures of "End-to-End Test-Time Training
for Long Context" (arXiv 2512.23675): loss by context and by position within it, time a token, S-NIAH, TTT-E2E's
ablations.

A model whose loss or gradient is not finite stops there, and the others go on. A run that was stopped goes on where its
last checkpoint is, to the same losses; times are the machine's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch

from hybrid.errors import DivergedError, InputError, ModelError, SettingsError
from hybrid.evaluation.long_context_report import (
    CHOICES,
    END_TO_END,
    LongContextReport,
    Measured,
    Variant,
    long_context_report,
)
from hybrid.evaluation.needles import NeedlePrompt, found_by_product, needle_prompts
from hybrid.evaluation.report import Value
from hybrid.settings.long_context import LongContextSettings
from hybrid.stores.files import write_atomically
from hybrid.ttt.baselines.comparison import Size, baseline_configs, end_to_end_config
from hybrid.ttt.baselines.training import Model, Trainer, build, check_identity, loss_by_position, recall, times
from hybrid.ttt.checkpoints.loading import load_checkpoint
from hybrid.ttt.training import writing_errors
from hybrid.ttt.training_texts import TextEncoder, cut_into_sequences, token_stream, training_texts

RESULTS, REPORT = "results.json", "report"
BYTES = 256
INDEX_AND_MEMORY = "index and memory"


class ByteTokenizer:
    """A token a byte of UTF-8, and one between texts."""

    end_of_document = BYTES

    def encode(self, text: str) -> list[int]:
        """The bytes."""
        return list(text.encode())


def run_long_context(
    settings: LongContextSettings, on_step: Callable[[dict[str, Any]], None] | None = None
) -> LongContextReport:
    """Train and measure everything, or go on with the run whose results lie in ``settings.output``.

    Args:
        on_step: called after each step with variant, step and loss.

    Raises:
        InputError: too few texts to train, to evaluate or to hide needles in.
        SettingsError: sizes that do not go together, or ``output`` has a run of other settings or texts.
        ModelError: a checkpoint cannot be read, or a file cannot be written.
    """
    return _Run(settings).run(on_step or (lambda _: None))


def sizes(settings: LongContextSettings, vocab_size: int) -> dict[Variant, Size]:
    """Every variant and its size, in the order in which they are trained: by context, ablations last.

    Raises:
        SettingsError: a model has no place for its number of parameters, or sizes do not go together.
    """
    given = settings.size
    size = Size(
        vocab_size=vocab_size, hidden_size=given.hidden_size, layers=given.layers, heads=given.heads,
        window=given.window, mini_batch=given.mini_batch, parameters=given.parameters, state_size=given.state_size,
        local_layers=given.local_layers, updated_layers=given.updated_layers,
    )  # fmt: skip
    found = {Variant(name, context): size for context in sorted(settings.contexts) for name in settings.models}
    for choice in CHOICES:
        for value in getattr(settings.ablations, choice):
            found.setdefault(Variant(END_TO_END, settings.ablation_context), size)  # what is compared with
            changed = replace(size, **{choice: value})
            if changed != size:
                found[Variant(END_TO_END, settings.ablation_context, choice, value)] = changed
    for changed in set(found.values()):
        end_to_end_config(changed)
    baseline_configs(size)
    return found


class _Run:
    def __init__(self, settings: LongContextSettings) -> None:
        self.settings = settings
        try:
            self.device = torch.device(settings.device)
            torch.empty(0, device=self.device)
        except (RuntimeError, AssertionError) as error:
            raise SettingsError(f"device {settings.device!r} cannot be used: {str(error).splitlines()[0]}") from error
        tokenizer, vocab_size, self.tokenizer = _tokenizer(settings.tokenizer)
        self.variants = sizes(settings, vocab_size)
        read = training_texts(settings.texts, settings.evaluation_texts)
        texts, held_out = ([one.text for one in part] for part in read)
        self.stream = token_stream(texts, tokenizer, settings.seed)
        self.held_out = token_stream(held_out, tokenizer, None)[: settings.evaluation.tokens + 1]
        self._check_enough()
        self.prompts = {
            (task, context): needle_prompts(
                task, context, settings.evaluation.needle_count, settings.seed, held_out, tokenizer.encode
            )
            for context in {variant.context for variant in self.variants}
            for task in settings.evaluation.needles
        }
        # Which models, contexts, ablations and ways through the product there are changes nothing for the others: they
        # can be added to a run.
        choices = settings.model_dump(
            mode="json",
            exclude={"output": True, "models": True, "contexts": True, "ablations": True, "evaluation": {"product"}},
        )
        digest = sha256(json.dumps([choices, self.tokenizer], sort_keys=True).encode())
        for text in (*texts, *held_out):
            digest.update(sha256(text.encode()).digest())
        self.identity = digest.hexdigest()
        self.product: dict[tuple[str, int, str], float] = {}

    def _check_enough(self) -> None:
        longest = max(variant.context for variant in self.variants)
        if len(self.stream) <= longest:
            raise InputError(
                f"{self.settings.texts} has {len(self.stream):,} tokens to train on, and one sequence takes "
                f"{longest + 1:,}; give more texts, or a shorter context"
            )
        wanted = self.settings.evaluation.tokens
        if len(self.held_out) <= wanted:
            where = self.settings.evaluation_texts or f"every twentieth text of {self.settings.texts}"
            raise InputError(
                f"{where} has {len(self.held_out):,} tokens to evaluate on, and evaluation.tokens takes "
                f"{wanted + 1:,}; give more texts, a folder evaluation_texts, or a lower evaluation.tokens"
            )

    def run(self, on_step: Callable[[dict[str, Any]], None]) -> LongContextReport:
        output = self.settings.output
        with writing_errors(output):
            output.mkdir(parents=True, exist_ok=True)
        done = self._finished()
        for variant, size in self.variants.items():
            if variant not in done:
                done[variant] = self._measure(variant, size, on_step)
                self._write(done)
                self._checkpoint(variant).unlink(missing_ok=True)
        self._ask_product(done)
        measured = tuple(done[variant] for variant in self.variants)
        return long_context_report(self.settings, measured, self._made_by(), self.product)

    def _ask_product(self, done: dict[Variant, Measured]) -> None:
        """Ask for the same needles through the whole product, which learned from other texts."""
        for way in self.settings.evaluation.product:
            for (task, context), prompts in sorted(self.prompts.items(), key=lambda one: one[0][1]):
                if prompts and (way, context, task) not in self.product:
                    made = [prompt.haystack for prompt in prompts]
                    self.product[way, context, task] = found_by_product(made, memory=way == INDEX_AND_MEMORY)
                    self._write(done)

    def _measure(self, variant: Variant, size: Size, on_step: Callable[[dict[str, Any]], None]) -> Measured:
        settings = self.settings
        model = build(variant.model, size, settings.training.inner_learning_rate, settings.seed).to(self.device)
        rows = cut_into_sequences(self.stream, variant.context)
        trainer = Trainer(
            model, rows, settings.training, settings.seed, self._checkpoint(variant), f"{self.identity} {variant.name}"
        )

        def tell(step: int, loss: float | None) -> None:
            on_step({**asdict(variant), "step": step, "steps": settings.training.steps, "loss": loss})

        progress = trainer.train(tell)
        measured = Measured(variant, model.parameter_count(), None, progress.largest_norm or None)
        if progress.timed:
            seconds = progress.seconds / progress.timed / settings.training.batch_tokens
            measured = replace(measured, training=seconds)
        if progress.stopped is not None:
            return replace(measured, stopped=f"not finite at step {progress.stopped:,}")
        try:
            return self._evaluate(measured, model, size)
        except DivergedError:
            return replace(measured, stopped=f"not finite in the evaluation after step {progress.step:,}")

    def _evaluate(self, measured: Measured, model: Model, size: Size) -> Measured:
        evaluation, variant = self.settings.evaluation, measured.variant
        rows = cut_into_sequences(self.held_out, variant.context)
        by_position = loss_by_position(model, rows, evaluation.buckets)
        if variant.changed is not None:
            return replace(measured, by_position=by_position)
        found = times(model, rows[0][:-1], size.mini_batch, evaluation.timings, self.device)
        needles: dict[str, tuple[float, float]] = {
            task: self._found(model, self.prompts[task, variant.context])
            for task in evaluation.needles
            if self.prompts[task, variant.context]
        }
        return replace(measured, by_position=by_position, prefill=found.prefill, decode=found.decode, needles=needles)

    def _found(self, model: Model, prompts: Sequence[NeedlePrompt]) -> tuple[float, float]:
        each = [recall(model, prompt.ids, prompt.answer, self.device) for prompt in prompts]
        return sum(one.exact for one in each) / len(each), sum(one.nats_per_token for one in each) / len(each)

    def _checkpoint(self, variant: Variant) -> Path:
        return self.settings.output / f"{variant.name}.safetensors"

    def _finished(self) -> dict[Variant, Measured]:
        path = self.settings.output / RESULTS
        if not path.is_file():
            return {}
        try:
            found = json.loads(path.read_text("utf-8"))
            check_identity(path, found["identity"], self.identity)
            measured = [Measured.from_json(one) for one in found["measured"]]
            self.product = {
                (one["way"], int(one["context"]), one["task"]): float(one["found"]) for one in found.get("product", ())
            }
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, SettingsError):
                raise
            raise ModelError(f"{path} is damaged: {error}; delete it to begin again") from error
        return {one.variant: one for one in measured}

    def _write(self, done: dict[Variant, Measured]) -> None:
        asked = [
            {"way": way, "context": context, "task": task, "found": share}
            for (way, context, task), share in self.product.items()
        ]
        found = {"identity": self.identity, "measured": [asdict(one) for one in done.values()], "product": asked}
        path = self.settings.output / RESULTS
        with writing_errors(path):
            write_atomically(path, lambda new: _write_text(new, json.dumps(found, indent=1) + "\n"))

    def _made_by(self) -> dict[str, Value]:
        training, size = self.settings.training, self.settings.size
        return {
            "tokens": training.tokens,
            "epochs": training.tokens / len(self.stream),
            "batch_tokens": training.batch_tokens,
            "learning_rate": training.learning_rate,
            "inner_learning_rate": training.inner_learning_rate,
            "evaluation_tokens": self.settings.evaluation.tokens,
            "tokenizer": self.tokenizer,
            "hidden_size": size.hidden_size,
            "layers": size.layers,
            "heads": size.heads,
            "window": size.window,
            "mini_batch": size.mini_batch,
            "device": _device_name(self.device),
            "torch": torch.__version__,
            "run": self.identity[:12],
        }


def _tokenizer(name: str) -> tuple[TextEncoder, int, str]:
    """A tokenizer, the number of its tokens, and what tells it from others."""
    if name == "bytes":
        return ByteTokenizer(), BYTES + 1, name
    checkpoint = load_checkpoint(name)
    return checkpoint.tokenizer, checkpoint.config.vocab_size, f"{name} {checkpoint.fingerprint[:12]}"


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{device}, {torch.get_num_threads()} threads" if device.type == "cpu" else str(device)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
