"""What each party says of something that is disputed: their own sentences, party by party.

"Why did the mooring fail, and what do the parties say?" is answered by no single sentence. The documents that dispute
it are found by the words of a dispute as well as by the question's; of each speaker or document those sentences are
taken that give a cause, a claim or a denial, where one of them speaks of the topic.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from hybrid.answering.enumeration_terms import root, rooted
from hybrid.answering.evidence import Sentence, Texts, collapse, speaker_of
from hybrid.answering.selection import boilerplate
from hybrid.text import lexicon

MIN_SHARE = 0.5
"""A document is quoted if its nearest sentence is at least this similar to the topic, as a share of the nearest of all;
as for a digest."""
MOST_OF_ONE, PARTIES = 3, 6
"""Sentences of one party, and parties that are quoted: about as much as a digest has. Not measured."""
SEARCHED = (
    "It failed because of a fault. We say that you caused it. They deny that they are to blame. We claim damages."
)
"""What is searched for to find the documents of a dispute."""
SHARED, MIN_SHARE_OF_CAUSE = 2, 0.3
"""Words that a document shares with what is disputed, and the share of the nearest document's similarity, from which
a cause that it gives in other words than the question's is one of what is disputed; not measured."""
_PARTIES = r"(?:the |each |both |all |either |every )?(?:of the )?(?:two |other )?(?:part(?:y|ies)|sides?)"
_SAY = r"(?:say|says|said|claim|argue|contend|think|blame|respond|see|explain|believe|allege|account for)\w*"
_ASIDE = re.compile(
    rf"[,;]?\s*\b(?:and\s+|but\s+)?(?:what|how|whom?)\s+(?:do|does|did|have|has)\s+{_PARTIES}\s+(?:each\s+)?{_SAY}\b"
    r"(?:\s+(?:about|on|of|to|for)\b)?(?:\s+(?:it|this|that)\b)?"
    rf"|\bwhat (?:is|are|was|were) {_PARTIES}(?:['’]s?)?\s+(?:own )?(?:position|case|account|version|argument|view"
    r"|explanation)s?(?:\s+(?:on|of|about|regarding)\b)?"
    r"|\bwho says what(?:\s+(?:on|of|about)\b)?",
    re.IGNORECASE,
)
_POSITION = re.compile(
    r"\b(?:because|caus(?:e[sd]?|ing)|due to|owing to|result(?:ed)? (?:of|from|in)|fail(?:s|ed|ure)?|fault\w*|blam\w+"
    r"|negligen\w+|breach\w*|liab\w+|responsib\w+|den(?:y|ies|ied)|disput\w+|reject\w*|refus\w+|claim(?:s|ed)?"
    r"|alleg\w+|admit\w*|accept\w*|caution\w*|warn\w*|never|should have|ought to have|not our|promised|weak\w*"
    r"|defect\w*"
    r"|(?:we|I) (?:say|believe|consider|contend|maintain|think))\b",
    re.IGNORECASE,
)
_CAUSE = re.compile(
    r"\b(?:because|caus(?:e[sd]?|ing)|due to|owing to|result(?:ed|s)? (?:of|from|in)|as a result|fault\w*|blam\w+"
    r"|negligen\w+|responsib\w+|den(?:y|ies|ied)|led to|brought about)\b",
    re.IGNORECASE,
)
_INSTRUCTED = re.compile(r"\b(?:I|we) (?:was|were|have been|am|are) (?:instructed|appointed|asked|retained)\b", re.I)
_VAGUE = rooted(
    """
    go went wrong fail happen cause reason problem project matter dispute thing case way blame fault say party side
    position it affair trouble failure argue claim who why what
    """
)


def topic(question: str) -> str | None:
    """What the parties are asked about; ``None`` where a question does not ask what parties say.

    Example:
        >>> topic("Why did the mooring fail, and what do the parties say?")
        'Why did the mooring fail'
        >>> topic("Why did the mooring fail?")
    """
    if _ASIDE.search(question) is None:
        return None
    return " ".join(_ASIDE.sub(" ", question).split()).strip(" ?.,;")


