"""The corpora of a server: folders below one, opened once and shared by all requests, and as each key may see them."""

from __future__ import annotations

import logging
import re
import secrets
import shutil
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hybrid.corpus import Corpus
from hybrid.errors import AccessError, CorpusError, CorpusNotFoundError, InputError, SettingsError
from hybrid.service.keys import STATE, ApiKey, Role, nobody
from hybrid.settings import Settings, sources
from hybrid.stores.database import POINTER, catalog_file, drop_catalog, looks_like_corpus
from hybrid.stores.vector_places import drop_vectors
from hybrid.types.base import shown

_LOG = logging.getLogger("hybrid.service")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DELETED = "deleted-"
_SEEN = 256
"""Identities' corpora held open; each has a database connection or two."""
_OPERATORS = {
    "ingest": ("isolate",),
    "retrieval": ("embedder", "device"),
    "memory": ("model", "device", "initial_weights"),
    "router": ("weights",),
    "answer": ("entailment",),
    "stores": ("catalog", "catalog_password", "vectors", "vectors_key"),
}
"""Settings that name files and devices of the server, or decide whether what reads a file may take it down with it:
they are for whoever runs it."""


@dataclass
class _Seen:
    """A corpus as an identity sees it, and how many use it."""

    corpus: Corpus
    users: int = 0


