"""Whether a pinned distribution has a known vulnerability.

    python .ci/advisories.py [constraints.txt] [--snapshot FILE] [--max-age DAYS]

Asked is a snapshot of advisories in OSV's format (a folder or a ZIP archive of JSON files, or one JSON file with a
list), which ``HYBRID_ADVISORIES`` names, too; without one pip-audit, which asks an advisory service over the network. A
snapshot whose newest advisory is older than ``--max-age`` days is not taken: what it does not know may be known by now.

Exit codes: 0 asked, and none is known; 1 at least one is; 2 wrong usage; 3 could not ask. What happened is always said,
in a line that begins with ``advisories:``. Accepted advisories stand in ``.ci/advisories.toml``, with a reason and a
day.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

HERE = Path(__file__).resolve().parent
NONE, VULNERABLE, NOT_ASKED = 0, 1, 3
MAX_AGE = 30
TIMEOUT = 300


class CouldNotAskError(Exception):
    """There was nobody to ask, or what was said cannot be used."""


@dataclass(frozen=True)
class Known:
    """A vulnerability of a pinned distribution."""

    name: str
    version: str
    advisory: str
    aliases: tuple[str, ...]
    fixed: str
    summary: str

    def __str__(self) -> str:
        also = f" ({', '.join(self.aliases)})" if self.aliases else ""
        fixed = f"; fixed in {self.fixed}" if self.fixed else "; no fixed version is known"
        return f"{self.name} {self.version}: {self.advisory}{also}: {self.summary}{fixed}"


def main(arguments: list[str] | None = None) -> int:
    """Run the check. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("constraints", nargs="?", type=Path, default=HERE.parent / "constraints.txt")
    parser.add_argument("--snapshot", type=Path, default=os.environ.get("HYBRID_ADVISORIES"))
    parser.add_argument("--max-age", type=int, default=MAX_AGE, metavar="DAYS")
    parser.add_argument("--accepted", type=Path, default=HERE / "advisories.toml")
    given = parser.parse_args(arguments)
    pins = pinned(given.constraints)
    try:
        if given.snapshot is not None:
            found, asked = from_snapshot(Path(given.snapshot), pins, timedelta(days=given.max_age))
        else:
            found, asked = from_pip_audit(given.constraints, pins)
        accepted = accepted_in(given.accepted, datetime.now(UTC).date())
    except CouldNotAskError as error:
        print(
            f"advisories: COULD NOT ASK, so nothing is known about {len(pins)} distributions: {error}", file=sys.stderr
        )
        return NOT_ASKED
    left = [one for one in found if accepted.isdisjoint((one.advisory, *one.aliases))]
    for one in left:
        print(f"advisory: {one}", file=sys.stderr)
    print(
        f"advisories: asked {asked} about {len(pins)} distributions: {len(left)} known vulnerabilities"
        + (f", {len(found) - len(left)} accepted with a reason" if len(found) > len(left) else "")
    )
    return VULNERABLE if left else NONE


def pinned(constraints: Path) -> dict[str, str]:
    """The versions in a file of constraints, by normalised name."""
    found = {}
    for line in constraints.read_text("utf-8").splitlines():
        name, equals, version = line.partition("==")
        if equals and not line.startswith("#"):
            found[normal(name)] = version.strip()
    return found


