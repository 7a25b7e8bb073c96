"""What a document says of all its rows outside its tables: on which day they came, and who brought or signed for them.

A delivery note has a table of its items, and says once, in a sentence, when they arrived and by whom. Such a sentence
counts for every row of the note, and for the note itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from hybrid.answering.enumeration_question import Enumerated
from hybrid.answering.enumeration_rows import HEAD, IDENTIFIER, Found, is_between, names_of
from hybrid.answering.enumeration_terms import Term, names_alike, root, rooted, roots
from hybrid.answering.enumeration_values import iso
from hybrid.text import lexicon, values, wordnet
from hybrid.types.documents import Document

_LOOKED_THROUGH = 6000
"""Characters of a document that are looked through for what it says of all its rows; not measured."""
_CLAUSE_END = re.compile(r"(?<!\b[A-Z])[.;!?](?:\s|$)|,\s|\n")
_OF_ANOTHER = re.compile(r"\b[A-Z][\w/-]*\d\w*,?\s+(?:of|dated)\s+(?:the\s+)?$")
"""Before a day these say that it is another document's: "Order PO-12 of 3 May"."""
_TO_COME = rooted("due deadline expect plan schedule promise agree target expire valid until before")
_ARRIVES = rooted("arrive deliver receive unload come bring land turn_up get reach")
_ARRIVED_FOR = re.compile(r"\bsign(?:ed|ature)\s+for\b", re.IGNORECASE)
_CARRIES = rooted("bring carry haul transport deliver take drive fetch convey run make")
_CARRIER = rooted("driver courier carrier haulier haulage lorry truck van vehicle freight postman messenger brought")
_WRITES = rooted("write send author draft issue sign_off")
_GENERIC = rooted("quantity qty units unit number pieces pcs count no")


def days_of(document: Document, asked: Enumerated) -> list[str]:
    """The days of what a question asks for as the document gives them: of the act that the question names ("arrived":
    "unloaded on 3 May"), else those at its head that are neither another document's nor still to come, and its own."""
    head = f"{document.title}\n{document.text[:HEAD]}"
    acts = [term.word for term in asked.terms if not term.name and wordnet.is_verb(term.word.lower())]
    if acts and (of_act := list(_days_of_act(document, acts))):
        return of_act
    days = [(_CLAUSE_END.split(head[:start])[-1], head[:start], iso(day)) for start, _, day in values.days(head)]
    own = [day for clause, before, day in days if not (is_of_another(before) or roots(clause) & _TO_COME)]
    own += [document.date[:10]] if document.date else []
    return own or [day for _, _, day in days]


def is_of(document: Document, asked: Enumerated) -> bool:
    """Whether a document is of the days that a question names, by what it says of them (`days_of`)."""
    said = days_of(document, asked)
    if not said and (asked.since or asked.until or "").startswith("--"):
        words = re.findall(r"[^\W\d_]+", f"{document.title}\n{document.text[:HEAD]}")
        months = {values.MONTHS[word.lower()] for word in words if word.lower() in values.MONTHS}
        said = [f"--{month:02d}-15" for month in months]
    return any(is_between(day, asked) for day in said)


def _days_of_act(document: Document, acts: Sequence[str]) -> Iterator[str]:
    for clause in clauses(document):
        dated = [iso(day) for _, _, day in values.days(clause)]
        said = roots(clause) if dated else frozenset()
        if dated and not said & _TO_COME and all(says_act(act, clause, said) for act in acts):
            yield dated[0]


def clauses(document: Document) -> list[str]:
    """The clauses of a document outside its tables."""
    text = document.text[:_LOOKED_THROUGH]
    for table in reversed(document.layout.tables):
        text = f"{text[: table.start]}\n{text[table.end :]}"
    return [one for one in (" ".join(part.split()) for part in _CLAUSE_END.split(text)) if one]


def is_of_another(before: str) -> bool:
    """Whether what stands before a day says that it is another document's: "Order PO-12 of"."""
    return _OF_ANOTHER.search(before) is not None


def is_to_come(text: str) -> bool:
    """Whether a text speaks of a day on which something is still to be done: "due on 3 May"."""
    return bool(roots(text) & _TO_COME)


def says_act(act: str, clause: str, said: frozenset[str]) -> bool:
    """Whether a clause says an act, in its own word or another for the same."""
    stem = root(act)
    if stem in said or names_alike(act, clause):
        return True
    return stem in _ARRIVES and bool(said & _ARRIVES or _ARRIVED_FOR.search(clause))


def is_done_by(document: Document, name: Term, asked: Enumerated) -> bool:
    """Whether a document says that somebody did with its thing what the question asks: "signed for by Orr", "driver
    Orr" of what he brought."""
    acts = [term for term in asked.terms if is_act(term)]
    offices = [term for term in acts if is_office(term.word) and not term.soft]
    if offices and len(acts) > len(offices):  # what a driver or a carter brings, he carries
        acts = [term for term in acts if term in offices or term.stem not in _CARRIES]
    if not acts or any(term.stem in _WRITES for term in acts):
        return False
    return any(
        all(_does(choice, term, clause) for term in acts)
        for choice in name.choices
        for clause in clauses(document)
        if _stands_in(choice, clause)
    )


