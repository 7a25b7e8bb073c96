"""hybrid's retriever and its chat model in LangChain: found, streamed, cited.

Prints what the retriever found, then an answer as it streams with its citations. Half a minute, most of which is
loading the two models; with --fake no language model is loaded, and a scripted chat model writes instead.

    python examples/langchain_pair.py [--fake]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence

from langchain_core.documents import Document
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate

import hybrid
from hybrid.langchain import ChatHybrid, HybridRetriever, citations_of

DOCUMENTS = [  # as any loader gives them
    Document(
        "1. Term. The supply agreement ends on 30 June 2027, unless both parties extend it in writing.\n"
        "2. Deliveries. Acme shall deliver 500 tonnes of rock salt to the depot in Ghent every month.",
        metadata={"source": "agreement.txt", "custodian": "J. Whitlock"},
    ),
    Document(
        "The parties fell out because the salt arrived wet three months in a row. Acme blamed the carrier.",
        metadata={"source": "minutes.txt", "custodian": "R. Peeters"},
    ),
]
SCRIPT = "The salt arrived wet three months in a row. Acme paid a refund."


def main(argv: Sequence[str] | None = None) -> None:
    """Ingest, retrieve, ask."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fake", action="store_true", help="a scripted chat model in the place of the memory")
    fake = parser.parse_args(argv).fake
    settings = hybrid.Settings.model_validate({"memory": {"enabled": not fake}})

    with tempfile.TemporaryDirectory() as folder, hybrid.Corpus.open(f"{folder}/corpus", settings) as corpus:
        corpus.ingest(DOCUMENTS)

        retriever = HybridRetriever(corpus=corpus, k=1)
        (found,) = retriever.invoke("When does the supply agreement end?")
        print(f"{found.metadata['source']}, lines {found.metadata['lines']}, of {found.metadata['custodian']}")

        writer = GenericFakeChatModel(messages=iter([AIMessage(SCRIPT)] * 2)) if fake else None
        chat = ChatHybrid(corpus=corpus, writer=writer, route="both")
        chunks = []
        for chunk in chat.stream("Why did the parties fall out over the salt?"):
            print(chunk.text, end="", flush=True)
            chunks.append(chunk)
        for citation in citations_of(chunks[-1]):
            print(f"\n[{citation.number}] {citation.source}, line {citation.lines[0]}", end="")
        print(f"\nroute {chunks[-1].response_metadata['route']}")

        chain = ChatPromptTemplate.from_template("When does the {thing} end?") | chat | StrOutputParser()
        print(chain.invoke({"thing": "supply agreement"}))


if __name__ == "__main__":
    main()
