"""The verdict on a generated sentence: ``verbatim``, ``supported``, ``likely``, ``contradicted`` or ``unsupported``.

A string comparison decides first: a claim is verbatim if it is a whole sentence of a document. White space, the
sentence's number and its final stop may differ, nothing else may; a part of a sentence never is verbatim. Then come the
checks of `hybrid.answering.verification.vetoes`, and only for a span that passes them all the rule of
`hybrid.answering.verification.entailment` or an alignment of all words (``supported``) and, where neither holds, a
model (``likely``): the caller's, or the one of `hybrid.answering.verification.alignment`. A claim
that fails the checks against every span is ``contradicted`` where one of them says otherwise about the same thing.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

import numpy as np

from hybrid.answering.evidence import MARGIN, Encoder, Sentence, Texts, collapse, gather
from hybrid.answering.verification.alignment import WORD_ALIGNMENT, limits_left_out, probability, says_the_same
from hybrid.answering.verification.assertions import opens_with_verb, verb_of
from hybrid.answering.verification.clauses import plain, same_words
from hybrid.answering.verification.conjuncts import other_forms
from hybrid.answering.verification.contradiction import contradict
from hybrid.answering.verification.entailment import Idf, Match, Rule, compare, support
from hybrid.answering.verification.judgement import Entailment
from hybrid.answering.verification.relations import passive
from hybrid.answering.verification.restatements import if_not
from hybrid.answering.verification.structure import owner_said_alike
from hybrid.answering.verification.vetoes import NOT_RESTATED, failed_checks
from hybrid.settings import AnswerSettings
from hybrid.text import layout
from hybrid.text.lexicon import conditions
from hybrid.types.answers import Hit, Verdict
from hybrid.types.documents import Document
from hybrid.types.filters import Filter

MIN_VERBATIM_WORDS = 4
"""A shorter claim ("Yes, it is.") is found somewhere in any corpus, which supports nothing."""
SEARCHED = 5
"""Hits of a search for the claim itself, besides the question's evidence: half of those of a question, since a claim is
nearer to its span. Not varied."""
COMPARED = 8
"""Sentences that are judged: those that share most words with the claim, and those nearest to it by embedding too.
Not varied: it bounds the time of a claim that stands nowhere (benchmarks/question_scaling.py)."""
JUDGED = 3
"""Spans that a model is asked about: it takes as long for each as for the first."""
_ROUNDING = 1e-9  # a calibration that changes nothing may still round
STRING_COMPARISON = "string comparison"
RULES = "rules"
SAYS_OTHERWISE = frozenset({"value", "negation", "denial", "opposite", "direction", "substitution", "modality"})
"""Checks on what is said, not on what is left out: a span that a claim fails one of may say otherwise."""
DROPS_LIMIT = frozenset({
    "condition", "exception", "restriction dropped", "narrowing dropped", "exclusivity", "ended", "superseded",
    "knowledge", "attachment",
})  # fmt: skip
"""Checks on limits that a claim drops: of a span that holds under a condition, for some or at another time, a claim
without that says too much, and not the opposite."""
OTHERWISE_COVERAGE, OTHERWISE_WORDS = 0.75, 0.5
"""How alike a claim and a span are in words before a difference is a contradiction, and not another way to say it. Of
the lists in benchmarks/verification/cases 11 of 300 false claims are contradicted so, and 1 of 180 true ones; with any
likeness 31 and 29."""
EXACT_PLACES = 5
"""Places looked at where a claim's words stand: the first of them that is a whole sentence is cited."""
ADJACENT = 3
"""Characters of white space between two sentences that are read together; more is another paragraph. A
space, or the end of a line and an indent."""
_JOINTS = re.compile(r"[,;]\s+(?:and|but)\s+|;\s+")
_NUMBERING = re.compile(r"\W*(?:[\w.()]{1,8}[.)]\s*)?")


