"""Official checkpoints are read and written to the bit; directories of our own appear whole or not at all."""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner, Result
from pretrained import LLAMA3, random_pretrained, write_gguf
from safetensors.torch import load_file
from tiny_model import TINY, write_tiny_model
from torch import Tensor

from hybrid.cli import main
from hybrid.errors import (
    HybridError,
    InputError,
    MissingExtraError,
    MissingModelError,
    ModelError,
    UnsupportedModelError,
)
from hybrid.settings import MemorySettings
from hybrid.stores import files
from hybrid.ttt.checkpoints.loading import load_checkpoint, load_directory, save_checkpoint
from hybrid.ttt.checkpoints.official import from_official, read_official, save_official, to_official
from hybrid.ttt.memory import MemoryModel
from hybrid.ttt.model.config import ModelConfig, RopeScaling

pytest.importorskip("tensorstore")
SAMPLES = [("a", "orbax_config_a"), ("d", "orbax_config_d_sharded")]
_SHAPES = {"L": 3, "S": 1, "V": 13, "D": 12, "F": 10, "d": 6}
_BLOCKS, _PRIME = "language_model.model.h.blocks.", "language_model.model.h.prime_storage."
LAYOUT = {
    "language_model.model.wte.weight": "VD",
    "language_model.model.ln_f.weight": "D",
    "language_model.lm_head.weight": "DV",
    **{f"{_BLOCKS}seq_modeling_block.{name}.weight": "LDD" for name in ("wq", "wk", "wv", "wo")},
    **{f"{_BLOCKS}seq_modeling_block.{name}.weight": "Ld" for name in ("q_norm", "k_norm")},
    **{f"{_BLOCKS}{name}.weight": "LD" for name in ("seq_norm", "seq_post_norm", "ffn_norm", "ffn_post_norm")},
    f"{_BLOCKS}feed_forward.w1.weight": "LDF",
    f"{_BLOCKS}feed_forward.w2.weight": "LFD",
    f"{_BLOCKS}feed_forward.w3.weight": "LDF",
    f"{_PRIME}ffn_prime_norm.weight": "SD",
    f"{_PRIME}ffn_prime_post_norm.weight": "SD",
    f"{_PRIME}feed_forward_prime.w1.weight": "SDF",
    f"{_PRIME}feed_forward_prime.w2.weight": "SFD",
    f"{_PRIME}feed_forward_prime.w3.weight": "SDF",
}


