"""Which sentences are a document's structure and no statement, and which only repeat what another mail says.

The headers of a mail, its closing and a bare heading often hold more of a question's names and words than the
sentence that answers, and say nothing about them. So they rank behind statements as quotes, unless the question asks
for what they do say: who sent it, when it was sent, what its subject is. And what a reply quotes was said in the mail
that it replies to: where the words of both were found, the mail is the evidence and the copy is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hybrid.answering.evidence import Sentence, collapse
from hybrid.text import wordnet
from hybrid.text.lexicon import STOPWORDS
from hybrid.text.values import DAY

_MARKS = re.compile(r"^(?:[ \t]*>)+[ \t]*|^.*\bwrote:\n(?=[ \t]*>)", re.MULTILINE)
_HEADER = re.compile(
    r"\*?(?:From|To|Cc|Bcc|Sent|Subject|Reply-To|Von|An|Gesendet|Betreff|Datum):\*?\s*\S|Date:.*\d\d:\d\d"
    r"|(?:On|Am) .*\b(?:wrote|schrieb)\b[^:]{0,80}:$"
    r"|-{2,}\s*(?:Original (?:Message|Appointment)|Forwarded (?:message|by)\b[^-]*|Ursprüngliche Nachricht"
    r"|Weitergeleitete Nachricht)\s*-{2,}|Begin forwarded message:",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?i:(?:(?:with )?(?:kind|best|warm|many) )?(?:regards|wishes|thanks)|best|cheers|yours(?: \w+)?|\w+ yours"
    r"|sincerely)(?:,\s*|\s*\n\s*|$)(?:[A-Z][\w.’'-]*(?:\s+|$)){0,4}"
)
_GREETING = re.compile(r"(?:(?:Dear|Hi|Hello|Good \w+) )?(?:[A-Z][\w.’'-]*(?: |(?=,))){1,4},")
_HEADING = re.compile(r"#{1,6} [^\n]*|(?:\d+\.)+\d*\s+[A-Z](?:[^\W\d]|[ ,&’'/()-]){2,60}")

_ASKS_OF_A_MAIL = re.compile(
    r"\b(?:who|whom|whose|when|(?:what|which) (?:date|day|time))\b.*"
    r"\b(?:e-?mails?|mails?|messages?|letters?|sent|sends?|wrote|written|writes?|signed|signs?)\b"
    r"|\b(?:subject|sender|recipients?|copied|signature|e-?mail address(?:es)?)\b",
    re.IGNORECASE,
)
_ASKS_OF_A_HEADING = re.compile(r"\b(?:headings?|headed|titles?|called)\b", re.IGNORECASE)


OPENS = re.compile(r"^(?:I|We), [A-Z].{0,200}\b(?:say|state|declare|affirm|depose)\w*\b.{0,20}[.:]$", re.DOTALL)
"""The opening of a statement: "I, Ann Aaker, of 3 Mill Lane, say as follows."."""
DEFINED_PARTY = re.compile(r"\((?:the|each an?|together,? the)?\s*[\"“][^\"”]{2,40}[\"”]\)")
"""The parties of a contract: ("the Buyer")."""


def is_opening(text: str) -> bool:
    """Whether a text opens a document and says nothing of what happened: whose statement it is, who the parties are,
    which meeting the minutes are of.

    Example:
        >>> is_opening("I, Ann Aaker, of 3 Mill Lane, say as follows.")
        True
    """
    plain = collapse(text)
    return bool(OPENS.search(plain) or DEFINED_PARTY.search(plain) or _MINUTES_OF.match(plain))


_MINUTES_OF = re.compile(
    r"(?:Minutes|Notes|Record) of (?:the |a )?[^.]*(?:meeting|committee|board|hearing)\b", re.IGNORECASE
)


def is_label(text: str) -> bool:
    """Whether a text is only the name of a numbered paragraph, which stands before its first sentence, or the line of a
    document's head with its parties or its day.

    Example:
        >>> is_label("2. Ticket prices."), is_label("2. Nobody came."), is_label("between Ann Orr and the Mill")
        (True, False, True)
    """
    if _PARTIES_OR_DAY.fullmatch(collapse(text)):
        return True
    match = _LABEL.fullmatch(text.strip())
    words = match["name"].split() if match else []
    return bool(words) and not any(_is_said(word) for word in words)


_PARTIES_OR_DAY = re.compile(
    rf"(?:(?:made |entered into )?(?:by and )?between:? )(?:(?!\b(?:is|are|was|were|shall|will|has|have)\b)[^.;!?])*"
    rf" and (?:(?!\b(?:is|are|was|were|shall|will|has|have)\b)[^.;!?])*|(?:dated|made on|made)(?: the| this)? {DAY}",
    re.IGNORECASE,
)
_LABEL = re.compile(r"\(?\d+(?:\.\d+)*[.)]?\s+(?P<name>[A-Z][\w'’-]*(?: (?:and |of |the )?[\w'’-]+){0,2})\.")


def _is_said(word: str) -> bool:
    """Whether a word shows that a short text is a sentence: a pronoun, an auxiliary, or a verb in the past."""
    low = word.lower()
    if low in ("and", "of", "the"):
        return False
    past = not low.endswith(("s", "ing")) and wordnet.is_verb(low) and wordnet.lemmas(low) != {low}
    return low in STOPWORDS or past


def is_statement(question: str, text: str) -> bool:
    """Whether a sentence is a statement, or is what ``question`` asks for: a header, a closing, a heading.

    Example:
        >>> is_statement("What did Ann recommend?", "Regards, Ann")
        False
        >>> is_statement("Who sent it?", "From: Ann <ann@mill.example>")
        True
    """
    plain = unmarked(text)
    if is_of_a_mail(plain):
        return _ASKS_OF_A_MAIL.search(question) is not None
    if _ROLE.fullmatch(collapse(plain)):
        return _ASKS_OF_A_SIGNATURE.search(question) is not None
    return not (_HEADING.fullmatch(plain) or _is_entry(plain)) or _ASKS_OF_A_HEADING.search(question) is not None


_SIGNATURE = re.compile(
    r"(?:/s/|\(signed\)|(?:Signed|Signature|By|Name|Title|Witness(?:ed by)?|Its)\b[^.:]{0,40}:|Signed (?:on|by|for)\b"
    r"|Dated:? )[^.!?]*",
    re.IGNORECASE,
)
_ASKS_OF_A_SIGNATURE = re.compile(
    r"\b(?:who(?:se|m)?|sign\w*|execut\w+|dat(?:e|ed|es)|names?|titles?|part(?:y|ies)|behalf|witness\w*)\b"
    r"|\bwhen\b.*\b(?:made|enter\w*|conclu\w+|agree\w*|contract|deed|lease|letter|statement|written|wrote)\b",
    re.IGNORECASE,
)
_CAPITALS = re.compile(r"(?=[A-Z]{2}|[A-Z] [A-Z])(?:[A-Z][A-Z’'&-]* )*[A-Z][A-Z’'&-]{3,}\b[^.!?:;]*")
_FINITE = re.compile(r"\b(?:is|are|was|were|has|have|had|will|shall|must|may|do|does|did|can|not)\b", re.IGNORECASE)
_ASKS_OF_A_HEAD = re.compile(
    r"\b(?:names?|headings?|headed|titles?|called|kind of|what document|part(?:y|ies)|between whom|dat(?:e|ed))\b", re.I
)


def is_form(question: str, text: str) -> bool:
    """Whether a text is a line of a document's form that answers nothing, unless ``question`` asks for such a line: a
    header of a forwarded mail, an entry of a signature block, a heading in capitals.

    Example:
        >>> is_form("What is owed?", "/s/ Ann Aaker"), is_form("Who signed it?", "/s/ Ann Aaker")
        (True, False)
        >>> is_form("When did they close the mill?", "(signed) Ann Aaker, 3 March 2021")
        True
        >>> is_form("What is owed?", "REPORT ON THE MILL"), is_form("What is owed?", "THE RENT IS DUE.")
        (True, False)
    """
    plain = collapse(unmarked(text))
    if is_of_a_mail(text):
        return not plain or _ASKS_OF_A_MAIL.search(question) is None
    if _ROLE.fullmatch(plain) or (_SIGNATURE.fullmatch(plain) and not _FINITE.search(plain)):
        return _ASKS_OF_A_SIGNATURE.search(question) is None
    heading = _CAPITALS.fullmatch(plain) and not _FINITE.search(plain) and len(plain.split()) <= _LONGEST_HEADING
    return bool(heading) and _ASKS_OF_A_HEAD.search(question) is None


_LONGEST_HEADING = 14
_CAPITALISED = r"(?:[A-Z][\w.’'-]*|&)"
_ROLE = re.compile(
    rf"{_CAPITALISED}(?: (?:of |and |for |the )*{_CAPITALISED}){{0,4}},"
    rf" {_CAPITALISED}(?:,? (?:of |and |for |the )*{_CAPITALISED}){{0,7}}"
)
"""A line of a signature below the name: "Works Manager, Orr Mill Limited"; it has no stop at its end and no small word
but these."""


_HEAD_OF_NOTE = re.compile(
    r"^(?:file )?(?:note|memo(?:randum)?|letter|e-?mail|message|fax|circular|minute)\b[^.:]*\b(?:from|to)\b[^:]*: "
    r"|^(?:re:? )?[^.:]*\b(?:agreement|contract|lease|licen[cs]e|policy|order|letter|invoice|claim|deed)\b[^.:]*"
    rf" (?:of|dated) (?:the )?{DAY}: ",
    re.IGNORECASE,
)
"""Who writes to whom, and when, before the subject on one line: "NOTE from Ann Orr to Ben Dahl, 3.5.2023: Keys"; of
which paper a letter is, before what of it: "Lease of 3 May 2023: the roof"."""


def is_bare_line(text: str) -> bool:
    """Whether a text is a line in which nothing is said: no stop at its end, no colon before a value, and no verb but a
    participle ("held on 3 May"). Of another language than English nothing is known: a word that WordNet does not have
    may be its verb.

    Example:
        >>> is_bare_line("Orr Mill - held on 3 May 2021 - By post"), is_bare_line("The mill stands by the sea")
        (True, False)
        >>> is_bare_line("Fee: 40 euros"), is_bare_line("The mill is shut.")
        (False, False)
        >>> is_bare_line("Note from Ann Orr to Ben Dahl, 3.5.2023: Keys")
        True
    """
    plain = _MONTH_OF_MAY.sub("5", collapse(unmarked(text)))
    if head := _HEAD_OF_NOTE.match(plain):
        plain = plain[head.end() :]
    if not plain or plain[-1] in '.!?:;”"' or ":" in plain or "\t" in text or _FINITE.search(plain):
        return False
    words = re.findall(r"[^\W\d_][\w’'-]*|[-–—,()]", plain)
    for at, word in enumerate(words):
        low = word.lower()
        if any(letter.isalpha() and letter > _LAST_LATIN for letter in word):
            return False
        if low in STOPWORDS or not word.islower() or low.endswith("ing"):
            continue
        if not any(map(wordnet.known, wordnet.lemmas(low))):
            return False
        if not wordnet.is_verb(low):
            continue
        starts = not at or not words[at - 1][0].isalpha()
        follows = words[at + 1].lower() if at + 1 < len(words) else ""
        if starts and not low.endswith("s") and follows in _OF_TIME_OR_PLACE:  # "- held on 3 May"
            continue
        if wordnet.lemmas(low) != {low} or not (wordnet.is_noun(low) or wordnet.is_adjective(low)):
            return False
    return True


_LAST_LATIN = "\u024f"
_MONTH_OF_MAY = re.compile(r"(?<=\d )May\b|\bMay(?= \d)")
_OF_TIME_OR_PLACE = {"on", "at", "in", "by", "for", "to", "from", "of"}
_ENTRY = re.compile(
    r"(?P<number>\d+(?:\.\d+)*)\s+(?P<name>[A-Z](?:[^\W\d]|[ ,&’'/()-]){2,60}?)(?P<leader>\s*\.{3,}\s*\d*)?"
)


def _is_entry(text: str) -> bool:
    """Whether a text is an entry of a table of contents or a heading whose number has no full stop: a number and a name
    in which nothing is said. "12 Business Days" is a quantity."""
    match = _ENTRY.fullmatch(text.strip())
    if match is None or not (match["leader"] or "." in match["number"] or not match["name"].endswith("s")):
        return False
    return not any(_is_said(word) for word in re.findall(r"[^\W\d_]+", match["name"]))


_CONTENTS = {"clause", "heading", "section", "title", "page", "no", "number", "contents", "part", "schedule", "article"}


def is_of_contents(heading: str) -> bool:
    """Whether a table's heading is that of a table of contents: its rows name what the document says and say nothing.

    Example:
        >>> is_of_contents("Clause\\tHeading"), is_of_contents("Clause\\tPenalty")
        (True, False)
    """
    words = [word.casefold() for word in re.findall(r"[^\W\d_]+", heading)]
    return len(words) > 1 and all({word, word.removesuffix("s")} & _CONTENTS for word in words)


def is_of_a_mail(text: str) -> bool:
    """Whether a text is no more than a mail's headers, its greeting or its closing."""
    lines = [line.strip() for line in unmarked(text).splitlines() if line.strip()]
    rest = "\n".join(line for line in lines if not _HEADER.match(line))
    return not rest or bool(_GREETING.fullmatch(rest) or _CLOSING.fullmatch(rest))


def unmarked(text: str) -> str:
    """``text`` without the marks before the lines that a reply quotes, and the line that says whose they are."""
    return _MARKS.sub("", text).strip()


def originals(found: Sequence[Sentence]) -> dict[tuple[int, int, int], Sentence]:
    """For each sentence that a reply quotes, by its key, the same sentence where it was first said, if it was
    ``found`` there too; otherwise the one that has been quoted the fewest times over."""
    said: dict[str, Sentence] = {}
    for sentence in sorted(found, key=_times_quoted):
        said.setdefault(words_of(sentence.text), sentence)
    return {one.key: said[words_of(one.text)] for one in found if one.quoted}


def _times_quoted(one: Sentence) -> int:
    """How many marks (">") the line of a sentence begins with; at least one where it is quoted."""
    marks = re.match(r"[ \t>]*", one.text)
    return max(marks[0].count(">") if marks else 0, int(one.quoted))


def words_of(text: str) -> str:
    """What two sentences that say the same have in common: no marks, no line breaks, no capitals."""
    return collapse(unmarked(text)).casefold()
