"""Questions about what somebody knew, said, wrote or was told, and the sentences that show it.

What shows it is what they wrote, what was written to them, what they say in a statement or a transcript, and what
somebody else reports them to have said or to have been told. A sentence that only names them, or a denial by somebody
else, does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from hybrid.answering import antecedents
from hybrid.answering.evidence import Sentence, collapse, speaker_of
from hybrid.text import lexicon, wordnet
from hybrid.text.values import MONTH_NAME
from hybrid.types.documents import Document

Role = Literal["author", "recipient", "speaker", "reported"]

_NAME = r"(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sir|Councillor|Cllr)\.? )?[A-Z][\w'’-]+(?: [A-Z][\w'’-]+){0,3}"
_SPEECH = (
    r"(?:know|knew|known|knows|learn|learnt|learned|aware|hear|heard|find out|found out|discover(?:ed)?"
    r"|realis\w+|realiz\w+"
    r"|say|said|says|write|wrote|written|tell|told|think|thought|believe\w*|claim\w*|state[sd]?|admit\w*"
    r"|explain\w*|report\w*"
    r"|receive[sd]?|warn\w*|inform\w*|mention\w*|promise[sd]?|advise[sd]?|ask|asked|reply|replied|respond\w*"
    r"|react\w*|comment\w*"
    r"|conclud\w+|opine[sd]?|testif\w+"
    r"|deny|denie[sd]|notif\w+|object\w*|complain\w*|recommend\w*|instruct\w*|do about|see|saw)"
)
_SAYING = (
    r"(?:excuses?|explanations?|reasons?|answers?|assurances?|promises?|threats?|comments?|remarks?|statements?"
    r"|suggestions?|objections?|complaints?|accusations?|allegations?|admissions?|reply|replies|responses?|warnings?)"
)
"""What is said and called by a noun: "What excuse did Ann make?"."""
_WAS_TOLD = re.compile(
    r"(?:\b(?:had|has|did|was|were) (?:anybody|anyone|somebody|someone|nobody) (?:ever |already |really )?"
    r"|^who (?:first |ever |else )?)(?:warn(?:ed)?|tell|told|inform(?:ed)?|notif(?:y|ied)|alert(?:ed)?|advised?)"
    rf" (?P<name>(?-i:{_NAME}))\b",
    re.IGNORECASE,
)
"""Who was told something: "Had anybody warned Ann?"."""
_POINTING = lexicon.vocabulary("it this that them these those so") | {""}
_ASKED = (
    _WAS_TOLD,
    re.compile(
        rf"\b(?i:what|when|how|whether|did|had|has|was|were|does|which)\b[^.?]*?\b(?:did|had|has|was|were|does"
        rf"|do|is)\s+"
        rf"(?P<name>{_NAME})\s+(?:first |ever |really |actually |already |then |made |become |have |been "
        rf"|being )*{_SPEECH}\b"
    ),
    re.compile(rf"^(?:[Dd]id|[Hh]ad|[Hh]as|[Ww]as|[Ww]ere|[Dd]oes)\s+(?P<name>{_NAME})\s+(?:\w+ ){{0,2}}{_SPEECH}\b"),
    re.compile(rf"\b(?i:what|when|how much|that) (?P<name>{_NAME}) (?:\w+ )?{_SPEECH}\b"),
    re.compile(
        rf"\b(?i:what|which) (?:\w+ )?{_SAYING} (?:did|has|had|does) (?P<name>{_NAME}) "
        r"(?:ever |then |first |later )?(?:make|made|given?|offer(?:ed)?|provided?|put forward|raised?|uttered?)\b"
    ),
    re.compile(
        rf"\b(?P<name>{_NAME})['’]s? (?:\w+ )?(?:knowledge|awareness|account|evidence|view|reaction|response"
        rf"|reply|words"
        rf"|explanation|objections?|warnings?|statement about)\b"
    ),
)
_PRONOUN = re.compile(
    rf"\b(?:did|had|has|was|does)\s+(?:he|she|they)\s+(?:first |ever |really |actually )?{_SPEECH}\b", re.I
)
_KNEW = re.compile(
    r"\b(?:warn\w*|know|knew|known|knows|learn|learnt|learned|aware|hear|heard|find out|found out|told|informed"
    r"|notified|knowledge|awareness"
    r"|discover(?:ed)?|realis\w+|realiz\w+)\b",
    re.IGNORECASE,
)
_REPORTS = (
    r"(?:said|says|told|tells|asked|asks|wrote|writes|replied|explained|stated|agreed|denied|confirmed|reported"
    r"|promised|warned"
    r"|informed|mentioned|claimed|thinks|thought|believes|believed|knew|knows|noted|apologised|objected"
    r"|recommended|instructed"
    r"|advised|refused|admitted|proposed|referred|heard|learned|learnt|was told|was informed|was aware|praised"
    r"|insisted|added)"
)
_HEADER = re.compile(r"^(?P<field>From|To|Cc|Bcc): (?P<value>.*)$", re.MULTILINE)
_HEAD_CHARS = 4000
_TITLES = re.compile(r"^(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sir|Councillor|Cllr)\.? ")
_NOT_NAMES = frozenset(
    {"what", "when", "who", "how", "the", "it", "they", "anybody", "anyone", "somebody", "someone", "nobody"}
)


@dataclass(frozen=True)
class PersonAsked:
    """Somebody whose knowledge or words a question asks for, by their ``name``; ``topic`` is what it is about, and
    ``knowledge`` whether it asks what they knew, so that what others wrote to them counts as much as their own
    words. ``called`` is the first name that they have in the documents, where the question gives none."""

    name: str
    topic: str
    knowledge: bool
    question: str = field(default="", repr=False, compare=False)
    called: str | None = field(default=None, repr=False, compare=False)

    @property
    def last(self) -> str:
        """The last word of the name."""
        return self.name.split()[-1]

    @property
    def first(self) -> str | None:
        """The first name, where it is said."""
        return self.name.split()[0] if " " in self.name else None


_CONCLUDED = re.compile(
    r"\bconclu(?:de|ded|des|sions?)\b|\bopin(?:e|ed|es|ions?)\b|\bfindings?\b"
    r"|\b(?:says?|said|thinks?|thought) (?:that )?(?:\w+ )?(?:caused|was the cause|led to)\b",
    re.IGNORECASE,
)


def asks_conclusion(question: str) -> bool:
    """Whether a question asks what somebody concluded.

    Example:
        >>> asks_conclusion("What did Dr Krey conclude?"), asks_conclusion("What did Dr Krey write?")
        (True, False)
    """
    return _CONCLUDED.search(question) is not None


def asked(question: str, custodians: Sequence[str] = ()) -> PersonAsked | None:
    """Who is asked about, and on what; ``None`` for another question. "he" is the custodian that a filter names.

    Example:
        >>> asked("What did Gareth Hale know about the leak, and when did he know it?")
        PersonAsked(name='Gareth Hale', topic='the leak', knowledge=True)
    """
    for pattern in _ASKED:
        match = pattern.search(question)
        if match and match["name"].split()[0].lower() not in _NOT_NAMES:
            name = re.sub(r"['’]s$", "", _TITLES.sub("", match["name"]))
            knowledge, topic = pattern is _WAS_TOLD or bool(_KNEW.search(question)), _topic(question, name)
            if pattern is _WAS_TOLD and topic.lower() in _POINTING:  # "Who told Tom about it?"
                return None
            return PersonAsked(name, topic, knowledge, question)
    if len(custodians) == 1 and _PRONOUN.search(question):
        return PersonAsked(custodians[0], _topic(question, custodians[0]), bool(_KNEW.search(question)), question)
    return None


_ASIDE = re.compile(
    rf"[,;]?\s*(?:and\s+)?(?:when|how|what|why|from whom) did (?:he|she|they) (?:first )?{_SPEECH}(?: (?:it"
    rf"|that|so|about it))?\b"
    r"|\band when\b|\bfirst\b",
    re.IGNORECASE,
)
_QUESTION_WORDS = re.compile(
    rf"\b(?:what|when|how|whether|did|had|has|was|were|does|do|he|she|they|ever|really|actually|anything|much"
    rf"|made|become|been"
    rf"|to|in|by|about|of|on|that|{_SPEECH})\b",
    re.IGNORECASE,
)


_FURTHER = re.compile(
    r",?\s+and\s+(?:how|when|where|why|(?:from|through|by) whom|who (?:told|informed|warned) (?:him|her|them))\W*$"
    r"|,?\s+and\s+(?:what|how|where|why|when)\s+(?:was|were|is|did|does|had|has)\s+(?:his|her|their|he|she|they)\b.*$",
    re.IGNORECASE,
)
"""What is asked besides of the same person: "and how?", "and what was her reaction?"."""
_MOMENT = re.compile(r",?\s+(?:before|after|when|until|till|by the time|while|as|once|at the time)\s+(?P<what>.+)$")


def _without_moment(question: str, name: str) -> str:
    """The question without what is said of when: "before she sold the barn", which is a clause with a subject and a
    verb of its own, behind what the person is asked to have known."""
    for match in list(_MOMENT.finditer(question))[:1]:
        words = [word.strip(".,?!").lower() for word in match["what"].split()]
        own = {"he", "she", "they", "it", *(part.lower() for part in name.split())}
        clause = bool(own & set(words[:2])) or any(map(wordnet.is_past, words[1:5]))
        before = question[: match.start()]
        if clause and re.search(r"\b(?:about|of|regarding|concerning|that|on)\b\s+\S", before):
            return before
    return question


def _topic(question: str, name: str) -> str:
    """What the question is about, without the person and what is asked of them."""
    rest = _without_moment(_FURTHER.sub("", _ASIDE.sub(" ", question)), name)
    for part in (name, *name.split()):
        rest = re.sub(rf"\b(?:(?:Mr|Mrs|Ms|Miss|Dr)\.? )?{re.escape(part)}\b(?:['’]s)?", " ", rest)
    about = re.search(r"\b(?:about|of|regarding|concerning|that|on)\b\s+(.*)", rest)
    words = about[1] if about else _QUESTION_WORDS.sub(" ", rest)
    return " ".join(_BY_WHEN.sub(" ", words).split()).strip(" ?.,;")


_BY_WHEN = re.compile(
    rf"\b(?:at any time )?(?:before|by|until|till|up to|prior to|earlier than|as of|on or before)\s+(?:the\s+)?"
    rf"(?:(?:early|late|mid|end of|start of)[ -])?(?:\d{{1,2}}(?:st|nd|rd|th)?\s+)?(?:of\s+)?"
    rf"(?:(?:{MONTH_NAME}|May)(?:\s+\d{{1,2}}(?!\d))?(?:,?\s+\d{{4}})?|\d{{4}}(?:-\d\d){{0,2}})\b",
    re.IGNORECASE,
)
"""A bound on the time of what was known: it is said nowhere in the mails of that time."""


def role_in(document: Document, person: PersonAsked) -> Role | None:
    """What somebody is to a document as a whole: they wrote it, it was written to them, or they made the statement."""
    end = document.text.find("\n\n", 0, _HEAD_CHARS)  # behind it stand the headers of the mails that it quotes
    head = document.text[: end if end >= 0 else _HEAD_CHARS]
    headers = {match["field"]: match["value"] for match in _HEADER.finditer(head)}
    if document.media_type == "message/rfc822" and headers:
        if _is_them(headers.get("From", ""), person):
            return "author"
        others = ", ".join(headers.get(field, "") for field in ("To", "Cc", "Bcc"))
        return "recipient" if _is_them(others, person) else None
    if document.metadata.author and _is_them(document.metadata.author, person):
        return "author"
    made_by = speaker_of(document, len(document.text))
    return "speaker" if made_by and _is_them(made_by, person) else None


def first_name(documents: Iterable[Document], person: PersonAsked) -> str | None:
    """The first name of somebody whom a question calls by the last one alone, from who wrote the documents and to
    whom; ``None`` where two are called otherwise, or none is.

    Example:
        >>> letter = Document.from_text("Dear Ann", "a.txt", Metadata(author="Ann Orr"))  # doctest: +SKIP
        >>> first_name([letter], PersonAsked("Orr", "the roof", True))  # doctest: +SKIP
        'Ann'
    """
    found: set[str] = set()
    for document in documents:
        head = document.text[:_HEAD_CHARS].partition("\n\n")[0] if document.media_type == "message/rfc822" else ""
        lists = [document.metadata.author or "", *(match["value"] for match in _HEADER.finditer(head))]
        for name in (one for names in lists for one in split_names(names)):
            words = re.findall(r"[^\W\d_][\w’'-]*\.?", _ADDRESS.sub(" ", name))
            if len(words) > 1 and words[-1].casefold() == person.last.casefold() and not _TITLES.match(f"{words[0]} "):
                found.add(words[0])
    return found.pop() if len(found) == 1 and not next(iter(found)).endswith(".") else None


_ADDRESS = re.compile(r"<[^<>]*>|\([^()]*\)|@\S+")
_FIRM = re.compile(r"\b(?:Limited|Ltd|LLP|LLC|Inc|Corp|Company|GmbH|plc|Council|Trust)\b\.?$")


def _is_them(names: str, person: PersonAsked) -> bool:
    """Whether a list of names, with their addresses or without, has the person: the whole name, or the last name with
    the first name's initial."""
    return any(
        _named_so(" ".join(_ADDRESS.sub(" ", one).replace('"', " ").split()), person) for one in split_names(names)
    )


