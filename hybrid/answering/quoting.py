"""Which sentences a lookup quotes, and what is said beside them: qualifications, contradictions, executed and draft
versions, who said it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hybrid.answering import (
    acts,
    agency,
    attendance,
    continuations,
    contradictions,
    further_parts,
    mail_replies,
    polarity,
    presuppositions,
    rule_exceptions,
    wordings,
)
from hybrid.answering.document_versions import DocumentVersions, Searches, Versions
from hybrid.answering.evidence import (
    Encoder,
    Sentence,
    collapse,
    date_of,
    gather,
    speaker_of,
    with_similarity,
)
from hybrid.answering.quoted import (
    BEFORE,
    MAIL,
    MOST_AGAINST,
    Quoted,
    answer_to,
    beginning,
    completing_quotation,
    distinct,
    sentence_after,
    sentence_before,
    time_before,
    unnumbered,
)
from hybrid.answering.selection import actuality, boilerplate, features, ranker, ranking
from hybrid.answering.verification.disagreement import Said, changed_between, denies_before, identifiers
from hybrid.answering.verification.values import values
from hybrid.text import lexicon, speakers
from hybrid.text.formatting import who_and_when
from hybrid.text.sentences import spans as sentence_spans

POOL, LEAST_OF_POOL = 16, 0.02
"""Sentences that are compared with the quotes for contradictions: the best by the ranker, down to this share of the
best one's score."""
HITS_OF_WORDING = 12
"""Chunks searched for each other wording of a yes-or-no question; not varied."""
HITS_OF_CHANGE = 6
"""Chunks searched for what was changed of a quoted value; not varied."""
SIDE = 4
"""Sentences of each answer, yes and no, that are compared with the quotes; not varied."""
FEWEST_WORDS = 5
"""Words of a sentence that may contradict: a cell of a table says little by itself."""
OPPOSITE_LESS = 0.3
"""What a sentence's score by the opposite of the question counts less than by the question, in log-odds; not
measured."""
TERM = 1.0
"""What a sentence of an executed document gains, in log-odds, where it is asked what somebody may or must do; not
measured."""
_NEVER_FACTS = frozenset({"an option", "a proposal", "a question", "a request"})
_OFFERED = frozenset({"an option", "a proposal"})


