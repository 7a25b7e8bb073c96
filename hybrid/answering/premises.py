"""Names and identifiers of a question that no document searched has: its premises that are false, or misspelt.

"X is in none of the documents" is said only where X stands nowhere in any spelling: with other capitals, with or
without hyphens and spaces, broken over lines, or with ligatures.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from hybrid.answering.evidence import Sentence
from hybrid.text import lexicon, wordnet
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
    named first. ``None`` where a text has the name, or they are too long to look through; nobody where the last word is
    one of the language's: a Public License is no other name of the Apache License, nor Elm Street of Oak Street.

    Example:
        >>> others_named("Marek Zielak", ["Ask Piotr Zielak.", "Mr Zielak said so."])
        ['Piotr Zielak']
    """
    *_, last = name.split()
    common = bool(wordnet.senses(last.lower()))  # a name only where somebody is addressed by it
    addressed = re.compile(rf"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sir)\.?\s+(?:[A-Z][\w'’-]*\s+)?{re.escape(last)}\b")
    whole = _spellings(name)
    before = re.compile(rf"\b(?P<first>[A-Z][a-z]+(?:-[A-Z][a-z]+)?)\s+{re.escape(last)}\b")
    found: Counter[str] = Counter()
    scanned = 0
    for text in texts:
        scanned += len(text)
        if scanned > SCANNED_CHARS or whole.search(text):
            return None
        found.update(match["first"] for match in before.finditer(text))
        common = common and addressed.search(text) is None
    if common:
        return []
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


def holding(term: str, words: Mapping[str, Sequence[int]]) -> set[int]:
    """The documents that may have a term in some spelling, by the words of all documents: a word that is it or has it
    inside, or words that make it up, as where a line's end or a hyphen cuts it. No other document has it.

    Example:
        >>> sorted(holding("Lucene-BM25", {"lucene": [1, 2], "bm25": [2, 3], "other": [4]}))
        [2]
    """
    letters = "".join(letter for letter in unicodedata.normalize("NFKC", term).lower() if letter.isalnum())
    found: set[int] = set()
    for word, documents in words.items():
        plain = word if word.isascii() else unicodedata.normalize("NFKC", word).lower()
        if letters == plain or (len(letters) >= _SHORT and letters in plain):
            found.update(documents)
    parts = len(re.findall(r"[^\W_]+", term))
    for pieces in _pieces(letters, words, parts + _CUTS):
        found |= set.intersection(*(set(words[piece]) for piece in pieces))
    return found


_CUTS = 2
"""Places at which a line's end or a hyphen may cut a term that is written in one piece."""


def _pieces(letters: str, words: Mapping[str, Sequence[int]], most: int) -> Iterator[list[str]]:
    """The ways to make up ``letters`` of two words or more, up to ``most``."""
    if most > 1:
        for at in range(1, len(letters)):
            if letters[:at] in words:
                if letters[at:] in words:
                    yield [letters[:at], letters[at:]]
                yield from ([letters[:at], *rest] for rest in _pieces(letters[at:], words, most - 1))


def alike(term: str, words: Iterable[str]) -> str | None:
    """The word of the documents that a name is most like in its letters, where it may be a slip for it.

    Example:
        >>> alike("Larken", ["larkin", "laugh"])
        'Larkin'
    """
    low = term.lower()
    near = [word for word in words if word[:1] == low[:1] and abs(len(word) - len(low)) < 3 and word.isalpha()]
    near = [word for word in near if not _is_common(word)]
    found = difflib.get_close_matches(low, near, 1, _ALIKE) if len(low) >= _SHORT else []
    return found[0].capitalize() if found else None


def _is_common(word: str) -> bool:
    """Whether a lower-case word is one of the language's: "hold" is no name that "Harold" may be a slip for."""
    return word in lexicon.STOPWORDS or any(map(wordnet.known, wordnet.lemmas(word)))


