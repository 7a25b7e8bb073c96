"""A server under load: how long answers take, whether memory and handles grow, and whether anything goes wrong.

python benchmarks/serving.py --clients 50 --seconds 600

Clients ask, search and stream; some go in the middle of an answer, and ingests run beside them. Each client has the key
of one of two tenants, and every answer is held to come from that tenant's documents. The server is a process of its
own; halfway it is killed and started again, and every ingest that it had taken on is held to have been done. Last comes
a cold `hybrid ask`, with and without the server.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path

import hybrid
from hybrid.client import Client
from hybrid.errors import JobFailedError, JobStateError, RateLimitError, ServerUnreachableError, ServiceBusyError
from hybrid.service.keys import keys_of

TENANTS = ("ash", "birch")
PARTS = 10
PROGRAM = [sys.executable, "-m", "hybrid.cli"]


class Load:
    """What the clients found."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.outcomes: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.over = threading.Event()

    def client(self, url: str, tenant: str, key: str, seed: int) -> None:
        """Ask until it is over."""
        chosen = random.Random(seed)
        with Client(url, key, timeout=120) as client:
            corpus = client.corpus(tenant)
            while not self.over.is_set():
                what = chosen.choice(("ask", "ask", "search", "stream", "gone", "other"))
                question = f"What is the pass phrase of locker {chosen.randrange(40)}?"
                began = time.perf_counter()
                try:
                    if what == "ask":
                        sources = [one.source for one in corpus.ask(question, route="lookup").citations]
                    elif what == "search":
                        sources = [one.source for one in corpus.search(question, 5)]
                    elif what == "other":
                        other = next(one for one in TENANTS if one != tenant)
                        with contextlib.suppress(hybrid.CorpusNotFoundError):
                            self.wrong.append(f"{tenant} saw {client.corpus(other).status()}")
                        sources = []
                    else:
                        sources = []
                        with contextlib.closing(corpus.stream(question, route="lookup")) as events:
                            for event in events:
                                if what == "gone":
                                    break
                                if event.kind == "end":
                                    sources = [one.source for one in event.answer.citations]
                except (RateLimitError, ServiceBusyError) as error:
                    self.outcomes[type(error).__name__] += 1
                    time.sleep(min(error.retry_after, 1))
                    continue
                except ServerUnreachableError:
                    self.outcomes[f"{what}: no server"] += 1
                    time.sleep(1)
                    continue
                except hybrid.HybridError as error:
                    self.outcomes[f"{what}: {type(error).__name__}: {error}"] += 1
                    continue
                self.seconds[what].append(time.perf_counter() - began)
                self.outcomes[what] += 1
                self.wrong += [f"{tenant} got {source}" for source in sources if not source.startswith(tenant)]

    def writer(self, url: str, tenant: str, key: str) -> None:
        """Ingest until it is over; every third job is cancelled and resumed. What was taken on is waited for, over a
        server that is killed, and held to be in the corpus at the end."""
        taken: list[str] = []
        with Client(url, key, timeout=120) as client:
            number = 0
            while not self.over.is_set():
                number += 1
                name = f"{tenant}/new-{number}.txt"
                try:
                    job = client.corpus(tenant).upload((name, f"Note {number} of {tenant}.".encode()))
                except ServerUnreachableError:
                    self.outcomes["upload: no server"] += 1
                    time.sleep(1)
                    continue
                taken.append(name)
                cancelled = number % 3 == 0
                while True:
                    try:
                        if cancelled:
                            with contextlib.suppress(JobStateError):  # it may have ended before
                                client.cancel(job)
                            with contextlib.suppress(JobFailedError):
                                client.wait(job)
                            with contextlib.suppress(JobStateError):
                                client.resume(job)
                            cancelled = False
                        client.wait(job)
                        self.outcomes["ingest"] += 1
                        break
                    except ServerUnreachableError:
                        self.outcomes["ingest: no server"] += 1
                        time.sleep(1)
                    except hybrid.HybridError as error:
                        self.wrong.append(f"job lost: {error}")
                        break
            there = {Path(one.source).name for one in client.corpus(tenant).documents()}
            self.wrong += [f"{name} is not in the corpus" for name in taken if Path(name).name not in there]


