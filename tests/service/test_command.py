"""`hybrid serve` as a process, the keys on the command line, and the verbs that ask a server instead of a folder."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from filelock import FileLock
from served import QUESTION, Running, serving

from hybrid.cli import main
from hybrid.client import Client

HEAVY = {"torch", "faiss", "transformers", "sentence_transformers", "sqlalchemy", "numpy", "fastapi"}


def hybrid(*argv: str | Path, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(main, [str(argument) for argument in argv])


@contextmanager
def process(root: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "hybrid.cli", "serve", str(root), "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            line = running.stdout.readline()
            found = re.search(r"http://[\d.]+:\d+", line)
            assert found, line + (running.stderr.read() if running.stderr else "")
            yield running, found[0]
        finally:
            running.terminate()
            running.wait(60)


def test_a_process_that_is_told_to_end_puts_its_jobs_off_and_the_next_goes_on(root: Path, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("[server]\npreload = false\n")
    with FileLock(root / "acme" / "write.lock"), process(root, "--settings", str(tmp_path / "settings.toml")) as served:
        running, url = served
        with Client(url) as client:
            job = client.corpus("acme").upload(("a.txt", b"The rent of the mill is 3 pounds."))
            next(one for one in client.watch(job) if one.waits_for)
            running.send_signal(signal.SIGTERM)
            assert running.wait(60) in (0, -signal.SIGTERM)
    assert json.loads((root / ".serve" / "jobs" / f"{job.id}.json").read_text())["job"]["state"] == "queued"
    with serving(root) as again, again.client() as client:
        report = client.wait(job.id).report
        assert report is not None
        assert report.added == ("a.txt",)


def test_a_server_that_cannot_start_says_why_in_one_line(root: Path, tmp_path: Path) -> None:
    with serving(root) as running:
        port = running.url.rpartition(":")[2]
        taken = hybrid("serve", tmp_path / "others", "--port", port)
        second = hybrid("serve", root, "--port", "0")
    for result, said in (
        (taken, f"port {port}"),
        (second, "another server serves"),
        (hybrid("serve", root, "--host", "0.0.0.0", "--port", "0"), "hybrid keys add"),
        (hybrid("serve", root / "acme"), "is a corpus"),
        (hybrid("serve", root, "--folder", "docs=/nothing/here"), "there is no such folder"),
    ):
        assert result.exit_code == 1, result.output
        (line,) = result.stderr.splitlines()
        assert said in line
    assert hybrid("serve", root, "--folder", "docs").exit_code == 2


# Asking a server ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def corpus_and_server(looked_at: Running) -> tuple[Path, dict[str, str]]:
    return looked_at.root / "acme", {"HYBRID_SERVER": looked_at.url}


@pytest.mark.parametrize(
    "arguments", [["ask", QUESTION], ["ask", QUESTION, "--json"], ["search", "wet salt", "-k", "1"], ["documents"]]
)
def test_a_verb_prints_of_a_server_what_it_prints_of_a_folder(
    corpus_and_server: tuple[Path, dict[str, str]], arguments: list[str]
) -> None:
    (verb, *rest), (folder, server) = arguments, corpus_and_server
    local, remote = hybrid(verb, folder, *rest), hybrid(verb, "acme", *rest, **server)
    assert remote.exit_code == local.exit_code == 0, remote.output
    timeless: Any = lambda text: re.sub(r'"seconds": \{[^}]*\}|,? ?\d+\.\d+ s', "", text)  # noqa: E731
    assert timeless(remote.output) == timeless(local.output)


def test_exit_codes_are_those_of_a_folder(corpus_and_server: tuple[Path, dict[str, str]]) -> None:
    _, server = corpus_and_server
    assert hybrid("ask", "acme", "How many moons has Jupiter?", **server).exit_code == 3
    absent = hybrid("ask", "nothing", QUESTION, **server)
    assert (absent.exit_code, "no corpus 'nothing'" in absent.stderr) == (1, True)
    named = hybrid("ask", "acme", QUESTION, "--server", server["HYBRID_SERVER"], "--identity", "ann")
    assert (named.exit_code, "API key" in named.stderr) == (2, True)
    gone = hybrid("status", "acme", "--server", "http://127.0.0.1:9")
    assert (gone.exit_code, "no server answers" in gone.stderr) == (1, True)
    assert "acme" in hybrid("status", "acme", **server).output


def test_asking_a_server_loads_no_model(corpus_and_server: tuple[Path, dict[str, str]]) -> None:
    """So it takes little longer than the server does."""
    _, server = corpus_and_server
    code = f"""
import sys
from hybrid.cli import main
try:
    main(["ask", "acme", {QUESTION!r}, "--server", {server["HYBRID_SERVER"]!r}])
finally:
    print("loaded:", *sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    said, _, loaded = done.stdout.partition("loaded:")
    assert "30 June 2027" in said
    assert not HEAVY & set(loaded.split())


# Keys -----------------------------------------------------------------------------------------------


def test_a_key_is_made_listed_and_taken_away(root: Path) -> None:
    made = hybrid("keys", "add", root, "ann", "--corpus", "acme", "--class", "staff")
    secret = made.stdout.strip()
    assert secret.startswith("hyb_")
    listed = hybrid("keys", "list", root).stdout
    assert "ann: reader of acme; sees staff" in listed
    assert secret.split("_", 2)[2] not in listed
    assert hybrid("keys", "add", root, "ann").exit_code == 1
    told = json.loads(hybrid("keys", "add", root, "ops", "--role", "admin", "--json").stdout)
    assert (told["role"], told["every_class"], told["corpora"]) == ("admin", True, ["*"])
    assert "sha256" not in told
    assert hybrid("keys", "remove", root, "ann").stdout == "removed the key of ann\n"
    assert [one["name"] for one in json.loads(hybrid("keys", "list", root, "--json").stdout)] == ["ops"]
    assert "no key 'ann'" in hybrid("keys", "remove", root, "ann").stderr
    refused = hybrid("keys", "add", root, "ben", "--role", "writer", "--class", "staff")
    assert "leave --class out" in refused.stderr
    with serving(root) as running:
        result = hybrid("status", "acme", HYBRID_SERVER=running.url, HYBRID_API_KEY=told["key"])
        assert result.exit_code == 0, result.output
        assert "API key" in hybrid("status", "acme", HYBRID_SERVER=running.url).stderr


@pytest.mark.parametrize(
    ("package", "code"),
    [
        ("fastapi", "import hybrid.service; hybrid.service.create_app"),
        ("uvicorn", "import hybrid.service.server"),
        ("python_multipart", "import hybrid.service.server"),
        ("prometheus_client", "import hybrid.service.server"),
        ("mcp", "import hybrid.service.mcp"),
        ("httpx", "import hybrid.client"),
    ],
)
def test_a_package_that_is_missing_is_named_with_what_to_install(package: str, code: str) -> None:
    missing = f"import sys; sys.modules[{package!r}] = None\n"
    import_error = "from hybrid.errors import MissingExtraError\n"
    tried = f"try:\n    {code}\nexcept MissingExtraError as error:\n    print(error)\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{missing}import hybrid\n{import_error}{tried}"],
        capture_output=True,
        text=True,
        check=True,
    )
    extra = "client" if package == "httpx" else "service"
    assert package in done.stdout
    assert f"pip install 'hybrid-ttt-rag[{extra}]'" in done.stdout
