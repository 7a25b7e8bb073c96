"""Every error that hybrid raises on purpose, as one tree.

    HybridError
    ├── InputError              an argument that cannot be used: an empty question, an unknown route
    │   └── UnsupportedOperationError  asked for something that a kernel, this machine or a component does not do
    ├── AccessError             a corpus that answers identities alone, asked without one; or a change by an identity
    ├── AnswerTimeoutError      no answer within the time that the caller gave; the work on it is stopped
    ├── SettingsError           a setting out of range, or one that contradicts the corpus on disk
    ├── InstallationError       packages that exclude each other, or one that cannot be loaded
    │   └── MissingExtraError         an optional package is not installed; the message says what to install
    ├── DocumentError           one document could not be read; ingest reports it and goes on
    │   ├── EmptyDocumentError        no text in it
    │   ├── UnsupportedFormatError    no loader for it (a binary, an image)
    │   ├── DamagedDocumentError      truncated, not what its name says, or not decodable
    │   │   └── UnreadableClassError      its class of access is written and cannot be read
    │   ├── EncryptedDocumentError    needs a password
    │   ├── DocumentTooLargeError     over the limit in the settings
    │   ├── DocumentChangedError      changed on disk while it was being read
    │   ├── OutsideFolderError        a symbolic link that leaves the folder being ingested
    │   └── PassedOverError           hidden, of version control, or a link to a file that is read by its own name
    ├── CorpusError             the corpus directory itself
    │   ├── CorpusNotFoundError       no corpus where one was asked for
    │   ├── CorpusVersionError        written by another version of hybrid
    │   ├── CorpusLockedError         another process is writing
    │   ├── CatalogUnreachableError   the server of the catalog's database does not answer, or went away
    │   ├── VectorsUnreachableError   the server that has the corpus's vectors does not answer, or went away
    │   ├── CorruptCorpusError        a file does not match its recorded sha256; it was quarantined
    │   ├── CorpusExistsError         something is where a corpus was to be imported to
    │   ├── ArchiveError              a file is no exported corpus, or is damaged or edited; ``part`` names what
    │   └── SourceNotFoundError       no source of that name in the corpus
    ├── ClusterError            a Ray cluster cannot be reached, was lost, or has nodes that are set up otherwise
    ├── ServiceError            what a server of `hybrid serve` refuses, or what its client cannot understand
    │   ├── AuthenticationError       no API key, or one that the server does not know
    │   ├── RequestTooLargeError      a body, an upload or one of its parts is over the server's limit
    │   ├── RateLimitError            this key has sent too much; ``retry_after`` says when to come back
    │   ├── ServiceBusyError          the server has too much to do, or is starting or stopping
    │   ├── ServerUnreachableError    no server answers at the address, or it stopped in the middle of an answer
    │   ├── ProtocolError             what came back is not what a server of hybrid sends, or is cut
    │   ├── JobNotFoundError          no job of that id that this key may see
    │   ├── JobStateError             a job cannot be cancelled or resumed in the state that it is in
    │   └── JobFailedError            a job ended without a result; ``job`` says what it did
    └── ModelError              a language model, an embedder or a memory
        ├── MissingModelError         the model's files are not there
        ├── EmbeddingError            an embedder that was given failed, or gave what are no vectors
        ├── RerankingError            a reranker that was given failed, or gave what are no scores
        ├── UnsupportedModelError     an architecture or file format that is not supported
        ├── DivergedError             the inner loop met a loss or a gradient that is not finite
        └── ProcessLostError          another process of a job of several ended, or does not answer

Messages say what is wrong, where, and what to do next. None of these errors undoes anything that
was already ingested.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class HybridError(Exception):
    """Base of every error that hybrid raises on purpose.

    Those that the methods of `hybrid.Corpus` raise are names of `hybrid`, too: ``hybrid.CorpusLockedError``.
    """


class InputError(HybridError, ValueError):
    """An argument cannot be used as it is; the message names it, and says what it may be."""


class UnsupportedOperationError(InputError, NotImplementedError):
    """Something was asked for that an operation of `hybrid.kernels`, the implementation chosen, or a component does not
    do: a kernel on another machine, tools of a chat model that has none."""


class AccessError(HybridError, PermissionError):
    """Who asks is not known, or may not do this; the message says how to ask. It names no document."""


class AnswerTimeoutError(HybridError, TimeoutError):
    """There was no answer within the time that the caller gave. The work on it is stopped."""


class SettingsError(HybridError, ValueError):
    """A setting is out of range or contradicts the corpus on disk."""


class InstallationError(HybridError, ImportError):
    """A package that hybrid needs is missing, or two that exclude each other are installed."""


@contextmanager
def missing_package_errors(*packages: str) -> Iterator[None]:
    """Turn the failure to import one of hybrid's own dependencies into `InstallationError`, with how to install it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in packages:
            raise
        torch = "pip install torch --index-url https://download.pytorch.org/whl/cpu, then " * (error.name == "torch")
        raise InstallationError(
            f"hybrid needs the package {error.name}, which is not installed; run: {torch}pip install "
            "'hybrid-ttt-rag[cpu]', or 'hybrid-ttt-rag[gpu]' alone on a machine with an NVIDIA GPU"
        ) from error


class MissingExtraError(InstallationError):
    """An optional part of hybrid was used, and the package that it needs is not installed. ``extra`` names the part.

    Example:
        >>> str(MissingExtraError("plots need matplotlib", "plots"))
        "plots need matplotlib, which is not installed; run: pip install 'hybrid-ttt-rag[plots]'"
    """

    def __init__(self, need: str, extra: str, alternative: str = "") -> None:
        super().__init__(f"{need}, which is not installed; run: pip install 'hybrid-ttt-rag[{extra}]'{alternative}")
        self.extra = extra