@dataclass(frozen=True)
class Verified:
    """A claim with its verdict, and how it came about.

    ``span`` supports it; where it is contradicted, ``against`` says otherwise. ``support`` is the score behind it,
    between 0 and 1; ``decided_by`` and ``probability`` are as in `hybrid.Claim`.
    """

    text: str
    verdict: Verdict
    span: Sentence | None
    support: float
    decided_by: str = RULES
    probability: float | None = None
    against: Sentence | None = None

    @property
    def approved(self) -> bool:
        """Whether a span supports it."""
        return self.span is not None


@dataclass(frozen=True)
class Examined:
    """What the rules found out about a claim: ``decided``, if they did not let it pass ``verified`` is what comes of it
    unless a model says that one of ``open`` entails it: spans that passed all checks, the nearest first. ``aligned`` is
    the one of them whose words entail it with the highest probability, and that probability."""

    verified: Verified
    open: tuple[Sentence, ...] = ()
    aligned: tuple[Sentence, float] | None = None


class Searches(Protocol):
    """The part of a searcher that verification needs."""

    def search(self, question: str, k: int = 10, where: Filter | None = None, *, exact_first: bool = True) -> list[Hit]:
        """The ``k`` best spans for a text, of the documents that ``where`` lets through."""


class Documents(Texts, Protocol):
    """The part of a catalog that verification needs."""

    def find_exact(self, text: str, k: int = 10, documents: Container[int] | None = None) -> list[tuple[int, int, int]]:
        """Up to ``k`` places (document id, start, end) where ``text`` stands, in these documents or in all."""

    def document(self, document_id: int, source: str | None = None) -> Document:
        """A document with its text, under its first name or that ``source``."""


