"""Hits and citations as LlamaIndex's nodes, nodes as passages, and a query bundle as the question that it asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llama_index.core.schema import NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode

from hybrid.components import beside_own, cited_place, passage_from, place_of, support_of
from hybrid.errors import InputError, UnsupportedOperationError
from hybrid.types.answers import Answer, Citation, Hit
from hybrid.types.base import shown
from hybrid.types.documents import Document, Passage

SAID_TO_A_MODEL = frozenset({"source", "title", "page", "lines", "speaker", "author", "date", "status"})
"""What of a node's metadata LlamaIndex puts into a model's prompt: what a reader would cite by, and no offsets or
hashes, which cost tokens and say nothing."""


def asked(query: QueryBundle) -> str:
    """The question of a query bundle.

    Raises:
        UnsupportedOperationError: it is asked by an image, or by other texts than the question.
    """
    if query.image_path is not None:
        raise UnsupportedOperationError(
            f"a corpus is searched by text, and the query has the image {shown(query.image_path)}; leave image_path out"
        )
    if query.custom_embedding_strs is not None and query.custom_embedding_strs != [query.query_str]:
        raise UnsupportedOperationError(
            "the query has custom_embedding_strs, as a transform such as HyDE makes them, and a corpus is searched by "
            "the question's own words and their vector; ask without the transform"
        )
    return query.query_str


def node_of_hit(hit: Hit, document: Document) -> NodeWithScore:
    """A search result: its text is the span, its metadata say where it stands, beside the document's own."""
    return _node(hit.text, beside_own(place_of(hit, document), document), hit.score)


def node_of_citation(citation: Citation, answer: Answer | None = None) -> NodeWithScore:
    """A citation: its text is the quote, its score the support that it gives to a claim of ``answer``."""
    return _node(citation.quote, cited_place(citation), None if answer is None else support_of(citation, answer))


def nodes_of_citations(answer: Answer) -> list[NodeWithScore]:
    """The citations of an answer, by number."""
    return [node_of_citation(citation, answer) for citation in answer.citations]


def _node(text: str, metadata: Mapping[str, Any], score: float | None) -> NodeWithScore:
    start, end, source = metadata["start"], metadata["end"], metadata["source"]
    node = TextNode(
        id_=f"{source}:{start}-{end}",
        text=text,
        metadata=dict(metadata),
        excluded_llm_metadata_keys=[key for key in metadata if key not in SAID_TO_A_MODEL or metadata[key] is None],
        excluded_embed_metadata_keys=list(metadata),  # a span is embedded as it stands
        start_char_idx=start,
        end_char_idx=end,
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=source, hash=metadata["sha256"])},
    )
    return NodeWithScore(node=node, score=score)


def passages_of(nodes: Sequence[NodeWithScore]) -> list[Passage]:
    """Any retriever's nodes as passages to answer from; those without text are left out.

    Raises `InputError` for what is no list of nodes.
    """
    if not isinstance(nodes, Sequence) or isinstance(nodes, str):
        raise InputError(f"nodes must be a list of NodeWithScore, not {shown(nodes)}")
    found = []
    for at, one in enumerate(nodes):
        if not isinstance(one, NodeWithScore):
            raise InputError(f"nodes[{at}] must be a NodeWithScore, not {shown(one)}")
        text = one.node.get_content()
        if text.strip():
            metadata = one.node.metadata
            name = metadata.get("file_path") or metadata.get("file_name") or one.node.ref_doc_id or one.node.node_id
            start = getattr(one.node, "start_char_idx", None)
            found.append(passage_from(text, metadata, str(name), start, _page(metadata)))
    return found


def _page(metadata: Mapping[str, Any]) -> int | None:
    """The page from 1. LlamaIndex's readers write ``page_label``, which may be iv, and others ``page`` or
    ``page_number``."""
    for key in ("page", "page_number", "page_label"):
        value = metadata.get(key)
        if isinstance(value, int | str) and not isinstance(value, bool) and str(value).isdecimal() and int(value) > 0:
            return int(value)
    return None
