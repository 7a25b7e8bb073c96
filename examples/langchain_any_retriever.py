"""hybrid's chat model behind any other retriever, whose documents are quoted and checked against.

Prints an answer with citations into documents that the corpus never held, first with the retriever inside the chat
model, then with its documents in the prompt. With --fake a scripted model writes; without, the corpus's memory does.

    python examples/langchain_any_retriever.py [--fake]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda

import hybrid
from hybrid.langchain import ChatHybrid, as_context, citations_of

QUESTION = "Why did the parties fall out over the salt?"
MINUTES = "The parties fell out because the salt arrived wet three months in a row. Acme blamed the carrier."
SCRIPT = "The parties fell out because the salt arrived wet three months in a row. Acme paid a refund."


class TwoPages(BaseRetriever):
    """Stands for the retriever that you have: a search engine, a vector database, a web search."""

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002
    ) -> list[Document]:
        pages = [
            Document(MINUTES, metadata={"source": "minutes.pdf", "page": 2, "start_index": 5120}),
            Document("The depot in Ghent closes at noon.", metadata={"source": "depot.pdf", "page": 0}),
        ]
        return [page for page in pages if set(query.lower().split()) & set(page.page_content.lower().split())]


def show(message: BaseMessage) -> None:
    """The text, and where each citation stands."""
    print(message.text)
    for citation in citations_of(message):
        print(f"[{citation.number}] {citation.source}, page {citation.page}, from character {citation.start}")


def main(argv: Sequence[str] | None = None) -> None:
    """Ask with the retriever inside, and with its documents in the prompt."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fake", action="store_true", help="a scripted chat model in the place of the memory")
    fake = parser.parse_args(argv).fake
    settings = hybrid.Settings.model_validate({"memory": {"enabled": not fake}})

    with tempfile.TemporaryDirectory() as folder, hybrid.Corpus.open(f"{folder}/corpus", settings) as corpus:
        corpus.ingest(hybrid.Document.from_text("Acme and Beta made a supply agreement for rock salt.", source="note"))
        writer = GenericFakeChatModel(messages=iter([AIMessage(SCRIPT)] * 2)) if fake else None

        inside = ChatHybrid(corpus=corpus, retriever=TwoPages(), writer=writer, route="comprehension")
        show(inside.invoke(QUESTION))

        def prompt(question: str) -> list[BaseMessage]:
            found = TwoPages().invoke(question)
            return [HumanMessage(content=[*as_context(found), {"type": "text", "text": question}])]

        chat = ChatHybrid(corpus=corpus, writer=writer, route="comprehension")
        show((RunnableLambda(prompt) | chat).invoke(QUESTION))


if __name__ == "__main__":
    main()
