"""An answer that is told while it is made: quotes first, then what is written, each sentence with its verdict.

Nothing that was said can be taken back. So the claims stand in the order in which they were made, a sentence that
repeats another one stays, and the mark that says what carries a sentence follows it as soon as it is whole.
The text told is the answer's text, to the character.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from hybrid.answering.conflicts import contradict
from hybrid.answering.evidence import Sentence, collapse
from hybrid.answering.merge import marks
from hybrid.answering.sentence_stream import SentenceStream
from hybrid.answering.verification import Verified
from hybrid.answers import Citation, Claim, Verdict

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
