"""All of something, from all documents: rows of tables, entries of logs, documents, items of lists, sentences.

Nothing is ranked and no k is taken. A table is one of what was asked for where a column, its caption or its document's
title names it, or where its rows do; the words that narrow the question choose rows by columns ("late": the column
"Days late" is not 0) and by cells. The same thing in several documents is one row with copies: the same identifier, or
the same date and amount, or the same words. What a draft says, what is planned, asked for or denied is shown and not
counted.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Protocol

from hybrid.answering import enumeration_states, premises
from hybrid.answering.enumeration_bounds import UNITS
from hybrid.answering.enumeration_cells import sums_of
from hybrid.answering.enumeration_documents import days_of, names_of_thing
from hybrid.answering.enumeration_labels import listed_at, lists_anybody, named_under
from hybrid.answering.enumeration_question import ABSENT, PRESENT, Enumerated
from hybrid.answering.enumeration_rows import (
    BY_COLUMN,
    BY_ROWS,
    BY_TITLE,
    MAIL,
    MAILS,
    PAID,
    Found,
    Part,
)  # fmt: skip
from hybrid.answering.enumeration_tables import part_of
from hybrid.answering.enumeration_terms import EMPTY, ROWS, STATES, Term, root, roots
from hybrid.answering.enumeration_text import (
    acts_of,
    as_row,
    is_any_document,
    is_verb_of,
    items_of,
    persons_of,
    says_when,
    sentences_of,
)
from hybrid.answering.enumeration_values import is_empty, iso
from hybrid.answering.evidence import collapse
from hybrid.stores.rows import Titled
from hybrid.text import lexicon, values, wordnet
from hybrid.text.formatting import count
from hybrid.types.documents import Document
from hybrid.types.filters import Filter

MOST_CHARS = 40_000_000
"""Characters of documents that are looked through for one question, in some tens of seconds. Past that the answer says
that it has not seen all."""
_DIFFERENCES = 5
MOST_ELSEWHERE = 200
"""Documents that are looked through for sentences beside the rows."""
_ABSTRACT = roots(
    "reason theme argument issue point cause problem step fact event difference change risk thing way topic subject"
    " idea question answer result finding conclusion example detail aspect factor consequence benefit advantage"
)
_IN_STORIES = roots("character hero heroine protagonist narrator author speaker figure person")
"""Of these, texts name many without calling them so."""
_OFFICE_WORDS = 3
_MADE_NAMES = frozenset(map(root, ("column", "entry", "text")))
"""Of the names that columns without one are given."""


class Catalog(Protocol):
    """The part of a catalog that enumerating needs."""

    def matching(self, wanted: Filter) -> list[int]:
        """The ids of the documents that a filter lets through."""

    def document(self, document_id: int, source: str | None = None) -> Document:
        """A document with its text."""

    def expect(self, document_ids: Sequence[int]) -> None:
        """Ask for what is known of documents together."""

    def titles(self) -> Mapping[int, Titled]:
        """By document its title, first source and media type."""

    def words(self) -> Mapping[str, Sequence[int]]:
        """The words of all documents in lower case, each with the ids of the documents that hold it."""


@dataclass
class Result:
    """What was found: rows in order, each with its copies; and what is to be said of it."""

    columns: tuple[str, ...] = ()
    rows: list[tuple[Found, list[Found]]] = field(default_factory=list)
    summed: str = ""
    remarks: list[str] = field(default_factory=list)
    documents: int = 0
    asked: Enumerated | None = None
    """The question as it was answered, where that is otherwise than it was asked: a number as a sum."""
    cautions: list[str] = field(default_factory=list)
    """What of the question was not applied: said before all else."""
    unnarrowed: tuple[Term, ...] = ()
    """Words of the question that no row says, though the rows are given."""
    absent: tuple[str, ...] = ()
    """Names and means of the question that no document has: then nothing is listed."""
    unlisted: list[str] = field(default_factory=list)
    """Documents of meetings that do not list who was there."""
    without: list[str] = field(default_factory=list)
    """Titles of documents of meetings that list others."""
    by_column: bool = False
    by_title: bool = False
    of_documents: bool = False
    """Whether the rows are of a table by its column or its title, or documents of the kind that was asked for."""
    of_series: bool = False
    """Whether there are several documents of that kind: one may then be the only one that fits."""
    by: str = ""
    by_other: dict[str, list[Found]] = field(default_factory=dict)
    """The column of days by which rows were chosen, and which they are by each other column that may be meant."""
    nothing: str = ""
    """That nothing fits the question, and what was looked through."""


def find(catalog: Catalog, asked: Enumerated, where: Filter | None) -> Result | None:
    """What the documents have of what was asked for; ``None`` where nothing can be enumerated."""
    allowed = catalog.matching(where or Filter())
    missing, means = _absent_words(catalog, asked, allowed)
    if means:
        return Result(absent=tuple(dict.fromkeys(means)), documents=len(allowed))
    found = _any_found(catalog, asked, where, frozenset(missing))
    if found is not None and found.rows and asked.season and asked.since and asked.until:
        found.cautions.append(
            f"“{asked.season}” was taken as all of {asked.since[:4]} and {asked.until[:4]}: what is called so may be"
            " less."
        )
    if found is None or not found.rows or len(found.unnarrowed) != 1:
        return found
    (party,) = found.unnarrowed
    named_in = _naming_party(catalog, party, found, allowed) if party.name and not party.negated else ""
    if not named_in:
        return found
    without = replace(asked, terms=tuple(one for one in asked.terms if one != party))
    every = _any_found(catalog, without, where, frozenset(missing))
    if every is None or not every.rows or every.unnarrowed:
        return found
    every.cautions.insert(0, f"No row says {party}: these are taken to be of it, since {named_in} names both.")
    return every


def _naming_party(catalog: Catalog, party: Term, found: Result, allowed: Collection[int]) -> str:
    """The document that says of the rows, by their identifiers, whose they all are: it names two of them, or all, and
    the party. Empty where none does, rows of several tables were found, or a column says whose each is."""
    rows = [row for row, _ in found.rows if row.key[0] == "id"]
    tables = {(row.sentence.document_id, row.table) for row, _ in found.rows}
    if len(tables) != 1 or any(map(_is_of_somebody, found.columns)) or re.search(r"\d", party.word):
        return ""
    words = catalog.words()
    identifiers = {row.key[1] for row in rows}
    held = {one for identifier in identifiers for one in words.get(re.split(r"[\W_]+", identifier.lower())[-1], ())}
    own = {document_id for document_id, _ in tables}
    for document_id in sorted(held & set(allowed) - own):
        document = catalog.document(document_id)
        said = f"{document.text}\n{document.title}\n{document.metadata.author or ''}"
        named = [one for one in identifiers if re.search(rf"(?<![\w-]){re.escape(one)}(?![\w-])", said, re.IGNORECASE)]
        whose = all(re.search(rf"\b{re.escape(one)}\b", said, re.IGNORECASE) for one in party.choices)
        if whose and len(named) >= min(_FEWEST_NAMED, len(identifiers)):
            return document.source
    return ""


def _is_of_somebody(column: str) -> bool:
    """Whether a column says of each row whose it is: "Supplier", "Hired by"."""
    words = [word.lower() for word in lexicon.tokens(column)]
    return any(wordnet.is_person(word) or word in _PARTIES for word in words)


_PARTIES = lexicon.vocabulary("company firm party by from bank school carrier supplier account client")
_FEWEST_NAMED = 2
"""Rows that a document names beside a party; not measured."""


def no_list(asked: Enumerated) -> tuple[str, ...]:
    """That nothing can be listed of what a question asks for: what is quoted instead is not all of it. Nothing is said
    of abstract nouns ("reasons"), which no table has."""
    if root(asked.head) in _ABSTRACT:
        return ()
    return (
        f"No list of “{asked.head}” could be made: no table, log or list was found that has them and what narrows them."
        " What is quoted may not be all.",
    )


def _any_found(catalog: Catalog, asked: Enumerated, where: Filter | None, absent: frozenset[str]) -> Result | None:
    """What the documents have, by the tables, other documents that say otherwise, columns of numbers and the text;
    ``absent`` are words of the question that no document has."""
    result = _found(catalog, asked, where, absent=absent)
    if asked.kind == "sum" and not (result is not None and _knows(result, asked)):
        account = replace(asked, made_up=True)
        stated = _found(catalog, account, where, named=not asked.made_up) if _may_be_stated(asked) else None
        if stated is not None:
            stated.asked = account
            return stated
    if asked.kind != "count" and (other := _in_other_words(catalog, asked, where, result)) is not None:
        asked, result = other
    if result is not None and result.rows and not asked.labels and asked.kind != "sum":
        result.remarks += _said_elsewhere(catalog, asked, result, where)
    state = enumeration_states.read(asked)
    if result is not None and result.of_documents and any(one.role == "by" for one in asked.terms):
        state = None  # who signed for a thing is said of no state of it
    if state is not None and not asked.made_up and not asked.quantity:
        result = _with_states(catalog, asked, state, result, where)
    knows = result is not None and _knows(result, asked)
    if asked.kind == "count" and not knows and not asked.tentative:
        added = replace(asked, kind="sum", quantity=True)  # "how many eggs" is in a column "Eggs"
        quantity = _found(catalog, added, where)
        if quantity is not None and quantity.rows:
            quantity.asked = added
            return quantity
        if result is not None and (result.rows or result.nothing):
            other = _in_other_words(catalog, asked, where, result) if result.cautions else None
            return other[1] if other is not None else result
        said = _found(catalog, asked, where, in_text=True)
        if said is not None and said.rows:
            return said
        if (other := _in_other_words(catalog, asked, where, result)) is not None:
            return other[1]
        if quantity is not None and result is None:
            return quantity  # which columns there are
    return result


def _may_be_stated(asked: Enumerated) -> bool:
    """Whether a sum may stand under its name below an account of its parts: that of no verb, and of no rows that are
    chosen by a day or an amount."""
    chosen = (asked.since, asked.until, asked.bounds, asked.compared, asked.quantity, asked.tentative, asked.labels)
    return not any(chosen) and not asked.stems & (ROWS | EMPTY) and all(one.aside or one.soft for one in asked.terms)


def _knows(found: Result, asked: Enumerated) -> bool:
    """Whether rows are of what was asked for, and not only of a number of things that words do not narrow."""
    unnarrowed = asked.kind == "count" and bool(found.cautions)
    return (found.by_column or found.by_title or found.of_documents) and not unnarrowed


def _in_other_words(
    catalog: Catalog, asked: Enumerated, where: Filter | None, found: Result | None
) -> tuple[Enumerated, Result] | None:
    """The question with a noun that means what its own does, or a kind of it, and what a table lists under that noun:
    "consignments" as the column "Delivery". ``None`` where no table does, or one was ``found`` by its own noun."""
    if found is not None and (_knows(found, asked) or found.nothing):
        return None
    if asked.labels or asked.made_up or asked.quantity or asked.tentative or asked.attended:
        return None
    if asked.stems & (ROWS | EMPTY):
        return None
    for noun, relation in _other_nouns(catalog, asked):
        other = replace(asked, head=noun, stems=frozenset({root(noun)}))
        result = _found(catalog, other, where)
        if result is None or not result.rows or result.cautions:
            continue
        if result.by_column or (relation == "synonym" and result.of_documents):
            result.remarks.insert(0, f"No table lists “{asked.head}”: “{noun}” was taken as the same.")
            return other, result
    return None


def _other_nouns(catalog: Catalog, asked: Enumerated) -> Iterator[tuple[str, str]]:
    """The nouns of the documents that may name what was asked for and how they stand to its own, those that mean the
    same first, each root once; then those of the two nearest that mean the same ("shipments": "consignments":
    "delivery")."""
    words, noun = catalog.words(), asked.head.lower()
    if root(noun) in _ABSTRACT or not wordnet.senses(noun):
        return
    near = [(word, "synonym") for word in names_of_thing(noun, words.keys())]
    near += [one for one in _related(words, noun, asked.stems) if one not in near][:_MOST_NOUNS]
    yield from near
    known = asked.stems | {root(word) for word, _ in near}
    for one in [word for word, relation in near if relation == "synonym"][:_MOST_STEPS]:
        yield from ((word, "further") for word, _ in _related(words, one, known)[:_MOST_NOUNS])


def _related(words: Mapping[str, Sequence[int]], noun: str, but: Container[str]) -> list[tuple[str, str]]:
    """The nouns among words that stand in a relation to a noun, and in which, the nearest first."""
    found: dict[str, tuple[int, int, str, str]] = {}
    for word, documents in words.items():
        relation = wordnet.relation_of_nouns(noun, word) if word.isalpha() else None
        if relation is None or relation == "same" or root(word) in but or root(word) in EMPTY:
            continue
        one = (_NEARNESS.index(relation), -len(documents), word, relation)
        found[root(word)] = min(one, found.get(root(word), one))
    return [(word, relation) for _, _, word, relation in sorted(found.values())]


_NEARNESS = ("synonym", "narrower", "broader")
_MOST_NOUNS, _MOST_STEPS = 6, 2
"""Other nouns that are tried for one that no table has, and of how many of them others are tried; not measured."""


def _absent_words(catalog: Catalog, asked: Enumerated, allowed: Sequence[int]) -> tuple[list[str], list[str]]:
    """The words that narrow a question and that no document has, nor one that means the same or a kind of it; and those
    of them without which nothing is left to be listed: whole names, and by what means a thing was done."""
    if asked.labels or asked.made_up or asked.tentative or not allowed:
        return [], []
    narrowing = [
        term
        for term in asked.terms
        if not (term.negated or term.soft or term.others or term.label or term.bound)
        and (term.name or not (term.aside or term.is_phrase))
    ]
    if not narrowing:
        return [], []
    words, permitted = catalog.words(), set(allowed)
    titles = catalog.titles()
    called = frozenset().union(*(_called(titles[one]) for one in allowed if one in titles))
    held = {root(word) for word, documents in words.items() if not permitted.isdisjoint(documents)} | called
    missing: list[str] = []
    all_missing: list[str] = []
    for term in narrowing:
        if term.name:
            parts = [one for one in term.word.split() if len(one) > 2 and one.lower() not in _LEGAL_FORMS]
            absent = [one for one in parts if not premises.holding(one, words) & permitted and root(one) not in called]
            missing += absent
            all_missing += absent if absent and len(absent) == len(parts) else []
        elif not _is_known(term, held, words):
            missing.append(term.word)
            all_missing += [term.word] if term.means else []
    return missing, all_missing


def _is_known(term: Term, held: Container[str], words: Iterable[str]) -> bool:
    """Whether documents have a word, or one that means the same or a kind of it; of a word that the dictionary does not
    have, or an abstract one, nothing is concluded."""
    low = term.word.lower()
    if {term.stem, root(low)} & _ABSTRACT or term.stem in held or root(low) in held or not wordnet.senses(low):
        return True
    if any({term.stem, root(low)} & (done | not_done) for done, not_done in STATES):
        return True
    alike = ("same", "synonym", "broader")
    return any(wordnet.relation(low, word) in alike for word in words if word.isalpha())


_LEGAL_FORMS = lexicon.vocabulary("ltd limited inc corp llc llp plc gmbh sons company the and")


def _said_elsewhere(catalog: Catalog, asked: Enumerated, result: Result, where: Filter | None) -> list[str]:
    """That other documents say by its verb, with a time or a day, what was asked for: "We first rang at 06:20" of
    calls. Whether that is one of the rows, or one more, is for the reader to see."""
    noun = asked.head.lower()
    if not wordnet.verbal(noun):
        return []
    known = {one.sentence.document_id for row, copies in result.rows for one in (row, *copies)}
    verbs = {word for word in catalog.words() if _is_past_of(noun, word)}
    held = {one for verb in verbs for one in catalog.words()[verb]} - known
    found = []
    for document_id in [one for one in catalog.matching(where or Filter()) if one in held][:MOST_ELSEWHERE]:
        document = catalog.document(document_id)
        for unit in document.layout.units:
            text = collapse(document.text[unit.start : unit.end])
            said = {word.lower() for word in lexicon.tokens(text)}
            if unit.heading is None and verbs & said and says_when(text):
                found.append(document.source)
                break
    if not found:
        return []
    more = f" and {count(len(found) - _DIFFERENCES, 'other')}" if len(found) > _DIFFERENCES else ""
    names = ", ".join(found[:_DIFFERENCES])
    return [f"There may be more: sentences of {names}{more} say with a time or a day what may be one of “{noun}”."]


def _is_past_of(noun: str, word: str) -> bool:
    """Whether a word is the past of a verb for what a noun names: "rang" and "phoned" of "calls"."""
    return (
        word.isalpha()
        and wordnet.is_verb(word)
        and not (wordnet.is_infinitive(word) or word.endswith(("s", "ing")))
        and wordnet.relation(noun, word) in ("same", "synonym")
    )


def _with_states(
    catalog: Catalog, asked: Enumerated, state: enumeration_states.State, result: Result | None, where: Filter | None
) -> Result | None:
    """The result with what other documents say of its rows, and with the rows that are in the state that is asked for
    not by their table but by another document."""
    everything = _found(catalog, replace(asked, terms=tuple(one for one in asked.terms if one != state.term)), where)
    if everything is None:
        return result
    allowed = catalog.matching(where or Filter())
    chosen = {row.key for row, _ in result.rows} if result is not None else set()
    rows = [row for row, _ in result.rows] if result is not None else []
    others = [row for row, _ in everything.rows if row.key not in chosen]
    against = enumeration_states.said_otherwise(catalog, asked, state, rows, allowed, chosen=True)
    said = enumeration_states.said_otherwise(catalog, asked, state, others, allowed, chosen=False)
    if not against and not said:
        return result
    silent = [
        row
        for row, _ in everything.rows
        if row.key in said and said[row.key].whole and not enumeration_states.table_says(row, state)
    ]
    disputed = enumeration_states.said_otherwise(catalog, asked, state, silent, allowed, chosen=True)
    confirmed = {row.key for row in silent if row.key not in chosen}
    made = result if result is not None and result.rows else replace(everything, rows=[], remarks=everything.remarks[:])
    made.rows = [
        (enumeration_states.marked(row, against[row.key]) if row.key in against else row, copies)
        for row, copies in made.rows
    ]
    for row, copies in everything.rows:
        if row.key in confirmed:
            row = enumeration_states.confirmed(row, said[row.key].sentences)
            row = enumeration_states.marked(row, disputed[row.key]) if row.key in disputed else row
            made.rows.append((row, copies))
        elif row.key in said and row.key not in chosen:
            made.rows.append((enumeration_states.marked(row, said[row.key], chosen=False), copies))
    made.remarks += enumeration_states.remark_on_parts((row for row, _ in made.rows), against)
    made.nothing = ""
    return made


def _found(
    catalog: Catalog,
    asked: Enumerated,
    where: Filter | None,
    *,
    in_text: bool = False,
    named: bool = False,
    absent: frozenset[str] = frozenset(),
) -> Result | None:
    """What the documents have; ``in_text`` only what lists and sentences have that say it by its verb, which a number
    is taken from where no table has any; ``named`` only the totals that are called so, of what is made up."""
    result, read = Result(), 0
    parts: list[Part] = []
    documents: list[Found] = []
    spoken: list[Found] = []
    persons: list[Found] = []
    of_persons = asked.kind == "list" and not asked.tentative and wordnet.is_person(asked.head.lower())
    candidates = _candidates(catalog, asked)
    allowed = catalog.matching(where or Filter())
    if not asked.labels and not any(one in candidates for one in allowed) and _names_nothing(catalog, asked):
        return (
            Result(nothing=premises.sentence([asked.head], len(allowed)), documents=len(allowed)) if allowed else None
        )
    catalog.expect([one for one in allowed if one in candidates])
    for document_id in allowed:
        result.documents += 1
        if document_id not in candidates:
            continue
        document = catalog.document(document_id)
        read += len(document.text)
        if read > MOST_CHARS:
            result.remarks.append("Not all documents were looked through; filter them to be sure of the rest.")
            break
        if asked.labels:
            persons += named_under(document_id, document, asked)
            found = (part_of(document_id, document, table, asked) for table in document.layout.tables)
            parts += [part for part in found if part is not None and part.rule <= BY_COLUMN and not part.unused]
            continue
        if asked.made_up:
            parts += sums_of(document_id, document, asked, named=named)
            continue
        if in_text:
            spoken += items_of(document_id, document, asked)
            spoken += acts_of(document_id, document, asked)
            continue
        parts += [part for table in document.layout.tables if (part := part_of(document_id, document, table, asked))]
        if asked.quantity or asked.compared or asked.paired:
            continue
        of_kind = as_row(document_id, document, asked)
        documents += _attended(document_id, document, asked, of_kind, result) if asked.attended else of_kind
        if of_persons:
            persons += persons_of(document_id, document, asked)
        if asked.kind != "count":
            spoken += items_of(document_id, document, asked)
            spoken += acts_of(document_id, document, asked)
        if asked.kind != "count" and (asked.of_money or asked.since or asked.until or "date" in asked.fields):
            spoken += sentences_of(document_id, document, asked)
    if asked.kind == "count" and len(documents) == 1 and any(one.role == "by" for one in asked.terms):
        every = replace(asked, terms=(), since=None, until=None)
        kind = (one for one in allowed if one in candidates and as_row(one, catalog.document(one), every))
        result.of_series = next(islice(kind, 1, None), None) is not None
    if asked.labels:
        if asked.labels & PRESENT and asked.labels & ABSENT:
            persons += [_as_person(row) for part in parts for row in part.rows]
        return _of_labels(result, persons) or (_composed(result, asked, parts, [], [], absent) if parts else None)
    if asked.made_up:
        return _made_up(result, parts)
    if asked.attended and result.without and not documents:
        result.remarks += _not_listed(asked, result)
        return result
    in_tables = any(part.rule != BY_ROWS or _names_office(part, asked) for part in parts)
    if in_text and len({tuple(row.cells) for row in spoken}) > 1:
        return None  # one thing may be both an item of a list and a sentence
    nobody = not spoken and not asked.stems & _IN_STORIES
    if of_persons and not (in_tables or documents) and (persons or nobody):
        return _of_persons(result, asked, persons)
    return _composed(result, asked, parts, documents, spoken, absent)


def _attended(
    document_id: int, document: Document, asked: Enumerated, meetings: list[Found], result: Result
) -> list[Found]:
    """Of the documents of meetings those that list somebody as present, or as absent, cited by that entry."""
    listed = listed_at(document_id, document, asked) if meetings else None
    if listed is None:
        if meetings and not lists_anybody(document_id, document, PRESENT):
            result.unlisted.append(document.source)
        elif meetings:
            result.without.append(document.title)
        return []
    name = next(iter(listed.cells.values()))
    title = meetings[0].cells["Document"]
    held = [iso(day) for _, _, day in values.days(title)]  # of the meeting itself
    day = next(iter(held or days_of(document, replace(asked, terms=()))), meetings[0].cells["Date"])
    cells = {"Meeting": title, "Date": day, "Listed": name}
    key = ("meeting", cells["Meeting"].casefold(), cells["Date"])
    return [replace(meetings[0], sentence=listed.sentence, table=listed.table, cells=cells, key=key, date=day or None)]


def _not_listed(asked: Enumerated, result: Result) -> list[str]:
    """That the documents of the meetings that were asked for list others as present, or as absent."""
    names = " or ".join(str(term) for term in asked.terms if term.name)
    titles = list(dict.fromkeys(result.without))
    more = [count(len(titles) - _DIFFERENCES, "other")] if len(titles) > _DIFFERENCES else []
    how = "absent" if asked.attended == ABSENT else "present"
    return [f"{names} is not among those whom {', '.join([*titles[:_DIFFERENCES], *more])} name as {how}."]


def _candidates(catalog: Catalog, asked: Enumerated) -> Container[int]:
    """The documents that say the noun or a synonym somewhere, or are mails where mails were asked for; all of them
    where any table may have it. No other has any of what was asked for: `find` reads these alone."""
    titles = catalog.titles()
    if asked.stems & ROWS or (asked.quantity and asked.terms) or is_any_document(asked):
        return titles
    wanted = asked.stems | roots(asked.head) | (PAID if root("paid") in asked.stems else frozenset())
    if wanted & _MADE_NAMES:
        return titles
    found = {
        one
        for word, documents in catalog.words().items()
        if root(word) in wanted or is_verb_of(asked, word)
        for one in documents
    }
    mails = bool(wanted & MAILS)
    for document_id, one in titles.items():
        if document_id not in found and ((mails and one.media_type == MAIL) or wanted & _called(one)):
            found.add(document_id)
    return found


def _called(one: Titled) -> frozenset[str]:
    """The roots of the words of what a document and its file are called: "repairs_2024.csv"."""
    return roots(f"{one.title} {one.source}".replace("_", " "))


def _names_nothing(catalog: Catalog, asked: Enumerated) -> bool:
    """Whether the noun names things of which no document speaks in any word: neither by it nor by a synonym, nor by a
    word for a kind of it or for what it is a kind of. Of abstract nouns ("reasons") nothing is concluded, nor of
    numbers of units, people or acts ("votes"): rows have them in other words."""
    noun = asked.head.lower()
    if (
        not wordnet.senses(noun)
        or asked.made_up
        or asked.quantity
        or noun.endswith("ed")
        or root(noun) in _ABSTRACT
        or (asked.kind == "count" and (noun in UNITS or wordnet.is_person(noun) or wordnet.verbal(noun)))
    ):
        return False
    return not any(wordnet.relation(noun, word) for word in catalog.words() if word.isalpha())


# Which parts are taken --------------------------------------------------------------------------------------------


def _composed(
    result: Result,
    asked: Enumerated,
    parts: list[Part],
    documents: list[Found],
    spoken: list[Found],
    absent: frozenset[str],
) -> Result | None:
    of_kind = {part.columns for part in parts if part.of_kind}  # other tables of these columns have none
    parts = [part for part in parts if part.of_kind or part.columns not in of_kind]
    unsaid = [part for part in parts if part.unsaid]
    parts = [part for part in parts if not part.unsaid]
    if unsaid and not parts:
        result.remarks += [_columns_of(part) for part in unsaid[:_DIFFERENCES]]
        return result
    if asked.tentative:
        wanted = BY_TITLE if asked.stems & ROWS else BY_COLUMN
        parts = [part for part in parts if part.rows and not part.unused and part.rule <= wanted]
        documents, spoken = [], []
    empty, parts = [part for part in parts if not part.rows], [part for part in parts if part.rows]
    fewest = min((len(part.unused) for part in parts), default=0)
    if parts and empty and not spoken:
        least = min(len(_missing(part.unused)) for part in empty)
        if all(len(_missing(part.unused)) > least for part in parts):
            parts, fewest = [], 0  # the tables that say what narrows the question have no such row
    parts = [part for part in parts if len(part.unused) == fewest]
    rule = min((part.rule for part in parts), default=BY_ROWS)
    if (
        documents
        and asked.kind != "sum"
        and (fewest or rule == BY_ROWS)
        and (len(documents) > (asked.kind == "count") or asked.attended or result.of_series)
    ):
        rows, result.columns, result.of_documents = documents, tuple(documents[0].cells), True
        result.remarks.append(
            "Counted: documents of meetings that list the person."
            if asked.attended
            else "Counted: documents, by their titles and folders and whom they name as doing it; e-mails by who sent"
            " and received them."
        )
        result.remarks += _no_lists(result)
    elif parts and (missing := _missing(parts[0].unused)) and not spoken and rule != BY_ROWS:
        words = " or ".join(map(str, missing))
        said = [part for part in parts if part.rule == rule]
        total = sum(len(part.rows) for part in said)
        none = f"No row says {words}: {total:,} {_counted_by(said)} were looked through."
        if asked.kind == "count" and not {term.word for term in missing} <= absent:
            result.remarks.append(none)  # a sentence may say the number
        else:
            result.nothing = none
        return result
    elif parts and _is_enough(asked, parts[0].unused, rule):
        rows = _of_tables(result, asked, parts, documents)
        result.by_column, result.by_title = rule <= BY_COLUMN, rule == BY_TITLE
    else:
        rows = [row for row in spoken if row.cells.keys() == spoken[0].cells.keys()]
        if not rows and empty:
            best = min(part.rule for part in empty)
            said = [part for part in empty if part.rule == best]
            total = sum(part.before for part in said)
            none = f"None of {total:,} {_counted_by(said)} fits what was asked for"
            if lacking := list(dict.fromkeys(str(term) for part in said for term in part.unused)):
                none += f", and none says {' or '.join(lacking)}"
            if asked.quantity:  # a sentence may say the number
                result.remarks.append(f"{none}: nothing was added up.")
            else:
                result.nothing = f"{none}."
            return result
        if not rows:
            return None
        result.columns = tuple(rows[0].cells)
        result.summed = "Amount" if any(row.amount is not None for row in rows) else ""
        result.remarks.append("Found in sentences and lists; no table of them was found.")
    result.rows = _merged(rows, of_money=asked.of_money)
    if all(row.date for row, _ in result.rows):
        result.rows.sort(key=lambda pair: pair[0].date or "")
    result.remarks += _differences(result.rows)
    return result if result.rows else None


def _no_lists(result: Result) -> list[str]:
    """Which documents of meetings say nothing of who was there."""
    if not result.unlisted:
        return []
    more = f" and {count(len(result.unlisted) - _DIFFERENCES, 'other')}" if len(result.unlisted) > _DIFFERENCES else ""
    return [f"These do not list who was there: {', '.join(result.unlisted[:_DIFFERENCES])}{more}."]


def _columns_of(part: Part) -> str:
    """That a column of numbers was not added, since nothing there says that it is of what was asked for."""
    source = part.rows[0].sentence.source
    return (
        f"Nothing was added up from {source}: nothing there says “{part.unsaid}”. Its columns are"
        f" {', '.join(part.columns)}; ask for one by its name."
    )


def _names_office(part: Part, asked: Enumerated) -> bool:
    """Whether a row has a cell that is what was asked for: "Ann Orr | Trustee"."""
    return any(
        len(cell.split()) <= _OFFICE_WORDS and roots(cell) & asked.stems
        for row in part.rows
        for cell in row.cells.values()
    )


def _of_persons(result: Result, asked: Enumerated, persons: list[Found]) -> Result:
    """The people whom sentences name as what was asked for, or that none does."""
    if not persons:
        result.nothing = (
            f"No list of “{asked.head}” was found, nor a sentence that names one:"
            f" {count(result.documents, 'document')} {'was' if result.documents == 1 else 'were'} looked through."
        )
        return result
    result.columns = tuple(persons[0].cells)
    result.remarks.append("Named in sentences; no table of them was found.")
    result.rows = _merged(persons)
    return result


def _of_labels(result: Result, persons: list[Found]) -> Result | None:
    """The people of labelled lines; ``None`` where no document has such a line."""
    if not persons:
        return None
    columns = tuple(persons[0].cells)
    result.columns = tuple(name for name in columns if any(row.cells[name] for row in persons))
    result.remarks.append("Counted: names in labelled lines and in sentences that say who was there.")
    result.rows = _merged(persons)
    return result


def _as_person(row: Found) -> Found:
    """A row of a table of people as an entry of a list of them."""
    (column, name), *others = row.cells.items()
    cells = {"Name": name, "Role": "; ".join(cell for _, cell in others if cell), "Listed as": column}
    return replace(row, cells=cells | {"Date": row.date or ""})


def _missing(unused: Sequence[Term]) -> list[Term]:
    """The words that make a thing what is asked for ("submarine deliveries", "deliveries of eels") among those that no
    table says. Where something is said ("in the letters") is none of them, nor whose it is ("of Orr"): a ledger need
    not say that."""
    return [term for term in unused if not (term.aside or term.name)]


def _counted_by(parts: Sequence[Part]) -> str:
    return "; ".join(dict.fromkeys(part.counted_by for part in parts))


def _is_enough(asked: Enumerated, unused: Sequence[Term], rule: int) -> bool:
    """Whether rows answer a question although they say nothing of some of its words. No number does: a wrong one is
    worse than none; and rows that only mention the noun do where one word after it is missing."""
    if not unused:
        return True
    if (asked.kind == "count" and _missing(unused)) or any(term.bound for term in unused):
        return False
    return rule != BY_ROWS or (len(unused) == 1 and not unused[0].before)


def _of_tables(result: Result, asked: Enumerated, parts: list[Part], documents: list[Found]) -> list[Found]:
    """The rows of the tables that know best what they are about; those of others only as copies, or where nothing
    narrows the question."""
    rule = min(part.rule for part in parts)
    best = [part for part in parts if part.rule == rule]
    sizes: dict[tuple[str, ...], int] = defaultdict(int)
    for part in best:
        sizes[part.columns] += len(part.rows)
    result.columns = max(sizes, key=lambda columns: sizes[columns])
    best.sort(key=lambda part: part.columns != result.columns)
    result.summed = next((part.summed for part in best if part.summed), "")
    rows = [row for part in best for row in part.rows]
    if len({(part.by, tuple(name for name, _ in part.by_other)) for part in best}) == 1:
        result.by = best[0].by
        for part in best:
            for name, dated in part.by_other:
                result.by_other.setdefault(name, []).extend(dated)
        result.by_other = {
            name: [row for row, _ in _merged(dated, of_money=asked.of_money)] for name, dated in result.by_other.items()
        }
    if unused := [str(term) for term in best[0].unused]:
        result.cautions.append(
            f"Not narrowed by {', '.join(unused)}: no heading and no row of these tables says it, nor what they and"
            " their files are called."
        )
        result.unnarrowed = best[0].unused
        result.summed = ""  # a sum of more than what was asked for is none
        if asked.kind != "list":  # a number that may be of others is worse than none
            rows = [replace(row, not_counted=row.not_counted or f"not known to be of {unused[0]}") for row in rows]
    if asked.kind == "sum" and rule == BY_ROWS and len(sizes) > 1:
        result.summed = ""
        result.cautions.append(
            f"These rows only mention “{asked.head}”, in tables with different columns: their amounts were not added."
        )
    result.remarks.append(f"Counted: {_counted_by(best)}.")
    if rule > BY_COLUMN:
        return rows
    known = {row.key for row in rows}
    beside = [part for part in parts if part.rule == BY_COLUMN and part not in best]
    more = [replace(row, amount=None) for part in beside for row in part.rows]
    more += [_under(row, result.columns, asked) for row in documents if row.identifier]
    bounded = any(
        (
            asked.since,
            asked.until,
            asked.bounds,
            *(term for term in asked.terms if not term.name),
        )
    )
    return rows + [row for row in more if row.key[0] == "id" and (row.key in known or not bounded)]


def _under(row: Found, columns: tuple[str, ...], asked: Enumerated) -> Found:
    """A document as a row of a table: its identifier below the column that names such documents, and its date."""
    head = next((name for name in columns if roots(name) & asked.stems), columns[0])
    dated = next((name for name in columns if root("date") in roots(name)), None)
    cells = {head: row.identifier} | ({dated: row.cells["Date"]} if dated else {})
    return replace(row, cells=cells, amount=None)


def _merged(rows: Iterable[Found], *, of_money: bool = True) -> list[tuple[Found, list[Found]]]:
    """Each thing once, with its copies. Two rows of one table are two things, whatever they share; but where no amounts
    are asked for, not those whose first column names something else: two items of a delivery that are of one batch."""
    found: list[tuple[Found, list[Found]]] = []
    known: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row in rows:
        place = (row.sentence.document_id, row.table)
        for at in known[row.key]:
            first, copies = found[at]
            same_table = place in {(one.sentence.document_id, one.table) for one in (first, *copies)}
            if not same_table or not (of_money or _is_named_first(row)):
                if first.not_counted and not row.not_counted:
                    found[at] = (row, [first, *copies])
                else:
                    copies.append(row)
                break
        else:
            known[row.key].append(len(found))
            found.append((row, []))
    return found


def _is_named_first(row: Found) -> bool:
    """Whether a row's identifier stands in the first column of its table, as that of what the table lists does."""
    first = row.sentence.split()[-1].text.strip().casefold()
    return row.key[0] != "id" or first.startswith(row.key[1])


