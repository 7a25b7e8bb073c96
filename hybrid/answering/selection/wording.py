"""How documents word what questions ask for: "When does it expire?" is answered by "shall continue until".

Pairs of patterns: what a question says, and what a sentence that answers it says in other words. They are of
agreements and rules, whose wording is formal and little varied; elsewhere they do not apply and do no harm.
"""

from __future__ import annotations

import re

_FORBIDS = (
    r"(?:shall|will|may|must|agrees?|undertakes?|covenants?)\s+(?:not|never)\b|\bneither\b|\bno party\b|\bprohibit"
)


def _pair(asked: str, said: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    return re.compile(asked, re.IGNORECASE), re.compile(said, re.IGNORECASE | re.DOTALL)


_WORDINGS = (
    _pair(
        r"\bexpir|\b(?:when|how long)\b.*\b(?:ends?|runs?|last)\b|\bterm of\b(?!.*renew)",
        r"\b(?:term|period)\b.{0,160}\b(?:commenc|begin|continu|until|years?|months?|through|expir)"
        r"|\b(?:remain|continue|be)\s+in\s+(?:full\s+)?(?:force|effect)|\b(?:terminat|expir|end)\w*\s+(?:on|at)\b"
        r"|\bcommenc\w*.{0,120}\b(?:until|terminat|expir|continu|through)",
    ),
    _pair(
        r"\b(?:become|be|take|come|is|in(?:to)?)\s+effect|\beffective\b|\benters? into force\b",
        r"\b(?:is|be|become|made|signed and)\s+effective\b|\beffective\s+(?:as\s+of|on|date|from|this|when)"
        r"|\bcommenc\w*\s+(?:on|upon|date)\b|\b(?:made|entered)\b.{0,60}\bas\s+of\b|\bcomes?\s+into\s+(?:force|effect)",
    ),
    _pair(
        r"\bexclusiv",
        r"\b(?:sole\w*\s+and\s+)?exclusive(?:ly)?\b.{0,80}\b(?:right|licen|agent|distribut|sponsor|provi|suppl|manufactur)"
        rf"|(?:{_FORBIDS}).{{0,200}}\b(?:any\s+other|third\s+part|another|competi)",
    ),
    _pair(
        r"\bcompet",
        rf"(?:{_FORBIDS}).{{0,240}}\b(?:compet|similar|any\s+other|another)|\bnon-?compet|\bcompet\w*.{{0,120}}(?:{_FORBIDS})",
    ),
    _pair(
        r"\bliab\w*\b.*\b(?:limit|cap)|\b(?:limit|cap)\w*\b.*\bliab",
        r"\bin no event\b|\bnot\s+(?:be\s+)?(?:liable|responsible)\b|\bliabilit\w*.{0,100}\b(?:limited|exceed|maximum)"
        r"|\b(?:neither|no)\s+party\b.{0,60}\bliable\b",
    ),
    _pair(
        r"\bliab\w*\b.*\bunlimited|\bunlimited\b.*\bliab|\buncapped\b",
        r"\b(?:except|other than|excluding)\b.{0,200}\b(?:liab|indemni|breach|confidential)|\bnothing\b.{0,120}\bliab",
    ),
    _pair(
        r"\blicen[cs]e\b.*\bgrant|\bgrant\w*\b.*\blicen[cs]e",
        r"\bgrants?\b.{0,120}\b(?:licen[cs]e|right|privilege)",
    ),
    _pair(
        r"\bafter (?:the )?(?:termination|expiration|end)\b|\bupon (?:termination|expiration)\b",
        r"\b(?:upon|following|after|in the event of|if)\b.{0,80}\b(?:terminat|expir)\w*.{0,300}"
        r"\b(?:shall|must|will|agrees)\b",
    ),
    _pair(
        r"\bwithout cause\b|\bfor convenience\b|\bat any time\b.*\bterminat",
        r"\bterminat\w*.{0,160}\b(?:for any reason|without cause|at any time|upon\s.{0,40}\bnotice|for convenience)"
        r"|\b(?:for any reason|without cause|at any time).{0,120}\bterminat",
    ),
    _pair(r"\bminimum\b", r"\bminimum\b|\bat\s+least\b|\bno(?:t)?\s+less\s+than\b|\bguarantee"),
    _pair(r"\bwho owns\b|\bown(?:s|ed|ership)\b", r"\b(?:own(?:s|ed)?|property of|title|vest\w*|assign\w*)\b"),
    _pair(
        r"\b(?:may|can|is)\b.*\b(?:solicit|hire|employ)",
        rf"(?:{_FORBIDS}).{{0,160}}\b(?:solicit|hire|employ|recruit|induce)",
    ),
    _pair(
        r"\bassign",
        r"\b(?:assign|transfer)\w*.{0,160}\b(?:consent|approval|void|without)|(?:may|shall)\s+not\s+assign",
    ),
    _pair(
        r"\bwarrant\w*\b.*\b(?:last|long|duration|period)|\b(?:long|duration)\b.*\bwarrant",
        r"\bwarrant\w*.{0,240}\b(?:days?|months?|years?)\b|\b(?:days?|months?|years?)\b.{0,160}\bwarrant",
    ),
    _pair(
        r"\bshare of (?:the )?(?:revenue|profit)|\b(?:revenue|profit)s?\b.*\bshar",
        r"\d\s?%|\bpercent|\broyalt|\bcommission",
    ),
    _pair(
        r"\blimit\w*\b.*\b(?:volume|use|number)",
        r"\b(?:not\s+(?:to\s+)?exceed|up\s+to|maximum|no\s+more\s+than|excess)\b",
    ),
    _pair(r"\baudit|\binspect", r"\b(?:audit|inspect|examin|access)\w*.{0,120}\b(?:books|records|accounts|premises)"),
    _pair(
        r"\bdisparag",
        rf"(?:{_FORBIDS}).{{0,200}}\b(?:disparag|defam|reputation|goodwill|disrepute|derogat|image)",
    ),
)  # fmt: skip


def is_worded(question: str, text: str) -> bool:
    """Whether ``text`` is worded as what the question asks for is worded.

    Example:
        >>> is_worded("When does the lease expire?", "This lease shall continue for a term of two years.")
        True
    """
    return any(asked.search(question) and said.search(text) for asked, said in _WORDINGS)
