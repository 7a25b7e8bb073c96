"""Things that documents say in other words than a question asks in: what was destroyed was "cleared out", and a capped
liability "shall not exceed" a sum."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hybrid.answering.concealment import CONCEALING, CONCEALS


@dataclass(frozen=True)
class _Paraphrase:
    """What asks, what says it, and what is searched for."""

    asked: re.Pattern[str]
    said: re.Pattern[str]
    sought: str


_PARAPHRASES = (
    _Paraphrase(
        re.compile(
            r"\b(?:destroy|delet|eras|shred|discard)(?:e|es|ed|ing|ion|ded|ding)?\b|\bdestruction\b"
            r"|\b(?:thr(?:ow|ew|own)|throwing)\b.{0,25}\b(?:out|away)\b|\b(?:g[eo]t|getting|rid)\b.{0,12}\brid of\b"
            r"|\b(?:clean|clear|tid)(?:y|ied|ed|ing|ying)?\b.{0,25}\b(?:up|out|away)\b"
            r"(?=.*\b(?:anything|records?|files?|folders?|papers?|documents?|e-?mails?|letters?|books?|logs?|evidence)\b)"
            r"|\bdispos(?:e|ed|ing|al) of\b"
            r"|\bma(?:ke|de) (?:\w+ ){1,4}disappear\b",
            re.IGNORECASE,
        ),
        re.compile(
            r"(?:\b|(?=n['’]t\b))(?:destroy\w*|delet\w+|eras(?:e|ed|ing)|shred\w*|purg(?:e|ed|ing)|wip(?:e|ed|ing)|discard\w*|bin(?:ned|ning)"
            r"|bin (?:them|it|those|these|that|the|all|everything)"
            r"|scrapp\w+|burn(?:t|ed|ing)|dispos(?:e|ed|ing) of|(?:g[eo]t|getting|rid)\b.{0,12}\brid of"
            r"|clear(?:ed|ing)?\b.{0,25}\bout|(?:thr(?:ow|ew|own)|throwing|chuck\w*)\b.{0,25}\b(?:out|away)"
            r"|(?:tid(?:y|ied|ying)|clean(?:ed|ing)?)\b.{0,25}\b(?:up|out|away)"
            r"|(?:tid(?:y|ied|ying)|clean(?:ed|ing)?|clear(?:ed|ing)?)\b (?:\w+ ){0,3}"
            r"(?:books?|files?|folders?|papers?|records?|logs?|ledgers?|cabinets?|drives?|inbox(?:es)?|mailbox(?:es)?)\b"
            r"|(?:in|into|through) the (?:bin|shredder|skip|stove|fire|furnace)\b"
            r"|n['’]t\b.{0,12}\bneed\w*\b.{0,12}\b(?:th(?:ose|ese|em|at|is)|it)\b"
            r"|(?:not|never|no longer)\b.{0,12}\bneed\w*\b.{0,12}\b(?:th(?:ose|ese|em|at|is)|it)\b"
            r"|ma(?:ke|de) (?:\w+ ){1,3}disappear|los(?:e|t) (?:those|these|them) )",
            re.IGNORECASE,
        ),
        "cleared out, thrown away, got rid of, shredded, purged, wiped, binned; we won't be needing those any more; "
        "tidy the books, clean up the files",
    ),
    _Paraphrase(
        re.compile(
            r"\b(?:not|n['’]t|avoid\w*|without|instead of|rather than|never|reluctan\w+|unwilling\w*|refus\w+|stop\w*"
            r"|nothing)\b.{0,40}\b(?:on paper|in writing|written down|writ(?:e|ing) (?:\w+ ){0,2}down"
            r"|in (?:an? )?e-?mails?"
            r"|on (?:the )?record)\b"
            r"|\boff the record\b|\b(?:conceal|hush|cover)\w* (?:\w+ )?up\b|\bleave (?:no|a) (?:paper )?trail\b",
            re.IGNORECASE,
        ),
        CONCEALS,
        CONCEALING,
    ),
    _Paraphrase(
        re.compile(
            r"\b(?:liab\w+|damages|responsib\w+)\b.*\b(?:cap(?:ped|s)?|limit\w*|maximum|ceiling)\b"
            r"|\b(?:cap(?:ped|s)?|limit\w*|maximum|ceiling)\b.*\b(?:liab\w+|damages|responsib\w+)\b",
            re.IGNORECASE,
        ),
        re.compile(
            r"\b(?:liab\w+|damages|responsib\w+)\b.*"
            r"\b(?:exceed\w*|(?:no|not) more than|up to|limited to|greater than)\b"
            r"|\bexceed\w*\b.*\b(?:liab\w+|damages)\b",
            re.IGNORECASE | re.DOTALL,
        ),
        "liability shall not exceed; in no event more than",
    ),
)


def query(question: str) -> str | None:
    """What is searched for beside a question; ``None`` where nothing is known to be said in other words.

    Example:
        >>> query("Is the liability capped?"), query("Who came?")
        ('liability shall not exceed; in no event more than', None)
    """
    return next((one.sought for one in _PARAPHRASES if one.asked.search(question)), None)


def says(question: str, sentence: str) -> bool:
    """Whether a sentence says in other words what a question asks for.

    Example:
        >>> says("Were the letters destroyed?", "I cleared the cabinet out."), says("Who came?", "I cleared it out.")
        (True, False)
    """
    return any(one.asked.search(question) and one.said.search(" ".join(sentence.split())) for one in _PARAPHRASES)
