"""The settings of a comparison of models over a long context: a TOML file, or the same from Python."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from hybrid.settings import OrNone, Table, sources

ModelName = Literal["full_attention", "sliding_window", "hybrid", "mamba2", "gated_deltanet", "ttt_kvb", "ttt_e2e"]
NeedleTask = Literal["s-niah-1", "s-niah-2", "s-niah-3"]
ProductWay = Literal["index", "index and memory"]
Positive = Annotated[int, Field(ge=1)]


class SizeSettings(Table):
    """What all models have in common. Window and mini-batch are in tokens."""

    parameters: int = Field(default=3_000_000, ge=1, description="of each model, to 3 %")
    hidden_size: int = Field(default=192, ge=1)
    layers: int = Field(default=6, ge=1)
    heads: int = Field(default=4, ge=1)
    window: int = Field(default=512, ge=1, description="of every model that has one")
    mini_batch: int = Field(default=64, ge=1, description="tokens a step of the models that learn while they read")
    state_size: int = Field(default=64, ge=1, description="of Mamba 2")
    local_layers: int = Field(default=5, ge=1, description="of the hybrid, under the window, to one that sees all")
    updated_layers: Annotated[int | None, OrNone] = Field(
        default=None, ge=1, description="of TTT-E2E; none: the last quarter"
    )


class TrainingSettings(Table):
    """How each model is trained: AdamW with warm-up and a cosine, the same for all."""

    tokens: int = Field(default=8_000_000, ge=1, description="budget of each model at each context")
    batch_tokens: int = Field(default=8192, ge=1, description="a step, at every context; a multiple of each")
    learning_rate: float = Field(default=1e-3, gt=0)
    inner_learning_rate: float = Field(default=1.0, gt=0, description="of TTT-E2E's steps while it reads")
    warm_up: int = Field(default=50, ge=0, description="steps")
    final_share: float = Field(default=0.1, ge=0, le=1, description="of the learning rate, at the last step")
    betas: tuple[float, float] = (0.9, 0.95)
    weight_decay: float = Field(default=0.1, ge=0, description="of matrices")
    clip: float = Field(default=1.0, gt=0, description="global norm of the gradient")
    checkpoint_every: int = Field(default=50, ge=1, description="steps")

    @property
    def steps(self) -> int:
        """Whole steps within the token budget."""
        return self.tokens // self.batch_tokens


class EvaluationSettings(Table):
    """What is measured of each trained model, at the context that it was trained at."""

    tokens: int = Field(
        default=65_536, ge=1, description="held-out tokens, the same at every context; a multiple of each"
    )
    buckets: int = Field(default=8, ge=1, description="even parts of the context that the loss is reported of")
    needles: tuple[NeedleTask, ...] = get_args(NeedleTask)
    needle_count: int = Field(default=20, ge=1, description="haystacks of each task and context")
    product: tuple[ProductWay, ...] = Field(
        default=(), description="index, index and memory: the same haystacks read and asked through `Corpus.ask`"
    )
    timings: int = Field(default=3, ge=1, description="runs of prefill and decoding; the median counts")


class AblationSettings(Table):
    """Other values of TTT-E2E's choices, one changed at a time, each trained like the rest."""

    context: Annotated[int | None, OrNone] = Field(default=None, description="one of the contexts; none: the shortest")
    window: tuple[Positive, ...] = ()
    mini_batch: tuple[Positive, ...] = ()
    updated_layers: tuple[Positive, ...] = ()


class LongContextSettings(Table):
    """All of it.

    Example:
        >>> LongContextSettings(texts=Path("books"), output=Path("run")).training.steps
        976
    """

    texts: Path = Field(description="a folder; every .txt and .md file in it is read as UTF-8")
    output: Path = Field(description="a folder for checkpoints and results")
    evaluation_texts: Annotated[Path | None, OrNone] = Field(
        default=None, description="none: every twentieth of the texts, not trained on"
    )
    tokenizer: str = Field(default="bytes", description="bytes: a token a byte; or a language model, by name or path")
    models: tuple[ModelName, ...] = Field(default=get_args(ModelName), min_length=1)
    contexts: tuple[Positive, ...] = Field(default=(512, 1024, 2048, 4096, 8192), min_length=1, description="in tokens")
    seed: int = Field(default=0, ge=0, description="of initial weights, order of texts and sequences, and needles")
    device: str = "cpu"
    size: SizeSettings = SizeSettings()
    training: TrainingSettings = TrainingSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    ablations: AblationSettings = AblationSettings()

    @model_validator(mode="after")
    def _sizes_go_together(self) -> Self:
        for whole, part in self._multiples():
            if whole[1] % part[1]:
                raise ValueError(f"{whole[0]} {whole[1]:,} is no multiple of {part[0]} {part[1]:,}")
        if self.training.tokens < self.training.batch_tokens:
            raise ValueError(
                f"training.tokens {self.training.tokens:,} are less than one step of training.batch_tokens "
                f"{self.training.batch_tokens:,}"
            )
        if self.ablations.context not in (None, *self.contexts):
            raise ValueError(f"ablations.context {self.ablations.context:,} is none of contexts {self.contexts}")
        for name in ("models", "contexts"):
            given = getattr(self, name)
            if len(set(given)) < len(given):
                raise ValueError(f"{name} names one twice: {', '.join(map(str, given))}")
        return self

    def _multiples(self) -> Iterator[tuple[tuple[str, int], tuple[str, int]]]:
        for context in self.contexts:
            yield ("context", context), ("size.mini_batch", self.size.mini_batch)
            yield ("context", context), ("evaluation.buckets", self.evaluation.buckets)
            yield ("training.batch_tokens", self.training.batch_tokens), ("context", context)
            yield ("evaluation.tokens", self.evaluation.tokens), ("context", context)
        for mini_batch in self.ablations.mini_batch:
            yield ("ablations.context", self.ablation_context), ("ablations.mini_batch", mini_batch)

    @property
    def ablation_context(self) -> int:
        """At which the ablations are trained."""
        return min(self.contexts) if self.ablations.context is None else self.ablations.context

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read a TOML file; paths in it are relative to it.

        Raises:
            SettingsError: the file cannot be read, or a key or value in it is wrong; each is named.
        """
        return sources.resolve_file(cls, path, ("texts", "output", "evaluation_texts"))
