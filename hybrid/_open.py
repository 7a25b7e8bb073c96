"""Opening a corpus: its directory, its catalog, and its settings.

Of the settings, code overrules the environment, that a file, that what is stored with the corpus, and that the default.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from hybrid.errors import CorpusError, CorpusNotFoundError, CorruptCorpusError, HybridError, InputError, SettingsError
from hybrid.settings import Settings
from hybrid.settings import sources as sources
from hybrid.settings.sources import Layer, Resolved
from hybrid.types.base import shown

if TYPE_CHECKING:
    from hybrid.settings import StoresSettings
    from hybrid.stores.access import Access
    from hybrid.stores.catalog import Catalog
    from hybrid.stores.postgresql.place import Place
    from hybrid.types.reports import IntegrityProblem, IntegrityReport

Given = Settings | str | os.PathLike[str] | None
"""`Settings` from code, the path of a TOML file, or nothing."""
NEAR = 3
"""How many corpora beside one that does not exist are named."""
_STORED = "settings"
_RETIRED = (("memory", "snapshot_every"),)
"""Settings that corpora made by older versions have stored, and that mean nothing any more."""
_SIMILAR = 0.5
"""Of difflib, tried by hand: a name with one slip in four letters is above it, two short names without a common part
are below."""


def given_settings(settings: object) -> Given:
    """The settings that a corpus is opened with; a mapping becomes `Settings`.

    Raises `InputError` for another type, and `SettingsError` for a mapping with a wrong setting.
    """
    if isinstance(settings, Mapping):
        return Settings.model_validate(dict(settings))
    if settings is None or isinstance(settings, Settings | str | os.PathLike):
        return settings
    raise InputError(f"settings is a hybrid.Settings, a dict, or the path of a TOML file, not {shown(settings)}")


def near_corpora(directory: Path) -> list[Path]:
    """Other corpora in the same folder, those with the most similar names first; at most `NEAR`."""
    from hybrid.stores.database import looks_like_corpus

    try:
        beside = {one.name: one for one in directory.absolute().parent.iterdir() if one.is_dir()}
        beside.pop(directory.name, None)
        names = get_close_matches(directory.name, beside, n=len(beside) or 1, cutoff=_SIMILAR)
        return [directory.parent / name for name in names if looks_like_corpus(beside[name])][:NEAR]
    except OSError:  # a folder that may not be looked at has no names to offer
        return []


def did_you_mean(directory: Path) -> str:
    """``"; did you mean acme-v-beta?"`` where corpora have similar names, else nothing."""
    near = near_corpora(directory)
    return f"; did you mean {' or '.join(map(str, near))}?" if near else ""


def check_new(directory: Path, given: Given) -> None:
    """Check the settings of a corpus that is not there yet, so that wrong ones leave no empty corpus behind.

    Raises `SettingsError`.
    """
    from hybrid.stores.database import looks_like_corpus

    if not looks_like_corpus(directory):
        explained(None, given)
        if given is not None:  # what is stored is without the environment
            sources.resolve(Settings, [Layer("stored"), _given_layer(given)])


def open_catalog(
    directory: Path, stores: StoresSettings, *, create: bool, access: Access | None = None, of: Catalog | None = None
) -> Catalog:
    """The catalog of the corpus at ``directory``, made if it is new and ``create`` allows it; with ``access``, as far
    as that shows it. ``stores`` says where that of a new corpus goes; ``of`` is the one that is open, if one is: it is
    then reached as that is.

    Raises `CorpusNotFoundError`, `CorpusVersionError`, or `CorpusError` where the directory cannot be used.
    """
    from hybrid.stores import commits, vector_places
    from hybrid.stores.catalog import Catalog
    from hybrid.stores.database import mark_of

    _check_directory(directory, create=create)
    guard = commits.read_guard(directory)
    if of is not None:
        catalog = of.shown(access)
    else:
        where = _placed(directory.absolute(), stores)
        catalog = Catalog.open(where, create=create and _may_create(directory, where), access=access)
    vector_places.attach(catalog, directory.absolute(), stores)
    try:
        with _opening_errors(catalog):
            newest = catalog.commit()
            corpus = catalog.info(commits.CORPUS_ID, checked=False)  # hybrid verify names it where the guard is missing
        commits.check_guard(directory, guard, newest, corpus, catalog.called)
        if newest is None and create and catalog.writable and (mark := mark_of(directory)) is not None:
            _remember(catalog, mark)
    except BaseException:
        catalog.close()
        raise
    return catalog


def _remember(catalog: Catalog, mark: str) -> None:
    """Let a new catalog in a database know which directory is its own, so that it is not deleted with a copy of it."""
    from hybrid.stores import commits

    if catalog.info(commits.DIRECTORY, checked=False) is None:
        catalog.set_info(commits.DIRECTORY, mark)


def _placed(directory: Path, stores: StoresSettings) -> Path | Place:
    """Where the catalog of the corpus at ``directory`` is. A new one in PostgreSQL gets a schema of its own, and the
    directory the file that says so."""
    from hybrid.stores import database, vector_places

    where = database.located(directory, stores)
    if database.looks_like_corpus(directory):
        return where
    vector_places.check_new(where, directory, stores)
    if not isinstance(where, Path):
        where = replace(where, schema=where.schema or database.generated_schema())
        database.check_unused(where)  # before anything says that it is this corpus's, to be dropped with it
        if not database.write_pointer(directory, where):
            return database.located(directory, stores)
    return where


def _may_create(directory: Path, where: Path | Place) -> bool:
    """Whether a catalog may be made where none is: not in the place of one that was lost."""
    return isinstance(where, Path) or not any((directory / one).exists() for one in ("commits", "commit"))


@contextmanager
def _opening_errors(catalog: Catalog) -> Iterator[None]:
    """What cannot be read as a corpus is opened cannot be looked at or repaired either: no other advice than a copy."""
    from sqlalchemy.exc import DatabaseError

    from hybrid.stores.records import PUT_BACK

    try:
        yield
    except CorruptCorpusError as error:
        if not isinstance(error.__cause__, DatabaseError):
            raise
        said = f"{catalog.called} is damaged ({error.__cause__.orig}); {PUT_BACK}"
        raise CorruptCorpusError(said) from error.__cause__


def checked(catalog: Catalog, directory: Path) -> IntegrityReport:
    """See `Corpus.check`."""
    from hybrid.stores import commits, integrity
    from hybrid.types.reports import IntegrityReport

    try:
        found = integrity.check(catalog, directory)
        others = commits.guard_problems(directory, catalog.commit(), catalog.info(commits.CORPUS_ID, checked=False))
        problems = (*found.problems, *others, *_log_problems(catalog, directory))
    except CorruptCorpusError:  # it cannot be looked at as a whole
        pages = integrity.damaged_pages(catalog)
        if not pages:
            raise
        return IntegrityReport(commit=None, checked={}, problems=tuple(pages))
    return found.model_copy(update={"problems": problems})


def _log_problems(catalog: Catalog, directory: Path) -> Iterator[IntegrityProblem]:
    """What is wrong with the log of what was done; where only the catalog names another, repair goes on with it."""
    from hybrid._recording import MARK, said_of_going_back
    from hybrid.stores import log
    from hybrid.types.reports import IntegrityProblem

    mark = catalog.info(MARK, checked=False)
    if mark is None and not log.exists(directory):
        return
    by_itself = log.check(directory).problems if log.exists(directory) else ()
    problems = by_itself or log.check(directory, mark).problems
    if not problems and (back := said_of_going_back(directory, catalog)) is not None:
        yield IntegrityProblem(part="log", name=log.FILE, problem=back[0], advice=back[1], repairable=True)
    for said in problems:
        advice = log.PUT_ASIDE if by_itself else log.GO_ON
        said = said.removesuffix(f"; {advice}")
        yield IntegrityProblem(part="log", name=log.FILE, problem=said, advice=advice, repairable=not by_itself)


@contextmanager
def unreachable_errors(directory: Path) -> Iterator[None]:
    """Turn the file system's errors about a corpus's directory into `CorpusError`."""
    try:
        yield
    except OSError as error:
        raise CorpusError(f"{directory} cannot be used as a corpus: {error.strerror or error}") from error


def check_still_there(directory: Path) -> None:
    """Raise `CorpusError` if the catalog of an open corpus is not there any more: what would be written to the deleted
    file would be lost."""
    from hybrid.stores.database import looks_like_corpus

    with unreachable_errors(directory):
        if not looks_like_corpus(directory):
            raise CorpusError(
                f"the corpus at {directory} was deleted or moved since it was opened, and nothing is written; open it "
                "where it is now, or create a new one"
            )


def _check_directory(directory: Path, *, create: bool) -> None:
    from hybrid.stores.database import looks_like_corpus
    from hybrid.stores.files import PRIVATE_FOLDER, refuse_links_in

    if directory.exists() and not directory.is_dir():
        raise CorpusError(f"{directory} is a file; a corpus is a directory")
    if looks_like_corpus(directory):
        refuse_links_in(directory)
        _check_not_emptied(directory)
        return
    if directory.is_dir() and any(directory.iterdir()) and not looks_like_corpus(directory):  # it is being created
        _check_catalog_not_lost(directory)
        advice = did_you_mean(directory) or ("; name an empty or a new directory" if create else "")
        raise CorpusError(f"{directory} is no corpus: it holds files that are not a corpus{advice}")
    if not create:
        raise CorpusNotFoundError(
            f"no corpus at {directory}{did_you_mean(directory) or f'; create one: hybrid ingest {directory} FOLDER'}"
        )
    for above in directory.absolute().parents:
        with suppress(OSError):
            if looks_like_corpus(above):
                raise CorpusError(f"{directory} lies in another corpus, {above}; name a directory outside of it")
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        directory.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    except OSError as error:
        raise CorpusError(f"cannot create a corpus at {directory}: {error.strerror}") from error


def _check_catalog_not_lost(directory: Path) -> None:
    """Raise `CorruptCorpusError` where only the catalog of a corpus is missing, or is no database any more."""
    from hybrid.stores.commits import of_a_corpus
    from hybrid.stores.database import POINTER, catalog_path

    if others := of_a_corpus(directory):
        path = catalog_path(directory)
        said = "is damaged: it is no database" if path.exists() else f"is missing (or, of PostgreSQL, {POINTER})"
        raise CorruptCorpusError(
            f"{path} {said}, and the corpus's other files are there ({', '.join(others)}); put back a copy of it, or "
            "ingest the documents into a new directory"
        )


def _check_not_emptied(directory: Path) -> None:
    """An empty catalog is what an interrupted creation leaves behind; commits beside it had a catalog."""
    from hybrid.stores.database import catalog_file

    commits, path = directory / "commits", catalog_file(directory)
    if not path.stat().st_size and commits.is_dir() and any(commits.iterdir()):
        raise CorruptCorpusError(
            f"{path} is empty, and the corpus was not: there are files in {commits}; put back a "
            "copy of it, or ingest the documents into a new directory"
        )


def finish_erasure(catalog: Catalog, directory: Path) -> None:
    """Erase what a removal could not, as somebody read it still. Nothing is raised: a corpus is being closed."""
    from hybrid.stores import erasure

    with suppress(HybridError, OSError):
        erasure.finish(catalog, directory)


def stores_of(given: Given) -> StoresSettings:
    """Where the settings say that catalogs are kept, before any is opened. Raises `SettingsError`."""
    layers = (layer for layer in _in_order(Layer("stored"), given) if "stores" in layer.values)
    own = [Layer(one.name, {"stores": one.values["stores"]}, one.names) for one in layers]
    return sources.resolve(Settings, own).settings.stores


def settle(catalog: Catalog, given: Given) -> Settings:
    """The settings to use from now on. What code or a file gives is stored where the corpus can be written to; the
    environment counts for this process.

    Raises `SettingsError` for what is wrong, and for another embedder than the one that made the vectors.
    """
    before = catalog.info(_STORED)
    stored = _stored_layer(before)
    used = sources.resolve(Settings, _in_order(stored, given)).settings
    used = used.model_copy(update={"stores": _stores_used(catalog, used.stores)})
    if catalog.commit() is not None:
        _check_embedder(sources.resolve(Settings, [stored]).settings, used)
    if given is not None:
        kept = sources.resolve(Settings, [stored, _given_layer(given)]).settings.model_dump_json(exclude={"stores"})
        if kept != before and catalog.writable:
            catalog.set_info(_STORED, kept)
    return used


def _stores_used(catalog: Catalog, given: StoresSettings) -> StoresSettings:
    """Where the catalog and the vectors are, whatever the settings say of new ones."""
    from hybrid.settings import StoresSettings
    from hybrid.stores.vector_places import where_of

    secrets = {"catalog_password": given.catalog_password, "vectors_key": given.vectors_key}
    return StoresSettings(catalog=catalog.where, vectors=where_of(catalog), **secrets)


def explained(catalog: Catalog | None, given: Given) -> Resolved[Settings]:
    """The settings that `settle` would use, each with its source; nothing is stored. No catalog: a new one."""
    stored = _stored_layer(catalog.info(_STORED) if catalog is not None else None)
    found = sources.resolve(Settings, _in_order(stored, given))
    if catalog is None or catalog.commit() is None:
        return found
    with suppress(SettingsError):  # of a folder that the settings have to name; opening the corpus says so
        used = _stores_used(catalog, found.settings.stores)
        where: dict[tuple[str, ...], str] = {("stores", key): "the corpus itself" for key in ("catalog", "vectors")}
        return sources.Resolved(found.settings.model_copy(update={"stores": used}), {**found.origins, **where})
    return found


def _in_order(stored: Layer, given: Given) -> list[Layer]:
    environment = sources.from_environment(Settings)
    if given is None:
        return [stored, environment]
    layer = _given_layer(given)
    return [stored, environment, layer] if isinstance(given, Settings) else [stored, layer, environment]


def _given_layer(given: Settings | str | os.PathLike[str]) -> Layer:
    return sources.from_code(given) if isinstance(given, Settings) else sources.from_file(given)


def _stored_layer(text: str | None) -> Layer:
    if text is None:
        return Layer("stored")
    try:
        known = json.loads(text)
        for table, name in _RETIRED:
            known.get(table, {}).pop(name, None)
        return Layer("stored", Settings.model_validate(known).model_dump())
    except SettingsError as wrong:
        raise SettingsError(
            f"the settings stored with this corpus, in its catalog, do not fit this version: {wrong}"
        ) from None
    except (ValueError, AttributeError) as error:
        raise CorruptCorpusError(
            f"the settings stored in the catalog are damaged ({error}); put back a copy, or ingest the "
            "documents into a new directory"
        ) from error


def _check_embedder(before: Settings, now: Settings) -> None:
    if now.retrieval.embedder != before.retrieval.embedder:
        raise SettingsError(
            f"retrieval.embedder: this corpus was embedded by {before.retrieval.embedder}; its vectors cannot be "
            f"compared with those of {now.retrieval.embedder}: ingest into a new directory"
        )
