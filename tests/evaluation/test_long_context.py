"""Models are compared alike over a long context: trained on the same, resumed to the same bits, tabled with names."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from click.testing import CliRunner
from doc_blocks import REPOSITORY
from torch import Tensor

from hybrid.cli import main
from hybrid.errors import InputError, ModelError, SettingsError
from hybrid.evaluation.long_context import RESULTS, ByteTokenizer, run_long_context, sizes
from hybrid.evaluation.needles import needle_prompts
from hybrid.settings.long_context import LongContextSettings, ModelName
from hybrid.ttt.baselines.comparison import TOLERANCE, baseline_configs, end_to_end_config
from hybrid.ttt.baselines.end_to_end import EndToEnd, random_weights
from hybrid.ttt.baselines.mamba2 import Mamba2
from hybrid.ttt.baselines.model import LanguageModel
from hybrid.ttt.baselines.training import recall

MODELS = get_args(ModelName)
SIZE = {
    "parameters": 40_000, "hidden_size": 32, "layers": 2, "heads": 2, "window": 32, "mini_batch": 16,
    "state_size": 16, "local_layers": 1,
}  # fmt: skip
TRAINING = {"tokens": 1536, "batch_tokens": 512, "warm_up": 1, "checkpoint_every": 2}
EVALUATION = {"tokens": 1024, "buckets": 4, "needle_count": 2, "timings": 1}
READY = sorted((REPOSITORY / "benchmarks" / "long_context").glob("*.toml"))


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("long") / "texts"
    folder.mkdir()
    for number in range(40):
        clauses = (f"Clause {line} of deed {number} ends in {line * 7 % 13} days of the tide. " for line in range(30))
        (folder / f"{number:02}.md").write_text("".join(clauses))
    return folder


def settings(texts: Path, output: Path, **changed: Any) -> LongContextSettings:
    tables = {"size": SIZE, "training": TRAINING, "evaluation": EVALUATION}
    given = {name: table | changed.pop(name, {}) for name, table in tables.items()}
    plain = {"texts": texts, "output": output, "contexts": (64, 128)}
    return LongContextSettings.model_validate(plain | given | changed)


def toml(texts: Path, output: Path, folder: Path) -> Path:
    lines = [f"texts = {json.dumps(str(texts))}", f"output = {json.dumps(str(output))}", "contexts = [64, 128]"]
    for name, table in (("size", SIZE), ("training", TRAINING), ("evaluation", EVALUATION)):
        lines += [f"[{name}]", *(f"{key} = {value}" for key, value in table.items())]
    lines += ["[ablations]", "window = [16]", "mini_batch = [32, 16]", "updated_layers = [2]"]
    path = folder / "long-context.toml"
    path.write_text("\n".join(lines))
    return path


@dataclass(frozen=True)
class Run:
    output: Path
    said: str
    tables: dict[str, Any]


@pytest.fixture(scope="module")
def run(texts: Path) -> Run:
    """All models, once, from the command line."""
    output = texts.parent / "run"
    done = CliRunner().invoke(main, ["bench", "long-context", str(toml(texts, output, texts.parent)), "--json"])
    assert done.exit_code == 0, done.output
    return Run(output, done.stderr, json.loads(done.stdout))


def test_every_model_is_measured_at_every_context(run: Run) -> None:
    everything = {(context, model) for context in (64, 128) for model in MODELS}
    for name in ("loss", "position", "time", "needles"):
        assert {(row["context"], row["model"]) for row in run.tables[name]["rows"]} == everything
    for row in run.tables["loss"]["rows"]:
        assert abs(row["parameters"] / SIZE["parameters"] - 1) <= TOLERANCE
        assert 3 < row["loss"] < 6
        assert row["stopped"] is None
        assert 0.5 < row["largest gradient"] < 100
    assert all(min(row["training"], row["prefill"], row["decode"]) > 0 for row in run.tables["time"]["rows"])


def test_a_difference_is_to_full_attention_at_the_same_context_and_place(run: Run) -> None:
    loss = {(row["context"], row["model"]): row for row in run.tables["loss"]["rows"]}
    place = {(row["context"], row["model"], row["up to token"]): row for row in run.tables["position"]["rows"]}
    assert [end for context, model, end in place if (context, model) == (128, "mamba2")] == [32, 64, 96, 128]
    for (context, model), row in loss.items():
        full = loss[context, "full_attention"]["loss"]
        assert row["minus full attention"] == pytest.approx(row["loss"] - full, abs=3e-6)
        own = [cell for key, cell in place.items() if key[:2] == (context, model)]
        assert row["loss"] == pytest.approx(sum(cell["loss"] for cell in own) / 4, abs=3e-6)
    for (context, _, end), row in place.items():
        full = place[context, "full_attention", end]["loss"]
        assert row["minus full attention"] == pytest.approx(row["loss"] - full, abs=3e-6)


def test_an_ablation_changes_one_choice_of_ttt_e2e_and_stands_beside_the_unchanged(run: Run) -> None:
    rows = run.tables["ablations"]["rows"]
    assert [(row["choice"], row["value"]) for row in rows] == [
        ("window", 16), ("window", 32), ("mini_batch", 16), ("mini_batch", 32), ("updated_layers", 1),
        ("updated_layers", 2),
    ]  # fmt: skip
    unchanged = next(row for row in run.tables["loss"]["rows"] if row["model"] == "ttt_e2e")["loss"]
    assert [row["loss"] == unchanged for row in rows] == [False, True, True, False, True, False]
    assert all(abs(row["parameters"] / SIZE["parameters"] - 1) <= TOLERANCE for row in rows)


def test_tables_and_pictures_are_written_and_named(run: Run) -> None:
    written = {path.name for path in (run.output / "report").iterdir()}
    pictures = {
        "loss", "loss-minus-full-attention", "position", "position-minus-full-attention", "time-training",
        "time-prefill", "time-decode", "ablation-window", "ablation-mini_batch", "ablation-updated_layers",
    }  # fmt: skip
    wanted = {f"{name}.{kind}" for name in run.tables for kind in ("json", "md")}
    assert written == wanted | {f"{name}.{kind}" for name in pictures for kind in ("png", "svg")}
    assert (run.output / "report" / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert f"wrote {run.output / 'report' / 'loss.png'}" in run.said
    assert not list(run.output.glob("*.safetensors"))  # what is done needs no checkpoint


def test_a_finished_run_is_shown_without_training_again(run: Run, texts: Path) -> None:
    shown = run_long_context(
        settings(texts, run.output, models=("mamba2",)), lambda line: pytest.fail(f"trained again: {line}")
    )
    assert [row["model"] for row in shown["loss"].rows] == ["mamba2", "mamba2"]
    html = shown._repr_html_()
    assert html.count("Evaluation: ") == 4
    assert "mamba2" in html
    assert str(shown).startswith("Loss in nats a token")


# Alike


def test_all_models_read_the_same_sequences_in_the_same_order(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: dict[str, list[Tensor]] = {}

    def recording(of: type[Any]) -> None:
        backward = of.backward

        def record(self: Any, ids: Tensor, targets: Tensor) -> Tensor:
            name = type(self).__name__ if isinstance(self, EndToEnd) else type(self.blocks[0].mixer).__name__
            read.setdefault(name, []).append(torch.cat([ids, targets[:, -1:]], 1))
            found: Tensor = backward(self, ids, targets)
            return found

        monkeypatch.setattr(of, "backward", record)

    recording(LanguageModel)
    recording(EndToEnd)
    run_long_context(settings(texts, tmp_path, models=("mamba2", "gated_deltanet", "ttt_e2e"), contexts=(64,)))
    first, *others = read.values()
    assert len(others) == 2
    assert [batch.shape for batch in first] == [(8, 65)] * 3
    assert len({tuple(row.tolist()) for batch in first for row in batch}) == 24  # no sequence twice in an epoch
    for other in others:
        assert all(torch.equal(ours, theirs) for ours, theirs in zip(first, other, strict=True))


def test_a_run_that_was_stopped_goes_on_to_the_same_bits(texts: Path, tmp_path: Path) -> None:
    chosen = {"models": ("mamba2", "ttt_e2e"), "contexts": (64,), "ablations": {"window": (16,)}}
    whole = run_long_context(settings(texts, tmp_path / "whole", **chosen))
    stopped = settings(texts, tmp_path / "stopped", **chosen)

    def stop(line: dict[str, Any]) -> None:
        if (line["model"], line["changed"], line["step"]) == ("ttt_e2e", None, 3):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_long_context(stopped, stop)
    seen: list[tuple[Any, ...]] = []
    again = run_long_context(stopped, lambda line: seen.append((line["model"], line["value"], line["step"])))
    assert seen == [("ttt_e2e", None, 3), *(("ttt_e2e", 16, step) for step in (1, 2, 3))]  # after step 2's checkpoint
    assert [one.by_position for one in again.measured] == [one.by_position for one in whole.measured]
    assert [one.needles for one in again.measured] == [one.needles for one in whole.measured]
    assert [one.largest_norm for one in again.measured] == [one.largest_norm for one in whole.measured]


def test_a_model_that_diverges_stops_with_its_step_and_the_others_go_on(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forward, calls = Mamba2.forward, 0

    def diverging(self: Mamba2, x: Tensor, state: Any, start: int) -> Any:
        nonlocal calls
        calls += 1
        out, after = forward(self, x, state, start)
        return (out * float("nan") if calls > 2 else out), after  # two layers: from the second step on

    monkeypatch.setattr(Mamba2, "forward", diverging)
    found = settings(texts, tmp_path, models=("mamba2", "full_attention"), contexts=(64,))
    said: list[tuple[str, int, bool]] = []
    report = run_long_context(found, lambda line: said.append((line["model"], line["step"], line["loss"] is None)))
    assert said == [("mamba2", 1, False), ("mamba2", 2, True), *(("full_attention", n, False) for n in (1, 2, 3))]
    mamba, full = report["loss"].rows
    assert (mamba["stopped"], mamba["loss"]) == ("not finite at step 2", None)
    assert full["loss"] is not None
    assert all(plot.series for table in report.tables for plot in table.plots)
    report.write(tmp_path / "report")


def test_a_model_that_diverges_in_its_evaluation_says_so(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LanguageModel, "loss", lambda self, ids, targets: torch.full(ids.shape, float("nan")))
    monkeypatch.setattr(
        LanguageModel, "backward", lambda self, ids, targets: self(ids)[0].sum().backward() or torch.ones(1)
    )
    report = run_long_context(settings(texts, tmp_path, models=("sliding_window",), contexts=(64,)))
    assert report["loss"].rows[0]["stopped"] == "not finite in the evaluation after step 3"


# What cannot be


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"contexts": (64, 100)}, "context 100 is no multiple of size.mini_batch 16"),
        ({"evaluation": {"buckets": 3}}, "context 64 is no multiple of evaluation.buckets 3"),
        ({"training": {"batch_tokens": 160}}, "training.batch_tokens 160 is no multiple of context 64"),
        ({"evaluation": {"tokens": 1000}}, "evaluation.tokens 1,000 is no multiple of context 64"),
        ({"training": {"tokens": 500}}, "training.tokens 500 are less than one step of training.batch_tokens 512"),
        ({"ablations": {"context": 256}}, "ablations.context 256 is none of contexts"),
        ({"ablations": {"mini_batch": (48,)}}, "ablations.context 64 is no multiple of ablations.mini_batch 48"),
        ({"contexts": (64, 64)}, "contexts names one twice"),
        ({"models": ("rwkv",)}, "rwkv"),
        ({"size": {"parameters": 9_000}}, r"no MLP width gives 9,000 parameters to 3%: the narrowest model has \d"),
        ({"size": {"local_layers": 5}}, "of 2 layers the hybrid has none"),
        ({"size": {"updated_layers": 3}}, "updated_layers 3 are more than layers 2"),
        ({"size": {"window": 8}}, "window 8 is shorter than chunk 16"),
        ({"device": "abacus"}, "device 'abacus' cannot be used"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_settings_that_do_not_go_together_are_named_before_anything_is_trained(
    texts: Path, tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        run_long_context(settings(texts, tmp_path, **changed), lambda line: pytest.fail(f"trained: {line}"))


def test_a_model_that_does_not_fit_is_named(texts: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"mamba2: no MLP width gives 18,000 parameters"):
        run_long_context(settings(texts, tmp_path, size={"parameters": 18_000}))


def test_too_few_texts_are_named_with_the_numbers(tmp_path: Path) -> None:
    few = tmp_path / "texts"
    few.mkdir()
    with pytest.raises(InputError, match=r"holds no \.txt or \.md file"):
        run_long_context(settings(few, tmp_path / "run"))
    (few / "one.txt").write_text("The tide. " * 10)
    with pytest.raises(InputError, match="has 101 tokens to train on, and one sequence takes 129"):
        run_long_context(settings(few, tmp_path / "run"))
    (few / "one.txt").write_text("The tide. " * 100)
    with pytest.raises(InputError, match=r"every twentieth text of .* has 0 tokens to evaluate on, and .* takes 1,025"):
        run_long_context(settings(few, tmp_path / "run"))


def stopped_at(step: int) -> Callable[[dict[str, Any]], None]:
    def stop(line: dict[str, Any]) -> None:
        if line["step"] == step:
            raise KeyboardInterrupt

    return stop


def test_a_checkpoint_of_another_configuration_is_refused(texts: Path, tmp_path: Path) -> None:
    chosen: dict[str, Any] = {"models": ("sliding_window",), "contexts": (64,)}
    with pytest.raises(KeyboardInterrupt):
        run_long_context(settings(texts, tmp_path, **chosen), stopped_at(3))
    other = settings(texts, tmp_path, **chosen, seed=1)
    with pytest.raises(SettingsError, match=r"sliding_window-64\.safetensors is of a run with other settings or texts"):
        run_long_context(other)
    run_long_context(settings(texts, tmp_path, **chosen))
    with pytest.raises(SettingsError, match=r"results\.json is of a run with other settings or texts"):
        run_long_context(other)


def test_damaged_files_are_named_with_what_to_do(texts: Path, tmp_path: Path) -> None:
    found = settings(texts, tmp_path, models=("sliding_window",), contexts=(64,))
    with pytest.raises(KeyboardInterrupt):
        run_long_context(found, stopped_at(3))
    checkpoint = tmp_path / "sliding_window-64.safetensors"
    checkpoint.write_bytes(checkpoint.read_bytes()[:-9])
    with pytest.raises(ModelError, match=r"is damaged: .*; delete it to train that model again"):
        run_long_context(found)
    (tmp_path / RESULTS).write_text('{"identity"')
    with pytest.raises(ModelError, match=r"results\.json is damaged: .*; delete it to begin again"):
        run_long_context(found)


def test_an_output_that_cannot_be_written_is_named_before_anything_is_trained(texts: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="file could not be written"):
        run_long_context(settings(texts, tmp_path / "file"), lambda line: pytest.fail(f"trained: {line}"))


def test_without_matplotlib_the_command_says_what_to_install_and_trains_nothing(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("matplotlib", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)
    done = CliRunner().invoke(main, ["bench", "long-context", str(toml(texts, tmp_path / "run", tmp_path))])
    assert done.exit_code == 1
    assert "pip install 'hybrid-ttt-rag[plots]'" in done.output
    assert not (tmp_path / "run").exists()


# Needles


class Parrot:
    """Continues a prompt by given tokens, each a little likelier than any other."""

    def __init__(self, tokens: list[int]) -> None:
        self.tokens = tokens

    def prefill(self, ids: Tensor) -> tuple[Tensor, int]:
        return self.decode(ids[:, -1], 0)

    def decode(self, ids: Tensor, state: int) -> tuple[Tensor, int]:
        logits = torch.zeros(257)
        logits[self.tokens[state]] = 1.0
        return logits[None], state + 1


def test_a_value_is_found_where_every_token_of_it_is_the_likeliest() -> None:
    answer = list(b" 1234567")
    right = recall(Parrot(answer), [1, 2], answer, torch.device("cpu"))  # type: ignore[arg-type]
    assert right.exact
    assert right.nats_per_token == pytest.approx(float(torch.logsumexp(torch.tensor([1.0] + [0.0] * 256), 0)) - 1)
    for wrong in (0, 4, 7):
        said = [*answer]
        said[wrong] = 0
        found = recall(Parrot(said), [1, 2], answer, torch.device("cpu"))  # type: ignore[arg-type]
        assert not found.exact
        assert found.nats_per_token == pytest.approx(right.nats_per_token + 1 / 8)


@pytest.mark.parametrize("task", ["s-niah-1", "s-niah-2", "s-niah-3"])
def test_a_prompt_fills_its_context_and_holds_the_value_once(task: Any) -> None:
    filler = [f"The {n}th harbor master wrote about tides, ropes and the price of salt." for n in range(60)]
    made = needle_prompts(task, 1000, 5, 0, filler, ByteTokenizer().encode)
    assert len(made) == 5
    for prompt in made:
        text, answer = bytes(prompt.ids).decode(), bytes(prompt.answer).decode()
        assert 800 < len(prompt.ids) + len(prompt.answer) <= 1000
        assert answer.startswith(" ")
        assert text.count(answer.strip()) == 1
        assert text.endswith(" mentioned in the provided text is:")
        assert "\nThe special magic " in text
    assert needle_prompts(task, 1000, 5, 0, filler, ByteTokenizer().encode) == made
    assert needle_prompts(task, 1000, 5, 1, filler, ByteTokenizer().encode) != made
    assert needle_prompts(task, 150, 5, 0, filler, ByteTokenizer().encode) == []


def test_needles_are_asked_where_they_fit_and_their_cells_are_empty_elsewhere(texts: Path, tmp_path: Path) -> None:
    chosen = settings(
        texts,
        tmp_path,
        models=("sliding_window",),
        contexts=(64, 512),
        evaluation={"needles": ("s-niah-1", "s-niah-3")},
    )
    report = run_long_context(chosen)
    assert [(row["context"], row["task"], row["found"]) for row in report["needles"].rows] == [
        (64, "s-niah-1", None), (64, "s-niah-3", None), (512, "s-niah-1", 0.0), (512, "s-niah-3", 0.0),
    ]  # fmt: skip
    assert all(4 < float(row["nats a token"] or 0) < 6 for row in report["needles"].rows[2:])
    assert [plot.name for plot in report["needles"].plots] == ["needles-s-niah-1", "needles-s-niah-3"]


def test_the_product_is_asked_for_the_same_needles_and_can_be_added_to_a_run(texts: Path, tmp_path: Path) -> None:
    asked = {"needles": ("s-niah-1", "s-niah-2")}
    chosen = {"models": ("sliding_window",), "contexts": (64, 512)}
    plain = run_long_context(settings(texts, tmp_path, **chosen, evaluation=asked))
    steps: list[Any] = []
    added = settings(texts, tmp_path, **chosen, evaluation={**asked, "product": ("index",)})
    report = run_long_context(added, steps.append)
    assert not steps, "nothing is trained again"
    rows = report["needles"].rows
    assert rows[: len(plain["needles"].rows)] == plain["needles"].rows
    assert [(row["context"], row["model"], row["task"], row["found"]) for row in rows[-2:]] == [
        (512, "product: index", "s-niah-1", 1.0), (512, "product: index", "s-niah-2", 1.0),
    ]  # fmt: skip
    (picture, _) = report["needles"].plots
    assert [(one.name, one.x, one.y) for one in picture.series] == [
        ("sliding_window", (1.0,), (0.0,)), ("product: index", (1.0,), (1.0,)),
    ]  # fmt: skip
    again = run_long_context(settings(texts, tmp_path, **chosen, evaluation=asked))
    assert again["needles"].rows == plain["needles"].rows, "what was not asked for is not shown"


# The ready settings


def test_there_are_ready_settings_of_the_papers_sizes() -> None:
    assert [path.stem for path in READY] == ["125m", "3b", "760m", "sixteenth", "two_cores"]


@pytest.mark.parametrize("path", READY, ids=lambda path: path.stem)
def test_every_model_of_the_ready_settings_has_the_parameters_to_3_percent(path: Path) -> None:
    found = LongContextSettings.load(path)
    vocab_size = 257 if found.tokenizer == "bytes" else 128_256
    variants = sizes(found, vocab_size)
    counts: dict[str, int] = {}
    for variant, size in variants.items():
        if variant.model == "ttt_e2e":
            with torch.device("meta"):
                named = random_weights(end_to_end_config(size), 0).named()
            counts[variant.name] = sum(tensor.numel() for tensor in named.values())
    size = next(iter(variants.values()))
    configs = baseline_configs(size)
    for name, config in configs.items():
        with torch.device("meta"):
            counts[name] = LanguageModel(config).parameter_count()
    assert set(configs) | {"ttt_e2e"} == set(found.models)
    assert {name: count for name, count in counts.items() if abs(count / found.size.parameters - 1) > TOLERANCE} == {}
    width = {"125m": 2048, "760m": 4096, "3b": 6912}.get(path.stem)
    if width is not None:
        assert configs["full_attention"].intermediate_size == width
