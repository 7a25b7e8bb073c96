"""The measures of ``hybrid eval``, on development sets instead of a user's questions.

    python -m benchmarks.evaluate answers --cuad ../shared/data/cuad --contracts 20 --skip 20
    python -m benchmarks.evaluate comprehension --squality ../shared/data/squality --qmsum ../shared/data/qmsum
    python -m benchmarks.evaluate retrieval --data ../shared/data/hotpotqa100 ../shared/data/cranfield
    python -m benchmarks.evaluate router --data ../shared/data --part reporting

Each prints a table, or JSON with --json; --out FOLDER takes JSON, Markdown and plots.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.datasets import cranfield, cuad, hotpotqa, qmsum, routing, squality
from hybrid.corpus import Corpus
from hybrid.errors import InputError
from hybrid.evaluation import answers, comprehension, retrieval
from hybrid.evaluation import routing as measured_routing
from hybrid.evaluation.report import EvaluationReport
from hybrid.retrieval.embedding import Embedder
from hybrid.settings import AnswerSettings, MemorySettings, RouterSettings, Settings
from hybrid.settings.models import EMBEDDER
from hybrid.types.documents import Document


def say(line: str) -> None:
    print(line, file=sys.stderr)


def evaluate_answers(options: argparse.Namespace) -> EvaluationReport:
    """Ask each contract, a corpus of its own without a memory, for all categories of clauses."""
    settings = Settings(
        memory=MemorySettings(enabled=False), answer=AnswerSettings(max_quotes=answers.CITATIONS)
    )  # as many quotes as are counted
    contracts = cuad.contracts(options.cuad, options.contracts, options.skip, options.seed)
    outcomes = []
    for contract in contracts:
        with (
            tempfile.TemporaryDirectory() as folder,
            Corpus.open(Path(folder) / "corpus", settings) as corpus,
        ):
            corpus.ingest(Document.from_text(contract.text, source=f"{contract.name}.txt"))
            outcomes += [answers.ask(corpus, question) for question in contract.questions]
    return answers.report(outcomes, options.seed, None, {"contracts": len(contracts), "skipped": options.skip})


def evaluate_comprehension(options: argparse.Namespace) -> EvaluationReport:
    """What the memory adds to answers about whole texts."""
    asked = squality.texts(options.squality, options.count, options.skip) if options.squality else []
    asked += qmsum.texts(options.qmsum, options.count, options.skip) if options.qmsum else []
    return comprehension.measure(asked, Settings.load(options.settings), options.seed, options.write, progress=say)


def evaluate_retrieval(options: argparse.Namespace) -> EvaluationReport:
    """The orders of search, each set ingested into a corpus of its own."""
    settings, rows = Settings.load(options.settings), []
    for folder in options.data:
        if (folder / "cran.qry").is_file():
            judged = cranfield.judged(folder)
        elif (folder / "corpus.jsonl").is_file():
            judged = hotpotqa.judged(folder)
        else:
            raise InputError(f"{folder} holds neither cran.qry (Cranfield) nor corpus.jsonl (HotpotQA)")
        rows += retrieval.measure_set(judged, settings, say)
    return retrieval.report(rows, settings, options.seed)


def evaluate_router(options: argparse.Namespace) -> EvaluationReport:
    """The router on one half of the development sets."""
    settings = RouterSettings(weights=str(options.weights) if options.weights else None)
    found, missing = routing.development(options.data)
    notes = [f"The {options.part} half of the development sets.", measured_routing.cross_validated(settings)]
    notes += [f"Not in the folder: {', '.join(missing)}."] if missing else []
    asked = [one for one, part in found if part == options.part]
    embedder = Embedder.load(options.embedder)
    return measured_routing.evaluate(asked, embedder, settings, options.seed, notes, pool=routing.POOL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="MEASURE")

    def command(name: str, run: Callable[[argparse.Namespace], EvaluationReport], seed: int) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=run.__doc__, description=run.__doc__)
        made.add_argument("--seed", type=int, default=seed, help="decides every random choice [%(default)s]")
        made.add_argument("--out", type=Path, help="a folder for JSON, Markdown and plots")
        made.add_argument("--json", action="store_true", help="print JSON instead of a table")
        made.set_defaults(run=run)
        return made

    made = command("answers", evaluate_answers, seed=0)
    made.add_argument("--cuad", type=Path, required=True, help="the folder of CUAD")
    made.add_argument("--contracts", type=int, default=20, help="how many contracts [%(default)s]")
    made.add_argument("--skip", type=int, default=0, help="how many to leave out first [%(default)s]")
    made = command("comprehension", evaluate_comprehension, seed=0)
    made.add_argument("--squality", type=Path, help="the folder of SQuALITY")
    made.add_argument("--qmsum", type=Path, help="the folder of QMSum")
    made.add_argument("--count", type=int, default=4, help="how many texts of each [%(default)s]")
    made.add_argument("--skip", type=int, default=0, help="how many to leave out first [%(default)s]")
    made.add_argument("--no-write", dest="write", action="store_false", help="generate no answers for ROUGE-L")
    made.add_argument("--settings", type=Path, help="a TOML file of settings")
    made = command("retrieval", evaluate_retrieval, seed=1)
    made.add_argument("--data", type=Path, nargs="+", required=True, help="folders of Cranfield and HotpotQA")
    made.add_argument("--settings", type=Path, help="a TOML file of settings")
    made = command("router", evaluate_router, seed=1)
    made.add_argument("--data", type=Path, required=True, help="the folder of all development sets")
    made.add_argument("--part", choices=("tuning", "reporting"), default="reporting", help="which half [%(default)s]")
    made.add_argument("--weights", type=Path, help="weights of your own")
    made.add_argument("--embedder", default=EMBEDDER.name, help="name, path or hub id [%(default)s]")
    options = parser.parse_args()
    try:
        report = options.run(options)
    except InputError as error:
        parser.error(str(error))
    print(report.model_dump_json(indent=1) if options.json else report.as_text())
    for path in report.write(options.out) if options.out else []:
        say(f"wrote {path}")


if __name__ == "__main__":
    main()
