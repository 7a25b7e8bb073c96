"""What a newcomer may give by mistake: each is refused by a `HybridError` that names the argument and what it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import hybrid
from hybrid.errors import HybridError
from hybrid.settings import MemorySettings, Settings

Use = Callable[[hybrid.Corpus], Any]
NOTE = hybrid.Document.from_text("The lease ends on 4 May 2031. The rent is due in May.", "lease.txt")
INDEX_ONLY = Settings(memory=MemorySettings(enabled=False))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[hybrid.Corpus]:
    with hybrid.Corpus.open(tmp_path_factory.mktemp("home") / "corpus", INDEX_ONLY) as opened:
        opened.ingest(NOTE)
        yield opened


def loop() -> list[Any]:
    held: list[Any] = []
    held.append(held)
    return held


async def listen(_: str) -> None:
    """A coroutine function, which nothing would await."""


HUGE = 10**30
F, M, D, OPEN = hybrid.Filter, hybrid.Metadata, hybrid.Document, hybrid.Corpus.open
USES: dict[str, tuple[Use, str]] = {
    # Opening
    "Corpus('dir')": (lambda c: hybrid.Corpus("dir"), "Corpus.open"),
    "open(None)": (lambda c: OPEN(None), "directory is the path"),
    "open(5)": (lambda c: OPEN(5), "directory is the path"),
    "open(bytes)": (lambda c: OPEN(b"x"), "directory is the path"),
    "open(empty)": (lambda c: OPEN(" "), "directory is empty"),
    "open(NUL)": (lambda c: OPEN("a\0b"), "NUL character"),
    "open(url)": (lambda c: OPEN("https://example.org/x"), "not the URL"),
    "open(unknown home)": (lambda c: OPEN("~nobody-here/x"), "directory '~nobody-here/x'"),
    "open(a list)": (lambda c: OPEN(["x"]), "directory is the path"),
    "open(settings=5)": (lambda c: OPEN(c.directory, 5), "settings is a hybrid.Settings"),
    "open(settings=list)": (lambda c: OPEN(c.directory, ["x"]), "settings is a hybrid.Settings"),
    "open(settings=wrong dict)": (lambda c: OPEN(c.directory, {"memry": {}}), "did you mean memory"),
    "open(settings=dotted)": (
        lambda c: OPEN(c.directory, {"memory.enabled": False}),
        "write {'memory': {'enabled': ...}}",
    ),
    "open(settings=wrong value)": (lambda c: OPEN(c.directory, {"memory": {"enabled": "x"}}), "memory.enabled"),
    "open(settings=no file)": (lambda c: OPEN(c.directory, "no-such.toml"), "no-such.toml"),
    "open(create='yes')": (lambda c: OPEN(c.directory, create="yes"), "create is True or False"),
    "open(create=1)": (lambda c: OPEN(c.directory, create=1), "create is True or False"),
    # Ingesting
    "ingest()": (lambda c: c.ingest(), "nothing to ingest"),
    "ingest(None)": (lambda c: c.ingest(None), "cannot ingest NoneType"),
    "ingest(5)": (lambda c: c.ingest(5), "cannot ingest int"),
    "ingest(bytes)": (lambda c: c.ingest(b"x"), "cannot ingest bytes"),
    "ingest(dict)": (lambda c: c.ingest({"a": 1}), "cannot ingest dict"),
    "ingest('')": (lambda c: c.ingest(""), "empty path"),
    "ingest(url)": (lambda c: c.ingest("https://example.org/a.pdf"), "is a URL"),
    "ingest(file url)": (lambda c: c.ingest("file:///etc/hosts"), "is a URL"),
    "ingest(text)": (lambda c: c.ingest("The term is two years. It ends."), "is a text and not a path"),
    "ingest(lines)": (lambda c: c.ingest("one\ntwo"), "Document.from_text"),
    "ingest(long text)": (lambda c: c.ingest("word " * 900), "Document.from_text"),
    "ingest(no such file)": (lambda c: c.ingest("no-such-folder"), "does not exist"),
    "ingest(no match)": (lambda c: c.ingest("no-such-*.pdf"), "matches no file"),
    "ingest(NUL)": (lambda c: c.ingest("a\0b"), "NUL"),
    "ingest(hits)": (lambda c: c.ingest(c.search("lease")), "cannot ingest Hit"),
    "ingest(answer)": (lambda c: c.ingest(c.ask("When does the lease end?")), "cannot ingest Answer"),
    "ingest(filter)": (lambda c: c.ingest(F()), "cannot ingest Filter"),
    "ingest(a list in itself)": (lambda c: c.ingest(loop()), "holds itself"),
    "ingest(list of ints)": (lambda c: c.ingest([1, 2]), "int"),
    "ingest(type)": (lambda c: c.ingest(hybrid.Document), "cannot ingest"),
    "ingest(progress='yes')": (lambda c: c.ingest(NOTE, progress="yes"), "progress is True, False"),
    "ingest(progress=1)": (lambda c: c.ingest(NOTE, progress=1), "progress is True, False"),
    "ingest(progress=async)": (lambda c: c.ingest(NOTE, progress=listen), "coroutine function"),
    "aingest(progress='yes')": (lambda c: asyncio.run(c.aingest(NOTE, progress="yes")), "progress is True, False"),
    # Removing
    "remove(hit)": (lambda c: c.remove(c.search("lease")[0]), ".source"),
    "remove(document)": (lambda c: c.remove(c.documents()[0]), ".source"),
    "remove(hits)": (lambda c: c.remove(c.search("lease")), ".source"),
    "remove(None)": (lambda c: c.remove(None), "source is the name of a source"),
    "remove(5)": (lambda c: c.remove(5), "source is the name of a source"),
    "remove(bytes)": (lambda c: c.remove(b"lease.txt"), "source is the name of a source"),
    "remove([])": (lambda c: c.remove([]), "empty list"),
    "remove([5])": (lambda c: c.remove([5]), "one of them is 5"),
    "remove(near)": (lambda c: c.remove("leese.txt"), "did you mean 'lease.txt'"),
    "remove(another path)": (lambda c: c.remove(Path("papers") / "lease.txt"), "did you mean 'lease.txt'"),
    "remove(progress='yes')": (lambda c: c.remove("lease.txt", progress="yes"), "progress is"),
    # Asking
    "ask(None)": (lambda c: c.ask(None), "a question is a string, not NoneType"),
    "ask(5)": (lambda c: c.ask(5), "a question is a string, not int"),
    "ask(bytes)": (lambda c: c.ask(b"When?"), "a question is a string, not bytes"),
    "ask(list)": (lambda c: c.ask(["When?"]), "a question is a string, not list"),
    "ask('')": (lambda c: c.ask(""), "the question is empty"),
    "ask('?!')": (lambda c: c.ask("?!"), "the question is empty"),
    "ask(long)": (lambda c: c.ask("why " * 9000), "limit is 4,000"),
    "ask(route='x')": (lambda c: c.ask("When?", route="x"), "route is 'lookup', 'comprehension' or 'both'"),
    "ask(route=5)": (lambda c: c.ask("When?", route=5), "there is no route 5"),
    "ask(route=[])": (lambda c: c.ask("When?", route=["lookup"]), "there is no route list"),
    "ask(where=dict)": (lambda c: c.ask("When?", where={"source": "x"}), "where is a hybrid.Filter or None, not dict"),
    "ask(where=str)": (lambda c: c.ask("When?", where="mail/*"), "where is a hybrid.Filter"),
    "ask(where=no such key)": (lambda c: c.ask("When?", where=F(metadata={"autor": "x"})), "'autor'"),
    "ask(where=no such source)": (lambda c: c.ask("When?", where=F(sources="leese.txt")), "lease.txt"),
    "ask(history=str)": (lambda c: c.ask("When?", history="Who?"), "history is a list"),
    "ask(history=answer)": (lambda c: c.ask("When?", history=c.ask("When?")), "history is a list"),
    "ask(history=None)": (lambda c: c.ask("When?", history=None), "history is a list"),
    "ask(history=5)": (lambda c: c.ask("When?", history=5), "history is a list"),
    "ask(history=[5])": (lambda c: c.ask("When?", history=[5]), "one of them is 5"),
    "ask(history=[long])": (lambda c: c.ask("When?", history=["Who?", "why " * 9000]), "question 2 of history has"),
    "route(history=[long])": (lambda c: c.route("When?", history=["why " * 9000]), "question 1 of history has"),
    "ask(history=[''])": (lambda c: c.ask("When?", history=[""]), "empty"),
    "ask(writer='gpt')": (lambda c: c.ask("When?", writer="gpt"), "a writer is a LangChain chat model"),
    "ask(writer=a class)": (lambda c: c.ask("When?", writer=dict), "a writer is a LangChain chat model"),
    "ask(on_token='x')": (lambda c: c.ask("When?", on_token="x"), "on_token is a function"),
    "ask(on_token=async)": (lambda c: c.ask("When?", on_token=listen), "coroutine function"),
    "aask(on_token=5)": (lambda c: asyncio.run(c.aask("When?", on_token=5)), "on_token is a function"),
    "ask(passages=str)": (lambda c: c.ask("When?", passages="text"), "passages is a list of hybrid.Passage"),
    "ask(passages=[str])": (lambda c: c.ask("When?", passages=["text"]), "one of them is 'text'"),
    "stream(route='x')": (lambda c: next(c.stream("When?", route="x")), "route is"),
    "route(None)": (lambda c: c.route(None), "a question is a string"),
    "route(history=str)": (lambda c: c.route("When?", history="x"), "history is a list"),
    # Comparing
    "compare(list)": (lambda c: c.compare("When?", [F(), F()]), "groups are a mapping"),
    "compare(one)": (lambda c: c.compare("When?", {"a": F()}), "at least two groups"),
    "compare(dicts)": (lambda c: c.compare("When?", {"a": {}, "b": {}}), "not a hybrid.Filter"),
    "compare(None)": (lambda c: c.compare("When?", None), "groups are a mapping"),
    "compare(5: ...)": (lambda c: c.compare("When?", {5: F(), 6: F()}), "has a name"),
    "compare(route='x')": (lambda c: c.compare("When?", {"a": F(), "b": F()}, route="x"), "route is"),
    # Searching
    **{
        f"search(k={k!r})": (lambda c, k=k: c.search("lease", k=k), "k is how many results")
        for k in ("5", 0, -1, True, 2.5, float("nan"), None, HUGE, [5])
    },
    "search(None)": (lambda c: c.search(None), "a question is a string"),
    "search('')": (lambda c: c.search(""), "empty"),
    "search(order='bm25')": (lambda c: c.search("lease", order="bm25"), "did you mean 'lexical'"),
    "search(order=None)": (lambda c: c.search("lease", order=None), "order is 'fused'"),
    "search(order=5)": (lambda c: c.search("lease", order=5), "order is 'fused'"),
    "search(where=dict)": (lambda c: c.search("lease", where={}), "where is a hybrid.Filter"),
    "search_documents(k='5')": (lambda c: c.search_documents("lease", k="5"), "k is how many"),
    "search_documents(None)": (lambda c: c.search_documents(None), "query is"),
    "search_documents([1])": (lambda c: c.search_documents([1.0]), "finite numbers"),
    "get_documents(str)": (lambda c: c.get_documents("lease.txt"), "ids is a list"),
    "get_documents([None])": (lambda c: c.get_documents([None]), "one of them is None"),
    "count_tokens(5)": (lambda c: c.count_tokens(5), "text is a string"),
    "tokenize(None)": (lambda c: c.tokenize(None), "text is a string"),
    # Checking
    "verify(str)": (lambda c: c.verify("text"), "answer is what corpus.ask returns"),
    "verify(None)": (lambda c: c.verify(None), "answer is what corpus.ask returns"),
    "verify(comparison)": (lambda c: c.verify({"a": 1}), "verify each"),
    "page(str)": (lambda c: c.page("lease.txt"), "citation is one of answer.citations"),
    "page(answer)": (lambda c: c.page(c.ask("When?")), "citation is one of"),
    # Data
    "Filter('x')": (lambda c: F("x"), "takes its fields by name"),
    "Filter(source=)": (lambda c: F(source="x"), "did you mean sources"),
    "Filter(sources=3)": (lambda c: F(sources=3), "Filter.sources"),
    "Filter(sources=[3])": (lambda c: F(sources=[3]), "Filter.sources.0 must be a string, not 3"),
    "Filter(metadata=list)": (lambda c: F(metadata=["a"]), "Filter.metadata"),
    "Filter(metadata={a: 3})": (lambda c: F(metadata={"a": 3}), "the value of 'a' is a string"),
    "Filter(since=2024)": (lambda c: F(since=2024), "a date is text or a datetime.date, not 2024"),
    "Filter(since='3/4/2024')": (lambda c: F(since="3/4/2024"), "in one way only"),
    "Filter(until='2024-02-30')": (lambda c: F(until="2024-02-30"), "Filter.until"),
    "Filter(since > until)": (lambda c: F(since="2025", until="2024"), "no day is since"),
    "Filter.model_validate(str)": (lambda c: F.model_validate("x"), "Filter must be a dict"),
    "Filter.model_validate_json": (lambda c: F.model_validate_json("{"), "it is not JSON"),
    "a filter that is set": (lambda c: setattr(F(), "since", "2024"), "frozen"),
    "Metadata(date='yesterday')": (lambda c: M(date="yesterday"), "Metadata.date"),
    "Metadata(date='3/4/2024')": (lambda c: M(date="3/4/2024"), "in one way only"),
    "Metadata(date=5)": (lambda c: M(date=5), "a date is text"),
    "Metadata(extra={a: 5})": (lambda c: M(extra={"a": HUGE}), "Metadata.extra.a must be a string"),
    "Document(source)": (lambda c: D(source="x"), "Document.text is missing"),
    "Document.from_text(bytes)": (lambda c: D.from_text(b"x", "s"), "Document.text must be a string"),
    "Document.from_text('')": (lambda c: D.from_text("", "s"), "Document.text"),
    "Document.from_text(source=5)": (lambda c: D.from_text("x", 5), "Document.source must be a string"),
    "Document.from_text(metadata=5)": (lambda c: D.from_text("x", "s", 5), "Document.metadata"),
    "Route(name='x')": (lambda c: hybrid.Route(name="x", p_comprehension=0.1), "Route.name must be 'lookup'"),
    "Settings(memory=5)": (lambda c: hybrid.Settings(memory=5), "memory"),
    "Hits(strings)": (lambda c: hybrid.Hits(["x"]), "hits is a list of Hit"),
    "Comparison(list)": (lambda c: hybrid.Comparison("q", ["x"]), "answers is a mapping"),
    "exhibits(5)": (lambda c: hybrid.exhibits(5), "answers are what corpus.ask"),
    "exhibits(str)": (lambda c: hybrid.exhibits("x"), "answers are what corpus.ask"),
    "report(hits)": (lambda c: hybrid.report(c.search("lease")), "answers are what corpus.ask"),
}


@pytest.mark.parametrize("name", USES)
def test_a_wrong_argument_is_refused_by_name(name: str, corpus: hybrid.Corpus) -> None:
    use, said = USES[name]
    before = len(corpus.documents())
    with pytest.raises(HybridError) as refused:
        use(corpus)
    assert said in str(refused.value)
    assert len(corpus.documents()) == before


def test_there_are_at_least_94_odd_uses() -> None:
    assert len(USES) >= 94


@pytest.mark.parametrize(
    ("given", "becomes"),
    [("12 March 2026", "2026-03-12"), ("March 12th, 2026", "2026-03-12"), ("Mar 2026", "2026-03"), ("2026", "2026"),
     ("2026-03-12T10:00:00+01:00", "2026-03-12T10:00:00+01:00")],
)  # fmt: skip
def test_a_date_that_can_be_read_in_one_way_only_becomes_iso(given: str, becomes: str) -> None:
    assert M(date=given).date == becomes


def test_a_document_whose_date_was_written_out_is_found_by_its_date(tmp_path: Path) -> None:
    dated = D.from_text("The lease ends in May.", "dated.txt", M(date="12 March 2026"))
    with OPEN(tmp_path / "corpus", {"memory": {"enabled": False}}) as corpus:
        corpus.ingest(dated)
        assert len(corpus.search("lease", where=F(since="1 March 2026", until="2026-03-31"))) == 1
        corpus.remove(Path("./dated.txt"))  # a path is the name of the source that ingesting it made
        assert len(corpus.documents()) == 0


def test_get_documents_takes_the_path_that_was_ingested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()
    Path("docs/a.txt").write_text("The lease ends in May.")
    with OPEN(tmp_path / "corpus", INDEX_ONLY) as corpus:
        corpus.ingest("./docs/a.txt")
        found = corpus.get_documents(["./docs/a.txt", "docs//a.txt", "docs/b.txt"])
    assert {asked: document.source for asked, document in found.items()} == dict.fromkeys(
        ("./docs/a.txt", "docs//a.txt"), "docs/a.txt"
    )


def test_an_unknown_key_is_answered_with_the_keys_that_users_gave(tmp_path: Path) -> None:
    from hybrid.ingest.external_documents import to_metadata

    with OPEN(tmp_path / "corpus", INDEX_ONLY) as corpus:
        corpus.ingest(D.from_text("The lease ends in May.", "a.txt", to_metadata({"row": 3, "at": date(2026, 3, 1)})))
        with pytest.raises(hybrid.InputError) as refused:
            corpus.search("lease", where=F(metadata={"raw": "3"}))
    assert str(refused.value).endswith("there are at, author, custodian, media_type, row, status, title")
