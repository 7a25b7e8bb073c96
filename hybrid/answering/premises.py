"""Names and identifiers of a question that no document searched has: its premises that are false, or misspelt.

"X is in none of the documents" is said only where X stands nowhere in any spelling: with other capitals, with or
without hyphens and spaces, broken over lines, or with ligatures.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator

from hybrid.text import lexicon
from hybrid.text.values import MONTHS

SCANNED_CHARS = 20_000_000
"""Characters of documents that are looked through for one question, in about a second. Past that nothing is said."""
_SHORT = 5
"""A term of fewer letters must stand as a word: "Ann" is no part of "annual"."""

_IDENTIFIER = re.compile(
    r"(?=.*\d)(?=.*[a-z])[a-z0-9]+(?:[-_./:][a-z0-9]+)*|\d+(?:[-_/:]\d+){2,}|\d[\d.]*(?:\(\w{1,5}\))+", re.IGNORECASE
)
_MEASURE = re.compile(r"\d+(?:st|nd|rd|th)?-[a-z]+", re.IGNORECASE)  # "4-letter", "19th-century"
_TITLES = lexicon.vocabulary(
    """
    mr mrs ms miss dr sir lady lord prof professor councillor cllr councilor senator judge justice inspector sergeant
    constable captain major colonel sister nurse doctor mayor president minister chairman chairwoman
    """
)
_VERBS_FIRST = frozenset({"is", "was", "are", "were", "did", "does", "do", "has", "had", "will", "shall", "may", "can"})


def premises(question: str) -> list[str]:
    """The identifiers and names that a question takes to be in the documents, as it writes them, each once.

    Example:
        >>> premises("What did Marek Zielak say of batch B-2311-A?")
        ['Marek', 'Zielak', 'B-2311-A']
    """
    found = lexicon.tokens(question)
    words = [token for token in found if token[0].isalpha()]
    names = sum(word.isupper() for word in words) <= 0.6 * len(words)  # else everything is in capitals
    taken = [
        token for position, token in enumerate(found) if is_identifier(token) or (names and _is_name(found, position))
    ]
    return list(dict.fromkeys(token.removesuffix("'s").removesuffix("’s") for token in taken))


def full_names(question: str) -> list[str]:
    """The names of two words or more that a question takes somebody to have.

    Example:
        >>> full_names("What did Marek Zielak tell Mr Bode in May?")
        ['Marek Zielak']
    """
    found = lexicon.tokens(question)
    runs: list[list[str]] = [[]]
    end = 0
    for position, token in enumerate(found):
        at = question.index(token, end)
        adjacent = not question[end:at].strip()
        end = at + len(token)
        plain = token.removesuffix("'s").removesuffix("’s")
        if not (_is_name(found, position) and plain.isalpha()):
            runs.append([])
            continue
        runs[-1:] = [[*runs[-1], plain]] if adjacent else [runs[-1], [plain]]
        if plain != token:  # a possessive ends the name
            runs.append([])
    return list(dict.fromkeys(" ".join(run) for run in runs if len(run) > 1))


def others_named(name: str, texts: Iterable[str]) -> list[str] | None:
    """Who has the last name of somebody with another first name, in texts of which none has the name: the most often
    named first. ``None`` where a text has the name, or they are too long to look through.

    Example:
        >>> others_named("Marek Zielak", ["Ask Piotr Zielak.", "Mr Zielak said so."])
        ['Piotr Zielak']
    """
    *_, last = name.split()
    whole = _spellings(name)
    before = re.compile(rf"\b(?P<first>[A-Z][a-z]+(?:-[A-Z][a-z]+)?)\s+{re.escape(last)}\b")
    found: Counter[str] = Counter()
    scanned = 0
    for text in texts:
        scanned += len(text)
        if scanned > SCANNED_CHARS or whole.search(text):
            return None
        found.update(match["first"] for match in before.finditer(text))
    known = [first for first, _ in found.most_common() if first.lower() not in _TITLES | lexicon.STOPWORDS]
    return [f"{first} {last}" for first in known[:3]]


def misnamed(name: str, others: Iterable[str], documents: int) -> str:
    """What is said of somebody whose first name is in none of so many documents, where the last name is.

    Example:
        >>> misnamed("Marek Zielak", ["Piotr Zielak"], 8)
        'No “Marek Zielak” is in the 8 documents searched; “Piotr Zielak” is.'
    """
    quoted = list(_quoted(others))
    listed = quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
    where = f"in the {documents:,} documents" if documents > 1 else "in the document"
    return f"No “{name}” is {where} searched; {listed} {'is' if len(quoted) == 1 else 'are'}."


def absent(terms: Iterable[str], texts: Iterable[str]) -> tuple[str, ...]:
    """Which of ``terms`` stand in none of ``texts``; none of them where the texts are too long to look through.

    Example:
        >>> absent(["Lucene-BM25", "Marek"], ["The clerk filed the Lucene-\\nBM25 report."])
        ('Marek',)
    """
    missing = {term: _spellings(term) for term in terms}
    scanned = 0
    for text in texts:
        if not missing:
            break
        scanned += len(text)
        if scanned > SCANNED_CHARS:
            return ()
        plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
        missing = {term: pattern for term, pattern in missing.items() if not pattern.search(plain)}
    return tuple(missing)


def _spellings(term: str) -> re.Pattern[str]:
    """The term's letters and digits with anything but letters and digits between them."""
    letters = [letter for letter in unicodedata.normalize("NFKC", term) if letter.isalnum()]
    pattern = r"[\W_]*".join(map(re.escape, letters))
    whole = rf"(?<![^\W_]){pattern}(?![^\W_])" if len(letters) < _SHORT else pattern
    return re.compile(whole, re.IGNORECASE)


def is_identifier(token: str) -> bool:
    """Whether a token means one thing only and cannot be said otherwise: "ACME-2024-001", "12.3(b)", a UUID."""
    return len(token) >= 6 and bool(_IDENTIFIER.fullmatch(token)) and not _MEASURE.fullmatch(token)


def _is_name(found: list[str], position: int) -> bool:
    """Whether a capitalised word is a name; the first word of a question is one where a name or a verb follows it."""
    token = found[position]
    lowered = token.lower().removesuffix("'s").removesuffix("’s")
    if not token[0].isupper() or len(lowered) < 3 or not lowered[0].isalpha():
        return False
    if lowered in lexicon.STOPWORDS | lexicon.NEGATIONS | _TITLES or lowered in MONTHS:
        return False
    if position:
        return True
    following = found[1] if len(found) > 1 else ""
    return following[:1].isupper() or following.lower() in _VERBS_FIRST


def sentence(terms: Iterable[str], documents: int) -> str:
    """What is said of terms that are in none of so many documents.

    Example:
        >>> sentence(["Marek"], 8)
        '“Marek” is in none of the 8 documents searched.'
    """
    quoted = list(_quoted(terms))
    listed = quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
    where = f"in none of the {documents:,} documents searched" if documents > 1 else "not in the document searched"
    return f"{listed} {'is' if len(quoted) == 1 else 'are'} {where}."


def _quoted(terms: Iterable[str]) -> Iterator[str]:
    yield from (f"“{term}”" for term in terms)
