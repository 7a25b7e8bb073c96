"""What somebody wrote to somebody: read from the question, and answered from the mails between them.

"What did Orr write to Teal on 3 May?" names a sender, a receiver and a day, which every mail has in its headers. The
mails that fit are quoted as their sender's words, without what they quote themselves; what is quoted inside another
mail counts as a mail of whoever wrote that. Where none fits, a note says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hybrid.answering import enumeration_question, persons, premises
from hybrid.answering.enumeration_terms import root, roots
from hybrid.answering.evidence import Encoder, Sentence, Texts, collapse, with_similarity
from hybrid.answering.selection import boilerplate
from hybrid.stores.rows import Titled
from hybrid.text import lexicon, quoted_mails, values, wordnet
from hybrid.text.formatting import count, written_date
from hybrid.types.documents import Document
from hybrid.types.filters import Filter

_MAIL = "message/rfc822"
_NAME = (
    r"(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sir|Councillor|Cllr)\.? )?"
    rf"(?!(?:{'|'.join(sorted(map(str.capitalize, values.MONTHS), key=len, reverse=True))})\b)"
    r"(?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b)[A-Z][\w’-]*(?:'(?!s\b)[\w’-]+)?"
    r"(?: [A-Z][\w’-]*(?:'(?!s\b)\w+)?){0,3}"
)
_SUPERIOR = r"(?:(?:his|her|their) (?:own )?(?:line )?(?:boss|manager|superior|chief|supervisor|principal|employer)s?)"
_OFFICE = r"(?:(?:the|his|her|their|its) (?:own )?(?P<office>[a-z]{3,}))"
_WRITES = r"(?:e-?mail(?:ed)?|mail(?:ed)?|write|wrote|written|message[d]?)"
_SAYS = (
    r"(?:tell|told|report(?:ed)?|repl(?:y|ied)|answer(?:ed)?|respond(?:ed)?|say|said|inform(?:ed)?|warn(?:ed)?"
    r"|advise[d]?|instruct(?:ed)?|promise[d]?|explain(?:ed)?|admit(?:ted)?|confirm(?:ed)?|propose[d]?|offer(?:ed)?"
    r"|complain(?:ed)?|confide[d]?|suggest(?:ed)?|update[d]?|ask(?:ed)?|order(?:ed)?|send|sent|put)"
)
_BEFORE = r"(?:(?:\w+ly|ever|first|then|also|later|in writing) )*"
_TO = rf"(?P<to>{_SUPERIOR}|{_NAME})"
_FORMS = (
    re.compile(rf"\b(?:[Dd]id|[Hh]ad|[Hh]as|[Hh]ave|does) (?P<sender>{_NAME}) {_BEFORE}"
               rf"(?P<act>{_WRITES}|{_SAYS})\b(?P<rest>.*)"),
    re.compile(rf"\b(?:[Ww]as|[Ww]ere) {_TO} {_BEFORE}(?P<act>told|informed|warned|advised|asked|instructed|promised"
               rf"|e-?mailed|written to)\b.*?\bby (?P<sender>{_NAME})(?P<rest>.*)"),
    re.compile(rf"\b[Dd]id {_TO} (?P<act>hear|receive|get|learn)\b.*?\bfrom (?P<sender>{_NAME})(?P<rest>.*)"),
    re.compile(rf"^(?i:what|how) (?:was|is|did|does)\b.*?\b(?P<sender>{_NAME})['’]s? (?:[a-z]+ )?"
               r"(?P<act>reply|answer|response|e-?mail|mail|message)\b(?P<rest>.*)"),
)  # fmt: skip
_RECEIVER = (re.compile(rf"^ (?:back )?(?:to )?{_TO}"), re.compile(rf"\bto {_TO}"))
_RECEIVING = re.compile(rf"^ (?:back )?(?:to )?{_OFFICE}\b|\bto {_OFFICE.replace('office', 'other')}\b")
_REPLIES = re.compile(r"(?:repl|answer|respon)", re.IGNORECASE)
_EXPLICIT = re.compile(r"\b(?:e-?mail(?:s|ed)?|mail(?:s|ed)?|writ(?:e|ten)|wrote)\b", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"\b(?:in|at|during|by) (?:the|his|her|their|its|a) (?:\w+ ){0,3}(?:statement|letter|interview|meeting|report"
    r"|minutes|testimony|evidence|diary|hearing|phone|telephone|call|notice|log|contract|agreement|article|book|speech)\b",
    re.IGNORECASE,
)
_BESIDE = re.compile(
    r"[,;]?\s*\b(?:compared (?:with|to)|as against|against|versus|and)\s+(?:what\s+)?(?:does\s+|did\s+)?"
    r"(?:his|her|their|the|[A-Z]\w+['’]s)\s+(?:\w+\s+)?(?P<kind>statement|letter|testimony|evidence|diary|report|account"
    r"|affidavit|deposition)\b.*$"
)
_DAYTIMES = {"morning": (4, 12), "afternoon": (12, 18), "evening": (17, 24), "night": (19, 28)}
_DAYTIME = re.compile(rf"\b(?:{'|'.join(_DAYTIMES)})\b", re.IGNORECASE)
_TO_THEIR_MAIL = re.compile(r"['’]s? (?:e-?mail|mail|message|letter|note|question|request|complaint)\b", re.IGNORECASE)
_NO_TOPIC = lexicon.vocabulary(
    """
    what when how why which who did had has have was were does own boss manager superior chief supervisor employer
    morning afternoon evening night day back about ever first then mail email e-mail write written
    """
)
MOST_MAILS = 600
"""Mails with both names in them that are looked through for one question; not measured."""
MOST_QUOTED, MOST_OF_TIME, MOST_OF_ONE = 3, 6, 10
"""Mails that are quoted, where no day or month is named and where one is, and sentences of each; not measured."""
MOST_ELSEWHERE = 4
"""Sentences that are quoted behind mails from what is none; not measured."""
_LEAST_SIMILAR = 0.3
"""Similarity to the question below which a mail that has none of its words does not speak of it; not measured."""
_LEAST_OF_BEST = 0.6
"""Of the best mail's score; not measured."""
MOST_BESIDE = 2
"""Sentences of a statement that mails are compared with, and of those behind each; not measured."""


