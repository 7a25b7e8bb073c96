"""From quotes and generated sentences to claims with numbered citations, whole or while they are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from hybrid.answering.evidence import Sentence, collapse
from hybrid.answering.verification.contradiction import contradict
from hybrid.answering.verification.entailment import MIN_WORDS, compare
from hybrid.answering.verification.verifier import Verified
from hybrid.text import lexicon
from hybrid.text.sentence_stream import SentenceStream
from hybrid.types.answers import Citation, Claim, Verdict


@dataclass(frozen=True)
class Draft:
    """A claim before its citation is numbered. ``span`` is ``None`` exactly where it is unsupported;
    ``against`` are the quotes, by their spans, that contradict it."""

    text: str
    verdict: Verdict
    span: Sentence | None
    origin: Literal["index", "memory", "writer"]
    support: float
    against: tuple[tuple[int, int, int], ...] = ()


def merge(drafts: Sequence[Draft], p_comprehension: float) -> list[Draft]:
    """The drafts as they are to be shown: each thing once, contradictions marked, the more certain side first."""
    return ordered(mark_contradictions(deduplicate(drafts)), p_comprehension)


def deduplicate(drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts in order, without those that only repeat another one.

    Of two claims of the memory with the same verdict, of which one says all that the other does, the fuller one
    stays, wherever it stands.
    """
    kept: list[Draft] = []
    for draft in drafts:
        if any(_repeats(draft, earlier) for earlier in kept):
            continue
        lesser = [at for at, earlier in enumerate(kept) if _is_fuller(draft, earlier)]
        if lesser:
            kept[lesser[0]] = draft
            kept = [earlier for at, earlier in enumerate(kept) if at not in lesser[1:]]
        else:
            kept.append(draft)
    return kept


def _is_fuller(draft: Draft, earlier: Draft) -> bool:
    both_written = draft.origin != "index" and earlier.origin != "index"
    return both_written and draft.verdict == earlier.verdict and _repeats(earlier, draft)


def _repeats(draft: Draft, other: Draft) -> bool:
    """Whether ``other`` says all that ``draft`` does, in the same words or in others."""
    if _plain(draft.text) == _plain(other.text):
        return True
    if draft.verdict == other.verdict == "verbatim" and draft.span and other.span:
        inside = other.span.start <= draft.span.start and draft.span.end <= other.span.end
        same_document = draft.span.document_id == other.span.document_id
        return (same_document and inside) or _plain(draft.text) in _plain(other.text)
    if draft.origin == "index" or (draft.span is not None and other.span is None):
        return False  # a quote is a quote, and what is carried is not left out for what is not
    match = compare(draft.text, other.text, lambda _: 1.0)
    told = len(lexicon.content_words(draft.text)) >= MIN_WORDS
    return told and not match.failed_checks and match.coverage == match.order == match.polarity == 1.0


def _plain(text: str) -> str:
    return " ".join(token.casefold() for token in lexicon.tokens(text))