class DocumentError(HybridError):
    """One document could not be read. ``source`` names it and ``reason`` says why.

    ``code`` is a short stable word for programs, such as ``"encrypted"``.
    """

    code = "unreadable"

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason


class EmptyDocumentError(DocumentError):
    """The document holds no text."""

    code = "empty"


class UnsupportedFormatError(DocumentError):
    """No loader reads this kind of file."""

    code = "unsupported"


class DamagedDocumentError(DocumentError):
    """The document is truncated, malformed or not what its name says."""

    code = "damaged"


class UnreadableClassError(DamagedDocumentError):
    """The document says which class of access it has, and that cannot be read: without one it would be everybody's."""

    code = "unreadable_class"


class EncryptedDocumentError(DocumentError):
    """The document cannot be read without a password."""

    code = "encrypted"


class DocumentTooLargeError(DocumentError):
    """The document is over the size limit in the settings."""

    code = "too_large"


class DocumentChangedError(DocumentError):
    """The document changed on disk while it was being read."""

    code = "changed"


class OutsideFolderError(DocumentError):
    """A symbolic link leads out of the folder being ingested."""

    code = "outside_folder"


class PassedOverError(DocumentError):
    """The file is passed over by rule: it is hidden, of version control, or a link to one that is read anyway."""

    code = "passed_over"


class CorpusError(HybridError):
    """The corpus directory cannot be used as asked."""


class CorpusNotFoundError(CorpusError):
    """No corpus where one was asked for."""


class CorpusVersionError(CorpusError):
    """The corpus was written by another version of hybrid."""


class CorpusLockedError(CorpusError):
    """Another process is writing to the corpus."""


class CatalogUnreachableError(CorpusError):
    """The server of the catalog's database does not answer, or went away. What was committed is kept."""


class VectorsUnreachableError(CorpusError):
    """The server that has the corpus's vectors (Qdrant, Milvus) does not answer, or went away. What was committed is
    kept."""


class CorruptCorpusError(CorpusError):
    """A file of the corpus does not match its recorded sha256. It was moved aside, not deleted."""


class CorpusExistsError(CorpusError):
    """Something is where a corpus was to be imported to. It was not touched."""


class ArchiveError(CorpusError):
    """A file is no exported corpus, or is cut off, damaged or edited. Nothing was imported.

    ``part`` is the part of the file that is wrong; ``None``: the file as a whole. ``reason`` says why.
    """

    def __init__(self, path: object, part: str | None, reason: str) -> None:
        named = "" if part is None else f", part {part if part.isprintable() else repr(part)}"
        super().__init__(f"{path}{named}: {reason}")
        self.part = part
        self.reason = reason


class SourceNotFoundError(CorpusError, KeyError):
    """No source of that name is in the corpus."""

    __str__ = Exception.__str__  # KeyError would print the message's repr


class ClusterError(HybridError):
    """A Ray cluster cannot be reached, was lost in the middle, or one of its nodes is set up otherwise than this
    machine. What was committed is kept; the same ingest goes on from there, also without the cluster."""


class ServiceError(HybridError):
    """What a server of `hybrid serve` refuses, or what its client cannot understand. Its other errors are those of the
    library: `hybrid.client` raises what the server's corpus raised."""


class AuthenticationError(ServiceError, PermissionError):
    """No API key was given, or one that the server does not know."""


class RequestTooLargeError(ServiceError):
    """A body, an upload or one of its parts is over the server's limit, which the message names."""


class RateLimitError(ServiceError):
    """This key has sent too many requests. ``retry_after`` is how many seconds to wait."""

    def __init__(self, message: str, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ServiceBusyError(ServiceError):
    """The server has as much to do as it can, or is starting or stopping. ``retry_after`` is how many seconds to
    wait."""

    def __init__(self, message: str, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ServerUnreachableError(ServiceError, ConnectionError):
    """No server answers at the address, or it stopped in the middle of an answer."""


class ProtocolError(ServiceError):
    """What came back is not what a server of hybrid sends, or is cut."""


class JobNotFoundError(ServiceError, KeyError):
    """There is no job of that id that this key may see."""

    __str__ = Exception.__str__  # KeyError would print the message's repr


class JobStateError(ServiceError):
    """A job cannot be cancelled or resumed in the state that it is in."""


class JobFailedError(ServiceError):
    """A job ended without a result: it failed or was cancelled. ``job`` is its `hybrid.types.jobs.Job`."""

    def __init__(self, message: str, job: object = None) -> None:
        super().__init__(message)
        self.job = job


class ModelError(HybridError):
    """A language model, an embedder or a memory cannot do what was asked."""


class MissingModelError(ModelError):
    """The model's files are not where they should be."""


class EmbeddingError(ModelError):
    """An embedder that was given failed, also when it was asked again, or gave what are no vectors of its dimension.
    What was committed is kept; the same ingest goes on from there."""


class RerankingError(ModelError):
    """A reranker that was given failed, or gave what are no scores of the passages."""


class UnsupportedModelError(ModelError):
    """The model's architecture or file format is not supported."""


class DivergedError(ModelError):
    """The inner loop met a loss or a gradient that is not finite; the last good state is kept."""


class ProcessLostError(ModelError):
    """Another process of a job of several ended before its time, or does not answer; the last checkpoint is whole."""