def normal(name: str) -> str:
    """A distribution's name as it is compared."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def accepted_in(file: Path, today: date) -> set[str]:
    """The advisories that are accepted for now. Raises `CouldNotAskError` for an entry without a reason or a day."""
    entries: Mapping[str, Any] = tomllib.loads(file.read_text("utf-8")) if file.exists() else {}
    for name, one in entries.items():
        if not str(one.get("reason", "")).strip() or not isinstance(one.get("until"), date):
            raise CouldNotAskError(f"{file}: {name} needs a reason and a day, as in until = 2026-12-31")
    return {name for name, one in entries.items() if one["until"] >= today}


# A snapshot --------------------------------------------------------------------------------------


def from_snapshot(file: Path, pins: Mapping[str, str], max_age: timedelta) -> tuple[list[Known], str]:
    """What a snapshot says of the pins, and what was asked, in words."""
    found, newest, count = [], datetime.min.replace(tzinfo=UTC), 0
    for entry in entries_in(file):
        try:
            newest = max(newest, datetime.fromisoformat(str(entry["modified"])))
            count += 1
            found += [] if entry.get("withdrawn") else list(of_entry(entry, pins))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CouldNotAskError(f"{file}: {entry.get('id', 'an entry')} is no advisory ({error!r})") from error
    if not count:
        raise CouldNotAskError(f"{file} has no advisories")
    age = datetime.now(UTC) - newest
    if age > max_age:
        raise CouldNotAskError(
            f"{file} is too old: its newest advisory is of {newest:%Y-%m-%d}, {age.days} days ago (--max-age "
            f"{max_age.days}); get a newer one"
        )
    unique = {(one.name, one.advisory): one for one in found}
    return list(unique.values()), f"{file.name} ({count:,} advisories, the newest of {newest:%Y-%m-%d})"


def entries_in(file: Path) -> Iterator[Mapping[str, Any]]:
    """The advisories of a folder, an archive, or a JSON file."""
    try:
        if file.is_dir():
            texts: Iterable[str | bytes] = (one.read_text("utf-8") for one in sorted(file.rglob("*.json")))
        elif zipfile.is_zipfile(file):
            archive = zipfile.ZipFile(file)
            texts = (archive.read(name) for name in archive.namelist() if name.endswith(".json"))
        else:
            texts = [file.read_text("utf-8")]
        for text in texts:
            value = json.loads(text)
            entries = value.get("vulns", [value]) if isinstance(value, dict) else value
            for entry in entries:
                if not isinstance(entry, dict):
                    raise CouldNotAskError(f"{file}: an advisory is a JSON object")
                yield entry
    except (OSError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise CouldNotAskError(f"{file} cannot be read ({error})") from error


def of_entry(entry: Mapping[str, Any], pins: Mapping[str, str]) -> Iterator[Known]:
    """What an advisory says of the pins."""
    for affected in entry.get("affected", ()):
        package = affected.get("package", {})
        name = normal(str(package.get("name", "")))
        if package.get("ecosystem") != "PyPI" or name not in pins:
            continue
        ranges = [one["events"] for one in affected.get("ranges", ()) if one.get("type") == "ECOSYSTEM"]
        if pins[name] in affected.get("versions", ()) or any(within(pins[name], events) for events in ranges):
            fixed = [str(event["fixed"]) for events in ranges for event in events if "fixed" in event]
            aliases = tuple(str(one) for one in entry.get("aliases", ()))
            summary = str(entry.get("summary") or entry.get("details") or "")
            yield Known(name, pins[name], str(entry["id"]), aliases, ", ".join(fixed), " ".join(summary.split())[:120])


def within(version: str, events: Iterable[Mapping[str, str]]) -> bool:
    """Whether a version is affected by a range's events, in OSV's sense: introduced, fixed, last_affected."""
    wanted, affected = Version(version), False
    for kind, at in sorted(((kind, at) for event in events for kind, at in event.items()), key=_in_order):
        try:
            bound = Version("0.dev0" if at == "0" else at)
        except InvalidVersion:
            return True  # a bound that cannot be compared: better named than passed over
        if kind == "introduced" and wanted >= bound:
            affected = True
        elif (kind == "fixed" and wanted >= bound) or (kind == "last_affected" and wanted > bound):
            affected = False
    return affected


def _in_order(event: tuple[str, str]) -> tuple[Version, bool]:
    try:
        return Version("0.dev0" if event[1] == "0" else event[1]), event[0] == "introduced"
    except InvalidVersion:
        return Version("0.dev0"), False


# Over the network --------------------------------------------------------------------------------


def from_pip_audit(constraints: Path, pins: Mapping[str, str]) -> tuple[list[Known], str]:
    """What pip-audit finds, and what was asked."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(constraints), "--no-deps", "--disable-pip",
               "--format", "json", "--progress-spinner", "off"]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT)
        answers = json.loads(done.stdout)["dependencies"]
        skipped = {normal(one["name"]): one["skip_reason"] for one in answers if "skip_reason" in one}
        told = {normal(one["name"]) for one in answers if "vulns" in one}
        found = [
            Known(normal(one["name"]), one["version"], bug["id"], tuple(bug.get("aliases", ())),
                  ", ".join(bug.get("fix_versions", ())), " ".join(str(bug.get("description", "")).split())[:120])
            for one in answers for bug in one.get("vulns", ())
        ]  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise CouldNotAskError(f"the advisory service did not answer within {TIMEOUT} s") from error
    except (ValueError, KeyError, TypeError, OSError) as error:
        said = (done.stderr.strip().splitlines() or ["no answer"])[-1] if "done" in locals() else str(error)
        raise CouldNotAskError(f"pip-audit: {said[:300]}; give a snapshot: --snapshot FILE") from error
    if not found and (lacking := pins.keys() - told):
        why = next((skipped[name] for name in sorted(lacking) if name in skipped), "no answer")
        raise CouldNotAskError(f"pip-audit said nothing of {len(lacking)}, such as {min(lacking)} ({why})")
    return found, "an advisory service, by pip-audit,"


if __name__ == "__main__":
    sys.exit(main())
