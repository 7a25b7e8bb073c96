"""Every setting, with its default and unit. The measurements behind the defaults are in docs/."""

from __future__ import annotations

import re
from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self
from urllib.parse import unquote

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from hybrid.errors import InputError, SettingsError
from hybrid.settings.messages import settings_error
from hybrid.settings.models import EMBEDDER, LANGUAGE_MODEL
from hybrid.types.base import changes_of, shown

_DEVICE = re.compile(r"auto|cpu|cuda(:\d{1,3})?")


def _checked_device(name: str) -> str:
    if not _DEVICE.fullmatch(name):
        raise ValueError("must be auto, cpu, cuda, or a GPU by its number, such as cuda:1")
    return name


def _none_if_said(value: object) -> object:
    return None if isinstance(value, str) and value.strip().lower() in ("", "none") else value


Device = Annotated[str, AfterValidator(_checked_device)]
Dtype = Literal["auto", "float32", "bfloat16"]
OrNone = BeforeValidator(_none_if_said)
"""For a setting that may have no value: TOML and the environment have no null, so ``none`` or an empty text says it."""


class Table(BaseModel):
    """Settings that belong together. Made with a wrong one it raises `SettingsError`, which names each.

    As a field of another model, or by ``pydantic.TypeAdapter``, it raises what pydantic promises whoever validates so:
    its own `ValidationError`.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    if not TYPE_CHECKING:  # type checkers see the fields as arguments

        def __init__(self, *unnamed: object, **given: Any) -> None:
            if unnamed:
                name = type(self).__name__
                raise SettingsError(f"{name} takes settings by name; of a dict: {name}.model_validate({{...}})")
            try:
                super().__init__(**given)
            except ValidationError as error:
                raise settings_error(error, type(self)) from None

        __init__.__pydantic_base_init__ = True  # so that pydantic, too, builds tables by their fields

        def __setattr__(self, name: str, value: object) -> None:
            kind = type(self).__name__
            raise SettingsError(f"{name} cannot be set: {kind} is frozen; model_copy(update={{{name!r}: ...}}) does")

        def __delattr__(self, name: str) -> None:
            kind = type(self).__name__
            raise SettingsError(f"{name} cannot be deleted: {kind} is frozen, and a setting left out has its default")

        def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
            """As pydantic's, but what is changed is checked, too. Raises `SettingsError`."""
            try:
                changed = changes_of(update)
            except InputError as error:
                raise SettingsError(str(error)) from None
            if not changed:
                return super().model_copy(deep=deep)
            given = {name: getattr(self, name) for name in self.model_fields_set}
            return type(self)(**given | changed)

        @classmethod
        def model_validate(cls, *arguments: Any, **options: Any) -> Self:
            """As pydantic's. Raises `SettingsError`."""
            try:
                return super().model_validate(*arguments, **options)
            except ValidationError as error:
                raise _refused(error, cls) from None

        @classmethod
        def model_validate_json(cls, *arguments: Any, **options: Any) -> Self:
            """As pydantic's. Raises `SettingsError`."""
            try:
                return super().model_validate_json(*arguments, **options)
            except ValidationError as error:
                raise _refused(error, cls) from None

        @classmethod
        def model_validate_strings(cls, *arguments: Any, **options: Any) -> Self:
            """As pydantic's. Raises `SettingsError`."""
            try:
                return super().model_validate_strings(*arguments, **options)
            except ValidationError as error:
                raise _refused(error, cls) from None


def _refused(error: ValidationError, table: type[Table]) -> SettingsError:
    """What is wrong with all that a table was to be made of, or else with its settings."""
    (fault, *_) = error.errors(include_url=False)
    if fault["type"] == "json_invalid":
        return SettingsError(f"the settings are not JSON: {fault['ctx']['error']}")
    if fault["type"] == "json_type":
        return SettingsError(f"the settings are JSON, a string or bytes, not {shown(fault['input'])}")
    if not fault["loc"] and fault["type"] != "value_error":
        return SettingsError(f"{table.__name__} is made of a dict of settings, not {shown(fault['input'])}")
    return settings_error(error, table)


