"""What the library logs: events with their facts, nothing of what documents and questions say, and never a print."""

from __future__ import annotations

import ast
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_model import tiny_settings

import hybrid
from hybrid.settings import AnswerSettings, Settings

# Modules whose business is the terminal.
SPEAKING = {
    "kernels/src/compile.py",
}
PROCESSES = {
    "hybrid/ingest/isolation.py",  # its worker, which the parent ends when it is interrupted
    "hybrid/ingest/cluster_driver.py",  # the process that uses Ray, likewise
    "hybrid/ingest/cluster_tasks.py",  # a worker process of Ray's, which computes with one thread
    "hybrid/cli/torchrun.py",  # a command, which torchrun ends when another of its processes has ended
}
SECRET = "Whistleblower Zyxwv reported the wet salt"


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[logging.LogRecord]:
    """Everything at DEBUG and above of a corpus's life: made, asked, changed, closed."""
    home = tmp_path_factory.mktemp("home")
    found: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record)

    logger, handler = logging.getLogger("hybrid"), Keep()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        settings = Settings(memory=tiny_settings(home), answer=AnswerSettings(max_new_tokens=8, evidence_tokens=50))
        (home / "empty.txt").write_text("")
        (home / "note.txt").write_text(f"{SECRET}. The agreement ends on 3 May 2031.\n" * 3)
        with hybrid.Corpus.open(home / "corpus", settings) as corpus:
            corpus.ingest(home / "note.txt", home / "empty.txt")
            corpus.ask(f"What did the {SECRET.lower()}?", route="both")
            corpus.search(SECRET)
            with pytest.raises(RuntimeError, match="enough"):
                corpus.ingest(hybrid.Document.from_text(SECRET, "more.txt"), progress=fail)
            corpus.remove(str(home / "note.txt"))
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    return found


def fail(*_: object) -> None:
    raise RuntimeError("enough")


def facts(records: list[logging.LogRecord], event: str) -> list[dict[str, object]]:
    return [vars(record) for record in records if getattr(record, "event", None) == event]


def test_ingest_tells_its_begin_its_end_and_what_was_left_out(records: list[logging.LogRecord]) -> None:
    started, again = facts(records, "ingest started")
    assert (started["name"], started["levelname"], started["inputs"]) == ("hybrid.ingest", "INFO", 2)
    (finished,) = facts(records, "ingest finished")
    assert (finished["added"], finished["skipped"], finished["memory"]) == (1, 1, "ready")
    assert finished["chunks"] > 0
    assert finished["trained_tokens"] > 0
    assert 0 < finished["seconds"] < 600
    (left_out,) = facts(records, "file left out")
    assert (left_out["levelname"], left_out["code"]) == ("WARNING", "empty")
    assert left_out["source"].endswith("empty.txt")
    assert again["inputs"] == 1


def test_work_that_ends_early_says_why(records: list[logging.LogRecord]) -> None:
    (ended,) = facts(records, "ingest ended early")
    assert (ended["levelname"], ended["error"]) == ("WARNING", "RuntimeError")


def test_every_commit_and_volume_is_logged(records: list[logging.LogRecord]) -> None:
    commits = [record["commit"] for record in facts(records, "commit committed")]
    assert commits == sorted(commits)
    assert len(commits) >= 3
    assert facts(records, "volume committed")[0]["tokens"] > 0
    assert facts(records, "removal finished")[0]["removed"] == 1


def test_an_answered_question_tells_its_route_its_verdicts_and_its_time(records: list[logging.LogRecord]) -> None:
    (answered,) = facts(records, "question answered")
    assert (answered["name"], answered["levelname"]) == ("hybrid.answering", "INFO")
    assert (answered["route"], answered["found"]) == ("both", True)
    assert answered["verbatim"] >= 1
    assert {"supported", "unsupported", "citations", "commit"} <= answered.keys()
    assert answered["seconds"] > 0


def test_a_loaded_model_tells_its_device(records: list[logging.LogRecord]) -> None:
    (model,) = facts(records, "language model loaded")
    assert (model["name"], model["device"], model["dtype"]) == ("hybrid.settings.models", "cpu", "float32")