def may_be_of(document: Document, name: Term, asked: Enumerated) -> bool:
    """Whether a document that names somebody outside its rows may be of what they did: it says so, or has the name in
    its title or at its head, and not only among those who were there. Where no act is asked for, it may."""
    if not any(is_act(term) for term in asked.terms) or is_done_by(document, name, asked):
        return True
    head = [one for one in clauses(document)[:_HEAD_CLAUSES] if not _THERE.match(one)]
    about = "\n".join((document.title, document.metadata.author or "", document.source, *head))
    return names_of(name, about)


_HEAD_CLAUSES = 5
"""Clauses at the head of a document that say whose it is; not measured."""
_THERE = re.compile(r"(?:present|attend\w*|in attendance|apolog\w*|absent|to|from|cc|copy)\b", re.IGNORECASE)


def is_act(term: Term) -> bool:
    """Whether a word of a question is what somebody did, or as what: "sign", "driver"."""
    low = term.word.lower()
    plain = not (term.name or term.label or term.bound or term.is_phrase or term.negated or term.aside)
    return plain and (term.soft or wordnet.is_verb(low) or is_office(low) or term.is_verb)


def is_office(word: str) -> bool:
    """Whether a word may be what somebody is: "driver", which is also a golf club."""
    low = word.lower()
    agent = low.endswith(("er", "or")) and not wordnet.is_infinitive(low)
    return wordnet.is_person(low) or (agent and wordnet.kind_of("person")(low))


def _stands_in(name: str, clause: str) -> bool:
    return all(re.search(rf"(?<![\w]){re.escape(part)}(?!\w)", clause) for part in name.split())


def _does(name: str, act: Term, clause: str) -> bool:
    """Whether a clause says of somebody that they did something, or that they are something."""
    low, last = act.word.lower(), re.escape(name.split()[-1])
    if is_office(low) and not act.soft:
        beside = (
            rf"\b{re.escape(low)}\b\W+(?:[\w.]+\s){{0,2}}{last}\b|\b{last}\W+(?:(?:the|a|our)\s+)?{re.escape(low)}\b"
        )
        return re.search(beside, clause, re.IGNORECASE) is not None
    said = roots(clause)
    if root(low) in _CARRIES and re.search(rf"\b(?:\w+\W+){{1,3}}{last}", clause) and said & _CARRIER:
        return True
    if not says_act(low, clause, said):
        return False
    first = re.escape(name.split()[0])
    return re.search(rf"(?:\bby\b|:)\s+(?:[\w.]+\s){{0,2}}{first}|^(?:[\w.]+\s){{0,2}}{first}", clause) is not None


def with_document(row: Found, document: Document, asked: Enumerated) -> Found:
    """A row without a day or an identifier as its document's own: two notes may have the same line of the same goods,
    and each of them counts."""
    if row.key[0] != "row":
        return row
    named = [word for word in document.title.split() if IDENTIFIER.fullmatch(word) and re.search(r"[^\W\d]", word)]
    return replace(row, key=(*row.key, named[0].casefold() if named else " ".join(days_of(document, asked))))


def names_of_thing(noun: str, words: Iterable[str]) -> list[str]:
    """The words among ``words`` by which what is carried to somebody goes, as "load" does: a dictionary has them apart.

    Example:
        >>> names_of_thing("loads", ["delivery", "letter"]), names_of_thing("eggs", ["delivery"])
        (['delivery'], [])
    """
    if root(noun) not in _CARRIED:
        return []
    return [word for word in words if root(word) in _CARRIED and root(word) != root(noun)]


def may_be_number_of(name: str, asked: Enumerated) -> bool:
    """Whether a column's name has the noun that is counted. Below "Delivered" stands how much was, and not how many
    deliveries there were."""
    said = [word for word in lexicon.tokens(name) if root(word) in asked.stems]
    return any(not (asked.stems & _CARRIED and word.lower().endswith("ed")) for word in said)


_CARRIED = rooted("load consignment shipment delivery cargo drop lorryload truckload haul trip run")
"""Nouns for what is carried at one time."""


def is_generic_number(name: str) -> bool:
    """Whether a column's name says no more than that it has numbers of things: "Units", "Qty"."""
    return bool(roots(name)) and roots(name) <= _GENERIC


def says_acts(document: Document, acts: Iterable[str]) -> bool:
    """Whether a document says acts of its rows, each in its own word or another, by its title or with a day: "received"
    a "Goods received note", and one that was "landed on 3 May", not an order that says where to send the invoice."""
    dated = (one for one in clauses(document) if not is_to_come(one) and next(iter(values.days(one)), None))
    said = [(one, roots(one)) for one in (document.title, *dated)]
    return all(any(says_act(act, clause, words) for clause, words in said) for act in acts)
