"""Programs written for OpenAI's interface ask a corpus, and get citations as annotations: by its own client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from served import QUESTION, Running

from hybrid import Answer, Corpus, Identity


@pytest.fixture(scope="module")
def client(looked_at: Running) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{looked_at.url}/v1", api_key="unused", max_retries=0) as made:
        yield made


def ask(client: openai.OpenAI, *messages: str, **options: Any) -> Any:
    return client.chat.completions.create(
        model="acme", messages=[{"role": "user", "content": message} for message in messages], **options
    )


def citations(annotations: Any) -> list[dict[str, Any]]:
    found = []
    for one in annotations:
        plain = one if isinstance(one, dict) else one.model_dump()
        assert plain["type"] == "url_citation"
        found.append(plain["url_citation"])
    return found


def test_corpora_are_models(client: openai.OpenAI) -> None:
    assert {model.id for model in client.models.list()} == {"acme", "classes", "other"}
    assert client.models.retrieve("acme").owned_by == "hybrid"
    with pytest.raises(openai.NotFoundError, match="no corpus 'nothing'"):
        client.models.retrieve("nothing")


def test_a_completion_is_the_answer_with_its_citations_as_annotations(
    client: openai.OpenAI, looked_at: Running
) -> None:
    completion = ask(client, QUESTION)
    (choice,) = completion.choices
    answer = Answer.model_validate(completion.hybrid)
    assert (choice.message.content, choice.finish_reason) == (answer.text, "stop")
    (found,) = citations(choice.message.annotations)
    claim = answer.claims[0]
    assert choice.message.content[found["start_index"] : found["end_index"]] == claim.text
    assert (found["quote"], found["verdict"]) == (claim.citations[0].quote, "verbatim")
    assert found["title"] == "agreement.txt"
    with looked_at.http() as http:
        document = http.get(found["url"]).json()
    assert document["text"][found["quote_start"] : found["quote_end"]] == found["quote"]


def test_a_stream_adds_up_to_the_completion(client: openai.OpenAI) -> None:
    whole = ask(client, QUESTION)
    chunks = list(ask(client, QUESTION, stream=True, stream_options={"include_usage": True}))
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == whole.choices[0].message.content
    annotations = [one for delta in deltas for one in (delta.model_extra or {}).get("annotations", ())]
    assert citations(annotations) == citations(whole.choices[0].message.annotations)
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices].count("stop") == 1
    assert len({chunk.id for chunk in chunks}) == 1
    assert deltas[0].role == "assistant"
    assert chunks[-1].usage == whole.usage
    assert not any(chunk.usage for chunk in chunks[:-1])
    assert not any(chunk.usage for chunk in ask(client, QUESTION, stream=True))


def test_usage_counts_the_tokens_of_the_messages_and_the_answer(client: openai.OpenAI, looked_at: Running) -> None:
    completion = ask(client, "Who are the parties?", QUESTION)
    who = Identity(name="local", every_class=True)
    with Corpus.open(looked_at.root / "acme", create=False, identity=who) as corpus:
        prompt = corpus.count_tokens("Who are the parties?") + corpus.count_tokens(QUESTION)
        assert completion.usage.prompt_tokens == prompt
        assert completion.usage.completion_tokens == corpus.count_tokens(completion.choices[0].message.content)
    assert completion.usage.total_tokens == prompt + completion.usage.completion_tokens


def test_what_was_asked_before_is_the_history(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(
        model="acme",
        messages=[
            {"role": "system", "content": "You are a pirate."},
            {"role": "user", "content": "Who are the parties to the supply agreement?"},
            {"role": "assistant", "content": "Acme and Beta."},
            {"role": "user", "content": [{"type": "text", "text": "And when does it end?"}]},
        ],
    )
    answer = Answer.model_validate(completion.hybrid)
    assert answer.question == "And when does it end?"
    assert any(note.startswith("Read as:") for note in answer.notes)


def test_where_nothing_answers_the_text_says_so_and_cites_nothing(client: openai.OpenAI) -> None:
    completion = ask(client, "How many moons has Jupiter?")
    assert completion.choices[0].message.annotations == []
    assert not completion.hybrid["found"]


def test_route_and_filter_come_in_the_body(client: openai.OpenAI) -> None:
    completion = ask(
        client, "Who signed?", extra_body={"route": "lookup", "where": {"sources": ["discovery/minutes*"]}}
    )
    answer = Answer.model_validate(completion.hybrid)
    assert answer.route.forced
    assert {one.source for one in answer.citations} <= {"discovery/minutes.txt"}


def test_what_front_ends_send_to_every_model_has_no_effect(client: openai.OpenAI) -> None:
    assert ask(client, QUESTION, temperature=0.7, top_p=0.9, max_tokens=5, seed=1, user="ann", n=1).choices[0].message


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"n": 2}, "n must be"),
        ({"logprobs": True}, "logprobs"),
        ({"extra_body": {"temprature": 1}}, "did you mean temperature"),
    ],
)
def test_what_a_corpus_cannot_do_is_refused_by_name(client: openai.OpenAI, options: dict[str, Any], named: str) -> None:
    with pytest.raises(openai.UnprocessableEntityError, match=named):
        ask(client, QUESTION, **options)


@pytest.mark.parametrize("stream", [False, True])
def test_errors_are_those_of_its_client(client: openai.OpenAI, looked_at: Running, stream: bool) -> None:
    with pytest.raises(openai.NotFoundError, match="no corpus 'nothing'"):
        client.chat.completions.create(model="nothing", messages=[{"role": "user", "content": QUESTION}], stream=stream)
    with pytest.raises(openai.UnprocessableEntityError, match="the question is empty"):
        ask(client, " ", stream=stream)
    image: Any = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,x"}}]}
    with pytest.raises(openai.UnprocessableEntityError, match="'image_url'"):
        client.chat.completions.create(model="acme", messages=[image], stream=stream)
    with pytest.raises(openai.UnprocessableEntityError, match="the last is the question"):
        client.chat.completions.create(model="acme", messages=[{"role": "assistant", "content": "Hm."}], stream=stream)


def test_an_unknown_key_is_an_authentication_error(root: Any) -> None:
    from served import serving

    with serving(root) as running:
        secret = running.key("ann", corpora=["acme"])
        for key, allowed in ((secret, True), ("hyb_0_wrong", False)):
            with openai.OpenAI(base_url=f"{running.url}/v1", api_key=key, max_retries=0) as client:
                if allowed:
                    assert ask(client, QUESTION).choices
                else:
                    with pytest.raises(openai.AuthenticationError):
                        ask(client, QUESTION)


async def test_the_async_client_streams_too(looked_at: Running) -> None:
    async with openai.AsyncOpenAI(base_url=f"{looked_at.url}/v1", api_key="unused") as client:
        stream = await client.chat.completions.create(
            model="acme", messages=[{"role": "user", "content": QUESTION}], stream=True
        )
        text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
    assert "30 June 2027" in text