@dataclass(frozen=True)
class Asked:
    """Whose mails a question asks for: by their ``sender``, to whom, and from when to when. ``to_superior`` is true of
    mails to somebody whom the question calls the sender's boss, ``office`` is what else it calls the receiver
    ("insurer"). ``daytime`` are the hours of the day, ``reply`` asks
    for answers, ``explicit`` names mails or writing, and ``beside`` is the kind of document that they are to be
    compared with."""

    sender: str
    receiver: str = ""
    office: str = ""
    since: str | None = None
    until: str | None = None
    to_superior: bool = False
    daytime: tuple[int, int] | None = None
    reply: bool = False
    explicit: bool = False
    topic: frozenset[str] = frozenset()
    beside: str = ""

    @property
    def of_day(self) -> bool:
        """Whether a day or a month is named."""
        return self.since is not None or self.until is not None

    @property
    def may_be_spoken(self) -> bool:
        """Whether what is asked for may have been said otherwise than by a mail."""
        return not (self.explicit or self.reply or self.to_superior or self.beside)

    def time(self) -> Filter | None:
        """A filter for documents of the days that are asked for, where these have a year."""
        if not self.of_day or (self.since or self.until or "").startswith("--"):
            return None
        until = self.until
        return Filter(since=self.since, until=until[:7] if until and until.endswith("-31") else until)

    def admits(self, date: str | None) -> bool:
        """Whether a mail of a date, ISO 8601, is of the time that is asked for."""
        if date is None:
            return not (self.of_day or self.daytime)
        day = date[:10]
        since, until = self.since, self.until
        if (since or until or "").startswith("--"):
            day = f"-{day[4:]}"
        if (since is not None and day < since) or (until is not None and day > until):
            return False
        if self.daytime is None or len(date) < 13:
            return True
        first, last = self.daytime
        return any(first <= hour < last for hour in (int(date[11:13]), int(date[11:13]) + 24))


