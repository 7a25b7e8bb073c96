"""Metadata of any shape into a document's metadata, and back as it was.

A document's own fields take the keys of their names; everything else is kept as text: strings as they are,
other values as JSON, which the document remembers. What JSON cannot hold (a date, a path) comes back as its text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from hybrid.documents import Metadata
from hybrid.errors import InputError

OWN = ("title", "author", "date", "custodian")
AS_JSON = "_json"
"""The key that says which values are JSON, as a JSON list."""
_DATE = re.compile(r"(\d{4}(?:-\d\d(?:-\d\d)?)?)(?=$|[T ])")


def to_metadata(given: Mapping[str, Any]) -> Metadata:
    """The metadata that holds ``given``. Raises `InputError` for a key that is not a string, or is `AS_JSON`.

    Example:
        >>> to_metadata({"title": "Minutes", "row": 3})
        Metadata(title='Minutes', author=None, date=None, custodian=None, extra={'row': '3', '_json': '["row"]'})
    """
    own: dict[str, str] = {}
    extra: dict[str, str] = {}
    written: list[str] = []
    for key, value in given.items():
        if not isinstance(key, str) or key == AS_JSON:
            raise InputError(f"metadata cannot have the key {key!r}; keys are strings other than {AS_JSON!r}")
        day = _day(value) if key == "date" else None
        if key in OWN and isinstance(value, str) and (key != "date" or day == value):
            own[key] = value
            continue
        if day is not None:
            own["date"] = day
        extra[key] = text_of(value)
        if not isinstance(value, str):
            written.append(key)
    if written:
        extra[AS_JSON] = json.dumps(written)
    return Metadata(**own, extra=extra)


def from_metadata(metadata: Metadata) -> dict[str, Any]:
    """What `to_metadata` was given.

    Example:
        >>> from_metadata(to_metadata({"title": "Minutes", "row": 3, "seen": None}))
        {'title': 'Minutes', 'row': 3, 'seen': None}
    """
    written = frozenset(json.loads(metadata.extra.get(AS_JSON, "[]")))
    own = {key: value for key in OWN if (value := getattr(metadata, key)) is not None}
    extra = {key: json.loads(value) if key in written else value for key, value in metadata.extra.items()}
    return {key: value for key, value in (own | extra).items() if key != AS_JSON}


def text_of(value: Any) -> str:
    """The text that stands for a value of metadata, also in a filter."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, default=str, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise InputError(f"metadata cannot hold {type(value).__name__}: {error}") from error


def _day(value: Any) -> str | None:
    """The date that a value begins with, ISO 8601, as precise as it is; ``None`` if it is no date."""
    if isinstance(value, date):  # a datetime is one, too
        return value.isoformat()[:10]
    found = _DATE.match(value) if isinstance(value, str) else None
    if found is None:
        return None
    try:
        date.fromisoformat(f"{found[1]}-01-01"[:10])
    except ValueError:
        return None
    return found[1]
