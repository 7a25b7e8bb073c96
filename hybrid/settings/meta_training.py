"""What a run of meta-training is told: a TOML file, or the same from Python."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hybrid.errors import SettingsError
from hybrid.settings.models import LANGUAGE_MODEL


class _Table(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")


class InnerSettings(_Table):
    """The inner loop that is differentiated through: SGD. Sizes are in tokens."""

    window: int = Field(default=1024, ge=16)
    sinks: int = Field(default=4, ge=0)
    mini_batch: int = Field(default=512, ge=8)
    dynamic_size: int | None = Field(default=None, ge=1, description="width of the dynamic MLPs; None: the model's")
    learning_rate: float = Field(default=1.0, gt=0)
    warm_up: int = Field(default=0, ge=0, description="outer steps from initial_learning_rate to learning_rate")
    initial_learning_rate: float = Field(default=0.1, ge=0)
    clip: float = Field(default=1.0, ge=0)
    first_order: bool = Field(default=False, description="take the inner gradients for constants")


class OuterSettings(_Table):
    """The outer loop: AdamW with warm-up and a cosine."""

    trains: Literal["dynamic", "all"] = Field(
        default="dynamic",
        description="dynamic: the dynamic MLPs' start, their norms and their step sizes; all: every tensor",
    )
    steps: int = Field(default=100, ge=1)
    sequence: int = Field(default=4096, ge=16, description="tokens of one inner loop")
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


class MetaTrainingSettings(_Table):
    """All of it.

    Example:
        >>> MetaTrainingSettings(texts=Path("books"), output=Path("run")).outer.trains
        'dynamic'
    """

    texts: Path = Field(description="a folder; every .txt and .md file in it is read as UTF-8")
    output: Path = Field(description="a folder for the start, the checkpoint, the log and the plot")
    evaluation_texts: Path | None = Field(
        default=None, description="None: every twentieth of the texts, not trained on"
    )
    model: str = LANGUAGE_MODEL.name
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    inner: InnerSettings = InnerSettings()
    outer: OuterSettings = OuterSettings()

    @model_validator(mode="after")
    def _whole_mini_batches(self) -> Self:
        if self.outer.sequence % self.inner.mini_batch:
            raise ValueError(
                f"outer.sequence {self.outer.sequence} is no multiple of inner.mini_batch {self.inner.mini_batch}"
            )
        return self

    @classmethod
    def from_toml(cls, path: Path) -> Self:
        """Read a TOML file; paths in it are relative to it.

        Raises:
            SettingsError: the file cannot be read, or a key or value in it is wrong; each is named.
        """
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
            found = cls.model_validate(raw)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"{path} cannot be read as TOML: {error}") from error
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg']}" for e in error.errors())
            raise SettingsError(f"{path}: {wrong}") from error
        here = path.parent
        changes = {name: here / getattr(found, name) for name in ("texts", "output", "evaluation_texts")
                   if getattr(found, name) is not None}  # fmt: skip
        return found.model_copy(update=changes)
