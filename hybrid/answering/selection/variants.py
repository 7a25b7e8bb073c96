"""Other wordings of a question under which documents may say what it asks for.

Whoever asks whether papers were destroyed looks for "tidy the books before the auditors come", too, and whoever asks
whether liability was admitted looks for its denial. A variant puts other words in the place of the asked ones; what it
finds is ranked as the question's own hits are.
"""

from __future__ import annotations

import re

_WORDINGS: tuple[tuple[str, str], ...] = (
    (r"destroy(?:ed|ing)?|destruction(?: of)?|shred(?:ded|ding)?|delet(?:e|ed|ing|ion)",
     "tidy, clear out, delete, shred, get rid of or remove"),
    (r"documents|evidence", "books, papers, records, files, mails"),
    (r"admit(?:ted|s)?(?: liability| fault)?|accept(?:ed|s)? (?:liability|responsibility|fault)|conceded?",
     "denied the claim, disputed, denied liability"),
    (r"accept(?:ed|s)?", "refuse, reject, decline"),
    (r"agreed?", "refused, did not agree"),
    (r"approved?", "resolved to approve, rejected, refused"),
    (r"cap|capped|ceiling", "limit, maximum, at most, up to per cent"),
    (r"conceal(?:ed)?|hid(?:e|den)?|cover(?:ed)? up|cover-up", "do not write, do not tell, keep quiet, say nothing"),
    (r"(?:warn(?:ed|ings?)|told in advance|object(?:ed|ions?)?|protest(?:ed|s)?)",
     "advised against, recommended, would not, cannot, does not conform"),
    (r"(?:chosen|choose|chose|selected|appointed|awarded)", "accepted the quotation, appointed, selected, awarded"),
    (r"(?:wrote|written|write|drafted|drew up|prepared|took|kept) (?=the (?:minutes|notes?|log|diary|report|record))",
     "kept by, taken by, written by "),
    (r"(?:quit|resign(?:ed)?|left (?:the company|her job|his job))", "leave, notice, last day"),
    (r"fired|sacked|dismissed", "terminated, let go, end of employment"),
    (r"bribe[sd]?|kickbacks?", "gift, present, hospitality, commission, payment"),
)  # fmt: skip
_PATTERNS = tuple((re.compile(rf"\b(?:{asked})", re.IGNORECASE), other) for asked, other in _WORDINGS)


def variants(question: str) -> list[str]:
    """The question in other words, none where there is no other wording for any of it.

    Example:
        >>> variants("Did they accept the offer?")
        ['Did they refuse, reject, decline the offer?']
    """
    other = question
    taken: list[tuple[int, int]] = []
    for pattern, words in _PATTERNS:
        match = pattern.search(question)
        if match and not any(start < match.end() and match.start() < end for start, end in taken):
            taken.append(match.span())
            other = re.sub(
                rf"\b{re.escape(match[0])}\b" if match[0][-1].isalnum() else re.escape(match[0]), words, other
            )
    return [" ".join(other.split())] if other != question else []
