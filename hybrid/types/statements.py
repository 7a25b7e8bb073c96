"""What the documents say to words that somebody else wrote: where they stand, and whether they hold."""

from __future__ import annotations

from hybrid.text.formatting import place, quote_line
from hybrid.types.answers import Citation, Claim
from hybrid.types.base import FrozenModel, shown


class QuotedPlace(FrozenModel):
    """A span of a document that a quote stands at: ``quote`` is ``text[start:end]`` of it."""

    source: str
    title: str
    quote: str
    start: int
    end: int
    page: int | None
    last_page: int | None
    lines: tuple[int, int]
    sha256: str

    def __str__(self) -> str:
        return f"{self.source}, {place(self)}: “{quote_line(self.quote)}”"


class Quotation(FrozenModel):
    """Where words stand in the documents; ``places`` is empty where none has them as they are."""

    text: str
    places: tuple[QuotedPlace, ...] = ()
    more: bool = False

    def __str__(self) -> str:
        if not self.places:
            return f"No document has these words: {shown(self.text)}. Do not give them as a quote."
        more = [f"and more; these are the first {len(self.places)}"] if self.more else []
        return "\n".join([*map(str, self.places), *more])


class JudgedClaim(FrozenModel):
    """A sentence of a statement with its verdict, and the spans that say otherwise, if any do."""

    claim: Claim
    against: tuple[Citation, ...] = ()

    def __str__(self) -> str:
        spans = [f"  says so: {_cited(one)}" for one in self.claim.citations]
        spans += [f"  says otherwise: {_cited(one)}" for one in self.against]
        return "\n".join([f"{self.claim.verdict}: {self.claim.text}", *spans])


class Judgement(FrozenModel):
    """What the documents say to a statement, sentence by sentence."""

    statement: str
    claims: tuple[JudgedClaim, ...]

    def __str__(self) -> str:
        return "\n".join(map(str, self.claims))


def _cited(one: Citation) -> str:
    return f"{one.source}, {place(one)}: “{quote_line(one.quote)}”"
