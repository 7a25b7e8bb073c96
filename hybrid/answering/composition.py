"""From quotes and verified sentences to claims, numbered citations and text, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from hybrid.answering.evidence import Sentence, collapse
from hybrid.answering.verification.contradiction import contradict
from hybrid.answering.verification.entailment import MIN_WORDS, compare
from hybrid.answering.verification.verifier import Verified
from hybrid.text import lexicon
from hybrid.types.answers import Citation, Claim, Origin, Verdict
from hybrid.types.events import CitationEvent, ClaimEvent, Event, TextEvent


@dataclass(frozen=True)
class Statement:
    """What a claim is made of. It has no spans exactly where it is unsupported, and several where it joins statements
    that different spans support."""

    text: str
    verdict: Verdict
    spans: tuple[Sentence, ...]
    origin: Origin
    support: float


class Composer:
    """Composes an answer in the order in which its statements come. What was added stands: nothing is taken back.

    - A statement that only repeats an earlier one is left out (`repeats`).
    - A generated statement is marked with the quotes before it that contradict it.
    - Citations are numbered from 1 in the order of the text; the same span has one number.
    - A quote has a line of its own; what is generated is a paragraph; an empty line stands between the two.

    Args:
        cite: makes the citation of a sentence, with its number.
        drop_unsupported: leave out what no span supports.

    Example:
        >>> composer = Composer(lambda sentence, number: cite(catalog, sentence, number))
        >>> events = composer.add_quote(sentence)
        >>> said = "It ends in May."
        >>> events += composer.add_generated(said, verifier.verify_parts(said, found), "memory")
        >>> composer.text
        '“The lease ends on 30 May 2027.” [1]\\n\\nIt ends in May. [1]'
    """

    def __init__(self, cite: Callable[[Sentence, int], Citation], *, drop_unsupported: bool = False) -> None:
        self._cite = cite
        self._drop_unsupported = drop_unsupported
        self._statements: list[Statement] = []
        self._numbered: dict[tuple[int, int, int], Citation] = {}
        self._group: Literal["quotes", "generated"] | None = None
        self.text = ""
        self.claims: list[Claim] = []

    @property
    def citations(self) -> tuple[Citation, ...]:
        """What the claims cite, each span once, in the order of their numbers."""
        return tuple(self._numbered.values())

    def add_quote(self, sentence: Sentence) -> list[Event]:
        """A sentence of a document, word for word: the events of it, none if it repeats what is there."""
        return self._add(Statement(sentence.text, "verbatim", (sentence,), "index", 1.0))

    def add_generated(self, text: str, verdicts: Sequence[Verified], origin: Origin) -> list[Event]:
        """A generated sentence with the verdict on it, or with one for each of the statements that it joins.

        A sentence whose statements stand in different spans is one claim that cites them all, and never verbatim:
        no document says it as one sentence.
        """
        verdict: Verdict = verdicts[0].verdict if len(verdicts) == 1 else "supported"
        spans = {one.span.key: one.span for one in verdicts if one.span is not None}
        support = min(one.support for one in verdicts)
        return self._add(Statement(text, verdict, tuple(spans.values()), origin, support))

    def _add(self, statement: Statement) -> list[Event]:
        if self._drop_unsupported and statement.verdict == "unsupported":
            return []
        if any(repeats(statement, earlier) for earlier in self._statements):
            return []
        known = len(self._numbered)
        citations = tuple(map(self._citation, statement.spans))
        claim = Claim(
            text=collapse(statement.text),
            verdict=statement.verdict,
            citations=citations,
            origin=statement.origin,
            support=statement.support,
            contradicted_by=self._contradicting(statement),
        )
        before = self._separator("quotes" if statement.origin == "index" else "generated")
        opened = f"{before}“" if statement.origin == "index" else before
        closed = f"” {marks(claim)}" if statement.origin == "index" else f" {marks(claim)}"
        start = len(self.text) + len(opened)
        piece = f"{opened}{claim.text}{closed}"
        self.text += piece
        self.claims.append(claim)
        self._statements.append(statement)
        new = [CitationEvent(citation=citation) for citation in self.citations[known:]]
        return [*new, TextEvent(text=piece), ClaimEvent(claim=claim, start=start, end=start + len(claim.text))]

    def _citation(self, sentence: Sentence) -> Citation:
        if sentence.key not in self._numbered:
            self._numbered[sentence.key] = self._cite(sentence, len(self._numbered) + 1)
        return self._numbered[sentence.key]

    def _contradicting(self, statement: Statement) -> tuple[int, ...]:
        """The numbers of the quotes so far that contradict a generated statement."""
        if statement.origin == "index":
            return ()
        quotes = [span for one in self._statements if one.origin == "index" for span in one.spans]
        against = (quote for quote in quotes if contradict(statement.text, quote.text))
        return tuple(sorted(self._numbered[quote.key].number for quote in against))

    def _separator(self, group: Literal["quotes", "generated"]) -> str:
        before, self._group = self._group, group
        if before is None:
            return ""
        if before != group:
            return "\n\n"
        return "\n" if group == "quotes" else " "


def repeats(statement: Statement, earlier: Statement) -> bool:
    """Whether ``earlier`` says all that ``statement`` does, in the same words or in others.

    Not where the statement is a quote that the earlier one only rewords, and not where it is supported and the earlier
    one is not.
    """
    plain, before = _plain(statement.text), _plain(earlier.text)
    if plain == before:
        return True
    if statement.verdict == earlier.verdict == "verbatim":
        (mine,), (other,) = statement.spans, earlier.spans
        inside = other.start <= mine.start and mine.end <= other.end
        return (mine.document_id == other.document_id and inside) or plain in before
    if statement.origin == "index" or (statement.spans and not earlier.spans):
        return False
    match = compare(statement.text, earlier.text, lambda _: 1.0)
    enough = len(lexicon.content_words(statement.text)) >= MIN_WORDS
    return enough and not match.failed_checks and match.coverage == match.order == match.polarity == 1.0


def _plain(text: str) -> str:
    return " ".join(token.casefold() for token in lexicon.tokens(text))


def marks(claim: Claim) -> str:
    """What follows a claim in the text: its citations' numbers, or that it has none, and what contradicts it."""
    cited = "".join(f"[{citation.number}]" for citation in claim.citations)
    if not claim.contradicted_by:
        return cited or "(unsupported)"
    against = "".join(f"[{number}]" for number in claim.contradicted_by)
    says = "says" if len(claim.contradicted_by) == 1 else "say"
    return f"{cited} (but {against} {says} otherwise)" if cited else f"(unsupported; {against} {says} otherwise)"