def documents(tenant: str) -> list[hybrid.Document]:
    """Of a tenant: forty lockers, each in a document of its own."""
    chosen = random.Random(tenant)
    text = "The pass phrase of locker {} is {}{:09d}. It was last opened in the spring, by whoever kept the keys."
    return [
        hybrid.Document.from_text(text.format(n, tenant[:2], chosen.randrange(10**9)), f"{tenant}/{n}.txt")
        for n in range(40)
    ]


def handles_and_memory(process: int) -> tuple[int, float]:
    """Open files of a process, and its resident memory in MiB."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return len(os.listdir(f"/proc/{process}/fd")), pages * os.sysconf("SC_PAGE_SIZE") / 2**20  # noqa: PTH208


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=600)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "corpora"
        settings = hybrid.Settings.model_validate({"memory": {"enabled": False}})
        keys = {}
        for tenant in TENANTS:
            with hybrid.Corpus.open(root / tenant, settings) as corpus:
                corpus.ingest(documents(tenant))
            for role in ("reader", "writer"):
                keys[tenant, role], _ = keys_of(root).add(
                    f"{tenant}-{role}", role=role, corpora=[tenant], every_class=role == "writer"
                )
        toml = Path(folder) / "server.toml"
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        toml.write_text(
            f"[server]\nport = {port}\n[limits]\nrequests_per_minute = 0\nrunning_per_key = {arguments.clients}\n"
        )
        server = Server([*PROGRAM, "serve", str(root), "--settings", str(toml)])
        try:
            load_and_tell(arguments.clients, arguments.seconds, server, keys)
            cold(server.url, keys["ash", "reader"], root / "ash")
        finally:
            server.process.terminate()
            print(f"server ended with {server.process.wait(60)}")


class Server:
    """A server that can be killed and started again at the same address."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self.start()

    def start(self) -> None:
        """Start it, and wait until it says where it answers."""
        self.process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().split(" at ")[1].split(";")[0].strip()

    def kill(self) -> None:
        """As a machine that fails does."""
        self.process.kill()
        self.process.wait()


def load_and_tell(clients: int, seconds: float, server: Server, keys: dict[tuple[str, str], str]) -> None:
    """Run the clients, kill the server halfway, and say what they found."""
    url = server.url
    load = Load()
    threads = [
        threading.Thread(target=load.client, args=(url, tenant, keys[tenant, "reader"], number))
        for number in range(clients)
        for tenant in TENANTS[number % 2 : number % 2 + 1]
    ]
    threads += [threading.Thread(target=load.writer, args=(url, one, keys[one, "writer"])) for one in TENANTS]
    for thread in threads:
        thread.start()
    for part in range(PARTS):
        time.sleep(seconds / PARTS)
        files, memory = handles_and_memory(server.process.pid)
        print(f"after {seconds * (part + 1) / PARTS:.0f} s: {files} open files, {memory:.0f} MiB", flush=True)
        if part + 1 == PARTS // 2:
            server.kill()
            server.start()
            print("killed and started again", flush=True)
    load.over.set()
    for thread in threads:
        thread.join()
    for what, took in sorted(load.seconds.items()):
        p50, p95 = statistics.median(took), statistics.quantiles(took, n=20)[-1] if len(took) > 1 else took[0]
        print(f"{what:<8} {len(took):>6,} requests, p50 {1000 * p50:.0f} ms, p95 {1000 * p95:.0f} ms")
    print(dict(load.outcomes))
    print(f"wrong: {load.wrong[:5] or 'nothing'}")


def cold(url: str, key: str, corpus: Path) -> None:
    """A process that asks one question: of the server, and by itself."""
    for name, where, more in (("of the server", corpus.name, ["--server", url]), ("by itself", str(corpus), [])):
        took = []
        for _ in range(5):
            began = time.perf_counter()
            asked = [*PROGRAM, "ask", where, "What is the pass phrase of locker 7?", *more]
            subprocess.run(asked, check=True, capture_output=True, env={**os.environ, "HYBRID_API_KEY": key})
            took.append(time.perf_counter() - began)
        print(f"hybrid ask {name}: median {statistics.median(took):.2f} s, {min(took):.2f} to {max(took):.2f}")


if __name__ == "__main__":
    main()
