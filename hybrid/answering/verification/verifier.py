"""The verdict on a generated sentence: ``verbatim``, ``supported`` or ``unsupported``.

A string comparison decides first: a claim is verbatim if it is a whole sentence of a document. White space, the
sentence's number and its final stop may differ, nothing else may; a part of a sentence never is verbatim. Then come the
checks of `hybrid.answering.verification.vetoes`, and only for a span that passes them all the rule of
`hybrid.answering.verification.entailment`.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

from hybrid.answering.evidence import MARGIN, Encoder, Sentence, Texts, collapse, gather
from hybrid.answering.verification.entailment import Idf, Rule, compare, support
from hybrid.answering.verification.vetoes import failed_checks
from hybrid.text import sentences
from hybrid.text.lexicon import conditions
from hybrid.types.answers import Hit, Verdict
from hybrid.types.documents import Document
from hybrid.types.filters import Filter

MIN_VERBATIM_WORDS = 4
"""A shorter claim ("Yes, it is.") is found somewhere in any corpus, which supports nothing."""
SEARCHED = 5
"""Hits of a search for the claim itself, besides the question's evidence."""
COMPARED = 8
"""Sentences, those that share most words with the claim, whose embedding is compared too."""
EXACT_PLACES = 5
ADJACENT = 3
"""Characters of white space between two sentences that are read together; more is another paragraph."""
_JOINTS = re.compile(r"[,;]\s+(?:and|but)\s+|;\s+")
_NUMBERING = re.compile(r"\W*(?:[\w.()]{1,8}[.)]\s*)?")


@dataclass(frozen=True)
class Verified:
    """A claim with its verdict, the span that supports it (none if unsupported), and the score behind it."""

    text: str
    verdict: Verdict
    span: Sentence | None
    support: float


class Searches(Protocol):
    """The part of a searcher that verification needs."""

    def search(self, question: str, k: int = 10, where: Filter | None = None) -> list[Hit]:
        """The ``k`` best spans for a text, of the documents that ``where`` lets through."""


class Documents(Texts, Protocol):
    """The part of a catalog that verification needs."""

    def find_exact(self, text: str, k: int = 10, documents: Container[int] | None = None) -> list[tuple[int, int, int]]:
        """Up to ``k`` places (document id, start, end) where ``text`` stands, in these documents or in all."""

    def document(self, document_id: int) -> Document:
        """A document with its text."""


class Verifier:
    """Gives generated sentences their verdicts. Holds no state of its own.

    Example:
        verifier = Verifier(catalog, searcher, embedder, idf)
        verifier.verify("The term is two years.", evidence).verdict
    """

    def __init__(
        self, catalog: Documents, searcher: Searches, encoder: Encoder, idf: Idf, rule: Rule | None = None
    ) -> None:
        self._catalog = catalog
        self._searcher = searcher
        self._encoder = encoder
        self._weight = idf
        self._rule = rule or Rule()

    def verify(self, claim: str, evidence: Sequence[Sentence]) -> Verified:
        """The verdict on ``claim``: looked for in ``evidence``, then in the whole corpus."""
        span = self.verbatim(claim, evidence)
        if span is None:
            more = gather(self._catalog, self._searcher.search(claim, k=SEARCHED))
            span = self._verbatim_in(claim, more)
            if span is None:
                return self._supported(claim, [*evidence, *more])
        return Verified(claim, "verbatim", span, 1.0)

    def verbatim(self, claim: str, evidence: Sequence[Sentence]) -> Sentence | None:
        """Where the claim stands word for word: in ``evidence``, else anywhere in the corpus."""
        return self._verbatim_in(claim, evidence) or self._exact(claim)

    def verify_parts(self, claim: str, evidence: Sequence[Sentence]) -> list[Verified]:
        """The verdict on ``claim``; or, where no span supports it whole but one supports each of the statements
        that "and", "but" or a semicolon join in it, the verdicts on these, each put as a sentence."""
        whole = self.verify(claim, evidence)
        statements = _statements(claim)
        if whole.verdict != "unsupported" or len(statements) < 2:
            return [whole]
        each = [self.verify(statement, evidence) for statement in statements]
        return each if all(one.verdict != "unsupported" for one in each) else [whole]

    def _verbatim_in(self, claim: str, found: Iterable[Sentence]) -> Sentence | None:
        pattern = _word_for_word(claim)
        if pattern is None:
            return None
        for sentence in found:
            match = pattern.search(sentence.text)
            if match and _is_all_of(sentence.text, match.start(), match.end(), claim):
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
        for first, last in sentences.spans(window):
            if begin + first < end and begin + last > start:
                yield Sentence(
                    document_id,
                    document.source,
                    document.title,
                    document.sha256,
                    begin + first,
                    begin + last,
                    window[first:last],
                )

    def _supported(self, claim: str, found: Sequence[Sentence]) -> Verified:
        unique = list({sentence.key: sentence for sentence in found}.values())
        unique += _neighbours(unique)
        matches = [compare(claim, collapse(sentence.text), self._weight) for sentence in unique]
        nearest = sorted(range(len(unique)), key=lambda index: (-matches[index].coverage, len(unique[index].text)))
        if not nearest:
            return Verified(claim, "unsupported", None, 0.0)
        nearest = nearest[:COMPARED]
        vectors = self._encoder.encode([collapse(claim), *(collapse(unique[index].text) for index in nearest)])
        judged = []
        for index, vector in zip(nearest, vectors[1:], strict=True):
            supported, score = support(matches[index], float(vectors[0] @ vector), self._rule)
            passes = supported and not failed_checks(claim, collapse(unique[index].text))
            judged.append((passes, score, unique[index]))
        supported, score, span = max(judged, key=lambda row: (row[0], row[1]))
        return Verified(claim, "supported" if supported else "unsupported", span if supported else None, score)


def _neighbours(found: Sequence[Sentence]) -> list[Sentence]:
    """Each two sentences that follow one another in a document, as one span."""
    ordered = sorted(found, key=lambda sentence: sentence.key)
    return [
        replace(first, end=second.end, text=f"{first.text}{' ' * (second.start - first.end)}{second.text}")
        for first, second in pairwise(ordered)
        if first.document_id == second.document_id and 0 < second.start - first.end <= ADJACENT
    ]


def _statements(claim: str) -> list[str]:
    """What a claim joins with "and", "but" or a semicolon, as sentences; nothing where it has a condition,
    which may hold for all of it."""
    if conditions(claim):
        return []
    return [f"{part[0].upper()}{part[1:]}." for part in map(_bare, _JOINTS.split(claim)) if part]


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