def _differences(rows: Sequence[tuple[Found, list[Found]]]) -> list[str]:
    """Where copies of one thing in tables with the same columns differ."""
    said: list[str] = []
    for row, copies in rows:
        alike = [row, *(copy for copy in copies if copy.cells.keys() == row.cells.keys())]
        for name in row.cells if len(alike) > 1 else ():
            seen = {collapse(one.cells[name]).casefold(): one for one in alike if not is_empty(one.cells[name])}
            if len(seen) > 1 and len(said) < _DIFFERENCES:
                each = "; ".join(f"{one.cells[name]} ({one.sentence.title})" for one in seen.values())
                said.append(f"{row.cells[next(iter(row.cells))]}: documents differ in {name}: {each}.")
    return said


# What a sum is made of ----------------------------------------------------------------------------------------------


def _made_up(result: Result, parts: list[Part]) -> Result | None:
    """The newest table that adds up what was asked for, and the rows of others that have its amounts."""
    if not parts:
        return None
    newest = sorted(parts, key=lambda part: part.dated, reverse=True)
    best = min(newest, key=lambda part: (all(row.not_counted for row in part.rows), part.rule))
    wanted = {row.key for row in best.rows}
    alike = [
        part for part in parts if 2 * len(wanted & {row.key for row in part.rows}) > len(wanted) and part is not best
    ]
    result.columns, result.summed = best.columns, best.summed
    rows = [*best.rows, *(row for part in alike for row in part.rows if row.key in wanted)]
    result.rows = _merged(rows)
    if best.check:
        result.cautions.append(best.check)
    if left := len(parts) - 1 - len(alike):
        result.remarks.append(f"{left} other {'table adds' if left == 1 else 'tables add'} up something of that name.")
    return result
