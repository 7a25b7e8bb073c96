"""`Corpus`: everything a user does, in one class. A façade: the work is done on the floors below."""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pydantic import ValidationError

from hybrid.answers import Answer, Hit, Route, RouteName
from hybrid.documents import Document
from hybrid.errors import CorpusError, CorpusNotFoundError, CorruptCorpusError, InputError, SettingsError
from hybrid.filters import Filter
from hybrid.reports import CorpusStatus, DocumentInfo, IngestReport
from hybrid.settings import Settings

if TYPE_CHECKING:
    from hybrid.ingest.progress import Progress
    from hybrid.retrieval.embedding import Embedder
    from hybrid.retrieval.search import Order
    from hybrid.stores.catalog import Catalog
    from hybrid.ttt.memory import MemoryModel
    from hybrid.view import View

_SETTINGS = "settings"


class Corpus:
    """A directory of documents that were read once, and the questions put to it.

    Open one with `Corpus.open`. All methods may be called from several threads; one process at a time
    may ingest or remove while others ask. What is committed is never lost to a later error.

    Example:
        >>> import hybrid
        >>> corpus = hybrid.Corpus.open("acme-v-beta")
        >>> report = corpus.ingest("discovery/")
        >>> answer = corpus.ask("When does the supply agreement end?")
        >>> answer.citations[0].quote
        'The agreement ends on 4 May 2031.'
    """

    def __init__(self, directory: Path, catalog: Catalog, settings: Settings) -> None:
        self.directory = directory
        self.settings = settings
        self._catalog = catalog
        self._lock = threading.RLock()
        self._view: View | None = None

    @classmethod
    def open(cls, directory: str | Path, settings: Settings | None = None, *, create: bool = True) -> Self:
        """Open the corpus at ``directory``, creating it if it is new.

        Args:
            directory: where the corpus is kept. A directory that holds other files is refused.
            settings: stored with the corpus, and used from then on. By default those stored before.
            create: whether to create a corpus where there is none.

        Raises:
            CorpusNotFoundError: there is none and ``create`` is false.
            CorpusVersionError: another version of hybrid wrote it.
            SettingsError: the settings name another embedder than the one that made its vectors.
            CorpusError: the directory cannot be used.
        """
        from hybrid.stores.catalog import Catalog
        from hybrid.stores.database import catalog_path

        directory = Path(directory).expanduser()
        _check_directory(directory, create=create)
        catalog = Catalog.open(catalog_path(directory), create=create)
        try:
            return cls(directory, catalog, _stored_settings(catalog, settings))
        except BaseException:
            catalog.close()
            raise

    def close(self) -> None:
        """Let go of the files. The corpus cannot be used afterwards."""
        self._catalog.close()
        self._view = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Corpus({str(self.directory)!r})"

    # Changing -----------------------------------------------------------------------------------

    def ingest(self, *inputs: str | Path | Document, progress: Progress | None = None) -> IngestReport:
        """Read files, folders, globs or `Document` objects into the index and the memory.

        Unchanged files cost nothing, changed ones replace what was there, identical ones are recorded
        once. Files that cannot be read are left out, with the reason in the report. Files that have gone
        from a folder stay in the corpus until `remove`. An interruption loses nothing that was
        committed; the same call goes on from there.

        Raises:
            InputError: a path does not exist, or a glob matches nothing.
            CorpusLockedError: another process is writing.
        """
        from hybrid.ingest import pipeline
        from hybrid.ingest.progress import quiet

        if not inputs:
            raise InputError("nothing to ingest: name files, folders, globs or Document objects")
        return pipeline.ingest(
            self._catalog,
            self.directory,
            self._embedder(),
            self._memory_model(),
            inputs,
            self.settings,
            progress or quiet,
        )

    def remove(self, source: str, progress: Progress | None = None) -> IngestReport:
        """Remove a source by the name that `documents` shows, and have the memory unlearn it.

        Raises `SourceNotFoundError`, with near matches, if there is no such source.
        """
        from hybrid.ingest import pipeline
        from hybrid.ingest.progress import quiet

        return pipeline.remove(
            self._catalog, self.directory, self._memory_model(), source, self.settings, progress or quiet
        )

    # Asking -------------------------------------------------------------------------------------

    def ask(
        self,
        question: str,
        *,
        route: RouteName | None = None,
        history: Sequence[str | Answer] = (),
        where: Filter | None = None,
    ) -> Answer:
        """Answer a question, with citations and a verdict on every claim.

        Args:
            question: 1 to ``settings.answer.max_question_chars`` characters.
            route: ``"lookup"``, ``"comprehension"`` or ``"both"``, instead of the router's choice.
            history: the questions asked before, or their answers, oldest first; a follow-up ("and when does it
                end?") takes its subject from them, and the answer's notes say how it was read.
            where: answer from these documents only. The memory, which has read them all, is not asked.

        Raises:
            InputError: an empty question, an unknown route, or a filter with a metadata key or a source that no
                document has.
        """
        return self._current().answerer.ask(question, route=route, history=history, where=where)

    def route(self, question: str, *, history: Sequence[str | Answer] = ()) -> Route:
        """Which memory the router would send the question to, and how sure it is. ``history`` is as in `ask`."""
        return self._current().answerer.route(question, history=history)

    def search(self, question: str, k: int = 10, *, where: Filter | None = None, order: Order = "fused") -> list[Hit]:
        """The ``k`` chunks of the index that bear most on the question, best first.

        Args:
            question: what to look for; what stands in quotation marks is looked for to the letter.
            k: how many.
            where: search these documents only, chosen before the best ``k`` are.
            order: ``"dense"`` or ``"lexical"`` for one search alone.

        Example:
            >>> corpus.search("termination date", k=5, where=hybrid.Filter(sources="contracts/*", since="2024"))
        """
        from hybrid.answering.answerer import checked_question

        asked = checked_question(question, self.settings.answer.max_question_chars)
        return self._current().searcher.search(asked, k, where, order)

    # Looking ------------------------------------------------------------------------------------

    def documents(self) -> list[DocumentInfo]:
        """The documents, in the order in which the memory reads them."""
        return [
            DocumentInfo(
                id=row.id,
                source=row.source,
                title=row.title,
                media_type=row.media_type,
                characters=row.chars,
                pages=row.pages,
                chunks=row.chunks,
                sha256=row.sha256,
                date=row.date,
                custodian=row.custodian,
                sources=(row.source, *row.aliases),
            )
            for row in self._catalog.documents()
        ]

    def status(self) -> CorpusStatus:
        """What the corpus holds, and how far the memory has read."""
        documents = self._catalog.documents()
        generation = self._catalog.generation()
        return CorpusStatus(
            directory=str(self.directory),
            generation=generation.n if generation else None,
            documents=len(documents),
            sources=sum(1 + len(row.aliases) for row in documents),
            chunks=sum(row.chunks for row in documents),
            characters=sum(row.chars for row in documents),
            memory=generation.memory_state if generation else "none",
            tokens_read=generation.tokens if generation else 0,
            bytes_on_disk=sum(path.stat().st_size for path in self.directory.rglob("*") if path.is_file()),
            embedder=self.settings.retrieval.embedder,
            language_model=self.settings.memory.model if self.settings.memory.enabled else None,
        )

    def verify(self, answer: Answer) -> list[str]:
        """Check an answer's citations against the corpus as it is now; what does not hold, in words.

        An empty list means: every quote stands, character for character, at its offsets in a document
        with the same sha256.
        """
        from hybrid.answering.verification import check_citations

        return check_citations(self._catalog, answer)

    # Parts --------------------------------------------------------------------------------------

    def _embedder(self) -> Embedder:
        from hybrid.view import load_embedder

        return load_embedder(self.settings.retrieval.embedder)

    def _memory_model(self) -> MemoryModel | None:
        from hybrid.view import load_memory_model

        return load_memory_model(self.settings.memory) if self.settings.memory.enabled else None

    def _current(self) -> View:
        """The newest generation, with what it takes to ask it. Loaded once, and again after a commit."""
        from hybrid.view import View

        with self._lock:
            generation = self._catalog.generation()
            while self._view is None or self._view.generation != generation:
                try:
                    self._view = View.load(self.directory, self._catalog, self.settings, generation)
                except CorruptCorpusError:
                    newer = self._catalog.generation()
                    if newer == generation:
                        raise
                    generation = newer  # another process committed twice, and cleared this one's files away
            return self._view


