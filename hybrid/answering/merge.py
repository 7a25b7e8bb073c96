"""Merging: quotes and generated claims become one answer with numbered citations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from hybrid.answering import words
from hybrid.answering.evidence import Sentence, collapse
from hybrid.answers import Citation, Claim, Verdict


@dataclass(frozen=True)
class Draft:
    """A claim before its citation is numbered. ``span`` is ``None`` exactly where it is unsupported."""

    text: str
    verdict: Verdict
    span: Sentence | None
    origin: Literal["index", "memory"]
    support: float


def fold(drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts in order, without those that only repeat an earlier one."""
    kept: list[Draft] = []
    for draft in drafts:
        if not any(_repeats(draft, earlier) for earlier in kept):
            kept.append(draft)
    return kept


def _repeats(draft: Draft, earlier: Draft) -> bool:
    if _plain(draft.text) == _plain(earlier.text):
        return True
    if draft.verdict != "verbatim" or draft.span is None or earlier.span is None or earlier.verdict != "verbatim":
        return False
    inside = earlier.span.start <= draft.span.start and draft.span.end <= earlier.span.end
    same_document = draft.span.document_id == earlier.span.document_id
    return (same_document and inside) or _plain(draft.text) in _plain(earlier.text)


def _plain(text: str) -> str:
    return " ".join(token.casefold() for token in words.tokens(text))


def number(
    drafts: Sequence[Draft], cite: Callable[[Sentence, int], Citation]
) -> tuple[tuple[Claim, ...], tuple[Citation, ...]]:
    """Claims and citations. Numbers count from 1 in order of appearance; the same span has one number."""
    citations: dict[tuple[int, int, int], Citation] = {}
    claims = []
    for draft in drafts:
        carried: tuple[Citation, ...] = ()
        if draft.span is not None:
            if draft.span.key not in citations:
                citations[draft.span.key] = cite(draft.span, len(citations) + 1)
            carried = (citations[draft.span.key],)
        claims.append(
            Claim(
                text=collapse(draft.text),
                verdict=draft.verdict,
                citations=carried,
                origin=draft.origin,
                support=draft.support,
            )
        )
    return tuple(claims), tuple(citations.values())


def text(claims: Sequence[Claim]) -> str:
    """The answer as people read it: quotes a line each, then what the memory wrote as a paragraph."""
    quotes = [f"“{claim.text}” {_marks(claim)}" for claim in claims if claim.origin == "index"]
    written = " ".join(f"{claim.text} {_marks(claim)}" for claim in claims if claim.origin == "memory")
    return "\n\n".join(part for part in ("\n".join(quotes), written) if part)


def _marks(claim: Claim) -> str:
    return "".join(f"[{citation.number}]" for citation in claim.citations) or "(unsupported)"
