"""The rows of enumerations: what is known of one, what makes two rows the same thing, and what a table has of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from hybrid.answering.enumeration_bounds import is_same_currency
from hybrid.answering.enumeration_question import Enumerated
from hybrid.answering.enumeration_terms import Term, root, roots
from hybrid.answering.evidence import Sentence
from hybrid.text import lexicon
from hybrid.types.documents import Document

HEAD = 300
"""Characters of a document that say what it is about."""
MAIL = "message/rfc822"
MAILS = frozenset(map(root, ("email", "mail", "message", "e-mail")))
TOTAL = re.compile(
    r"\W*(?:grand |sub-?|overall )?(?:total|sum|balance (?:brought|carried)|carried forward|amount due)\b", re.I
)
IDENTIFIER = re.compile(r"(?=.*\d)[A-Za-z]{1,6}[-/_ ]?[\w/.-]*\d[\w/.-]*|\d{4,}|[\w]+(?:[-/]\w+)*\d[\w/-]*")
PAID = frozenset(map(root, ("received", "settled", "cleared", "remitted")))
OF_ONE = re.compile(
    r"\b(?:each|per|apiece|unit (?:price|cost|value|weight|rate)|(?:price|cost|value)/\w+"
    r"|(?:hourly|daily|weekly) rate|rate)\b",
    re.IGNORECASE,
)
"""Names of columns whose numbers are for one each."""
ABOUT = re.compile(r"(?<=\w)\s+(?:for|of|to|from|about|on|with|by)\s+", re.IGNORECASE)
OF_STATUS = {
    "draft": "from a draft",
    "superseded": "from a superseded document",
    "unsigned": "from an unsigned document",
}


@dataclass(frozen=True)
class Found:
    """One row as a document has it. ``cells`` are by column, ``key`` is what two rows of one thing share,
    ``against`` are sentences that say otherwise, ``said_by`` those that say what is asked for where its table is
    silent."""

    sentence: Sentence
    cells: dict[str, str]
    table: tuple[int, int]
    key: tuple[str, ...]
    date: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    not_counted: str = ""
    identifier: str = ""
    against: tuple[Sentence, ...] = ()
    said_by: tuple[Sentence, ...] = ()


TITLES = lexicon.vocabulary("mr mrs ms miss dr prof professor sir")


BY_FIRST_COLUMN, BY_COLUMN, BY_TITLE, BY_ROWS = range(4)


@dataclass(frozen=True)
class Part:
    """The rows that one table has of what was asked for. ``rule`` is how it was known; ``unused`` are terms that it
    says nothing of, ``check`` is whether its rows come to what it states, ``by`` is the column of days that chose them
    and ``by_other`` what each other one chooses that may be meant, ``unsaid`` is the word without which a column of
    numbers may be of something else, and ``of_kind`` is true where cells say of which rows it is."""

    rule: int
    columns: tuple[str, ...]
    rows: tuple[Found, ...]
    unused: tuple[Term, ...]
    counted_by: str
    summed: str
    dated: str = ""
    before: int = 0
    unsaid: str = ""
    of_kind: bool = False
    check: str = ""
    by: str = ""
    by_other: tuple[tuple[str, tuple[Found, ...]], ...] = ()


def sentence_of(
    document_id: int, document: Document, start: int, end: int, heading: tuple[int, int] | None = None
) -> Sentence:
    """A span of a document as a sentence; a table's row with its heading."""
    text = document.text[start:end]
    parts: tuple[tuple[int, int], ...] = ()
    if heading is not None:
        text, parts = f"{document.text[slice(*heading)]}\n{text}", (heading, (start, end))
    return Sentence(
        document_id, document.source, document.title, document.sha256, start, end, text,
        author=document.metadata.author, parts=parts,
    )  # fmt: skip


def status_of(document: Document) -> str:
    """Why the rows of a document are not counted, in words; empty where they are."""
    return OF_STATUS.get(document.status.name, "") if document.status else ""


def names_many(text: str, asked: Enumerated, *, or_schedule: bool = False) -> bool:
    """Whether a caption or a title names several of what was asked for: "Payments received" and "Invoice table", not
    "Invoice 17", nor "Quotation for rails"; and "Furniture schedule" where this plans nothing, ``or_schedule``."""
    named = ABOUT.split(text, maxsplit=1)[0]
    words = [word.strip(".,:;()“”\"'") for word in re.split(r"[\s_/]+|(?<=[a-z])\.(?=\w{2,4}$)", named)]
    return any(
        (
            word.lower().endswith(("s", "people", "staff"))
            or behind.lower() in (_OF_SEVERAL_OR_PLANNED if or_schedule else _OF_SEVERAL)
        )
        and root(word) == root(asked.head)
        for word, behind in pairwise([*words, ""])
        if len(word) > 3
    )


_OF_SEVERAL = lexicon.vocabulary("table list ledger register")
"""Behind what they are of: "invoice table"; a "consignment sheet" is of one."""
_OF_SEVERAL_OR_PLANNED = _OF_SEVERAL | lexicon.vocabulary("schedule inventory catalogue")


def word_pattern(word: str) -> re.Pattern[str]:
    """Finds a name or an identifier as a whole word, in any capitals."""
    return re.compile(rf"(?<![^\W_]){re.escape(word.removesuffix(chr(39) + 's'))}(?![^\W_])", re.IGNORECASE)


def without_title(words: list[str]) -> list[str]:
    """The words of a name without "Mr", "Dr" and the like, where others are left."""
    return [word for word in words if word.lower().rstrip(".") not in TITLES] or words


def names_of(term: Term, text: str) -> bool:
    """Whether a text has one of a term's names, or all of them where "and" joins them; of a name, each of its words, a
    title aside: "Ms Orr" is "Ann Orr"."""
    found = [all(word_pattern(word).search(text) for word in without_title(choice.split())) for choice in term.choices]
    return any(found) if term.join == "or" else all(found)


def words_of(term: Term, said: frozenset[str]) -> bool:
    """Whether roots of words have those of one of a term's choices, or of all of them where "and" joins them."""
    if not term.is_phrase:
        return term.said_in(said)
    found = [roots(choice) <= said for choice in term.choices]
    return any(found) if term.join == "or" else all(found)


def is_between(day: str, asked: Enumerated) -> bool:
    """Whether a day is among those that a question names; where these have no year, in any year."""
    since, until = asked.since, asked.until
    if (since or until or "").startswith("--"):
        if not day.startswith("--"):
            day = f"-{day[4:]}"
        if since is not None and until is not None and since > until:  # from November to February
            return day >= since[: len(day)] or day <= until
    return (since is None or day >= since[: len(day)]) and (until is None or day <= until)


def in_range(row: Found, asked: Enumerated, *, of_amounts: bool = True) -> bool:
    """Whether a row's date and, ``of_amounts``, its amount are in the bounds that the question sets; one without them
    is in none."""
    if (asked.since or asked.until) and (row.date is None or not is_between(row.date, asked)):
        return False
    return not of_amounts or all(
        bound.of_amount
        and bound.admits(row.amount)
        and (not (bound.currency and row.currency) or is_same_currency(bound.currency, row.currency))
        for bound in asked.bounds
    )