def read(question: str) -> Asked | None:
    """Whose mails to whom a question asks for; ``None`` for another question.

    Example:
        >>> asked = read("What did Ann Orr write to Ben Teal on 3 May 2021 about the keel?")
        >>> asked.sender, asked.receiver, asked.since, sorted(asked.topic)
        ('Ann Orr', 'Ben Teal', '2021-05-03', ['keel'])
    """
    plain = " ".join(question.split()).rstrip("?.! ")
    beside = _BESIDE.search(plain)
    plain = plain[: beside.start()] if beside else plain
    since, until, rest = enumeration_question.read_days(plain)
    match = next((found for form in _FORMS if (found := form.search(rest))), None)
    if match is None or match["sender"].split()[0].lower() in lexicon.STOPWORDS or _ELSEWHERE.search(rest):
        return None
    receiver = match.groupdict().get("to") or ""
    if not receiver:
        found = next((one for form in _RECEIVER if (one := form.search(match["rest"]))), None)
        receiver = found["to"] if found else ""
    named = _RECEIVING.search(match["rest"]) if not receiver else None
    office = (named["office"] or named["other"]).lower() if named else ""
    to_superior = re.fullmatch(_SUPERIOR, receiver) is not None
    explicit = _EXPLICIT.search(rest) is not None
    office = office if wordnet.is_noun(office) else ""
    daytime = _DAYTIME.search(rest)
    if not (receiver or office or daytime or _is_mail(rest) or (explicit and (since or until))) or (
        match["act"] in ("send", "sent", "order", "put") and not explicit
    ):
        return None
    if receiver and _TO_THEIR_MAIL.match(rest, rest.find(receiver) + len(receiver)):
        until = None  # the day is that of the mail that was answered
    names = {word.lower() for word in lexicon.tokens(f"{match['sender']} {receiver} {office}")}
    left = _NO_TOPIC | lexicon.STOPWORDS | names | values.MONTHS.keys() | {match["act"].lower()}
    topic = {root(word) for token in lexicon.tokens(rest) if (word := re.sub("['’]s$", "", token.lower())) not in left}
    return Asked(
        sender=_untitled(match["sender"]),
        receiver="" if to_superior else _untitled(receiver),
        since=since,
        until=until,
        office=office,
        to_superior=to_superior,
        daytime=_DAYTIMES[daytime[0].lower()] if daytime else None,
        reply=_REPLIES.match(match["act"]) is not None,
        explicit=explicit,
        topic=frozenset(topic),
        beside=beside["kind"].lower() if beside else "",
    )


def _is_mail(rest: str) -> bool:
    return re.search(r"\b(?:e-?)?mail(?:s|ed)?\b", rest, re.IGNORECASE) is not None


def _untitled(name: str) -> str:
    return re.sub(r"^(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sir|Councillor|Cllr)\.? ", "", name)


