"""Memory snapshots: to the bit, checked, and thinned so that replays stay short."""

from __future__ import annotations

import pytest
import torch

from hybrid.errors import CorruptCorpusError
from hybrid.stores import commits
from hybrid.stores.files import sha256_of
from hybrid.stores.rows import Position, SnapshotRow, StoredFile


def rows(*tokens: int) -> list[SnapshotRow]:
    return [SnapshotRow(n, f"{n}", "", "model", Position(n, None), count) for n, count in enumerate(tokens)]


def test_tensors_and_metadata_come_back_to_the_bit(tmp_path):
    tensors = {
        "a": torch.randn(3, 5, generator=torch.Generator().manual_seed(0)).T,  # not contiguous
        "b": torch.tensor([1.5, -0.0, float("inf")], dtype=torch.bfloat16),
        "empty": torch.zeros(0, 4),
        "ids": torch.tensor([2**40]),
    }
    stored = commits.save_snapshot(tmp_path, 7, tensors, {"identity": '{"ü": 1}'})
    assert stored.file == "memory/default/7.safetensors"
    loaded, metadata = commits.load_snapshot(tmp_path, stored)
    assert metadata == {"identity": '{"ü": 1}'}
    assert loaded.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert loaded[name].dtype == tensor.dtype
        assert torch.equal(loaded[name], tensor)


def test_a_damaged_snapshot_is_set_aside(tmp_path):
    stored = commits.save_snapshot(tmp_path, 1, {"a": torch.zeros(8)}, {})
    path = tmp_path / stored.file
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(CorruptCorpusError, match=r"sha256.*quarantine.*ingest again"):
        commits.load_snapshot(tmp_path, stored)
    assert not path.exists()
    assert [entry.name for entry in (tmp_path / "quarantine").iterdir()] == ["memory-default-1.safetensors"]


def test_a_snapshot_that_is_no_safetensors_file_is_set_aside(tmp_path):
    path = tmp_path / "memory/default/1.safetensors"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\x80\x04 not a snapshot")
    with pytest.raises(CorruptCorpusError, match="cannot be read"):
        commits.load_snapshot(tmp_path, StoredFile("memory/default/1.safetensors", sha256_of(path)))
    assert not path.exists()


def test_the_newest_two_are_kept_whatever_happens():
    for last in range(1, 60):
        kept = list(range(1, last + 1))
        gone = {row.tokens for row in commits.prunable(rows(*kept), keep=2)}
        assert [count for count in kept if count not in gone] == kept[-2:]


def test_the_distances_of_those_kept_grow_with_their_age():
    remaining: list[SnapshotRow] = []
    for step in range(1, 201):
        remaining += rows(*[0] * step)[-1:]  # a fresh id
        remaining[-1] = SnapshotRow(step, str(step), "", "model", Position(step, None), step * 1000)
        gone = commits.prunable(remaining)
        remaining = [row for row in remaining if row not in gone]
        assert len(remaining) == min(step, commits.KEEP)
        ages = [remaining[-1].tokens - row.tokens for row in remaining]
        assert ages == sorted(ages, reverse=True)
    assert ages[0] > 2 * ages[1] > 2 * ages[2] > 0
    assert ages[0] > 10_000  # the last four as they came would reach back 3,000


def test_pruning_deletes_only_what_no_row_names(tmp_path):
    stored = [commits.save_snapshot(tmp_path, n, {"a": torch.zeros(2)}, {}) for n in (1, 2)]
    commits.prune_snapshots(tmp_path, [stored[1].file])
    assert [path.name for path in (tmp_path / "memory/default").iterdir()] == ["2.safetensors"]
