"""Every setting, with its default and unit. The measurements behind the defaults are in docs/."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hybrid.models import EMBEDDER, LANGUAGE_MODEL


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class IngestSettings(_Settings):
    """Which files are read and how they are cut into chunks. Chunk sizes are in embedder tokens."""

    max_file_bytes: int = Field(default=64 * 2**20, gt=0)
    chunk_tokens: int = Field(default=200, ge=16)
    chunk_overlap_tokens: int = Field(default=40, ge=0)
    include_hidden: bool = False

    @model_validator(mode="after")
    def _overlap_is_smaller(self) -> Self:
        if self.chunk_overlap_tokens * 2 > self.chunk_tokens:
            raise ValueError("chunk_overlap_tokens must be at most half of chunk_tokens")
        return self


class RetrievalSettings(_Settings):
    """The index. ``candidates`` is how many each search brings before fusion."""

    embedder: str = EMBEDDER.name
    candidates: int = Field(default=200, ge=1)
    exact_up_to: int = Field(default=80_000, ge=1, description="vectors searched exactly; past it, approximately")

    @model_validator(mode="before")
    @classmethod
    def _without_what_is_gone(cls, given: Any) -> Any:
        """A corpus of an earlier version has ``rrf_k`` stored, which no longer means anything."""
        return {key: value for key, value in given.items() if key != "rrf_k"} if isinstance(given, dict) else given


class MemorySettings(_Settings):
    """The memory: the language model, its window, and the inner loop. Sizes are in tokens."""

    enabled: bool = True
    model: str = LANGUAGE_MODEL.name
    start: str = Field(
        default="auto",
        description="initial fast weights: a file that hybrid meta-train wrote; none: untrained; "
        "auto: the one that comes with the model and these settings, if there is one",
    )
    window: int = Field(default=1024, ge=16)
    sinks: int = Field(default=4, ge=0)
    mini_batch: int = Field(default=512, ge=8)
    dynamic_size: int | None = Field(
        default=None, ge=1, description="width of the dynamic MLP; None: that of the static one"
    )
    optimizer: Literal["sgd", "adam"] = "sgd"
    learning_rate: float = Field(default=1.0, gt=0, description="1.0 suits sgd with clip 1; adam wants about 3e-4")
    clip: float = Field(default=1.0, ge=0, description="global gradient norm; 0: no clipping")
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    snapshot_every: int = Field(default=100_000, ge=1000, description="tokens between snapshots in a long read")


class RouterSettings(_Settings):
    """Below ``lookup_below`` a question goes to the index, above ``comprehension_above`` to the memory."""

    lookup_below: float = Field(default=0.25, ge=0, le=1)
    comprehension_above: float = Field(default=0.75, ge=0, le=1)
    weights: str | None = Field(
        default=None, description="weights of your own, which hybrid router train wrote; none: the shipped ones"
    )

    @model_validator(mode="after")
    def _thresholds_are_ordered(self) -> Self:
        if self.lookup_below > self.comprehension_above:
            raise ValueError("lookup_below must not be above comprehension_above")
        return self


class AnswerSettings(_Settings):
    """How answers are made and what is kept of them."""

    max_question_chars: int = Field(default=4000, ge=1)
    max_quotes: int = Field(default=3, ge=1)
    evidence_tokens: int = Field(default=600, ge=50, description="of the window given to evidence")
    max_new_tokens: int = Field(default=160, ge=8)
    drop_unsupported: bool = False


class Settings(_Settings):
    """All settings of a corpus.

    Example:
        >>> Settings(answer=AnswerSettings(drop_unsupported=True)).answer.drop_unsupported
        True
    """

    ingest: IngestSettings = IngestSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    memory: MemorySettings = MemorySettings()
    router: RouterSettings = RouterSettings()
    answer: AnswerSettings = AnswerSettings()
