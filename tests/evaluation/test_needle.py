"""Needles: haystacks are made the same way every time, and a row counts what the product returned."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from hybrid.cli import main
from hybrid.errors import InputError
from hybrid.evaluation.needles import TASKS, Haystack, Task, haystacks, read_filler
from hybrid.types.answers import Answer, Citation, Claim, Route

FILLER = [
    " ".join(f"The {n}th harbor master of {town} wrote about tides, ropes and the price of salt." for n in range(60))
    for town in ("Hull", "Cork", "Leith")
]


def words(text: str) -> int:
    return len(text.split())


def made(task: Task, count: int = 3, seed: int = 1) -> list[Haystack]:
    return list(haystacks(task, 400, count, seed, FILLER, words))


@pytest.mark.parametrize("task", TASKS)
def test_a_haystack_holds_its_needles_once_and_is_as_long_as_asked(task: Task) -> None:
    for haystack in made(task):
        needles = haystack.text.split("One of the special magic ")[1:]
        assert len(needles) == {"multi-key": 4, "multi-value": 4}.get(task, 1)
        assert len(haystack.values) == (4 if task == "multi-value" else 1)
        assert all(haystack.text.count(value) == 1 for value in haystack.values)
        assert 370 <= words(haystack.text) - 12 * len(needles) <= 415
        assert ("The grass is green." in haystack.text) == (task == "s-niah-1")
        key = haystack.question.split(" for ")[1].split(" ")[0]
        assert all(f"for {key} is: {value}." in haystack.text for value in haystack.values)


def test_haystacks_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    assert made("s-niah-3") == made("s-niah-3", count=4)[:3]
    assert made("s-niah-3") != made("s-niah-3", seed=2)
    assert len({haystack.text for haystack in made("s-niah-2", count=20)}) == 20


def test_too_little_filler_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="give more text"):
        list(haystacks("s-niah-2", 40_000, 1, 1, FILLER, words))
    (tmp_path / "SOURCE.md").write_text("about")
    with pytest.raises(InputError, match="no text in"):
        read_filler(tmp_path)


def test_filler_is_read_from_text_and_from_jsonl(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one")
    (tmp_path / "b.jsonl").write_text('{"text": "two"}\n\n{"other": 1}\n')
    assert read_filler(tmp_path) == ["one", "two"]
    (tmp_path / "b.jsonl").write_text('{"text": "two"}\n[1]\n')
    with pytest.raises(InputError, match=r"b\.jsonl, line 2: not an object"):
        read_filler(tmp_path)


def answer(*quotes: str) -> Answer:
    claims = []
    for number, quote in enumerate(quotes, 1):
        place = {"page": None, "last_page": None, "lines": (1, 1), "start": 0, "end": len(quote)}
        citation = Citation(number=number, source="h", title="h", quote=quote, sha256="0" * 64, **place)
        claims.append(Claim(text=quote, verdict="verbatim", citations=(citation,), origin="index", support=1.0))
    cited = tuple(claim.citations[0] for claim in claims)
    route = Route(name="lookup", p_comprehension=0.1)
    return Answer(question="?", text="", route=route, claims=tuple(claims), citations=cited, found=bool(claims))


def test_only_the_value_itself_before_any_other_counts() -> None:
    one = Haystack("", "?", frozenset({"1234567"}), "number")
    assert one.solved_by(answer("It is: 1234567.", "It is: 7654321."))
    assert not one.solved_by(answer("It is: 7654321.", "It is: 1234567."))
    assert not one.solved_by(answer("It is: 12345678 or 123456."))
    assert not one.solved_by(answer())
    two = Haystack("", "?", frozenset({"1234567", "1111111"}), "number")
    assert two.solved_by(answer("It is: 1111111.", "It is: 1234567 again."))
    assert not two.solved_by(answer("It is: 1111111."))


def test_the_command_finds_needles_through_the_product_and_writes_the_same_report_twice(tmp_path: Path) -> None:
    (tmp_path / "filler").mkdir()
    for number, text in enumerate(FILLER):
        (tmp_path / "filler" / f"{number}.txt").write_text(text)
    argv = ["eval", "needle", "--filler", str(tmp_path / "filler"), "--tokens", "500", "--count", "2", "--json"]
    argv += ["--task", "s-niah-3", "--task", "multi-key", "--out"]
    first = CliRunner().invoke(main, [*argv, str(tmp_path / "a")])
    second = CliRunner().invoke(main, [*argv, str(tmp_path / "b")])
    assert (first.exit_code, second.exit_code) == (0, 0), first.output
    rows = json.loads(first.stdout)["rows"]
    assert [(row["task"], row["exact"], row["memory"], row["trained tokens"]) for row in rows] == [
        ("s-niah-3", 2, "off", 0),
        ("multi-key", 2, "off", 0),
    ]
    for name in ("needle.json", "needle.md", "needle.png", "needle.svg"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
