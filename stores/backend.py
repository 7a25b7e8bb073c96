"""The seam between the catalog and its database: what two databases do not say alike in SQL.

The catalog, its transactions and its checks speak SQLAlchemy, and every statement in them runs on each database. What
is left stands behind `Backend`: opening, locks, what errors mean, full text, and what the schema has. A connection
knows its backend, so that code which was handed a connection needs no other argument.

`hybrid.stores.sqlite` is the embedded one, `hybrid.stores.postgresql` the one for several machines. Who adds another
runs `hybrid.stores.conformance` on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, cast, runtime_checkable

from sqlalchemy import ColumnElement, Connection, Engine, Table

from hybrid.stores.access import Access
from hybrid.stores.filtering import BACKEND, Selection


class TextIndex(Protocol):
    """Search by words. A match expression is what `hybrid.stores.query` makes: phrases of words in quotation marks,
    the last word of one perhaps a beginning (``"termin" *``), joined by AND, OR, NOT, NEAR and parentheses. Words are
    compared by their stems, without case and accents. Where a connection shows some documents alone
    (`hybrid.stores.access`) only visible chunks are found; how rare a word is counts over all."""

    @property
    def parts(self) -> Mapping[str, str]:
        """The tables and views that it is made of, with what each can be made again from."""

    def add(self, connection: Connection, rows: Sequence[tuple[int, str]]) -> bool:
        """Index chunks, which the catalog holds already: (id, text) each. Whether every word of them is found where it
        stands; else texts have to be looked for in the document itself."""

    def remove(self, connection: Connection, document_id: int) -> None:
        """Take the chunks of a document, which the catalog still holds, out of the index."""

    def create(self, connection: Connection) -> None:
        """Make the index again, empty, whatever is there; `rebuild` fills it."""

    def rebuild(self, connection: Connection) -> None:
        """Make the index anew from the texts."""

    def optimize(self, connection: Connection) -> None:
        """Let it hold no word of chunks that are gone."""

    def indexed(self, connection: Connection) -> int:
        """How many chunks the index knows, of all documents."""

    def search(
        self, connection: Connection, match: str, k: int, selection: Selection | None = None
    ) -> list[tuple[int, float]]:
        """The ``k`` best chunks for a match expression: ids and BM25 scores (k1 1.2, b 0.75), higher is better, equal
        scores by id. With ``selection``, the ``k`` best of its chunks. Raises `InputError` for an expression that
        cannot be read."""

    def matching(self, connection: Connection, match: str) -> list[tuple[int, int]]:
        """Chunk and document ids of all chunks that a match expression finds, by chunk id."""

    def counts_of(self, connection: Connection, matches: Sequence[str], up_to: int) -> list[int]:
        """How many chunks each expression finds, none of them empty; counting ends at ``up_to``. Nothing is scored."""

    def estimated(self, connection: Connection, match: str, at_least: int) -> int:
        """About how many chunks an expression finds that finds ``at_least`` so many."""

    def search_narrowed(
        self,
        connection: Connection,
        rare: Sequence[str],
        common: Mapping[str, int],
        k: int,
        selection: Selection | None = None,
    ) -> list[tuple[int, float]]:
        """The ``k`` best of the chunks with one of the ``rare`` terms, and BM25 scores by these and the ``common``
        ones, which come with how many chunks hold them and may count for less than they would by `search`."""

    def documents_with(self, connection: Connection, match: str) -> Iterator[int]:
        """The documents of the chunks that a match expression finds, ascending, perhaps several times."""

    def fault(self, connection: Connection) -> str | None:
        """What does not fit the texts, in words; ``None`` where it all does. Changes nothing."""


@runtime_checkable
class Backend(Protocol):
    """What the catalog asks of its database."""

    writable: bool
    """Whether this process may write to it; known once it is open."""

    @property
    def called(self) -> str:
        """What messages call the catalog. Never holds a password."""

    @property
    def where(self) -> str:
        """Where the catalog is, as the setting ``stores.catalog`` says it. Never holds a password."""

    @property
    def text(self) -> TextIndex:
        """Its full text."""

    @property
    def listed(self) -> str:
        """What stands after IN for the ids in the parameter ``ids``, a JSON list, however many these are."""

    @property
    def holding(self) -> str:
        """The statement for the documents among ``ids``, a JSON list, whose text holds ``wanted``, ascending."""

    @property
    def base(self) -> str:
        """What stands before a table's name (``main.``) to pass by the views of `hybrid.stores.access`."""

    def transaction(self, engine: Engine, *, write: bool) -> AbstractContextManager[Connection]:
        """A connection within a transaction: committed at the end of the block, rolled back if it raises. A reader
        sees one state, that of its first statement; writers exclude each other from the beginning of theirs."""

    def attempt(self, connection: Connection) -> AbstractContextManager[Any]:
        """What fails in the block leaves the rest of the transaction as it was."""

    def errors(self) -> AbstractContextManager[None]:
        """Turn the database's errors into `CorpusError`s that say what to do."""

    def write_lock(self, engine: Engine, directory: Path, wait: float) -> AbstractContextManager[None]:
        """Hold the corpus for writing, for several transactions. Raises `CorpusLockedError` if another process or
        thread does, and still does after ``wait`` seconds. The lock is let go when its process ends, however it
        does."""

    def vacuum(self, engine: Engine, wait_ms: int) -> bool:
        """Write the database anew, without what was deleted. False if an older state is still read after ``wait_ms``
        milliseconds: it keeps what it holds."""

    def insert(self, table: Any) -> Any:
        """An INSERT with ``on_conflict_do_update``."""

    def among(self, column: Any, texts: Sequence[str]) -> ColumnElement[bool]:
        """Whether a column of source_metadata is one of these texts, asked for by its index."""

    def between(self, column: Any, start: str) -> ColumnElement[bool]:
        """Whether a name may begin so, asked for by its index; those that do not are perhaps found, too."""

    def candidates(self, connection: Connection, wanted: str) -> Sequence[int]:
        """The documents, ascending, that may hold a text which has no whole word to look for; all, if need be."""

    def shown(self, access: Access | None) -> Engine | None:
        """The engine of the same catalog as far as ``access`` shows it, over the connections that are there; ``None``
        where it takes connections of its own, and has to be opened."""

    def asking(self) -> AbstractContextManager[None]:
        """One more state of the catalog may be read over a connection inside the block. Waits where there are many, and
        raises `CatalogUnreachableError` where that takes too long."""

    def close(self, engine: Engine) -> None:
        """Close the connections of a catalog and its ``engine``."""

    def make(self, connection: Connection, table: Table) -> None:
        """Make a table of the catalog that is not there, empty; the indexes that its definition names come later."""

    # What the schema has -----------------------------------------------------------------------------

    def has_table(self, connection: Connection, name: str) -> bool:
        """Whether there is a table of that name."""

    def columns(self, connection: Connection) -> Mapping[str, set[str]]:
        """The columns of each table that is there."""

    def indexes(self, connection: Connection) -> set[tuple[str, str]]:
        """The indexes that are there, each with its table."""

    def lost_parts(self, connection: Connection) -> Iterator[tuple[str, str]]:
        """The parts of the full text that are missing or defined otherwise, each with what is said of it."""

    def faults(self, connection: Connection) -> Iterator[str]:
        """What the database itself says is wrong with its pages."""

    def strays(self, connection: Connection) -> Iterator[tuple[str, str]]:
        """The tables that have rows which belong to no row of another, with that one."""


def backend_of(connection: Connection | Engine) -> Backend:
    """The backend of a connection, or of the engine of a catalog."""
    return cast(Backend, connection.get_execution_options()[BACKEND])
