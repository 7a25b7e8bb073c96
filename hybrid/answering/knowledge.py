"""What somebody knew of a thing, from all that they wrote or were sent: the sentences nearest to it, those that say who
told whom, and their own account of when they first heard.

A search finds passages that share the question's words. What somebody is told of a fault is seldom said in these, so
that here every sentence of their mails and statements is looked at, by its stored vector and by what it does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from hybrid.answering import antecedents, persons
from hybrid.answering.evidence import Sentence, Texts, collapse, gather, own_sentences
from hybrid.answering.selection import boilerplate
from hybrid.stores.sentence_vectors import StoredSentence
from hybrid.text import lexicon, quoted_mails
from hybrid.types.answers import Hit
from hybrid.types.documents import Document

NEAREST = 24
"""Sentences nearest to the topic that are looked at besides those that a search finds: of what somebody was sent, and
of all else; not varied. Who asks when somebody first heard of a thing that they wrote about every day asks for the
former."""
TELLING_SIMILARITY = 0.1
"""Similarity to the topic from which what says who told whom is looked at; not measured."""
REACTION_DAYS, MOST_OF_REACTION = 10, 3
"""Days in which what somebody writes after they were told is their reaction, and sentences of it that are quoted; not
measured."""
TELLS, DATED = 0.5, 0.2
"""What a sentence gains, in relevance, for saying that somebody was told, and for saying when; not measured."""
LEAST = 0.72
"""Share of the best sentence's relevance below which others do not show what somebody knew; chosen on two small files
of mails, and not measured on others."""
DENIAL_SIMILARITY = 0.25
"""Similarity to the topic from which a denial of knowledge is one of it, in whatever words; not measured."""
DENIED_SIMILARITY, DENIED_BY_WORD, MOST_DENIED = 0.45, 0.3, 2
"""Similarity to a denial of knowledge from which what was sent before is of what it denies, the same where they share
a word, and sentences of it; not measured."""
BEFORE = 300
"""Characters before a sentence in which somebody is named whom its pronoun means: three sentences."""
SHORT = 12
"""Words of an advice that may say by a pronoun alone what it is about: "I would not sign this". Not varied."""
LIGHT = lexicon.vocabulary(
    "go goes gone going went come came get got put take took taken make made give gave given keep kept have has had be"
    " been being too little much many very"
)
"""Words that say nothing of what was known."""
_LEARNS = re.compile(
    r"\b(?:I|we)\b(?: \w+){0,4}? (?:(?:first|only|then|also) )?(?:learn(?:ed|t)|heard|found out|discovered|realised"
    r"|realized|came to know|became aware|got to know|(?:was|were)(?: first| then| only)? (?:told|informed|warned"
    r"|notified|made aware|advised))\b"
    r"|\bthe first (?:time )?(?:that )?(?:I|we)(?: have| had|'ve)? (?:heard|knew|learn(?:ed|t))\b",
    re.IGNORECASE,
)
_UNREAL = re.compile(r"(?:^|[,;] |\d[.)] )(?:if|had) (?:I|we)\b|\bif (?:I|we) had\b|\bwould have\b", re.IGNORECASE)
_TOLD_THEM = re.compile(rf"\b(?:{persons.TELLING}) (?P<whom>him|her|them)\b", re.IGNORECASE)
_ASKS_REACTION = re.compile(
    r"\b(?:reaction|respons\w+|respond\w*|react\w*|repl(?:y|ied|ies))\b"
    r"|\bwhat did (?:he|she|they) (?:then |next )?(?:do|say|answer|write|decide)\b",
    re.IGNORECASE,
)


def learns(text: str) -> bool:
    """Whether a sentence says when or how its speaker came to know of something.

    Example:
        >>> learns("I first heard of it in May."), learns("Had I been told in May I would have left.")
        (True, False)
    """
    plain = collapse(text)
    return _LEARNS.search(plain) is not None and _UNREAL.search(plain) is None


def told_by_pronoun(text: str, before: str, person: persons.PersonAsked) -> bool:
    """Whether a sentence says that "her" or "him" was told something, where the person is the last who is named
    ``before`` it.

    Example:
        >>> ann = persons.PersonAsked("Ann Orr", "the roof", True)
        >>> told_by_pronoun("I told her in May.", "Ann says that nobody knew. That is not so.", ann)
        True
    """
    match = _TOLD_THEM.search(collapse(text))
    if match is None:
        return False
    own = collapse(text)[: match.start()]
    if match["whom"].lower() != "them" and (named := antecedents.last_named(own, match["whom"])) is not None:
        return bool({*named.casefold().split()} & {*person.name.casefold().split()})
    around = f"{collapse(before)} {own}"
    acting = [one["name"] for one in _ACTS.finditer(around) if one["name"].lower() not in lexicon.STOPWORDS]
    return bool(acting) and bool({*acting[-1].casefold().split()} & {*person.name.casefold().split()})


def is_agreement(document: Document) -> bool:
    """Whether a document is a contract or its draft: what somebody signed for a party is not what they knew."""
    head = f"{document.title} {document.text[:HEAD]}"
    return document.status is not None and _AGREEMENT.search(head) is not None


HEAD = 200
"""Characters of a document in which it may be called a contract: its first lines."""
_AGREEMENT = re.compile(
    r"\b(?:agreement|contract|amendment|lease|deed|charter[- ]?party|licen[cs]e|terms)\b", re.IGNORECASE
)
_ACTS = re.compile(
    r"\b(?P<name>[A-Z][a-z’'-]+(?: [A-Z][a-z’'-]+)?) (?:has|had|is|was|did|does|will|would|could|said|told|wrote|went"
    r"|came|knew|thinks|thought|\w{2,}ed|\w{2,}s)\b"
)


def asks_reaction(question: str) -> bool:
    """Whether a question asks what somebody said or did when they came to know.

    Example:
        >>> asks_reaction("When did Ann hear of it, and what was her reaction?"), asks_reaction("When did Ann hear?")
        (True, False)
    """
    return _ASKS_REACTION.search(question) is not None


def reaction(
    texts: Texts,
    roles: Mapping[int, persons.Role | None],
    sources: Mapping[int, str],
    chosen: Sequence[Sentence],
) -> list[Sentence]:
    """The first sentences of what somebody wrote next after they were first told, within `REACTION_DAYS`."""
    told = [
        texts.document(one.document_id, one.source).date for one in chosen if roles.get(one.document_id) == "recipient"
    ]
    first = min(filter(None, told), default=None)
    if first is None:
        return []
    written = [
        (document.date, number)
        for number, role in roles.items()
        if role == "author" and (document := texts.document(number, sources.get(number))).date
    ]
    later = [(when, one) for when, one in written if when and when > first and _days(first, when) <= REACTION_DAYS]
    if not later:
        return []
    number = min(later)[1]
    document = texts.document(number, sources.get(number))
    own = own_sentences(number, document, quoted_mails.own_end(document.text))
    states = [one for one in own if boilerplate.is_statement("", one.text) and len(one.text.split()) > 2]
    return states[:MOST_OF_REACTION]


def of_the_denied(
    denials: Sequence[Sentence],
    shown: Sequence[Sentence],
    roles: Mapping[int, persons.Role | None],
    date_of: Callable[[Sentence], str | None],
) -> list[Sentence]:
    """What somebody was sent, before the day of their denial, that is about what they deny in its words: of the "gap in
    the fence" a mail on its hole, whatever the question calls it."""
    found = []
    for denial in denials:
        limit = (date_of(denial) or "")[:10]
        sent = [
            one for one in shown
            if roles.get(one.document_id) == "recipient" and (date_of(one) or "9")[:10] < limit and not learns(one.text)
        ]  # fmt: skip
        near = {one.key: cosine for one in sent if (cosine := _of_one_thing(denial, one)) is not None}
        found += sorted((one for one in sent if one.key in near), key=lambda one: -near[one.key])[:MOST_DENIED]
    return found


