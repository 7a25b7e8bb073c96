"""Which documents a question may be answered from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Self

from pydantic import Field, field_validator, model_validator

from hybrid.text.formatting import count, one_line
from hybrid.text.values import iso_date
from hybrid.types.base import GivenModel, encodable, shown


class Filter(GivenModel):
    """A choice of documents, made before anything is ranked: the best k are the best k of these.

    Every condition that is given must hold; one that lists several values holds for any of them.

    Args:
        sources: names of sources as `Corpus.documents` shows them, or patterns with ``*``, ``?`` and ``[...]``.
        metadata: values by key, compared without regard to case and to how accents are written; a list of a vector
            store's metadata has the value if one of its elements is it. Keys are ``title``, ``author``,
            ``custodian``, ``media_type`` and whatever the documents' own metadata holds.
        since: first day, ISO 8601, as precise as wanted: ``2024``, ``2024-03``, ``2024-03-01``; or a `datetime.date`,
            or with the month in words. What can be read in two ways is refused.
        until: last day, itself included: until ``2024`` ends with its December. A document whose date is
            known to the month or the year matches where any of its days does; one without a date never does, and
            the answer notes how many these are.

    Example:
        >>> Filter(sources=("contracts/*",), metadata={"custodian": ("J. Doe", "M. Roe")}, since="2024-03")
        Filter(sources=('contracts/*',), metadata={'custodian': ('J. Doe', 'M. Roe')}, since='2024-03', until=None)
        >>> print(Filter(metadata={"custodian": "J. Doe"}, since="2024-03"))
        custodian J. Doe, since 2024-03
    """

    sources: tuple[str, ...] = ()
    metadata: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    since: str | None = None
    until: str | None = None

    if TYPE_CHECKING:  # the validators below take one value for a list of one; type checkers cannot know

        def __init__(
            self,
            *,
            sources: str | Sequence[str] = (),
            metadata: Mapping[str, str | Sequence[str]] = ...,
            since: str | date | None = None,
            until: str | date | None = None,
        ) -> None: ...

    @field_validator("sources", mode="before")
    @classmethod
    def _one_source(cls, value: object) -> object:
        if not isinstance(value, str | list | tuple):
            raise ValueError(f"a source's name, a pattern, or a list of them, not {shown(value)}")
        return encodable((value,) if isinstance(value, str) else value)

    @field_validator("metadata", mode="before")
    @classmethod
    def _one_value(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            raise ValueError(f'a dict of keys and values, such as {{"custodian": "J. Doe"}}, not {shown(value)}')
        for key, one in value.items():
            if not isinstance(one, str | list | tuple):
                raise ValueError(f"the value of {key!r} is a string or a list of strings, not {shown(one)}")
            if not one:
                raise ValueError(f"the value of {key!r} is empty: no document would be let through; leave the key out")
        encodable(value)
        return {key: encodable((one,) if isinstance(one, str) else one) for key, one in value.items()}

    @field_validator("since", "until", mode="before")
    @classmethod
    def _is_a_date(cls, value: object) -> str | None:
        return None if value is None else iso_date(value)

    @model_validator(mode="after")
    def _range_is_not_empty(self) -> Self:
        if self.since and self.until and first_day(self.since) > last_day(self.until):
            raise ValueError(f"no day is since {self.since} and until {self.until}")
        return self

    @property
    def everything(self) -> bool:
        """Whether there is no condition at all."""
        return not (self.sources or self.metadata or self.since or self.until)

    def __str__(self) -> str:
        named = {"source": self.sources, **self.metadata, "since": _one(self.since), "until": _one(self.until)}
        said = (f"{name} {_any_of(values)}" for name, values in named.items() if values)
        return one_line(", ".join(said)) or "all documents"


def undated_note(documents: int) -> str:
    """What is said of documents that the days of a filter leave out because they have no date; nothing of none."""
    if not documents:
        return ""
    whose, were, they_are = ("its", "was", "it is") if documents == 1 else ("their", "were", "they are")
    return (
        f"{count(documents, 'document')} without a date in {whose} metadata {were} not looked at: whether {they_are} "
        "of the days that were asked for is not known."
    )


_SHOWN_VALUES = 8


def _any_of(values: Sequence[str]) -> str:
    """The values of a condition, those past the first few counted."""
    shown, left = values[:_SHOWN_VALUES], len(values) - _SHOWN_VALUES
    return " or ".join([*shown, f"{left:,} more"] if left > 0 else shown)


def _one(value: str | None) -> tuple[str, ...]:
    return () if value is None else (value,)


def first_day(date: str) -> str:
    """The first day that a date of any precision may mean, for comparing as text."""
    return f"{date}-01-01"[:10] if len(date) == 4 else f"{date}-01"[:10]


def last_day(date: str) -> str:
    """The last day that a date may mean; the 31st of every month, which compares as well as the true one."""
    return f"{date}-12-31"[:10] if len(date) == 4 else f"{date}-31"[:10]