class IngestSettings(Table):
    """Which files are read and how they are cut into chunks. Chunk sizes are in embedder tokens."""

    max_file_bytes: int = Field(default=64 * 2**20, gt=0, description="larger files are left out")
    chunk_tokens: int = Field(default=200, ge=16, description="length of a chunk")
    chunk_overlap_tokens: int = Field(
        default=40, ge=0, description="what a chunk shares with the one before it, at most half of chunk_tokens"
    )
    include_hidden: bool = Field(default=False, description="whether to read files and folders that begin with a dot")
    sentence_vectors: bool = Field(
        default=True,
        description="whether sentences are embedded, too, which doubles the time of embedding; without, each question "
        "embeds those that it looks at, in about 0.5 s",
    )

    isolate: Literal["auto", "all", "none"] = Field(
        default="auto",
        description="which files are parsed in a process with limits on time and memory; auto: all but plain text and "
        "Markdown",
    )
    ocr: Literal["auto", "always", "never"] = Field(
        default="auto",
        description="which pages are read by OCR, with the extra ocr; auto: images, and pages of PDFs without text; "
        "always: these and all other pages of PDFs, whose own text is left out",
    )

    @model_validator(mode="after")
    def _overlap_is_smaller(self) -> Self:
        if self.chunk_overlap_tokens * 2 > self.chunk_tokens:
            raise ValueError(
                f"chunk_overlap_tokens, {self.chunk_overlap_tokens}, must be at most half of chunk_tokens, "
                f"{self.chunk_tokens}"
            )
        return self


class RetrievalSettings(Table):
    """The index, its embedder, and how it is searched."""

    embedder: str = Field(
        default=EMBEDDER.name,
        description="a built-in name, a directory (also one with model.onnx), or a hub id in the local cache; a corpus "
        "keeps the one it has",
    )
    query_prefix: Annotated[str | None, OrNone] = Field(
        default="auto",
        description="put before a question that is searched for by its vector, never before what is stored; auto: "
        "what the model asks for, as far as hybrid knows it (bge-*-en); none: nothing",
    )
    device: Device = Field(default="auto", description="where the embedder runs; auto: a GPU where there is one")
    dtype: Dtype = Field(
        default="auto",
        description="what chunks are embedded in; auto: bfloat16 where the CPU multiplies it in hardware, else float32",
    )
    candidates: int = Field(default=200, ge=1, description="how many chunks each search brings before fusion")
    reranker: Annotated[str | None, OrNone] = Field(
        default=None,
        description="a cross-encoder that orders the best candidates again: a directory or a hub id in the local "
        "cache; none: off, as it costs a run of the model a candidate",
    )
    rerank_candidates: int = Field(default=50, ge=1, description="how many chunks a reranker orders")
    exact_up_to: int = Field(default=80_000, ge=1, description="vectors searched exactly; past it, approximately")


class MemorySettings(Table):
    """The memory: the language model, its window, and the inner loop. Sizes are in tokens."""

    enabled: bool = Field(default=True, description="false: the index alone answers, and ingest takes seconds")
    model: str = Field(
        default=LANGUAGE_MODEL.name,
        description="a built-in name, a GGUF file, a directory, or a hub id in the local cache",
    )
    device: Device = Field(default="auto", description="where the model runs; auto: a GPU where there is one")
    initial_weights: str = Field(
        default="auto",
        description="of the fast weights: a file that hybrid meta-train wrote; none: untrained; "
        "auto: the one that comes with the model and these settings, if there is one",
    )
    window: int = Field(default=1024, ge=16, description="tokens that attention sees")
    sinks: int = Field(default=4, ge=0, description="first tokens of the stream that stay visible")
    mini_batch: int = Field(default=512, ge=8, description="tokens of one inner step")
    dynamic_size: Annotated[int | None, OrNone] = Field(
        default=None, ge=1, description="width of the dynamic MLP; none: that of the static one"
    )
    optimizer: Literal["auto", "sgd", "adam"] = Field(
        default="auto",
        description="of the inner loop; auto: as found for the model, or by a short calibration on the corpus",
    )
    learning_rate: Annotated[float | None, OrNone] = Field(
        default=None,
        gt=0,
        le=1e38,
        description="of the inner loop; none: found with the optimizer, else 1 for sgd, 3e-4 for adam",
    )
    clip: float = Field(default=1.0, ge=0, description="global gradient norm; 0: no clipping")
    dtype: Dtype = Field(
        default="auto", description="of the arithmetic; auto: bfloat16 where the machine multiplies it in hardware"
    )
    volume_tokens: int = Field(
        default=16_384,
        ge=16,
        description="the most tokens of a volume, a part of the corpus that is adapted to by itself",
    )
    passes: int = Field(default=1, ge=1, le=10, description="how often a volume is adapted to its text")
    volumes_mounted: int = Field(default=5, ge=1, description="the most volumes that a question mounts")
    separate_by: tuple[str, ...] = Field(
        default=("access",), description="names of metadata whose different values never share a volume"
    )
    study: Literal["none", "loss", "distillation"] = Field(
        default="none",
        description="whether volumes are adapted to questions about their text, too; loss: by next-token loss on the "
        "answers; distillation: from the same model with the passage in its window",
    )


