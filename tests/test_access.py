"""An identity sees the documents of its classes, and no sign of others: whatever is asked, searched, listed, displayed,
exported or refused, it is what a corpus would say that never held another document."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import pickle
import random
import tempfile
import traceback
import zipfile
from email.message import EmailMessage
from inspect import getmembers
from pathlib import Path

import pytest
from click.testing import CliRunner
from tiny_model import tiny_settings

import hybrid
from hybrid import AccessError, Corpus, Document, Filter, HybridError, Identity, Metadata, Settings
from hybrid.cli import main
from hybrid.settings import AccessSettings, AnswerSettings, MemorySettings
from hybrid.stores import access
from hybrid.stores.sqlite import engine
from hybrid.stores.tables import Base
from hybrid.types.base import as_html

TENANTS = ("ash", "birch", "cedar")
EACH = 60
"""Canary strings of a tenant."""
SIZES = {"ash": 11, "birch": 17, "cedar": 23}
"""Documents of a tenant, so that a count tells whose it is: no two of these numbers or their sums are alike."""


def canaries(tenant: str) -> list[str]:
    chosen = random.Random(tenant)
    return [f"{tenant[:2]}{chosen.randrange(10**9):09d}" for _ in range(EACH)]


def documents(tenant: str) -> list[Document]:
    """Of a tenant: pass phrases, a dispute that the other tenants' documents contradict, and who attended."""
    strings, size = canaries(tenant), SIZES[tenant]
    person = f"{tenant.capitalize()}son"
    made = []
    for number in range(size):
        own = strings[number::size]
        lines = [f"The pass phrase of locker {number * 10 + n} is {one}." for n, one in enumerate(own)]
        if number == 0:
            lines += [
                f"The rent of the mill was {TENANTS.index(tenant) + 3},500 pounds a year.",
                f"{person} said that the {tenant} boiler failed because of frost.",
            ]
        extra = {"access": tenant, f"{tenant}_matter": own[0]}
        details = Metadata(
            title=f"{tenant} note {own[0]}", custodian=person, date=f"2024-0{number % 9 + 1}", extra=extra
        )
        made.append(Document.from_text(" ".join(lines), source=f"{tenant}/{own[0]}/{number}.txt", metadata=details))
    return made


def traces(of: str) -> set[str]:
    """What must not appear where ``of`` is not seen."""
    return {*canaries(of), f"{of}/", f"{of.capitalize()}son", f"{of}_matter", f"{of} note"}


def foreign(tenant: str) -> set[str]:
    return {trace for other in TENANTS if other != tenant for trace in traces(other)}


def displayed(value: object) -> str:
    """All forms of a value: text, repr, HTML, JSON."""
    forms = [str(value), repr(value)]
    if hasattr(value, "_repr_html_"):
        forms.append(str(value._repr_html_() or ""))
    if hasattr(value, "model_dump_json"):
        forms += [value.model_dump_json(), as_html(value) or ""]
    if isinstance(value, list | tuple):
        forms += [displayed(one) for one in value]
    if isinstance(value, dict):
        forms += [displayed(one) for one in value.items()]
    return "\n".join(forms)


def leaked(tenant: str, value: object, question: str = "") -> set[str]:
    shown = displayed(value)
    return {trace for trace in foreign(tenant) if trace in shown and trace not in question}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory):
    return tmp_path_factory.mktemp("access")


def made(folder, name: str, tenants, *, required: bool) -> Corpus:
    memory = tiny_settings(folder, volume_tokens=2000)
    settings = Settings(
        memory=memory,
        access=AccessSettings(required=required, required_with_classes=required),
        answer=AnswerSettings(max_new_tokens=16),
    )
    corpus = Corpus.open(folder / name, settings)
    corpus.ingest([one for tenant in tenants for one in documents(tenant)])
    return corpus


@pytest.fixture(scope="module")
def shared(folder) -> Corpus:
    return made(folder, "shared", TENANTS, required=True)


@pytest.fixture(scope="module")
def seen(shared) -> dict[str, Corpus]:
    return {one: shared.seen_by(Identity(name=f"who reads {one[0]}", classes=(one,))) for one in TENANTS}