def split_names(names: str) -> list[str]:
    """The names of a list; "Aaker, Ann" is one where the address tells."""
    return re.split(r"[;,]\s*(?=[^<>]*<)|(?<=>),\s*|;\s*", names) if "<" in names else re.split(r"[;,]\s*", names)


def _named_so(name: str, person: PersonAsked) -> bool:
    words = name.replace(".", " ").casefold().split()
    last, first = person.last.casefold(), (person.first or "").casefold()
    if last not in words or _FIRM.search(name):
        return False
    if not first:
        return words[-1] == last
    others = [word for word in words if word != last]
    return first in others or any(len(word) == 1 and word == first[0] for word in others)


def role_of(sentence: Sentence, document: Document, person: PersonAsked, in_document: Role | None) -> Role | None:
    """What shows what somebody knew or said in a sentence of a document, in which they have the role ``in_document``;
    ``None`` where nothing does."""
    who = speaker_of(document, sentence.start, quoted=sentence.quoted)
    if sentence.quoted:
        if who and _is_them(who, person):
            return "speaker"
        return "recipient" if in_document in ("author", "recipient") else _reported(collapse(sentence.text), person)
    if in_document is not None:
        return in_document
    if who and _is_them(who, person):
        return "speaker"
    before = document.text[max(0, sentence.start - antecedents.LOOKED_BACK) : sentence.start]
    return _reported(collapse(antecedents.with_name(sentence.text, before)), person)


