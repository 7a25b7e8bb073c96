"""API keys: who may do what with which corpora. What is stored of a key is its hash, which cannot be turned back."""

from __future__ import annotations

import hmac
import json
import secrets
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from os import PathLike
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from hybrid.errors import AuthenticationError, InputError, SettingsError
from hybrid.stores.files import PRIVATE_FILE, write_atomically
from hybrid.types.base import FrozenModel
from hybrid.types.documents import sha256_hex
from hybrid.types.identities import Identity

Role = Literal["reader", "writer", "admin", "monitor"]
"""What a key may do: ask and look; ingest and remove as well; create corpora and read logs as well; or read the
server's metrics and nothing else."""
_RANK: dict[Role, int] = {"monitor": 0, "reader": 1, "writer": 2, "admin": 3}
STATE = ".serve"
"""The folder, beside the corpora, of what a server keeps itself: keys, jobs, uploads."""
_PREFIX = "hyb"
_SECRET_BYTES = 32
"""Of chance in a key: with so many a plain hash cannot be searched through, and a slow one would only cost time."""
_NO_KEY = "0" * 64


class ApiKey(FrozenModel):
    """One key, without its secret. It grants no more than it names.

    Attributes:
        name: whose it is, for logs; a corpus's own log calls whoever asks so.
        corpora: names of corpora, or patterns with ``*``; no others are there for this key.
        classes: classes of documents that it may see (`Identity.classes`); the empty string are documents without one.
        every_class: whether it sees all. A key that may change a corpus has to.
    """

    id: str = Field(pattern=r"^[0-9a-f]{8}$")
    name: str = Field(min_length=1)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", repr=False)
    role: Role = "reader"
    corpora: tuple[str, ...] = ("*",)
    classes: tuple[str, ...] = ("",)
    every_class: bool = False
    created: str

    @field_validator("name")
    @classmethod
    def _names_an_identity(cls, value: str) -> str:
        return Identity(name=value).name

    @model_validator(mode="after")
    def _whoever_writes_sees_all(self) -> Self:
        # A file of another class could be replaced, by its name, by somebody who may not even know that it is there.
        if self.allows("writer") and not self.every_class:
            raise ValueError(f"a key of role {self.role} changes documents of every class: give it every class")
        return self

    def allows(self, role: Role) -> bool:
        """Whether the key may do what that role may."""
        if role == "monitor":  # the sums of all tenants
            return self.role == role or (self.role == "admin" and "*" in self.corpora)
        return _RANK[self.role] >= _RANK[role]

    def may_see(self, corpus: str) -> bool:
        """Whether a corpus of that name is one of the key's, if there is one."""
        return self.role != "monitor" and any(fnmatchcase(corpus, pattern) for pattern in self.corpora)

    @property
    def identity(self) -> Identity:
        """Who asks, for `hybrid.Corpus.seen_by`."""
        return Identity(name=self.name, classes=self.classes, every_class=self.every_class)


def nobody() -> ApiKey:
    """Who asks a server without keys, which answers this machine alone: may do everything."""
    return ApiKey(
        id=_NO_KEY[:8],
        name="local",
        sha256=_NO_KEY,
        role="admin",
        every_class=True,
        created=datetime.now(UTC).isoformat(),
    )


def keys_of(root: str | PathLike[str]) -> Keys:
    """The API keys of the server over ``root``."""
    return Keys(Path(root) / STATE / "keys.json")


class _File(FrozenModel):
    format: Literal["hybrid-keys/1"] = "hybrid-keys/1"
    keys: tuple[ApiKey, ...] = ()


class Keys:
    """The keys in a file. One that is added or removed counts from the next request on, in a running server, too.

    Example:
        >>> import tempfile
        >>> keys = Keys(Path(tempfile.mkdtemp()) / "keys.json")
        >>> secret, key = keys.add("ann", role="reader", corpora=["acme"])
        >>> keys.of(secret).name
        'ann'
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()  # of the next two
        self._read: tuple[int, int, int] | None = None
        self._keys: tuple[ApiKey, ...] = ()

    def all(self) -> tuple[ApiKey, ...]:
        """The keys, oldest first. Raises `SettingsError` where the file cannot be read: then nobody is let in."""
        with self._lock:
            try:
                status = self._file.stat()
            except FileNotFoundError:
                self._read, self._keys = None, ()
                return ()
            found = (status.st_ino, status.st_mtime_ns, status.st_size)
            if found != self._read:
                try:
                    self._keys = _File.model_validate_json(self._file.read_bytes()).keys
                except (OSError, InputError) as error:
                    raise SettingsError(f"the API keys in {self._file} cannot be read: {error}") from error
                self._read = found
            return self._keys

    def of(self, secret: str) -> ApiKey:
        """The key with that secret. Raises `AuthenticationError`; how long that takes says nothing of the secret."""
        given = sha256_hex(secret.encode("utf-8", "surrogatepass"))
        found: ApiKey | None = None
        for key in self.all():  # all of them, whether or not one was found
            if hmac.compare_digest(key.sha256, given):
                found = key
        if found is None:
            raise AuthenticationError("the API key is not known to this server; hybrid keys list shows those that are")
        return found

    def add(
        self,
        name: str,
        *,
        role: Role = "reader",
        corpora: Iterable[str] = ("*",),
        classes: Iterable[str] = ("",),
        every_class: bool = False,
    ) -> tuple[str, ApiKey]:
        """Make a key; returns its secret, which is stored nowhere, and the key. Raises `InputError` for a name that
        another key has."""

        def added(keys: tuple[ApiKey, ...]) -> tuple[ApiKey, ...]:
            if any(one.name == name for one in keys):
                raise InputError(f"there is a key {name!r} already: remove it first, or choose another name")
            return (*keys, key)

        number = secrets.token_hex(4)
        secret = f"{_PREFIX}_{number}_{secrets.token_urlsafe(_SECRET_BYTES)}"
        key = ApiKey(
            id=number,
            name=name,
            sha256=sha256_hex(secret.encode()),
            role=role,
            corpora=tuple(corpora),
            classes=tuple(classes),
            every_class=every_class,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self._change(added)
        return secret, key

    def remove(self, name: str) -> ApiKey:
        """Take a key away, by its name or id. Raises `InputError` for one that is not there."""
        gone = [one for one in self.all() if name in (one.name, one.id)]
        if not gone:
            known = ", ".join(one.name for one in self.all()) or "there is none"
            raise InputError(f"there is no key {name!r}; known: {known}")
        self._change(lambda keys: tuple(one for one in keys if one not in gone))
        return gone[0]

    def _change(self, change: Callable[[tuple[ApiKey, ...]], tuple[ApiKey, ...]]) -> None:
        from filelock import FileLock

        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(self._file.with_suffix(".lock")):
            text = json.dumps(_File(keys=change(self.all())).model_dump(mode="json"), indent=1) + "\n"

            def write(path: Path) -> None:
                path.touch(PRIVATE_FILE)
                path.write_text(text, encoding="utf-8")

            write_atomically(self._file, write)