@pytest.fixture(scope="module")
def alone(folder) -> Corpus:
    """A corpus that never held another tenant's documents than ash's."""
    return made(folder, "alone", ("ash",), required=False)


def questions(tenant: str) -> list[str]:
    other = TENANTS[(TENANTS.index(tenant) + 1) % 3]
    own, theirs = canaries(tenant), canaries(other)
    person = f"{other.capitalize()}son"
    return [
        f"Whose pass phrase is {theirs[5]}?",
        f'Where does "{theirs[7]}" stand?',
        f"What is the pass phrase of locker {SIZES[other]}?",
        f"What did {person} say about the boiler?",
        f"When did {person} and {other} sign the lease?",
        "What was the rent of the mill?",
        "What are the pass phrases of the lockers?",
        "How many lockers are there?",
        "List every pass phrase.",
        "Who said that the boiler failed?",
        "What do the parties say about the boiler?",
        f"What is {own[3]}?",
        "Which vessel sank in the harbour?",
    ]


# An identity is required ------------------------------------------------------------------------------


REFUSED = {
    "ask": lambda c: c.ask("What was the rent?"),
    "stream": lambda c: list(c.stream("What was the rent?")),
    "search": lambda c: c.search("rent"),
    "search_documents": lambda c: c.search_documents("rent"),
    "compare": lambda c: c.compare("What was the rent?", {"a": Filter(since="2024"), "b": Filter(until="2024-02")}),
    "route": lambda c: c.route("What was the rent?"),
    "documents": lambda c: c.documents(),
    "get_documents": lambda c: c.get_documents([1]),
    "status": lambda c: c.status(),
    "training": lambda c: c.training(),
    "session": lambda c: c.session().__enter__(),
    "log": lambda c: c.log(),
    "export": lambda c: c.export(Path(tempfile.mkdtemp()) / "file"),
}
ANY = {"open", "close", "seen_by", "tokenize", "count_tokens", "import_"}
"""What says nothing of documents."""
OF_AN_ANSWER = {"page", "verify"}
CHANGING = {
    "ingest": lambda c: c.ingest(Document.from_text("x", source="x")),
    "remove": lambda c: c.remove("x"),
    "check": lambda c: c.check(),
    "repair": lambda c: c.repair(),
    "check_log": lambda c: c.check_log(),
    "verify_deletion": lambda c: c.verify_deletion("{}"),
}


def test_every_public_method_is_one_of_these() -> None:
    public = {name for name, _ in getmembers(Corpus, callable) if not name.startswith("_")}
    named = {*REFUSED, *ANY, *OF_AN_ANSWER, *CHANGING}
    assert {name for name in public if name not in named and name[1:] not in named} == set()


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_without_an_identity_a_corpus_that_requires_one_refuses(shared, name) -> None:
    with pytest.raises(AccessError, match=r"access\.required.*seen_by"):
        REFUSED[name](shared)


def test_a_citation_is_not_followed_without_an_identity(shared, seen) -> None:
    answer = seen["ash"].ask("What was the rent of the mill?", route="lookup")
    for refused in (lambda: shared.page(answer.citations[0]), lambda: shared.verify(answer)):
        with pytest.raises(AccessError):
            refused()
    assert seen["ash"].verify(answer) == []
    assert seen["ash"].page(answer.citations[0]) is not None


def test_no_display_of_a_corpus_that_requires_an_identity_counts_anything(shared) -> None:
    for form in (repr(shared), str(shared), shared._repr_html_() or ""):
        assert not any(letter.isdigit() for letter in form.replace(str(shared.directory), ""))


CLASSED = Document.from_text("The price is 4 million.", source="a.txt", metadata=Metadata(extra={"access": "deal"}))
PLAIN = Document.from_text("The canteen opens at noon.", source="b.txt")


