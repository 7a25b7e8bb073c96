"""An answer's citations as LangChain's citation content blocks, and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from langchain_core.messages import BaseMessage
from langchain_core.messages.content import Citation as CitationBlock
from langchain_core.messages.content import create_citation

from hybrid.answers import Answer, Citation, Claim

_FIELDS = ("number", "source", "page", "last_page", "lines", "start", "end", "sha256", "before", "after")


def placed(answer: Answer) -> Iterator[tuple[Claim, int, int]]:
    """Each claim with its span in the answer's text, in the order of the text."""
    at = 0
    for claim in answer.claims:
        start = answer.text.index(claim.text, at)
        at = start + len(claim.text)
        yield claim, start, at


def citation_blocks(answer: Answer, end: int | None = None) -> list[CitationBlock]:
    """The citations of an answer that was told (`Corpus.ask` with ``on_token``), as annotations of its text.

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

    Example:
        >>> message = ChatHybrid(corpus="acme-v-beta").invoke("When does the supply agreement end?")
        >>> [(citation.number, citation.source, citation.lines) for citation in citations_of(message)]
        [(1, 'discovery/supply-agreement.txt', (3, 3))]
    """
    found: dict[int, Citation] = {}
    for block in message.content_blocks:
        for annotation in cast("list[dict[str, Any]]", block.get("annotations") or []):
            extras = annotation.get("extras") or {}
            if annotation.get("type") == "citation" and all(field in extras for field in _FIELDS):
                held = {field: extras[field] for field in _FIELDS}
                quote, title = annotation.get("cited_text", ""), annotation.get("title", "")
                found[extras["number"]] = Citation.model_validate({**held, "quote": quote, "title": title})
    return [found[number] for number in sorted(found)]
