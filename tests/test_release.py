"""What is pinned has licences that we may depend on, its known vulnerabilities are found or it is said that nobody was
asked, and a release comes out of the last commit, the same each time."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

import hybrid


def script(repository: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"ci_{name}", repository / ".ci" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def licences(repository: Path) -> ModuleType:
    return script(repository, "licences")


@pytest.fixture(scope="module")
def advisories(repository: Path) -> ModuleType:
    return script(repository, "advisories")


@pytest.fixture(scope="module")
def release(repository: Path) -> ModuleType:
    return script(repository, "release")


# Licences ---------------------------------------------------------------------------------------------

RULES = {"allowed": ["MIT", "Apache-2.0"], "by_name": {"weak": {"licence": "MPL-2.0", "reason": "tests alone"}}}


def checked(licences: ModuleType, monkeypatch: pytest.MonkeyPatch, found: dict[str, Any], rules: Any = RULES) -> Any:
    def licence_of(name: str) -> str | None:
        if name not in found:
            raise licences.PackageNotFoundError(name)
        return found[name]

    monkeypatch.setattr(licences, "licence_of", licence_of)
    return licences.check([*found, "weak"] if "weak" not in found else list(found), rules)


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("AGPL-3.0-or-later", False),
        ("MIT OR GPL-2.0-only", True),
        ("MIT AND GPL-2.0-only", False),
        ("(MIT OR GPL-2.0-only) AND Apache-2.0", True),
        ("(MIT AND GPL-2.0-only) OR Apache-2.0", True),
        ("(MIT AND GPL-2.0-only) OR LGPL-3.0-only", False),
        ("Apache-2.0 WITH LLVM-exception AND MIT", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
        ("MIT MIT", False),
        ("(MIT", False),
    ],
)
def test_an_expression_is_met_by_what_is_allowed(licences: ModuleType, expression: str, allowed: bool) -> None:
    assert licences.satisfied(expression, {"MIT", "Apache-2.0"}) is allowed
    assert licences.satisfied(expression, {"MIT", "Apache-2.0", "GPL-2.0-only", "GPL-3.0-only"}) is allowed


def test_what_is_refused_unknown_or_not_there_fails_with_advice(
    licences: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {"good": "MIT", "weak": "MPL-2.0", "strong": "GPL-3.0-only", "other": "LGPL-3.0-only", "silent": None,
             "odd": "Own-1.0"}  # fmt: skip
    report = checked(licences, monkeypatch, found)
    said = "\n".join(report.problems)
    assert (report.plain, report.by_name, len(report.problems)) == (1, ["weak"], 4)
    assert re.search(r"strong is under GPL-3\.0-only, which is refused", said)
    assert re.search(r"odd is under Own-1\.0, which is not among those allowed", said)
    assert re.search(r"other is under LGPL-3\.0-only: allow it by name and with a reason", said)
    assert re.search(r"silent does not say its licence .*\[stated\]", said)
    assert "weak is pinned and not installed" in "\n".join(checked(licences, monkeypatch, {"good": "MIT"}).problems)


def test_strong_copyleft_cannot_be_allowed_by_name(licences: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = {"allowed": ["GPL-3.0-only"], "by_name": {"strong": {"licence": "GPL-3.0-only", "reason": "wanted"}}}
    report = checked(licences, monkeypatch, {"weak": "MIT", "strong": "GPL-3.0-only"}, rules)
    assert any(one.startswith("strong is under GPL-3.0-only, which is refused") for one in report.problems)


def test_rules_that_mean_nothing_any_more_fail(licences: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = RULES | {"stated": {"gone": {"licence": "MIT", "reason": "its file"}}}
    report = checked(licences, monkeypatch, {"weak": "MPL-2.0"}, rules)
    assert "gone is in [stated] of .ci/licences.toml and not pinned any more" in report.problems[0]
    rules = {"allowed": ["MIT"], "by_name": {"weak": {"licence": "MPL-2.0", "reason": " "}}}
    assert "without a reason" in checked(licences, monkeypatch, {"weak": "MPL-2.0"}, rules).problems[0]


def test_every_pin_has_a_licence_that_is_allowed(licences: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert licences.main([]) == 0, capsys.readouterr().err
    assert re.match(r"licences: \d{3} permissive, \d weak copyleft by name", capsys.readouterr().out)


# Advisories -------------------------------------------------------------------------------------------

PINS = "click==8.5.1\nRUAMEL_yaml==0.18.0\n"


def advisory(name: str = "click", **changes: Any) -> dict[str, Any]:
    events = [{"introduced": "0"}, {"fixed": "8.5.2"}]
    affected = {"package": {"ecosystem": "PyPI", "name": name}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
    now = datetime.now(UTC).isoformat()
    return {"id": "PYSEC-1", "modified": now, "summary": "It leaks.", "affected": [affected]} | changes


def asked(advisories: ModuleType, folder: Path, entries: Any, *options: str) -> int:
    (folder / "pins.txt").write_text(PINS)
    (folder / "snapshot.json").write_text(entries if isinstance(entries, str) else json.dumps(entries))
    given = [str(folder / "pins.txt"), "--snapshot", str(folder / "snapshot.json"), *options]
    code: int = advisories.main(given)
    return code


def test_a_known_vulnerability_is_named_with_where_it_is_fixed(
    advisories: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(advisories, tmp_path, [advisory(aliases=["CVE-1"]), advisory("ruamel.yaml", id="PYSEC-2")]) == 1
    said = capsys.readouterr()
    assert "advisory: click 8.5.1: PYSEC-1 (CVE-1): It leaks.; fixed in 8.5.2" in said.err
    assert "ruamel-yaml 0.18.0: PYSEC-2" in said.err
    assert "2 distributions: 2 known vulnerabilities" in said.out
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("PYSEC-1.json", json.dumps(advisory()))
    assert advisories.main([str(tmp_path / "pins.txt"), "--snapshot", str(tmp_path / "all.zip")]) == 1


@pytest.mark.parametrize(
    "entry",
    [
        advisory("other"),
        advisory(withdrawn="2026-01-01T00:00:00Z"),
        advisory(affected=[{"package": {"ecosystem": "npm", "name": "click"}, "versions": ["8.5.1"]}]),
        advisory(affected=[{"package": {"ecosystem": "PyPI", "name": "click"}, "versions": ["8.5.0"]}]),
    ],
)
def test_what_is_not_of_a_pin_is_none(advisories: ModuleType, tmp_path: Path, entry: dict[str, Any]) -> None:
    assert asked(advisories, tmp_path, [entry]) == 0


@pytest.mark.parametrize(
    ("events", "affected"),
    [
        ([{"introduced": "0"}], True),
        ([{"introduced": "8.5.1"}], True),
        ([{"introduced": "8.6"}], False),
        ([{"introduced": "0"}, {"fixed": "8.5.1"}], False),
        ([{"introduced": "0"}, {"last_affected": "8.5.1"}], True),
        ([{"introduced": "0"}, {"last_affected": "8.5"}], False),
        ([{"introduced": "0"}, {"fixed": "1"}, {"introduced": "8"}, {"fixed": "9"}], True),
        ([{"introduced": "0"}, {"fixed": "unknown"}], True),
    ],
)
def test_ranges_are_read_as_osv_means_them(advisories: ModuleType, events: Any, affected: bool) -> None:
    assert advisories.within("8.5.1", events) is affected


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([], "has no advisories"),
        ("no JSON", "cannot be read"),
        ([{"id": "PYSEC-1"}], "is no advisory"),
        ([advisory(modified=(datetime.now(UTC) - timedelta(days=31)).isoformat())], "too old"),
    ],
)
def test_a_snapshot_that_says_nothing_is_not_taken_for_none_known(
    advisories: ModuleType, tmp_path: Path, entries: Any, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(advisories, tmp_path, entries) == 3
    assert re.search(f"advisories: COULD NOT ASK, .*{said}", capsys.readouterr().err)
    assert advisories.main([str(tmp_path / "pins.txt"), "--snapshot", str(tmp_path / "none")]) == 3


def test_what_pip_audit_could_not_ask_is_not_taken_for_none_known(
    advisories: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pins.txt").write_text(PINS)
    monkeypatch.delenv("HYBRID_ADVISORIES", raising=False)
    answers: dict[str, Any] = {"dependencies": [{"name": "click", "version": "8.5.1", "vulns": []}]}

    def answer(*_: Any, **__: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 0, answers if isinstance(answers, str) else json.dumps(answers), "")

    monkeypatch.setattr(advisories.subprocess, "run", answer)
    assert advisories.main([str(tmp_path / "pins.txt")]) == 3
    assert "said nothing of 1, such as ruamel-yaml" in capsys.readouterr().err
    answers["dependencies"].append({"name": "ruamel.yaml", "version": "0.18.0", "vulns": []})
    assert advisories.main([str(tmp_path / "pins.txt")]) == 0
    answers["dependencies"][0]["vulns"] = [{"id": "PYSEC-1", "fix_versions": ["9"], "description": "It leaks."}]
    assert advisories.main([str(tmp_path / "pins.txt")]) == 1
    answers.clear()
    assert advisories.main([str(tmp_path / "pins.txt")]) == 3


def test_an_accepted_advisory_needs_a_reason_and_ends(advisories: ModuleType, tmp_path: Path) -> None:
    def accepted(text: str) -> int:
        (tmp_path / "accepted.toml").write_text(text)
        return asked(advisories, tmp_path, [advisory()], "--accepted", str(tmp_path / "accepted.toml"))

    assert accepted('PYSEC-1 = { reason = "not called", until = 2999-01-01 }') == 0
    assert accepted('PYSEC-1 = { reason = "not called", until = 2020-01-01 }') == 1
    assert accepted('PYSEC-1 = { reason = "", until = 2999-01-01 }') == 3


# A release --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(repository: Path, release: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a release of the working tree consists of; it is committed in a copy."""
    folder = tmp_path_factory.mktemp("release")
    source = folder / "source"
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=repository, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\n")):
        if (repository / name).is_file() and not name.startswith(("tests/", "benchmarks/")):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((repository / name).read_bytes())
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "a release"]):
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *who, *command], cwd=source, check=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release, "ROOT", source)
        assert release.main(["--out", str(folder / "dist"), "--tag", f"v{hybrid.__version__}"]) == 0
    return folder / "dist"