def _of_one_thing(one: Sentence, other: Sentence) -> float | None:
    """How similar two sentences are that speak of one thing, by their meaning or by that and a word; ``None`` of
    others."""
    if one.vector is None or other.vector is None:
        return None
    cosine = float(one.vector @ other.vector)
    shared = set(lexicon.content_words(one.text)) & set(lexicon.content_words(other.text))
    return cosine if cosine >= (DENIED_BY_WORD if shared else DENIED_SIMILARITY) else None


def _days(first: str, last: str) -> int:
    return (date.fromisoformat(last[:10]) - date.fromisoformat(first[:10])).days


def further(
    texts: Texts,
    person: persons.PersonAsked,
    roles: Mapping[int, persons.Role | None],
    sources: Mapping[int, str],
    vector: NDArray[np.float32],
) -> list[Sentence]:
    """The sentences of the documents that somebody wrote or was sent, by their ``roles`` in these, that are nearest to
    the topic (``vector``, float32 ``[dimension]``, of length 1), and those that tell them something or say how they
    came to know, with their similarities. None of documents whose sentences are not stored."""
    documents = [(number, role, texts.document(number, sources.get(number))) for number, role in roles.items()]
    places: dict[str, tuple[float, bool, bool, Hit]] = {}
    for number, role, document in sorted(documents, key=lambda one: one[2].date or "9"):
        if role is None and not _TOLD_THEM.search(document.text):
            continue  # others may say that they told "her"
        for one in texts.sentences(number, 0, len(document.text)):
            said = document.text[one.start : one.end]
            text, similarity = boilerplate.words_of(said), 0.0 if one.vector is None else float(one.vector @ vector)
            if similarity < TELLING_SIMILARITY or text in places or (role is None and not _TOLD_THEM.search(said)):
                continue
            tells = _tells(collapse(said), person, role)
            places[text] = (similarity, tells, role == "recipient", _hit(document, number, one))
    hits: list[Hit] = []
    for sent in (True, False):
        ranked = sorted((place for place in places.values() if place[2] == sent), key=lambda place: -place[0])
        hits += [hit for at, (_, tells, _, hit) in enumerate(ranked) if at < NEAREST or tells]
    found = [one for one in gather(texts, hits) if one.vector is not None]
    return [replace(one, similarity=float(one.vector @ vector)) for one in found if one.vector is not None]


def _tells(text: str, person: persons.PersonAsked, role: persons.Role | None) -> bool:
    """Whether a sentence says that the person was told something, how they came to know, or that they did not."""
    return (
        persons.told(text, person, role)
        or learns(text)
        or persons.denies_knowledge(text)
        or _TOLD_THEM.search(text) is not None
    )


def _hit(document: Document, number: int, one: StoredSentence) -> Hit:
    """A stored sentence of a document as what a search would find."""
    return Hit(
        source=document.source,
        title=document.title,
        chunk_id=0,
        document_id=number,
        start=one.start,
        end=one.end,
        text=document.text[one.start : one.end],
        page=None,
        last_page=None,
        lines=(0, 0),
        sha256=document.sha256,
        score=0.0,
        author=document.metadata.author,
    )
