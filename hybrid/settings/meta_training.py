"""The settings of a run of meta-training: a TOML file, or the same from Python."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from hybrid.settings import Device, Dtype, OrNone, Table, sources
from hybrid.settings.models import LANGUAGE_MODEL


class InnerSettings(Table):
    """The inner loop that is differentiated through: SGD. Sizes are in tokens."""

    window: int = Field(default=1024, ge=16)
    sinks: int = Field(default=4, ge=0)
    mini_batch: int = Field(default=512, ge=8)
    dynamic_size: Annotated[int | None, OrNone] = Field(
        default=None, ge=1, description="width of the dynamic MLPs; none: the model's"
    )
    learning_rate: float = Field(default=1.0, gt=0)
    warm_up: int = Field(default=0, ge=0, description="outer steps from initial_learning_rate to learning_rate")
    initial_learning_rate: float = Field(default=0.1, ge=0)
    clip: float = Field(default=1.0, ge=0)
    first_order: bool = Field(default=False, description="take the inner gradients for constants")


class OuterSettings(Table):
    """The outer loop: AdamW with warm-up and a cosine."""

    trains: Literal["dynamic", "all"] = Field(
        default="dynamic",
        description="dynamic: the dynamic MLPs' initial weights, their norms and their step sizes; all: every tensor",
    )
    steps: int = Field(default=100, ge=1)
    sequence: int = Field(default=4096, ge=16, description="tokens of one inner loop")
    answers: float = Field(
        default=0.0, ge=0, description="weight of the loss of answers about a text after reading it; 0: none is asked"
    )
    questions: int = Field(default=4, ge=1, description="asked about a text each time that it is read, at most")
    batch: int = Field(default=1, ge=1, description="sequences at a time")
    accumulate: int = Field(default=4, ge=1, description="batches an outer step")
    learning_rate: float = Field(default=1e-4, gt=0)
    scale_learning_rate: float = Field(default=1e-2, gt=0, description="of norms and step sizes")
    warm_up: int = Field(default=10, ge=0, description="outer steps")
    final_share: float = Field(default=0.1, ge=0, le=1, description="of the learning rate, at the last step")
    betas: tuple[float, float] = (0.9, 0.95)
    weight_decay: float = Field(default=0.0, ge=0)
    clip: float = Field(default=1.0, ge=0, description="global norm of the outer gradient; 0: none")
    evaluate_every: int = Field(default=20, ge=1, description="outer steps")
    evaluate_sequences: int = Field(default=4, ge=0)
    checkpoint_every: int = Field(default=20, ge=1, description="outer steps")
    prefix_cache_mib: int = Field(default=2048, ge=0, description="of prefix outputs kept to be used again")
    seed: int = 0


class MetaTrainingSettings(Table):
    """All of it.

    Example:
        >>> MetaTrainingSettings(texts=Path("books"), output=Path("run")).outer.trains
        'dynamic'
    """

    texts: Path = Field(description="a folder; every .txt and .md file in it is read as UTF-8")
    output: Path = Field(description="a folder for the initial weights, the checkpoint, the log and the plot")
    evaluation_texts: Annotated[Path | None, OrNone] = Field(
        default=None, description="none: every twentieth of the texts, not trained on"
    )
    model: str = LANGUAGE_MODEL.name
    initial_weights: str = Field(
        default="none", description="what to begin from: none: the untrained ones; auto: those that ship; or a file"
    )
    dtype: Dtype = "auto"
    device: Device = Field(
        default="auto", description="auto: a GPU where there is one; under torchrun each process has one of its own"
    )
    inner: InnerSettings = InnerSettings()
    outer: OuterSettings = OuterSettings()

    @model_validator(mode="after")
    def _whole_mini_batches(self) -> Self:
        if self.outer.sequence % self.inner.mini_batch:
            raise ValueError(
                f"outer.sequence {self.outer.sequence} is no multiple of inner.mini_batch {self.inner.mini_batch}"
            )
        if self.outer.answers and self.outer.batch > 1:
            raise ValueError(
                f"questions are asked about one sequence at a time: with outer.answers set outer.batch to 1, and "
                f"outer.accumulate to {self.outer.batch * self.outer.accumulate}"
            )
        return self

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read a TOML file; paths in it are relative to it.

        Raises:
            SettingsError: the file cannot be read, or a key or value in it is wrong; each is named.
        """
        return sources.resolve_file(cls, path, ("texts", "output", "evaluation_texts"))
