"""Clauses, and what later documents say of changes to them: "In clause 3.1 the words … are replaced by …"."""

from __future__ import annotations

import re

from hybrid.text import lexicon
from hybrid.text.sentences import spans as sentence_spans
from hybrid.text.values import DAY, days

_NUMBERED = re.compile(r"(?m)^[\s#*]*(\d{1,2}(?:\.\d{1,2})+|\d{1,2}(?=[.)]))[.)]?\s")
_NAMED = r"\b(?:clauses?|sections?|articles?|paragraphs?|rules?|§+)\s*(?:\d[\d.]*(?:,| and| or| to)\s+)*"
_MENTIONS_CHANGE = re.compile(
    r"\b(?:becom\w+|replac\w+|amend\w*|delet\w+|chang\w+|var(?:y|ied|ies)|substitut\w+|insert\w+|added)\b",
    re.IGNORECASE,
)
_RENUMBERED = re.compile(
    r",?\s*(?:which )?(?:becomes|become|is renumbered(?: as)?) (?:clauses?|sections?|articles?|paragraphs?|rules?)"
    r" \d[\d.]*,?",
    re.IGNORECASE,
)
_REPLACES = re.compile(
    r"\b(?:replac\w+|amended|delet\w+|substitut\w+|insert\w+|varied|struck out|removed|revoked|suspended"
    r"|ceases? to (?:apply|have effect)|no longer applies|shall read|reads? as follows|is to read|becomes?|is changed"
    r"|are changed|(?:is|are|shall be) (?:hereby )?added"
    r"|(?:is|are) (?:extended|reduced|increased|raised|lowered|shortened))\b",
    re.IGNORECASE,
)
CLAUSE_CHARS = 3000
"""Characters before a sentence in which the number of its clause is looked for; a page and a half."""


def clause_at(text: str, start: int) -> str | None:
    """The number of the clause that stands at ``start``: "8.2", or "8" where clauses have no parts."""
    line = text.rfind("\n", 0, start + 1) + 1
    found = [match[1] for match in _NUMBERED.finditer(text, max(0, line - CLAUSE_CHARS), start + 12)]
    return found[-1] if found else None


def sentence_of_clause(text: str, start: int) -> tuple[int, str]:
    """Which sentence of its clause stands at ``start``, from 1, and the words of the clause before it."""
    line = text.rfind("\n", 0, start + 1) + 1
    numbers = list(_NUMBERED.finditer(text, max(0, line - CLAUSE_CHARS), start + 12))
    before = text[numbers[-1].end() : start] if numbers and numbers[-1].end() < start else ""
    return 1 + len(sentence_spans(before)) if before.strip() else 1, before


_OF_A_SENTENCE = re.compile(
    r"\b(?P<ordinal>first|second|third|fourth|fifth)(?: and (?P<other>\w+))? sentences?\b", re.I
)
_ORDINALS = ("first", "second", "third", "fourth", "fifth")
_OLD_WORDS = re.compile(
    r"[\"“‘](?P<old>[^\"”’]{2,200})[\"”’],? (?:(?:is|are|shall be|be|hereby) )*(?:replaced|deleted|substituted"
    r"|struck out|removed|amended|changed)",
    re.IGNORECASE,
)


def reaches(change: str, sentence: str, number: int, before: str) -> bool:
    """Whether a change of a clause reaches one of its sentences, the ``number``-th, with the words of the clause
    ``before`` it: not where the change is of another sentence, by its ordinal or by the words that it replaces.

    Example:
        >>> change = 'In clause 5.1, first sentence, "ten days" is replaced by "a month".'
        >>> reaches(change, "Hidden defects are notified within ten days.", 2, "Defects are notified at once.")
        False
    """
    named = _OF_A_SENTENCE.search(_outside(change))
    if named is not None:
        meant = {one.lower() for one in (named["ordinal"], named["other"]) if one}
        return number <= len(_ORDINALS) and _ORDINALS[number - 1] in meant
    old = [" ".join(match["old"].casefold().split()).strip(" .,;") for match in _OLD_WORDS.finditer(change)]
    here, there = (" ".join(text.casefold().split()) for text in (sentence, before))
    return not old or any(words in here or words not in there for words in old)


def mentions(text: str, clause: str) -> bool:
    """Whether a sentence speaks of a change of a clause, or that there is none.

    Example:
        >>> mentions("Clause 8.2 becomes clause 9.2.", "8.2"), mentions("Clause 8.1 is replaced.", "8.2")
        (True, False)
    """
    return re.search(rf"{_NAMED}{re.escape(clause)}(?![\d.]*\d)", text, re.IGNORECASE) is not None and (
        _MENTIONS_CHANGE.search(text) is not None or _REPLACES.search(text) is not None
    )


def replaces(text: str, clause: str) -> bool:
    """Whether a sentence changes what a clause says; another number for it changes nothing.

    Example:
        >>> replaces("Clause 8.2 is amended to read: “Ten days.”", "8.2"), replaces("Clause 8.2 becomes 9.2.", "8.2")
        (True, False)
        >>> replaces("The rates in clause 8.2, which becomes clause 9.2, are not changed.", "8.2")
        False
    """
    plain = _RENUMBERED.sub(" ", text)
    if not mentions(text, clause) or re.search(rf"{re.escape(clause)} becomes (?:\w+ )?\d", text):
        return False
    return _REPLACES.search(plain) is not None and not lexicon.NEGATIONS & set(
        re.findall(r"\w+", _outside(plain).lower())
    )


