"""Another language model and another embedder than those built in, by their local paths.

Prints what the corpus says of itself, which names both models, then an answer with its citations and how many of its
claims have which verdict. How long it takes is up to the models; the four sentences it reads are short.

    python examples/your_own_model.py --model models/Qwen3-0.6B --embedder models/bge-small-en-v1.5

MODEL is a directory with config.json, safetensors and a tokenizer, or a GGUF file, of a Llama, Mistral, Qwen2 or Qwen3.
EMBEDDER is a sentence-transformers directory. A hub id does, too, if it is in the local cache; nothing is downloaded.
Leave one out, and the built-in one is used.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter

import hybrid

NOTE = hybrid.Document.from_text(
    "The load of 6 March was wet. The laboratory found 7 per cent moisture, and the agreement allows 3. Beta held back "
    "the invoice until the load was replaced. Acme blamed the carrier, who had left the hatches open.",
    source="note.txt",
)


def settings(model: str | None, embedder: str | None, window: int, mini_batch: int) -> hybrid.Settings:
    """The settings that name the models. Those of the inner loop go with the language model."""
    memory: dict[str, object] = {"window": window, "mini_batch": mini_batch}
    if model is not None:
        memory |= {"model": model, "initial_weights": "none"}  # those that ship belong to the built-in model
    retrieval = {"embedder": embedder} if embedder is not None else {}
    return hybrid.Settings.model_validate({"memory": memory, "retrieval": retrieval})


def main() -> int:
    """Read the note with the models that were named, and ask."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", help="the language model: a directory, a GGUF file, a cached hub id")
    parser.add_argument("--embedder", help="the embedder: a directory, a cached hub id")
    parser.add_argument("--window", type=int, default=1024, help="tokens that the model sees at once [1024]")
    parser.add_argument("--mini-batch", type=int, default=512, help="tokens of one step of the memory [512]")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        try:
            chosen = settings(given.model, given.embedder, given.window, given.mini_batch)
            with hybrid.Corpus.open(f"{folder}/corpus", chosen) as corpus:
                corpus.ingest(NOTE)
                print(f"{corpus.status()}\n")
                answer = corpus.ask("Why was the invoice held back?", route="both")
        except hybrid.HybridError as error:
            print(f"your_own_model: {error}", file=sys.stderr)
            return 1
    print(answer)
    verdicts = Counter(claim.verdict for claim in answer.claims)
    print("\nverdicts: " + ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
