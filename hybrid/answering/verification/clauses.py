"""A text cut into sentences and clauses, so that a check looks at what a claim is about."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from hybrid.answering.verification.equivalents import canonical
from hybrid.text import lexicon

MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip

_CLAUSE_END = re.compile(
    r"[.;:?!]\s+|\s[–—-]\s|,?\s+\b(?:but|whereas|although|though|while|yet)\b\s+"
    r"|,\s+(?=(?:and|or|which|who|whose|whom|where|so)\b)"
    r"|\s+(?=\band (?:the|a|an|his|her|its|their|he|she|it|they|mr|ms|mrs|dr|[A-Z])\b)"
)
PARTS = re.compile(r"[;.]\s+|,?\s+(?:and|while|whereas|but|then)\s+|,\s+(?=who|which|the|he|she|it|they)")
"""Between the statements that a sentence joins."""
SENTENCE_END = re.compile(r"(?<=[.?!])[\"”’')\]]*\s+(?=[\"“‘'(\[]*[A-Z0-9])")


@dataclass(frozen=True)
class Clauses:
    """A text cut into clauses, each with its content stems."""

    text: str

    @cached_property
    def clauses(self) -> tuple[tuple[str, frozenset[str]], ...]:
        """Each clause, with its content stems."""
        parts = (part for part in _CLAUSE_END.split(self.text) if part and any(map(str.isalnum, part)))
        return tuple((part, frozenset(lexicon.content_words(part))) for part in parts)

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """The sentences, as they stand."""
        return tuple(SENTENCE_END.split(self.text))

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The content stems, in order."""
        return tuple(lexicon.content_words(self.text))

    def near(self, stems: frozenset[str]) -> str:
        """The clauses that share enough content words with ``stems`` to be what a claim of these is about."""
        shared = [(clause, len(held & stems), len(held)) for clause, held in self.clauses]
        most = max((count for _, count, _ in shared), default=0)
        return " . ".join(
            clause for clause, count, size in shared
            if count and (count >= max(2, most / 2) or 2 * count >= size or count == most)
        )  # fmt: skip

    def sentences_about(self, stems: frozenset[str]) -> str:
        """The sentences that hold such a clause."""
        scores = [len(set(lexicon.content_words(sentence)) & stems) for sentence in self.sentences]
        most = max(scores, default=0)
        return " ".join(s for s, count in zip(self.sentences, scores, strict=True) if count and 2 * count >= most)


_FORBIDDEN_WITHOUT = re.compile(
    r"\b(?:forbidden|prohibited|not permitted|not allowed)\b([^.;]*?)\bwithout\b", re.IGNORECASE
)
_FORBIDDEN_UNLESS = re.compile(
    r"\b(?:forbidden|prohibited|not permitted|not allowed)\b([^.;]*?)\bunless\b", re.IGNORECASE
)
_NO_ONE_UNLESS = re.compile(
    r"\bno ((?:\w+ ){1,6}?(?:shall|may|must|will|can|is|are|has|have)\b[^.;]*?)\bunless\b", re.IGNORECASE
)
_UNTIL_FIRST = re.compile(r"^Until ([^,]{3,80}), ([^.;]*?)\b(?:not|no)\b ?([^.;]*)", re.IGNORECASE)
_UNDISPUTED = re.compile(
    r"\bit is (?:not disputed|undisputed|common ground|not in dispute|agreed|accepted) that\b", re.IGNORECASE
)
_NEGATOR = re.compile(r"\b(?:not|no|never|forbidden|prohibited)\b", re.IGNORECASE)
_UNDONE = {"no": "a", "forbidden": "allowed", "prohibited": "allowed"}
_WITHOUT_FIRST = re.compile(rf"^Without ([^,]{{3,80}}), (.*{_NEGATOR.pattern}.*)$", re.IGNORECASE)
_NOT_WITHOUT = re.compile(
    r"\b(shall|may|must|will|can|could|should|would)(?: not|n't)\b([^.;]*?)\bwithout\b", re.IGNORECASE
)
_NOT_UNLESS = re.compile(
    r"\b(shall|may|must|will|can|could|should|would|is|are)(?: not|n't)\b([^.;]*?)\bunless\b", re.IGNORECASE
)
_NOT_UNTIL = re.compile(
    r"\b(shall|may|must|will|can|could|would|did|does|do)(?: not|n't)\b([^.;,]*?)\b(?:until|till)(?: after)? "
    r"(?=(?:the|an?|its|his|her|their|all|he|she|it|they|(?!(?:"
    + "|".join(MONTH_NAMES)
    + r"|[A-Z]\w+day)\b)(?-i:[A-Z])[\w.]*) [^.;,]*\b(?:has|have|had|is|are|was|were|\w+ed)\b)",
    re.IGNORECASE,
)
"""What is not so until something else has happened; until a date is another matter, which the date may begin."""
_NO_ONE_WITHOUT = re.compile(r"\b(?:no|neither) (\w+)( (?:shall|may|must|will|can)\b[^.;]*?)\bwithout\b", re.IGNORECASE)


