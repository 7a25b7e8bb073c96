"""The settings of a server (`hybrid serve`): a TOML file, or the same from Python. They belong to no corpus."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field

from hybrid.settings import OrNone, Table, sources


class ServerSettings(Table):
    """Where the server listens, and how it starts and stops."""

    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="address to listen at; without an API key only those of this machine",
    )
    port: int = Field(default=8321, ge=0, le=65535, description="0: any that is free; the server prints which")
    shutdown_seconds: float = Field(
        default=30, ge=0, description="that requests have to end when the server stops; then they are cut off"
    )
    preload: bool = Field(
        default=True, description="whether the embedder is loaded before the server says that it is ready"
    )
    corpus_settings: Annotated[Path | None, OrNone] = Field(
        default=None, description="a TOML file of settings that new corpora begin with; none: the defaults"
    )


class LimitSettings(Table):
    """What one request may cost, and how many there may be."""

    body_bytes: int = Field(default=8 * 2**20, ge=1024, description="of a request that is no upload")
    upload_bytes: int = Field(default=2**30, ge=1, description="of one upload, all files together")
    upload_files: int = Field(default=10_000, ge=1, description="of one upload")
    idle_seconds: float = Field(
        default=60,
        gt=0,
        description="that a client may let the head of a request, its body, or an answer that it is sent stand still",
    )
    hits: int = Field(default=1000, ge=1, le=1_000_000, description="the largest k of a search")
    running: int = Field(default=8, ge=1, le=256, description="answers that are made at a time")
    looking: int = Field(
        default=8,
        ge=1,
        le=256,
        description="other requests at a time, such as searches; they never wait for answers",
    )
    waiting: int = Field(default=32, ge=0, description="requests in line for either; the next one is turned away")
    running_per_key: int = Field(
        default=8, ge=1, description="of either, those of one key that run or are in line; the next one is turned away"
    )
    open_per_key: int = Field(
        default=32, ge=1, description="uploads and watched jobs of one key at a time; the next one is turned away"
    )
    answer_seconds: float = Field(
        default=300, gt=0, description="for an answer, or another request, with its wait in line"
    )
    requests_per_minute: int = Field(default=600, ge=0, description="of one key; 0: any number")
    burst: int = Field(default=60, ge=1, description="requests that a key which was quiet may send at once")


class JobSettings(Table):
    """Ingests and removals, which run beside the requests. A corpus has one at a time, the next ones wait in line."""

    running: int = Field(default=2, ge=1, le=64, description="jobs at a time, of different corpora")
    waiting: int = Field(default=100, ge=1, description="jobs of one corpus that are not done; the next is refused")
    kept: int = Field(default=1000, ge=1, description="jobs that are done and remembered, the newest")
    workers: int = Field(default=1, ge=1, le=64, description="processes that adapt a corpus's memory")
    cluster: Annotated[str | None, OrNone] = Field(
        default=None, description="the address of a Ray cluster whose nodes ingest in place of this machine"
    )


class ServiceSettings(Table):
    """All of it. ``folders`` are what may be ingested by path: a name for each, which stands for its path in requests
    and in the names of sources.

    Example:
        >>> ServiceSettings(folders={"discovery": Path("/srv/discovery")}).limits.hits
        1000
    """

    server: ServerSettings = ServerSettings()
    limits: LimitSettings = LimitSettings()
    jobs: JobSettings = JobSettings()
    folders: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")], Path] = Field(
        default_factory=dict, description="names of folders that may be ingested by path, and where they are"
    )

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read a TOML file; paths in it are relative to it.

        Raises:
            SettingsError: the file cannot be read, or a key or value in it is wrong; each is named.
        """
        found = sources.resolve(cls, [sources.from_file(path)]).settings
        here = Path(path).expanduser().parent
        server = found.server
        if server.corpus_settings is not None:
            server = server.model_copy(update={"corpus_settings": here / server.corpus_settings})
        folders = {name: here / folder for name, folder in found.folders.items()}
        return found.model_copy(update={"server": server, "folders": folders})
