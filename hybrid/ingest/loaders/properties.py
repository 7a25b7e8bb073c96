"""What a document says of itself beside its text, for the metadata: its properties, and where its links lead.

All properties stand under one key of `Metadata.extra`, so that no property, which anybody can write into a file, is
taken for another field of the metadata. The one that names the document's class of access is that as well
(`hybrid.ingest.loaders.front_matter.with_class`): somebody wrote it, and without it the document would be everybody's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from hybrid.ingest.loaders.formats import canonical

PROPERTIES = "properties"
"""The key under which the properties stand, a JSON object: subject, keywords, comments, and those of its author's."""
LINKS = "links"
"""The key under which the targets of links stand, a JSON list; those that the text has itself are not among them."""
_MOST_CHARS = 20_000  # of either; a reason, not a measurement: a file could have any number of links


def properties(named: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    """The properties that say something, for the metadata's ``extra``; of one name, one after the other.

    Example:
        >>> properties([("subject", "Lease"), ("keywords", "rent"), ("keywords", "term"), ("comments", " ")])
        {'properties': '{"subject": "Lease", "keywords": "rent; term"}'}
    """
    found: dict[str, str] = {}
    left = _MOST_CHARS
    for name, value in named:
        words = canonical(value or "").strip()[: max(left, 0)]
        if not words or words in found.get(name, "").split("; "):
            continue
        left -= len(words)
        found[name] = f"{found[name]}; {words}" if name in found else words
    return {PROPERTIES: json.dumps(found, ensure_ascii=False)} if found else {}


def links(targets: Iterable[str | None], text: str) -> dict[str, str]:
    """Where links lead, each once and in order, for the metadata's ``extra``; places in the document itself aside.

    Example:
        >>> links(["https://a.example/x", "#part-2", "https://b.example"], "See https://b.example for it.")
        {'links': '["https://a.example/x"]'}
    """
    found: list[str] = []
    left = _MOST_CHARS
    for target in dict.fromkeys(canonical(target or "").strip() for target in targets):
        shown = target.removeprefix("mailto:")
        if target and not target.startswith("#") and shown not in text and len(target) <= left:
            found.append(target)
            left -= len(target)
    return {LINKS: json.dumps(found, ensure_ascii=False)} if found else {}