def choose(about: str, found: Sequence[Sentence], texts: Texts, words: int) -> list[Sentence]:
    """The sentences of each party, in the order of their documents' best; none where nobody speaks of the topic, or
    fewer than two do.

    Args:
        about: the topic.
        found: sentences with their similarities to it.
        texts: the documents.
        words: in all sentences together.
    """
    asked = {root(stem) for stem in lexicon.content_words(about)} - _VAGUE
    roots = {one.key: {root(stem) for stem in lexicon.content_words(one.text)} for one in found}
    titles = {one.document_id: {root(stem) for stem in lexicon.content_words(one.title)} for one in found}
    taking = [one for one in found if _takes_a_position(one, about) and not is_agreement(texts, one)]
    disputing = {one.document_id for one in taking}
    if asked and not any(asked & (roots[one.key] | titles[one.document_id]) for one in found
                         if one.document_id in disputing):  # fmt: skip
        return []
    best: dict[int, float] = {}
    for one in taking:
        best[one.document_id] = max(best.get(one.document_id, 0.0), one.similarity)
    near = {one for one, similarity in best.items() if similarity >= MIN_SHARE * max(best.values())}
    disputed = asked.union(*(roots[one.key] for one in taking if one.document_id in near and who_says(texts, one)))
    sharing: dict[int, set[str]] = {}
    for one in found:
        sharing.setdefault(one.document_id, set()).update(roots[one.key] & disputed)
    of_cause = {one.document_id for one in taking if _CAUSE.search(collapse(one.text))}
    related = {one for one in of_cause if len(sharing[one]) >= SHARED}
    near |= {one for one in related if best[one] >= MIN_SHARE_OF_CAUSE * max(best.values())}
    scores = {
        one.key: one.similarity + 0.3 * (_CAUSE.search(collapse(one.text)) is not None)
        + 0.2 * bool(asked & roots[one.key])
        for one in taking
        if one.document_id in near
    }  # fmt: skip
    by_party: dict[tuple[int, str], list[Sentence]] = {}
    taken: set[str] = set()
    for one in sorted((one for one in taking if one.key in scores), key=lambda one: -scores[one.key]):
        said = boilerplate.words_of(one.text)
        if said in taken:
            continue
        taken.add(said)
        who = who_says(texts, one)
        by_party.setdefault((0 if who else one.document_id, who), []).append(one)
    named = {key for key in by_party if key[1]}
    if len(named) > 1:  # then what nobody says is left out, if it is not of the topic and gives no cause of it either
        by_party = {
            key: said
            for key, said in by_party.items()
            if key in named or key[0] in related or any(asked & roots[one.key] for one in said)
        }
    if len(by_party) < 2:
        return []
    return in_turn(list(by_party.values())[:PARTIES], words, PARTIES * MOST_OF_ONE, MOST_OF_ONE)


def in_turn(by_party: Iterable[Sequence[Sentence]], words: int, most: int, of_one: int | None = None) -> list[Sentence]:
    """The best of each party, then the next ones, up to so many words, sentences, and sentences ``of_one``; in the
    order of their texts."""
    chosen: list[Sentence] = []
    parties = list(by_party)
    for place in range(max(map(len, parties), default=0) if of_one is None else of_one):
        for sentences in parties:
            if place < len(sentences) and len(sentences[place].text.split()) <= words and len(chosen) < most:
                chosen.append(sentences[place])
                words -= len(sentences[place].text.split())
    first = {one.document_id: at for at, one in reversed(list(enumerate(chosen)))}
    return sorted(chosen, key=lambda one: (first[one.document_id], one.start))


def who_says(texts: Texts, one: Sentence) -> str:
    """The speaker or the author of a sentence; empty where nobody is known."""
    document = texts.document(one.document_id)
    author = "" if one.quoted else document.metadata.author or ""
    return speaker_of(document, one.start, quoted=one.quoted) or author


def is_agreement(texts: Texts, one: Sentence) -> bool:
    """Whether a sentence is a term of a contract or of its draft, which takes no side."""
    status = texts.document(one.document_id).status
    return status is not None and status.name in ("executed", "draft", "superseded", "unsigned")


def _takes_a_position(one: Sentence, about: str) -> bool:
    """Whether a sentence is a statement that gives a cause, a claim or a denial."""
    text = collapse(one.text)
    if one.is_row or boilerplate.is_label(text) or boilerplate.is_opening(text) or text.endswith("?"):
        return False
    if not boilerplate.is_statement(about, one.text) or len(text.split()) < 5 or text[-1] not in '.!”"':
        return False
    return _POSITION.search(text) is not None and _INSTRUCTED.search(text) is None