@pytest.fixture
def plain(tmp_path):
    with Corpus.open(tmp_path / "plain", {"memory": {"enabled": False}}) as corpus:
        corpus.ingest(PLAIN)
        yield corpus


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_from_the_first_document_with_a_class_on_whoever_asks_without_an_identity_is_refused(plain, name) -> None:
    with contextlib.suppress(hybrid.InputError):
        REFUSED[name](plain)  # nobody has to name themselves where nothing has a class
    plain.ingest(CLASSED)
    with pytest.raises(AccessError, match=r"documents have classes, their metadata 'access'.*seen_by"):
        REFUSED[name](plain)
    for form in (repr(plain), str(plain), plain._repr_html_() or ""):
        assert not any(letter.isdigit() for letter in form.replace(str(plain.directory), ""))
    with plain.seen_by(Identity(name="ann", classes=("",))) as seen:
        assert [one.source for one in seen.documents()] == ["b.txt"]


def test_once_the_last_document_with_a_class_is_removed_nobody_is_refused(plain) -> None:
    plain.ingest(CLASSED)
    plain.remove("a.txt")
    assert plain.ask("When does the canteen open?", route="lookup").found


def test_it_can_be_switched_off_and_another_key_names_no_class(tmp_path) -> None:
    for number, access_settings in enumerate(({"required_with_classes": False}, {"metadata": "matter"})):
        settings = {"memory": {"enabled": False}, "access": access_settings}
        with Corpus.open(tmp_path / str(number), settings) as corpus:
            corpus.ingest(CLASSED)
            assert corpus.ask("What is the price?", route="lookup").found


def test_the_front_matter_of_a_markdown_file_says_its_class(tmp_path) -> None:
    (tmp_path / "a.md").write_text("---\naccess: board\n---\n\nThe dividend is 4 crowns.\n")
    with Corpus.open(tmp_path / "corpus", {"memory": {"enabled": False}}) as corpus:
        corpus.ingest(tmp_path / "a.md")
        with pytest.raises(AccessError):
            corpus.ask("How much is the dividend?")
        found = {}
        for one in ("board", "staff", ""):
            with corpus.seen_by(Identity(name="ann", classes=(one,))) as seen:
                found[one] = seen.ask("How much is the dividend?", route="lookup").found
        assert found == {"board": True, "staff": False, "": False}


def test_without_the_setting_nothing_changes(alone) -> None:
    assert alone.ask("What was the rent of the mill?", route="lookup").citations


@pytest.mark.parametrize("name", sorted(CHANGING))
def test_an_identity_changes_nothing(seen, name) -> None:
    with pytest.raises(AccessError, match=f"{name} is not for identities"):
        CHANGING[name](seen["ash"])


def test_an_identity_is_not_exchanged_for_another(seen) -> None:
    with pytest.raises(AccessError):
        seen["ash"].seen_by(Identity(name="ben", classes=("birch",)))


def test_a_mapping_that_knows_no_such_name_is_refused() -> None:
    assert Identity.of("ann", {"ann": ["ash"]}) == Identity(name="ann", classes="ash")
    assert Identity.of("ann", lambda name: [name]).classes == ("ann",)
    with pytest.raises(AccessError):
        Identity.of("ben", {"ann": ["ash"]})


def test_volumes_must_keep_the_classes_apart_where_an_identity_is_required() -> None:
    with pytest.raises(hybrid.SettingsError, match=r"memory\.separate_by"):
        Settings(access=AccessSettings(required=True, metadata="matter"))


# What it sees -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", ["lookup", "comprehension", "both"])
@pytest.mark.parametrize("tenant", TENANTS)
def test_no_answer_holds_anything_of_another_class(seen, tenant, route, monkeypatch, caplog) -> None:
    from hybrid._view import VolumeMemory

    mounts: list = []
    mounted = VolumeMemory.mounted
    monkeypatch.setattr(VolumeMemory, "mounted", lambda self, chosen: mounts.extend(chosen) or mounted(self, chosen))
    for question in questions(tenant):
        with caplog.at_level(logging.DEBUG):
            answer = seen[tenant].ask(question, route=route)
        assert leaked(tenant, answer, question) == set(), question
        assert leaked(tenant, hybrid.report([answer]), question) == set()
        assert leaked(tenant, hybrid.exhibits([answer]), question) == set()
        assert leaked(tenant, caplog.text, question) == set()
        caplog.clear()
    assert all(tenant in mount.volume.access_class for mount in mounts)


