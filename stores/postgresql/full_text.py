"""Search by words in PostgreSQL: a tsvector a chunk, found by a GIN index and ranked by BM25, as in SQLite.

PostgreSQL's own ranking (``ts_rank``) knows nothing of how rare a word is, and orders answers otherwise. So the scores
are computed here, in SQL, from what BM25 is made of: how often a chunk has each phrase, how many chunks have it, and
how long a chunk is.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, Connection, ForeignKey, Integer, MetaData, Table, insert, text
from sqlalchemy.dialects.postgresql import TSVECTOR

from hybrid.stores.access import is_restricted
from hybrid.stores.filtering import Selection
from hybrid.stores.postgresql.match import Expression, Phrase, holds, nears, parse, phrases, query
from hybrid.stores.postgresql.words import Tokenizer, fits, vector
from hybrid.text.folding import search_text

TABLE, TOTALS = "chunk_words", "text_totals"
_WORDS = Table(
    TABLE,
    MetaData(),
    Column("chunk_id", Integer, ForeignKey("chunks.id"), primary_key=True, autoincrement=False),
    Column("tokens", Integer),
    Column("words", TSVECTOR),
)
INDEX = f"ix_{TABLE}_words"
# Every search would read what waits to be indexed otherwise.
CREATE_INDEX = f"CREATE INDEX IF NOT EXISTS {INDEX} ON {TABLE} USING gin (words) WITH (fastupdate = off)"
CREATE = (
    f"CREATE TABLE {TABLE} (chunk_id INTEGER PRIMARY KEY REFERENCES chunks (id) ON DELETE CASCADE, "
    "tokens INTEGER NOT NULL, words TSVECTOR NOT NULL)",
    CREATE_INDEX,
    f"CREATE TABLE {TOTALS} (chunks BIGINT NOT NULL, tokens BIGINT NOT NULL)",
    f"INSERT INTO {TOTALS} VALUES (0, 0)",
)
_AT_ONCE = 1000  # chunks read together; a bound of memory
_SPANS = text(
    'SELECT chunks.id, substr(texts.text, chunks."start" + 1, chunks."end" - chunks."start") FROM chunks '
    "JOIN texts ON texts.document_id = chunks.document_id WHERE chunks.id > :last ORDER BY chunks.id LIMIT :n"
)
_K1, _B = 1.2, 0.75  # as in FTS5
_LEAST = 1e-6  # the weight of a phrase that more than half of all chunks have, as in FTS5
_VISIBLE = " AND EXISTS (SELECT 1 FROM chunks WHERE chunks.id = w.chunk_id)"
_SCORES = """
WITH asked AS (
    SELECT * FROM unnest(CAST(:phrase AS integer[]), CAST(:at AS integer[]), CAST(:size AS integer[]),
        CAST(:lexeme AS text[]), CAST(:begins AS boolean[]), CAST(:weight AS double precision[]))
        AS a (phrase, at, size, lexeme, begins, weight)),
found AS (SELECT w.chunk_id, w.tokens, {words} AS words FROM chunk_words w WHERE {where}),
held AS (
    SELECT found.chunk_id, found.tokens, a.phrase, a.size, a.weight, a.at, u.positions
    FROM found CROSS JOIN LATERAL unnest(found.words) u JOIN asked a ON {same}),
counted AS (
    SELECT chunk_id, tokens, weight, sum(cardinality(positions)) AS n FROM held WHERE size = 1
    GROUP BY chunk_id, tokens, phrase, weight
    UNION ALL
    SELECT chunk_id, tokens, weight, count(*) FROM (
        SELECT chunk_id, tokens, phrase, weight FROM held CROSS JOIN LATERAL unnest(positions) p (position)
        WHERE size > 1 GROUP BY chunk_id, tokens, phrase, weight, size, p.position - at
        HAVING count(DISTINCT at) = size) whole
    GROUP BY chunk_id, tokens, phrase, weight)