class Verifier:
    """Gives generated sentences their verdicts. Holds no state of its own.

    The catalog is read by `examine`, models are asked by `decide`, so that no transaction has to be open while a model
    computes; `verify` does both.

    Args:
        model: asked about claims that the rules neither approve nor refuse; ``None``: the rules alone.
        likely_above: the model's probability from which a claim is ``likely``; by default that of the settings.

    Example:
        verifier = Verifier(catalog, searcher, embedder, idf)
        verifier.verify("The term is two years.", evidence).verdict
    """

    def __init__(
        self,
        catalog: Documents,
        searcher: Searches,
        encoder: Encoder,
        idf: Idf,
        rule: Rule | None = None,
        *,
        model: Entailment | None = None,
        likely_above: float | None = None,
    ) -> None:
        self._catalog = catalog
        self._searcher = searcher
        self._encoder = encoder
        self._weight = idf
        self._rule = rule or Rule()
        self._model = model
        self._likely_above = AnswerSettings().likely_above if likely_above is None else likely_above

    def without_model(self) -> Verifier:
        """The same with the rules alone."""
        return Verifier(self._catalog, self._searcher, self._encoder, self._weight, self._rule)

    def verify(self, claim: str, evidence: Sequence[Sentence]) -> Verified:
        """The verdict on ``claim``: looked for in ``evidence``, then in the whole corpus."""
        return self.decide(self.examine(claim, evidence))

    def verify_parts(self, claim: str, evidence: Sequence[Sentence]) -> list[Verified]:
        """The verdict on ``claim``; or, where no span supports it whole, the verdicts on each of the statements that
        "and", "but" or a semicolon join in it, each put as a sentence, if one of them stands."""
        return self.decide_parts(self.examine_parts(claim, evidence))

    def examine_parts(self, claim: str, evidence: Sequence[Sentence]) -> list[Examined]:
        """What the rules say of ``claim``, and then of each of the statements that it joins; of it alone where it is
        approved whole or joins none."""
        whole = self.examine(claim, evidence)
        statements = [] if whole.verified.approved else _statements(claim)
        return [whole, *(self.examine(statement, evidence) for statement in statements)]

    def decide_parts(self, examined: Sequence[Examined]) -> list[Verified]:
        """The verdicts on what `examine_parts` found: one on the whole, or one on each part where a part stands and the
        whole does not."""
        whole = self.decide(examined[0])
        if whole.approved or len(examined) < 3:
            return [whole]
        parts = [self.decide(one) for one in examined[1:]]
        return parts if any(one.approved for one in parts) else [whole]

    def examine(self, claim: str, evidence: Sequence[Sentence]) -> Examined:
        """What strings, numbers and rules say of ``claim``: looked for in ``evidence``, then in the whole corpus."""
        span = self.verbatim(claim, evidence)
        if span is None:
            more = gather(self._catalog, self._searcher.search(claim, k=SEARCHED))
            span = self._verbatim_in(claim, more)
            if span is None:
                return self._examined(claim, [*evidence, *more])
        return Examined(Verified(claim, "verbatim", span, 1.0, STRING_COMPARISON))

    def decide(self, examined: Examined) -> Verified:
        """The verdict, for which the model is asked where the rules leave it open. Raises `ModelError` as it does."""
        found = examined.verified
        if not examined.open:
            return found
        if self._model is None:
            return found if examined.aligned is None else self._aligned(found, *examined.aligned)
        judged = self._model.judge([(collapse(span.text), collapse(found.text)) for span in examined.open])
        best = max(range(len(judged)), key=lambda index: judged[index].probability)
        value = judged[best].probability
        if value < self._likely_above - _ROUNDING:
            return replace(found, probability=value)
        return Verified(found.text, "likely", examined.open[best], found.support, self._model.name, value)

    def verbatim(self, claim: str, evidence: Sequence[Sentence]) -> Sentence | None:
        """Where the claim stands word for word: in ``evidence``, else anywhere in the corpus."""
        return self._verbatim_in(claim, evidence) or self._exact(claim)

    def _verbatim_in(self, claim: str, found: Iterable[Sentence]) -> Sentence | None:
        pattern = _word_for_word(claim)
        if pattern is None:
            return None
        for sentence in found:
            match = pattern.search(sentence.text)
            if match and _is_all_of(sentence.text, match.start(), match.end(), claim):
                if sentence.parts:
                    return sentence
                start = sentence.start + match.start()
                return replace(sentence, start=start, end=start + len(match.group()), text=match.group())
        return None

    def _exact(self, claim: str) -> Sentence | None:
        if _word_for_word(claim) is None:
            return None
        places = self._catalog.find_exact(_bare(claim), EXACT_PLACES)
        return self._verbatim_in(claim, (one for place in places for one in self._around(*place)))

    def _around(self, document_id: int, start: int, end: int) -> Iterator[Sentence]:
        """The sentences that a place in a document touches."""
        document = self._catalog.document(document_id)
        begin = max(0, start - MARGIN)
        window = document.text[begin : end + MARGIN]
        for unit in layout.of(window).overlapping(start - begin, end - begin):
            yield Sentence(
                document_id,
                document.source,
                document.title,
                document.sha256,
                begin + unit.start,
                begin + unit.end,
                unit.text(window),
                parts=tuple((begin + a, begin + b) for a, b in unit.spans) if len(unit.spans) > 1 else (),
            )

    def _examined(self, claim: str, found: Sequence[Sentence]) -> Examined:
        single = list({sentence.key: sentence for sentence in found}.values())
        if not single:
            return Examined(Verified(claim, "unsupported", None, 0.0))
        vector, *vectors = self._encoder.encode([collapse(claim), *(collapse(one.text) for one in single)])
        compared = [
            _Compared(one, compare(claim, collapse(one.text), self._weight), float(vector @ other))
            for one, other in zip(single, vectors, strict=True)
        ]
        near = {id(one): one for key in (_by_words, _by_nearness) for one in sorted(compared, key=key)[:COMPARED]}
        joined = self._joined(claim, vector, compared, set(near))
        judged = [self._judged(claim, one) for one in [*near.values(), *joined]]
        best = max(judged, key=lambda one: (one.entailed, one.score))
        if best.entailed:
            return Examined(Verified(claim, "supported", best.sentence, best.score))
        passed = [one for one in judged if not one.failed]
        passed.sort(key=lambda one: (-one.nearness, len(one.sentence.text)))
        against = self._against(claim, judged) if not passed else None
        verdict: Verdict = "contradicted" if against is not None else "unsupported"
        refused = Verified(claim, verdict, None, best.score, against=against)
        spans = tuple(one.sentence for one in passed[:JUDGED])
        return Examined(refused, spans, self._nearest_aligned(claim, spans))

    def _nearest_aligned(self, claim: str, spans: Sequence[Sentence]) -> tuple[Sentence, float] | None:
        found = [
            (one, probability(claim, text, self._encoder))
            for one in spans
            for text in _forms(claim, collapse(one.text))
            if not failed_checks(claim, text)
        ]
        return max(found, key=lambda row: row[1], default=None)

    def _aligned(self, found: Verified, sentence: Sentence, chance: float) -> Verified:
        """What an alignment of words says of a claim that the rules leave open: ``likely`` or not."""
        if chance < self._likely_above:
            return replace(found, probability=chance, decided_by=WORD_ALIGNMENT)
        return Verified(found.text, "likely", sentence, found.support, WORD_ALIGNMENT, chance)

    def _joined(self, claim: str, vector: np.ndarray, compared: Sequence[_Compared], near: set[int]) -> list[_Compared]:
        """Spans of two and three neighbouring sentences, one of them near, that share more words with the claim than
        each of theirs."""
        ordered = sorted(compared, key=lambda one: one.sentence.key)
        found: list[tuple[Sentence, Match]] = []
        for size in (2, 3):
            for start in range(len(ordered) - size + 1):
                group = ordered[start : start + size]
                if not any(id(one) in near for one in group):
                    continue
                sentence = _one_span([one.sentence for one in group])
                if sentence is None:
                    continue
                match = compare(claim, collapse(sentence.text), self._weight)
                if match.coverage > max(one.match.coverage for one in group):
                    found.append((sentence, match))
        found = sorted(found, key=lambda row: -row[1].coverage)[:COMPARED]
        if not found:
            return []
        vectors = self._encoder.encode([collapse(sentence.text) for sentence, _ in found])
        return [
            _Compared(sentence, match, float(vector @ other))
            for (sentence, match), other in zip(found, vectors, strict=True)
        ]

    def _judged(self, claim: str, one: _Compared) -> _Judged:
        entailed, score = support(one.match, one.similarity, self._rule)
        span = collapse(one.sentence.text)
        failed = failed_checks(claim, span)
        if not failed:
            # The rule compares words in order: in the other voice, and of "A's B" and "A of B", the same order is
            # another relation.
            entailed = entailed and passive(plain(claim)) == passive(plain(span)) and owner_said_alike(claim, span)
            entailed = (entailed or says_the_same(claim, span)) and not limits_left_out(claim, span).words
            if entailed:
                return _Judged(one.sentence, one.match, one.similarity, True, score, ())
        if NOT_RESTATED.isdisjoint(failed):
            for other in other_forms(claim, span, failed):
                if not failed_checks(claim, other):
                    failed = ()
                    if says_the_same(claim, other):
                        return _Judged(one.sentence, one.match, one.similarity, True, score, ())
        return _Judged(one.sentence, one.match, one.similarity, False, score, failed)

    def _against(self, claim: str, judged: Sequence[_Judged]) -> Sentence | None:
        """The nearest single sentence that says otherwise."""
        for one in sorted(judged, key=_by_nearness):
            if says_otherwise(claim, collapse(one.sentence.text)):
                return one.sentence
        return None