def _outside(text: str) -> str:
    """The text without what it has in quotation marks: the new words may deny something."""
    return re.sub(r"[“\"‘][^”\"’]*[”\"’]", " ", text)


_CHANGES = re.compile(
    r"\b(?:amend(?:ment|ing)|variation|addendum|addenda|supplement(?:al|ary)?|side letter|change order|riders?"
    r"|endorsement|codicil|deed of (?:variation|amendment|rectification|change|supplement|release)|modification)\b",
    re.IGNORECASE,
)
_NOT_AGREED = re.compile(
    r"\b(?:propos\w+|requests?|requested|suggest\w*|quotation|offer(?:ed)?|application|for discussion|options?"
    r"|comments?|minutes|report|note|summary|index|register|list|schedule of)\b",
    re.IGNORECASE,
)
_TITLE_LINES, _TITLE_WORDS = 6, 14
_NOTICES = re.compile(r"^\W*(?:circular|bulletin|notice|memorandum|protocol|letter)\b", re.IGNORECASE)
_AGREED = re.compile(
    r"\b(?:(?:it|this|which) (?:is|was|has been) (?:hereby )?(?:agreed|resolved|adopted)"
    r"|(?:the parties|we|both|all (?:members|parties)) (?:have |hereby )*(?:agreed?|resolved)\b(?! in principle)"
    r"|(?:adopted|agreed|approved) by (?:the )?(?:general meeting|members|parties|both|all))\b",
    re.IGNORECASE,
)


def title_of(text: str) -> str | None:
    """The line of a document's head that says that it changes another; ``None`` where none does. A proposal or a report
    of a change is none; a circular or a notice is one where it says that it was agreed.

    Example:
        >>> title_of("AMENDMENT NO. 1\\nto the Lease of 4 March 2018\\n")
        'Amendment No. 1'
        >>> title_of("PROPOSED AMENDMENT\\nto the Lease of 4 March 2018\\n") is None
        True
    """
    lines = [" ".join(line.split()).strip(" #*_") for line in text[:CLAUSE_CHARS].splitlines() if line.strip()]
    for line in lines[:_TITLE_LINES]:
        if len(line.split()) > _TITLE_WORDS or line[-1:] in (".", ",", ";") or _NOT_AGREED.search(line):
            continue
        if _CHANGES.search(line) or (_NOTICES.search(line) and _AGREED.search(text)):
            named = line.capitalize() if line.isupper() else line
            return re.sub(r"\bno\. ?(?=\d)", "No. ", named, flags=re.IGNORECASE)
    return None


_INSTRUMENTS = (
    r"agreement|lease|contract|policy|deed|charter(?:party)?|licen[cs]e|terms|conditions|rules|bond|tenancy|mortgage|loan"
    r"|undertaking|memorandum|treaty|settlement|covenant|bylaws|articles"
)
_OF_DAY = re.compile(
    rf"(?<!this )\b(?:{_INSTRUMENTS})(?:[, ]+|,?\n(?-i:(?=[a-z])))\(?(?:(?:made|entered into|signed) )?"
    rf"(?:of|dated|on)\s+(?={DAY})",
    re.IGNORECASE,
)
_NUMBER_OF = re.compile(
    rf"\b(?:{_INSTRUMENTS})[\s*]*(?:number|numbers|no\.?|nr\.?|ref(?:erence|\.)?)?[\s*]*[:\s][\s*]*"
    r"(?P<number>(?=[\w/.-]*\d)[A-Z0-9][\w/-]{3,})",
    re.IGNORECASE,
)
HEAD_CHARS = 1500
"""Characters of a document in which it names what it changes; half a page."""


def is_of(change: str, agreement: str, dated: str | None = None) -> bool:
    """Whether a document that changes clauses, itself ``dated`` so, may be of an agreement: not where its head gives
    the day or the number of another.

    Example:
        >>> is_of("Addendum to the Lease of 4 March 2018", "LEASE\\n\\nDated 4 March 2018")
        True
        >>> is_of("Addendum to the Lease of 4 March 2018", "LOAN\\n\\nDated 9 May 2017")
        False
    """
    head, other = change[:HEAD_CHARS], agreement[:HEAD_CHARS]
    own = {day for _, _, day in days(other)}
    meant = {next(days(head[match.end() :]))[2] for match in _OF_DAY.finditer(head)}
    meant = {day for day in meant if "{:04}-{:02}-{:02}".format(*day) != (dated or "")[:10]}
    if meant and own and not meant & own:
        return False
    numbers, others = ({match["number"].casefold() for match in _NUMBER_OF.finditer(one)} for one in (head, other))
    return not numbers or not others or bool(numbers & others) or bool(meant & own)


def qualification(title: str) -> str:
    """How a clause is marked that a document with a title changed."""
    return f"changed by {' '.join(title.split())}"