class RouterSettings(Table):
    """Below ``lookup_below`` a question goes to the index, above ``comprehension_above`` to the memory."""

    lookup_below: float = Field(
        default=0.25, ge=0, le=1, description="p(comprehension) below which the index answers alone"
    )
    comprehension_above: float = Field(
        default=0.75, ge=0, le=1, description="p(comprehension) above which the memory answers; between: both"
    )
    weights: Annotated[str | None, OrNone] = Field(
        default=None, description="weights of your own, which hybrid router train wrote; none: the shipped ones"
    )

    @model_validator(mode="after")
    def _thresholds_are_ordered(self) -> Self:
        if self.lookup_below > self.comprehension_above:
            raise ValueError(
                f"lookup_below, {self.lookup_below}, must not be above comprehension_above, {self.comprehension_above}"
            )
        return self


class AnswerSettings(Table):
    """How answers are made and what is kept of them."""

    max_question_chars: int = Field(default=4000, ge=1, description="a longer question is refused")
    max_quotes: int = Field(default=3, ge=1, description="quotes that a lookup answers with")
    evidence_tokens: int = Field(default=600, ge=50, description="of the window given to evidence")
    max_new_tokens: int = Field(default=160, ge=8, description="that the memory writes")
    writer_tokens: int = Field(
        default=4000, ge=50, description="of evidence for a writer given to ask; counted by the embedder's tokenizer"
    )
    entailment: Annotated[str | None, OrNone] = Field(
        default=None,
        description="a classifier that judges what the rules leave open: directory or hub id; none: word alignment",
    )
    entailment_slope: float = Field(
        default=1.0, gt=0, description="of its calibration, which hybrid eval verdicts fits"
    )
    entailment_intercept: float = Field(default=0.0, description="of its calibration")
    likely_above: float = Field(
        default=0.9, ge=0.5, le=1, description="a model's probability that makes a claim likely"
    )
    memory_writes: bool = Field(
        default=True, description="false: the digest alone answers questions of comprehension, without waiting"
    )
    two_stage: bool = Field(
        default=False,
        description="true: a question of comprehension is first put to the memory without evidence, and the passages "
        "nearest to what it writes are those that the memory, or a writer given to ask, then answers from",
    )
    digest_words: int = Field(default=240, ge=60, le=240, description="at most, of a digest of five to nine sentences")
    drop_unsupported: bool = Field(
        default=False, description="true: what is written and not supported is not kept as a draft either"
    )


class AccessSettings(Table):
    """Which documents an identity may see (docs/access.md)."""

    required: bool = Field(
        default=False, description="true: a corpus refuses whoever asks without an identity (Corpus.seen_by)"
    )
    required_with_classes: bool = Field(
        default=True, description="true: so does a corpus whose required is false, as soon as a document has a class"
    )
    metadata: str = Field(
        default="access", min_length=1, description="name of the metadata that hold a document's class of access"
    )


LogEvent = Literal["ingest", "removal", "question", "answer", "export"]
LogText = Literal["full", "hash", "none"]


class LogSettings(Table):
    """What is written to the log of a corpus (docs/reliability.md)."""

    events: tuple[LogEvent, ...] = Field(
        default=(),
        description="what is recorded: ingest, removal, question (and search), answer, export; empty: there is no log",
    )
    text: LogText = Field(
        default="hash", description="of questions and answers: the text, its sha256, or neither is recorded"
    )


