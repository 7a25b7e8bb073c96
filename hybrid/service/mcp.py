"""A corpus over the Model Context Protocol: tools that ask, search, quote and verify, and documents as resources."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import quote, unquote

from hybrid import __version__
from hybrid.errors import HybridError, MissingExtraError, SourceNotFoundError

try:
    import mcp.types as protocol
    from mcp.server.lowlevel import Server
    from mcp.server.stdio import stdio_server
    from mcp.shared.exceptions import MCPError
except ModuleNotFoundError as error:
    raise MissingExtraError("hybrid mcp needs the package mcp", "service") from error

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hybrid.corpus import Corpus
from hybrid.service.quotation import Quotation, quoted
from hybrid.text.formatting import place
from hybrid.types.answers import Answer, Citation, Claim, Hits, RouteName
from hybrid.types.base import FrozenModel, input_error, shown
from hybrid.types.filters import Filter

URI = "hybrid://document/"
_PAGE = 200
"""Documents in one list: a client asks for the next where there are more."""
_INSTRUCTIONS = """\
Answers from a fixed body of documents, with citations that were checked. Use `ask` for a question: give its sentences \
with their [numbers] and say where it found nothing. Before you put words in quotation marks use `quote`, and before \
you state something as what the documents say use `verify`: a statement that is not `verbatim` or `supported` is not \
what they say."""


class _Arguments(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)


class AskArguments(_Arguments):
    """What `ask` takes."""

    question: str = Field(description="The question, in words.")
    route: RouteName | None = Field(default=None, description="Where it goes, instead of the router's choice.")
    history: tuple[str, ...] = Field(default=(), description="Questions asked before, which this one follows up.")
    where: Filter | None = Field(default=None, description="Only these documents: sources (patterns), dates, metadata.")


class SearchArguments(_Arguments):
    """What `search` takes."""

    question: str = Field(
        description='What to look for; "exact words" in quotation marks, or an expression such as salt w/5 wet.'
    )
    k: Annotated[int, Field(strict=True, ge=1, le=100)] = Field(default=10, description="How many passages.")
    where: Filter | None = Field(default=None, description="Only these documents.")
    order: Literal["fused", "dense", "lexical"] = Field(default="fused", description="Which search gives the order.")


class QuoteArguments(_Arguments):
    """What `quote` takes."""

    text: str = Field(description="The words to find, as they are to be quoted.")
    source: str | None = Field(default=None, description="One document alone, by its source.")


class VerifyArguments(_Arguments):
    """What `verify` takes."""

    statement: str = Field(description="One or several sentences that are to be checked against the documents.")
    where: Filter | None = Field(default=None, description="Only these documents.")


class Judged(FrozenModel):
    """A sentence of a statement, and what the documents say to it."""

    claim: Claim
    against: tuple[Citation, ...] = ()

    def __str__(self) -> str:
        spans = [f"  says so: {_cited(one)}" for one in self.claim.citations]
        spans += [f"  says otherwise: {_cited(one)}" for one in self.against]
        return "\n".join([f"{self.claim.verdict}: {self.claim.text}", *spans])


class Judgement(FrozenModel):
    """What `verify` found, sentence by sentence."""

    statement: str
    claims: tuple[Judged, ...]

    def __str__(self) -> str:
        return "\n".join(map(str, self.claims))


def _cited(one: Citation) -> str:
    return f"{one.source}, {place(one)}: “{' '.join(one.quote.split())}”"


def judged(corpus: Corpus, statement: str, where: Filter | None = None) -> Judgement:
    """Each sentence of a statement with its verdict: it goes the way of what a writer writes, from the search for
    evidence to the verdicts.

    Raises `InputError` for a statement without words, or one that is longer than a question may be.
    """
    answer = corpus.ask(statement, route="comprehension", where=where, writer=lambda _: statement)
    spans = {one.number: one for one in (*answer.citations, *(answer.draft.citations if answer.draft else ()))}
    claims = [*answer.claims, *(answer.draft.claims if answer.draft else ())]
    found = [
        Judged(claim=claim, against=tuple(spans[number] for number in claim.contradicted_by))
        for claim in claims
        if claim.origin == "writer"
    ]
    if not found:  # nothing in the documents is near enough to be compared with
        found = [Judged(claim=Claim(text=statement, verdict="unsupported", origin="writer", support=0.0))]
    return Judgement(statement=statement, claims=tuple(found))


@dataclass(frozen=True)
class _Tool:
    """A tool: what it takes, what it does, and what is said of it."""

    description: str
    arguments: type[_Arguments]
    call: Callable[[Corpus, Any], Awaitable[Any]]

    def listed(self, name: str) -> protocol.Tool:
        return protocol.Tool(
            name=name,
            description=self.description,
            input_schema=self.arguments.model_json_schema(),
            annotations=protocol.ToolAnnotations(read_only_hint=True, open_world_hint=False),
        )


async def _ask(corpus: Corpus, given: AskArguments) -> Answer:
    return await corpus.aask(given.question, route=given.route, history=given.history, where=given.where)


async def _search(corpus: Corpus, given: SearchArguments) -> Hits:
    return await corpus.asearch(given.question, given.k, where=given.where, order=given.order)


async def _quote(corpus: Corpus, given: QuoteArguments) -> Quotation:
    return await asyncio.to_thread(quoted, corpus, given.text, given.source)


async def _verify(corpus: Corpus, given: VerifyArguments) -> Judgement:
    return await asyncio.to_thread(judged, corpus, given.statement, given.where)


TOOLS = {
    "ask": _Tool(
        "Answer a question from the documents. Every sentence has its citations and a verdict that was checked; where "
        "nothing answers, it says so.",
        AskArguments,
        _ask,
    ),
    "search": _Tool("Find the passages that bear most on a question, best first.", SearchArguments, _search),
    "quote": _Tool(
        "Find where words stand in the documents, to the character: page, lines, offsets. Finds nothing where no "
        "document has just these words.",
        QuoteArguments,
        _quote,
    ),
    "verify": _Tool(
        "Check a statement against the documents, sentence by sentence: verbatim, supported, likely, contradicted or "
        "unsupported, with the spans that say so or otherwise.",
        VerifyArguments,
        _verify,
    ),
}


class _Handlers:
    """What the server does for its client, with one corpus."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus

    async def tools(self, *_: Any) -> protocol.ListToolsResult:
        return protocol.ListToolsResult(tools=[tool.listed(name) for name, tool in TOOLS.items()])

    async def call(self, _: Any, given: protocol.CallToolRequestParams) -> protocol.CallToolResult:
        tool = TOOLS.get(given.name)
        if tool is None:
            raise MCPError(protocol.INVALID_PARAMS, f"there is no tool {given.name!r}; there are {', '.join(TOOLS)}")
        try:
            try:
                arguments = tool.arguments.model_validate(given.arguments or {})
            except ValidationError as error:
                raise input_error(error, tool.arguments) from None
            found = await tool.call(self._corpus, arguments)
        except HybridError as error:  # for the model to read, which may ask better
            text = protocol.TextContent(type="text", text=f"{type(error).__name__}: {error}")
            return protocol.CallToolResult(content=[text], is_error=True)
        structured = {"hits": _plain(found)} if isinstance(found, Hits) else _plain(found)
        text = protocol.TextContent(type="text", text=_said(found))
        return protocol.CallToolResult(content=[text], structured_content=structured)

    async def resources(self, _: Any, given: protocol.PaginatedRequestParams | None) -> protocol.ListResourcesResult:
        cursor = given.cursor if given is not None else None
        if cursor is not None and not cursor.isdecimal():
            raise MCPError(protocol.INVALID_PARAMS, f"cursor {shown(cursor)} is none that this server gave")
        start = int(cursor or 0)
        documents = await self._corpus.adocuments()
        page = [
            protocol.Resource(
                name=one.source,
                title=one.title,
                uri=f"{URI}{quote(one.source, safe='')}",
                mime_type="text/plain",
                description=", ".join(filter(None, (one.date, one.custodian, f"{one.characters:,} characters"))),
            )
            for one in documents[start : start + _PAGE]
        ]
        more = str(start + _PAGE) if start + _PAGE < len(documents) else None
        return protocol.ListResourcesResult(resources=page, next_cursor=more)

    async def templates(self, *_: Any) -> protocol.ListResourceTemplatesResult:
        template = protocol.ResourceTemplate(
            name="document",
            uri_template=f"{URI}{{source}}",
            mime_type="text/plain",
            description="The text of a document, by its source as citations name it, percent-encoded.",
        )
        return protocol.ListResourceTemplatesResult(resource_templates=[template])

    async def read(self, _: Any, given: protocol.ReadResourceRequestParams) -> protocol.ReadResourceResult:
        uri = str(given.uri)
        source = unquote(uri.removeprefix(URI))
        try:
            found = await self._corpus.aget_documents([source]) if uri.startswith(URI) and source else {}
            if source not in found:
                raise SourceNotFoundError(f"no document {shown(uri)}; the list of resources has those that there are")
        except HybridError as error:
            raise MCPError(protocol.INVALID_PARAMS, str(error)) from None
        contents = protocol.TextResourceContents(uri=uri, text=found[source].text, mime_type="text/plain")
        return protocol.ReadResourceResult(contents=[contents])


