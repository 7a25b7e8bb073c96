"""Writes compound files (OLE), as Outlook's messages are: nothing that is installed does."""

from __future__ import annotations

import struct
from itertools import pairwise

Folder = dict[str, "bytes | Folder"]
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SECTOR, _MINI = 512, 64


def _padded(data: bytes, size: int) -> bytes:
    return data + bytes(-len(data) % size)


def compound_file(root: Folder) -> bytes:
    """A compound file with these streams and folders; every stream under 4,096 bytes, all of them under 60 KB."""
    entries: list[tuple[str, int, int, int, int]] = []  # name, kind, first child, start in the small stream, length
    siblings: list[int] = []
    small = b""
    small_chain: list[int] = []

    def add(name: str, content: bytes | Folder, kind: int) -> int:
        nonlocal small
        at = len(entries)
        entries.append((name, kind, _FREE, 0, 0))
        siblings.append(_FREE)
        if isinstance(content, bytes):
            start = len(small) // _MINI
            count = -(-len(content) // _MINI)
            small += _padded(content, _MINI)
            small_chain.extend([*range(start + 1, start + count), _END][:count])
            entries[at] = (name, kind, _FREE, start if count else _END, len(content))
            return at
        inner = [add(one, given, 2 if isinstance(given, bytes) else 1) for one, given in content.items()]
        for one, after in pairwise(inner):
            siblings[one] = after
        entries[at] = (name, kind, inner[0] if inner else _FREE, 0, 0)
        return at

    add("Root Entry", root, 5)
    stream = _padded(small, _SECTOR)
    directory = b"".join(
        _entry(*one, right=siblings[at], root=(1, len(small)) if at == 0 else None) for at, one in enumerate(entries)
    )
    directory = _padded(directory, _SECTOR)
    table = _padded(struct.pack(f"<{len(small_chain)}I", *small_chain), _SECTOR)
    lengths = [len(part) // _SECTOR for part in (stream, directory, table)]
    fat, at = [_FAT], 1
    for length in lengths:
        fat += [*range(at + 1, at + length), _END][:length]
        at += length
    fat += [_FREE] * (_SECTOR // 4 - len(fat))
    starts = [1, 1 + lengths[0], 1 + lengths[0] + lengths[1]]
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, starts[1], 0, 4096, starts[2], lengths[2],
        _END, 0, 0,
    )  # fmt: skip
    header += struct.pack("<108I", *[_FREE] * 108)
    return header + struct.pack(f"<{_SECTOR // 4}I", *fat) + stream + directory + table


def _entry(
    name: str, kind: int, child: int, start: int, length: int, *, right: int, root: tuple[int, int] | None
) -> bytes:
    written = name.encode("utf-16-le") + b"\0\0"
    if root is not None:
        start, length = root
    return struct.pack("<64sHBBIII16xI8x8xIQ", written, len(written), kind, 1, _FREE, right, child, 0, start, length)


def outlook_message(
    strings: dict[int, str], attachments: dict[str, bytes | Folder] | None = None, *, header: int = 32
) -> Folder:
    """The folder of an Outlook message with these properties of text, and files or messages attached by name."""
    folder: Folder = {}
    properties = bytes(header)
    for number, text in strings.items():
        data = text.encode("utf-16-le")
        properties += struct.pack("<HHIII", 0x1F, number, 6, len(data) + 2, 0)
        folder[f"__substg1.0_{number:04X}001F"] = data
    folder["__properties_version1.0"] = properties
    for at, (name, content) in enumerate((attachments or {}).items()):
        written = name.encode("utf-16-le")
        method, kind = (1, 0x102) if isinstance(content, bytes) else (5, 0x0D)
        inner: Folder = {
            "__properties_version1.0": bytes(8)
            + struct.pack("<HHIII", 0x1F, 0x3707, 6, len(written) + 2, 0)
            + struct.pack("<HHIII", 0x03, 0x3705, 6, method, 0)
            + struct.pack("<HHIII", kind, 0x3701, 6, len(content), 0),
            "__substg1.0_3707001F": written,
            f"__substg1.0_3701{kind:04X}": content,
        }
        folder[f"__attach_version1.0_#{at:08X}"] = inner
    return folder
