"""Chat messages in and out: what a model is given, read as a question with its passages, and citations as blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from langchain_core.documents import Document
from langchain_core.messages import BaseMessage
from langchain_core.messages.content import Citation as CitationBlock
from langchain_core.messages.content import PlainTextContentBlock, create_citation

from hybrid.components import passage_from, placed
from hybrid.errors import InputError
from hybrid.langchain.component import (
    checked_documents,
)
from hybrid.types.answers import Answer, Citation, Claim
from hybrid.types.base import shown
from hybrid.types.documents import Passage, sha256_hex

_CONTEXT = r"(?:context|documents|passages|sources)"
_TAGGED = re.compile(rf"<({_CONTEXT})>(.*?)</\1>", re.IGNORECASE | re.DOTALL)
_LABELLED = re.compile(
    rf"^[^\S\n]*{_CONTEXT}[^\S\n]*:[^\S\n]*\n?(.*?)(?=^[^\S\n]*(?:user )?(?:question|query)[^\S\n]*:|\Z)",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
_QUESTION = re.compile(
    r"^[^\S\n]*(?:user )?(?:question|query)[^\S\n]*:[^\S\n]*(.+?)"
    r"(?=\n[^\S\n]*\n|^[^\S\n]*[\w ]{0,20}answer[^\S\n]*:|\Z)",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
_PARAGRAPH = re.compile(r"\S.*?(?=\n[^\S\n]*\n|\s*\Z)", re.DOTALL)
UNUSED = "The system message was not used: an answer is made of what the documents say, in their words."


@dataclass(frozen=True)
class Asked:
    """A question, what was asked before it, and the passages that the prompt holds, if it holds any."""

    question: str
    history: tuple[str, ...] = ()
    passages: tuple[Passage, ...] | None = None
    notes: tuple[str, ...] = ()


def read(messages: Sequence[BaseMessage]) -> Asked:
    """What the messages ask. Raises `InputError` if none of them is a human's, or one holds an image or the like."""
    passages: list[Passage] = []
    asked: list[str] = []
    notes: list[str] = []
    for number, message in enumerate(messages, 1):
        _check_blocks(number, message)
        passages += _blocks(message)
        text = str(message.text)
        if message.type == "human":
            question, context = _parts(text)
            asked.append(question or text)  # "Sources: which are there?" asks, and brings none
            passages += context if question else []
        elif message.type == "system":
            context = _parts(text)[1]
            passages += context
            if text.strip() and not context:
                notes.append(UNUSED)
    if messages and messages[-1].type in ("tool", "function"):
        raise InputError(
            f"the last message is a {type(messages[-1]).__name__}, and ChatHybrid calls no tools; give what it found "
            "as text of a human message, or as as_context(documents)"
        )
    if not asked:
        raise InputError("there is no question: the messages have no human message")
    history = tuple(one for one in asked[:-1] if one.strip())
    return Asked(asked[-1], history, tuple(passages) or None, tuple(dict.fromkeys(notes)))


def as_context(documents: Iterable[Document]) -> list[PlainTextContentBlock]:
    """Documents as content blocks of a message, which `ChatHybrid` quotes and cites by their own places.

    Raises `InputError` for what is no list of LangChain's documents.

    Example:
        >>> prompt = RunnableLambda(lambda asked: [HumanMessage(content=[
        ...     *as_context(retriever.invoke(asked)), {"type": "text", "text": asked}])])
        >>> (prompt | ChatHybrid(corpus="acme-v-beta")).invoke("When does the agreement end?")
    """
    return [
        PlainTextContentBlock(
            type="text-plain",
            mime_type="text/plain",
            text=document.page_content,
            title=str(document.metadata.get("title") or document.metadata.get("source") or document.id or ""),
            extras={"id": document.id, **document.metadata},
        )
        for document in checked_documents("documents", documents)
    ]


def passage(text: str, metadata: dict[str, Any], name: str) -> Passage:
    """A retrieved document as a passage, where its metadata says that it stands; ``name`` if they name no source."""
    return passage_from(text, metadata, name, metadata.get("start_index"), _page(metadata))


def _page(metadata: dict[str, Any]) -> int | None:
    """The page from 1: ``page`` counts from 0, as LangChain's loaders do, and ``page_number`` from 1."""
    page, number = metadata.get("page"), metadata.get("page_number")
    if isinstance(page, int):
        return page + 1
    return number if isinstance(number, int) else None


_READ = ("text", "text-plain")
_MEDIA = ("image", "audio", "video", "file", "document", "media", "input_")
"""What the types of blocks with pictures, sound and files begin with. A model's earlier message may hold other blocks
that are not text, such as its reasoning, and they say nothing that was asked."""


