"""Embedders that the caller gives: any of LangChain's, or an object with the same two methods, often a service.

What comes back is not trusted: how many vectors, their length, and that each is finite and not zero are checked. A call
that fails is made again; what was embedded before is kept.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Protocol, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from hybrid._runtime import log_warning
from hybrid.errors import EmbeddingError, HybridError, InputError
from hybrid.retrieval.embedding import _LOG, Embedder, _readable
from hybrid.settings.models import UNKNOWN_PATH
from hybrid.types.base import shown

GIVEN = "given:"
"""What the fingerprint of a given embedder begins with."""
BATCH = 64
"""Texts in one call. Services take 96 to 2,048; smaller calls lose less when one fails. Not measured."""
WAITS = (0.5, 2.0, 8.0)
"""Seconds before each further try, up to a quarter longer by chance: many processes then do not come back at once."""
_NOT_AGAIN = (TypeError, AttributeError, NotImplementedError, NameError)  # of the object's own code
_MAX_TOKENS = 512
"""Tokens of a text that an embedder is taken to see, which does not say: the least that services have."""
_PIECES = re.compile(r"[\u2e80-\U0003ffff]|[^\W\u2e80-\U0003ffff]{1,5}|[^\w\s]")
"""Tokens, about: a character of a script without spaces, up to five letters, a sign. There are more of them than of a
byte-pair tokenizer's, so that no chunk is cut off."""
_NAMED = ("model", "model_name", "model_id", "deployment", "repo_id", "dimensions")
_SAME = 0.98
"""Cosine of a stored vector and one made anew, from which the embedder is taken to be the same. The built-in model's is
about 0.9999 in bfloat16; another model's vectors have nothing to do with these. Not measured on services."""


@runtime_checkable
class GivenEmbedder(Protocol):
    """What an embedder has to have. LangChain's ``Embeddings`` have it.

    An attribute ``fingerprint``, a string, says which one it is: a corpus that was made with another is refused.
    Without it the name of its class and its attributes ``model``, ``model_name`` and the like say that. ``max_tokens``,
    an integer, is how long a text it sees; 512 without it.
    """

    def embed_documents(self, texts: list[str]) -> Sequence[Sequence[float]]:
        """A vector for each text, in their order."""

    def embed_query(self, text: str) -> Sequence[float]:
        """The vector of a question."""


class CalledEmbedder(Embedder):
    """An `Embedder` around one that was given. It is called from several threads, if those ask.

    Example:
        >>> class Letters:
        ...     model = "letters"
        ...     def embed_documents(self, texts):
        ...         return [[text.count("a") + 1.0, text.count("b") + 1.0] for text in texts]
        ...     def embed_query(self, text):
        ...         return self.embed_documents([text])[0]
        >>> CalledEmbedder(Letters()).encode(["abba", "bb"]).shape
        (2, 2)
    """

    def __init__(self, given: object) -> None:
        """Raises `InputError` for an object without the methods."""
        if isinstance(given, type) or not isinstance(given, GivenEmbedder):
            raise InputError(
                "embedder has the methods embed_documents(texts) and embed_query(text), as LangChain's Embeddings "
                f"have, and {shown(given)} has not"
            )
        self._given = given
        kind = f"{type(given).__module__}.{type(given).__qualname__}"
        named = [str(getattr(given, one)) for one in _NAMED if isinstance(getattr(given, one, None), str | int)]
        stated = getattr(given, "fingerprint", None)
        self._identity = stated if isinstance(stated, str) and stated else ":".join([kind, *named])
        self._begin(named[0] if named else type(given).__qualname__, UNKNOWN_PATH, "cpu", "float32")
        most = getattr(given, "max_tokens", None)
        self.max_tokens = most if isinstance(most, int) and not isinstance(most, bool) and most > 0 else _MAX_TOKENS

    @cached_property
    def dimension(self) -> int:  # type: ignore[override]
        """Length of a vector; the first question, or text, says it."""
        return len(self._asked(lambda: [self._given.embed_query("dimension")], 1, None)[0])

    @property
    def elsewhere(self) -> None:
        """It is an object of the caller's, which no other machine has."""

    @property
    def fingerprint(self) -> str:
        """``given:`` and what the object says it is."""
        return f"{GIVEN}{self._identity}"

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """As `Embedder.offsets`, of pieces that are no longer than tokens."""
        return [found.span() for found in _PIECES.finditer(text)]

    def encode_question(self, text: str) -> NDArray[np.float32]:
        """The vector of a question ``[dimension]``, of length 1: some embedders tell questions from passages."""
        found = self._asked(lambda: [self._given.embed_query(_readable(text))], 1, self.dimension)[0]
        return cast("NDArray[np.float32]", found / np.linalg.norm(found))

    def check_same(self, text: str, stored: NDArray[np.float32]) -> bool:
        """Whether this embedder gives ``text`` the vector that is stored of it, about."""
        return self.dimension == len(stored) and float(self.encode([text])[0] @ stored) >= _SAME

    def vectors(self, batch: list[str], *, fast: bool) -> NDArray[np.float32]:  # noqa: ARG002 - for others
        """As `Embedder.vectors`, always in float32."""
        parts = [batch[first : first + BATCH] for first in range(0, len(batch), BATCH)]
        return np.concatenate(
            [self._asked(partial(self._given.embed_documents, part), len(part), self.dimension) for part in parts]
        )

    @property
    def _bulk_in_bfloat16(self) -> bool:
        return False

    def _asked(
        self, call: Callable[[], Sequence[Sequence[float]]], count: int, dimension: int | None
    ) -> NDArray[np.float32]:
        """What a call gives, made again where it fails. Raises `EmbeddingError`."""
        for wait in (*WAITS, None):
            try:
                return self._checked(call(), count, dimension)
            except HybridError:
                raise
            except _NOT_AGAIN as error:
                raise EmbeddingError(f"the embedder {self.name} failed: {type(error).__name__}: {error}") from error
            except Exception as error:
                if wait is None:
                    raise EmbeddingError(
                        f"the embedder {self.name} failed {len(WAITS) + 1} times, the last time with "
                        f"{type(error).__name__}: {error}; what was committed is kept, and the same call goes on "
                        "from there"
                    ) from error
                log_warning(_LOG, "embedder failed, and is asked again", embedder=self.name, error=str(error))
                time.sleep(wait * random.uniform(1, 1.25))
        raise AssertionError("the last try returns or raises")

    def _checked(self, given: object, count: int, dimension: int | None) -> NDArray[np.float32]:
        try:
            found = np.array([np.asarray(one, np.float32) for one in given])  # type: ignore[attr-defined]
        except (TypeError, ValueError) as error:
            raise EmbeddingError(f"the embedder {self.name} gave no list of equally long vectors ({error})") from error
        if len(found) != count:
            raise EmbeddingError(f"the embedder {self.name} gave {len(found)} vectors for {count} texts")
        if found.ndim != 2 or not found.shape[1]:
            raise EmbeddingError(f"the embedder {self.name} gave no vectors of numbers")
        if dimension is not None and found.shape[1] != dimension:
            raise EmbeddingError(
                f"the embedder {self.name} gave vectors of {found.shape[1]} numbers, and {dimension} before: it is "
                "another model, or has other options"
            )
        if not np.isfinite(found).all():
            raise EmbeddingError(f"the embedder {self.name} gave a vector with a number that is not finite")
        if not np.linalg.norm(found, axis=1).all():
            raise EmbeddingError(f"the embedder {self.name} gave a vector of zeros, which has no direction")
        return found