def test_nothing_that_a_document_or_a_question_says_is_logged_above_debug(records: list[logging.LogRecord]) -> None:
    words = {"whistleblower", "zyxwv", "wet salt"}

    def said(record: logging.LogRecord) -> str:
        return f"{record.getMessage()} {vars(record)}".lower()

    told = [record for record in records if record.levelno > logging.DEBUG]
    assert len(told) > 5
    assert not [record.getMessage() for record in told if any(word in said(record) for word in words)]
    assert any(any(word in said(record) for word in words) for record in records)  # at DEBUG they do


def test_a_line_reads_as_an_event_and_its_facts(records: list[logging.LogRecord]) -> None:
    lines = [record.getMessage() for record in records]
    assert any(line.startswith("ingest started: corpus=") and line.endswith("inputs=2") for line in lines)


def test_the_library_says_nothing_where_nobody_asked(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The agreement ends on 3 May 2031.")
    (tmp_path / "empty.txt").write_text("")
    code = (
        "import hybrid\n"
        "settings = hybrid.Settings(memory={'enabled': False})\n"
        f"with hybrid.Corpus.open({str(tmp_path / 'corpus')!r}, settings) as corpus:\n"
        f"    corpus.ingest({str(tmp_path / 'a.txt')!r}, {str(tmp_path / 'empty.txt')!r})\n"
        "    corpus.ask('When does the agreement end?')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def package_files(repository: Path) -> list[Path]:
    return [p for top in ("hybrid", "stores", "router", "kernels/src") for p in (repository / top).rglob("*.py")]


def calls(path: Path) -> set[str]:
    """Names of the functions that a module calls, such as ``print`` and ``logging.basicConfig``."""
    tree = ast.parse(path.read_text("utf-8"))
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def test_no_module_prints_but_those_of_the_command_line(repository: Path) -> None:
    speaking = {"print", "sys.stdout.write", "sys.stderr.write", "warnings.warn", "pprint"}
    found = {p.relative_to(repository).as_posix() for p in package_files(repository) if calls(p) & speaking}
    assert found <= SPEAKING


FOR_AN_IMPORT = {"hybrid/haystack/__init__.py"}
"""Sets a variable that another package reads while it is imported, and takes it away again (tests/haystack)."""


def test_no_module_configures_logging_or_changes_the_process(repository: Path) -> None:
    """No level, handler, thread count, default device or variable of the environment that is not the caller's own."""
    forbidden = ("logging.basicConfig", "torch.set_", "os.environ.setdefault", "os.putenv", "signal.signal", "os.chdir")
    for path in package_files(repository):
        if path.relative_to(repository).as_posix() in SPEAKING | PROCESSES:
            continue
        assert not [name for name in calls(path) if name.startswith(forbidden)], path
        tree = ast.parse(path.read_text("utf-8"))
        written = [
            ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Assign | ast.Delete)
            for target in node.targets if ast.unparse(target).startswith("os.environ[")
        ]  # fmt: skip
        assert not written or path.relative_to(repository).as_posix() in FOR_AN_IMPORT, path
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.Global)], path


