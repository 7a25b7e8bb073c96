"""The case file of the examples: made alike every time, read without loss, consistent, and asked by its key."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hybrid import Corpus, Settings
from hybrid.ingest.discovery import discover
from hybrid.ingest.loaders.loading import load, read_bytes
from hybrid.types.documents import Document
from hybrid.types.reports import SkippedFile

CASE_FILE = Path(__file__).resolve().parent.parent / "examples" / "case_file"
FOUND_OF_LOOKUPS = 0.75
"""Share of the key's lookup questions whose answer cites its evidence; 35 of 41 when this was written."""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder that the script wrote, and what it said."""
    return _make(tmp_path_factory.mktemp("case") / "file", "0")


def _make(folder: Path, hash_seed: str) -> tuple[Path, str]:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(CASE_FILE / "make.py"), str(folder)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
    )
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


@pytest.fixture(scope="module")
def key(written: tuple[Path, str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (written[0] / "key.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def loaded(written: tuple[Path, str]) -> tuple[dict[str, Document], list[SkippedFile]]:
    """Every document by its source, as the loaders read it, and what they left out."""
    documents, skipped, settings = {}, [], Settings().ingest
    with _inside(written[0]):
        for found in discover(["case"], settings):
            if isinstance(found, SkippedFile):
                skipped.append(found)
                continue
            read = load(read_bytes(found, settings), found.source, settings)
            documents.update({one.source: one for one in read.documents})
            skipped += read.skipped
    return documents, skipped


class _inside:  # noqa: N801 - a context manager, used like a function
    """The folder as the working directory, so that sources begin with ``case/``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> None:
        self.before = Path.cwd()
        os.chdir(self.folder)

    def __exit__(self, *_: object) -> None:
        os.chdir(self.before)


def plain(text: str) -> str:
    return " ".join(text.split())


def sums(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_every_run_writes_the_same_bytes(written: tuple[Path, str], tmp_path: Path) -> None:
    again, said = _make(tmp_path / "again", "4711")  # another order of sets and hashes
    assert sums(again) == sums(written[0])
    assert said.splitlines()[-1] == written[1].splitlines()[-1]


def test_a_folder_that_holds_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = subprocess.run([sys.executable, str(CASE_FILE / "make.py"), str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 1
    assert "not an empty folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_everything_comes_in_and_the_counts_are_true(
    written: tuple[Path, str], loaded: tuple[dict[str, Document], list[SkippedFile]]
) -> None:
    documents, skipped = loaded
    assert skipped == []
    said = {
        name: int(count) for count, name in re.findall(r"(\d+) (documents|pages|of PDF|of DOCX)", _counted(written[1]))
    }
    assert said["documents"] == len(documents) >= 60
    bytes_once = {one.sha256: one for one in documents.values()}.values()
    pages = Counter[str]()
    for one in bytes_once:
        pages[one.media_type.rpartition(".")[2].rpartition("/")[2]] += max(1, len(one.pages))
    assert said["of PDF"] == pages["pdf"]
    assert said["of DOCX"] == pages["document"]
    assert said["pages"] == said["of PDF"] + said["of DOCX"] >= 150


def _counted(said: str) -> str:
    return said.replace("of PDF and, by their page breaks,", "of PDF,")


def test_mails_have_custodians_dates_threads_and_attachments(
    loaded: tuple[dict[str, Document], list[SkippedFile]],
) -> None:
    mails = [one for one in loaded[0].values() if one.media_type == "message/rfc822"]
    assert all(one.metadata.custodian and one.metadata.date for one in mails)
    assert len({one.metadata.custodian for one in mails}) >= 8
    assert sum("wrote:\n> " in one.text for one in mails) >= 20
    kinds = {Path(one.source).suffix for one in loaded[0].values() if one.parent}
    assert kinds == {".pdf", ".docx", ".txt"}
    assert {one.metadata.date[:4] for one in loaded[0].values() if one.metadata.date} == {"2023", "2024"}


def test_every_quote_of_the_key_stands_in_its_document(
    key: list[dict[str, Any]], loaded: tuple[dict[str, Document], list[SkippedFile]]
) -> None:
    texts = {source: plain(document.text) for source, document in loaded[0].items()}
    missing = [
        (entry["question"], one["source"], one["quote"])
        for entry in key
        for one in entry["evidence"]
        if plain(one["quote"]) not in texts.get(one["source"], "")
    ]
    assert missing == []


def test_the_key_asks_of_every_kind_and_its_evidence_holds_the_answers(key: list[dict[str, Any]]) -> None:
    kinds = Counter(entry["kind"] for entry in key)
    assert kinds["lookup"] >= 30
    assert min(kinds["comprehension"], kinds["contradiction"], kinds["absent"]) >= 6
    assert len({entry["question"] for entry in key}) == len(key)
    for entry in key:
        assert bool(entry["evidence"]) == (entry["kind"] != "absent"), entry["question"]
        if entry["kind"] == "contradiction":
            assert len({one["source"] for one in entry["evidence"]}) > 1, entry["question"]
        if entry["kind"] == "lookup":
            quotes = plain(" ".join(one["quote"] for one in entry["evidence"]))
            assert all(answer.rstrip(".") in quotes for answer in entry["answers"]), entry["question"]


def test_what_nobody_wrote_is_nowhere(loaded: tuple[dict[str, Document], list[SkippedFile]]) -> None:
    everything = plain("\n".join(one.text for one in loaded[0].values())).casefold()
    for word in (
        "arbitrat",
        "for convenience",
        "salary",
        "guarantee",
        "turbine",
        "hail ",
        "bankrupt",
        "royalty",
        "hotel",
    ):
        assert word not in everything


def test_sums_agree_across_orders_notes_invoices_and_the_claim(
    loaded: tuple[dict[str, Document], list[SkippedFile]],
) -> None:
    texts = {source: plain(document.text) for source, document in loaded[0].items()}
    invoices = [text for source, text in texts.items() if re.fullmatch(r"case/invoices/TV-\S+\.pdf", source)]
    totals, late = 0, 0
    for text in invoices:
        amounts = _pence(re.findall(r"(?:MR-40|MR-60|EC-12) .*? [\d,]+ £[\d.,]+ (£[\d.,]+)", text))
        (goods,) = _pence(re.findall(r"Goods (£[\d.,]+)", text))
        surcharge = sum(_pence(re.findall(r"4\.5% on rails (£[\d.,]+)", text)))
        (vat,) = _pence(re.findall(r"VAT at 20% (£[\d.,]+)", text))
        (total,) = _pence(re.findall(r"Total to pay (£[\d.,]+)", text))
        assert sum(amounts) == goods
        assert vat == (goods + surcharge) // 5
        assert total == goods + surcharge + vat
        order = texts[f"case/orders/{re.search(r'PO-LM-[0-9]+', text)[0]}.pdf"]  # type: ignore[index]
        assert _pence(re.findall(r"Sum without VAT: (£[\d,]+\.\d\d)", order)) == [goods]
        totals += total
    assert len(invoices) == 21
    statement = texts["case/invoices/statement-2024-04-26.pdf"]
    assert _pence(re.findall(r"Invoiced in all: (£[\d,]+\.\d\d)", statement)) == [totals]

    letter = texts["case/letters/2024-05-21-letter-before-action.pdf"]
    rows = re.findall(r"DN-\d+ \d+ \w+ \d+ \d+ \w+ \d+ (\d+) (\d+) (£[\d.,]+) (£[\d.,]+)", letter)
    for days, weeks, price, damages in rows:
        assert int(days) // 7 == int(weeks)
        assert _pence([damages])[0] == _pence([price])[0] * min(15, 3 * int(weeks)) // 100
        late += _pence([damages])[0]
    heads = letter[letter.index("Head of claim") :]
    claimed = _pence(re.findall(r"£[\d,]+\.\d\d", heads))
    assert claimed[0] == late
    assert sum(claimed[:5]) == claimed[5]


def _pence(amounts: list[str]) -> list[int]:
    return [int(re.sub(r"\D", "", one)) for one in amounts]


def test_the_contract_means_what_its_numbers_say(loaded: tuple[dict[str, Document], list[SkippedFile]]) -> None:
    """Clause references lead to the clause that they mean, before and after the amendment."""
    texts = {source: plain(document.text) for source, document in loaded[0].items()}
    agreement = texts["case/contract/framework-agreement.pdf"]
    assert "signed at the Site under clause 7.3" in agreement
    assert "7.3 Delivery takes place when unloading is complete" in agreement
    assert "document that meets the requirements of clause 24.2" in agreement
    assert "24.2 No variation of this Agreement" in agreement
    assert "Delay and liquidated damages 8 9" in texts["case/contract/amendment-1.pdf"]
    assert "under clause 9.6 a waiver needs a document" in texts["case/mail/vance/2023-10-23-minutes-objection.eml"]
    draft = texts["case/contract/drafts/framework-agreement-draft-3.docx"]
    assert "one per cent (1%)" in draft
    assert "three per cent (3%)" not in draft


@pytest.mark.slow
def test_lookups_cite_the_evidence(
    written: tuple[Path, str], key: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lookups = [entry for entry in key if entry["kind"] == "lookup"]
    missed = []
    with _inside(written[0]), _corpus(tmp_path / "corpus") as corpus:
        report = corpus.ingest("case")
        assert report.skipped == ()
        for entry in lookups:
            answer = corpus.ask(entry["question"], route="lookup")
            assert corpus.verify(answer) == []
            if not any(_touches(entry, citation.source, citation.quote) for citation in answer.citations):
                missed.append(entry["question"])
    found = len(lookups) - len(missed)
    with capsys.disabled():
        print(f"\n{found} of {len(lookups)} lookup questions cite the key's evidence; not:", *missed, sep="\n  ")
    assert found / len(lookups) >= FOUND_OF_LOOKUPS


def _corpus(folder: Path) -> Corpus:
    return Corpus.open(folder, Settings.model_validate({"memory": {"enabled": False}}))


def _touches(entry: dict[str, Any], source: str, quote: str) -> bool:
    cited = plain(quote).casefold()
    wanted: Iterator[str] = (plain(one["quote"]).casefold() for one in entry["evidence"] if one["source"] == source)
    return any(one in cited or cited in one for one in wanted)
