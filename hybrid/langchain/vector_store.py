"""A corpus directory as a LangChain vector store: texts in, under ids of the caller's, and the nearest out.

And its embedder as LangChain embeddings.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import uuid
import weakref
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from threading import RLock
from typing import Any, ClassVar, Literal, Self

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore, VectorStoreRetriever
from pydantic import ConfigDict, PrivateAttr, ValidationError

import hybrid
from hybrid.components import Opener
from hybrid.corpus import Corpus
from hybrid.errors import CorpusError, InputError, SettingsError
from hybrid.ingest.external_documents import from_metadata, text_of, to_metadata
from hybrid.langchain.component import (
    Component,
    checked_count,
    checked_documents,
    checked_elements,
    checked_text,
    checked_texts,
)
from hybrid.settings import MemorySettings, RetrievalSettings, Settings
from hybrid.types.base import shown
from hybrid.types.documents import Metadata
from hybrid.types.filters import Filter


class HybridEmbeddings(Component, Embeddings):
    """Embeds texts as a corpus does: the same model, loaded once for all that use it, on this machine alone.

    Args:
        model: a built-in embedder by name, the directory of a sentence-transformers model, or a hub id in the
            local cache.

    Raises:
        InputError: an argument that is unknown, or is no string.
        MissingModelError: with the first text, if the model's files are not on this machine.

    Example:
        >>> vector = HybridEmbeddings().embed_query("When does it end?")
        >>> len(vector)
        384
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)

    model: str = RetrievalSettings().embedder
    _loaded: Any = PrivateAttr(default=None)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Vectors of length 1, in the order of the texts. Raises `InputError` for what is no list of strings."""
        given = checked_texts("texts", texts)
        self._loaded = hybrid.load_embedder(self.model)  # shared; it stays loaded as long as this object lives
        return [[float(value) for value in vector] for vector in self._loaded.encode(given)]

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question; the same as of a document with that text."""
        return self.embed_documents([checked_text("text", text)])[0]

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> HybridEmbeddings:
        return HybridEmbeddings(model=self.model)

    def __reduce__(self) -> tuple[Any, ...]:
        return _named, (self.model,)


def _named(model: str) -> HybridEmbeddings:
    return HybridEmbeddings(model=model)


Order = Literal["fused", "dense", "lexical"]
_ORDERS = ("fused", "dense", "lexical")

_SEARCH_TYPES = ("similarity", "mmr", "similarity_score_threshold")
_RETRIEVES = "search_type ('similarity', 'mmr' or 'similarity_score_threshold') and search_kwargs, a dict"
_ORIGINAL = "_text"  # where the canonical text is not, character for character, the text that was added


