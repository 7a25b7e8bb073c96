"""The part of OpenAI's interface that chat front ends use: a corpus is a model, and its citations are annotations."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import aclosing, closing
from dataclasses import dataclass
from typing import Any, ClassVar, Literal
from urllib.parse import quote

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from hybrid.errors import HybridError, InputError
from hybrid.service.asking import begun, counted
from hybrid.service.failures import content_of
from hybrid.service.keys import ApiKey
from hybrid.service.sse import content_event, event_bytes
from hybrid.service.state import Asker, KeyFirst, Served, Service, unless_dropped
from hybrid.types.answers import Answer, RouteName
from hybrid.types.base import shown
from hybrid.types.events import ClaimEvent, EndEvent, Event, TextEvent
from hybrid.types.filters import Filter

router: APIRouter = APIRouter(prefix="/v1", tags=["OpenAI"], route_class=KeyFirst)
_DONE = event_bytes(None, "[DONE]")


class _Part(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")

    type: str
    text: str = ""


class ChatMessage(BaseModel):
    """One message: the last is the question, a user's; those of users before it are what it follows up. What an
    assistant or a system message says is not used: an answer is made of what the documents say."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[_Part] | None = None

    @property
    def text(self) -> str:
        """What it says. Raises `InputError` for anything but text."""
        if not isinstance(self.content, list):
            return self.content or ""
        for part in self.content:
            if part.type != "text":
                raise InputError(f"messages: a part of type {shown(part.type)} cannot be read, only text")
        return "\n".join(part.text for part in self.content)


class StreamOptions(BaseModel):
    """What a stream has besides."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    include_usage: bool = False
    include_obfuscation: bool = False


class ChatRequest(BaseModel):
    """A chat completion. ``route`` and ``where`` are this library's own, as in `Corpus.ask`.

    Those that decide how a model samples are taken and have no effect, as no model is sampled. What asks for something
    that a corpus does not do (tools, another format, several choices) is refused.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"model": "acme-v-beta", "messages": [{"role": "user", "content": "When does the agreement end?"}]}
            ]
        },
    )

    model: str
    messages: list[ChatMessage] = Field(min_length=1)
    stream: bool = False
    stream_options: StreamOptions | None = None
    route: RouteName | None = None
    where: Filter | None = None
    n: Literal[1] | None = None
    tool_choice: Literal["none", "auto"] | None = None
    tools: list[Any] | None = Field(default=None, max_length=0)
    # Without effect:
    temperature: float | None = None
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    seed: int | None = None
    user: str | None = None
    metadata: dict[str, str] | None = None
    store: bool | None = None
    reasoning_effort: str | None = None
    logit_bias: dict[str, float] | None = None

    @property
    def question(self) -> str:
        """The last message. Raises `InputError` where it is no user's."""
        if self.messages[-1].role != "user":
            raise InputError(f"messages: the last is the question, of role 'user', not {shown(self.messages[-1].role)}")
        return self.messages[-1].text

    @property
    def history(self) -> tuple[str, ...]:
        """What users asked before it."""
        asked = (one.text for one in self.messages[:-1] if one.role == "user")
        return tuple(text for text in asked if any(letter.isalnum() for letter in text))


@dataclass(frozen=True)
class _Usage:
    """Tokens by the corpus's own tokenizer."""

    prompt: int
    completion: int

    @property
    def content(self) -> dict[str, int]:
        return {
            "prompt_tokens": self.prompt,
            "completion_tokens": self.completion,
            "total_tokens": self.prompt + self.completion,
        }


@router.get("/models")
async def models(service: Served, key: Asker) -> dict[str, Any]:
    """The corpora that this key may see, as models."""
    names = await service.run(key, lambda: service.corpora.names(key))
    return {"object": "list", "data": [_model(name) for name in names]}


@router.get("/models/{model}")
async def model(service: Served, key: Asker, model: str) -> dict[str, Any]:
    """One of them."""
    await service.run(key, lambda: service.corpora.check(model, key, "reader"))
    return _model(model)


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "hybrid"}