def test_a_release_has_its_files_and_their_hashes(made: Path) -> None:
    name = f"hybrid_ttt_rag-{hybrid.__version__}"
    files = {f"{name}-py3-none-any.whl", f"{name}.tar.gz", f"{name}.cdx.json"}
    assert {one.name for one in made.iterdir()} == {*files, "SHA256SUMS"}
    sums = dict(reversed(line.split("  ")) for line in (made / "SHA256SUMS").read_text().splitlines())
    assert sums == {one: hashlib.sha256((made / one).read_bytes()).hexdigest() for one in files}


def test_the_source_archive_says_nothing_of_who_made_it_and_when(made: Path) -> None:
    (archive,) = made.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        members = opened.getmembers()
    assert {(one.uid, one.gid, one.uname, one.gname) for one in members} == {(0, 0, "", "")}
    assert len({one.mtime for one in members}) == 1
    assert [one.name for one in members] == sorted(one.name for one in members)
    assert {one.mode for one in members} <= {0o644, 0o755}


def test_the_bill_of_materials_is_cyclonedx_and_names_no_path(made: Path) -> None:
    (file,) = made.glob("*.cdx.json")
    bill = json.loads(file.read_text())
    assert (bill["bomFormat"], bill["metadata"]["component"]["name"]) == ("CycloneDX", "hybrid-ttt-rag")
    assert {"numpy", "torch", "faiss-cpu"} <= {one["name"] for one in bill["components"]}
    assert "file:" not in file.read_text()
    assert "timestamp" not in bill["metadata"]