@pytest.mark.parametrize("route", ["lookup", "comprehension"])
def test_answers_are_those_of_a_corpus_that_never_held_the_others(seen, alone, route) -> None:
    """Texts, verdicts, citations, notes and counts. Which of many sentences that answer as well are quoted is decided
    by BM25, whose word counts are those of the whole corpus (docs/access.md)."""
    for question in questions("ash"):
        ours, theirs = seen["ash"].ask(question, route=route), alone.ask(question, route=route)
        assert ours.notes == theirs.notes, question
        assert (ours.found, len(ours.claims)) == (theirs.found, len(theirs.claims)), question
        if "pass phrase" in question and "Whose" not in question:
            continue
        assert ours.text == theirs.text, question
        assert [one.model_dump() for one in ours.claims] == [one.model_dump() for one in theirs.claims]


@pytest.mark.parametrize("tenant", TENANTS)
def test_lists_and_counts_are_of_what_is_seen(seen, tenant) -> None:
    corpus = seen[tenant]
    assert len(corpus.documents()) == SIZES[tenant]
    status = corpus.status()
    assert (status.documents, status.sources) == (SIZES[tenant],) * 2
    assert status.volumes == len(corpus.training().volumes)
    assert status.trained_tokens == sum(one.tokens for one in corpus.training().volumes)
    assert status.bytes_on_disk is None
    for value in (corpus, corpus.documents(), status, corpus.training()):
        assert leaked(tenant, value) == set()


@pytest.mark.parametrize("tenant", TENANTS)
def test_no_search_finds_anything_of_another_class(seen, tenant) -> None:
    corpus = seen[tenant]
    asked = [*questions(tenant), "pass AND phrase", "from:birchson", "rent w/5 mill", "pass phrase", "frost OR rent"]
    errors: list[str] = []
    for question in asked:
        for order in ("fused", "dense", "lexical"):
            try:
                hits = corpus.search(question, 1000, order=order)
                pairs = corpus.search_documents(question, 100, order=order)
            except HybridError as error:  # a search expression is not for every order
                errors.append(str(error))
                continue
            assert leaked(tenant, hits, question) == set()
            assert {hit.source.split("/")[0] for hit in hits} <= {tenant}
            assert leaked(tenant, [document for document, _ in pairs], question) == set()
    assert leaked(tenant, errors, " ".join(asked)) == set()
    with corpus.session() as session:
        hits = session.search("pass phrase", 1000)
        assert len({hit.document_id for hit in hits}) == SIZES[tenant]
        assert session.vectors(hits).shape[0] == len(hits)
        vector = session.vectors(hits[:1])[0]
        assert {document.source.split("/")[0] for document, _ in session.search_documents(vector, 100)} == {tenant}


def test_a_filter_narrows_what_is_seen_and_never_widens_it(seen) -> None:
    corpus = seen["ash"]
    mine = corpus.search("pass phrase", 1000, where=Filter(since="2024-02", until="2024-03"))
    assert mine
    assert all(hit.source.startswith("ash/") for hit in mine)
    assert corpus.search("pass phrase", 1000, where=Filter(metadata={"access": ("birch", "cedar")})) == []
    assert corpus.ask("What was the rent?", where=Filter(metadata={"access": "birch"})).citations == ()


@pytest.mark.parametrize("tenant", TENANTS)
def test_errors_and_suggestions_name_what_is_seen_alone(seen, tenant) -> None:
    corpus = seen[tenant]
    other = TENANTS[(TENANTS.index(tenant) + 1) % 3]
    (theirs, *_) = documents(other)
    attempts = [
        lambda: corpus.search("rent", where=Filter(sources=theirs.source)),
        lambda: corpus.search("rent", where=Filter(sources=theirs.source[:-1])),
        lambda: corpus.ask("What was the rent?", where=Filter(sources=f"{other}/*")),
        lambda: corpus.search("rent", where=Filter(metadata={f"{other}_matter": "x"})),
        lambda: corpus.compare("rent?", {"a": Filter(sources=f"{other}/*"), "b": Filter(since="2024")}),
    ]
    for attempt in attempts:
        with pytest.raises(hybrid.InputError) as raised:
            attempt()
        said = "".join(traceback.format_exception_only(raised.value))
        given = f"{theirs.source} {other}_matter {other}/*"
        assert leaked(tenant, said, given) == set()
    assert corpus.get_documents([theirs.source, *range(1, sum(SIZES.values()) + 1)]).keys().isdisjoint({theirs.source})
    assert len(corpus.get_documents(range(1, sum(SIZES.values()) + 1))) == SIZES[tenant]