def speaks(sentence: Sentence, document: Document, person: PersonAsked) -> bool:
    """Whether the person says a sentence: as whoever makes the document, or whoever wrote what it quotes."""
    who = speaker_of(document, sentence.start, quoted=sentence.quoted)
    if who is None and not sentence.quoted:
        who = document.metadata.author
    return who is not None and _is_them(who, person)


def _reported(text: str, person: PersonAsked) -> Role | None:
    """Whether somebody else reports what the person said, or was told."""
    first = re.escape(person.first or person.called or "")
    whole = rf"(?:(?:Mr|Mrs|Ms|Miss|Dr)\.? )?{f'(?:{first} )?' if first else ''}{re.escape(person.last)}"
    names = rf"(?:{whole}|{first}(?! [A-Z]))" if first else whole
    said = rf"\b{names}\b (?:\w+ly |has |had |also |then |again |only |never )*{_REPORTS}\b|\b{names}:"
    told_so = rf"\b(?:{TELLING}|asked|instructed)\b (?:\w+ )?\b{names}\b"
    found = re.search(said, text) or re.search(told_so, text) or does_not_recall(text, person)
    return "reported" if found else None


def does_not_recall(text: str, person: PersonAsked) -> bool:
    """Whether somebody else says that the person does not recall a thing: "Mr Orr has no recollection of it"."""
    forgot = r"(?:has|had) no (?:recollection|memory)|(?:does|did|do) not (?:recall|remember|recollect)"
    return re.search(rf"\b{re.escape(person.last)} (?:{forgot})\b", collapse(text)) is not None