def test_a_version_that_is_not_the_tags_or_a_tree_that_is_not_committed_is_refused(
    release: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert release.main(["--tag", "v9.9.9"]) == 1
    assert f"it has to be v{hybrid.__version__}" in capsys.readouterr().err
    monkeypatch.setattr(release, "run", lambda *command, **_: " M hybrid/__init__.py\n" if "status" in command else "")
    assert release.main(["--out", str(tmp_path / "dist")]) == 1
    assert "commit or undo it" in capsys.readouterr().err
    assert not (tmp_path / "dist").exists()


def test_builds_that_differ_are_refused(
    release: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def built(folder: Path, epoch: str) -> list[Path]:
        folder.mkdir()
        (folder / "a.whl").write_text(folder.name)
        return [folder / "a.whl"]

    monkeypatch.setattr(release, "built", built)
    monkeypatch.setattr(release, "run", lambda *_, **__: "")
    assert release.main(["--out", str(tmp_path / "dist")]) == 1
    assert "differ in a.whl" in capsys.readouterr().err


def test_the_workflow_makes_the_release_by_the_script_and_gives_each_job_what_it_needs(repository: Path) -> None:
    workflow = yaml.safe_load((repository / ".github" / "workflows" / "release.yml").read_text())
    jobs = workflow["jobs"]
    assert workflow["permissions"] == {}
    assert {name: job["permissions"] for name, job in jobs.items()} == {
        "build": {"contents": "read"},
        "sign": {"id-token": "write", "contents": "write"},
        "publish": {"id-token": "write"},
        "docs": {"contents": "write"},
    }
    steps = [str(step.get("run", step.get("uses"))) for job in jobs.values() for step in job["steps"]]
    for part in ("make check", "make advisories", ".ci/release.py --tag", "sigstore sign", "gh-action-pypi-publish"):
        assert any(part in step for step in steps), part
    assert (jobs["sign"]["needs"], jobs["publish"]["needs"], jobs["docs"]["needs"]) == ("build", "sign", "publish")
    makefile = (repository / "Makefile").read_text()
    for target in re.findall(r"make ([a-z-]+)", "\n".join(steps)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
