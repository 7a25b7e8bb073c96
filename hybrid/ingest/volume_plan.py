"""Which documents share a volume of the memory: a function of the documents alone, whatever the order they came in.

Documents are placed in a binary tree: by their access class, then by the folders above them, then by the mail or thread
that they belong to, then by their content, each as the bits of a hash. A branch whose documents have at most so many
tokens is a volume. So documents of one folder stay together as far as they fit, a removal changes one volume (which may
then be joined with its neighbour), and a corpus that never held a document has the same volumes as one that lost it. It
is extendible hashing (Fagin, Nievergelt, Pippenger and Strong, ACM TODS 4(3), 1979) over paths.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hybrid.stores.rows import SourceRow, VolumePart

_COMPONENT_BYTES = 4  # of the hash of a folder's or thread's name: two of one parent are alike once in 4 billion
_THREAD = ("references", "in_reply_to", "message_id")  # of a mail's metadata, the thread's first mail first


@dataclass(frozen=True)
class Measured:
    """A document and its length in tokens. ``key``: see `group_key`; ``study`` is a digest of the pairs that are
    studied with it, where there are any."""

    id: int
    sha256: str
    tokens: int
    key: str
    study: str | None = None


@dataclass(frozen=True)
class PlannedVolume:
    """What a volume is to be adapted to, in this order."""

    digest: str
    access_class: str
    parts: tuple[VolumePart, ...]

    @property
    def tokens(self) -> int:
        """Its length."""
        return sum(part.end - part.start for part in self.parts)


def group_key(source: SourceRow, sources: Mapping[str, SourceRow], separate_by: Sequence[str]) -> str:
    """By what a document is grouped: its access class, the folders and thread that it belongs to, and its name. An
    attachment without a class has that of the mail that it came with.

    Args:
        source: the document's first name.
        sources: all of them by name, to find the mail that an attachment came with.
        separate_by: metadata whose values volumes must not mix.
    """
    root = source
    above = [source]
    seen = {root.source}
    while root.parent is not None and root.parent in sources and root.parent not in seen:
        root = sources[root.parent]
        above.append(root)
        seen.add(root.source)
    *folders, _ = root.source.split("/")
    values = {name: next(filter(None, (_metadata(one.details, name) for one in above)), None) for name in separate_by}
    access_class = json.dumps({name: value for name, value in values.items() if value is not None}, sort_keys=True)
    return json.dumps([access_class, folders, _thread(root), source.source])


def access_class(key: str) -> str:
    """Of the metadata that volumes must not mix, the document's, as JSON. ``key``: see `group_key`."""
    found: str = json.loads(key)[0]
    return found


def names_in(key: str) -> tuple[str, str]:
    """The thread, or the source that the document came with, and its own name. ``key``: see `group_key`."""
    _, _, thread, name = json.loads(key)
    return thread, name


def plan(documents: Sequence[Measured], most: int, identity: str) -> list[PlannedVolume]:
    """The volumes of a corpus, each of at most ``most`` tokens.

    A document that is longer has volumes of its own, of equal length. ``identity`` is that of the model and settings.
    """
    groups: dict[str, list[tuple[bytes, Measured]]] = {}
    for document in documents:
        access_class, folders, thread, _ = json.loads(document.key)
        path = b"".join(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()[:_COMPONENT_BYTES]
                        for name in (*folders, thread))  # fmt: skip
        groups.setdefault(access_class, []).append((path + bytes.fromhex(document.sha256), document))
    found: list[PlannedVolume] = []
    for access_class, members in sorted(groups.items()):
        members.sort(key=lambda one: one[0])
        for leaf in _leaves(members, most):
            found += [PlannedVolume(digest_of(identity, access_class, leaf, parts), access_class, parts)
                      for parts in _parts(leaf, most)]  # fmt: skip
    return found


def digest_of(identity: str, access_class: str, documents: Sequence[Measured], parts: Sequence[VolumePart]) -> str:
    """A sha256 of all that a volume depends on."""
    contents = {document.id: document.sha256 for document in documents}
    studied = {document.id: [document.study] if document.study else [] for document in documents}
    made_of = [[contents[part.document_id], part.start, part.end, *studied[part.document_id]] for part in parts]
    return hashlib.sha256(json.dumps([identity, access_class, made_of]).encode()).hexdigest()


def _thread(root: SourceRow) -> str:
    for name in _THREAD:
        if value := _metadata(root.details, name):
            return value.split()[0]
    return root.source


def _metadata(details: Mapping[str, Any], name: str) -> str | None:
    extra = details.get("extra") or {}
    found = {**extra, **details}.items()
    folded = {str(key).casefold().replace("-", "_"): value for key, value in found if isinstance(value, str)}
    return folded.get(name.casefold().replace("-", "_"))


def _leaves(members: Sequence[tuple[bytes, Measured]], most: int) -> Iterator[list[Measured]]:
    """Branches that fit, of members sorted by their bits."""
    waiting = [members]
    while waiting:
        branch = waiting.pop()
        if len(branch) == 1 or sum(document.tokens for _, document in branch) <= most:
            yield sorted((document for _, document in branch), key=lambda one: (json.loads(one.key)[3], one.sha256))
            continue
        at = _first_difference(branch[0][0], branch[-1][0])
        middle = next(n for n, (bits, _) in enumerate(branch) if _bit(bits, at))
        waiting += [branch[middle:], branch[:middle]]


def _first_difference(a: bytes, b: bytes) -> int:
    """The first bit in which two sorted keys differ."""
    for number, (one, other) in enumerate(zip(a, b, strict=False)):
        if one != other:
            return 8 * number + 8 - (one ^ other).bit_length()
    raise ValueError("two documents have the same key")


def _bit(bits: bytes, at: int) -> bool:
    return bool(bits[at // 8] >> (7 - at % 8) & 1)


def _parts(documents: Sequence[Measured], most: int) -> list[tuple[VolumePart, ...]]:
    if len(documents) > 1 or documents[0].tokens <= most:
        return [tuple(VolumePart(one.id, 0, one.tokens, one.tokens, one.key) for one in documents)]
    (one,) = documents
    count = -(-one.tokens // most)
    ends = [one.tokens * number // count for number in range(count + 1)]
    return [(VolumePart(one.id, start, end, one.tokens, one.key),) for start, end in pairwise(ends)]