class Quoting:
    """Chooses the quotes of one question.

    Args:
        texts: the documents.
        searcher: finds other versions of a quoted sentence.
        encoder: embeds questions and sentences.
        idf: of the question's words.
        allowed: the documents that may be quoted.
    """

    def __init__(
        self,
        texts: Versions,
        searcher: Searches,
        encoder: Encoder,
        idf: Callable[[str], float],
        allowed: Container[int],
    ) -> None:
        self._texts = texts
        self._searcher = searcher
        self._encoder = encoder
        self._idf = idf
        self._allowed = allowed
        self._versions = DocumentVersions(texts, searcher, allowed, self._note)
        self._statements: dict[tuple[int, int, int], Said] = {}
        self._qualifications: dict[tuple[str, tuple[int, int, int]], str] = {}
        self.notes: list[str] = []

    def quotes(
        self, question: str, found: Sequence[Sentence], most: int, further: Sequence[Sentence] = ()
    ) -> list[Quoted]:
        """Up to ``most`` sentences that answer, the best first, and those that contradict one of them, which may be
        among ``further`` sentences."""
        if actuality.asks_who(question):  # a role is said in few places, and seldom in the best passages
            known = {one.key for one in found}
            found = [*found, *(one for one in further if one.key not in known)]
        stated = [one for one in found if one.is_row or not boilerplate.is_form(question, one.text)]
        found = stated or found
        further = [one for one in further if one.is_row or not boilerplate.is_form(question, one.text)]
        scores = self._scores(question, found)
        stating = [at for at, one in enumerate(found) if not boilerplate.is_label(one.text)]
        if not _ASKS_OF_AN_OPENING.search(question):
            stating = [at for at in stating if not boilerplate.OPENS.search(collapse(found[at].text))]
        pool = ranking.choose(
            question, [found[at] for at in stating], self._idf, POOL, LEAST_OF_POOL, scores[np.array(stating, int)]
        )
        if _ASKS_HOW.search(question):
            pool = [one for one in pool if not boilerplate.is_opening(one.sentence.text)]
        chosen = [one.sentence for one in pool if one.score >= ranking.MIN_SHARE][:most]
        if actuality.asks_what_happened(question):
            acting = [
                one for one in chosen
                if actuality.says_action(question, one.text) and not self._qualification(question, one)
            ]  # fmt: skip
            chosen = acting or chosen
        # One of each wording: copies of a statement would otherwise take the place of what contradicts it.
        nearest = sorted(further, key=lambda one: -one.similarity)
        near = list({boilerplate.words_of(one.text): one for one in reversed(nearest)}.values())[::-1][:POOL]
        sentences = self._versions.executed_first(chosen)
        if actuality.asks_terms(question):  # before what somebody takes it to say
            sentences = sorted(sentences, key=lambda one: not self._versions.is_executed(one))
        replies = mail_replies.replies(self._texts, question, [*found, *further])
        admitted = self._on_admission(question)
        sentences = [*admitted, *(one for one in sentences if one.key not in {other.key for other in admitted})]
        sentences = [*replies, *sentences][: max(most, len(sentences) - len(admitted))]
        candidates = [*(one.sentence for one in pool), *near]
        asked, reworded, answers = polarity.read(question), wordings.of(question), list[Sentence]()
        if asked is not None or reworded:
            further = [*further, *self._in_other_wordings(question, [*found, *further])]
            yes, no = self._answering(question, found, scores, further)
            if not {one.key for one in sentences} & {one.key for one in (*yes, *no)}:
                sentences = [*sentences[:1], *yes[:1], *no[:1], *sentences[1:]][: max(3, most)]
            elif reworded or (asked is not None and polarity.changes(asked)) or identifiers(question):
                # in other words, at another time, or a row of the thing asked for
                known = {one.key for one in sentences}
                missing = [side[:1] for side in (yes, no) if not known & {one.key for one in side}]
                sentences = [*sentences, *(one for side in missing for one in side)]
            answers = [*yes, *no]
            if any(not isinstance(wording, wordings.InSense) for wording, _ in reworded):
                known = {one.key for one in answers}
                sentences = sorted(sentences, key=lambda one: one.key not in known)
        who = agency.read(question)
        if who is not None:
            doers = self._doers(who, found, scores, further)
            known = {one.key for one in doers}
            first = [one for one in sentences if one.key in known] or doers[:1]
            rest = [one for one in sentences if one.key not in {other.key for other in first}]
            sentences, answers = [*first, *rest][: max(len(first), most)], [*answers, *doers]
        continued: list[Sentence] = []
        if _ASKS_VALUE.match(question):
            continued = [other for one in sentences for other in self._continued(one)]
            answers = [*answers, *continued, *(two for one in [*candidates, *found] for two in self._continued(one))]
        against = self._contradictions(question, [*sentences, *continued], candidates, answers)
        if replies:
            for other in sentences[len(replies) :]:
                if self._answers_otherwise(question, replies[0], other):
                    against[replies[0].key] = (*against.get(replies[0].key, ()), other)
                    against[other.key] = (*against.get(other.key, ()), replies[0])
        answering = {one.key for one in replies}
        changed = self._changes(question, sentences, [*found, *further])
        amended, mentioned = self._versions.amendments(question, sentences)
        changed = {**changed, **amended}
        ordered: dict[tuple[int, int, int], Sentence] = {}
        for one in [*sentences, *mentioned]:
            shown = [
                two
                for other in (*changed.get(one.key, ()), one, *against.get(one.key, ()))
                for two in self._with_its_neighbours(question, other)
            ]
            shown += [
                two for at in tuple(shown) for other in against.get(at.key, ())
                for two in self._with_its_neighbours(question, other)
            ]  # fmt: skip
            ordered |= {other.key: other for other in shown if other.key not in ordered}
        ordered = {one.key: one for one in self._with_exceptions(question, list(ordered.values()))}
        present = attendance.lines(self._texts, question, [*found, *further])
        if present:  # the line of those present says it, and not the heading above it
            ordered = {one.key: one for one in present}
        self._note_changes(question, list(ordered.values()))
        return [
            Quoted(
                one,
                self._versions.how_changed(changed, amended, one) or self._qualification(question, one),
                other,
                one.key in answering or bool(other) or one.quoted,
            )
            for one in ordered.values()
            for other in [against.get(one.key, ())]
        ]

    # What a sentence is worth -----------------------------------------------------------------------------------------

    def _scores(self, question: str, found: Sequence[Sentence]) -> NDArray[np.float64]:
        """The scores ``[len(found)]`` of the ranker, with what each sentence gains or loses by what kind of answer it
        is, or gains as an answer to its opposite."""
        own = ranker.load().scores(features.matrix(question, found, self._idf))
        gained = np.array(
            [
                actuality.adjustment(question, collapse(one.text), self._qualification(question, one))
                - self._versions.lesser(question, one)
                + TERM * (actuality.asks_terms(question) and self._versions.is_executed(one))
                for one in found
            ]
        )
        opposite = actuality.opposite(question)
        if found and opposite is not None:
            vector = self._encoder.encode([opposite])[0]
            other = ranker.load().scores(
                features.matrix(opposite, with_similarity(self._encoder, vector, found), self._idf)
            )
            gained = gained + np.maximum(0.0, other - OPPOSITE_LESS - own)
        total: NDArray[np.float64] = own + gained
        return total

    def _qualification(self, question: str, one: Sentence) -> str:
        """Why a sentence does not say that something is so. Conditions and terms count only where what happened is
        asked."""
        key = question, one.key
        if key not in self._qualifications:
            text = self._texts.text(one.document_id)
            found = actuality.qualification(one.text, actuality.heading_above(text, one.start))
            asked = found in _NEVER_FACTS or actuality.asks_what_happened(question)
            self._qualifications[key] = found if asked else ""
        return self._qualifications[key]

    def _with_exceptions(self, question: str, quotes: list[Sentence]) -> list[Sentence]:
        """The quotes, and behind the rule that is quoted first its exceptions, where the question asks for them."""
        rule = next((one for one in quotes if self._versions.is_executed(one)), quotes[0] if quotes else None)
        if rule is None or rule.is_row or not _ASKS_EXCEPTION.search(question):
            return quotes
        found = rule_exceptions.exceptions(self._texts, question, rule)
        known = {one.key for one in found}
        at = quotes.index(rule) + 1
        head, tail = quotes[:at], quotes[at:]
        return [*(one for one in head if one.key not in known), *found, *(one for one in tail if one.key not in known)]

    def behind(self, part: str, quotes: Sequence[Quoted], vector: NDArray[np.float32]) -> list[Quoted]:
        """What answers a further part of a question that refers back to what the quotes answer: the exceptions to
        their rule, or the sentence of its section; nothing for another part."""
        sentences = [one.sentence for one in quotes]
        rule = next((one for one in sentences if self._versions.is_executed(one)), sentences[0])
        if rule.is_row or not further_parts.refers_back(part):
            return []
        found = rule_exceptions.exceptions(self._texts, part, rule) if _ASKS_EXCEPTION.search(part) else []
        if not found:
            one = further_parts.in_section(self._texts, rule, part, vector)
            found = [] if one is None else [one]
        known = {one.key for one in sentences}
        if any(one.key in known for one in found):  # it is quoted already
            return [Quoted(one) for one in found if one.key not in known] or list(quotes[:1])
        amended, _ = self._versions.amendments(part, found)
        ordered = {two.key: two for one in found for two in (*amended.get(one.key, ()), one)}
        return [Quoted(one, self._versions.how_changed({}, amended, one)) for one in ordered.values()]

    def _on_admission(self, question: str) -> list[Sentence]:
        """What a party says of a claim against it, or its lawyers, that it denies or admits it, where the question asks
        whether it admits liability; such a letter seldom says "liability"."""
        if not _ASKS_ADMISSION.search(question):
            return []
        party = set(lexicon.names(question))
        hits = self._searcher.search(f"{question} {_DENIALS_SEARCHED}", ADMISSION_HITS)
        found = []
        for one in gather(self._texts, [hit for hit in hits if hit.document_id in self._allowed]):
            text = self._said(one).said_plainly
            document = self._versions.document(one)
            head = document.text[:BEFORE].strip()
            acting = " ".join(match[1] for match in _ACTS_FOR.finditer(head))
            by = f"{head.partition(chr(10))[0]} {acting} {self._said(one).speaker or ''} {text}"
            names = party & set(lexicon.content_words(by))
            states = boilerplate.is_statement("", one.text) and not self._qualification(question, one)
            if _ON_CLAIM.search(text) and names and states and not (one.is_row or self._versions.lesser(question, one)):
                found.append(one)
        return distinct(found)[:MOST_AGAINST]

    def _answers_otherwise(self, question: str, reply: Sentence, other: Sentence) -> bool:
        """Whether a sentence denies what a reply says yes to."""
        denied = self._said(other).denied
        asked = lexicon.content_words(question)
        return mail_replies.says_yes(reply) and self._qualification(question, other) == "" and bool(denied & set(asked))

    # Contradictions ---------------------------------------------------------------------------------------------------

    def disputed(
        self, question: str, sentences: Sequence[Sentence]
    ) -> dict[tuple[int, int, int], tuple[Sentence, ...]]:
        """For each of some sentences the others of them that contradict it on a question that a sentence can say yes or
        no to, or name a doer; of another question, of which sentences that are alike in words say much, those that
        deny what it says was done, or the other way round."""
        if polarity.read(question) is None and agency.read(question) is None and not wordings.of(question):
            return self._contradictions(question, sentences, (), (), acts.deny)
        return self._contradictions(question, sentences, (), ())

    def answers(self, question: str, one: Sentence) -> bool:
        """Whether a sentence says yes or no to a question that asks for that."""
        asked = polarity.read(question)
        return asked is not None and polarity.stance(asked, self._said(one)) is not None

    def is_account(self, one: Sentence) -> bool:
        """Whether somebody tells what a sentence says: it stands in a mail, a letter, a statement or a transcript."""
        document = self._versions.document(one)
        return bool(document.metadata.author or speaker_of(document, one.start, quoted=one.quoted))

    def offered(self, question: str, sentences: Sequence[Sentence]) -> dict[tuple[int, int, int], str]:
        """Which of these sentences only propose something or leave a choice, by their keys, in words."""
        found = {one.key: self._qualification(question, one) for one in sentences}
        return {key: why for key, why in found.items() if why in _OFFERED}

    def amended(
        self, question: str, sentences: Sequence[Sentence]
    ) -> tuple[dict[tuple[int, int, int], str], list[Sentence]]:
        """What is said beside those of some sentences that are terms which another document in force changes, by their
        keys, and the sentences that change them."""
        changed, _ = self._versions.amendments(question, sentences)
        beside = {one.key: self._versions.how_changed({}, changed, one) for one in sentences if one.key in changed}
        return beside, [other for others in changed.values() for other in others]

    def with_denials(self, question: str, quotes: Sequence[Quoted]) -> list[Quoted]:
        """Some quotes, each also marked with those of the others that it denies or that deny it."""
        found = self._contradictions(question, [one.sentence for one in quotes], (), (), acts.deny)
        marked = []
        for one in quotes:
            against = {other.key: other for other in (*one.against, *found.get(one.sentence.key, ()))}
            marked.append(replace(one, against=tuple(against.values())))
        return marked

    def denials(self, question: str, found: Sequence[Sentence]) -> list[Quoted]:
        """The sentences that deny what a question takes for granted, the nearest first, with those that state it where
        that is disputed; nothing where it is stated only. A note says so."""
        asked = presuppositions.polar(question)
        if asked is None:
            return []
        hits = [hit for hit in self._searcher.search(asked, HITS_OF_WORDING) if hit.document_id in self._allowed]
        known = {one.key for one in found}
        pool = [*found, *(one for one in gather(self._texts, hits) if one.key not in known)]
        denying = [
            one for one in pool if presuppositions.may_deny(one.text) and not self._versions.lesser(question, one)
        ]
        for wording, around in filter(None, ((asked, frozenset[str]()), presuppositions.shortened(asked))):
            near = [one for one in denying if self._is_near(one, around)]
            _, no = self._answering(wording, (), np.zeros(0), near)
            if not no:
                continue
            yes, _ = self._answering(wording, (), np.zeros(0), [one for one in pool if self._is_near(one, around)])
            against = [one for one in yes if contradictions.contradict(self._said(one), self._said(no[0]), wording)]
            if against:
                self._note(presuppositions.disputed(beginning(against[0].text), beginning(_denying(no[0].text))))
                return [Quoted(no[0], "denial", tuple(against[:1]), True), Quoted(against[0], "", (no[0],), True)]
            if not yes:
                self._note(presuppositions.note(beginning(_denying(no[0].text))))
                shown = [(two, two.key == one.key) for one in no[:MOST_AGAINST] for two in self._whole_denial(one)]
                return [Quoted(one, "denial" if denies else "", (), True) for one, denies in shown]
        return []

    def _whole_denial(self, one: Sentence) -> list[Sentence]:
        """A denial, behind the sentence to which its pronoun refers: "I never signed it"."""
        before = sentence_before(self._texts, one) if presuppositions.points_back(one.text) else None
        return [one] if before is None else [before, one]

    def _is_near(self, one: Sentence, stems: frozenset[str]) -> bool:
        """Whether at least half of the stems stand in a sentence, its document's title or shortly around it."""
        if not stems:
            return True
        around = self._texts.text(one.document_id, max(0, one.start - BEFORE), one.end + BEFORE)
        return 2 * len(stems & set(lexicon.content_words(f"{one.title} {around}"))) >= len(stems)

    def _contradictions(
        self,
        question: str,
        quotes: Sequence[Sentence],
        pool: Sequence[Sentence],
        answers: Sequence[Sentence],
        contradict: Callable[[Said, Said, str], object] = contradictions.contradict,
    ) -> dict[tuple[int, int, int], tuple[Sentence, ...]]:
        """For each quote, and each sentence of the pool or of the ``answers`` to a yes-or-no question that contradicts
        one, what contradicts it."""
        answering = {one.key for one in (*answers, *(quotes if contradict is acts.deny else ()))}
        found: dict[tuple[int, int, int], list[Sentence]] = {}
        for one in quotes:
            said = self._said(one)
            taken: list[str] = []
            for other in [*quotes, *answers, *pool]:
                words = boilerplate.words_of(other.text)
                if len(other.text.split()) < FEWEST_WORDS and other.key not in answering:
                    continue
                if len(taken) == MOST_AGAINST or words in taken or self._same_document(one, other):
                    continue
                if of_unnamed(said, self._said(other)) or any(map(_is_heading, (one, other))):
                    continue
                if contradict(said, self._said(other), question):
                    taken.append(words)
                    found.setdefault(one.key, []).append(other)
                    found.setdefault(other.key, []).append(one)
        return {key: tuple({one.key: one for one in others}.values()) for key, others in found.items()}

    def _same_document(self, one: Sentence, other: Sentence) -> bool:
        """Whether two sentences are of one document and one speaker, or of two versions of a document."""
        if one.document_id == other.document_id:
            speakers = {said.reporter or said.speaker for said in (self._said(one), self._said(other))}
            return len(speakers) < 2 or None in speakers
        if contradictions.proposed_and_agreed(
            self._versions.document(one).status, self._versions.document(other).status
        ):
            return True
        if other.document_id not in self._versions.of(one.document_id):
            return False
        return self._versions.document(one).media_type != MAIL or self._versions.document(other).media_type != MAIL

    def _said(self, one: Sentence) -> Said:
        if one.key not in self._statements:
            document = self._versions.document(one)
            who = speaker_of(document, one.start, quoted=one.quoted)
            author = None if one.quoted else document.metadata.author or speakers.keeper(document.text)
            speaker = who or (who_and_when(author, None) or None)
            date = date_of(document, one.start, quoted=one.quoted)
            before = sentence_before(self._texts, one)
            text, following = "" if before is None else before.text, sentence_after(self._texts, one)
            context = "" if one.is_row else self._texts.text(one.document_id, max(0, one.start - BEFORE), one.start)
            self._statements[one.key] = Said(
                one.text,
                one.title,
                speaker,
                date,
                text,
                collapse(context),
                "" if following is None else following.text,
                "" if one.quoted else speakers.client(document.text),
            )
        return self._statements[one.key]

    def _in_other_wordings(self, question: str, known: Sequence[Sentence]) -> list[Sentence]:
        """What other wordings of a yes-or-no question find: "waive" for "let off", "closed" for "or was it closed"."""
        seen = {one.key for one in known}
        hits = [
            hit
            for text in dict.fromkeys(wordings.searched(question))
            for hit in self._searcher.search(text, HITS_OF_WORDING)
            if hit.document_id in self._allowed
        ]
        if not hits:
            return []
        vector = self._encoder.encode([question])[0]
        found = with_similarity(self._encoder, vector, gather(self._texts, hits))
        return [one for one in found if one.key not in seen]

    def _answering(
        self,
        question: str,
        found: Sequence[Sentence],
        scores: NDArray[np.float64],
        further: Sequence[Sentence],
    ) -> tuple[list[Sentence], list[Sentence]]:
        """The sentences that answer a yes-or-no question with "yes" and with "no", the best first, some of each."""
        ranked = [found[at] for at in np.argsort(-scores, kind="stable")]
        ranked += sorted(further, key=lambda one: -one.similarity)
        asked, sides = polarity.read(question), dict[str, list[Sentence]](yes=[], no=[])
        for one in ranked:
            answer = wordings.answer(question, self._said(one)) if wordings.may_answer(question, one.text) else None
            if answer is None and asked is not None and polarity.may_answer(asked, one.text):
                answer = polarity.stance(asked, self._said(one))
            if answer is not None:
                sides[answer].append(one)
        return distinct(sides["yes"])[:SIDE], distinct(sides["no"])[:SIDE]

    def _doers(
        self,
        asked: agency.AskedWho,
        found: Sequence[Sentence],
        scores: NDArray[np.float64],
        further: Sequence[Sentence],
    ) -> list[Sentence]:
        """The sentences that say who did what is asked, the best for each."""
        ranked = [found[at] for at in np.argsort(-scores, kind="stable")]
        ranked += sorted(further, key=lambda one: -one.similarity)
        by: dict[str, Sentence] = {}
        for one in ranked:
            who = agency.agent(asked, self._said(one))
            if who is not None:
                by.setdefault(who, one)
        return list(by.values())[:SIDE]

    def _with_its_neighbours(self, question: str, one: Sentence) -> list[Sentence]:
        """A sentence that answers by a pronoun ("It did not ring", "I closed it") behind the one before it; and one
        that gives no value, where one is asked for, before the sentence after it that does ("It was 19 %"). The day
        that stands by itself before an entry comes with it."""
        said, asked, who = self._said(one), polarity.read(question), agency.read(question)
        answers = asked is not None and said.refers and not said.reporter and polarity.stance(asked, said) is not None
        answers = answers or (
            who is not None
            and re.search(r"\b(?:it|them)\b", said.plain) is not None
            and agency.agent(who, said) is not None
        )
        continues = _ASKS_VALUE.match(question) is not None and said.resolved is not said and _VALUE.search(said.plain)
        answers = answers or (not one.is_row and continuations.completes(said.before, one.text))
        before = sentence_before(self._texts, one) if answers or continues else time_before(self._texts, one)
        after = self._continued(one) if _ASKS_VALUE.match(question) else []
        if denies_before(said.after) and (denial := sentence_after(self._texts, one)) is not None:
            after = [denial]
        after = after or self._answer_behind(one) or self._going_on(question, one)
        known = {other.key for other in after}
        after = [*(rest for rest in completing_quotation(self._texts, one) if rest.key not in known), *after]
        return [*([before] if before is not None else []), one, *after]

    def _answer_behind(self, one: Sentence) -> list[Sentence]:
        """The sentence after one that only leads in to it. What a mail asks is not answered in the mail."""
        asks_in_a_mail = one.text.rstrip().endswith("?") and self._versions.document(one).media_type == MAIL
        return [] if asks_in_a_mail else answer_to(self._texts, one)

    def _going_on(self, question: str, one: Sentence) -> list[Sentence]:
        """The sentences after one in its paragraph that go on about it and say more of what is asked."""
        following: list[Sentence] = []
        last: Sentence | None = one
        while len(following) < continuations.MOST_FOLLOWING and last is not None:
            last = sentence_after(self._texts, last)
            following += [last] if last is not None else []
        return following[: continuations.goes_on(question, one.text, [other.text for other in following])]

    def _continued(self, one: Sentence) -> list[Sentence]:
        """The sentence after one that gives no value, where it gives one of what that speaks of."""
        if one.is_row or _VALUE.search(unnumbered(one.text)):
            return []
        following = sentence_after(self._texts, one)
        said = "" if following is None else collapse(following.text)
        return [following] if following is not None and _GIVES.match(said) and _VALUE.search(said) else []

    # Changes ----------------------------------------------------------------------------------------------------------

    def _changes(
        self, question: str, sentences: Sequence[Sentence], found: Sequence[Sentence]
    ) -> dict[tuple[int, int, int], tuple[Sentence, ...]]:
        """For each quote what a later sentence says of the change of its value: "postponed from 3 May to 17 May"."""
        if not _ASKS_VALUE.match(question):
            return {}
        changes: dict[tuple[int, int, int], tuple[Sentence, ...]] = {}
        for one in sentences:
            if one.is_row or not (values(one.text).days or values(one.text).quantities):
                continue
            topic = " ".join(lexicon.content_words(question))
            text = f"{topic}: postponed, moved, changed. {collapse(one.text)}"
            hits = self._searcher.search(text, HITS_OF_CHANGE, exact_first=False)
            others = [*found, *gather(self._texts, [hit for hit in hits if hit.document_id in self._allowed])]
            said = self._said(one)
            later = [
                other
                for other in others
                if other.key != one.key
                and contradictions.tells_of_change(other.text)
                and not self._versions.lesser(question, other)
                and not (other.document_id == one.document_id and other.start < one.start)
                and contradictions.supersedes(self._said(other), said, question)
            ]
            if later:
                changes[one.key] = tuple(distinct(later)[:1])
        return changes

    def _note_changes(self, question: str, quotes: Sequence[Sentence]) -> None:
        """Notes which quotes give a value at different times."""
        for at, one in enumerate(quotes):
            for other in quotes[at + 1 :]:
                if (
                    not self._same_document(one, other)
                    and not of_two_things(one, other)
                    and changed_between(self._said(one), self._said(other), question)
                ):
                    titles = f"{self._source(one)} and {self._source(other)}"
                    self._note(f"The value changed, or was given at different times, between {titles}.")

    def _source(self, one: Sentence) -> str:
        date = self._versions.document(one).date
        return f"{one.source} ({date[:10]})" if date else one.source

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def _is_heading(one: Sentence) -> bool:
    """Whether a sentence is a line in which nothing is said, so that it contradicts nothing."""
    return not one.is_row and boilerplate.is_bare_line(one.text)


