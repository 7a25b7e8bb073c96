"""From quotes and verified sentences to claims, numbered citations and text, one at a time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from hybrid.answering.evidence import Sentence, collapse
from hybrid.answering.verification.entailment import MIN_WORDS, compare
from hybrid.answering.verification.verifier import STRING_COMPARISON, Verified, says_otherwise
from hybrid.text import lexicon
from hybrid.text.formatting import source_line, who_and_when
from hybrid.types.answers import Citation, Claim, ClaimPart, DigestPart, Draft, Origin, Verdict
from hybrid.types.events import CitationEvent, ClaimEvent, Event, TextEvent


@dataclass(frozen=True)
class Statement:
    """What a claim is made of. It has no spans exactly where nothing supports it, and several where it joins statements
    that different spans support; ``against`` are spans that say otherwise."""

    text: str
    verdict: Verdict
    spans: tuple[Sentence, ...]
    origin: Origin
    support: float
    decided_by: str
    probability: float | None = None
    against: tuple[Sentence, ...] = ()
    parts: tuple[Verified, ...] = ()
    qualification: str = ""


class Composer:
    """Composes an answer in the order in which its statements come. What was added stands: nothing is taken back.

    - A statement that only repeats an earlier one is left out (`repeats`).
    - What is generated and no span supports is no claim of the answer: `draft` has it.
    - A generated statement is marked with the quotes before it that contradict it.
    - Citations are numbered from 1 in the order of the text; the same span has one number.
    - A quote has a line of its own; what is generated is a paragraph; an empty line stands between quotes, what is
      generated, and each document of the digest.

    Args:
        cite: makes the citation of a sentence, with its number.
        keep_draft: whether `draft` has what no span supports.

    Example:
        >>> composer = Composer(lambda sentence, number: cite(catalog, sentence, number))
        >>> events = composer.add_quote(sentence)
        >>> said = "It ends in May."
        >>> events += composer.add_generated(said, verifier.verify_parts(said, found), "memory")
        >>> composer.text
        '“The lease ends on 30 May 2027.” [1]\\n\\nIt ends in May. [1]'
    """

    def __init__(self, cite: Callable[[Sentence, int], Citation], *, keep_draft: bool = True) -> None:
        self._cite = cite
        self._keep_draft = keep_draft
        self._drafted: list[Statement] = []
        self._against: dict[tuple[int, int, int], Citation] = {}  # spans that say otherwise than what is drafted
        self._digest: list[DigestPart] = []
        self._statements: list[Statement] = []
        self._numbered: dict[tuple[int, int, int], Citation] = {}
        self._group: str | None = None
        self.text = ""
        self.claims: list[Claim] = []

    @property
    def citations(self) -> tuple[Citation, ...]:
        """What the claims cite, each span once, in the order of their numbers."""
        return tuple(self._numbered.values())

    @property
    def digest(self) -> tuple[DigestPart, ...]:
        """The documents of the digest, with the numbers of what is quoted of each."""
        return tuple(self._digest)

    def add_quote(
        self,
        sentence: Sentence,
        qualification: str = "",
        against: Sequence[Sentence] = (),
        *,
        attributed: bool = False,
        group: str = "quotes",
    ) -> list[Event]:
        """A sentence of a document, word for word: the events of it, none if it repeats what is there or has no letter.

        Args:
            sentence: what is quoted.
            qualification: why it is no statement of fact, in words.
            against: quotes that contradict it, added before it or after.
            attributed: who says it and when stand before it.
            group: what it stands with in the text.
        """
        if not any(map(str.isalpha, sentence.text)):  # a paragraph's number
            return []
        lead = ""
        if attributed:
            cited = self._cite(sentence, 1)
            known = who_and_when(cited.speaker or cited.author, cited.date)
            lead = f"{known}: " if known else ""
        statement = replace(_quoted(sentence), qualification=qualification, against=tuple(against))
        return self._add(statement, group, lead)

    def add_row(
        self, sentence: Sentence, qualification: str = "", lead: str = "", against: Sequence[Sentence] = ()
    ) -> list[Event]:
        """A row of an enumeration, word for word, after ``lead``, and what is said ``against`` it: the events of it.
        Two rows may say the same."""
        statement = replace(_quoted(sentence), qualification=qualification, against=tuple(against))
        return self._add(statement, "rows", lead, may_repeat=True)

    def add_digest(
        self,
        sentences: Iterable[Sentence],
        against: Mapping[tuple[int, int, int], Sequence[Sentence]] = MappingProxyType({}),
        qualified: Mapping[tuple[int, int, int], str] = MappingProxyType({}),
    ) -> list[Event]:
        """The sentences of a digest, document by document: below the name of the document, with its author and date as
        far as they are known, and each after the name of who says it. Where there is one document that says neither,
        it has no heading. A sentence that a claim cites is not quoted again. ``against`` is what contradicts sentences,
        and ``qualified`` why they are no statement of fact or no longer hold, by their keys."""
        groups = [list(group) for _, group in itertools.groupby(sentences, key=lambda one: one.document_id)]
        events: list[Event] = []
        before = tuple(self._numbered)
        for group in groups:
            made: list[Citation] = []
            for sentence in group:
                if _is_in(sentence, before):
                    continue
                cited = self._cite(sentence.split()[-1], 1)
                heading = "" if made else _heading(cited, quoted=sentence.quoted, always=len(groups) > 1)
                speaker = who_and_when(cited.speaker, cited.date if sentence.quoted else None)
                speaker = f"{speaker}: " if speaker else ""
                known = qualified.get(sentence.key, "")
                statement = replace(
                    _quoted(sentence), qualification=known, against=tuple(against.get(sentence.key, ()))
                )
                if new := self._add(statement, f"digest of {sentence.document_id}", heading + speaker):
                    made += [one for one in self._citations(sentence) if one not in made]
                    events += new
            if made:
                self._digest.append(_digest_part(made))
        return events

    def draft(self) -> Draft | None:
        """What was generated and no span supports, and the spans that say otherwise; those that the answer does not
        cite are numbered on from its last."""
        if not self._drafted or not self._keep_draft:
            return None
        first = len(self._numbered) + 1
        uncited = [citation for key, citation in self._against.items() if key not in self._numbered]
        numbered = [one.model_copy(update={"number": number}) for number, one in enumerate(uncited, first)]
        numbers = {(one.source, one.start, one.end): one.number for one in (*self.citations, *numbered)}
        claims = tuple(
            self._claim(one, tuple(numbers[span.source, span.start, span.end] for span in self._saying_otherwise(one)))
            for one in self._drafted
        )
        return Draft(origin=claims[0].origin, claims=claims, citations=tuple(numbered))

    def add_generated(self, text: str, verdicts: Sequence[Verified], origin: Origin) -> list[Event]:
        """A generated sentence with the verdict on it, or with one for each of the statements that it joins.

        A sentence whose statements were judged each for itself has the weakest of their verdicts, names them all as its
        parts, and is never verbatim: no document says it as one sentence.
        """
        if len(verdicts) == 1:
            (one,) = verdicts
            return self._add(_statement(text, one, origin), "generated")
        weakest = weakest_of(verdicts)
        spans = {one.span.key: one.span for one in verdicts if one.span is not None} if weakest.approved else {}
        support = min(one.support for one in verdicts)
        whole = replace(_statement(text, weakest, origin), spans=tuple(spans.values()), support=support)
        return self._add(replace(whole, parts=tuple(verdicts)), "generated")

    def _add(self, statement: Statement, group: str, lead: str = "", *, may_repeat: bool = False) -> list[Event]:
        """The events of a statement. ``group`` is what it stands with in the text, ``lead`` what stands before its
        opening quotation mark."""
        if not may_repeat and any(repeats(statement, earlier) for earlier in self._statements):
            return []
        if not statement.spans:
            self._add_to_draft(statement)
            return []
        known = len(self._numbered)
        for span in (*statement.spans, *(statement.against if statement.origin == "index" else ())):
            self._citations(span)
        claim = self._claim(
            statement, tuple(self._numbered[span.key].number for span in self._saying_otherwise(statement))
        )
        before = self._separator(group)
        opened = f"{before}{lead}“" if statement.origin == "index" else before
        closed = f"” {marks(claim)}" if statement.origin == "index" else f" {marks(claim)}"
        start = len(self.text) + len(opened)
        piece = f"{opened}{claim.text}{closed}"
        self.text += piece
        self.claims.append(claim)
        self._statements.append(statement)
        new = [CitationEvent(citation=citation) for citation in self.citations[known:]]
        return [*new, TextEvent(text=piece), ClaimEvent(claim=claim, start=start, end=start + len(claim.text))]

    def cited(self, sentence: Sentence) -> list[Citation]:
        """The citations of a sentence that was quoted, one for each of its parts."""
        return [self._numbered[part.key] for part in sentence.split() if part.key in self._numbered]

    def _citations(self, sentence: Sentence) -> list[Citation]:
        """What is cited of a sentence: each of its parts, which has the same number wherever it is cited."""
        for part in sentence.split():
            if part.key not in self._numbered:
                self._numbered[part.key] = self._cite(part, len(self._numbered) + 1)
        return [self._numbered[part.key] for part in sentence.split()]

    def _add_to_draft(self, statement: Statement) -> None:
        if any(repeats(statement, earlier) for earlier in self._drafted):
            return
        self._drafted.append(statement)
        for span in _split(statement.against):  # cited while it is there: when the draft is made, it may be removed
            self._against[span.key] = self._cite(span, 1)

    def _claim(self, statement: Statement, contradicted_by: Sequence[int]) -> Claim:
        return Claim(
            text=collapse(statement.text),
            verdict=statement.verdict,
            citations=tuple(dict.fromkeys(self._numbered[span.key] for span in _split(statement.spans))),
            origin=statement.origin,
            support=statement.support,
            decided_by=statement.decided_by,
            probability=statement.probability,
            contradicted_by=tuple(sorted(set(contradicted_by))),
            parts=tuple(map(self._part, statement.parts)),
            qualification=self._qualification(statement),
        )

    def _qualification(self, statement: Statement) -> str:
        """Why a quote is no statement of fact: what is known of the sentence, and the status of its document."""
        if statement.origin != "index":
            return ""
        cited = self._numbered[statement.spans[0].split()[0].key]
        of_document = _OF_STATUS.get(cited.status.name) if cited.status else None
        privileged = "marked privileged" if cited.privileged else None
        return ", ".join(one for one in (statement.qualification, of_document, privileged) if one)

    def _saying_otherwise(self, statement: Statement) -> list[Sentence]:
        """The spans that contradict a generated statement: of the quotes so far, and what it was judged by; of a quote
        those that it was added with."""
        if statement.origin == "index":
            return _split(statement.against)
        quotes = [span for one in self._statements if one.origin == "index" for span in one.spans]
        against = [quote for quote in quotes if says_otherwise(statement.text, collapse(quote.text))]
        return _split([*against, *statement.against])

    def _part(self, part: Verified) -> ClaimPart:
        """A part of a claim, with the number of what supports it if the answer cites that."""
        spans = part.span.split() if part.span is not None else ()
        numbers = tuple(self._numbered[span.key].number for span in spans if span.key in self._numbered)
        return ClaimPart(
            text=collapse(part.text),
            verdict=part.verdict,
            decided_by=part.decided_by,
            probability=part.probability,
            citations=numbers,
        )

    def _separator(self, group: str) -> str:
        before, self._group = self._group, group
        if before is None:
            return ""
        if before != group:
            return "\n\n"
        return " " if group == "generated" else "\n"


_OF_STATUS = {
    "draft": "from a draft",
    "unsigned": "from an unsigned document",
    "superseded": "from a superseded document",
}


def _is_in(sentence: Sentence, cited: Collection[tuple[int, int, int]]) -> bool:
    """Whether a sentence is among the spans that are cited, each a document's id, start and end."""
    return any(
        document_id == sentence.document_id and start <= last.start and last.end <= end + 1  # its full stop
        for document_id, start, end in cited
        for last in sentence.split()[-1:]
    )