DENIAL = re.compile(
    r"\b(?:no|not|never|nothing|n't|first|nobody|no one|none)\b.{0,40}\b(?:know\w*|knew|aware\w*|told|heard|learn\w*"
    r"|notice|informed|idea|warn\w*|mentioned|notified)\b"
    r"|\b(?:no|not|never|n't)\b.{0,20}\b(?:recall|remember|recollect(?:ion)?|memory)\b"
    r"|\b(?:knew|know|heard|had) (?:nothing|of no|no)\b|\bunaware\b|\bfirst (?:became|learn|heard|knew|time)\b",
    re.IGNORECASE,
)
"""What denies knowledge, or dates it: "I had no earlier knowledge", "I first heard of it in March"."""


def denies_knowledge(text: str) -> bool:
    """Whether a sentence denies that somebody knew something, or says when they first did.

    Example:
        >>> denies_knowledge("I had no earlier knowledge of it."), denies_knowledge("I know him.")
        (True, False)
    """
    plain = " ".join(text.split())
    return DENIAL.search(plain) is not None and not _TO_COME.search(plain)


_TO_COME = re.compile(
    r"\b(?:nobody|no one|none|no \w+|not) (?:will|would|shall|need|needs)\b|\bwill (?:not|never)\b", re.IGNORECASE
)
"""What will not be known is no denial: "Nobody will notice"."""


