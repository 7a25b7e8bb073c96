"""hybrid's retriever with any other chat model.

Prints the other model's answer, from the spans that the retriever found. With --fake the other model is a scripted
one; without, it is the built-in small model, in the place where you would put a large one.

    python examples/langchain_any_model.py [--fake]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence

from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnablePassthrough

import hybrid
from hybrid.langchain import ChatHybrid, HybridRetriever

CLAUSES = """1. Term. The supply agreement ends on 30 June 2027, unless both parties extend it in writing.
2. Deliveries. Acme shall deliver 500 tonnes of rock salt to the depot in Ghent every month.
"""
PROMPT = ChatPromptTemplate.from_template("Answer from the context.\n\nContext:\n{context}\n\nQuestion: {question}")


def with_places(found: list[Document]) -> str:
    """The spans, each under its source and lines, so that the model can name them."""
    return "\n\n".join(f"{one.metadata['source']}, lines {one.metadata['lines']}:\n{one.page_content}" for one in found)


def main(argv: Sequence[str] | None = None) -> None:
    """Ingest, then ask a chain."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fake", action="store_true", help="a scripted chat model")
    fake = parser.parse_args(argv).fake
    settings = hybrid.Settings.model_validate({"memory": {"enabled": not fake}})

    with tempfile.TemporaryDirectory() as folder, hybrid.Corpus.open(f"{folder}/corpus", settings) as corpus:
        corpus.ingest(hybrid.Document.from_text(CLAUSES, source="agreement.txt"))
        model: BaseChatModel = ChatHybrid(corpus=corpus)
        if fake:
            model = GenericFakeChatModel(messages=iter([AIMessage("It ends on 30 June 2027 (agreement.txt, line 1).")]))
        retriever = HybridRetriever(corpus=corpus, k=3)
        chain = (
            {"context": retriever | with_places, "question": RunnablePassthrough()} | PROMPT | model | StrOutputParser()
        )
        print(chain.invoke("When does the supply agreement end?"))


if __name__ == "__main__":
    main()