def _check_blocks(number: int, message: BaseMessage) -> None:
    """Raises `InputError`, by its type, for a block that is not text; of a model's message, for a picture or a file."""
    if isinstance(message.content, str):
        return
    for block in message.content:
        kind = block.get("type") if isinstance(block, dict) else "text"
        asks = message.type in ("human", "system")
        if kind not in _READ and (asks or str(kind).startswith(_MEDIA)):
            raise InputError(
                f"message {number} holds a block of type {kind!r}, and ChatHybrid reads text alone "
                f"({', '.join(_READ)}); ingest what the picture or file says, or give it as text"
            )


def _blocks(message: BaseMessage) -> list[Passage]:
    if isinstance(message.content, str):
        return []
    found = [block for block in message.content if isinstance(block, dict) and block.get("type") == "text-plain"]
    passages = []
    for number, block in enumerate(found, 1):
        metadata = dict(block.get("extras") or {})
        name = str(metadata.pop("id", None) or block.get("title") or f"passage {number}")
        metadata.setdefault("title", block.get("title"))
        if str(block.get("text") or "").strip():
            passages.append(passage(str(block["text"]), metadata, name))
    return passages


def _parts(text: str) -> tuple[str, list[Passage]]:
    """The question in a prompt, and the passages of the context in it."""
    spans = [match.span(2) for match in _TAGGED.finditer(text)]
    outside = _TAGGED.sub("\n\n", text)
    if not spans:
        labelled = _LABELLED.search(text)
        if labelled is None:
            return text, []
        spans = [labelled.span(1)]
        outside = f"{text[: labelled.start()]}\n\n{text[labelled.end() :]}"
    question = _QUESTION.search(outside)
    asked = question[1] if question else (_PARAGRAPH.findall(outside) or [""])[-1]
    passages = [
        _of_prompt(text, start + match.start(), start + match.end())
        for start, end in spans
        for match in _PARAGRAPH.finditer(text[start:end])
    ]
    return asked.strip(), passages


def _of_prompt(text: str, start: int, end: int) -> Passage:
    digest = sha256_hex(text.encode("utf-8", "surrogatepass"))
    return Passage(text[start:end], "prompt", "prompt", digest, start, line=1 + text.count("\n", 0, start))


_FIELDS = ("number", "source", "page", "last_page", "lines", "start", "end", "sha256", "before", "after")


def citation_blocks(answer: Answer, end: int | None = None) -> list[CitationBlock]:
    """The citations of an answer, as annotations of its text.

    ``start_index`` and ``end_index`` are the claim's span in the text, ``cited_text`` is the quote, and ``extras``
    hold the quote's own span (``start``, ``end``), its ``source``, ``page``, ``last_page``, ``lines`` and ``sha256``,
    and the claim's ``verdict``, ``origin``, ``support`` and ``contradicted_by``.

    Args:
        answer: whose claims stand in the order of its text.
        end: only the text before it was said; claims after it have no annotation.
    """
    stop = len(answer.text) if end is None else end
    return [
        _block(claim, citation, start, min(last, stop), f"hybrid-{position}-{citation.number}")
        for position, (claim, start, last) in enumerate(placed(answer), 1)
        for citation in claim.citations
        if start < stop
    ]


def _block(claim: Claim, citation: Citation, start: int, end: int, name: str) -> CitationBlock:
    block = create_citation(
        id=name,
        url=_url(citation.source),
        title=citation.title,
        start_index=start,
        end_index=end,
        cited_text=citation.quote,
    )
    held = citation.model_dump(mode="json", include=set(_FIELDS))
    said = claim.model_dump(mode="json", include={"verdict", "origin", "support", "contradicted_by"})
    block["extras"] = {key: held[key] for key in _FIELDS} | said
    return block


def _url(source: str) -> str | None:
    """The source's address, where it is one or can be made one."""
    if urlsplit(source).scheme in ("http", "https", "file"):
        return source
    return Path(source).as_uri() if Path(source).is_absolute() else None


def citations_of(message: BaseMessage) -> list[Citation]:
    """The citations of a message of `ChatHybrid`, each once, by number; also after ``dumps`` and ``loads``.

    Raises `InputError` for what is no message.

    Example:
        >>> message = ChatHybrid(corpus="acme-v-beta").invoke("When does the supply agreement end?")
        >>> [(citation.number, citation.source, citation.lines) for citation in citations_of(message)]
        [(1, 'discovery/supply-agreement.txt', (3, 3))]
    """
    if not isinstance(message, BaseMessage):
        raise InputError(f"message must be a message, as ChatHybrid returns it, not {shown(message)}")
    found: dict[int, Citation] = {}
    for block in message.content_blocks:
        for annotation in cast("list[dict[str, Any]]", block.get("annotations") or []):
            extras = annotation.get("extras") or {}
            if annotation.get("type") == "citation" and all(field in extras for field in _FIELDS):
                held = {field: extras[field] for field in _FIELDS}
                quote, title = annotation.get("cited_text", ""), annotation.get("title", "")
                found[extras["number"]] = Citation.model_validate({**held, "quote": quote, "title": title})
    return [found[number] for number in sorted(found)]
