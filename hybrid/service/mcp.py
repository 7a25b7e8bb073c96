"""A corpus over the Model Context Protocol: tools that ask, search, quote and verify, and documents as resources."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Protocol
from urllib.parse import quote, unquote

from hybrid import __version__
from hybrid._async import until_dropped
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
from hybrid.service.statements import judgement, judging, quoted
from hybrid.text.formatting import place
from hybrid.types.answers import Answer, Hits, RouteName
from hybrid.types.base import input_error, shown
from hybrid.types.documents import Document
from hybrid.types.events import collect
from hybrid.types.filters import Filter
from hybrid.types.reports import Documents
from hybrid.types.statements import Judgement, Quotation

if TYPE_CHECKING:
    from hybrid.client import AsyncRemoteCorpus

URI = "hybrid://document/"
_CURSOR = re.compile(r"[0-9]{1,12}")
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


class Offered(Protocol):
    """What is offered: a corpus on this machine (`LocalCorpus`), or one of a server (`ServedCorpus`)."""

    async def ask(self, given: AskArguments) -> Answer:
        """Answer a question."""

    async def search(self, given: SearchArguments) -> Hits:
        """Find passages."""

    async def quote(self, given: QuoteArguments) -> Quotation:
        """Find where words stand."""

    async def verify(self, given: VerifyArguments) -> Judgement:
        """Check a statement."""

    async def documents(self) -> Documents:
        """List what there is."""

    async def document(self, source: str) -> Document:
        """Read one. Raises `SourceNotFoundError`."""


class LocalCorpus:
    """An open corpus, as whoever opened it may see it."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus

    async def ask(self, given: AskArguments) -> Answer:
        """Answer a question."""
        return await self._corpus.aask(given.question, route=given.route, history=given.history, where=given.where)

    async def search(self, given: SearchArguments) -> Hits:
        """Find passages."""
        return await self._corpus.asearch(given.question, given.k, where=given.where, order=given.order)

    async def quote(self, given: QuoteArguments) -> Quotation:
        """Find where words stand."""
        return await asyncio.to_thread(quoted, self._corpus, given.text, given.source)

    async def verify(self, given: VerifyArguments) -> Judgement:
        """Check a statement."""
        events = judging(self._corpus, given.statement, given.where)
        return judgement(given.statement, await until_dropped(events, collect))

    async def documents(self) -> Documents:
        """List what there is."""
        return await self._corpus.adocuments()

    async def document(self, source: str) -> Document:
        """Read one. Raises `SourceNotFoundError`."""
        found = await self._corpus.aget_documents([source])
        if source not in found:
            raise SourceNotFoundError(f"no source {shown(source)} in the corpus")
        return found[source]


class ServedCorpus:
    """A corpus of a server, as its key may see it: no model is loaded here."""

    def __init__(self, corpus: AsyncRemoteCorpus) -> None:
        self._corpus = corpus

    async def ask(self, given: AskArguments) -> Answer:
        """Answer a question."""
        return await self._corpus.ask(given.question, route=given.route, history=given.history, where=given.where)

    async def search(self, given: SearchArguments) -> Hits:
        """Find passages."""
        return await self._corpus.search(given.question, given.k, where=given.where, order=given.order)

    async def quote(self, given: QuoteArguments) -> Quotation:
        """Find where words stand."""
        return await self._corpus.quote(given.text, source=given.source)

    async def verify(self, given: VerifyArguments) -> Judgement:
        """Check a statement."""
        return await self._corpus.judge(given.statement, where=given.where)

    async def documents(self) -> Documents:
        """List what there is."""
        return await self._corpus.documents()

    async def document(self, source: str) -> Document:
        """Read one. Raises `SourceNotFoundError`."""
        return await self._corpus.get_document(source)


@dataclass(frozen=True)
class _Tool:
    """A tool: what it takes, what it does, and what is said of it."""

    description: str
    arguments: type[_Arguments]
    call: Callable[[Offered, Any], Awaitable[Any]]

    def listed(self, name: str) -> protocol.Tool:
        return protocol.Tool(
            name=name,
            description=self.description,
            input_schema=self.arguments.model_json_schema(),
            annotations=protocol.ToolAnnotations(read_only_hint=True, open_world_hint=False),
        )


