"""What an application does with the library, for type checkers: it is checked and never run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, assert_type

import hybrid
from hybrid import Answer, Corpus, Document, DocumentInfo, Filter, Hit, HybridError, IngestReport, Route, Settings
from hybrid.client import AsyncClient, Client, RemoteCorpus
from hybrid.errors import CorpusLockedError, SettingsError
from hybrid.settings import AnswerSettings, MemorySettings, RetrievalSettings


def shown(stage: str, done: int, total: int, detail: str) -> None:
    print(stage, done, total, detail)


def settings() -> Settings:
    try:
        loaded = Settings.load(Path("settings.toml"), env=False)
    except SettingsError as error:
        raise SystemExit(str(error)) from error
    assert_type(loaded.memory.enabled, bool)
    assert_type(loaded.memory.dynamic_size, int | None)
    assert_type(loaded.memory.optimizer, Literal["auto", "sgd", "adam"])
    return Settings(
        memory=MemorySettings(enabled=False, device="cpu"),
        retrieval=RetrievalSettings(embedder="models/embedder", candidates=100),
        answer=AnswerSettings(max_quotes=2),
    )


def use(directory: Path) -> list[str]:
    with Corpus.open(directory, settings()) as corpus:
        assert_type(corpus, Corpus)
        report = corpus.ingest(
            "discovery/", Path("notes.md"), Document.from_text("A note.", source="n"), progress=shown
        )
        assert_type(report, IngestReport)
        reasons: list[str] = [skipped.reason for skipped in report.skipped]
        only = Filter(sources="mail/*", metadata={"custodian": "J. Doe"}, since="2024", until="2025-03")
        answer = corpus.ask("When does it end?", route="lookup", history=["Who signed?"], where=only)
        assert_type(answer, Answer)
        for claim in answer.claims:
            assert_type(claim.verdict, Literal["verbatim", "supported", "likely", "contradicted", "unsupported"])
        for citation in answer.citations:
            assert_type(citation.page, int | None)
            reasons.append(f"{citation.source}:{citation.lines[0]} {citation.quote} {citation.sha256}")
        assert_type(corpus.verify(answer), list[str])
        groups = corpus.compare("When does it end?", {"J. Doe": only, "all": Filter()}, history=[answer])
        assert_type(groups, hybrid.Comparison)
        assert_type(groups["J. Doe"], Answer)
        quotes: list[tuple[str, str]] = [(one.groups[0], one.citations[0].quote) for one in groups.contradictions]
        assert_type(answer.where, Filter | None)
        print(quotes, hybrid.exhibits(groups), hybrid.report([answer, groups], corpus))
        hits: Sequence[Hit] = corpus.search("termination", k=5, where=only, order="dense")
        best: list[float] = [hit.score for hit in hits]
        documents: Sequence[DocumentInfo] = corpus.documents()
        dates: list[str | None] = [document.date for document in documents]
        route = corpus.route("Why?", history=[answer])
        assert_type(route, Route)
        assert_type(route.p_comprehension, float)
        assert_type(corpus.status().commit, int | None)
        return [*reasons, *map(str, best), *map(str, dates), answer.model_dump_json()]


async def use_async(directory: Path) -> Answer:
    async with await Corpus.aopen(directory, "settings.toml") as corpus:
        assert_type(corpus, Corpus)
        try:
            report = await corpus.aingest("discovery/", progress=shown)
        except CorpusLockedError:
            report = None
        assert_type(report, IngestReport | None)
        first, second = await asyncio.gather(corpus.aask("When?"), corpus.aask("Why?", on_token=print))
        assert_type(first, Answer)
        hits: Sequence[Hit] = await corpus.asearch("termination", 3)
        assert_type(await corpus.aroute("Why?"), Route)
        assert_type(await corpus.averify(second), list[str])
        documents: Sequence[DocumentInfo] = await corpus.adocuments()
        await corpus.aremove(documents[0].source)
        return first if hits else second


def use_server(url: str) -> list[str]:
    with Client(url, key="hyb_...") as client:
        corpus = client.corpus("acme-v-beta")
        assert_type(corpus, RemoteCorpus)
        answer = corpus.ask("When does it end?", route="lookup", where=Filter(sources="mail/*"))
        assert_type(answer, Answer)
        kinds: list[str] = [event.kind for event in corpus.stream("Why?")]
        job = client.wait(corpus.upload("discovery/", ("note.txt", b"A note.")))
        assert_type(job.report, IngestReport | None)
        hits: Sequence[Hit] = corpus.search("termination", k=5)
        assert_type(corpus.documents(), hybrid.Documents)
        return [*client.corpora(), *kinds, *(hit.text for hit in hits)]


async def use_server_async(url: str) -> Answer:
    async with AsyncClient(url) as client:
        async for event in client.corpus("acme-v-beta").stream("Why?"):
            if event.kind == "end":
                return event.answer
        return await client.corpus("acme-v-beta").ask("Why?")


def main() -> None:
    try:
        print(hybrid.__version__, use(Path("acme-v-beta")), asyncio.run(use_async(Path("acme-v-beta"))))
        print(use_server("http://127.0.0.1:8321"), asyncio.run(use_server_async("http://127.0.0.1:8321")))
    except HybridError as error:
        print(error)