_UNNAMED = re.compile(
    r"\W*(?:(?:There|Here) (?:are|is|were|was) [\w,.-]+ of (?:them|it|these|those|us|you)"
    r"|(?:It|They|These|Those|This|That) (?:is|are|was|were|has|have|had|cost|costs|came|comes|weighs?|weighed) )"
)


def of_unnamed(one: Said, other: Said) -> bool:
    """Whether two statements of two documents are both of things that only the sentences before them name, and these
    share no word: "There are six of them" of covers, and "There are nine of them" of cups."""
    if not (_UNNAMED.match(one.plain) and _UNNAMED.match(other.plain)):
        return False
    named, others = (set(lexicon.content_words(said.before)) for said in (one, other))
    return not named & others


def of_two_things(one: Sentence, other: Sentence) -> bool:
    """Whether two rows stand in documents of two things, each with an identifier of its own: of two invoices that sell
    the same goods neither changes the other."""
    names, others = identifiers(one.title), identifiers(other.title)
    return one.is_row and other.is_row and bool(names and others) and not names & others


_ASKS_HOW = re.compile(r"\bwhy\b|\bhow (?:did|was|were|do|does)\b|\bcaused?\b|\bwhat happened\b", re.IGNORECASE)
_ASKS_OF_AN_OPENING = re.compile(
    r"\bwho(?:se|m)?\b|\bwhere\b|\baddress\b|\b(?:role|position|occupation|job|profession|employ\w+|lives?)\b", re.I
)
_ASKS_VALUE = re.compile(
    r"\W*(?:(?:and|so|but) )?(?:when|how (?!did|do|does|was|were|is|are|come\b|the\b)\w+|(?:at |on |by |for |to )?"
    r"(?:what|which)\b(?! (?:do|did|does|had|has) \w+ (?:say|think|know|do|tell|write)\b))",
    re.IGNORECASE,
)
_VALUE = re.compile(rf"\d|\b(?:{'|'.join(sorted(lexicon.NUMBER_WORDS - {'one', 'a', 'an'}))})\b", re.IGNORECASE)
_ASKS_EXCEPTION = re.compile(
    r"\bexcept\w*|\bever\b|\balways\b|\bin (?:which|what) (?:cases?|circumstances?|situations?)\b|\bunless\b"
    r"|\b(?:under|in) (?:which|what) (?:conditions?|circumstances?)\b|\bcarve[- ]?outs?\b|\bexempt\w*"
    r"|\b(?:fall|falls|drop|drops|go|goes) away\b|\bnot apply\b|\bcease\w* to apply\b|\bno longer appl\w+",
    re.IGNORECASE,
)
_GIVES = re.compile(r"(?:It|They|That|This|These|There|The (?:result|reading|figure|total|answer)) \w+", re.IGNORECASE)
ADMISSION_HITS = 20
"""Chunks searched for what is said of a claim; not varied."""
_DENIALS_SEARCHED = "denies the claim, denies liability, does not accept that it is responsible, admits the claim"
_ASKS_ADMISSION = re.compile(
    r"\b(?:admit\w*|accept\w*|conced\w*|acknowledg\w*|den(?:y|ies|ied))\b.{0,40}\b(?:liab\w+|fault|blame|responsib\w+"
    r"|negligen\w+|breach\w*|claims?)\b",
    re.IGNORECASE,
)
_ON_CLAIM = re.compile(
    r"^(?!(?:.*\b(?:if|unless|whether|should|would|may|might|could)\b))[^,;:]{0,60}"
    r"\b(?:client|company|council|trust|firm|we|I|it|they|he|she|[A-Z]\w+) (?:has |have |now |also |still )?"
    r"(?:den(?:y|ies|ied)|reject(?:s|ed)?|dispute[sd]?|admits?|admitted|accepts?|accepted"
    r"|(?:do|does|did) not (?:admit|accept|concede)) (?:(?:the|your|any|all|this|that|every|these|both)\s)*"
    r"(?:claims?|liability|allegations?|negligence|breach|responsibility|fault|blame)\b",
    re.DOTALL,
)
_ACTS_FOR = re.compile(r"\b(?:act(?:s|ing)? for|on behalf of|instructed by|our client,?)\s+([^.;,\n]{1,80})")


def _denying(text: str) -> str:
    """The sentence of an entry of a log that denies something; a text of one sentence as it stands."""
    said = [text[start:end] for start, end in sentence_spans(text)]
    return next((one for one in said if presuppositions.may_deny(one)), text) if len(said) > 1 else text