_REWORDED = tuple(
    (re.compile(pattern, re.IGNORECASE), said)
    for pattern, said in (
        (r"\b(?:not including|exclusive of|not inclusive of|not counting)\b", "excluding"),
        (
            r"\b(?:remain(?:ed|s)?|went|goes|gone|stay(?:ed|s)?|was|were|is|are|been) "
            r"un(paid|sold|built|read|met|done|seen|spent|heard|[a-z]{2,}ed)\b",
            r"was not \1",
        ),
        (r"\bto the best of (\w+|the \w+)(?:'s|s') (?:knowledge and belief|knowledge|belief)\b", r"as far as \1 knows"),
        (r"\bto (\w+|the \w+)'s knowledge\b", r"as far as \1 knows"),
        (r"\bto (?:the best of )?(its|her|his|their) knowledge\b", "as far as known"),
        (r"\b(?:so|as) far as (\w+|the \w+|its \w+) (?:is|are|was|were) aware\b", r"as far as \1 knows"),
        (r"\bso far as\b", "as far as"),
        (r"\b(we|you|they)'re\b", r"\1 are"),
        (r"\b(i|we|you|he|she|it|they)'ll\b", r"\1 will"),
        (r"\bprior to\b", "before"),
        (r"\bgave ((?:the |an? |its |his |her |their )?(?:other )?[\w-]+) notice (of|that)\b", r"notified \1 \2"),
        (
            r"\bgave notice of ((?:the |an? )[\w-]+) to ((?:the |an? |its |his |her |their )?[\w-]+)",
            r"notified \2 of \1",
        ),
        (r"\bsubsequent to\b", "after"),
        (r"\btook place\b", "was held"),
        (r"\btakes place\b", "is held"),
        (r"\btake place\b", "be held"),
        (r"\bat once\b", "immediately"),
        (r"\bas well as\b", "and also"),
        (r"\bon the grounds? that\b", "because"),
        (r"\b(?:almost|virtually|practically|well-?nigh)\b", "nearly"),
        (
            r"\ball but(?! (?:an?|the|one|two|three|four|five|six|seven|eight|nine|ten|\d|of|his|her|its|their|our|my"
            r"|th(?:is|at|[eo]se))\b)",
            "nearly",
        ),
        (r"(?<!is )(?<!was )\b(?:regarding|concerning)(?= (?:the|an?|his|her|its|their|all|any)\b)", "about"),
        (r"\b(?:is|are) (?:allowed|permitted) to\b", "may"),
        (r"(?<!to )\bsave (?=(?:in|for|on|when|where|during|at|with|under)\b)", "except "),
        (
            r"\bat (?:the )?most(?= (?:[$€£]?\d|one|two|three|four|five|six|seven|eight|nine|ten|\w+teen|\w+ty)\b)",
            "no more than",
        ),
        (r"\b(?:is|are) (?:above|higher than|greater than)\b", "exceed"),
        (r"\b(?:was|were) (?:above|higher than|greater than)\b", "exceeded"),
        (r"\b(?:postponed|put off) (?:to|until|till)\b", "postponed until"),
        (r"\bput off(?=[.;,]| (?:by an? |by \d|for an? |because|again)|$)", "postponed"),
    )
)
"""What is said in several ways that mean exactly the same, as one of them: by pattern."""


_LONG_FORMS = {"Ltd": "Limited", "Inc": "Incorporated", "Corp": "Corporation", "Dept": "Department"}
_SHORT_FORM = re.compile(rf"\b({'|'.join(_LONG_FORMS)})\b(?:\.(?=,| [a-z]))?")
_ISO_DATE = re.compile(r"\b(1[5-9]\d\d|20\d\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\b")
_NUMERIC_DATE = re.compile(r"(?<![\d/.])(\d{1,2})([/.])(\d{1,2})\2(1[5-9]\d\d|20\d\d)(?![\d/])")
_24_HOURS = re.compile(r"(?<![\d:.])(0\d|1[2-9]|2[0-3]):([0-5]\d)(?![\d:]| ?[ap]\.?m\b)")
_HALF_DAY = re.compile(
    r"(?<![\d:.])(\d{1,2})(?:[:.]([0-5]\d))? ?([ap])(?:\.m\.(?=\s+[a-z]|[,;:)])|\.?m\b)", re.IGNORECASE
)


_SO = re.compile(
    r"(?:^|(?<=[.?!] ))([^.;:?!]{4,}), so (?=(?:the|an?|he|she|it|they|we|his|her|its|their|no|all|[A-Z]\w*)\b)"
    r"([^.;:?!]{4,})(?=[.]?(?: |$))"
)
_OF_THE_NUMBER = re.compile(
    r"\bOf ((?:the|its|his|her|their|those|these) (?:\d[\d,]*|[a-z]+(?:-[a-z]+)?) [a-z-]+(?: [^,;:.]{2,50})?), "
    rf"(?:(only) )?(\d[\d,]*|{'|'.join(sorted(lexicon.NUMBER_WORDS, key=len, reverse=True))})\b(?! of) "
)
"""Of how many, before how many of them: "of the 60 members, 42 voted"."""


