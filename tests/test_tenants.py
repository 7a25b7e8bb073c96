"""Three tenants in one corpus, kept apart by their documents' class of access: nothing of another's reaches an answer,
neither from the index nor from the memory's weights."""

from __future__ import annotations

import random

import pytest
from tiny_model import tiny_settings

from hybrid import Corpus, Document, Filter, Metadata, Passage, Settings
from hybrid.settings import AccessSettings
from hybrid.types.base import as_html

TENANTS = ("ash", "birch", "cedar")
EACH = 67
"""Canary strings of a tenant: about 200 in all."""


def canaries(tenant):
    chosen = random.Random(tenant)
    return [f"{tenant[:2]}{chosen.randrange(10**9):09d}" for _ in range(EACH)]


def documents(tenant):
    strings = canaries(tenant)
    for number in range(0, EACH, 10):
        lines = [f"The pass phrase of locker {n + number} is {s}." for n, s in enumerate(strings[number : number + 10])]
        yield Document.from_text(
            " ".join(lines), source=f"{tenant}/{number}.txt", metadata=Metadata(extra={"access": tenant})
        )


def corpus_of(tmp_path, name, tenants):
    access = AccessSettings(required_with_classes=False)  # a filter narrows as an identity does
    settings = Settings(memory=tiny_settings(tmp_path, volume_tokens=2000), access=access)
    corpus = Corpus.open(tmp_path / name, settings)
    corpus.ingest([one for tenant in tenants for one in documents(tenant)])
    return corpus


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    return corpus_of(tmp_path_factory.mktemp("tenants"), "shared", TENANTS)


@pytest.mark.parametrize("tenant", TENANTS)
def test_no_volume_mixes_tenants(shared, tenant):
    mine = [one for one in shared.training().volumes if any(source.startswith(tenant) for source in one.sources)]
    assert mine
    assert all(source.startswith(tenant) for one in mine for source in one.sources)


@pytest.mark.parametrize("tenant", TENANTS)
def test_a_tenants_weights_are_those_of_a_corpus_without_the_others(shared, tmp_path, tenant):
    """So another tenant's canary is exactly as likely as if that tenant had never been here."""
    alone = corpus_of(tmp_path, "alone", [tenant])
    theirs = {one.sources: one.tensors_sha256 for one in alone.training().volumes}
    ours = {one.sources: one.tensors_sha256 for one in shared.training().volumes if one.sources[0].startswith(tenant)}
    assert ours == theirs


@pytest.mark.parametrize("route", ["lookup", "comprehension", "both"])
@pytest.mark.parametrize("tenant", TENANTS)
def test_nothing_of_another_tenant_is_shown(shared, tenant, route, monkeypatch):
    from hybrid._view import VolumeMemory

    mounts = []
    mount = VolumeMemory.mounted
    monkeypatch.setattr(VolumeMemory, "mounted", lambda self, chosen: mounts.extend(chosen) or mount(self, chosen))
    where = Filter(metadata={"access": tenant})
    foreign = [one for other in TENANTS if other != tenant for one in canaries(other)]
    for asked in (foreign[5], f"What is {foreign[77]}?", "What are the pass phrases of the lockers?"):
        answer = shared.ask(asked if " " in asked else f"Whose pass phrase is {asked}?", route=route, where=where)
        shown = "\n".join([str(answer), as_html(answer), answer.model_dump_json()])
        said = [one for one in foreign if one in shown and one not in answer.question]
        assert said == []
        assert all(citation.source.startswith(tenant) for citation in answer.citations)
        hits = shared.search(asked, 50, where=where)
        assert all(hit.source.startswith(tenant) for hit in hits)
    assert all(tenant in mount.volume.access_class for mount in mounts)
    if route == "comprehension":
        assert mounts


def test_passages_that_one_tenants_caller_supplies_mount_no_other_tenants_volume(shared, monkeypatch):
    from hybrid._view import VolumeMemory

    mounts = []
    mount = VolumeMemory.mounted
    monkeypatch.setattr(VolumeMemory, "mounted", lambda self, chosen: mounts.extend(chosen) or mount(self, chosen))
    document = next(documents("ash"))
    passage = Passage(text=document.text, source=document.source)
    shared.ask("What are the pass phrases of the lockers?", route="comprehension", passages=[passage])
    assert mounts
    assert all("ash" in one.volume.access_class for one in mounts)
    mounts.clear()
    stranger = Passage(text=document.text, source="elsewhere.txt")
    answer = shared.ask("What are the pass phrases of the lockers?", route="comprehension", passages=[stranger])
    assert mounts == []
    assert any("no volume of it holds" in note for note in answer.notes)