def _split(spans: Iterable[Sentence]) -> list[Sentence]:
    """The parts of all the spans."""
    return [part for span in spans for part in span.split()]


_STRENGTH: tuple[Verdict, ...] = ("contradicted", "unsupported", "likely", "supported", "verbatim")


def weakest_of(verdicts: Sequence[Verified]) -> Verified:
    """What the verdicts on a sentence's statements say of it: the weakest of them. Where there are several it is never
    verbatim: no document says the sentence as one."""
    weakest = min(verdicts, key=lambda one: (_STRENGTH.index(one.verdict), one.support))
    several = len(verdicts) > 1 and weakest.verdict == "verbatim"
    return replace(weakest, verdict="supported") if several else weakest


def _quoted(sentence: Sentence) -> Statement:
    return Statement(sentence.text, "verbatim", (sentence,), "index", 1.0, STRING_COMPARISON)


def _statement(text: str, one: Verified, origin: Origin) -> Statement:
    return Statement(
        text,
        one.verdict,
        () if one.span is None else (one.span,),
        origin,
        one.support,
        one.decided_by,
        one.probability,
        () if one.against is None else (one.against,),
    )


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
    """What follows a claim in the text: its citations' numbers, how likely it is, and what contradicts it."""
    cited = "".join(f"[{citation.number}]" for citation in claim.citations)
    if claim.verdict == "likely":
        cited += f" (likely, {claim.probability:.2f})"
    if claim.qualification:
        cited += f" ({claim.qualification})"
    if not claim.contradicted_by:
        return cited
    against = "".join(f"[{number}]" for number in claim.contradicted_by)
    says = "says" if len(claim.contradicted_by) == 1 else "say"
    return f"{cited} (but {against} {says} otherwise)"


def _heading(cited: Citation, *, quoted: bool, always: bool) -> str:
    """The line above what is quoted of a document. The author and the date of a mail that it has ``quoted`` are not its
    own."""
    line = source_line(cited.title, None, None) if quoted else source_line(cited.title, cited.author, cited.date)
    return f"{line}:\n" if always or line != cited.title else ""


def _digest_part(made: Sequence[Citation]) -> DigestPart:
    one = made[0]
    numbers = tuple(citation.number for citation in made)
    return DigestPart(source=one.source, title=one.title, author=one.author, date=one.date, citations=numbers)
