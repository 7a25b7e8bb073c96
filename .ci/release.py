"""What a release consists of, made from the last commit: source archive, wheel, SBOM and their hashes, in ``dist/``.

    python .ci/release.py [--out dist] [--tag v0.1.0] [--sign]

Everything up to the hashes is made without a network. Both archives are built twice, in different folders, and have to
come out byte for byte the same; their times are those of the commit (SOURCE_DATE_EPOCH). ``--sign`` then signs each
file with sigstore, which asks who signs and needs the network. Nothing is uploaded: the workflow does that.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUMS = "SHA256SUMS"


class ReleaseError(Exception):
    """The release cannot be made as things are; the message says what to do."""


def main(arguments: list[str] | None = None) -> int:
    """Make the release. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    parser.add_argument("--tag", help="of the commit; it has to be v and the package's version")
    parser.add_argument("--sign", action="store_true", help="sign with sigstore afterwards")
    parser.add_argument("--print-version", action="store_true", help="print the package's version, and do nothing")
    given = parser.parse_args(arguments)
    try:
        version = checked_version(given.tag)
        if given.print_version:
            print(version)
            return 0
        files = make(version, given.out)
        if given.sign:
            run(sys.executable, "-m", "sigstore", "sign", *files)
    except ReleaseError as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    for file in files:
        print(f"{sha256_of(file)}  {file.name}")
    print(f"release: hybrid-ttt-rag {version} is in {given.out}" + ("" if given.sign else "; not signed, not uploaded"))
    return 0


def checked_version(tag: str | None) -> str:
    """The package's version, the same wherever it stands. Raises `ReleaseError`."""
    version: str = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    named = re.search(r'^__version__ = "(.+)"$', (ROOT / "hybrid" / "__init__.py").read_text("utf-8"), re.MULTILINE)
    if named is None or named[1] != version:
        raise ReleaseError(f"pyproject.toml says version {version}, and hybrid/__init__.py {named and named[1]}")
    if not re.search(rf"^## {re.escape(version)}\b", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE):
        raise ReleaseError(f"CHANGELOG.md has no section ## {version}")
    if tag is not None and tag != f"v{version}":
        raise ReleaseError(f"the tag is {tag}, and the version {version}: it has to be v{version}")
    return version


def make(version: str, out: Path) -> list[Path]:
    """Build all files into ``out``, which is emptied. Raises `ReleaseError` where two builds differ."""
    if changed := run("git", "status", "--porcelain", "--untracked-files=no", cwd=ROOT).strip():
        raise ReleaseError(f"what is released is the last commit, and this is not in it:\n{changed}\ncommit or undo it")
    epoch = run("git", "log", "-1", "--format=%ct", cwd=ROOT).strip()
    with tempfile.TemporaryDirectory() as name:
        first, second = (built(Path(name) / folder, epoch) for folder in ("first", "the second"))
        if [one.name for one in first] != [one.name for one in second]:
            raise ReleaseError("two builds of one commit have different files")
        for one, other in zip(first, second, strict=True):
            if sha256_of(one) != sha256_of(other):
                raise ReleaseError(f"two builds of one commit differ in {one.name}")
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        files = [Path(shutil.copy(one, out)) for one in first]
    files.append(bill_of_materials(out / f"hybrid_ttt_rag-{version}.cdx.json", epoch))
    sums = out / SUMS
    sums.write_text("".join(f"{sha256_of(one)}  {one.name}\n" for one in files), "ascii")
    return [*files, sums]


def built(folder: Path, epoch: str) -> list[Path]:
    """The source archive and the wheel of the last commit, built in a new folder."""
    folder.mkdir()
    archive = folder / "tree.tar"
    run("git", "-c", "tar.umask=0022", "archive", "--output", str(archive), "HEAD", cwd=ROOT)
    with tarfile.open(archive) as tree:
        tree.extractall(folder / "tree", filter="data")
    environment = {**os.environ, "SOURCE_DATE_EPOCH": epoch, "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder / "dist"), str(folder / "tree")]
    run(*command, cwd=folder, env=environment)
    files = sorted((folder / "dist").iterdir())
    for file in files:
        if file.name.endswith(".tar.gz"):
            normalise(file, int(epoch))
    return files


def normalise(archive: Path, epoch: int) -> None:
    """Write a source archive anew: members by name, with one time, no owner, and plain modes."""
    made = io.BytesIO()
    with tarfile.open(archive) as before, tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as after:
        for member in sorted(before.getmembers(), key=lambda one: one.name):
            member.mtime, member.uid, member.gid, member.uname, member.gname = epoch, 0, 0, "", ""
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            member.pax_headers = {}
            after.addfile(member, before.extractfile(member) if member.isfile() else None)
    with archive.open("wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=epoch) as packed:
        packed.write(made.getvalue())


def bill_of_materials(file: Path, epoch: str) -> Path:
    """A CycloneDX SBOM of what is installed from the pins, without paths of this machine."""
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--pyproject", str(ROOT / "pyproject.toml")]
    run(*command, "--output-reproducible", "--output-format", "JSON", "--output-file", str(file), cwd=ROOT)
    bill = json.loads(file.read_text("utf-8"))
    for component in [bill["metadata"].get("component", {}), *bill["components"]]:
        references = component.get("externalReferences", [])
        component["externalReferences"] = [one for one in references if not str(one.get("url", "")).startswith("file:")]
    bill["metadata"]["properties"] = [{"name": "source_date_epoch", "value": epoch}]
    if not bill["components"]:
        raise ReleaseError("the SBOM names no component; is this the environment that make setup made?")
    file.write_text(json.dumps(bill, indent=1, sort_keys=True) + "\n", "utf-8")
    return file


def run(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    """What a command prints. Raises `ReleaseError` with the end of what it said."""
    done = subprocess.run([str(one) for one in command], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        said = "\n".join((done.stderr or done.stdout).strip().splitlines()[-8:])
        raise ReleaseError(f"{' '.join(str(one) for one in command[:4])} ... ended with {done.returncode}:\n{said}")
    return done.stdout


def sha256_of(file: Path) -> str:
    """The sha256 of a file."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main())