def test_what_another_class_was_answered_is_neither_followed_nor_confirmed(seen) -> None:
    answer = seen["birch"].ask("What was the rent of the mill?", route="lookup")
    (citation, *_) = answer.citations
    with pytest.raises(hybrid.SourceNotFoundError) as raised:
        seen["ash"].page(citation)
    assert leaked("ash", str(raised.value), citation.source) == set()
    problems = seen["ash"].verify(answer)
    assert problems
    assert leaked("ash", problems, answer.model_dump_json()) == set()


def test_no_contradiction_comes_from_another_class(seen) -> None:
    for tenant, rent in zip(TENANTS, ("3,500", "4,500", "5,500"), strict=True):
        answer = seen[tenant].ask("What was the rent of the mill?", route="both")
        assert rent in answer.text
        assert not any(claim.contradicted_by for claim in answer.claims if claim.origin == "index")
        compared = seen[tenant].compare(
            "What was the rent of the mill?", {"early": Filter(until="2024-05"), "all": Filter(since="2024")}
        )
        assert leaked(tenant, compared) == set()


def test_langchains_components_see_as_the_corpus_does(seen) -> None:
    from hybrid.langchain import ChatHybrid, HybridRetriever

    for tenant in TENANTS:
        retriever = HybridRetriever(corpus=seen[tenant], k=100)
        found = retriever.invoke("What are the pass phrases of the lockers?")
        assert found
        assert leaked(tenant, [one.model_dump_json() for one in found]) == set()
        for question in questions(tenant)[:8]:
            said = ChatHybrid(corpus=seen[tenant]).invoke(question)
            assert leaked(tenant, said.model_dump_json(), question) == set()


def test_a_writer_is_given_nothing_of_another_class(seen) -> None:
    prompts: list[str] = []

    def writer(messages) -> str:
        prompts.append(str(messages))
        return "The rent was 3,500 pounds."

    for tenant in TENANTS:
        for question in questions(tenant):
            prompts.clear()
            seen[tenant].ask(question, route="comprehension", writer=writer)
            assert leaked(tenant, prompts, question) == set()


def test_the_command_line_asks_as_an_identity(shared) -> None:
    def run(*argv: str) -> str:
        result = CliRunner().invoke(main, list(argv))
        return result.output + result.stderr

    directory = str(shared.directory)
    question = "What are the pass phrases of the lockers?"
    for words in (("ask", directory, question), ("search", directory, question), ("status", directory)):
        assert "access.required" in run(*words)
        said = run(*words, "--identity", "ann", "--class", "ash", "--json")
        assert "access.required" not in said
        assert leaked("ash", said) == set()
    assert run("documents", directory, "--identity", "ann", "--class", "ash").count("ash/") == SIZES["ash"]
    assert "access.required" in run("report", directory)
    assert "birch/" in run("report", directory, "--identity", "ops", "--every-class")


def test_a_copy_in_another_process_sees_the_same(seen) -> None:
    copy = pickle.loads(pickle.dumps(seen["ash"]))  # noqa: S301 - of our own
    assert copy.identity == seen["ash"].identity
    assert len(copy.documents()) == SIZES["ash"]


def test_async_twins_see_the_same(shared) -> None:
    async def asked() -> list[object]:
        ash = await shared.aseen_by(Identity(name="ann", classes="ash"))
        found = [await ash.aask("What are the pass phrases of the lockers?"), await ash.adocuments()]
        async with ash.asession() as session:
            found.append(await session.search("pass phrase", 1000))
        return found

    for value in asyncio.run(asked()):
        assert leaked("ash", value) == set()


