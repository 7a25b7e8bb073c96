"""From a question and its embedding to a route: logistic regression with calibrated probabilities.

Inference is a dot product in numpy. The weights are plain numbers in a JSON file, made by
``hybrid router train``; docs/router.md has how well those that come with hybrid do.
"""

from __future__ import annotations

import json
import math
from importlib import resources
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hybrid.errors import ModelError
from hybrid.router.features import FEATURES, clip, is_english, surface
from hybrid.settings import RouterSettings
from hybrid.types.answers import Route, RouteName

NON_ENGLISH = 0.4
"""What is left of the router's certainty where a question is not in English. The
thresholds of the settings lie 0.25 from one half, so that with anything below 0.5 it goes to both; not fitted, for want
of questions."""
Number = Annotated[float, Field(allow_inf_nan=False)]


class _Plain(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")


class Linear(_Plain):
    """Logistic regression: z = bias + surface . features + embedding . vector, p = sigmoid(z).

    ``embedding`` is empty in one that sees only the surface.
    """

    bias: Number
    surface: tuple[Number, ...]
    embedding: tuple[Number, ...]

    def probability(self, features: NDArray[np.float64], vector: NDArray[np.float64]) -> float:
        """From ``features [f]`` and, where it has weights for it, ``vector [d]``."""
        z = self.bias + float(np.dot(self.surface, features))
        if self.embedding:
            z += float(np.dot(self.embedding, vector))
        return _sigmoid(z)


class Pair(_Plain):
    """Two questions about a question: does it ask for both memories, and if not, for comprehension?

    A question that asks for both counts as half: p = (1 - p_both) p_comprehension + p_both / 2. The
    calibration is one number, ``slope`` (1 / temperature), on the logit of p; it leaves one half where it is.
    """

    comprehension: Linear
    both: Linear
    slope: Number = Field(gt=0)

    def probability(self, features: NDArray[np.float64], vector: NDArray[np.float64]) -> float:
        """The calibrated probability that the question asks for comprehension."""
        both = self.both.probability(features, vector)
        p = (1 - both) * self.comprehension.probability(features, vector) + both / 2
        p = min(max(p, _TINY), 1 - _TINY)
        return _sigmoid(self.slope * math.log(p / (1 - p)))


_TINY = 1e-9  # a probability of 0 or 1 has no logit


def _sigmoid(z: float) -> float:
    return 0.5 * (1 + math.tanh(z / 2))


class Source(_Plain):
    """A data set that the weights were trained on."""

    name: str
    licence: str
    questions: int


class Training(_Plain):
    """Where the weights come from: enough to make them again. ``metrics`` are by cross-validation, of each pair."""

    command: str
    seed: int
    sources: tuple[Source, ...]
    metrics: dict[str, dict[str, Number | None]]


class Weights(_Plain):
    """All of ``weights.json``. ``embedder`` is the fingerprint of the embedder that ``full`` was trained with."""

    format: Literal[2]
    embedder_name: str
    embedder: str
    features: tuple[str, ...]
    full: Pair
    surface_only: Pair
    training: Training

    @model_validator(mode="after")
    def _numbers_fit_names(self) -> Self:
        if self.features != FEATURES:
            differing = sorted(set(self.features) ^ set(FEATURES)) or ["their order"]
            raise ValueError(f"the weights are for other surface features; they differ in {', '.join(differing)}")
        lengths = {
            (len(linear.surface), len(linear.embedding), with_embedding)
            for pair, with_embedding in ((self.full, True), (self.surface_only, False))
            for linear in (pair.comprehension, pair.both)
        }
        dimension = len(self.full.both.embedding)
        if not dimension or lengths != {(len(FEATURES), dimension, True), (len(FEATURES), 0, False)}:
            raise ValueError(f"the numbers of weights do not fit {len(FEATURES)} features and one embedding")
        return self

    def fits(self, embedder: str) -> bool:
        """Whether ``embedder``, a name or a fingerprint ``<name>@<sha256>``, is what ``full`` was trained with."""
        return embedder == self.embedder_name or embedder.rpartition("@")[2] == self.embedder.rpartition("@")[2]

    @classmethod
    def read(cls, path: Path | None = None) -> Self:
        """The weights in ``path``, or the ones that come with hybrid. Raises `ModelError` if they do not fit."""
        file = resources.files(__package__) / "weights.json" if path is None else path
        try:
            return cls.model_validate(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValidationError, ValueError) as error:
            raise ModelError(
                f"the router's weights in {file} cannot be used: {_fault(error)}\n"
                + (
                    "Reinstall hybrid."
                    if path is None
                    else "Train them again with: hybrid router train QUESTIONS.jsonl --out FILE"
                )
            ) from error


def _fault(error: Exception) -> str:
    """What is wrong, without the numbers that a validation error would print."""
    if not isinstance(error, ValidationError):
        return str(error)
    faults = error.errors(include_input=False, include_url=False)
    where = ".".join(map(str, faults[0]["loc"]))
    return f"{where}: {faults[0]['msg']}" if where else faults[0]["msg"]


class Router:
    """Says which memory a question goes to.

    The embedding counts only where it comes from the embedder that the router was trained with.
    With another one a second classifier decides, which sees the surface of the question alone and
    is less sure of itself.

    Example:
        >>> from hybrid.settings import RouterSettings
        >>> router = Router.load(RouterSettings(), embedder="some-other-embedder")
        >>> router.route("Quote clause 12.3(b).", np.zeros(768)).name
        'lookup'
    """

    def __init__(self, weights: Weights, settings: RouterSettings, embedder: str | None = None) -> None:
        self.settings = settings
        self._pair = weights.full if embedder is None or weights.fits(embedder) else weights.surface_only
        self._surface_only = weights.surface_only

    @classmethod
    def load(cls, settings: RouterSettings, embedder: str | None = None, path: Path | None = None) -> Self:
        """The router with the weights in ``path``, those that the settings name, or those that come with hybrid.

        Args:
            settings: the thresholds, and the file of weights if it is not the shipped one.
            embedder: name or fingerprint of the embedder whose vectors `route` will be given; ``None``
                for one that is trusted to be the built-in one if its dimension is right.
            path: weights of your own, whatever the settings say.

        Raises `ModelError` if the file is missing or does not fit this version of hybrid.
        """
        if path is None and settings.weights is not None:
            path = Path(settings.weights).expanduser()
        return cls(Weights.read(path), settings, embedder)

    def route(self, question: str, embedding: NDArray[np.floating]) -> Route:
        """The route of ``question``, whose L2-normalised embedding ``[d]`` is given.

        Any text will do; one without words gets a probability like any other. A probability equal to
        a threshold is not sure: ``both``.
        """
        p = self.probability(question, embedding)
        name: RouteName = "both"
        if p < self.settings.lookup_below:
            name = "lookup"
        elif p > self.settings.comprehension_above:
            name = "comprehension"
        return Route(
            name=name,
            p_comprehension=p,
            lookup_below=self.settings.lookup_below,
            comprehension_above=self.settings.comprehension_above,
        )

    def probability(self, question: str, embedding: NDArray[np.floating]) -> float:
        """The calibrated probability that ``question`` asks for comprehension."""
        vector = np.asarray(embedding, dtype=np.float64).reshape(-1)
        fits = vector.shape == (len(self._pair.both.embedding),) and bool(np.isfinite(vector).all())
        p = (self._pair if fits else self._surface_only).probability(surface(question), vector)
        return p if is_english(clip(question)) else 0.5 + NON_ENGLISH * (p - 0.5)
