"""Search by words, on any database: `hybrid.stores.backend.TextIndex` of the connection's own does it."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping, Sequence
from itertools import pairwise

from sqlalchemy import Connection

from hybrid.stores.backend import backend_of
from hybrid.stores.filtering import Selection

_TERM = re.compile(r'"(?:[^"]|"")+"(?: \*)?')


def storable(value: str) -> bool:
    """Whether a database can hold the text: no NUL, and no lone surrogates, which UTF-8 cannot write."""
    if "\x00" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def add(connection: Connection, rows: Sequence[tuple[int, str]]) -> bool:
    """See `TextIndex.add`."""
    return backend_of(connection).text.add(connection, rows)


def remove(connection: Connection, document_id: int) -> None:
    """See `TextIndex.remove`."""
    backend_of(connection).text.remove(connection, document_id)


def create(connection: Connection) -> None:
    """See `TextIndex.create`."""
    backend_of(connection).text.create(connection)


def rebuild(connection: Connection) -> None:
    """See `TextIndex.rebuild`."""
    backend_of(connection).text.rebuild(connection)


def optimize(connection: Connection) -> None:
    """See `TextIndex.optimize`."""
    backend_of(connection).text.optimize(connection)


def indexed(connection: Connection) -> int:
    """See `TextIndex.indexed`."""
    return backend_of(connection).text.indexed(connection)


def fault(connection: Connection) -> str | None:
    """See `TextIndex.fault`."""
    return backend_of(connection).text.fault(connection)


def search(connection: Connection, match: str, k: int, selection: Selection | None = None) -> list[tuple[int, float]]:
    """See `TextIndex.search`; nothing for an empty expression, or where ``k`` or the selection is."""
    if not match or k < 1 or (selection is not None and not len(selection)):
        return []
    return backend_of(connection).text.search(connection, match, k, selection)


def matching(connection: Connection, match: str) -> list[tuple[int, int]]:
    """See `TextIndex.matching`; nothing for an empty expression."""
    return backend_of(connection).text.matching(connection, match) if match else []


def documents_with(connection: Connection, match: str) -> Iterator[int]:
    """See `TextIndex.documents_with`."""
    return backend_of(connection).text.documents_with(connection, match)


def count(connection: Connection, match: str, up_to: int) -> int:
    """How many chunks a match expression finds; counting ends at ``up_to``. Cheap: nothing is scored."""
    return counts_of(connection, [match], up_to)[0] if match else 0


def counts_of(connection: Connection, matches: Sequence[str], up_to: int) -> list[int]:
    """`count` of each expression, none of them empty, in one statement."""
    return backend_of(connection).text.counts_of(connection, matches, up_to) if matches else []


def search_words(
    connection: Connection,
    match: str,
    k: int,
    budget: int,
    postings: int,
    known: MutableMapping[str, int],
    selection: Selection | None = None,
) -> list[tuple[int, float]]:
    """`search` for terms joined by OR, scoring about ``budget`` chunks however large the corpus.

    BM25 takes as long as there are chunks with any of the terms, and nearly all of those hold only the commonest. So
    the candidates are the chunks with the rarer terms, and each is scored by all of them: its score is what `search`
    gives it, or near it (`TextIndex.search_narrowed`).

    Args:
        match: as `match_expression` makes it.
        budget: candidates to score. Where they are fewer than ``k``, the next term's are taken as well, unless it
            brings ten times the budget by itself: then fewer than ``k`` are found.
        postings: how many chunks are counted of those that hold a term; beyond, their number is estimated.
        known: how many chunks hold a term, as far as it was asked before; what is counted is added.
        selection: find these chunks only. They are expected to hold their share of a term's chunks; where they hold
            far less of the rarer terms, all of them are scored.
    """
    if not match or k < 1 or (selection is not None and not len(selection)):
        return []
    share = 1.0 if selection is None else selection.share
    candidates, enough = budget / share, k / share  # among all documents
    terms = list(dict.fromkeys(_TERM.findall(match)))
    unknown = [term for term in terms if term not in known]
    index = backend_of(connection).text
    for term, counted in zip(unknown, counts_of(connection, unknown, postings + 1), strict=True):
        known[term] = counted if counted <= postings else index.estimated(connection, term, counted)
    counts = {term: known[term] for term in terms}
    rarest_first = sorted((term for term in counts if counts[term]), key=lambda term: counts[term])
    rare, found = rarest_first[:1], 0
    for term, after in pairwise(rarest_first):
        found += counts[term]
        # Fewer than asked for: the next word counts too, unless scoring its chunks took ten times the budget.
        if found + counts[after] > candidates and (found >= enough or counts[after] > 10 * candidates):
            break
        rare.append(after)
    common = {term: counts[term] for term in rarest_first[len(rare) :]}
    if not common:
        return search(connection, " OR ".join(rare), k, selection)
    best = index.search_narrowed(connection, rare, common, k, selection)
    # A quarter of what was expected: the selection holds less than its share of the rarer words.
    if selection is not None and 4 * len(best) < min(k, found * share):
        return search(connection, match, k, selection)
    return best