# What modules keep for the whole process, and why that is no state: it is the same whoever asks first.
KEPT = {
    "hybrid/text/lexicon.py": {"lru_cache"},  # the stem of a word
    "hybrid/retrieval/embedding.py": {"lru_cache"},  # the sha256 of a file of this size and time
    "hybrid/ingest/cluster_tasks.py": {"lru_cache"},  # models and versions, in a process that is a worker of Ray's
    "hybrid/evaluation/needles.py": {"lru_cache"},  # of one measurement
    "hybrid/langchain/running.py": {"cache"},  # the threads that asks run in, made when first asked
    "hybrid/answering/verification/clauses.py": {"lru_cache"},  # a text cut into clauses
    "hybrid/answering/verification/values.py": {"lru_cache"},  # the values that a text states
    "hybrid/answering/verification/conjuncts.py": {"lru_cache"},  # the statements of a sentence
    "hybrid/answering/verification/restatements.py": {"lru_cache"},  # the other forms of a sentence
    "hybrid/answering/verification/leftover.py": {"lru_cache"},  # what a span says besides a claim
    "hybrid/answering/verification/agents.py": {"lru_cache"},  # who does what in a text
    "hybrid/answering/verification/alignment.py": {"lru_cache", "cache"},  # a text's words, how two stand; the weights
    "hybrid/answering/selection/features.py": {"lru_cache"},  # the form of a text
    "hybrid/answering/selection/asked_values.py": {"lru_cache"},  # what a question asks for, the quantities of a text
    "hybrid/answering/absent_things.py": {"lru_cache"},  # the things that a question names
    "hybrid/answering/acts.py": {"lru_cache"},  # the acts that a sentence says or denies
    "hybrid/answering/wordings.py": {"lru_cache"},  # a question in other words
    "hybrid/answering/agency.py": {"lru_cache"},  # who does what in a sentence
    "hybrid/text/quoted_mails.py": {"lru_cache"},  # where a text quotes mails
    "hybrid/answering/verification/placement.py": {"lru_cache"},  # a text taken apart
    "hybrid/answering/verification/additions.py": {"lru_cache"},  # a text taken apart
    "hybrid/answering/enumeration_terms.py": {"lru_cache"},  # the terms of a question
    "hybrid/answering/polarity.py": {"lru_cache"},  # the parts of a question, how two words stand
    "hybrid/answering/enumeration_question.py": {"lru_cache"},  # the root of a word, the roots of a cell
    "hybrid/text/speakers.py": {"lru_cache"},  # the turns of a transcript, the maker of a statement
    "hybrid/text/wordnet.py": {"lru_cache", "cache"},  # the shipped table, read once; the senses of a word
    "hybrid/service/assets.py": {"cache"},  # the page's files, read once
    "hybrid/ingest/loaders/ocr_pages.py": {"cache"},  # the engine that reads images, loaded once
    "stores/query.py": {"lru_cache"},  # a text's search terms
    "stores/sqlite/narrowed.py": {"lru_cache"},  # the stem of a word, the tokenizer that finds it
    "hybrid/answering/selection/ranker.py": {"lru_cache"},  # the shipped weights, read once
    "kernels/src/triton/tiles.py": {"cache"},  # the table of a card
    "kernels/src/dispatch.py": {"cache"},  # whether triton is installed; the chip
    "kernels/src/banded_attention.py": {"lru_cache"},  # masks of a window
    "hybrid/_view.py": {"Shared"},  # models that open corpora hold; gone with the last of them
    "hybrid/_runtime.py": {"RLock"},  # held while something of the process is changed and put back
}


def test_module_level_caches_are_those_with_a_reason(repository: Path) -> None:
    keeping = {"lru_cache", "cache", "functools.cache", "functools.lru_cache", "Shared", "RLock"}
    for path in package_files(repository):
        tree = ast.parse(path.read_text("utf-8"))
        found = set()
        for node in ast.walk(tree):
            for decorator in getattr(node, "decorator_list", []):
                found.add(ast.unparse(decorator).split("(")[0])
        for node in tree.body:
            value = getattr(node, "value", None)
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(value, ast.Call):
                found.add(ast.unparse(value.func))
        assert found & keeping <= KEPT.get(path.relative_to(repository).as_posix(), set()), path


def test_no_module_fills_a_container_of_its_own(repository: Path) -> None:
    """A list or dictionary at the top of a module is a table to read from; but what loads the renderers, once, and the
    names of living objects that LangChain cannot write down, and tables of documents by the documents' hashes."""
    writers = ("append", "add", "update", "extend", "setdefault", "pop", "clear", "insert", "remove", "discard")
    for path in package_files(repository):
        tree = ast.parse(path.read_text("utf-8"))
        top = {
            target.id for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        } - {"renderers", "_NAMES", "_readers"}  # fmt: skip
        for function in [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]:
            own = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in writers:
                    changed = ast.unparse(node.func.value)
                    assert changed not in top - own, f"{path}: {ast.unparse(node)}"
                if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                    assert ast.unparse(node.value) not in top - own, f"{path}: {ast.unparse(node)}"
