"""Texts into vectors, with a sentence-transformers model whose files are on this machine."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import time
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property, lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from hybrid._runtime import PROCESS_WIDE, log_info
from hybrid.errors import MissingModelError, UnsupportedModelError, missing_package_errors
from hybrid.retrieval.bert import BertEncoder
from hybrid.settings import Dtype, RetrievalSettings
from hybrid.settings.models import multiplies_bfloat16, resolve_device, resolve_model
from hybrid.text.folding import folded

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_LOG = logging.getLogger("hybrid.settings.models")
CACHED_TEXTS = 8192
"""Vectors cached for texts that come again; 13 MB with the built-in embedder."""
_BGE = re.compile(r"(?:^|[/\\])bge-(?:small|base|large)-en(?:-v1\.5)?[/\\]*$", re.IGNORECASE)
_BGE_QUERY = "Represent this sentence for searching relevant passages: "
"""What the English bge models were trained to see before a question, and before no passage (their model cards)."""
_LIGHT = 256
"""Up to so many texts, a question and the sentences that may answer it, are embedded by `hybrid.retrieval.bert`: 58
sentences take 0.55 s of CPU there and 0.65 s in sentence-transformers. More may be worth a GPU."""
_BATCH = 32  # texts embedded at once, as in sentence-transformers; others get their turn between two batches
_SHORT_BATCH, _SHORT_CHARS = 256, 16_000  # or so many short ones, as long as all have no more characters together
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
MappedBatches = Callable[[Iterator[list[str]], bool], Iterator[NDArray[np.float32]]]
"""The vectors of batches of texts, in their order; the flag says whether they are computed in bfloat16."""
# What decides a vector: the weights, the tokenizer, and how token vectors become one.
_IDENTITY = ("**/*.safetensors", "modules.json", "**/config.json", "sentence_bert_config.json", "tokenizer.json")


class Embedder:
    """A frozen sentence-transformers model. Safe to share between threads.

    Nothing is downloaded, no code that comes with a model is run, and weights are read from safetensors
    only, never from a pickle.

    Attributes:
        name: as it was asked for: a built-in model's name, a path or a hub id.
        dimension: length of a vector.
        max_tokens: the most tokens of a text that the model sees, special tokens not counted; it ignores
            the rest.

    Example:
        >>> embedder = Embedder.load("all-minilm-l6-v2")
        >>> embedder.encode(["When does it end?", "The term ends in May."]).shape
        (2, 384)
    """

    def __init__(self, name: str, path: Path, device: str, dtype: Dtype) -> None:
        from tokenizers import Tokenizer

        self._begin(name, path, device, dtype)
        self._light = BertEncoder.load(path)
        if self._light is not None:
            self.dimension, seen = self._light.dimension, self._light.max_length
            tokenizer: Any = self._light.tokenizer
        else:
            self.dimension = int(self._model.encode("", show_progress_bar=False).shape[0])
            seen = int(self._model.max_seq_length or 512)
            tokenizer = getattr(self._model.tokenizer, "backend_tokenizer", None)
            if tokenizer is None:
                raise UnsupportedModelError(f"{name}: no tokenizer that gives offsets; it needs a tokenizer.json")
        # A copy: the model's own is set to truncate and pad.
        self._tokenizer = Tokenizer.from_str(tokenizer.to_str())
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self.max_tokens: int = seen - self._tokenizer.num_special_tokens_to_add(False)

    _light: BertEncoder | None = None

    def _begin(self, name: str, path: Path, device: str, dtype: Dtype) -> None:
        self.name = name
        self._path = path
        self._device = device
        self._dtype = dtype
        self._lock = Lock()
        self._door = Lock()
        self._keeping = Lock()  # of the next
        self._cached: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()

    @classmethod
    def load(cls, name: str, device: str = "auto", dtype: Dtype = "auto") -> Self:
        """Loads the model called ``name``: a built-in model, a directory, or a hub id in the local cache.

        A model that `hybrid.retrieval.bert` knows is loaded into sentence-transformers with the first texts that are
        more than a question, another one at once.

        Args:
            name: as above.
            device: ``auto`` (a GPU where there is one), ``cpu``, ``cuda`` or ``cuda:1``.
            dtype: what chunks are embedded in (see `encode`): ``float32``, ``bfloat16``, or ``auto``, which is the
                latter on a CPU that multiplies it in hardware.

        Raises:
            MissingModelError: its files are not on this machine.
            SettingsError: this machine has no such device.
            UnsupportedModelError: it is not a sentence-transformers model, brings its own code, or has
                its weights in a pickle.
        """
        began = time.perf_counter()
        if device != "auto":  # a device that is not there is an error now, not with the first chunk
            device = resolve_device(device, "retrieval.device")
        path = local_directory(name)
        _check_files(name, path)
        loaded = cls(name, path, device, dtype)
        facts = {"device": device, "dimension": loaded.dimension, "seconds": time.perf_counter() - began}
        log_info(_LOG, "embedder loaded", embedder=name, **facts)
        return loaded

    @cached_property
    def _model(self) -> SentenceTransformer:
        """The model in sentence-transformers, whose import costs seconds of CPU (benchmarks/README.md)."""
        device = resolve_device(self._device, "retrieval.device")
        with PROCESS_WIDE, quiet_transformers():
            with missing_package_errors("sentence_transformers", "torch"):
                from sentence_transformers import SentenceTransformer

            try:
                model = SentenceTransformer(
                    str(self._path),
                    device=device,
                    local_files_only=True,
                    trust_remote_code=False,
                    model_kwargs={"use_safetensors": True},
                )
            except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
                message = f"{self.name}: sentence-transformers cannot load {self._path}: {error}"
                raise UnsupportedModelError(message) from error
        model.eval()
        return model

    @cached_property
    def _bulk_in_bfloat16(self) -> bool:
        if self._dtype == "auto":
            return resolve_device(self._device, "retrieval.device") == "cpu" and multiplies_bfloat16()
        return self._dtype == "bfloat16"

    @cached_property
    def fingerprint(self) -> str:
        """``<name>@<sha256>`` of everything that decides a vector. Two corpora mix only if it is equal."""
        files = sorted({file for pattern in _IDENTITY for file in self._path.glob(pattern)})
        return fingerprint_of(self.name, self._path, files)

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """``(start, end)`` in characters of ``text`` of each token, however long the text; no special tokens."""
        encoding = self._tokenizer.encode(_readable(text), add_special_tokens=False)
        return [(start, end) for start, end in encoding.offsets]

    def encode(
        self,
        texts: Sequence[str],
        progress: Callable[[int], None] | None = None,
        *,
        bulk: bool = False,
        mapped: MappedBatches | None = None,
    ) -> NDArray[np.float32]:
        """Vectors of ``texts``, in their order: ``[len(texts), dimension]`` float32, each of length 1.

        A text's vector does not depend on the others in the call, to about 1e-6. The vectors of the last
        `CACHED_TEXTS` texts are cached, by content: a question is embedded once though it is routed and searched for,
        and a document that changed in one place costs little.

        Args:
            texts: as many as there are.
            progress: called with how many texts are done so far.
            bulk: for chunks that are stored. They may be computed in bfloat16, twice as fast where the CPU has it;
                a vector is then that of float32 to a cosine of about 0.9999, and depends as little on the others.
            mapped: embeds the batches in place of this process, as `vectors` does; they are cut the same way.
        """
        texts = [folded(text) for text in texts]  # "ter\u200bmination" would be pieces that mean nothing
        fast = bulk and self._bulk_in_bfloat16
        keys = [_content_key(text) + b"~" * fast for text in texts]
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        new: dict[bytes, int] = {}  # the first place of each text that has no vector yet
        with self._keeping:
            for at, key in enumerate(keys):
                if key in self._cached:
                    self._cached.move_to_end(key)
                    vectors[at] = self._cached[key]
                else:
                    new.setdefault(key, at)
        light = self._light if not bulk and len(new) <= _LIGHT else None
        # Texts of one length share a batch, so that little is spent on padding; the longest go first, so
        # that progress runs faster towards the end and not slower.
        order = sorted(new.values(), key=lambda at: len(texts[at]), reverse=True)
        steps = [order[first:last] for first, last in _batches([len(texts[at]) for at in order])]
        batches = ([_readable(texts[at]) for at in step] for step in steps)
        if mapped is not None:
            each = mapped(batches, fast)
        else:
            each = (light.encode(batch) if light is not None else self.vectors(batch, fast=fast) for batch in batches)
        done = len(texts) - len(order)
        for step, found in zip(steps, each, strict=True):
            vectors[step] = found / np.linalg.norm(found, axis=1, keepdims=True)
            self._keep([keys[at] for at in step], vectors[step])
            done += len(step)
            if progress is not None:
                progress(done)
        for at, key in enumerate(keys):
            if new.get(key, at) != at:
                vectors[at] = vectors[new[key]]
        return vectors

    @property
    def elsewhere(self) -> tuple[str, str] | None:
        """The name, and the kind of device, ``cpu`` or ``cuda``, with which another machine that has the files loads an
        embedder that gives the same vectors; ``None`` for one that is an object of the caller's."""
        return self.name, resolve_device(self._device, "retrieval.device").partition(":")[0]

    def vectors(self, batch: list[str], *, fast: bool) -> NDArray[np.float32]:
        """The vectors ``[len(batch), dimension]`` of one batch, of any length but 0. ``fast``: in bfloat16."""
        with self._turn(), self._in_bfloat16() if fast else nullcontext():
            found: NDArray[np.float32] = self._model.encode(
                batch, batch_size=len(batch), show_progress_bar=False, convert_to_numpy=True
            )
        return found

    def _in_bfloat16(self) -> AbstractContextManager[object]:
        """Products in bfloat16, sums and norms in float32."""
        import torch

        return torch.autocast(self._model.device.type, dtype=torch.bfloat16)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """The model, for one thread: a fast tokenizer must not be set to truncate in two at once.

        A thread that waits for it stands in the door, so that one that embeds a whole corpus, and is back at
        once, finds the door closed: no question waits for more than the batch at hand.
        """
        with self._door:
            self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()

    def _keep(self, keys: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        with self._keeping:
            self._cached.update(zip(keys, vectors.copy(), strict=True))
            while len(self._cached) > CACHED_TEXTS:
                self._cached.popitem(last=False)


def query_prefix(settings: RetrievalSettings) -> str:
    """What is put before a question that is searched for by its vector: what the settings say, or what the model that
    they name asks for, as far as that is known.

    Example:
        >>> query_prefix(RetrievalSettings(embedder="BAAI/bge-small-en-v1.5"))
        'Represent this sentence for searching relevant passages: '
        >>> query_prefix(RetrievalSettings(embedder="all-minilm-l6-v2"))
        ''
    """
    if settings.query_prefix == "auto":
        return _BGE_QUERY if _BGE.search(settings.embedder) else ""
    return settings.query_prefix or ""


def _batches(lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
    """``[first, last)`` of each batch of texts that have these lengths in characters, falling."""
    first = 0
    while first < len(lengths):
        last = min(first + max(_BATCH, min(_SHORT_BATCH, _SHORT_CHARS // max(1, lengths[first]))), len(lengths))
        yield first, last
        first = last


def _content_key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _readable(text: str) -> str:
    """Half surrogate pairs, which no tokenizer takes, become U+FFFD: one character for one."""
    return text if text.isascii() else text.translate(_SURROGATES)


def local_directory(name: str, what: str = "embedder") -> Path:
    """The directory of a model, a ``what`` in messages: built in, a path, or a hub id in the local cache. Raises
    `MissingModelError`, and `UnsupportedModelError` for a single file."""
    resolved = resolve_model(name)
    if Path(resolved).is_dir():
        return Path(resolved)
    if Path(resolved).exists():
        raise UnsupportedModelError(f"{name}: the {what} is a directory with its modules.json, not a single file")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    repository = resolved if "/" in resolved else f"sentence-transformers/{resolved}"
    try:
        return Path(snapshot_download(repository, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError) as error:
        raise MissingModelError(
            f"the {what} {name} is neither built in, nor a directory, nor in the local hub cache; "
            f"hybrid downloads nothing by itself: run hf download {repository}"
        ) from error


def _check_files(name: str, path: Path) -> None:
    """Refuses what would be run or unpickled, before any of it is read."""
    try:
        modules = json.loads((path / "modules.json").read_text("utf-8"))
        kinds = [str(module["type"]) for module in modules]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnsupportedModelError(f"{name}: {path} is not a sentence-transformers model: no modules.json") from error
    external = [kind for kind in kinds if not kind.startswith("sentence_transformers.")]
    if external:
        raise UnsupportedModelError(f"{name}: it needs code of its own ({external[0]}), which hybrid does not run")
    check_weights(name, path)


def check_weights(name: str, path: Path) -> None:
    """Raise `UnsupportedModelError` for a model whose weights are in a pickle, or that has none."""
    safe = {file.parent for file in path.glob("**/*.safetensors")}
    pickles = [file for file in path.glob("**/pytorch_model*.bin") if file.parent not in safe]
    if pickles or not safe:
        what = f"{pickles[0].name} is a pickle" if pickles else "it has no weights"
        raise UnsupportedModelError(f"{name}: {what}; hybrid reads model.safetensors only")


@lru_cache(maxsize=64)
def _hash(path: Path, size: int, mtime_ns: int) -> str:  # noqa: ARG001 - the arguments are the cache's key
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint_of(name: str, folder: Path, files: Sequence[Path]) -> str:
    """``<name>@<sha256>`` of these files below ``folder``."""
    parts = [(file.relative_to(folder).as_posix(), _file_sha256(file.resolve())) for file in files]
    return f"{Path(name).name}@{hashlib.sha256(json.dumps(parts).encode()).hexdigest()}"


def _file_sha256(path: Path) -> str:
    stat = path.stat()
    return _hash(path, stat.st_size, stat.st_mtime_ns)


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Keeps transformers' progress bars and notices off the user's screen while a model loads."""
    with warnings.catch_warnings():
        # In a notebook tqdm misses widgets, which nothing here would show.
        warnings.filterwarnings("ignore", message="IProgress not found")
        from transformers.utils import logging as notices

    bars: Any = notices.is_progress_bar_enabled()
    verbosity = notices.get_verbosity()
    notices.disable_progress_bar()
    notices.set_verbosity_error()
    try:
        yield
    finally:
        notices.set_verbosity(verbosity)
        if bars:
            notices.enable_progress_bar()