TOOLS = {
    "ask": _Tool(
        "Answer a question from the documents. Every sentence has its citations and a verdict that was checked; where "
        "nothing answers, it says so.",
        AskArguments,
        lambda corpus, given: corpus.ask(given),
    ),
    "search": _Tool(
        "Find the passages that bear most on a question, best first.",
        SearchArguments,
        lambda corpus, given: corpus.search(given),
    ),
    "quote": _Tool(
        "Find where words stand in the documents, to the character: page, lines, offsets. Finds nothing where no "
        "document has just these words.",
        QuoteArguments,
        lambda corpus, given: corpus.quote(given),
    ),
    "verify": _Tool(
        "Check a statement against the documents, sentence by sentence: verbatim, supported, likely, contradicted or "
        "unsupported, with the spans that say so or otherwise.",
        VerifyArguments,
        lambda corpus, given: corpus.verify(given),
    ),
}


class _Handlers:
    """What the server does for its client, with one corpus."""

    def __init__(self, corpus: Offered) -> None:
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
        if cursor is not None and not _CURSOR.fullmatch(cursor):
            raise MCPError(protocol.INVALID_PARAMS, f"cursor {shown(cursor)} is none that this server gave")
        start = int(cursor or 0)
        documents = await self._corpus.documents()
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
            if not uri.startswith(URI) or not source:
                raise SourceNotFoundError(f"{shown(uri)} is no document's address, which begins with {URI}")
            found = await self._corpus.document(source)
        except HybridError as error:
            raise MCPError(protocol.INVALID_PARAMS, f"no document {shown(uri)}: {error}") from None
        contents = protocol.TextResourceContents(uri=uri, text=found.text, mime_type="text/plain")
        return protocol.ReadResourceResult(contents=[contents])


def _plain(found: Any) -> Any:
    if isinstance(found, BaseModel):
        return found.model_dump(mode="json")
    return [one.model_dump(mode="json") for one in found]


def _said(found: Any) -> str:
    if isinstance(found, Hits) and found:
        return "\n\n".join(f"{number}. {hit.source}, {place(hit)}\n{hit.text}" for number, hit in enumerate(found, 1))
    return str(found)


def mcp_server(corpus: Corpus | AsyncRemoteCorpus) -> Server[Any]:
    """The server of one corpus, as whoever opened it may see it.

    Example:
        >>> server = mcp_server(hybrid.Corpus.open("acme-v-beta", create=False))
        >>> async with mcp.Client(server) as client:
        ...     result = await client.call_tool("ask", {"question": "When does the agreement end?"})
    """
    handlers = _Handlers(LocalCorpus(corpus) if isinstance(corpus, Corpus) else ServedCorpus(corpus))
    return Server(
        "hybrid",
        version=__version__,
        title=f"hybrid: {corpus.directory.name if isinstance(corpus, Corpus) else corpus.name}",
        instructions=_INSTRUCTIONS,
        on_list_tools=handlers.tools,
        on_call_tool=handlers.call,
        on_list_resources=handlers.resources,
        on_list_resource_templates=handlers.templates,
        on_read_resource=handlers.read,
    )


def run_stdio(corpus: Corpus) -> None:
    """Serve a corpus over standard input and output, until the client goes."""

    async def run() -> None:
        # While the client says hello: what the first question would otherwise wait for.
        loading = asyncio.ensure_future(asyncio.to_thread(_load, corpus))
        await _stdio(mcp_server(corpus))
        loading.cancel()

    asyncio.run(run())


def run_stdio_of_server(url: str, corpus: str) -> None:
    """The same for a corpus of a server, by its name; the key is in the variable ``HYBRID_API_KEY``."""
    from hybrid.client import AsyncClient

    async def run() -> None:
        async with AsyncClient(url) as client:
            await _stdio(mcp_server(client.corpus(corpus)))

    asyncio.run(run())


async def _stdio(server: Server[Any]) -> None:
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def _load(corpus: Corpus) -> None:
    try:
        corpus.route("Is it ready?")
    except HybridError:  # it is said to whoever asks
        return