class StoresSettings(Table):
    """Where a corpus's catalog and its vectors are kept (docs/how-to/postgresql.md, docs/how-to/vectors.md). Not stored
    as settings of the corpus, which knows both; a password or a key stands in no representation of these settings."""

    catalog: str = Field(
        default="sqlite",
        description="where a new corpus keeps its catalog: sqlite, a file in its directory, or "
        "postgresql://USER@HOST/DATABASE?schema=NAME; without a schema, one named by the corpus's id",
    )
    catalog_password: Annotated[SecretStr | None, OrNone] = Field(
        default=None,
        description="of that database's user; also taken out of stores.catalog, PGPASSWORD or ~/.pgpass",
    )

    vectors: str = Field(
        default="faiss",
        description="where a new corpus keeps the vectors that it searches: faiss, files in its directory, pgvector, "
        "beside a catalog in PostgreSQL, qdrant+http://HOST:6333, milvus+http://HOST:19530, or, for one process, "
        "qdrant:FOLDER or milvus:FILE.db",
    )
    vectors_key: Annotated[SecretStr | None, OrNone] = Field(
        default=None, description="the API key or token of that server; also taken out of stores.vectors"
    )

    @model_validator(mode="before")
    @classmethod
    def _secrets_apart(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        for name, secret in (("catalog", "catalog_password"), ("vectors", "vectors_key")):
            if isinstance(given.get(name), str):
                url, found = without_password(given[name])
                given = {**({} if found is None else {secret: found}), **given, name: url}
        return given


def without_password(url: str) -> tuple[str, str | None]:
    """A URL without its password, and the password.

    Example:
        >>> without_password("postgresql://ann:s%2Fecret@db.mill.example/discovery")
        ('postgresql://ann@db.mill.example/discovery', 's/ecret')
    """
    # The last @ before the query ends a password, as in libpq; a user's name may have one, too: ann@server:pw@host.
    user, rest = r"([\w+.-]+://[^:/@]*):(.*?)", r"(@[^@?]*(?:\?.*)?)"
    with_at = r"([\w+.-]+://[^:/]*@[^:/]*):([^/?@]*)"
    url = url.strip()
    found = re.fullmatch(user + rest, url, re.DOTALL) or re.fullmatch(with_at + rest, url, re.DOTALL)
    url, password = (url, None) if found is None else (found[1] + found[3], unquote(found[2]))
    if (option := re.search(r"([?&])password=([^&#]*)(&|$)", url)) is not None:  # as libpq takes it, too
        password = unquote(option[2]) if password is None else password
        url = f"{url[: option.start()]}{option[1] if option[3] else ''}{url[option.end() :]}"
    return re.sub(_OTHER_PASSWORD, r"\1***", url), password


_OTHER_PASSWORD = r"(?i)(\w*pass\w*\s*=\s*)('[^']*'|[^\s&;]+)"
"""What is no option of a catalog's URL, and is refused without being repeated: ``sslpassword=...``."""


class Settings(Table):
    """All settings of a corpus. What is left out here is left to a corpus's stored settings, and then to the default.

    Raises `SettingsError`, as each table does, naming every setting that is wrong and what it may be.

    Example:
        >>> Settings(answer=AnswerSettings(drop_unsupported=True)).answer.drop_unsupported
        True
    """

    ingest: IngestSettings = IngestSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    memory: MemorySettings = MemorySettings()
    router: RouterSettings = RouterSettings()
    answer: AnswerSettings = AnswerSettings()
    access: AccessSettings = AccessSettings()
    log: LogSettings = LogSettings()
    stores: StoresSettings = StoresSettings()

    @model_validator(mode="after")
    def _volumes_keep_classes_apart(self) -> Self:
        if self.access.required and self.access.metadata not in self.memory.separate_by:
            raise ValueError(
                f"access.metadata, {self.access.metadata!r}, must be among memory.separate_by, "
                f"{self.memory.separate_by}, where access.required is on: volumes of the memory would mix classes"
            )
        return self

    @classmethod
    def load(cls, path: str | PathLike[str] | None = None, *, env: bool = True) -> Self:
        """Settings from a TOML file and the environment, which overrules the file.

        Args:
            path: a file with the tables ``[memory]``, ``[answer]`` and so on; none: the environment alone.
            env: whether variables such as ``HYBRID_MEMORY__ENABLED=false`` count.

        Raises:
            SettingsError: what is wrong, each with its file or variable, what is allowed, and the nearest name.
            InputError: ``path`` is no path.
        """
        from hybrid.settings import sources as sources

        if path is not None and not isinstance(path, str | PathLike):
            raise InputError(f"path is the path of a TOML file, or None, not {shown(path)}")
        layers = [sources.from_file(path)] if path is not None else []
        return sources.resolve(cls, [*layers, *([sources.from_environment(cls)] if env else [])]).settings