def made_up(*, tied: bool = False, prime: bool = True, dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    """Random arrays in the official layout, for sizes that all differ."""
    generator = torch.Generator().manual_seed(0)
    return {
        name: torch.randn([_SHAPES[axis] for axis in axes], generator=generator, dtype=dtype)
        for name, axes in LAYOUT.items()
        if not (tied and "lm_head" in name) and (prime or not name.startswith(_PRIME))
    }


def assert_same(ours: dict[str, Tensor], theirs: dict[str, Tensor]) -> None:
    assert set(ours) == set(theirs)
    for name, tensor in theirs.items():
        assert ours[name].dtype == tensor.dtype
        assert torch.equal(ours[name], tensor), name


@pytest.fixture(scope="session")
def golden(repository: Path) -> Path:
    """The folder of golden vectors, which lies beside that of the development texts."""
    data = os.environ.get("HYBRID_DATA")
    folder = (Path(data).parent if data else repository.parent / "shared") / "golden" / "ttt_e2e"
    if not folder.is_dir():
        pytest.skip(f"no golden vectors at {folder}")
    return folder


def golden_parameters(golden: Path, letter: str) -> dict[str, Tensor]:
    return {
        name.removeprefix("param."): tensor
        for name, tensor in load_file(golden / f"config_{letter}.safetensors").items()
        if name.startswith("param.")
    }


@pytest.mark.parametrize(("letter", "folder"), SAMPLES, ids=["one-chunk", "sharded"])
@pytest.mark.parametrize("inside", ["", "7", "7/model_weights"], ids=["root", "step", "item"])
def test_an_official_sample_is_read_to_the_bit(golden: Path, letter: str, folder: str, inside: str) -> None:
    config, tensors = read_official(golden / folder / inside)
    assert_same(to_official(config, tensors), golden_parameters(golden, letter))
    assert config.dynamic_size == config.intermediate_size
    assert (config.num_hidden_layers, config.suffix_layers) == {"a": (8, 2), "d": (4, 1)}[letter]
    assert (config.num_attention_heads, config.head_dim) == {"a": (4, 8), "d": (2, 8)}[letter]
    assert (config.tie_word_embeddings, config.rope_theta, config.rms_norm_eps) == (True, 5e5, 1e-6)


def test_a_step_is_written_as_the_official_code_describes_it(golden: Path, tmp_path: Path) -> None:
    config, tensors = read_official(golden / "orbax_config_a")
    save_official(tmp_path / "ours", config, tensors, step=7)
    for file in ("model_weights/_METADATA", "model_weights/array_metadatas/process_0"):
        ours, theirs = (
            json.loads((folder / "7" / file).read_text()) for folder in (tmp_path / "ours", golden / "orbax_config_a")
        )
        assert ours == theirs
    ours, theirs = (
        json.loads((folder / "7" / "_CHECKPOINT_METADATA").read_text())
        for folder in (tmp_path / "ours", golden / "orbax_config_a")
    )
    assert set(ours) == set(theirs)
    assert ours["item_handlers"]["model_weights"] == theirs["item_handlers"]["model_weights"]


@pytest.mark.parametrize("letter", ["a", "b", "c", "d"])
def test_the_golden_gradients_are_mapped_like_parameters(golden: Path, letter: str) -> None:
    prefix = "fp64.meta.grad."
    found = load_file(golden / f"config_{letter}.safetensors")
    gradients = {name.removeprefix(prefix): tensor for name, tensor in found.items() if name.startswith(prefix)}
    config, tensors = from_official(gradients)
    assert_same(to_official(config, tensors), gradients)


@pytest.mark.parametrize("prime", [True, False], ids=["ttt", "plain"])
@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
def test_the_two_layouts_are_each_others_inverse(tied: bool, prime: bool) -> None:
    arrays = made_up(tied=tied, prime=prime)
    config, tensors = from_official(arrays)
    sizes = (config.vocab_size, config.hidden_size, config.intermediate_size, config.num_attention_heads)
    assert sizes == (13, 12, 10, 2)
    assert (config.num_hidden_layers, config.suffix_layers, config.head_dim) == (3, 1, 6)
    assert config.dynamic_size == (10 if prime else None)
    assert (config.tie_word_embeddings, config.qk_norm, config.post_norm) == (tied, True, True)
    assert_same(to_official(config, tensors), arrays)


def test_matrices_are_turned_and_rotary_pairs_put_apart() -> None:
    arrays = made_up()
    _, tensors = from_official(arrays)
    for layer in range(3):
        name = f"model.layers.{layer}."
        queries = arrays[f"{_BLOCKS}seq_modeling_block.wq.weight"][layer]
        norm = arrays[f"{_BLOCKS}seq_modeling_block.k_norm.weight"][layer]
        for pair in range(3):  # of the second head
            for half in range(2):
                theirs, ours = 6 + 2 * pair + half, 6 + 3 * half + pair
                assert torch.equal(tensors[name + "self_attn.q_proj.weight"][ours], queries[:, theirs])
                assert tensors[name + "self_attn.k_norm.weight"][ours - 6] == norm[theirs - 6]
        values = arrays[f"{_BLOCKS}seq_modeling_block.wv.weight"][layer]
        assert torch.equal(tensors[name + "self_attn.v_proj.weight"], values.T)
        assert torch.equal(tensors[name + "mlp.gate_proj.weight"], arrays[f"{_BLOCKS}feed_forward.w1.weight"][layer].T)
        assert torch.equal(tensors[name + "mlp.down_proj.weight"], arrays[f"{_BLOCKS}feed_forward.w2.weight"][layer].T)
    down = arrays[f"{_PRIME}feed_forward_prime.w2.weight"][0]
    assert torch.equal(tensors["model.layers.2.dynamic_mlp.down_proj.weight"], down.T)
    assert torch.equal(tensors["lm_head.weight"], arrays["language_model.lm_head.weight"].T)


def test_derivatives_pass_through_both_mappings() -> None:
    arrays = {name: array.requires_grad_() for name, array in made_up().items()}
    back = to_official(*from_official(arrays))
    torch.autograd.backward(list(back.values()), [torch.full_like(array, 2.0) for array in back.values()])
    assert all(array.grad is not None and torch.all(array.grad == 2.0) for array in arrays.values())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
def test_what_is_written_is_read_back_to_the_bit(tmp_path: Path, tied: bool, dtype: torch.dtype) -> None:
    config, tensors = from_official(made_up(tied=tied, dtype=dtype), rope_theta=1e4, eps=1e-5)
    save_official(tmp_path / "with space", config, tensors, step=3)
    read_config, read = read_official(tmp_path / "with space", rope_theta=1e4, eps=1e-5)
    assert read_config == config
    wide = torch.float64 if dtype == torch.float64 else torch.float32
    assert_same(read, {name: tensor.to(wide) for name, tensor in tensors.items()})


@pytest.mark.parametrize("dtype", ["bfloat16", "int32"])
def test_arrays_stored_in_another_dtype_are_widened_or_refused(tmp_path: Path, dtype: str) -> None:
    import tensorstore

    for name, array in made_up(dtype=torch.bfloat16).items():
        store = {"driver": "ocdbt", "base": {"driver": "file", "path": f"{tmp_path}/"}, "path": f"{name}/"}
        spec = {"driver": "zarr", "kvstore": store, "create": True}
        opened = tensorstore.open(spec, dtype=dtype, shape=list(array.shape)).result()
        opened.write(array.float().numpy().astype(opened.dtype.numpy_dtype)).result()
    if dtype == "int32":
        with pytest.raises(UnsupportedModelError, match=r"weight is of int32"):
            read_official(tmp_path)
        return
    _, expected = from_official(made_up(dtype=torch.bfloat16))
    assert_same(read_official(tmp_path)[1], {name: tensor.float() for name, tensor in expected.items()})


def test_the_newest_step_is_read_unless_another_is_asked_for(tmp_path: Path) -> None:
    config, tensors = from_official(made_up())
    for step in (9, 10):
        save_official(tmp_path, config, {name: tensor * step for name, tensor in tensors.items()}, step=step)
    (tmp_path / "11.orbax-checkpoint-tmp" / "model_weights").mkdir(parents=True)  # a save that was cut off
    norm = tensors["model.norm.weight"]
    assert torch.equal(read_official(tmp_path)[1]["model.norm.weight"], norm * 10)
    assert torch.equal(read_official(tmp_path, step=9)[1]["model.norm.weight"], norm * 9)
    assert torch.equal(read_official(tmp_path / "9")[1]["model.norm.weight"], norm * 9)
    with pytest.raises(MissingModelError, match="no step 8; it has 9, 10"):
        read_official(tmp_path, step=8)
    with pytest.raises(InputError, match="already has a step 9"):
        save_official(tmp_path, config, tensors, step=9)
    with pytest.raises(InputError, match="-1"):
        save_official(tmp_path, config, tensors, step=-1)
    (tmp_path / "9").rename(tmp_path / "renamed")
    assert torch.equal(read_official(tmp_path / "renamed")[1]["model.norm.weight"], norm * 9)
    for path, step in ((tmp_path / "nowhere", None), (tmp_path / "10", 10)):
        with pytest.raises(MissingModelError, match="no official checkpoint"):
            read_official(path, step=step)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"num_key_value_heads": 1}, "grouped-query attention"),
        ({"qkv_bias": True}, "biases"),
        ({"attention_out_bias": True}, "biases"),
        ({"mlp_bias": True}, "biases"),
        ({"qk_norm": False, "post_norm": False}, "no QK-norm, no post norms"),
        ({"rope_scaling": RopeScaling("linear", (("factor", 2.0),))}, "scaled rotary positions"),
        ({"sliding_window": 8}, "a window of its own"),
        ({"head_dim": 4}, "do not fill the hidden size"),
        ({"dynamic_size": 4}, "another width"),
        ({"step_sizes": True}, "fast_state step sizes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_the_official_format_cannot_express_is_refused_by_name(change: dict[str, Any], named: str) -> None:
    config, tensors = from_official(made_up())
    with pytest.raises(UnsupportedModelError, match=named):
        to_official(replace(config, **change), tensors)


def test_an_official_checkpoint_of_another_shape_is_refused() -> None:
    name = f"{_BLOCKS}seq_modeling_block.wk.weight"
    arrays = made_up()
    for changed, named in (
        ({**arrays, name: arrays[name][:, :, :6]}, r"wk\.weight has shape \(3, 12, 6\)"),
        ({**arrays, name: arrays[name][0]}, "wk"),
        ({k: v for k, v in arrays.items() if k != name}, r"no array .*wk\.weight"),
        ({**arrays, "language_model.model.extra.weight": arrays[name]}, r"not known.*extra\.weight"),
        ({**arrays, f"{_BLOCKS}feed_forward.w1.weight": arrays[name][0]}, "expected 3 axes"),
        ({}, "no array language_model.model.wte.weight"),
    ):
        with pytest.raises(UnsupportedModelError, match=named):
            from_official(changed)
    config, tensors = from_official(arrays)
    for ours in ("model.norm.weight", "model.layers.1.mlp.up_proj.weight", "model.layers.1.input_layernorm.weight"):
        with pytest.raises(UnsupportedModelError, match=r"shape"):
            to_official(config, {**tensors, ours: tensors[ours][:4]})
        with pytest.raises(UnsupportedModelError, match=f"no tensor {ours}"):
            to_official(config, {k: v for k, v in tensors.items() if k != ours})


def test_a_damaged_official_checkpoint_is_refused(tmp_path: Path) -> None:
    config, tensors = from_official(made_up())
    save_official(tmp_path, config, tensors)
    item = tmp_path / "0" / "model_weights"
    for file in sorted((item / "d").iterdir()):
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnsupportedModelError, match="model_weights cannot be read"):
        read_official(tmp_path)
    (item / "manifest.ocdbt").unlink()
    with pytest.raises(MissingModelError, match=r"manifest\.ocdbt"):
        read_official(tmp_path)


