"""Retrieval quality on Cranfield: dense, lexical and fused, by nDCG@10 and recall@10.

    python benchmarks/retrieval_quality.py

1,400 abstracts, 225 queries, graded judgements, from HYBRID_DATA (or ../shared/data), folder cranfield. Each
abstract is chunked, embedded and indexed as ingest does it; a document stands where its best chunk stands.
The judgements' codes (1 complete answer ... 4 minor interest, -1 none) become gains 4 ... 1 and 0.
"""

from __future__ import annotations

import argparse
import gzip
import os
import re
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from math import log2
from pathlib import Path

from hybrid.documents import Document
from hybrid.ingest.chunking import chunk
from hybrid.retrieval.embedding import Embedder
from hybrid.retrieval.fusion import reciprocal_rank_fusion
from hybrid.retrieval.search import Searcher
from hybrid.settings import IngestSettings, RetrievalSettings
from hybrid.stores.catalog import Catalog
from hybrid.stores.lexical import match_expression
from hybrid.stores.vectors import FaissIndex

DATA = Path(os.environ.get("HYBRID_DATA", Path(__file__).resolve().parent.parent.parent / "shared" / "data"))
K = 10


def documents() -> list[tuple[str, str]]:
    """(number, text) of each abstract."""
    with gzip.open(DATA / "cranfield" / "cran.all.1400.gz", "rt", encoding="utf-8") as file:
        parts = re.split(r"^\.I ", file.read(), flags=re.MULTILINE)[1:]
    found = [(part.split()[0], part.partition("\n.W\n")[2].strip()) for part in parts]
    return [(number, text) for number, text in found if text]


def queries() -> list[str]:
    parts = re.split(r"^\.I .*\n\.W\n", (DATA / "cranfield" / "cran.qry").read_text(), flags=re.MULTILINE)[1:]
    return [" ".join(part.split()) for part in parts]


def judgements() -> dict[int, dict[str, int]]:
    """Query number, counted from 1 in the order of the queries, to document number to gain."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for line in (DATA / "cranfield" / "cranqrel").read_text().splitlines():
        if line.strip():
            query, number, code = map(int, line.split())
            found[query][str(number)] = max(0, 5 - code) if code > 0 else 0
    return found


def ndcg(ranking: Sequence[str], gains: dict[str, int]) -> float:
    ideal = sorted(gains.values(), reverse=True)[:K]
    best = sum(gain / log2(rank + 1) for rank, gain in enumerate(ideal, 1))
    return sum(gains.get(number, 0) / log2(rank + 1) for rank, number in enumerate(ranking[:K], 1)) / best


def recall(ranking: Sequence[str], gains: dict[str, int]) -> float:
    relevant = {number for number, gain in gains.items() if gain}
    return len(relevant & set(ranking[:K])) / len(relevant)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    embedder = Embedder.load("all-minilm-l6-v2")
    with tempfile.TemporaryDirectory() as folder, Catalog.open(Path(folder) / "catalog.sqlite", create=True) as catalog:
        number_of: dict[int, str] = {}
        texts = documents()
        chunks = [chunk(text, embedder, IngestSettings()) for _, text in texts]
        vectors = embedder.encode([c.text for cs in chunks for c in cs])
        at = 0
        with catalog.transaction() as transaction:
            for (number, text), cs in zip(texts, chunks, strict=True):
                document = Document.from_text(text, source=number)
                document_id, ids = transaction.add_document(document, cs, vectors[at : at + len(cs)])
                transaction.put_source(number, document_id)
                at += len(cs)
                number_of |= dict.fromkeys(ids, number)
        index = FaissIndex.build(embedder.dimension, *catalog.vectors(None))
        asked, gains = queries(), judgements()
        asked_vectors = embedder.encode(asked)
        depth = 200

        def by_document(ids: Sequence[int]) -> list[str]:
            return list(dict.fromkeys(number_of[i] for i in ids))

        dense = [index.search(v[None], depth)[1][0].tolist() for v in asked_vectors]
        lexical = [[i for i, _ in catalog.search_lexical(match_expression(q), depth)] for q in asked]
        systems: dict[str, list[list[str]]] = {
            "dense only": [by_document(ids) for ids in dense],
            "lexical only": [by_document(ids) for ids in lexical],
        }
        for k in (10, 60):
            for candidates in (20, 50, 100):
                systems[f"fused, rrf_k {k}, candidates {candidates}"] = [
                    by_document([i for i, _ in reciprocal_rank_fusion([d[:candidates], w[:candidates]], k)])
                    for d, w in zip(dense, lexical, strict=True)
                ]
        searcher = Searcher(catalog, index, embedder, RetrievalSettings())
        systems["Searcher.search, as set"] = [
            by_document([hit.chunk_id for hit in searcher.search(q, 3 * K)]) for q in asked
        ]
        print(f"{len(texts)} documents, {len(index)} chunks, {len(asked)} queries\n")
        print("| ranking | nDCG@10 | recall@10 |\n|---|---|---|")
        for name, rankings in systems.items():
            judged = [(ranking, gains[n]) for n, ranking in enumerate(rankings, 1) if any(gains[n].values())]
            mean_ndcg = sum(ndcg(*pair) for pair in judged) / len(judged)
            mean_recall = sum(recall(*pair) for pair in judged) / len(judged)
            print(f"| {name} | {mean_ndcg:.3f} | {mean_recall:.3f} |")


if __name__ == "__main__":
    main()
