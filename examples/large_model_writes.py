"""A large model writes, while hybrid routes, retrieves, and verifies every sentence of what it wrote.

Prints the answer with a verdict on each sentence, and what was written and no document supports. With --fake the
model is a scripted LangChain chat model that gets one thing wrong; without, it is the built-in small model, as a plain
function, where you would put a large one:

    corpus.ask(question, writer=init_chat_model("..."))

    python examples/large_model_writes.py [--fake]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence

import hybrid

CLAUSES = """1. Term. The supply agreement ends on 30 June 2027, unless both parties extend it in writing.
2. Deliveries. Acme shall deliver 500 tonnes of rock salt to the depot in Ghent every month.
"""
MINUTES = "The parties fell out because the salt arrived wet three months in a row. Acme refused a refund.\n"
SCRIPT = "The salt arrived wet three months in a row. Acme paid a refund of 500 euros."


def scripted() -> object:
    """A LangChain chat model; any other goes in the same place."""
    from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
    from langchain_core.messages import AIMessage

    return GenericFakeChatModel(messages=iter([AIMessage(SCRIPT)]))


def built_in() -> Callable[[list[tuple[str, str]]], str]:
    """A function from (role, text) messages to text will do as well: here the built-in model, without a memory."""
    from hybrid.settings import MemorySettings
    from hybrid.ttt.memory import MemoryModel

    reader = MemoryModel.load(MemorySettings()).reader(None)
    return lambda messages: reader.generate(messages, max_new_tokens=120)


def main(argv: Sequence[str] | None = None) -> None:
    """Ingest, ask, show the verdicts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fake", action="store_true", help="a scripted chat model")
    writer = scripted() if parser.parse_args(argv).fake else built_in()
    settings = hybrid.Settings.model_validate({"memory": {"enabled": False}})  # the writer takes its place

    with tempfile.TemporaryDirectory() as folder, hybrid.Corpus.open(f"{folder}/corpus", settings) as corpus:
        corpus.ingest(
            hybrid.Document.from_text(CLAUSES, source="agreement.txt"),
            hybrid.Document.from_text(MINUTES, source="minutes.txt"),
        )
        answer = corpus.ask("Why did the parties fall out over the salt?", route="comprehension", writer=writer)
        for claim in answer.claims:
            print(f"{claim.verdict:<13}{claim.origin:<8}{claim.text}")
        for claim in answer.draft.claims if answer.draft else ():
            print(f"not in the answer: {claim.text} ({claim.verdict})")
        print(f"\n{answer}")


if __name__ == "__main__":
    main()