# Whose class a document is --------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path) -> Corpus:
    corpus = Corpus.open(tmp_path / "small", Settings(memory=MemorySettings(enabled=False)))
    mail = Document.from_text("Find the plan attached.", source="mail.eml", metadata=Metadata(extra={"access": "ash"}))
    plan = Document.from_text("The plan of the weir.", source="mail.eml#plan").model_copy(update={"parent": "mail.eml"})
    secret = plan.model_copy(
        update={"source": "mail.eml#keys", "text": "The keys.", "metadata": Metadata(extra={"access": "birch"})}
    )
    corpus.ingest(
        mail,
        plan,
        Document.from_text("The keys.", source="mail.eml#keys", metadata=secret.metadata).model_copy(
            update={"parent": "mail.eml"}
        ),
        Document.from_text("Nobody's note.", source="note.txt"),
        Document.from_text("A list of both.", source="both.txt", metadata=Metadata(extra={"access": "ash"})),
        Document.from_text("A list of both.", source="copy.txt", metadata=Metadata(extra={"access": "birch"})),
    )
    return corpus


def sources(corpus: Corpus, *classes: str) -> set[str]:
    return {name for one in corpus.seen_by(Identity(name="x", classes=classes)).documents() for name in one.sources}


def test_an_attachment_without_a_class_has_that_of_its_mail(small) -> None:
    assert sources(small, "ash") == {"mail.eml", "mail.eml#plan", "both.txt"}


def test_an_attachment_of_a_class_of_its_own_is_seen_without_its_mail(small) -> None:
    assert sources(small, "birch") == {"mail.eml#keys", "copy.txt"}
    birch = small.seen_by(Identity(name="x", classes="birch"))
    assert birch.get_documents(["mail.eml#keys"])["mail.eml#keys"].parent is None


def test_of_one_text_in_two_classes_each_sees_its_own_source(small) -> None:
    assert [hit.source for hit in small.seen_by(Identity(name="x", classes="birch")).search("list of both")][:1] == [
        "copy.txt"
    ]


def test_documents_without_a_class_are_seen_by_who_has_the_empty_class(small) -> None:
    assert sources(small, "") == {"note.txt"}
    assert sources(small) == set()
    assert len(small.seen_by(Identity(name="x", every_class=True)).documents()) == 5


def test_what_is_ingested_and_removed_later_is_seen_at_once(small) -> None:
    ash = small.seen_by(Identity(name="x", classes="ash"))
    late = Metadata(extra={"access": "ASH"})
    small.ingest(Document.from_text("The sluice was late.", source="late.txt", metadata=late))
    assert ash.search("sluice")[0].source == "late.txt"
    small.remove("late.txt")
    assert "late.txt" not in {one.source for one in ash.search("sluice")}


def test_a_corpus_that_cannot_be_written_to_is_seen_by_identities(small, monkeypatch) -> None:
    small.close()
    monkeypatch.setattr(engine, "can_write", lambda _: False)  # whoever runs the tests may write everywhere
    ash = Corpus.open(small.directory, create=False, identity=Identity(name="x", classes="ash"))
    assert len(ash.documents()) == 3


def test_every_table_of_the_catalog_has_a_view_or_says_nothing_of_documents() -> None:
    assert {name for name, _, _ in access.views(access.Access("access", ()), "main.")} | access.SHOWN_WHOLE == set(
        Base.metadata.tables
    )


def test_an_identitys_catalog_cannot_be_written_to(small) -> None:
    ash = small.seen_by(Identity(name="x", classes="ash"))
    with pytest.raises(HybridError), ash._catalog.transaction() as transaction:
        transaction.set_info("settings", "{}")


def test_an_identity_that_sees_nothing_is_told_that_and_not_whether_there_is_anything(tmp_path, shared) -> None:
    stranger = Identity(name="eve", classes=("no-such-class",))
    empty = Settings.model_validate({"access": {"required": True}, "memory": {"enabled": False}})
    with Corpus.open(tmp_path / "bare", empty) as none:
        pair = (none.seen_by(stranger), shared.seen_by(stranger))
        for seen in pair:
            answer = seen.ask("What was the rent?", route="lookup")
            assert answer.text.endswith("there is no document that this identity may see.")
            assert str(seen.search("rent")) == "Nothing found."
        said = [str(seen.status()).partition("documents")[2] for seen in pair]
        assert said == [said[0]] * 2
        assert "empty" not in said[0]
        pages = [seen.status()._repr_html_() or "" for seen in pair]
        assert all("empty" not in page.lower() and "may see" in page for page in pages)
        for seen in pair:
            seen.close()