def test_without_tensorstore_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, tensors = from_official(made_up())
    save_official(tmp_path, config, tensors)
    monkeypatch.setitem(sys.modules, "tensorstore", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'hybrid-ttt-rag\[official\]'"):
        read_official(tmp_path)
    with pytest.raises(MissingExtraError, match=r"hybrid-ttt-rag\[official\]"):
        save_official(tmp_path, config, tensors, step=1)
    assert [path.name for path in tmp_path.iterdir()] == ["0"]


def full_config() -> tuple[ModelConfig, dict[str, Tensor]]:
    """A model with all that only a directory of our own can hold."""
    config, tensors = from_official(made_up())
    config = replace(
        config,
        step_sizes=True,
        sliding_window=64,
        eos_token_ids=(2, 5),
        rms_norm_eps=1.1e-6,
        rope_scaling=RopeScaling("yarn", (("factor", 4.0), ("original_max_position_embeddings", 32.0))),
    )
    return config, tensors | {"model.layers.2.dynamic_mlp.log_step_sizes": torch.tensor([0.1, -0.2, 0.3])}


def test_a_directory_of_our_own_is_read_back_to_the_bit(tmp_path: Path) -> None:
    config, tensors = full_config()
    save_checkpoint(tmp_path / "model", config, tensors, write_tiny_model(tmp_path))
    found = load_checkpoint(str(tmp_path / "model"))
    assert found.config == config
    assert_same({name: found.tensor(name) for name in tensors}, tensors)
    assert found.tokenizer.decode(found.tokenizer.encode("to wit")) == "to wit"
    assert found.tokenizer.encode_chat([("user", "x")])
    assert found.stored("model.norm.weight") is None


def test_a_field_added_later_is_not_missed_in_an_older_directory(tmp_path: Path) -> None:
    config, tensors = from_official(made_up())
    save_checkpoint(tmp_path / "model", config, tensors)
    path = tmp_path / "model" / "config.json"
    raw = json.loads(path.read_text())
    del raw["sliding_window"]
    path.write_text(json.dumps(raw))
    assert load_directory(tmp_path / "model").config == config
    with pytest.raises(MissingModelError, match=r"tokenizer\.json"):
        load_checkpoint(str(tmp_path / "model"))


def test_saving_again_replaces_what_was_saved_and_nothing_else(tmp_path: Path) -> None:
    config, tensors = from_official(made_up())
    save_checkpoint(tmp_path / "model", config, tensors)
    tensors["model.norm.weight"] = tensors["model.norm.weight"] + 1
    save_checkpoint(tmp_path / "model", config, tensors)
    assert torch.equal(load_directory(tmp_path / "model").tensor("model.norm.weight"), tensors["model.norm.weight"])
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    other = write_tiny_model(tmp_path)
    with pytest.raises(InputError, match="not a model that hybrid wrote"):
        save_checkpoint(other, config, tensors)
    assert json.loads((other / "config.json").read_text()) == TINY
    with pytest.raises(MissingModelError, match=r"tokenizer\.json"):
        save_checkpoint(tmp_path / "new", config, tensors, tmp_path)
    assert not (tmp_path / "new").exists()


@contextmanager
def no_room_beyond(size: int) -> Iterator[None]:
    """No file may grow beyond ``size`` bytes: the system refuses the write, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def everything_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_disk_that_is_full_leaves_the_earlier_directory(tmp_path: Path) -> None:
    config, tensors = from_official(made_up())
    save_checkpoint(tmp_path / "model", config, tensors)
    before = everything_in(tmp_path)
    with no_room_beyond(2000), pytest.raises(ModelError, match=r"model could not be written.* is unchanged"):
        save_checkpoint(tmp_path / "model", config, tensors)
    assert everything_in(tmp_path) == before
    with no_room_beyond(2000), pytest.raises(ModelError, match="could not be written"):
        save_checkpoint(tmp_path / "new", config, tensors)
    assert everything_in(tmp_path) == before
    assert not (tmp_path / "new").exists()


def test_a_disk_that_is_full_leaves_the_earlier_steps(tmp_path: Path) -> None:
    config, tensors = from_official(made_up())
    save_official(tmp_path / "steps", config, tensors, step=1)
    before = everything_in(tmp_path)
    with no_room_beyond(500), pytest.raises(ModelError, match="2 could not be written"):
        save_official(tmp_path / "steps", config, tensors, step=2)
    assert everything_in(tmp_path) == before
    assert [path.name for path in (tmp_path / "steps").iterdir()] == ["1"]


def test_no_space_is_said_in_so_many_words(tmp_path: Path) -> None:
    def write(_: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(ModelError, match="no space left on the disk; free some"):
        files.write_folder(tmp_path / "model", write)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_put_in_place_leaves_the_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, tensors = from_official(made_up())
    save_checkpoint(tmp_path / "model", config, tensors)
    before = everything_in(tmp_path)
    rename = Path.rename

    def refused(self: Path, target: Path) -> Path:
        if self.suffix == ".partial":
            raise OSError("refused")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(ModelError, match="refused"):
        save_checkpoint(tmp_path / "model", config, tensors)
    assert everything_in(tmp_path) == before


def hybrid(*argv: str | Path) -> Result:
    return CliRunner().invoke(main, ["convert", *(str(argument) for argument in argv)])


def loss_on_text(model: Path) -> float | None:
    loaded = MemoryModel.load(MemorySettings(model=str(model), window=32, mini_batch=16, dtype="float32"))
    return loaded.adapt(loaded.initial_state(), list(range(40))).loss


def test_convert_brings_an_official_checkpoint_home_and_back(tmp_path: Path) -> None:
    arrays = made_up(tied=True)
    arrays["language_model.model.wte.weight"] = torch.randn(TINY["vocab_size"], 12)
    config, tensors = from_official(arrays, rope_theta=1e4)
    save_official(tmp_path / "official", config, tensors, step=5)
    tokenizer = write_tiny_model(tmp_path)
    done = hybrid(tmp_path / "official", tmp_path / "home", "--to", "directory", "--tokenizer", tokenizer,
                  "--rope-theta", "1e4", "--step", "5")  # fmt: skip
    assert (done.exit_code, done.output) == (0, f"wrote {tmp_path / 'home'}\n")
    found = load_checkpoint(str(tmp_path / "home"))
    assert found.config == config
    assert found.tokenizer.stop_ids == {0, 2}
    assert_same({name: found.tensor(name) for name in tensors}, tensors)
    assert loss_on_text(tmp_path / "home") is not None
    assert hybrid(tmp_path / "home", tmp_path / "back", "--to", "official", "--step", "5").exit_code == 0
    back_config, back = read_official(tmp_path / "back", step=5, rope_theta=1e4)
    assert back_config == config
    assert_same(back, tensors)


def test_convert_makes_a_directory_of_what_can_be_loaded(tmp_path: Path) -> None:
    random_pretrained(tmp_path / "llama", "Llama", attention_bias=True, rope_parameters=LLAMA3)
    write_gguf(tmp_path / "llama.gguf", tmp_path / "llama")
    assert hybrid(tmp_path / "llama", tmp_path / "ours", "--to", "directory").exit_code == 0
    assert hybrid(tmp_path / "llama.gguf", tmp_path / "from-gguf", "--to", "directory").exit_code == 0
    expected = loss_on_text(tmp_path / "llama")
    assert loss_on_text(tmp_path / "ours") == expected
    assert loss_on_text(tmp_path / "from-gguf") == pytest.approx(expected, abs=1e-5)
    chat = [("user", "Why?")]
    ids = load_checkpoint(str(tmp_path / "llama.gguf")).tokenizer.encode_chat(chat)
    assert load_checkpoint(str(tmp_path / "from-gguf")).tokenizer.encode_chat(chat) == ids


def test_convert_says_what_cannot_be_done(tmp_path: Path) -> None:
    llama = write_tiny_model(tmp_path)
    config, tensors = from_official(made_up())
    save_official(tmp_path / "official", config, tensors)
    for argv, said in (
        ((llama, tmp_path / "x", "--to", "official"), "grouped-query attention, no QK-norm, no post norms"),
        ((tmp_path / "official", tmp_path / "x", "--to", "official"), "official checkpoint already"),
        ((llama, tmp_path / "x", "--to", "directory", "--rope-theta", "1e4"), "records its own rope_theta"),
        ((llama, tmp_path / "x", "--to", "directory", "--step", "1"), "step"),
        ((tmp_path / "official", tmp_path / "x", "--to", "directory", "--step", "1"), "no step 1; it has 0"),
        ((tmp_path / "official", tmp_path / "x", "--to", "directory", "--tokenizer", llama), "259 tokens"),
        ((llama, llama, "--to", "directory"), "not a model that hybrid wrote"),
        ((tmp_path / "nowhere", tmp_path / "x", "--to", "directory"), "no model at"),
    ):
        done = hybrid(*argv)
        assert done.exit_code == 1
        assert said in done.stderr
        assert not (tmp_path / "x").exists()


def test_an_official_checkpoint_is_not_loaded_without_a_tokenizer(tmp_path: Path) -> None:
    config, tensors = from_official(made_up())
    save_official(tmp_path / "official", config, tensors)
    with pytest.raises(HybridError, match="`hybrid convert`"):
        load_checkpoint(str(tmp_path / "official"))


def test_help_has_an_example() -> None:
    assert "Example:\n    hybrid convert " in hybrid("--help").output