class Corpora:
    """Corpora by name. Its methods block, and may be called from several threads.

    Args:
        root: the folder that they are in.
        settings: a TOML file of settings that new ones begin with.
    """

    def __init__(self, root: Path, settings: Path | None = None) -> None:
        self.root: Path = root.absolute()
        self._settings = settings
        self._lock = threading.Lock()  # of the next two
        self._open: dict[str, tuple[tuple[int, int], Corpus]] = {}  # with the device and inode of its catalog
        self._seen: OrderedDict[tuple[str, str], _Seen] = OrderedDict()

    def names(self, key: ApiKey) -> list[str]:
        """Those that the key may see."""
        return [name for name in self._all() if key.may_see(name)]

    def _all(self) -> Iterator[str]:
        for folder in sorted(self.root.iterdir()) if self.root.is_dir() else ():
            if _NAME.fullmatch(folder.name) and looks_like_corpus(folder):
                yield folder.name

    def check(self, name: str, key: ApiKey, role: Role) -> None:
        """Raise `CorpusNotFoundError` for a corpus that is not there or not the key's, in the same words, and
        `AccessError` where the key may see it and not do what that role may."""
        there = key.may_see(name) and _NAME.fullmatch(name) and looks_like_corpus(self.root / name)
        if not there:
            raise CorpusNotFoundError(f"there is no corpus {shown(name)} that this key may see")
        check_role(key, role)

    @contextmanager
    def seen_by(self, name: str, key: ApiKey) -> Iterator[Corpus]:
        """The corpus as the key's identity sees it, which stays open inside the block."""
        self.check(name, key, "reader")
        asker = (name, key.identity.model_dump_json())
        with self._lock:
            whole = self._opened(name)
            found = self._seen.get(asker)
            if found is None:
                found = self._seen[asker] = _Seen(whole.seen_by(key.identity))
            self._seen.move_to_end(asker)
            found.users += 1
            # One that is in use is closed by a later call: whoever was given it may not have begun yet.
            idle = [one for one, seen in self._seen.items() if not seen.users]
            for one in idle[: max(0, len(self._seen) - _SEEN)]:
                self._seen.pop(one).corpus.close()
        try:
            yield found.corpus
        finally:
            with self._lock:
                found.users -= 1

    def whole(self, name: str, key: ApiKey) -> Corpus:
        """The corpus itself, for a key that may change it."""
        self.check(name, key, "writer")
        return self.of_job(name)

    def of_job(self, name: str) -> Corpus:
        """The corpus itself, for work that was permitted when it was asked for."""
        with self._lock:
            return self._opened(name)

    def _opened(self, name: str) -> Corpus:
        try:
            status = catalog_file(self.root / name).stat()
        except FileNotFoundError:
            raise CorpusNotFoundError(f"there is no corpus {shown(name)} any more") from None
        file = (status.st_dev, status.st_ino)
        if name in self._open and self._open[name][0] != file:
            self._forget(name)  # another corpus was put in its place: nobody is answered from the one that is gone
        if name not in self._open:
            corpus = Corpus.open(self.root / name, self._reached(), create=False)
            corpus._shown_as = name  # where it lies is nobody's to know
            self._open[name] = (file, corpus)
        return self._open[name][1]

    def _forget(self, name: str) -> None:
        gone = [self._seen.pop(one).corpus for one in list(self._seen) if one[0] == name]
        if (opened := self._open.pop(name, None)) is not None:
            gone.append(opened[1])
        for corpus in gone:
            corpus.close()  # calls that run in it go on to their end

    def create(self, name: str, settings: Mapping[str, Any], key: ApiKey) -> None:
        """Make a corpus. Raises `InputError` for a name that cannot be one, `SettingsError`, and `CorpusError` for one
        that is there."""
        check_role(key, "admin")
        if not _NAME.fullmatch(name):
            raise InputError(
                f"name is 1 to 64 letters, digits, '.', '_' and '-', with a letter or digit first, not {shown(name)}"
            )
        if not key.may_see(name):  # whether or not there is one
            raise AccessError(f"this key may not create a corpus {name!r}: it is not among the names that it has")
        for table, names in _OPERATORS.items():
            given = settings.get(table)
            if isinstance(given, Mapping) and (refused := [one for one in names if one in given]):
                raise AccessError(
                    f"{table}.{refused[0]} is about files, devices or processes of the server: whoever runs it sets "
                    "it, in the file that server.corpus_settings names"
                )
        layers = [sources.Layer("the request", settings)]
        if self._settings is not None:
            layers.insert(0, sources.from_file(self._settings))
        resolved = sources.resolve(Settings, layers).settings
        with self._lock:
            if (self.root / name).exists():
                raise CorpusError(f"there is a corpus {name!r} already")
            Corpus.open(self.root / name, resolved).close()

    def delete(self, name: str, key: ApiKey) -> None:
        """Delete a corpus with all that it holds. Questions that are being answered go on to their end.

        Raises what `check` raises for another role than admin's, and `CorpusLockedError` where somebody is writing to
        it.
        """
        self.check(name, key, "admin")
        # Out of the way at once, so that a kill in the middle leaves no half of a corpus; the next start deletes it.
        gone = self.root / STATE / f"{_DELETED}{secrets.token_hex(8)}"
        with self.of_job(name)._catalog.write_lock(self.root / name), self._lock:
            gone.parent.mkdir(exist_ok=True)
            (self.root / name).rename(gone)
            self._forget(name)
        self._drop_catalog(gone)
        shutil.rmtree(gone)

    def finish_deletions(self) -> None:
        """Delete what a server that was killed had begun to."""
        for folder in (self.root / STATE).glob(f"{_DELETED}*"):
            with suppress(CorpusError, SettingsError):  # a database that is away: the next start deletes what it has
                self._drop_catalog(folder)
                shutil.rmtree(folder, ignore_errors=True)

    def _reached(self) -> Settings | None:
        """How the operator's file says that databases are reached, which no corpus stores; ``None``: it does not."""
        if self._settings is None:
            return None
        known = sources.from_file(self._settings).values.get("stores")
        if known is None or sources.from_environment(Settings).values.get("stores"):
            return None
        url, _, query = str(known.get("catalog", "sqlite")).partition("?")
        kept = "&".join(one for one in query.split("&") if one and not one.startswith("schema="))
        return Settings.model_validate({"stores": {**known, "catalog": f"{url}?{kept}" if kept else url}})

    def _drop_catalog(self, folder: Path) -> None:
        """Delete what a corpus has in a database."""
        layers = [sources.from_environment(Settings)]
        if self._settings is not None:
            layers.insert(0, sources.from_file(self._settings))
        if not looks_like_corpus(folder):
            return
        stores = sources.resolve(Settings, layers).settings.stores
        drop_vectors(folder, stores)
        if not drop_catalog(folder, stores):
            _LOG.warning(
                "the directory of a deleted corpus was a copy of another, whose catalog in PostgreSQL it named: that "
                "one was left as it is (%s); where no directory needs it any more, DROP SCHEMA ... CASCADE deletes it",
                (folder / POINTER).read_text(encoding="utf-8").strip(),
            )

    def preload(self) -> None:
        """Load what the first question would otherwise wait for: of every corpus its index, and the models."""
        for name in self._all():
            try:
                with self.seen_by(name, nobody()) as corpus:
                    corpus.route("Is it ready?")
                    holds_documents = corpus.status().documents
                if holds_documents:
                    self.of_job(name)._memory_model()
            except Exception as error:  # noqa: BLE001 - it says so to whoever asks it; the others answer
                _LOG.warning("the corpus %s cannot be asked: %s: %s", name, type(error).__name__, error)

    def close(self) -> None:
        """Close all of them. Calls that run go on to their end."""
        with self._lock:
            opened = [*(seen.corpus for seen in self._seen.values()), *(corpus for _, corpus in self._open.values())]
            self._seen.clear()
            self._open.clear()
        for corpus in opened:
            corpus.close()


def check_role(key: ApiKey, role: Role) -> None:
    """Raise `AccessError` for a key that may not do what that role may."""
    if not key.allows(role):
        raise AccessError(f"this needs a key of role {role}, and this one is a {key.role}'s")
