"""What somebody knew, said or was told: which of their own sentences, and of those that they were sent, are quoted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from hybrid.answering import antecedents, knowledge, persons
from hybrid.answering.concealment import CONCEALING, CONCEALS
from hybrid.answering.document_versions import Searches
from hybrid.answering.evidence import Encoder, Sentence, Texts, collapse, gather, own_sentences, with_similarity
from hybrid.answering.quoted import LEADS_IN, MAIL, MOST_AGAINST, Quoted, answer_to, distinct, roots_of, sentence_before
from hybrid.answering.selection import actuality, boilerplate
from hybrid.answering.verification.values import values
from hybrid.text import imperatives, lexicon, quoted_mails
from hybrid.text.sentences import spans as sentence_spans
from hybrid.types.documents import Document
from hybrid.types.filters import Filter

PERSON_HITS, PERSON_LEAST = 30, 0.65
"""Chunks searched among the documents of somebody, and the share of the best sentence's relevance below which theirs
are not quoted: there are few such sentences, and each counts. Not measured."""
TOPICAL = 0.35
"""Relevance, similarity and share of words, from which a sentence shows what somebody knew of a topic; not measured."""
OWN_SIMILARITY = 0.15
"""Similarity to the topic from which what somebody decided or heard is quoted in other words than the question's; not
measured."""
MOST_REPLIED = 3
"""Sentences of an answer that are quoted; a longer one has those that are about the topic. Not measured."""
NAMED_BEFORE = 3
"""Sentences quoted before one that begins with a pronoun, back to the name that it stands for; not measured."""
CONCEALING_HITS = 8
CONCEALED_DAYS = 31
"""Days around what they knew in which a wish not to have it in writing is quoted."""


_POINTS = re.compile(r"\b(?:it|this|that|them|so)\b", re.IGNORECASE)
_POINTS_BACK = re.compile(rf"{_POINTS.pattern}|\bsuch\b", re.IGNORECASE)
_REFERS_BACK = re.compile(r"\b(?:earlier|previous\w*|before (?:that|then|this)|until then|prior)\b", re.IGNORECASE)


_HEADING = re.compile(r"^(?:\d+(?:\.\d+)*\.?|[A-Z]\.)?\s*[A-Z][\w’' -]{2,50}$")
_CONCLUSION = re.compile(
    r"^(?:\d+(?:\.\d+)*\.?|[A-Z]\.)?\s*(?:(?:my|our|summary|of|and|the|expert|overall|main) )*"
    r"(?:conclusions?|opinions?|findings)\b(?: and [a-z]+)?\W*$",
    re.IGNORECASE,
)
_OPINES = re.compile(
    r"\b(?:in my (?:opinion|view|judg\w+)|I (?:therefore )?conclude|my (?:conclusion|opinion))\b", re.IGNORECASE
)


class PersonQuoting:
    """Chooses what shows what somebody knew, said or was told of a topic, in the order of time.

    Example:
        quotes = PersonQuoting(catalog, searcher, embedder, idf).quotes(person, documents, most=6)
    """

    def __init__(self, texts: Texts, searcher: Searches, encoder: Encoder, idf: Callable[[str], float]) -> None:
        self._texts = texts
        self._searcher = searcher
        self._encoder = encoder
        self._idf = idf

    def quotes(self, person: persons.PersonAsked, documents: Mapping[int, str], most: int) -> list[Quoted]:
        """Up to ``most`` sentences of the documents, by id with the names they are quoted under, and their denials."""
        roles = {one: persons.role_in(self._texts.document(one, source), person) for one, source in documents.items()}
        if not any(role is not None for role in roles.values()):
            return []
        if persons.asks_conclusion(person.question) and (concluded := self._concluded(documents, roles)):
            return [Quoted(one, attributed=True) for one in concluded[:most]]
        found = self._shown(person.topic or person.name, PERSON_HITS, person, documents, roles)
        searched = {one.key for one in found}
        if person.knowledge and person.topic:
            vector = self._encoder.encode([person.topic])[0]
            more = knowledge.further(self._texts, person, roles, documents, vector)
            found = self._showing(person.topic, [*found, *more], person, roles)
        if not found:
            return []
        scores = {one.key: self._relevance(person, one, roles.get(one.document_id)) for one in found}
        denied = {
            one.key
            for one in found
            if person.knowledge and (self._denies(one, person) or persons.does_not_recall(one.text, person))
        }
        best = max((score for key, score in scores.items() if key not in denied), default=0.0)
        ranked = sorted(found, key=lambda one: -scores[one.key])
        least = max(TOPICAL, (knowledge.LEAST if person.knowledge else PERSON_LEAST) * best)
        chosen = [one for one in ranked if scores[one.key] >= least and not imperatives.asks_to_act(one.text)]
        topic = roots_of(person.topic)
        chosen += [
            one for one in ranked
            if one.key in denied and one not in chosen
            and (topic & self._about(one) or one.similarity >= knowledge.DENIAL_SIMILARITY)
        ]  # fmt: skip
        if person.knowledge:
            chosen += knowledge.of_the_denied([one for one in chosen if one.key in denied], ranked, roles, self._date)
        told: set[tuple[int, int, int]] = set()
        if person.knowledge:
            told = {one.key for one in ranked if self._shows_by_pronoun(one, person, roles)}
            chosen += [
                one for one in ranked
                if one not in chosen and one.key in searched and (one.key in told or self._shows_own(one, person))
            ]  # fmt: skip
            # what is said to them beside it: "I would not sign this"
            documents_of = {one.document_id for one in chosen}
            chosen += [
                one
                for one in ranked
                if one.document_id in documents_of
                and one not in chosen
                and persons.told(one.text, person, roles.get(one.document_id))
            ]
        chosen = distinct(chosen)
        chosen = distinct([*chosen, *self._replied(roles, documents, chosen)])
        denials = [one for one in chosen if one.key in denied]
        kept = [*denials, *[one for one in chosen if one not in denials][: most - len(denials)]]
        if person.knowledge:
            if knowledge.asks_reaction(person.question):
                kept += knowledge.reaction(self._texts, roles, documents, kept)
            kept += self._concealing(person, documents, roles, kept)
            kept += [other for one in kept for other in self._whole(one, roles)]
            pointing = [one for one in kept if one.key in told]
            kept += [other for one in pointing if (other := sentence_before(self._texts, one)) is not None]
        kept += [other for one in kept for other in answer_to(self._texts, one)]
        kept += [other for one in kept for other in self._up_to_the_name(one)]
        ordered = sorted(distinct(kept), key=lambda one: (self._date(one) or "9", one.key))
        against = {denial.key: self._earlier(denial, ordered, denials, person, roles) for denial in denials}
        return [Quoted(one, "denial" if one in denials else "", against.get(one.key, ()), True) for one in ordered]

    def _up_to_the_name(self, one: Sentence) -> list[Sentence]:
        """The sentences before one that begins with "He" or "She", back to the one with the name."""
        text = self._texts.text(one.document_id, max(0, one.start - antecedents.LOOKED_BACK), one.start)
        name = None if one.is_row else antecedents.meant(one.text, text)
        before: list[Sentence] = []
        last: Sentence | None = one
        while name is not None and len(before) < NAMED_BEFORE and name not in collapse((before or [one])[-1].text):
            last = sentence_before(self._texts, last) if last is not None else None
            if last is None:
                return []
            before.append(last)
        return before if name is not None and before and name in collapse(before[-1].text) else []

    def _about(self, one: Sentence) -> set[str]:
        """The roots of a sentence's words, and of those before it where it points back: "Nobody told me of it", "of
        such a talk"."""
        before = sentence_before(self._texts, one) if _POINTS_BACK.search(collapse(one.text)) else None
        return roots_of(one.text) | (roots_of(before.text) if before is not None else set())

    def _concluded(self, documents: Mapping[int, str], roles: Mapping[int, persons.Role | None]) -> list[Sentence]:
        """What somebody's own reports say below a heading for it ("Conclusion"), or else what they say by a word for
        it ("in my opinion")."""
        below, said = list[Sentence](), list[Sentence]()
        for document_id, source in documents.items():
            document = self._texts.document(document_id, source)
            if roles.get(document_id) not in ("speaker", "author") or document.media_type == MAIL:
                continue
            concluding = False
            for one in own_sentences(document_id, document, len(document.text)):
                text = collapse(one.text)
                if boilerplate.is_label(text) or _HEADING.match(text):
                    concluding = _CONCLUSION.match(text) is not None
                elif concluding:
                    below.append(one)
                elif _OPINES.search(text):
                    said.append(one)
        return below or said

    def _shows_by_pronoun(
        self, one: Sentence, person: persons.PersonAsked, roles: Mapping[int, persons.Role | None]
    ) -> bool:
        """Whether a sentence says that the person was told of what stands before it: "I rang him about it"."""
        if persons.advises(one.text) and len(one.text.split()) > knowledge.SHORT:
            return False
        if persons.told(one.text, person, roles.get(one.document_id)):
            return _POINTS.search(collapse(one.text)) is not None
        return False

    def _shows_own(self, one: Sentence, person: persons.PersonAsked) -> bool:
        """Whether a sentence says what the person decided or heard of something near the topic."""
        near = one.similarity >= OWN_SIMILARITY
        return near and persons.shows_own_knowledge(one.text) and self._by(one, person)

    def _relevance(self, person: persons.PersonAsked, one: Sentence, role: persons.Role | None) -> float:
        """Similarity to the topic, and the share of its words, by idf, that the sentence holds; half as much in its
        title. That the person was told something counts as half of the topic's words."""
        words = persons.words_of(person.topic) - knowledge.LIGHT
        total = sum(map(self._idf, map(lexicon.stem, words))) or 1.0
        own, titled = persons.words_of(one.text), persons.words_of(one.title)
        held = sum(self._idf(lexicon.stem(word)) * (1.0 if word in own else 0.5 * (word in titled)) for word in words)
        held += total * bool(lexicon.facts(person.topic).required & lexicon.facts(one.text).provided)
        return one.similarity + held / total + person.knowledge * self._telling(person, one, role)

    def _told_by_pronoun(self, person: persons.PersonAsked, one: Sentence) -> bool:
        before = self._texts.text(one.document_id, max(0, one.start - knowledge.BEFORE), one.start)
        return knowledge.told_by_pronoun(one.text, before, person)

    def _telling(self, person: persons.PersonAsked, one: Sentence, role: persons.Role | None) -> float:
        """What a sentence gains for saying that the person was told something, or how they came to know."""
        text = collapse(one.text)
        told = persons.told(text, person, role) or (role is None and self._told_by_pronoun(person, one))
        if not (told or (knowledge.learns(text) and self._by(one, person))):
            return 0.0
        return knowledge.TELLS + knowledge.DATED * (bool(values(text).days) and not persons.advises(text))

    def _shown(
        self,
        topic: str,
        hits: int,
        person: persons.PersonAsked,
        documents: Mapping[int, str],
        roles: Mapping[int, persons.Role | None],
    ) -> list[Sentence]:
        """The sentences on a topic that show something of the person, with similarities."""
        where = Filter(sources=tuple(dict.fromkeys(documents.values())))
        spans = [hit for hit in self._searcher.search(topic, hits, where) if hit.document_id in documents]
        vector = self._encoder.encode([topic])[0]
        found = with_similarity(self._encoder, vector, gather(self._texts, spans))
        return self._showing(topic, found, person, roles)

    def _showing(
        self,
        topic: str,
        found: Sequence[Sentence],
        person: persons.PersonAsked,
        roles: Mapping[int, persons.Role | None],
    ) -> list[Sentence]:
        """Those of some sentences that show something of the person, each once, where it was first said."""
        shows = []
        for one in found:
            document = self._texts.document(one.document_id, one.source)
            text = boilerplate.unmarked(one.text)
            if not boilerplate.is_statement(topic, text) or text.endswith("?"):
                continue
            if len(text.split()) <= 8 and not text.endswith((".", "!")):
                continue  # a heading, or part of a signature
            role = persons.role_of(one, document, person, roles.get(one.document_id))
            if role is None and person.knowledge and self._told_by_pronoun(person, one):
                role = "reported"
            if person.knowledge and role == "speaker" and knowledge.is_agreement(document):
                continue
            if len(one.text.split()) > 3 and (role is not None and (person.knowledge or role != "recipient")):
                shows.append(one)
        said = boilerplate.originals(shows)
        return list({one.key: one for one in (said.get(one.key, one) for one in shows)}.values())

    def _replied(
        self,
        roles: Mapping[int, persons.Role | None],
        documents: Mapping[int, str],
        chosen: Sequence[Sentence],
    ) -> list[Sentence]:
        """What the person wrote in answer to a mail that is quoted for the topic: "Mix it in. Nobody will notice"."""
        said = {boilerplate.words_of(one.text) for one in chosen}
        found = []
        for document_id, role in roles.items():
            document = self._texts.document(document_id, documents[document_id])
            cut = quoted_mails.own_end(document.text)
            if role != "author" or document.media_type != MAIL or cut == len(document.text):
                continue
            quoted = boilerplate.words_of(document.text[cut:])
            if not any(text in quoted for text in said):
                continue
            own = [one for one in own_sentences(document_id, document, cut)
                   if boilerplate.is_statement("", one.text) and len(one.text.split()) > 2]  # fmt: skip
            found += own[:MOST_REPLIED]
        return found

    def _whole(self, one: Sentence, roles: Mapping[int, persons.Role | None]) -> list[Sentence]:
        """The other sentences of a short mail that the person wrote: one by itself may not say what of."""
        document = self._document(one)
        if one.quoted:
            return self._of_quoted_mail(one, document)
        if roles.get(one.document_id) != "author" or document.media_type != MAIL or one.quoted:
            return []
        own = own_sentences(one.document_id, document, quoted_mails.own_end(document.text))
        own = [other for other in own if boilerplate.is_statement("", other.text) and len(other.text.split()) > 2]
        return own if len(own) <= MOST_REPLIED else []

    def _of_quoted_mail(self, one: Sentence, document: Document) -> list[Sentence]:
        """All sentences of the short mail that another quotes, of which one is chosen."""
        stretches = quoted_mails.find(document.text)
        ends = [*(start for start, _ in stretches[1:]), len(document.text)]
        start, end = next(
            ((first, last) for (first, _), last in zip(stretches, ends, strict=True) if first <= one.end - 1 < last),
            (0, 0),
        )
        own = [
            replace(one, start=start + first, end=start + last, text=document.text[start + first : start + last],
                    parts=(), vector=None)
            for first, last in sentence_spans(document.text[start:end])
        ]  # fmt: skip
        own = [other for other in own if ">" not in other.text and boilerplate.is_statement("", other.text)]
        return own if len(own) <= MOST_REPLIED else []

    def _document(self, one: Sentence) -> Document:
        return self._texts.document(one.document_id, one.source)

    def _denies(self, one: Sentence, person: persons.PersonAsked) -> bool:
        leads_in = LEADS_IN.search(collapse(one.text)) is not None  # "I am asked when I first heard"
        return persons.denies_knowledge(one.text) and not leads_in and self._by(one, person)

    def _by(self, one: Sentence, person: persons.PersonAsked) -> bool:
        """Whether the person says it."""
        document = self._texts.document(one.document_id, one.source)
        return persons.speaks(one, document, person)

    def _concealing(
        self,
        person: persons.PersonAsked,
        documents: Mapping[int, str],
        roles: Mapping[int, persons.Role | None],
        kept: Sequence[Sentence],
    ) -> Iterator[Sentence]:
        """What the person wrote about not writing, near in time to what they knew."""
        near = [_day(date) for one in kept if (date := self._date(one))]
        for one in self._shown(CONCEALING, CONCEALING_HITS, person, documents, roles):
            if CONCEALS.search(collapse(one.text)) and self._by(one, person):
                day = _day(self._date(one) or "")
                if len(documents) <= PERSON_HITS or any(abs(day - other) <= CONCEALED_DAYS for other in near if day):
                    yield one

    def _earlier(
        self,
        denial: Sentence,
        shown: Iterable[Sentence],
        denials: Sequence[Sentence],
        person: persons.PersonAsked,
        roles: Mapping[int, persons.Role | None],
    ) -> tuple[Sentence, ...]:
        """What contradicts that somebody did not know: what they wrote or were sent on the topic before the day from
        which they say that they knew."""
        words = persons.words_of(person.topic)
        around = collapse(denial.text)
        if _REFERS_BACK.search(around):  # to a day that the sentence before it gives
            around = collapse(self._texts.text(denial.document_id)[max(0, denial.start - 300) : denial.end])
        if not values(around).days:  # "I was on call on 9 January. Nobody told me."
            before = self._texts.text(denial.document_id)[max(0, denial.start - 300) : denial.start]
            around = collapse(before.rpartition("\n")[2])
        days = [
            f"{day.year}-{day.month:02}-{day.day:02}"
            for day in values(around).days
            if day.year and day.month and day.day
        ]
        limit = max(days, default=(self._date(denial) or "")[:10])
        earlier = [
            one
            for one in shown
            if one not in denials
            and one.document_id != denial.document_id
            and limit
            and (self._date(one) or "9")[:10] < limit
            and (
                persons.told(one.text, person, roles.get(one.document_id))
                or (
                    not persons.does_not_recall(denial.text, person)  # to write of a thing is not to be told of it
                    and not actuality.qualification(one.text)
                    and len(words & persons.words_of(one.text)) >= max(1, len(words) // 2)
                )
            )
        ]
        return tuple(earlier[:MOST_AGAINST])

    def _date(self, one: Sentence) -> str | None:
        return self._texts.document(one.document_id, one.source).date


def _day(date: str) -> int:
    """A day as a number, 0 for none: days apart are about their difference."""
    if len(date) < 10:
        return 0
    year, month, day = int(date[:4]), int(date[5:7]), int(date[8:10])
    return year * 372 + month * 31 + day
