"""A server in a thread of this process, over corpora without a memory, for the tests of `hybrid.service`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from hybrid import Corpus, Document, Metadata, Settings
from hybrid.client import Client
from hybrid.service.keys import keys_of
from hybrid.service.server import Server
from hybrid.settings.service import ServiceSettings

INDEX_ONLY = Settings.model_validate({"memory": {"enabled": False}, "ingest": {"sentence_vectors": False}})
QUESTION = "When does the supply agreement end?"
AGREEMENT = """SUPPLY AGREEMENT

1. Term. The supply agreement ends on 30 June 2027, unless both parties extend it in writing.
2. Deliveries. Acme shall deliver 500 tonnes of rock salt to the depot in Ghent every month.
"""
MINUTES = """Minutes of 4 March 2026

The salt arrived wet three months in a row. Beta stopped paying the invoices, and Jane Whitlock signed for Acme.
"""
SECRET = "The pass phrase of locker 7 is zq81734."


def make_corpora(root: Path) -> None:
    """``acme`` and ``other``, which is another tenant's; and ``classes``, whose documents have classes of access."""
    files = {
        "acme": [("discovery/agreement.txt", AGREEMENT, {}), ("discovery/minutes.txt", MINUTES, {})],
        "other": [("private/zq-locker.txt", SECRET, {})],
        "classes": [
            ("elm.txt", "The price of Project Elm is 4 million.", {"access": "deal-team"}),
            ("canteen.txt", "The canteen opens at noon.", {"access": "staff"}),
        ],
    }
    for name, documents in files.items():
        with Corpus.open(root / name, INDEX_ONLY) as corpus:
            corpus.ingest(
                [Document.from_text(text, source, Metadata(extra=extra)) for source, text, extra in documents]
            )


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something holds: a test that waits for what never comes fails, and does not hang."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.005)


class Running:
    """A server that runs: where it is, and clients of it."""

    def __init__(self, server: Server, root: Path) -> None:
        self.server = server
        self.url = server.url
        self.root = root

    def key(self, name: str, **may: Any) -> str:
        """A new key of that name; what it may do is said as `Keys.add` takes it."""
        return keys_of(self.root).add(
            name, every_class=may.pop("every_class", may.get("role") in ("writer", "admin")), **may
        )[0]

    def client(self, key: str | None = None) -> Client:
        return Client(self.url, key or "", timeout=60)

    def http(self, key: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60)

    @property
    def service(self) -> Any:
        return self.server.app.state.service


@contextmanager
def serving(root: Path, settings: Mapping[str, Any] | None = None) -> Iterator[Running]:
    """A server over ``root`` at a free port of this machine, stopped as a signal stops it."""
    given = dict(settings or {})
    server = {"port": 0, "preload": False, "shutdown_seconds": 20, **given.pop("server", {})}
    made = Server(root, ServiceSettings.model_validate({"server": server, **given}))
    thread = threading.Thread(target=made.run_until_stopped)
    thread.start()
    try:
        until(lambda: made.started or not thread.is_alive())
        assert made.started, "the server did not start"
        yield Running(made, root)
    finally:
        made.stop()
        thread.join(60)
        assert not thread.is_alive()