def _with_its_cause(match: re.Match[str]) -> str:
    """ "The rain came, so the match ended" as "The match ended because the rain came"."""
    cause, effect = match[1], match[2]
    if re.search(r"\b(?:because|since|if|unless|so)\b", f"{cause} {effect}", re.IGNORECASE):
        return match[0]
    return f"{effect[0].upper()}{effect[1:]} because {_lowered(cause)}"


def _lowered(clause: str) -> str:
    first = clause.split()[0]
    return clause[0].lower() + clause[1:] if first.lower() in _LOWERED else clause


_LOWERED = lexicon.vocabulary("the a an he she it they we his her its their all no both two some this that")


def _iso_date(match: re.Match[str]) -> str:
    return f"{int(match[3])} {MONTH_NAMES[int(match[2]) - 1]} {match[1]}"


def _numeric_date(match: re.Match[str]) -> str:
    """A date in figures in words, where it does not matter or is plain which is the month."""
    first, second = int(match[1]), int(match[3])
    day, month = (second, first) if second > 12 else (first, second)
    if (first != second and max(first, second) <= 12) or not (1 <= month <= 12 and 1 <= day <= 31):
        return match[0]
    return f"{day} {MONTH_NAMES[month - 1]} {match[4]}"


def _of_24_hours(match: re.Match[str]) -> str:
    hour, minutes = int(match[1]), match[2]
    said = str((hour - 1) % 12 + 1) + ("" if minutes == "00" else f":{minutes}")
    return f"{said} {'pm' if hour >= 12 else 'am'}"


def _half_day(match: re.Match[str]) -> str:
    minutes = "" if match[2] in {None, "00"} else f":{match[2]}"
    return f"{int(match[1])}{minutes} {match[3].lower()}m"


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """A text in one line, with contractions undone, and phrases that mean exactly the same said alike.

    Example:
        >>> plain("The fee is $5, not including tax.")
        'The fee is $5, excluding tax.'
    """
    said = " ".join(text.replace("’", "'").split())
    said = _ISO_DATE.sub(_iso_date, _NUMERIC_DATE.sub(_numeric_date, said))
    said = _HALF_DAY.sub(_half_day, _24_HOURS.sub(_of_24_hours, said))
    said = re.sub(r"\b[Cc]an't\b|\bcannot\b", "can not", re.sub(r"\b([Ww])on't\b", r"\1ill not", said))
    said = re.sub(r"(?<=[a-z])n't\b", " not", said)
    said = _SHORT_FORM.sub(lambda match: _LONG_FORMS[match[1]], said)
    said = re.sub(r"\b(Mr|Mrs|Ms|Dr|Prof|St)\. (?=[A-Z])", r"\1 ", said)  # no sentence ends there
    for pattern, other in _REWORDED:
        said = pattern.sub(other, said)
    return _OF_THE_NUMBER.sub(r"\3 of \1 ", _SO.sub(_with_its_cause, canonical(said)))


@lru_cache(maxsize=4096)
def clauses_of(text: str) -> Clauses:
    """The clauses of a text, with "not without" as "only with"."""
    said = plain(text)
    said = _NOT_WITHOUT.sub(r"may\2only with", said)  # "may not assign without" is "may assign only with"
    said = _FORBIDDEN_WITHOUT.sub(r"allowed\1only with", said)
    said = _UNDISPUTED.sub("it is so that", said)
    said = _FORBIDDEN_UNLESS.sub(r"allowed\1only if", said)
    said = _NO_ONE_UNLESS.sub(r"a \1only if", said)
    said = _UNTIL_FIRST.sub(r"\2\3 only after \1", said)
    said = _NOT_UNTIL.sub(r"\1\2only after ", said).replace(" only once ", " only after ")
    said = _NOT_UNLESS.sub(r"\1\2only if", said)
    if match := _WITHOUT_FIRST.match(said):
        said = (
            f"Only with {match[1]}, {_NEGATOR.sub(lambda found: _UNDONE.get(found[0].lower(), ' '), match[2], count=1)}"
        )
    return Clauses(_NO_ONE_WITHOUT.sub(r"either \1\2only with", said))


def nearby(claim: Clauses, span: Clauses) -> str:
    """The clauses of the span that the claim is about."""
    return span.near(frozenset(with_synonyms(claim.words)))


def about(claim: Clauses, span: Clauses) -> str:
    """The sentences of the span that the claim is about."""
    return span.sentences_about(frozenset(with_synonyms(claim.words)))


def with_synonyms(stems: Sequence[str]) -> Iterator[str]:
    """Each stem, and those that mean the same."""
    for stem in stems:
        yield stem
        yield from lexicon.SYNONYMS.get(stem, ())


def all_words(text: str) -> list[str]:
    """Every word of a text in lower case, and its signs of currency and per cent."""
    return re.findall(r"[^\W_]+(?:[-'][^\W_]+)*|[%$€£]", text.lower())


@lru_cache(maxsize=8192)
def same_words(claim: str, span: str) -> float:
    """The share of the claim's words that stand in the span, in its order: 1 for a copy of a part of it."""
    mine, theirs = all_words(claim), all_words(span)
    blocks = difflib.SequenceMatcher(None, mine, theirs, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / max(1, len(mine))