@dataclass
class Found:
    """The sentences that answer, of mails in the order of time, and what is to be said of them. ``against`` is by key
    what says otherwise."""

    sentences: list[Sentence] = field(default_factory=list)
    against: dict[tuple[int, int, int], tuple[Sentence, ...]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Catalog(Texts, Protocol):
    """The part of a catalog that mails are found by."""

    def matching(self, wanted: Filter) -> list[int]:
        """The ids of the documents that a filter lets through."""

    def titles(self) -> Mapping[int, Titled]:
        """By document its title, first source and media type."""

    def words(self) -> Mapping[str, Sequence[int]]:
        """The words of all documents in lower case, each with the ids of the documents that hold it."""

    def expect(self, document_ids: Sequence[int]) -> None:
        """Ask for what is known of documents together."""


@dataclass
class _Mail:
    """What one mail says itself, or what another quotes of it: ``key`` says which it is."""

    document: Document
    date: str | None
    sentences: list[Sentence]
    quoted: bool = False
    score: float = 0.0
    topical: float = 0.0


def is_mail(catalog: Catalog, sentence: Sentence) -> bool:
    """Whether a sentence stands in a mail."""
    return catalog.titles()[sentence.document_id].media_type == _MAIL


class Mails:
    """The mails of a corpus.

    Example:
        found = Mails(catalog, embedder, idf).find(asked, vector, where)
    """

    def __init__(self, catalog: Catalog, encoder: Encoder, idf: Callable[[str], float]) -> None:
        self._catalog, self._encoder, self._idf = catalog, encoder, idf

    def find(self, asked: Asked, vector: NDArray[np.float32], where: Filter | None) -> Found:
        """What the mails say that are asked for. ``vector`` is the question's, ``[dimension]``, of length 1."""
        allowed = self._catalog.matching(where or Filter())
        titles, words = self._catalog.titles(), self._catalog.words()
        mails = {one for one in allowed if one in titles and titles[one].media_type == _MAIL}
        held = [premises.holding(name.split()[-1], words) for name in (asked.sender, asked.receiver) if name]
        both = sorted(mails.intersection(*held))
        all_looked_through = len(both) <= MOST_MAILS
        if not all_looked_through and (time := asked.time()) is not None:  # those of the time first
            of_time = set(self._catalog.matching(time))
            all_looked_through = len(of_time.intersection(both)) <= MOST_MAILS
            both.sort(key=lambda one: one not in of_time)
        both = both[:MOST_MAILS]
        self._catalog.expect(both)
        documents = {one: self._catalog.document(one) for one in both}
        by_sender = {one: document for one, document in documents.items() if _sent_by(document, asked.sender)}
        meant: frozenset[str] | None = None
        if asked.to_superior:
            meant = _superiors(list(by_sender.values()), documents.values(), asked.sender)
        elif asked.office:
            meant = _in_office(list(by_sender.values()), documents.values(), asked.office)
            if not (meant or (asked.of_day and asked.explicit)):
                return Found()  # who that is nothing says
        to_them = {
            one: document for one, document in by_sender.items() if _reached(document, asked.receiver, meant or None)
        }
        own = {one: document for one, document in to_them.items() if asked.admits(document.metadata.date)}
        found = [self._own(one, document, vector) for one, document in own.items()]
        if not meant:  # what is quoted does not say to whom it went
            found += self._inside(documents, asked, vector, found)
        if asked.reply and (replies := [one for one in found if _answers(one.document)]):
            found = replies
        said = [one for one in found if one.sentences]  # of a mail in two mailboxes one
        said = list({(one.date, one.sentences[0].text): one for one in reversed(said)}.values())[::-1]
        chosen = self._chosen(said, asked)
        result = Found([sentence for mail in chosen for sentence in self._said(mail)], {})
        if chosen and asked.of_day and not asked.topic and len(said) > len(chosen):
            quoted = f"{len(chosen)} of {len(said)} e-mails of that time"
            result.notes.append(f"{quoted} are quoted; name a day or a subject.")
        if not result.sentences and (by_sender or asked.explicit) and mails and all_looked_through:
            result.notes += _none(asked, list(to_them.values()), len(allowed))
        if result.sentences and asked.beside:
            result.sentences += self._beside(asked, vector, allowed, held[0])
        return result

    def _own(self, document_id: int, document: Document, vector: NDArray[np.float32]) -> _Mail:
        """A mail without what it quotes."""
        start, end = document.text.find("\n\n") + 2, quoted_mails.own_end(document.text)
        return _Mail(document, document.metadata.date, self._sentences(document_id, document, start, end, vector))

    def _inside(
        self, documents: Mapping[int, Document], asked: Asked, vector: NDArray[np.float32], known: Sequence[_Mail]
    ) -> list[_Mail]:
        """The mails of the sender that others quote, where they are not among the ``known`` themselves."""
        said = {boilerplate.words_of(one.text) for mail in known for one in mail.sentences}
        found: list[_Mail] = []
        for document_id, document in documents.items():
            stretches = quoted_mails.find(document.text)
            ends = [*(start for start, _ in stretches[1:]), len(document.text)][: len(stretches)]
            outer = document.metadata.author or ""
            for (start, mail), end in zip(stretches, ends, strict=True):
                if mail is None:
                    continue
                is_theirs = mail.author is not None and _is_one(mail.author, asked.sender)
                receivers = outer if mail.receivers is None else mail.receivers  # who quotes it has had it
                if is_theirs and asked.admits(mail.date) and (not asked.receiver or _is_one(receivers, asked.receiver)):
                    sentences = self._sentences(document_id, document, start, end, vector, quoted=True)
                    words = {boilerplate.words_of(one.text) for one in sentences}
                    if words and not words & said:
                        found.append(_Mail(document, mail.date, sentences, quoted=True))
                    said |= words
                outer = mail.author or ""
        return found

    def _sentences(
        self,
        document_id: int,
        document: Document,
        start: int,
        end: int,
        vector: NDArray[np.float32],
        *,
        quoted: bool = False,
    ) -> list[Sentence]:
        """What is said between two places of a mail, without its greeting and its signature."""
        found = []
        place = (document_id, document.source, document.title, document.sha256)
        for one in self._catalog.sentences(document_id, start, end):
            if one.start < start or one.end > end:
                continue
            parts = one.parts or ((one.start, one.end),)
            text, first = "\n".join(document.text[a:b] for a, b in parts), one.start
            if quoted and len(parts) == 1:
                text = text.lstrip("> \t")
                first = one.end - len(text)
            plain = collapse(boilerplate.unmarked(text))
            if boilerplate.is_of_a_mail(text) or not _SENTENCE.search(plain) or boilerplate.is_bare_line(plain):
                continue
            found.append(
                Sentence(*place, first, one.end, text, quoted=quoted, author=document.metadata.author,
                         vector=one.vector, parts=one.parts if len(parts) > 1 else ())
            )  # fmt: skip
        return with_similarity(self._encoder, vector, found)

    def _chosen(self, mails: Sequence[_Mail], asked: Asked) -> list[_Mail]:
        """The mails that speak of what is asked, in the order of time."""
        total = sum(map(self._idf, asked.topic))
        for mail in mails:
            said = roots(" ".join((mail.document.title, *(one.text for one in mail.sentences))))
            text = mail.document.text
            answered = frozenset() if mail.quoted else roots(text[quoted_mails.own_end(text) :])
            held = sum(self._idf(one) * (1.0 if one in said else 0.5) for one in asked.topic & (said | answered))
            mail.topical = held / total if total else 0.0
            mail.score = mail.topical + max(one.similarity for one in mail.sentences)
        best = max(mails, key=lambda one: one.score, default=None)
        if best is None or (asked.topic and not asked.of_day and not best.topical and best.score < _LEAST_SIMILAR):
            return []
        most = max(one.topical for one in mails)
        kept = [one for one in mails if one.topical >= most / 2 and one.score >= _LEAST_OF_BEST * best.score]
        kept = kept if asked.topic else list(mails)
        most_quoted = MOST_OF_TIME if asked.of_day else MOST_QUOTED
        kept = sorted(kept, key=lambda one: -one.score)[:most_quoted]
        return sorted(kept, key=lambda one: one.date or "9")

    def _said(self, mail: _Mail) -> list[Sentence]:
        """The sentences of a mail; of a long one those nearest to the question."""
        if len(mail.sentences) <= MOST_OF_ONE:
            return mail.sentences
        nearest = sorted(mail.sentences, key=lambda one: -one.similarity)[:MOST_OF_ONE]
        return [one for one in mail.sentences if one in nearest]

    def _beside(
        self, asked: Asked, vector: NDArray[np.float32], allowed: Sequence[int], held: set[int]
    ) -> list[Sentence]:
        """What the sender's statement, or another document of the kind that the question names, says of it."""
        kind, titles = root(asked.beside), self._catalog.titles()
        person = persons.PersonAsked(asked.sender, "", knowledge=False)
        found: list[Sentence] = []
        for one in allowed:
            if one not in held or one not in titles or titles[one].media_type == _MAIL:
                continue
            document = self._catalog.document(one)
            of_kind = kind in roots(f"{document.title} {document.source} {document.text[:_HEAD]}".replace("/", " "))
            if of_kind and persons.role_in(document, person) in ("author", "speaker"):
                found += self._sentences(one, document, 0, len(document.text), vector)
        best = sorted(found, key=lambda one: -self._share(one, asked))[:MOST_BESIDE]
        places = {at + step for at, one in enumerate(found) if one in best for step in range(MOST_BESIDE + 1)}
        return [one for at, one in enumerate(found) if at in places]

    def _share(self, sentence: Sentence, asked: Asked) -> float:
        return sum(self._idf(one) for one in asked.topic & roots(sentence.text)) + sentence.similarity


_HEAD = 300
_SENTENCE = re.compile(r"[.!?:…][\"”’')\]]*$|(?:\S+\s+){6}")
"""What ends like a sentence, or is too long for a name or an office below a mail."""


def _header(document: Document, *fields: str) -> str:
    """The values of some headers of a mail, without those of the mails that it quotes."""
    head = document.text[:4000].partition("\n\n")[0]
    return ", ".join(re.findall(rf"^(?:{'|'.join(fields)}):[ \t]*(.*(?:\n[ \t]+.*)*)", head, re.MULTILINE))


def _sent_by(document: Document, sender: str) -> bool:
    return _is_one(_header(document, "From") or document.metadata.author or "", sender)


def _reached(document: Document, receiver: str, meant: frozenset[str] | None) -> bool:
    if meant is not None:
        return any(_is_one(_header(document, "To"), one) for one in meant)
    return not receiver or _is_one(_header(document, "To", "Cc", "Bcc"), receiver)


def _is_one(names: str, wanted: str) -> bool:
    """Whether a list of names, with their addresses or without, has somebody: all words of the name, or the last one
    with the first one's initial."""
    words = wanted.casefold().split()
    joined = "".join(words).removesuffix("limited").removesuffix("ltd")  # a firm is known by its address
    for one in persons.split_names(names):
        plain = re.sub(r"[<>()\"@._]", " ", one).casefold().split()
        if set(words) <= set(plain) or (len(joined) >= _FIRM_LETTERS and joined in _domain(one)):
            return True
        if len(words) > 1 and words[-1] in plain and any(len(part) == 1 and part == words[0][0] for part in plain):
            return True
    return False


_FIRM_LETTERS = 5


def _domain(header: str) -> str:
    match = re.search(r"@([\w.-]+)", header)
    return match[1].casefold() if match else ""


_RANKS = (
    re.compile(r"\b(?:managing director|chief|ceo|president|owner|head|chair\w*|principal)\b", re.IGNORECASE),
    re.compile(r"\b(?:director|manager|partner|supervisor)\b", re.IGNORECASE),
)


def _superiors(mails: Sequence[Document], documents: Iterable[Document], sender: str) -> frozenset[str]:
    """To whom of the sender's own house mails went; where the lines below their names in other mails say that some are
    its heads, these."""
    found: set[str] = set()
    for document in mails:
        house = _domain(_header(document, "From"))
        for one in persons.split_names(_header(document, "To")):
            if house and _domain(one) == house and not _is_one(one, sender):
                found.add(_plain(one))
    below = _below(found, documents)
    for rank in _RANKS:
        if heads := {one for one in found if rank.search(below[one])}:
            return frozenset(heads)
    return frozenset(found)


def _plain(name: str) -> str:
    """A name of a header without its address, which is taken where there is nothing else."""
    return " ".join(re.sub(r"<[^<>]*>|\"", " ", name).split()) or name


def _below(names: Collection[str], documents: Iterable[Document]) -> dict[str, str]:
    """By name what stands in the line below it at the end of mails: "Works Manager"."""
    below = dict.fromkeys(names, "")
    for document in documents:
        for one in names:
            name = rf"(?:{re.escape(one)}|{re.escape(one.split()[0])})"
            match = re.search(rf"^[> \t]*{name},?[ \t]*\n(.*)", document.text, re.MULTILINE)
            below[one] += f"\n{match[1]}" if match else ""
    return below


def _in_office(mails: Sequence[Document], documents: Iterable[Document], office: str) -> frozenset[str]:
    """To whom mails went whose address, or the line below whose name, has the word for what they are."""
    to = [one for document in mails for one in persons.split_names(_header(document, "To"))]
    below = _below({_plain(one) for one in to}, documents)
    stem = root(office)
    held = (one for one in to if stem in one.casefold() or stem in roots(below[_plain(one)]))
    return frozenset(map(_plain, held))


def _answers(document: Document) -> bool:
    subject = _header(document, "Subject")
    return re.match(r"\W*(?:re|aw|antw|sv)\b\W", subject, re.IGNORECASE) is not None or quoted_mails.own_end(
        document.text
    ) < len(document.text)


def _none(asked: Asked, others: Sequence[Document], documents: int) -> list[str]:
    """That no such mail is there, and when there are others between the two."""
    to = f" to {asked.receiver}" if asked.receiver else " to anybody of the same house" if asked.to_superior else ""
    when = ""
    if asked.of_day and not (asked.since or asked.until or "").startswith("--"):
        since, until = asked.since or "", asked.until or ""
        if until.endswith("-31") and since[:7] == until[:7] and since.endswith("-01"):
            since = until = since[:7]  # a month
        elif until == f"{since[:4]}-12-31" and since.endswith("-01-01"):
            since = until = since[:4]
        named = dict.fromkeys(one for one in (since, until) if one)
        when = f" of {' to '.join(map(written_date, named))}"
    elif asked.of_day:
        when = " of that time"
    more = ""
    dates = sorted({one.metadata.date[:10] for one in others if one.metadata.date})
    if asked.of_day and dates:
        days = [*map(written_date, dates[:3]), *(["other days"] if len(dates) > 3 else [])]
        more = f"; there are some of {', '.join(days[:-1])}{' and ' if len(days) > 1 else ''}{days[-1]}"
    elif others:
        more = f"; {count(len(others), 'other')} {'was' if len(others) == 1 else 'were'} found"
        when = f"{when} about it"
    searched = f"the {documents:,} documents searched" if documents > 1 else "the document searched"
    return [f"No e-mail from {asked.sender}{to}{when} is in {searched}{more}."]


def names(between: tuple[str, str], one: Sentence) -> bool:
    """Whether a sentence, with who wrote its document, names both ends of a correspondence, each by a word of its name
    as it is written: "adhesives" are not "Kolbe Adhesives"."""
    said = set(re.findall(r"[^\W_]+", f"{one.text} {one.author or ''}"))
    return all(said & (set(re.findall(r"[^\W_]{2,}", end)) - _HONORIFICS) for end in between)


_HONORIFICS = frozenset({"Mr", "Mrs", "Ms", "Miss", "Dr", "Prof", "Sir", "Ltd", "Limited", "LLP", "Inc", "the", "The"})
