"""Who holds a post that a question names in the place of a person: "the head of Corve Dairy", "the site engineer".

A post stands beside its holder's name in signatures, in the first lines of statements and where somebody is introduced.
A question is read as one about that person only where one holder is found for it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hybrid.answering import persons
from hybrid.text import quoted_mails, speakers
from hybrid.types.documents import Document

_HEAD = re.compile(r"(?:head|boss|chief|top (?:man|woman|person)|leader|person in charge)", re.IGNORECASE)
HEADS = (
    "managing director", "chief executive", "chief executive officer", "president", "owner", "proprietor",
    "general manager", "chair", "chairman", "chairwoman", "headmaster", "headmistress", "head teacher", "principal",
    "director",
)  # fmt: skip
"""What the head of a firm is called, the most likely first."""
_ASKED = re.compile(
    r"\b(?i:did|had|has|was|were|does|do|is)\s+(?P<phrase>(?:the\s+(?P<post>[a-z][\w-]*(?:\s+(?!of\b|at\b|from\b|for\b)"
    r"[a-z][\w-]*){0,2}?)(?:\s+(?:of|at|for|from)\s+(?:the\s+)?(?P<firm>[A-Z][\w&’'-]*(?:\s+[A-Z][\w&’'-]*){0,3}))?"
    r"|(?P<of>[A-Z][\w&-]*(?:\s+[A-Z][\w&-]*){0,2})['’]s\s+(?P<its>[a-z][\w-]*(?:\s+[a-z][\w-]*)?)))"
    r"\s+(?=(?:first|ever|really|actually|already|then|made|become|have|been|being|personally)\b"
    r"|know|knew|learn|aware|hear|find out|discover|realis|realiz|say|write|tell|think|believe|claim|admit|receive|warn"
    r"|inform|told|react|notif|notice|conclud|opin|testif|see\b)"
)
_NAME = r"(?P<name>[A-Z][\w’'-]+(?: [A-Z][\w’'.-]+){1,2})"
MOST_TEXTS = 200
"""Documents that are looked through for the holder of a post; not varied."""


@dataclass(frozen=True)
class Post:
    """A post as a question names it: the ``phrase`` there, what the post may be called, and the firm, if it is said."""

    phrase: str
    names: tuple[str, ...]
    firm: str = ""


def asked(question: str) -> Post | None:
    """The post in whose holder's place a question names it; ``None`` where it names none.

    Example:
        >>> asked("When did the site manager of Corve Dairy hear of it?")
        Post(phrase='the site manager of Corve Dairy', names=('site manager',), firm='Corve Dairy')
    """
    match = _ASKED.search(question)
    if match is None:
        return None
    post = " ".join((match["post"] or match["its"]).split())
    names = HEADS if _HEAD.fullmatch(post) else (post,)
    return Post(match["phrase"], names, match["firm"] or match["of"] or "")


def person(
    question: str, naming: Callable[[str], Iterable[Document]]
) -> tuple[persons.PersonAsked | None, tuple[str, ...]]:
    """Whose knowledge or words a question asks for by a post, and the note that says so; ``naming`` gives the documents
    that name a post."""
    post = asked(question)
    if post is None:
        return None, ()
    if post.names == (_EXPERT,) and not post.firm:
        people = _reporting(one for word in _REPORTS for one in naming(word))
        if len(people) == 1 and (found := persons.asked(question.replace(post.phrase, people[0]))) is not None:
            return found, (f"“{post.phrase}” is taken to be {people[0]}, who made a report.",)
    for name in post.names:
        people = _people(name, post.firm, naming(name))
        if people:
            found = persons.asked(question.replace(post.phrase, people[0])) if len(people) == 1 else None
            return found, () if found is None else (f"“{post.phrase}” is taken to be {people[0]}, {name}.",)
    return None, ()


_EXPERT, _REPORTS = "expert", ("report", "opinion", "expert")
_OF_A_REPORT = re.compile(
    r"^\W*(?:\w+ )?(?:expert(?:'s)? )?(?:report|opinion|evidence|assessment)"
    r"(?: (?:of|by) (?:Dr|Prof|Mr|Mrs|Ms)\w*\.? .*|\W*)$",
    re.IGNORECASE,
)


def _reporting(documents: Iterable[Document]) -> list[str]:
    """Who made reports, by their titles or first lines: an expert need not be called one there."""
    found = dict[str, None]()
    for document in documents:
        lines = [line.strip() for line in (document.title, *document.text[:_HEAD_CHARS].splitlines()) if line.strip()]
        who = speakers.maker(document.title, document.text) if document.media_type != _MAIL else None
        if who and any(map(_OF_A_REPORT.match, lines[:_HEAD_LINES])):
            found[who] = None
    return list(found)


_HEAD_CHARS, _HEAD_LINES = 400, 4


def _people(name: str, firm: str, documents: Iterable[Document]) -> list[str]:
    """Who holds a post in documents that name it, the most often named first."""
    found: Counter[str] = Counter()
    for document in documents:
        found.update(_holders(name, firm, document))
    return [one for one, _ in found.most_common() if not any(one != other and one in other for other in found)]


def _holders(name: str, firm: str, document: Document) -> set[str]:
    """Who is said to hold a post in a document, each by their whole name."""
    title = r"[ \n-]".join(map(re.escape, name.split()))
    post = rf"(?i:{title})\b(?P<rest>[^\n.;]*)"
    text = document.text
    found = set()
    for pattern in (rf"{_NAME},\s+(?:(?:the|a|of [^\n]{{0,80}}?),?\s+)?{post}", rf"^[> ]*{_NAME}\n+[> ]*{post}"):
        for match in re.finditer(pattern, text, re.MULTILINE):
            if _fits(firm, match["rest"]):
                found.add(match["name"])
    author = document.metadata.author or speakers.maker(document.title, text)
    end = len(text) if document.media_type != _MAIL else quoted_mails.own_end(text)
    own = re.search(rf"^{post}$", text[:end], re.MULTILINE)  # a signature whose first line may be a first name alone
    if document.media_type == _MAIL and author and own and _fits(firm, own["rest"]):
        found.add(" ".join(re.sub(r"<[^>]*>", "", author).replace('"', "").split()))
    return {one for one in found if len(one.split()) > 1}


_MAIL = "message/rfc822"


def _fits(firm: str, rest: str) -> bool:
    """Whether what stands behind a post may be of a firm: it names it, or no firm is asked for or said."""
    return not firm or firm.casefold() in " ".join(rest.split()).casefold()