_ALIKE = 0.8
"""Share of letters that two spellings of a name have in common; a reason, not a measurement."""
_TITLED = r"(?:(?i:the|mr|mrs|ms|miss|dr|prof|sir|captain)\.?\s+)*(?:[A-Z][\w'’-]+\s+){0,2}?"
_SUBJECT = r"(?i:did|does|do|was|were|is|are|has|have|had|will|would|can|could|may|must|shall|should)\s+" + _TITLED
_ASKS = r"(?i:(?:(?:for|on|in|at|by|to|from|with)\s+)?(?:what|when|where|why|how|whom|which)(?:\s+[a-z]\w+)?\s+)?"
"""Behind these words, or none of them, and a verb stands what a question asks about: "What was", "On what day did"."""
_DID = r"(?i:who|what)\s+[a-z]\w+\s+(?:the\s+)?(?:[a-z]\w*\s+)?"
_OF_NAME = r"(?i:about|regarding|concerning|of|on|from|against)\s+" + _TITLED


def is_about(question: str, terms: Iterable[str]) -> bool:
    """Whether a question is about what the terms name, so that nothing answers it where no document has them: they are
    its subject, what something is said of, or what makes a thing that one ("the Harcourt lease"). A name in passing is
    part of another statement.

    Example:
        >>> is_about("What did Ann Spode say of the roof?", ["Spode"])
        True
        >>> is_about("What was invoice TA-219 for?", ["TA-219"])
        True
        >>> is_about("When was the roof, which Ann Spode had drawn, finished?", ["Spode"])
        False
    """
    plain = " ".join(question.split()).strip(" ?.!")
    for term in terms:
        name = re.escape(term)
        patterns = [
            rf"\b{_OF_NAME}{name}(?:['’]s)?(?:\s+[A-Z][\w'’-]*)*$",
            rf"\b(?i:who|what)\s+(?i:is|was|are|were)\s+(?:\S+\s+){{0,3}}{name}$",
        ]
        if any(map(str.isdigit, term)):
            patterns.append(rf"^(?:{_ASKS}{_SUBJECT}(?:[a-z]\w*\s+){{0,2}}|{_DID}){name}(?![\w-]|\s+(?:and|or)\b)")
        else:
            patterns += [
                rf"(?:^|^\S+\s|^(?:\S+\s+){{2,3}}){_SUBJECT}{name}\b",
                rf"(?:^|^(?:\S+\s+){{1,5}})(?i:the|an?)\s+{name}(?:['’]s)?\s+[a-z]\w+",
                rf"\b{name}['’]s\s+[a-z]\w+",
            ]
        if any(re.search(pattern, plain) for pattern in patterns):
            return True
    return False


def _spellings(term: str) -> re.Pattern[str]:
    """The term's letters and digits with anything but letters and digits between them."""
    letters = [letter for letter in unicodedata.normalize("NFKC", term) if letter.isalnum()]
    pattern = r"[\W_]*".join(map(re.escape, letters))
    whole = rf"(?<![^\W_]){pattern}(?![^\W_])" if len(letters) < _SHORT else pattern
    return re.compile(whole, re.IGNORECASE)


def is_identifier(token: str) -> bool:
    """Whether a token means one thing only and cannot be said otherwise: "ACME-2024-001", "12.3(b)", a UUID."""
    return len(token) >= 6 and bool(_IDENTIFIER.fullmatch(token)) and not _MEASURE.fullmatch(token)


def without_other_identifiers(sentences: Iterable[Sentence], missing: Iterable[str], question: str) -> list[Sentence]:
    """The sentences that name nothing written like an identifier that is ``missing`` in all documents, but with other
    letters or digits: a row of invoice TA-198 is no answer about invoice TA-219. One that the question names, too,
    stays.

    Example:
        >>> without_other_identifiers([], ["TA-219"], "What does TA-219 cover?")
        []
    """
    missing = list(missing)
    forms = {_form(one.lower()) for one in missing if any(map(str.isdigit, one)) and any(map(str.isalpha, one))}
    if not forms:
        return list(sentences)
    asked = {one for one in _WRITTEN.findall(question.lower()) if _form(one) in forms} - {
        one.lower() for one in missing
    }
    written = ((one, _WRITTEN.findall(one.text.lower())) for one in sentences)
    return [one for one, said in written if asked & set(said) or not forms & set(map(_form, said))]


_WRITTEN = re.compile(r"(?=[^\s,;]*\d)[^\W_]+(?:[-_./:][^\W_]+)*")
"""Words with a digit in them, as identifiers are written."""


def _form(identifier: str) -> str:
    """How an identifier is written, whatever its letters and digits are: "a-0" of "TA-219"."""
    return re.sub(r"\d+", "0", re.sub(r"[^\W\d_]+", "a", identifier))


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