@router.post("/chat/completions", response_class=Response)
async def chat(request: Request, service: Served, key: Asker, body: ChatRequest) -> Response:
    """Answer the last message from the corpus that `model` names. The annotations of the message, or of a stream's
    chunks, are its citations; `hybrid` holds the whole answer."""
    said = _Completion(body.model, str(request.base_url))
    events = _events(service, key, body)
    if body.stream:
        with_usage = body.stream_options is not None and body.stream_options.include_usage

        def write(event: Event | _Usage) -> Iterator[bytes]:
            return said.chunks(event, with_usage=with_usage)

        return await begun(request, service, events, write, _failed(service))
    collected = await unless_dropped(request, _collected(events, said))
    return JSONResponse(collected)


def _events(service: Service, key: ApiKey, body: ChatRequest) -> AsyncGenerator[Any, None]:
    question, history = body.question, body.history

    def make() -> Generator[Any, None, None]:
        with (
            service.corpora.seen_by(body.model, key) as seen,
            closing(seen.stream(question, route=body.route, history=history, where=body.where)) as events,
        ):
            for event in events:
                if isinstance(event, EndEvent):
                    prompt = sum(seen.count_tokens(one.text) for one in body.messages if one.text)
                    yield _Usage(prompt, seen.count_tokens(event.answer.text))
                yield event

    return counted(service, service.answering.stream(key.id, make))


def _failed(service: Service) -> Callable[[HybridError], bytes]:
    return lambda error: content_event(None, content_of(type(error).__name__, service.told(error)))


async def _collected(events: AsyncGenerator[Any, None], said: _Completion) -> dict[str, Any]:
    annotations: list[dict[str, Any]] = []
    usage: _Usage | None = None
    answer: Answer | None = None
    async with aclosing(events):
        async for event in events:
            if isinstance(event, ClaimEvent):
                annotations += said.annotations(event)
            elif isinstance(event, _Usage):
                usage = event
            elif isinstance(event, EndEvent):
                answer = event.answer
    assert answer is not None
    assert usage is not None
    message = {"role": "assistant", "content": answer.text, "refusal": None, "annotations": annotations}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    return {
        **said.head("chat.completion"),
        "choices": [choice],
        "usage": usage.content,
        "hybrid": answer.model_dump(mode="json"),
    }


class _Completion:
    """One answer in OpenAI's words."""

    def __init__(self, model: str, base: str) -> None:
        self._id = f"chatcmpl-{uuid.uuid4().hex}"
        self._created = int(time.time())
        self._model = model
        self._base = base.rstrip("/")
        self._begun = False
        self._usage: _Usage | None = None

    def head(self, kind: str) -> dict[str, Any]:
        """What a completion and each of its chunks begin with."""
        return {"id": self._id, "object": kind, "created": self._created, "model": self._model}

    def annotations(self, event: ClaimEvent) -> list[dict[str, Any]]:
        """The citations of a claim. The indices are the claim's in the answer's text; the quote's own span, its page
        and its lines stand beside them."""
        return [
            {
                "type": "url_citation",
                "url_citation": {
                    "url": f"{self._base}/v1/corpora/{self._model}/document?source={quote(one.source, safe='')}",
                    "title": one.title,
                    "start_index": event.start,
                    "end_index": event.end,
                    "verdict": event.claim.verdict,
                    **one.model_dump(mode="json", include={"number", "source", "quote", "page", "lines", "sha256"}),
                    "quote_start": one.start,
                    "quote_end": one.end,
                },
            }
            for one in event.claim.citations
        ]

    def chunks(self, event: Event | _Usage, *, with_usage: bool) -> Iterator[bytes]:
        """What a stream says of an event."""
        if not self._begun:  # with the first event, whatever it is: the front end shows that somebody is at work
            self._begun = True
            yield self._chunk({"role": "assistant", "content": ""})
        if isinstance(event, TextEvent):
            yield self._chunk({"content": event.text})
        elif isinstance(event, ClaimEvent) and event.claim.citations:
            yield self._chunk({"annotations": self.annotations(event)})
        elif isinstance(event, _Usage):
            self._usage = event
        elif isinstance(event, EndEvent):
            yield self._chunk({}, finish="stop", hybrid=event.answer.model_dump(mode="json"))
            if with_usage and self._usage is not None:
                head = self.head("chat.completion.chunk")
                yield content_event(None, {**head, "choices": [], "usage": self._usage.content})
            yield _DONE

    def _chunk(self, delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return content_event(None, {**self.head("chat.completion.chunk"), "choices": [choice], **more})
