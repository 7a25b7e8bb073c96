"""The command line, `hybrid`. Each command's module is imported when the command is called for.

Those modules import nothing heavy either, torch or FAISS, before a command runs: ``hybrid --help``, which lists them
all, answers at once.
"""

from __future__ import annotations

import click

import hybrid
from hybrid.cli.command import LazyGroup

EXIT_CODES = """\b
Exit codes:
  0    done
  1    an error; the message says what to do
  2    the command line was wrong
  3    nothing in the corpus answers (ask, search)
  4    done, but some files were left out; the reasons are printed (ingest)
  5    a certificate does not hold, or a corpus is damaged (verify-deletion, verify, repair, log verify)
  130  interrupted; what was committed stays, and the same command resumes there
"""
EVALUATIONS = {
    "answers": "hybrid.cli.evaluate:answers",
    "comprehension": "hybrid.cli.evaluate:comprehension",
    "needle": "hybrid.cli.evaluate:needle",
    "retrieval": "hybrid.cli.evaluate:retrieval",
    "router": "hybrid.cli.evaluate:router",
    "verdicts": "hybrid.cli.evaluate:verdicts",
}
COMMANDS = {
    "ask": "hybrid.cli.corpus:ask",
    "convert": "hybrid.cli.models:convert",
    "documents": "hybrid.cli.corpus:documents",
    "export-corpus": "hybrid.cli.corpus:export_corpus",
    "import-corpus": "hybrid.cli.corpus:import_corpus",
    "ingest": "hybrid.cli.corpus:ingest",
    "mcp": "hybrid.cli.service:mcp",
    "meta-train": "hybrid.cli.models:meta_train",
    "remove": "hybrid.cli.corpus:remove",
    "report": "hybrid.cli.corpus:report",
    "search": "hybrid.cli.corpus:search",
    "serve": "hybrid.cli.service:serve",
    "settings": "hybrid.cli.corpus:settings",
    "status": "hybrid.cli.corpus:status",
    "repair": "hybrid.cli.corpus:repair",
    "verify": "hybrid.cli.corpus:verify",
    "verify-deletion": "hybrid.cli.corpus:verify_deletion",
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_CODES,
)
@click.version_option(hybrid.__version__, prog_name="hybrid")
def main() -> None:
    """Read a body of documents once, then ask questions and get answers whose citations can be checked.

    CORPUS is a directory that holds what was read; `hybrid ingest` creates it.
    """


@main.group("eval", cls=LazyGroup, lazy=EVALUATIONS)
def evaluate() -> None:
    """Measure retrieval, routing, answers and verdicts, on your own questions."""


@main.group(cls=LazyGroup, lazy={"eval": "hybrid.cli.evaluate:router", "train": "hybrid.cli.models:train_router"})
def router() -> None:
    """Train and measure the router, which decides the memory that a question goes to."""


KEYS = {
    "add": "hybrid.cli.service:add_key",
    "list": "hybrid.cli.service:list_keys",
    "remove": "hybrid.cli.service:remove_key",
}


@main.group(cls=LazyGroup, lazy=KEYS)
def keys() -> None:
    """Make, list and take away the API keys of a server (hybrid serve)."""


@main.group(cls=LazyGroup, lazy={"show": "hybrid.cli.corpus:show", "verify": "hybrid.cli.corpus:verify_log"})
def log() -> None:
    """Show and check the log of a corpus: what was asked, answered, ingested, removed and exported."""


@main.group(cls=LazyGroup, lazy={"long-context": "hybrid.cli.bench:long_context"})
def bench() -> None:
    """Compare the kind of language model that the memory is with others."""


@main.group(lazy={"install": "hybrid.cli.models:install"}, cls=LazyGroup)
def models() -> None:
    """Install the built-in models."""
