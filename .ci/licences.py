"""Whether every pinned distribution has a licence that we may depend on, read from what is installed.

    python .ci/licences.py [constraints.txt] [--allowed .ci/licences.toml]

AGPL, GPL and SSPL are refused, whatever else is written down; LGPL, MPL and their like are allowed by name, with a
reason; what cannot be read or is not known fails. Exit codes: 0 all are allowed, 1 some are not, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
REFUSED = re.compile(r"^(AGPL|GPL|SSPL)\b", re.IGNORECASE)
WEAK = re.compile(r"^(LGPL|MPL|EPL|CDDL|EUPL)\b", re.IGNORECASE)
CLASSIFIERS = {
    "Academic Free License (AFL)": "AFL-2.1",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "GNU Affero General Public License v3": "AGPL-3.0-only",
    "GNU General Public License (GPL)": "GPL-1.0-or-later",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
TEXTS = {  # of the old free field, in lower case
    "3-clause bsd license": "BSD-3-Clause",
    "apache 2.0": "Apache-2.0",
    "apache 2.0 license": "Apache-2.0",
    "mit license": "MIT",
}
_TOKEN = re.compile(r"\(|\)|[^\s()]+")


@dataclass
class Report:
    """What was found: how many are allowed plainly, by name and elsewhere, and what is wrong."""

    plain: int = 0
    by_name: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def main(arguments: list[str] | None = None) -> int:
    """Run the check. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("constraints", nargs="?", type=Path, default=HERE.parent / "constraints.txt")
    parser.add_argument("--allowed", type=Path, default=HERE / "licences.toml")
    given = parser.parse_args(arguments)
    report = check(pinned(given.constraints), tomllib.loads(given.allowed.read_text("utf-8")))
    for line in report.problems:
        print(f"licence: {line}", file=sys.stderr)
    print(
        f"licences: {report.plain} permissive, {len(report.by_name)} weak copyleft by name "
        f"({', '.join(report.by_name)}), {len(report.elsewhere)} not installed here ({', '.join(report.elsewhere)}), "
        f"{len(report.problems)} not allowed"
    )
    return 1 if report.problems else 0


def pinned(constraints: Path) -> list[str]:
    """The names in a file of constraints, as distributions are looked up by."""
    lines = constraints.read_text("utf-8").splitlines()
    return [normal(line.partition("==")[0]) for line in lines if "==" in line and not line.startswith("#")]


def normal(name: str) -> str:
    """A distribution's name as it is compared."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def check(names: list[str], rules: Mapping[str, Any]) -> Report:
    """Every name against the rules, and the rules against the names."""
    report = Report()
    allowed = set(rules["allowed"])
    tables: dict[str, Mapping[str, Any]] = {
        table: {normal(name): one for name, one in rules.get(table, {}).items()}
        for table in ("by_name", "stated", "elsewhere")
    }
    for name in names:
        try:
            said = licence_of(name)
        except PackageNotFoundError:
            if name in tables["elsewhere"]:
                report.elsewhere.append(name)
            else:
                report.problems.append(
                    f"{name} is pinned and not installed, so its licence is not known: run make setup; or take it out "
                    "of constraints.txt; or write down under [elsewhere] in .ci/licences.toml why it is not"
                )
            continue
        if said is None and name in tables["stated"]:
            said = tables["stated"][name]["licence"]
        if said is None:
            report.problems.append(
                f"{name} does not say its licence in a way that is known: read its licence file, and write it down "
                "under [stated] in .ci/licences.toml; or do without it"
            )
            continue
        weak = {one for one in identifiers(said) if WEAK.match(one)}
        own = tables["by_name"].get(name)
        permitted = allowed | (weak if own is not None and own["licence"] in said else set())
        if satisfied(said, allowed):
            report.plain += 1
        elif satisfied(said, permitted):
            report.by_name.append(name)
        elif not satisfied(said, permitted | weak):
            known = "is refused" if any(map(REFUSED.match, identifiers(said))) else "is not among those allowed"
            report.problems.append(f"{name} is under {said}, which {known} (.ci/licences.toml): do without it")
        else:
            report.problems.append(
                f"{name} is under {said}: allow it by name and with a reason under [by_name] in .ci/licences.toml, or "
                "do without it"
            )
    for table, entries in tables.items():
        for name, one in entries.items():
            if name not in names:
                report.problems.append(
                    f"{name} is in [{table}] of .ci/licences.toml and not pinned any more: take it out"
                )
            elif not str(one.get("reason", "")).strip():
                report.problems.append(f"{name} is in [{table}] of .ci/licences.toml without a reason")
    return report


def licence_of(name: str) -> str | None:
    """The licence expression of an installed distribution; ``None`` where it says none that is known."""
    about = distribution(name).metadata
    if expression := about.get("License-Expression"):
        return expression
    classifiers = [one.split(" :: ")[-1] for one in about.get_all("Classifier") or [] if one.startswith("License ::")]
    named = [one for one in classifiers if one != "OSI Approved"]
    if named:  # several: all of them hold, until somebody says otherwise
        return " AND ".join(CLASSIFIERS[one] for one in named) if all(one in CLASSIFIERS for one in named) else None
    text = (str(about.get("License") or "").strip().splitlines() or [""])[0].strip()  # some have the whole licence
    found = TEXTS.get(text.lower(), text)
    return found if re.fullmatch(r"[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*", found) else None


def identifiers(expression: str) -> list[str]:
    """The licences that an SPDX expression names."""
    tokens = _TOKEN.findall(expression)
    return [
        one for before, one in zip(["", *tokens], tokens, strict=False)
        if one not in ("(", ")", "AND", "OR", "WITH") and before != "WITH"
    ]  # fmt: skip


def satisfied(expression: str, allowed: set[str]) -> bool:
    """Whether an SPDX expression can be met by licences that are allowed: OR is a choice, AND is not, and an exception
    (WITH) only adds rights. Nothing refused is ever among them."""
    tokens = iter([*_TOKEN.findall(expression), ""])
    found, end = _either(tokens, next(tokens), {one for one in allowed if not REFUSED.match(one)})
    return found and not end


def _either(tokens: Iterator[str], first: str, allowed: set[str]) -> tuple[bool, str]:
    found, token = _both(tokens, first, allowed)
    while token == "OR":
        other, token = _both(tokens, next(tokens), allowed)
        found = found or other
    return found, token


def _both(tokens: Iterator[str], first: str, allowed: set[str]) -> tuple[bool, str]:
    found, token = _one(tokens, first, allowed)
    while token == "AND":
        other, token = _one(tokens, next(tokens), allowed)
        found = found and other
    return found, token


def _one(tokens: Iterator[str], first: str, allowed: set[str]) -> tuple[bool, str]:
    if first == "(":
        found, token = _either(tokens, next(tokens), allowed)
        return found and token == ")", next(tokens, "")
    token = next(tokens, "")
    if token == "WITH":
        next(tokens, "")
        token = next(tokens, "")
    return first in allowed, token


if __name__ == "__main__":
    sys.exit(main())
