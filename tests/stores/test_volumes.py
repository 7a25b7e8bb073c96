"""Volumes' files: tensors to the bit, checked, and deleted with what names them."""

from __future__ import annotations

import pytest
import torch

from hybrid.errors import CorruptCorpusError
from hybrid.stores.files import sha256_of
from hybrid.stores.rows import StoredFile
from hybrid.stores.volumes import load_volume, prune_volumes, save_volume

DIGEST = "0123456789abcdef" * 4
FILE = f"volumes/{DIGEST[:32]}.safetensors"


def test_tensors_come_back_to_the_bit(tmp_path):
    tensors = {
        "codes": torch.randint(0, 256, (3, 5), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)).T,
        "scale": torch.tensor([[1.5], [-0.0], [1e-38]]),
        "empty": torch.zeros(0, 4),
        "width": torch.tensor([2**40]),
    }
    stored = save_volume(tmp_path, DIGEST, tensors)
    assert stored == StoredFile(FILE, sha256_of(tmp_path / FILE))
    loaded = load_volume(tmp_path, stored)
    assert loaded.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert loaded[name].dtype == tensor.dtype
        assert torch.equal(loaded[name], tensor)


def test_a_damaged_volume_is_set_aside(tmp_path):
    stored = save_volume(tmp_path, DIGEST, {"a": torch.zeros(8)})
    path = tmp_path / stored.file
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(CorruptCorpusError, match=r"sha256.*quarantine.*ingest again"):
        load_volume(tmp_path, stored)
    assert not path.exists()
    assert [entry.name for entry in (tmp_path / "quarantine").iterdir()] == [FILE.replace("/", "-")]


def test_a_volume_that_is_missing_is_named(tmp_path):
    stored = save_volume(tmp_path, DIGEST, {"a": torch.zeros(8)})
    (tmp_path / stored.file).unlink()
    with pytest.raises(CorruptCorpusError, match=rf"{FILE} is missing; ingest again"):
        load_volume(tmp_path, stored)


def test_a_volume_that_is_no_safetensors_file_is_set_aside(tmp_path):
    path = tmp_path / FILE
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\x80\x04 not a volume")
    with pytest.raises(CorruptCorpusError, match="cannot be read"):
        load_volume(tmp_path, StoredFile(FILE, sha256_of(path)))
    assert not path.exists()


def test_pruning_deletes_only_what_no_row_names(tmp_path):
    kept, gone = (save_volume(tmp_path, digest * 64, {"a": torch.zeros(2)}) for digest in "ab")
    (tmp_path / "commits" / "1").mkdir(parents=True)
    prune_volumes(tmp_path, [kept.file])
    assert (tmp_path / kept.file).exists()
    assert not (tmp_path / gone.file).exists()
    assert (tmp_path / "commits" / "1").is_dir()


def test_pruning_deletes_the_snapshots_of_a_memory_that_was_one_stream(tmp_path):
    old = tmp_path / "memory" / "default" / "7.safetensors"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"fast weights")
    prune_volumes(tmp_path, [])
    assert not (tmp_path / "memory").exists()
