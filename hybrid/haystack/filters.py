"""Haystack's filters as hybrid's: the part of them that a corpus can answer before it ranks anything.

A condition on ``meta.date`` with ``>=`` or ``<=`` is a day, one on ``meta.source`` with ``==`` or ``in`` a source or a
pattern, and one on any other field with ``==`` or ``in`` a value of the documents' metadata. ``AND`` joins them.
Everything else (``OR``, ``NOT``, ``!=``, ``not in``, ``>``, ``<``) is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hybrid.errors import InputError, UnsupportedOperationError
from hybrid.ingest.external_documents import text_of
from hybrid.types.base import shown
from hybrid.types.filters import Filter

_BOUNDS = {">=": "since", "<=": "until"}
_EXAMPLE = '{"field": "meta.custodian", "operator": "==", "value": "J. Doe"}'


def filter_from(given: object, name: str = "filters") -> Filter | None:
    """Haystack's filters as a `hybrid.Filter`; ``None`` where there are none.

    Raises:
        InputError: it is no filter of Haystack's, or has two conditions on one field.
        UnsupportedOperationError: an operator that is not one of those above.

    Example:
        >>> filter_from({"operator": "AND", "conditions": [
        ...     {"field": "meta.source", "operator": "in", "value": ["mail/*", "minutes.md"]},
        ...     {"field": "meta.date", "operator": ">=", "value": "2024-03"}]})
        Filter(sources=('mail/*', 'minutes.md'), metadata={}, since='2024-03', until=None)
    """
    if given is None or given == {}:
        return None
    fields: dict[str, Any] = {}
    metadata: dict[str, tuple[str, ...]] = {}
    for place, field, operator, value in _conditions(given, name):
        into: dict[str, Any] = fields
        if field == "date" and operator in _BOUNDS:
            key: str = _BOUNDS[operator]
        elif operator not in ("==", "in"):
            raise UnsupportedOperationError(
                f"{place}: the operator {shown(operator)} on {field!r} is not one of a corpus, which has == and in, "
                "and on meta.date >= and <="
            )
        else:
            value = _values(place, field, operator, value)
            key, into = ("sources", fields) if field == "source" else (field, metadata)
        if key in into:
            raise InputError(f'{place}: {field!r} has two conditions; join their values with {{"operator": "in"}}')
        into[key] = value
    return Filter(**fields, metadata=metadata)


def _conditions(given: object, place: str) -> Iterator[tuple[str, str, str, Any]]:
    """Each condition with its place, field, operator and value."""
    if not isinstance(given, Mapping):
        raise InputError(f"{place} is a filter of Haystack's, such as {_EXAMPLE}, not {shown(given)}")
    if "conditions" in given:
        operator, conditions = given.get("operator"), given["conditions"]
        if operator != "AND":
            raise UnsupportedOperationError(
                f"{place}: the operator {shown(operator)} is not one of a corpus, where all conditions must hold; of "
                'several values of one field any will do: {"operator": "in", "value": [...]}'
            )
        if not isinstance(conditions, list | tuple):
            raise InputError(f"{place}.conditions is a list of conditions, not {shown(conditions)}")
        for number, one in enumerate(conditions):
            yield from _conditions(one, f"{place}.conditions[{number}]")
        return
    missing = [key for key in ("field", "operator", "value") if key not in given]
    if missing or not isinstance(given["field"], str):
        what = f"{missing[0]!r} is missing" if missing else f"its field is {shown(given['field'])}"
        raise InputError(f"{place} is no condition of Haystack's, such as {_EXAMPLE}: {what}")
    yield place, given["field"].removeprefix("meta."), given["operator"], given["value"]


def _values(place: str, field: str, operator: str, value: Any) -> tuple[str, ...]:
    if operator == "in" and (not isinstance(value, list | tuple) or not value):
        raise InputError(f"{place}: the operator in takes a list of values, and not an empty one, not {shown(value)}")
    if operator == "==" and value is None:
        raise UnsupportedOperationError(f"{place}: a corpus does not look for documents without {field!r}")
    return tuple(text_of(one, field) for one in (value if operator == "in" else [value]))