def mark_contradictions(drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts, each claim of the memory with the quotes that contradict it."""
    quotes = [draft for draft in drafts if draft.origin == "index" and draft.span is not None]
    return [
        replace(draft, against=tuple(q.span.key for q in quotes if q.span and contradict(draft.text, q.text)))
        if draft.origin != "index"
        else draft
        for draft in drafts
    ]


def ordered(drafts: Sequence[Draft], p_comprehension: float) -> list[Draft]:
    """Quotes first or the memory's claims first, each side in its own order.

    A side is as certain as the router is that it was asked for, times what its claims are worth: a quote
    one, a claim of the memory its support, and nothing if it is unsupported or contradicted.
    """
    quotes = [draft for draft in drafts if draft.origin == "index"]
    written = [draft for draft in drafts if draft.origin != "index"]
    worth = [draft.support if draft.span is not None and not draft.against else 0.0 for draft in written]
    memory = p_comprehension * (sum(worth) / len(worth) if worth else 0.0)
    index = 1 - p_comprehension if quotes else 0.0
    return [*written, *quotes] if memory > index else [*quotes, *written]


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
    numbers = {key: citation.number for key, citation in citations.items()}
    marked = [
        claim.model_copy(update={"contradicted_by": tuple(sorted(numbers[key] for key in draft.against))})
        for claim, draft in zip(claims, drafts, strict=True)
    ]
    return tuple(marked), tuple(citations.values())


def text(claims: Sequence[Claim]) -> str:
    """The answer as people read it: quotes a line each, what the memory wrote as a paragraph, in the claims' order."""
    quotes = "\n".join(f"“{claim.text}” {marks(claim)}" for claim in claims if claim.origin == "index")
    written = " ".join(f"{claim.text} {marks(claim)}" for claim in claims if claim.origin != "index")
    sides = [quotes, written] if claims and claims[0].origin == "index" else [written, quotes]
    return "\n\n".join(side for side in sides if side)


def marks(claim: Claim) -> str:
    """What stands behind a claim in the text: its citations' numbers, that it has none, or what contradicts it."""
    cited = "".join(f"[{citation.number}]" for citation in claim.citations)
    if not claim.contradicted_by:
        return cited or "(unsupported)"
    against = "".join(f"[{number}]" for number in claim.contradicted_by)
    says = "says" if len(claim.contradicted_by) == 1 else "say"
    return f"{cited} (but {against} {says} otherwise)" if cited else f"(unsupported; {against} {says} otherwise)"


_WORST: tuple[Verdict, ...] = ("verbatim", "supported", "unsupported")


class Telling:
    """Tells an answer piece by piece, and keeps its claims and citations.

    Args:
        tell: called with each piece of the text. Together they are `text`.
        cite: makes the citation of a sentence, with its number.
        judge: the verdicts on a written sentence: one, or one for each of the statements that it joins.
        drop_unsupported: a sentence is held back until its verdict, and told only if a span carries it.
    """

    def __init__(
        self,
        tell: Callable[[str], None],
        cite: Callable[[Sentence, int], Citation],
        judge: Callable[[str], Sequence[Verified]],
        *,
        drop_unsupported: bool = False,
    ) -> None:
        self._tell = tell
        self._cite = cite
        self._judge = judge
        self._drop = drop_unsupported
        self._numbered: dict[tuple[int, int, int], Citation] = {}
        self._quotes: list[Sentence] = []
        self._side: Literal["index", "written"] | None = None
        self._open = False  # a sentence of which something was told
        self.text = ""
        self.claims: list[Claim] = []

    @property
    def citations(self) -> tuple[Citation, ...]:
        """What the claims cite, each span once, numbered from 1 in the order told."""
        return tuple(self._numbered.values())

    def quote(self, sentence: Sentence) -> None:
        """Tell a sentence of a document, word for word."""
        self._quotes.append(sentence)
        claim = Claim(
            text=collapse(sentence.text),
            verdict="verbatim",
            citations=(self._citation(sentence),),
            origin="index",
            support=1.0,
        )
        self._begin("index")
        self._say(f"“{claim.text}” {marks(claim)}")
        self.claims.append(claim)

    def written_by(self, origin: Literal["memory", "writer"]) -> SentenceStream:
        """What takes in the text that somebody writes. End it when it is all there."""
        return SentenceStream(self._heard, lambda sentence: self._whole(sentence, origin))

    def _heard(self, text: str) -> None:
        if self._drop:
            return
        if not self._open:
            self._begin("written")
            self._open = True
        self._say(text)

    def _whole(self, sentence: str, origin: Literal["memory", "writer"]) -> None:
        verdicts = self._judge(sentence)
        claim = self._claim(sentence, verdicts, origin)
        if self._drop:
            if claim.verdict == "unsupported":
                return
            self._begin("written")
            self._say(sentence)
        self._open = False
        self._say(f" {marks(claim)}")
        self.claims.append(claim)

    def _claim(self, sentence: str, verdicts: Sequence[Verified], origin: Literal["memory", "writer"]) -> Claim:
        """The claim, which is worth what the least of its statements is."""
        verdict = max((one.verdict for one in verdicts), key=_WORST.index)
        against = [quote for quote in self._quotes if contradict(sentence, quote.text)]
        spans = [one.span for one in verdicts if one.span is not None]
        return Claim(
            text=sentence,
            verdict=verdict,
            citations=tuple(dict.fromkeys(map(self._citation, spans))),
            origin=origin,
            support=min(one.support for one in verdicts),
            contradicted_by=tuple(sorted(self._citation(quote).number for quote in against)),
        )

    def _citation(self, sentence: Sentence) -> Citation:
        if sentence.key not in self._numbered:
            self._numbered[sentence.key] = self._cite(sentence, len(self._numbered) + 1)
        return self._numbered[sentence.key]

    def _begin(self, side: Literal["index", "written"]) -> None:
        if self._side is not None:
            self._say("\n\n" if side != self._side else "\n" if side == "index" else " ")
        self._side = side

    def _say(self, text: str) -> None:
        self.text += text
        self._tell(text)