SELECT chunk_id, sum(weight * n * {k1} / (n + {k} * ({rest} + {b} * tokens / :mean))) AS score
FROM counted GROUP BY chunk_id ORDER BY round(CAST(sum(
    weight * n * {k1} / (n + {k} * ({rest} + {b} * tokens / :mean))) AS numeric), 9) DESC, chunk_id LIMIT :k"""


class PostgresIndex:
    """`hybrid.stores.backend.TextIndex` with tsvectors."""

    parts: Mapping[str, str] = {TABLE: "from the texts", TOTALS: "from the texts"}

    def __init__(self) -> None:
        self._tokenizer = Tokenizer()
        self._parsed = lru_cache(maxsize=256)(self._parse)  # a question's are asked for again and again

    def close(self) -> None:
        """Free the memory."""
        self._tokenizer.close()

    def add(self, connection: Connection, rows: Sequence[tuple[int, str]]) -> bool:
        """See `TextIndex.add`: a tsvector may hold fewer words than a chunk has."""
        each = self._cut(rows)
        values = self._rows(rows, each)
        if values:
            connection.execute(insert(_WORDS), values)
            self._count(connection, len(values), sum(row["tokens"] for row in values))
        return all(map(fits, each))

    def _cut(self, rows: Sequence[tuple[int, str]]) -> list[list[str]]:
        return self._tokenizer.cut([search_text(chunk) for _, chunk in rows])

    def _rows(self, rows: Sequence[tuple[int, str]], each: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
        return [
            {"chunk_id": chunk_id, "tokens": len(words), "words": vector(words)}
            for (chunk_id, _), words in zip(rows, each, strict=True)
        ]

    def _count(self, connection: Connection, chunks: int, tokens: int) -> None:
        more = text(f"UPDATE {TOTALS} SET chunks = chunks + :chunks, tokens = tokens + :tokens")
        connection.execute(more, {"chunks": chunks, "tokens": tokens})

    def remove(self, connection: Connection, document_id: int) -> None:
        """Take the chunks of a document, which the catalog still holds, out of the index."""
        gone = text(
            f"DELETE FROM {TABLE} WHERE chunk_id IN (SELECT id FROM chunks WHERE document_id = :document) "
            "RETURNING tokens"
        )
        lengths = connection.scalars(gone, {"document": document_id}).all()
        self._count(connection, -len(lengths), -sum(lengths))

    def create(self, connection: Connection) -> None:
        """Make the index again, empty, whatever is there; `rebuild` fills it."""
        for table in (TABLE, TOTALS):
            connection.execute(text(f"DROP TABLE IF EXISTS {table}"))
        for statement in CREATE:
            connection.execute(text(statement))

    def rebuild(self, connection: Connection) -> None:
        """Make the index anew from the texts."""
        connection.execute(text(f"DELETE FROM {TABLE}"))
        connection.execute(text(f"UPDATE {TOTALS} SET chunks = 0, tokens = 0"))
        for rows in _pages(connection):
            self.add(connection, rows)

    def optimize(self, connection: Connection) -> None:
        """Nothing: what was removed goes with the pages that it stood in (`vacuum`)."""

    def indexed(self, connection: Connection) -> int:
        """How many chunks the index knows, of all documents."""
        return int(connection.execute(text(f"SELECT count(*) FROM {TABLE}")).scalar_one())

    def fault(self, connection: Connection) -> str | None:
        """What does not fit the texts, in words; ``None`` where it all does."""
        same = text(
            f"SELECT count(*) FROM {TABLE} w JOIN unnest(CAST(:ids AS integer[]), CAST(:tokens AS integer[]), "
            "CAST(:words AS text[])) AS e (id, tokens, words) ON w.chunk_id = e.id AND w.tokens = e.tokens "
            "AND w.words = CAST(e.words AS tsvector)"
        )
        chunks = tokens = 0
        for rows in _pages(connection):
            values = self._rows(rows, self._cut(rows))
            given = {name: [row[key] for row in values] for name, key in _EXPECTED.items()}
            if connection.scalar(same, given) != len(values):
                return "does not fit the texts"
            chunks, tokens = chunks + len(values), tokens + sum(row["tokens"] for row in values)
        totals = connection.execute(text(f"SELECT chunks, tokens FROM {TOTALS}")).one_or_none()
        whole = self.indexed(connection) == chunks and totals is not None and tuple(totals) == (chunks, tokens)
        return None if whole else "has other chunks than the catalog"

    # Search --------------------------------------------------------------------------------------

    def _parse(self, match: str) -> Expression | None:
        return parse(match, self._tokenizer.cut)

    def search(
        self, connection: Connection, match: str, k: int, selection: Selection | None = None
    ) -> list[tuple[int, float]]:
        """The ``k`` best chunks for a match expression: ids and BM25 scores, higher is better."""
        expression = self._parsed(match)
        if expression is None:
            return []
        scored = Counter(phrases(expression))
        chunks, tokens = connection.execute(text(f"SELECT chunks, tokens FROM {TOTALS}")).one()
        asked = [query(one) for one in scored]
        counts = _counts(connection, asked, None, everywhere=True)
        given = _asked(scored, counts, chunks) | {
            "query": query(expression),
            "k": k,
            "mean": max(1.0, tokens) / max(1, chunks),
        }
        where = "w.words @@ CAST(:query AS tsquery)" + _visible(connection)
        if nears(expression):
            ids = self._near(connection, expression, None)
            where, given["only"] = f"{where} AND w.chunk_id = ANY(CAST(:only AS integer[]))", ids
        if selection is not None:
            where += " AND w.chunk_id = ANY(CAST(:among AS integer[]))"
            given["among"] = selection.chunks.tolist()
        begins = any(one.begins for one in scored)
        words = "w.words" if begins else "ts_filter(setweight(w.words, 'A', CAST(:lexeme AS text[])), '{{a}}')"
        same = "u.lexeme = a.lexeme" + " OR (a.begins AND starts_with(u.lexeme, a.lexeme))" * begins
        statement = _SCORES.format(words=words, where=where, same=same, k1=_K1 + 1, k=_K1, rest=1 - _B, b=_B)
        return [(row[0], float(row[1])) for row in connection.execute(text(statement.replace("{{a}}", "{a}")), given)]

    def search_narrowed(
        self,
        connection: Connection,
        rare: Sequence[str],
        common: Mapping[str, int],
        k: int,
        selection: Selection | None = None,
    ) -> list[tuple[int, float]]:
        """The ``k`` best of the chunks with one of the ``rare`` terms, scored by all terms that are not too common."""
        counting = [term for term, count in common.items() if count <= _COUNTING]
        either = " OR ".join(rare)
        if not counting:
            return self.search(connection, either, k, selection)
        # The left side says which chunks are scored. Every term stands in the expression twice: scores are doubled.
        match = f"({either}) AND ({' OR '.join([*rare, *counting, *counting])})"
        return [(one, score / 2) for one, score in self.search(connection, match, k, selection)]

    def estimated(self, connection: Connection, match: str, at_least: int) -> int:  # noqa: ARG002
        """So many: no more is known, and a term that so many chunks hold does not count."""
        return at_least

    def _near(self, connection: Connection, expression: Expression, up_to: int | None) -> list[int]:
        """The chunks whose words are as near to each other as the expression asks."""
        wanted = {word for phrase in _all_phrases(expression) for word in phrase.words}
        begins = [phrase.words[-1] for phrase in _all_phrases(expression) if phrase.begins]
        rows = connection.execute(
            text(
                "SELECT w.chunk_id, u.lexeme, u.positions FROM chunk_words w CROSS JOIN LATERAL unnest(w.words) u "
                f"WHERE w.words @@ CAST(:query AS tsquery){_visible(connection)} AND (u.lexeme = "
                "ANY(CAST(:words AS text[])) OR EXISTS (SELECT 1 FROM unnest(CAST(:begins AS text[])) b (word) "
                "WHERE starts_with(u.lexeme, b.word))) ORDER BY w.chunk_id"
            ),
            {"query": query(expression), "words": sorted(wanted), "begins": begins},
        )
        chunks: dict[int, dict[str, Sequence[int]]] = {}
        for chunk_id, word, positions in rows:
            chunks.setdefault(chunk_id, {})[word] = positions
        found = (one for one, there in chunks.items() if holds(expression, _places(there)))
        return [one for one, _ in zip(found, range(up_to), strict=False)] if up_to is not None else list(found)

    def matching(self, connection: Connection, match: str) -> list[tuple[int, int]]:
        """Chunk and document ids of all chunks that a match expression finds, by chunk id."""
        expression = self._parsed(match)
        if expression is None:
            return []
        given: dict[str, Any] = {"query": query(expression)}
        where = "w.words @@ CAST(:query AS tsquery)"
        if nears(expression):
            where, given = "w.chunk_id = ANY(CAST(:ids AS integer[]))", {}
            given["ids"] = self._near(connection, expression, None)
        of_chunks = text(
            "SELECT c.id, c.document_id FROM chunk_words w JOIN chunks c ON c.id = w.chunk_id "
            f"WHERE {where} ORDER BY c.id"
        )
        return [(row[0], row[1]) for row in connection.execute(of_chunks, given)]

    def documents_with(self, connection: Connection, match: str) -> Iterator[int]:
        """The documents of the chunks that a match expression finds, ascending, perhaps several times."""
        return iter(sorted({document for _, document in self.matching(connection, match)}))

    def counts_of(self, connection: Connection, matches: Sequence[str], up_to: int) -> list[int]:
        """How many chunks each expression finds; counting ends at ``up_to``."""
        each = [self._parsed(match) for match in matches]
        plain = [(at, query(one)) for at, one in enumerate(each) if one is not None and not nears(one)]
        found = [0] * len(each)
        for (at, _), n in zip(plain, _counts(connection, [one for _, one in plain], up_to), strict=True):
            found[at] = n
        for at, one in enumerate(each):
            if one is not None and nears(one):
                found[at] = len(self._near(connection, one, up_to))
        return found


_COUNTING = 100_000
"""Chunks that hold a term, past which it does not count: each search counts them all."""
_EXPECTED = {"ids": "chunk_id", "tokens": "tokens", "words": "words"}


def _counts(connection: Connection, asked: Sequence[str], up_to: int | None, *, everywhere: bool = False) -> list[int]:
    """How many chunks each tsquery finds, up to a number; ``everywhere``: also those that are not shown."""
    if not asked:
        return []
    limit = "" if up_to is None else " LIMIT :n"
    seen = "" if everywhere else _visible(connection)
    found = f"SELECT 1 FROM chunk_words w WHERE w.words @@ CAST(:q{{}} AS tsquery){seen}{limit}"
    one = f"(SELECT count(*) FROM ({found}) AS t)"
    statement = text("SELECT " + ", ".join(one.format(at) for at in range(len(asked))))
    given: dict[str, Any] = {f"q{at}": said for at, said in enumerate(asked)}
    return list(connection.execute(statement, given | ({} if up_to is None else {"n": up_to})).one())


def _asked(scored: Mapping[Phrase, int], counts: Iterable[int], chunks: int) -> dict[str, Any]:
    """The phrases as the columns of a table: a row a word, with the phrase's weight."""
    given: dict[str, list[Any]] = {name: [] for name in ("phrase", "at", "size", "lexeme", "begins", "weight")}
    for number, ((phrase, times), holding) in enumerate(zip(scored.items(), counts, strict=True)):
        rarity = math.log((chunks - holding + 0.5) / (holding + 0.5)) if holding <= chunks else 0.0
        for at, word in enumerate(phrase.words):
            begins = phrase.begins and at == len(phrase.words) - 1
            row = (number, at, len(phrase.words), word, begins, times * (rarity if rarity > 0 else _LEAST))
            for column, value in zip(given.values(), row, strict=True):
                column.append(value)
    return dict(given)


def _all_phrases(expression: Expression) -> Iterator[Phrase]:
    """All phrases, those that exclude chunks among them."""
    if isinstance(expression, Phrase):
        yield expression
    else:
        for part in expression.phrases if hasattr(expression, "phrases") else expression.parts:
            yield from _all_phrases(part)


def _places(there: Mapping[str, Sequence[int]]) -> Any:
    def places(word: str, begins: bool) -> Sequence[int]:
        if not begins:
            return there.get(word, ())
        return sorted(one for other, at in there.items() if other.startswith(word) for one in at)

    return places


def _pages(connection: Connection) -> Iterator[list[tuple[int, str]]]:
    """All chunks with their texts, a page at a time."""
    last = -1
    while rows := connection.execute(_SPANS, {"last": last, "n": _AT_ONCE}).all():
        last = rows[-1][0]
        yield [(row[0], row[1]) for row in rows]


def _visible(connection: Connection) -> str:
    return _VISIBLE if is_restricted(connection) else ""
