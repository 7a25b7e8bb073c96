"""Which quotes of a lookup stay beside the passages nearest to the question, and which passages stand below them.

A question whether something was so is answered by those who were there, each in their own words: the passage of each
document says more than a sentence. Where the quotes leave open what is asked, the nearest passages are shown as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from hybrid.answering import closest_passages
from hybrid.answering.closest_passages import Passage
from hybrid.answering.evidence import Sentence, Texts
from hybrid.answering.quoted import Quoted
from hybrid.answering.selection import features

KEPT_FIRST, KEPT_BESIDE = 0.6, 0.85
"""Where several tell it, the best quote, and in any case another, that do not answer stay before the passages if they
are this near to the question, as a share of the nearest of them. Not varied."""

_YES_OR_NO = re.compile(
    r"^\W*(?:(?:and|so|but|then) )?(?:did|does|do|was|were|is|are|has|have|had)(?:n['’]t)?\s", re.IGNORECASE
)


def asks_account(question: str) -> bool:
    """Whether a question asks whether something was so, which those who were there may tell otherwise: then the passage
    of each says more than a sentence.

    Example:
        >>> asks_account("Did Ann approve the swatches?"), asks_account("Who approved them?")
        (True, False)
    """
    return _YES_OR_NO.match(question) is not None


class Stances(Protocol):
    """The part of `hybrid.answering.quoting.Quoting` that is needed here."""

    def answers(self, question: str, one: Sentence) -> bool:
        """Whether a sentence says yes or no to a question that asks for that."""

    def is_account(self, one: Sentence) -> bool:
        """Whether somebody tells what a sentence says."""


@dataclass(frozen=True)
class Judged:
    """The quotes of a question, whether they leave it ``open_``, and whether they show what somebody knew or said."""

    quotes: Sequence[Quoted]
    open_: bool = False
    of_person: bool = False


def place(
    question: str,
    judged: Judged,
    near: Sequence[Passage],
    stances: Stances,
    texts: Texts,
    idf: Callable[[str], float],
    words: int,
) -> tuple[list[Quoted], list[Sentence]]:
    """The quotes that stay, and the sentences of the passages below them, of at most ``words`` words.

    Left out is a quote that stands in a passage, one that does not answer, and one that is worse than the passage of
    its document. A quote that says yes or no stays and comes first; beside it stand the accounts of others alone.
    """
    quotes, of_person = judged.quotes, judged.of_person
    first = quotes[0].sentence.key if quotes else None
    near = sorted(near, key=lambda one: first not in {other.key for other in one.sentences})
    answering = {one.sentence.key for one in quotes if stances.answers(question, one.sentence)}
    if answering and not of_person:
        said = {one.sentence.document_id for one in quotes if one.sentence.key in answering}
        accounts = (one for one in near if stances.is_account(one.sentences[0]))
        near = [one for one in accounts if one.sentences[0].document_id not in said]
    plain = [one.sentence for one in quotes if not (one.qualification or one.sentence.is_row)]
    own = [closest_passages.around(texts, one) for one in plain if of_person]
    digest = closest_passages.merged([*own, *near], (), words)
    if not digest:
        return list(quotes), []
    nearest = max((one.nearness for one in near), default=0.0) or 1.0
    inside, documents = {one.key for one in digest}, {one.document_id for one in digest}
    several = asks_account(question) and len(documents) > 1

    def stays(at: int, one: Quoted) -> bool:
        sentence = one.sentence
        if one.qualification or sentence.key in answering - inside:
            return True
        if sentence.key in inside:  # the best sentence comes first, unless several tell it
            return at == 0 and len(documents) == 1
        share = closest_passages.nearness(question, sentence, idf) / nearest
        if at == 0 and not of_person:
            return not (several and (judged.open_ or answering)) or share >= KEPT_FIRST
        if judged.open_:
            return share >= KEPT_BESIDE or features.holds_exact_term(question, sentence.text)
        return of_person or sentence.document_id not in documents

    kept = [one for at, one in enumerate(quotes) if stays(at, one)]
    return (kept if of_person else sorted(kept, key=lambda one: one.sentence.key not in answering)), digest