def _check_directory(directory: Path, *, create: bool) -> None:
    from hybrid.stores.catalog import looks_like_corpus

    if directory.exists() and not directory.is_dir():
        raise CorpusError(f"{directory} is a file; a corpus is a directory")
    if looks_like_corpus(directory):
        return
    if directory.is_dir() and any(directory.iterdir()):
        raise CorpusError(f"{directory} holds files that are not a corpus; name an empty or a new directory")
    if not create:
        raise CorpusNotFoundError(f"no corpus at {directory}; create one: hybrid ingest {directory} FOLDER")
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CorpusError(f"cannot create a corpus at {directory}: {error.strerror}") from error


def _stored_settings(catalog: Catalog, given: Settings | None) -> Settings:
    """The settings to use: those given, which are stored, or else those stored, or else the defaults."""
    stored = catalog.info(_SETTINGS)
    if given is None:
        try:
            return Settings.model_validate_json(stored) if stored else Settings()
        except ValidationError as error:
            raise SettingsError(f"the settings stored with this corpus do not fit this version: {error}") from error
    if stored is not None and catalog.generation() is not None:
        before = Settings.model_validate_json(stored).retrieval.embedder
        if given.retrieval.embedder != before:
            raise SettingsError(
                f"this corpus was embedded by {before}; its vectors cannot be compared with those of "
                f"{given.retrieval.embedder}: ingest into a new directory"
            )
    if stored != given.model_dump_json():
        catalog.set_info(_SETTINGS, given.model_dump_json())
    return given


def settings_from_toml(path: Path) -> Settings:
    """Settings from a TOML file with the tables of `Settings`: ``[memory]``, ``[answer]`` and so on.

    Raises `SettingsError` naming the line or the setting that is wrong.
    """
    try:
        return Settings.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise SettingsError(f"cannot read the settings in {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as error:
        raise SettingsError(f"the settings in {path} are wrong: {error}") from error