def _forms(claim: str, span: str) -> tuple[str, ...]:
    """A span and what it says in other forms."""
    return span, *other_forms(claim, span, failed_checks(claim, span))


_FIGURE = re.compile(r"\d[\d,.]*\d|\d")
_DENIAL_REPORTED = re.compile(
    r"\b(?:den(?:y|ies|ied)|disput(?:e|es|ed)|contest(?:s|ed)?|reject(?:s|ed)?) (?:\w+ ){0,3}?(?:that|\w+ing)\b",
    re.IGNORECASE,
)
_SAYING = re.compile(
    r"\b(?:den(?:y|ies|ied)|disput|contest|reject|admit|conced|accept|acknowledg|confirm|agree|sa(?:y|ys|id)\b|stat(?:e|es|ed)\b"
    r"|told|insist|maintain)",
    re.IGNORECASE,
)


def says_otherwise(claim: str, span: str) -> bool:
    """Whether a span says otherwise than a claim that is alike in words: another value, polarity, direction.

    Example:
        >>> says_otherwise("The rent is $5,400 a month.", "The rent is $4,500 a month.")
        True
    """
    if same_words(claim, span) < OTHERWISE_WORDS:
        return False
    if _DENIAL_REPORTED.search(span) and not _SAYING.search(claim):
        return False  # that somebody denies it does not say that it is not so
    if any(not failed_checks(claim, other) for other in if_not(claim, span)):
        return False  # "unless it is" as "if it is not"
    failed = set(failed_checks(claim, span))
    # Whether it drops a limit is asked with all figures alike: another figure in the place of one drops nothing.
    dropping = DROPS_LIMIT & failed
    if dropping:
        dropping = DROPS_LIMIT & set(failed_checks(_FIGURE.sub("7", claim), _FIGURE.sub("7", span)))
    return (
        bool(SAYS_OTHERWISE & failed)
        and not dropping
        and compare(claim, span, lambda _: 1.0).coverage >= OTHERWISE_COVERAGE
        and contradict(claim, span)
    )