def _plain(found: Any) -> Any:
    if isinstance(found, BaseModel):
        return found.model_dump(mode="json")
    return [one.model_dump(mode="json") for one in found]


def _said(found: Any) -> str:
    if isinstance(found, Hits) and found:
        return "\n\n".join(f"{number}. {hit.source}, {place(hit)}\n{hit.text}" for number, hit in enumerate(found, 1))
    return str(found)


def mcp_server(corpus: Corpus) -> Server[Any]:
    """The server of one corpus, as whoever opened it may see it.

    Example:
        >>> server = mcp_server(hybrid.Corpus.open("acme-v-beta", create=False))
        >>> async with mcp.Client(server) as client:
        ...     result = await client.call_tool("ask", {"question": "When does the agreement end?"})
    """
    handlers = _Handlers(corpus)
    return Server(
        "hybrid",
        version=__version__,
        title=f"hybrid: {corpus.directory.name}",
        instructions=_INSTRUCTIONS,
        on_list_tools=handlers.tools,
        on_call_tool=handlers.call,
        on_list_resources=handlers.resources,
        on_list_resource_templates=handlers.templates,
        on_read_resource=handlers.read,
    )


def run_stdio(corpus: Corpus) -> None:
    """Serve a corpus over standard input and output, until the client goes."""
    asyncio.run(_stdio(corpus))


async def _stdio(corpus: Corpus) -> None:
    server = mcp_server(corpus)
    # While the client says hello: what the first question would otherwise wait for.
    loading = asyncio.ensure_future(asyncio.to_thread(partial(_load, corpus)))
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())
    loading.cancel()


def _load(corpus: Corpus) -> None:
    try:
        corpus.route("Is it ready?")
    except HybridError:  # it is said to whoever asks
        return