# Files: which class they say, and what names their parts -------------------------------------------------------------

BOARD = "---\naccess: board\n---\n"
HIDDEN = "qhidden"


def zipped(*members: tuple[str, str | bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, data in members:
            archive.writestr(name, data)
    return written.getvalue()


def mailed(body: str, *attached: tuple[str, str], headers: str = "", subtype: str = "plain") -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@x.example", "b@x.example", "The weir"
    for line in headers.splitlines():
        name, _, value = line.partition(": ")
        mail[name] = value
    mail.set_content(body, subtype=subtype)
    for name, text in attached:
        mail.add_attachment(text.encode(), maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes()


def read_from(folder, files: dict[str, str | bytes], name: str = "files") -> tuple[Corpus, hybrid.IngestReport]:
    """A corpus of these files, and its report."""
    corpus = Corpus.open(folder / f"{name}-corpus", Settings(memory=MemorySettings(enabled=False)))
    return corpus, ingested(corpus, folder / name, files)


def ingested(corpus: Corpus, folder, files: dict[str, str | bytes]) -> hybrid.IngestReport:
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    return corpus.ingest(folder)


def all_that_is_seen(corpus: Corpus, *classes: str) -> str:
    with corpus.seen_by(Identity(name="x", classes=classes)) as seen:
        listed = seen.documents()
        shown = [listed, seen.status(), *(seen.get_documents([one.id])[one.id] for one in listed), seen._custody()]
        for question in ("Which files are attached?", f"What is {HIDDEN}?", "weir", "files"):
            found = seen.search(question, k=50)
            shown += [found, found.notes, seen.ask(question.replace(HIDDEN, "it"), route="lookup")]
        with contextlib.suppress(HybridError):
            shown.append(seen.search("weir", where=Filter(sources=("*hid*",))))
        return "\n".join(map(displayed, shown)).replace(f"What is {HIDDEN}?", "")


@pytest.mark.parametrize(
    "container",
    [
        ("p.zip", lambda part: zipped((f"in/{HIDDEN}.md", part), ("open.txt", "The open part of the weir."))),
        ("p.zip", lambda part: zipped((f"{HIDDEN}.md", part))),
        ("m.eml", lambda part: mailed("The plan of the weir.", (f"{HIDDEN}.md", part), ("open.txt", "Open."))),
        ("m.eml", lambda part: b"MIME-Version: 1.0\n" + bare(part)),
        ("p.zip", lambda part: zipped(("m.eml", mailed("The weir.", (f"{HIDDEN}.md", part))))),
        ("p.zip", lambda part: zipped(("inner.zip", zipped((f"{HIDDEN}.md", part), ("weir.txt", "Weir."))))),
    ],
    ids=[
        "archive",
        "archive of it alone",
        "mail",
        "mail without a text",
        "mail in an archive",
        "archive in an archive",
    ],
)
@pytest.mark.parametrize(
    "part", [f"{BOARD}The price.", "---\naccess: {a: b}\n---\nThe price."], ids=["another", "unread"]
)
def test_a_file_of_files_names_no_part_of_another_class(tmp_path, container, part) -> None:
    name, made_of = container
    corpus, report = read_from(tmp_path, {name: made_of(part), "class.md": f"{BOARD}Of the board."})
    assert f"{HIDDEN}.md" in str([corpus.seen_by(KEEPER).documents(), report.skipped])
    assert HIDDEN not in all_that_is_seen(corpus, "")
    assert str(tmp_path / "files" / name) in sources(corpus, "")


KEEPER = Identity(name="keeper", every_class=True)


def bare(part: str) -> bytes:
    lines = ["--b", f"Content-Disposition: attachment; filename={HIDDEN}.md", "", part, "--b--", ""]
    return "\n".join(["Content-Type: multipart/mixed; boundary=b", "", *lines]).encode()


@pytest.mark.parametrize(
    "before", ["The price is 4.", "---\naccess: board\n---\nThe price is 4."], ids=["none", "board"]
)
def test_a_version_whose_class_cannot_be_read_any_more_is_nobodys_until_it_can(tmp_path, before) -> None:
    other = {"other.md": f"{BOARD}The weir."}
    corpus, _ = read_from(tmp_path, {"a.md": before} | other)
    folder, name = tmp_path / "files", str(tmp_path / "files" / "a.md")
    classes = ("", "board")
    assert name in sources(corpus, *classes)
    for _ in range(2):
        report = ingested(corpus, folder, {"a.md": "---\naccess: {a: b}\n---\nThe price is 5."})
        assert [(one.code, "until its class can be read" in one.reason) for one in report.skipped] == [
            ("unreadable_class", True)
        ]
        assert name not in sources(corpus, *classes)
        assert name in {one.source for one in corpus.seen_by(KEEPER).documents()}
    ingested(corpus, folder, {"a.md": before})
    assert name in sources(corpus, *classes)
    ingested(corpus, folder, {"a.md": "---\naccess: {a: b}\n---\nThe price is 5."})
    ingested(corpus, folder, {"a.md": "---\naccess: staff\n---\nThe price is 5."})
    assert (name in sources(corpus, "staff"), name in sources(corpus, *classes)) == (True, False)


def test_what_came_in_a_file_whose_class_cannot_be_read_any_more_is_nobodys_either(tmp_path) -> None:
    corpus, _ = read_from(tmp_path, {"m.eml": mailed("The weir.", ("b.txt", "Open."), headers="Access: board")})
    assert len(sources(corpus, "board")) == 2
    ingested(corpus, tmp_path / "files", {"m.eml": mailed("The weir.", ("b.txt", "Open."), headers="Access: ")})
    assert sources(corpus, "", "board") == set()
    assert len(corpus.seen_by(KEEPER).documents()) == 2


def test_the_log_is_shown_to_those_who_see_every_class(tmp_path, capsys) -> None:
    settings = {"memory": {"enabled": False}, "log": {"events": ["question"], "text": "full"}}
    with Corpus.open(tmp_path / "corpus", settings) as corpus:
        corpus.ingest(Document.from_text("The price is 4.", source="a", metadata=Metadata(extra={"access": "board"})))
        corpus.seen_by(KEEPER).ask(f"What is {HIDDEN}?", route="lookup")
        assert HIDDEN in str(corpus.seen_by(KEEPER).log())
        for seen in (corpus, corpus.seen_by(Identity(name="x", classes=("", "board")))):
            with pytest.raises(AccessError, match="every-class"):
                seen.log()
    command = ["log", "show", str(tmp_path / "corpus")]
    for options, code in (
        ([], 1),
        (["--identity", "x", "--class", "board"], 1),
        (["--identity", "x", "--every-class"], 0),
    ):
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([*command, *options])
        assert bool(ended.value.code) == bool(code)
        assert (HIDDEN in "".join(capsys.readouterr())) == (code == 0)


def test_a_file_of_files_names_its_parts_of_its_own_class(tmp_path) -> None:
    board = zipped(("a.md", f"{BOARD}The weir."), ("b.txt", "The mill."))
    corpus, _ = read_from(tmp_path, {"p.zip": board, "m.eml": mailed("The weir.", ("b.txt", "Open."))})
    archive, mail = (
        corpus.seen_by(KEEPER).get_documents([str(tmp_path / "files" / name) for name in ("p.zip", "m.eml")]).values()
    )
    assert archive.text == "Archive with 1 files.\nb.txt"
    assert mail.metadata.extra["attachments"] == "b.txt"


def test_a_file_of_files_follows_a_part_whose_class_is_another_later(tmp_path) -> None:
    parts = {"open.txt": "The weir.", f"{HIDDEN}.md": "The price."}
    other = {"class.md": f"{BOARD}Of the board."}
    corpus, _ = read_from(tmp_path, other | {"p.zip": zipped(*parts.items())})
    assert HIDDEN in all_that_is_seen(corpus, "")
    ingested(corpus, tmp_path / "files", {"p.zip": zipped(*(parts | {f"{HIDDEN}.md": f"{BOARD}The price."}).items())})
    assert HIDDEN not in all_that_is_seen(corpus, "")