def words_of(text: str) -> frozenset[str]:
    """The content words of a text as they are written, but for a plural's ending: "reads" is no "reading"."""
    found = {word.casefold() for token in lexicon.tokens(text) for word in re.split(r"[-/’',&.:]", token)}
    return frozenset(
        re.sub(r"(?<=[a-z]{3})s$", "", one) for one in found if one not in lexicon.STOPWORDS and len(one) > 2
    )


TELLING = (
    "told|informed|warned|advised|notified|reminded|showed|shown|alerted|wrote to|written to|reported to|said to"
    "|explained to|(?:tele)?phoned|rang|rung|called|texted|e-?mailed|spoken? (?:to|with)|talked (?:to|with)|copied|let"
)
"""Verbs, in the past, behind which stands who was told something."""
_ADVISES = re.compile(
    r"\b(?:I|we) (?:would not|advise|recommend|warn|must tell you|have to tell you|cannot (?:certify|sign"
    r"|approve|recommend)"
    r"|do not recommend|strongly|urge|suggest that|think (?:you|we) should)\b",
    re.IGNORECASE,
)


def advises(text: str) -> bool:
    """Whether a sentence advises whoever it is written to, or warns them."""
    return _ADVISES.search(text) is not None


def told(text: str, person: PersonAsked, role: Role | None) -> bool:
    """Whether a sentence says that the person was told something: "I told you in May", in a mail to them."""
    first = person.first or person.called
    names = re.escape(person.last) + (rf"|{re.escape(first)}" if first else "")
    whom = rf"(?:(?:Mr|Mrs|Ms|Miss|Dr)\.? )?(?:{names}{'|you' if role == 'recipient' else ''})"
    if role == "recipient" and _ADVISES.search(text):
        return True
    said = (
        rf"\b(?:{TELLING}) {whom}\b|\b{whom} (?:(?:already|also|only|first) )?(?:knew|learn(?:ed|t)|heard|(?:was|were)"
    )
    said += r" (?:told|informed|warned|notified|aware|copied|(?:present|there) (?:when|as|while)))\b"
    return re.search(said, " ".join(text.split())) is not None


_OWN = re.compile(
    r"\bI (?:had |have |also |then |first |only |already |myself )*(?:decided|ordered|instructed|arranged|agreed"
    r"|approved|allowed|knew|saw|noticed|heard|learn(?:ed|t)|found out|realised|realized|discovered|told|said|asked"
    r"|was (?:told|informed|warned|aware|present|there))\b"
)


def shows_own_knowledge(text: str) -> bool:
    """Whether a sentence says what its speaker decided, saw, heard or said: who decided a thing knew of it.

    Example:
        >>> shows_own_knowledge("I had agreed to the sale in May."), shows_own_knowledge("I like it.")
        (True, False)
    """
    return _OWN.search(" ".join(text.split())) is not None