class HybridVectorStore(VectorStore):
    """Keeps texts in a corpus without a memory, and finds them by meaning and by words.

    Each text is a document of the corpus, named by its id; a long one is searched chunk by chunk and found whole.
    One call of ``add_texts`` or ``delete`` is one commit as a rule, and what was committed is on disk. Documents come
    back as they were added: the same id, text and metadata.

    Args:
        directory: where the corpus is kept; created if it is new. By default a temporary directory that lasts as
            long as the store.
        embedding: whose vectors; `HybridEmbeddings` only. By default those of the corpus, or the built-in ones.
        k: how many documents a search finds; also in every call.
        order: ``"dense"`` for the similarity of vectors alone, ``"lexical"`` for that of words.

    Raises:
        InputError: ``embedding`` is of another kind.
        CorpusError: with the first use, if the corpus in the directory has a memory, which it would lose.

    Example:
        >>> store = HybridVectorStore("notes")
        >>> store.add_texts(["The lease ends in May."], metadatas=[{"custodian": "J. Doe"}], ids=["lease"])
        ['lease']
        >>> store.similarity_search("When does the lease end?", k=1, filter={"custodian": "J. Doe"})[0].id
        'lease'
    """

    def __init__(
        self,
        directory: str | Path | None = None,
        *,
        embedding: Embeddings | None = None,
        k: int = 4,
        order: Order = "fused",
    ) -> None:
        if embedding is not None and not isinstance(embedding, HybridEmbeddings):
            raise InputError(
                f"the vectors of a corpus are its own embedder's, not those of {type(embedding).__name__}; "
                "name the model instead: HybridEmbeddings(model=...)"
            )
        path = isinstance(directory, Path) or (isinstance(directory, str) and directory.strip())
        if directory is not None and not path:
            raise InputError(f"directory must be a string or a pathlib.Path, not {shown(directory)}")
        if order not in _ORDERS:
            raise InputError(f"order must be 'fused', 'dense' or 'lexical', not {shown(order)}")
        self.k = checked_count("k", k)
        self.order: Order = order
        self._embedding = embedding
        self._writing = RLock()
        self._temporary = directory is None
        self._opener = Opener(directory or tempfile.mkdtemp(prefix="hybrid-"), self._opened)
        if self._temporary:
            self._clean_up = weakref.finalize(self, shutil.rmtree, self._opener.directory, ignore_errors=True)

    def __reduce__(self) -> tuple[Any, ...]:
        if self._temporary:
            raise InputError(
                "a vector store without a directory of its own cannot be pickled or copied: its directory goes when "
                "it does; construct it with one, HybridVectorStore(directory)"
            )
        return _again, (Path(self._opener.directory).absolute(), self._embedding, self.k, self.order)

    def __copy__(self) -> Self:
        return self._shared()

    def __deepcopy__(self, memo: object) -> Self:
        return self._shared()

    def _shared(self) -> Self:
        """A store over the same open corpus, for copies: two that write one directory would lock each other out."""
        if self._temporary:
            self.__reduce__()
        other = type(self).__new__(type(self))
        vars(other).update(vars(self))
        return other

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings | None = None,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> Self:
        """A store with these texts in it; ``directory``, ``k`` and ``order`` are as when it is constructed."""
        store = cls(embedding=embedding, **kwargs)
        store.add_texts(texts, metadatas, ids=ids)
        return store

    @property
    def embeddings(self) -> HybridEmbeddings:
        """Whose vectors the texts have."""
        return self._embedding or HybridEmbeddings(model=self._opener().settings.retrieval.embedder)

    # Changing ---------------------------------------------------------------------------------------

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: Sequence[str | None] | None = None,
        batch_size: int | None = None,  # noqa: ARG002 - see below
        **kwargs: Any,
    ) -> list[str]:
        """Add texts, or replace those that have one of the ids. Returns the ids, made up where none was given.

        LangChain's indexing (`langchain_core.indexing.index`) gives a ``batch_size``, which changes nothing here: all
        texts of a call are added together, and embedded in batches that suit the machine.

        Raises `InputError` for a text that is empty or holds NUL characters, for metadata that would not come back as
        it is, and where there are not as many ids or metadatas as texts. Nothing is added then.
        """
        _only(kwargs)
        given = checked_texts("texts", texts)
        ids = None if ids is None else checked_elements("ids", ids, "strings")
        metadatas = None if metadatas is None else checked_elements("metadatas", metadatas, "dicts")
        for name, values in (("ids", ids), ("metadatas", metadatas)):
            if values is not None and len(values) != len(given):
                raise InputError(f"{len(given)} texts have {len(values)} {name}; give one for each text")
        for at, metadata in enumerate(metadatas or []):
            if not isinstance(metadata, Mapping):
                raise InputError(f"metadatas[{at}] must be a dict, not {shown(metadata)}")
        for at, name in enumerate(ids or []):
            if name is not None:
                checked_text(f"ids[{at}]", name)
        names = [name or str(uuid.uuid4()) for name in ids or [None] * len(given)]
        documents = {
            name: _document(name, text, metadata)
            for name, text, metadata in zip(names, given, metadatas or [{}] * len(given), strict=True)
        }
        if documents:
            with self._writing:
                report = self._opener().ingest(*documents.values())
            if report.skipped:
                raise InputError("; ".join(map(str, report.skipped)))
        return names

    def delete(self, ids: list[str] | None = None, **kwargs: Any) -> bool:
        """Delete these documents, all of them in one commit, or every one. Ids that are not there do no harm.

        Raises `InputError` for what is no list of strings: a string is no list of its characters.
        """
        _only(kwargs)
        wanted = None if ids is None else checked_texts("ids", ids)
        corpus = self._opener()
        with self._writing:
            if wanted is None:
                gone = [name for document in corpus.documents() for name in document.sources]
            else:
                gone = [str(name) for name in corpus.get_documents(dict.fromkeys(wanted))]
            if gone:
                corpus.remove(gone)
        return True

    def add_documents(self, documents: list[Document], **kwargs: Any) -> list[str]:
        """As `add_texts`, for LangChain's documents. Raises `InputError`, too, for what is no list of them."""
        return super().add_documents(checked_documents("documents", documents), **kwargs)

    @classmethod
    def from_documents(cls, documents: list[Document], embedding: Embeddings | None = None, **kwargs: Any) -> Self:
        """As `from_texts`, for LangChain's documents."""
        given: Any = embedding
        return super().from_documents(checked_documents("documents", documents), given, **kwargs)

    def as_retriever(self, **kwargs: Any) -> VectorStoreRetriever:
        """A retriever that searches this store. ``search_type`` is ``"similarity"``, ``"mmr"`` or
        ``"similarity_score_threshold"``; ``search_kwargs`` is what each search is given, such as ``{"k": 3}``.

        Raises `InputError` for anything else, and for a threshold that is missing.
        """
        unknown = kwargs.keys() - VectorStoreRetriever.model_fields.keys()
        if unknown:
            raise InputError(f"as_retriever does not know {', '.join(sorted(unknown))}; it takes {_RETRIEVES}")
        try:
            return super().as_retriever(**kwargs)
        except (ValueError, TypeError) as error:
            faults = error.errors() if isinstance(error, ValidationError) else ()
            said = "; ".join(": ".join([*map(str, one["loc"]), one["msg"]]) for one in faults)
            said = said.replace("Value error, ", "")
            raise InputError(f"as_retriever takes {_RETRIEVES}; {said or error}") from None

    def search(self, query: str, search_type: str, **kwargs: Any) -> list[Document]:
        """The documents that one kind of search finds. Raises `InputError` for a kind that there is not."""
        return super().search(query, _search_type(search_type), **kwargs)

    async def asearch(self, query: str, search_type: str, **kwargs: Any) -> list[Document]:
        """As `search`."""
        return await super().asearch(query, _search_type(search_type), **kwargs)

    # Finding ----------------------------------------------------------------------------------------

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """The documents of these ids, in their order, as far as they are there."""
        return [_returned(document) for document in self._opener().get_documents(checked_texts("ids", ids)).values()]

    def similarity_search(self, query: str, k: int | None = None, **kwargs: Any) -> list[Document]:
        """The ``k`` documents that are most relevant to ``query``, best first.

        ``filter`` is a `hybrid.Filter`, or a mapping of metadata: a value, or a list of which any will do.
        """
        return [document for document, _ in self.similarity_search_with_score(query, k, **kwargs)]

    def similarity_search_with_score(
        self, query: str, k: int | None = None, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """As `similarity_search`, with the score of each one's best chunk: higher is better."""
        found = self._opener().search_documents(
            checked_text("query", query), self._k(k), where=_filter(kwargs), order=self.order
        )
        return [(_returned(document), hit.score) for document, hit in found]

    def similarity_search_by_vector(
        self, embedding: list[float], k: int | None = None, **kwargs: Any
    ) -> list[Document]:
        """The ``k`` documents whose vectors are nearest to this one, best first."""
        found = self._opener().search_documents(_vector(embedding), self._k(k), where=_filter(kwargs))
        return [_returned(document) for document, _ in found]

    def max_marginal_relevance_search(
        self, query: str, k: int | None = None, fetch_k: int = 20, lambda_mult: float = 0.5, **kwargs: Any
    ) -> list[Document]:
        """``k`` documents that are near to ``query`` and unlike each other, of the ``fetch_k`` nearest."""
        vector = self.embeddings.embed_query(query)
        return self.max_marginal_relevance_search_by_vector(vector, k, fetch_k, lambda_mult, **kwargs)

    def max_marginal_relevance_search_by_vector(
        self, embedding: list[float], k: int | None = None, fetch_k: int = 20, lambda_mult: float = 0.5, **kwargs: Any
    ) -> list[Document]:
        """As `max_marginal_relevance_search`, for a vector. ``lambda_mult`` 1 is nearness alone, 0 is variety."""
        import numpy as np
        from langchain_core.vectorstores.utils import maximal_marginal_relevance

        k, where, fetch_k = self._k(k), _filter(kwargs), checked_count("fetch_k", fetch_k)
        if not isinstance(lambda_mult, int | float) or not 0 <= lambda_mult <= 1:
            raise InputError(f"lambda_mult must be a number from 0 to 1, not {shown(lambda_mult)}")
        with self._opener().session() as session:
            found = session.search_documents(_vector(embedding), max(fetch_k, k), where=where)
            vectors = session.vectors([hit for _, hit in found])
        chosen = maximal_marginal_relevance(np.array(embedding, np.float32), list(vectors), lambda_mult, k)
        return [_returned(found[at][0]) for at in chosen]

    def _similarity_search_with_relevance_scores(
        self, query: str, k: int | None = None, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """The documents that `similarity_search` finds, by the cosine of each one's best span and the query, 0 where it
        is negative: what fusing ranks makes of a score says how a document compares with the others, not whether any
        of them is relevant."""
        kwargs.pop("score_threshold", None)  # applied by whoever calls this
        corpus = self._opener()
        with corpus.session() as session:
            found = session.search_documents(
                checked_text("query", query), self._k(k), where=_filter(kwargs), order=self.order
            )
            vectors = session.vectors([hit for _, hit in found])
            asked = session.embed(query)
        relevance = [min(1.0, max(0.0, float(vector @ asked))) for vector in vectors]
        each = [(_returned(document), score) for (document, _), score in zip(found, relevance, strict=True)]
        return sorted(each, key=lambda one: -one[1])

    def _k(self, k: int | None) -> int:
        return checked_count("k", self.k if k is None else k)

    def _opened(self, directory: Path) -> Corpus:
        embedder = {} if self._embedding is None else {"embedder": self._embedding.model}
        new = Settings(memory=MemorySettings(enabled=False), retrieval=RetrievalSettings(**embedder))
        corpus = Corpus.open(directory)
        if corpus.status().commit is None:
            corpus.close()
            corpus = Corpus.open(directory, new)
        elif corpus.settings.memory.enabled:
            corpus.close()
            raise CorpusError(f"the corpus at {directory} has a memory, which a vector store has not: ask it with "
                              "HybridRetriever and ChatHybrid, or name another directory")  # fmt: skip
        elif embedder and corpus.settings.retrieval.embedder != embedder["embedder"]:
            corpus.close()
            raise SettingsError(f"the texts in {directory} were embedded by {corpus.settings.retrieval.embedder}, "
                                f"not by {embedder['embedder']}; name another directory")  # fmt: skip
        if self._temporary:
            weakref.finalize(self, corpus.close)  # runs before the directory goes: the last comes first
        return corpus


def _again(directory: Path, embedding: HybridEmbeddings | None, k: int, order: Order) -> HybridVectorStore:
    return HybridVectorStore(directory, embedding=embedding, k=k, order=order)


def _document(name: str, text: str, metadata: Mapping[str, Any]) -> hybrid.Document:
    """The text as a document whose sha256 is also of its id and metadata, so that a change of either is one."""
    if not text:
        raise InputError(f"the text of {name!r} is empty; there is nothing to find")
    if "\0" in text:
        raise InputError(f"the text of {name!r} holds NUL characters, as no text does")
    canonical = hybrid.Document.from_text(text, source=name).text
    kept = to_metadata(metadata)
    if _ORIGINAL in metadata:
        raise InputError(f"metadata cannot have the key {_ORIGINAL!r}")
    if canonical != text:
        kept = kept.model_copy(update={"extra": kept.extra | {_ORIGINAL: text}})
    identity = json.dumps([name, text, kept.model_dump()])
    sha256 = hybrid.Document.from_text(identity, source=name).sha256
    return hybrid.Document(source=name, text=canonical, sha256=sha256, metadata=kept)


def _returned(document: hybrid.Document) -> Document:
    extra = document.metadata.extra
    text = extra.get(_ORIGINAL, document.text)
    left = Metadata(
        **document.metadata.model_dump(exclude={"extra"}), extra={k: v for k, v in extra.items() if k != _ORIGINAL}
    )
    return Document(id=document.source, page_content=text, metadata=from_metadata(left))


def _vector(given: Any) -> Any:
    """A vector. A string would be searched for by its words."""
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise InputError(f"embedding must be a list of numbers, not {shown(given)}")
    return given


def _filter(kwargs: dict[str, Any]) -> Filter | None:
    given = kwargs.pop("filter", None)
    _only(kwargs)
    if given is None or isinstance(given, Filter):
        return given
    if not isinstance(given, Mapping):
        raise InputError(f"a filter is a hybrid.Filter or a mapping of metadata, not {type(given).__name__}")
    return Filter(metadata={key: _values(key, value) for key, value in given.items()})


def _search_type(given: object) -> str:
    if not isinstance(given, str) or given not in _SEARCH_TYPES:
        kinds = " or ".join(map(repr, _SEARCH_TYPES))
        raise InputError(f"search_type is {kinds}, not {shown(given)}")
    return given


def _values(key: Any, value: Any) -> tuple[str, ...]:
    """The texts of a condition's values. Raises `InputError` for operators, by name."""
    operators = [name for name in (key, *(value if isinstance(value, Mapping) else ())) if str(name).startswith("$")]
    if operators or isinstance(value, Mapping):
        named = f"the operator {operators[0]!r}" if operators else "a mapping as a value"
        raise InputError(
            f"a filter does not know {named} (in {{{key!r}: {value!r}}}); give a value, or a list of values of which "
            "any will do, and dates as hybrid.Filter(since=..., until=...)"
        )
    each = value if isinstance(value, list | tuple | set | frozenset) else (value,)
    return tuple(text_of(one, str(key)) for one in each)


def _only(kwargs: dict[str, Any]) -> None:
    if kwargs:
        raise InputError(f"a vector store of hybrid does not know {', '.join(sorted(kwargs))}")