@dataclass(frozen=True)
class _Compared:
    sentence: Sentence
    match: Match
    similarity: float

    @property
    def nearness(self) -> float:
        """By words and by meaning alike: a reworded claim shares few words with its span."""
        return self.match.coverage + self.similarity


@dataclass(frozen=True)
class _Judged(_Compared):
    entailed: bool
    score: float
    failed: tuple[str, ...]


def _by_words(one: _Compared) -> tuple[float, int]:
    return (-one.match.coverage, len(one.sentence.text))


def _by_nearness(one: _Compared) -> tuple[float, int]:
    return (-one.nearness, len(one.sentence.text))


def _one_span(sentences_: Sequence[Sentence]) -> Sentence | None:
    """Sentences that follow one another in a document, as one span; ``None`` where they do not."""
    first, last, text = sentences_[0], sentences_[-1], sentences_[0].text
    for before, after in pairwise(sentences_):
        gap = after.start - before.end
        if after.document_id != before.document_id or not 0 < gap <= ADJACENT or before.parts or after.parts:
            return None
        text += " " * gap + after.text
    return replace(first, end=last.end, text=text)


def _statements(claim: str) -> list[str]:
    """What a claim joins with "and", "but" or a semicolon, as sentences; nothing where it has a condition,
    which may hold for all of it. A part without a subject has that of the first."""
    if conditions(claim):
        return []
    first, *later = [part for part in map(_bare, _JOINTS.split(claim)) if part] or [""]
    verb = verb_of(first)
    if verb is None and any(map(opens_with_verb, later)):
        return []
    parts = [first, *(f"{first[: verb[0]]}{part}" if verb and opens_with_verb(part) else part for part in later)]
    return [f"{part[0].upper()}{part[1:]}." for part in parts if part]


def _bare(claim: str) -> str:
    """The claim without what a sentence wears at its ends: quotation marks and its full stop."""
    return claim.strip().strip("\"“”'‘’").rstrip(".!?;:,").strip()


def _is_all_of(sentence: str, start: int, end: int, claim: str) -> bool:
    """Whether ``[start, end)`` is all that a sentence says, but for its number and its full stop.

    A part of a sentence can say something else: "the Buyer may withdraw" is not what "Unless notice was given, the
    Buyer may withdraw" says. Neither is a question what its words say without the question mark.
    """
    rest = sentence[end:]
    asked = "?" in rest and not claim.rstrip().rstrip("\"”'’)").endswith("?")
    return not asked and not any(map(str.isalnum, rest)) and _NUMBERING.fullmatch(sentence[:start]) is not None


def _word_for_word(claim: str) -> re.Pattern[str] | None:
    """A pattern for the claim's characters, whose white space may be any white space; whole words only."""
    parts = _bare(claim).split()
    if len(parts) < MIN_VERBATIM_WORDS:
        return None
    return re.compile(r"(?<!\w)" + r"\s+".join(map(re.escape, parts)) + r"(?!\w)")
