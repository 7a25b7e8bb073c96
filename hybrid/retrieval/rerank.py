"""Reranking: a model that reads question and passage together orders the best candidates of a search again.

It costs a run of the model for each candidate and search, so it is off unless a setting names a model, or one is given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hybrid._runtime import PROCESS_WIDE
from hybrid.errors import InputError, RerankingError, UnsupportedModelError, missing_package_errors
from hybrid.retrieval.embedding import check_weights, local_directory, quiet_transformers
from hybrid.settings.models import resolve_device
from hybrid.types.base import shown

_BATCH = 16  # pairs of a question and a chunk at once; they are about 200 tokens long


class Reranker(Protocol):
    """What orders passages for a question."""

    @property
    def name(self) -> str:
        """What it is called in messages."""

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """A score for each text ``[len(texts)]``, higher is better, ``-inf`` for one that is not wanted. Raises
        `RerankingError`."""


class CrossEncoderReranker:
    """A sentence-transformers cross-encoder whose files are on this machine. Nothing is downloaded, no code that comes
    with a model is run, and weights are read from safetensors only."""

    def __init__(self, name: str, model: Any) -> None:
        self.name = name
        self._model = model
        self._lock = Lock()

    @classmethod
    def load(cls, name: str, device: str = "auto") -> CrossEncoderReranker:
        """Load a directory, or a hub id from the local cache.

        Raises:
            MissingModelError: its files are not on this machine.
            UnsupportedModelError: it is no cross-encoder with one score, or has its weights in a pickle.
            SettingsError: this machine has no such device.
        """
        path = local_directory(name, "reranker")
        check_weights(name, path)
        where = resolve_device(device, "retrieval.device")
        with PROCESS_WIDE, quiet_transformers():
            with missing_package_errors("sentence_transformers", "torch"):
                from sentence_transformers import CrossEncoder

            try:
                model = CrossEncoder(
                    str(path),
                    device=where,
                    local_files_only=True,
                    trust_remote_code=False,
                    model_kwargs={"use_safetensors": True},
                )
            except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
                raise UnsupportedModelError(f"{name}: sentence-transformers cannot load {path}: {error}") from error
        labels = int(model.config.num_labels)
        if labels != 1:
            raise UnsupportedModelError(f"{name}: a reranker gives a pair one score, and this model gives {labels}")
        return cls(name, model)

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """See `Reranker`."""
        with self._lock:  # a fast tokenizer must not be set to truncate in two threads at once
            found = self._model.predict(
                [(question, text) for text in texts], batch_size=_BATCH, show_progress_bar=False, convert_to_numpy=True
            )
        return checked(self.name, found, len(texts))


class CalledReranker:
    """A `Reranker` around one that was given: a function, or a LangChain document compressor, often a service.

    Example:
        >>> CalledReranker(lambda question, texts: [len(text) for text in texts]).scores("?", ["a", "bb"]).tolist()
        [1.0, 2.0]
    """

    def __init__(self, given: object) -> None:
        """Raises `InputError` for what is neither."""
        self._compresses = callable(getattr(given, "compress_documents", None))
        if isinstance(given, type) or not (self._compresses or callable(given)):
            raise InputError(
                "reranker is a function of a question and a list of texts that returns a score for each, or a "
                f"LangChain document compressor, not {shown(given)}"
            )
        self._given: Any = given
        self.name = str(getattr(given, "model", None) or getattr(given, "__name__", None) or type(given).__qualname__)

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """See `Reranker`."""
        try:
            found = self._places(question, texts) if self._compresses else self._given(question, list(texts))
        except RerankingError:
            raise
        except Exception as error:
            raise RerankingError(
                f"the reranker {self.name} failed with {type(error).__name__}: {error}; ask again, or open the corpus "
                "without it"
            ) from error
        return checked(self.name, found, len(texts), ranks=self._compresses)

    def _places(self, question: str, texts: Sequence[str]) -> list[float]:
        """Scores from the order in which a compressor returns documents; what it leaves out is not wanted."""
        from langchain_core.documents import Document

        key = "hybrid_place"
        documents = [Document(page_content=text, metadata={key: n}) for n, text in enumerate(texts)]
        places = [one.metadata.get(key) for one in self._given.compress_documents(documents, question)]
        if len(set(places)) != len(places) or not all(isinstance(n, int) and 0 <= n < len(texts) for n in places):
            raise RerankingError(f"the reranker {self.name} returned documents that are not those it was given")
        return [-float(places.index(n)) if n in places else -math.inf for n in range(len(texts))]


def checked(name: str, given: object, count: int, *, ranks: bool = False) -> NDArray[np.float64]:
    """Scores as an array ``[count]``; of ``ranks`` -inf is what is not wanted. Raises `RerankingError` for others."""
    if given is None:
        raise RerankingError(f"the reranker {name} gave nothing, and not a score for each passage")
    try:
        found = np.asarray(given)
        if found.dtype.kind not in "fiub":
            raise ValueError(f"of {found.dtype}")
        found = found.astype(np.float64).reshape(-1)
    except (TypeError, ValueError) as error:
        raise RerankingError(f"the reranker {name} gave no list of numbers ({error})") from error
    if len(found) != count:
        raise RerankingError(f"the reranker {name} gave {len(found)} scores for {count} passages")
    if not np.isfinite(found[found > -np.inf] if ranks else found).all():
        raise RerankingError(f"the reranker {name} gave a score that is not finite")
    return found


def reordered(scores: dict[int, float], order: Sequence[int], judged: NDArray[np.float64]) -> dict[int, float]:
    """Scores of chunks, best first, after those of ``order`` were ``judged``: these come first, by the reranker's
    scores mapped to between 0.5 and 1, the others keep half of theirs; what is not wanted comes after what is.

    Example:
        >>> reordered({1: 0.9, 2: 0.8, 3: 0.4}, [1, 2], np.array([-3.0, 5.0]))
        {2: 0.865529289, 1: 0.634470711, 3: 0.2}
    """
    wanted = judged[np.isfinite(judged)]
    spread = float(wanted.std()) if len(wanted) else 0.0
    standardised = (judged - (wanted.mean() if len(wanted) else 0.0)) / (spread or 1.0)
    mapped = 0.5 + 0.5 / (1 + np.exp(-standardised))
    found = {chunk: round(score / 2, 9) for chunk, score in scores.items()}
    for chunk, score, raw in zip(order, mapped.tolist(), judged.tolist(), strict=True):
        if math.isfinite(raw):
            found[chunk] = round(score, 9)
    place = {chunk: at for at, chunk in enumerate(scores)}
    return {chunk: found[chunk] for chunk in sorted(found, key=lambda one: (-found[one], place[one]))}
