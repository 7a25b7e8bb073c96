"""Volumes are a function of the documents: what each holds, and what a removal or an addition changes."""

from __future__ import annotations

import hashlib
import json
import random

import pytest

from hybrid.ingest.volume_plan import Measured, PlannedVolume, group_key, plan
from hybrid.stores.rows import SourceRow

MOST = 1000
SEEDS = range(40)


def source(name: str, *, parent: str | None = None, **metadata: str) -> SourceRow:
    known = {"author", "title", "custodian", "date"}
    details = {key: value for key, value in metadata.items() if key in known}
    extra = {key.replace("_", "-"): value for key, value in metadata.items() if key not in known}
    return SourceRow(name, 0, "", None, None, parent, details | {"extra": extra})


def measured(
    number: int, name: str, tokens: int, sources: dict[str, SourceRow] | None = None, **metadata: str
) -> Measured:
    row = (sources or {}).get(name) or source(name, **metadata)
    key = group_key(row, sources or {name: row}, ("access",))
    return Measured(number, hashlib.sha256(f"{number} {name!a}".encode()).hexdigest(), tokens, key)


def corpus(seed: int) -> list[Measured]:
    """Documents in folders, of two access classes or of none, most short, some longer than a volume."""
    chance = random.Random(seed)
    found = []
    for number in range(1, chance.randrange(2, 60)):
        folder = "/".join(chance.choice("abc") for _ in range(chance.randrange(4)))
        tokens = chance.choice([1, chance.randrange(2, 300), chance.randrange(300, MOST), chance.randrange(MOST, 5000)])
        metadata = chance.choice([{}, {"access": "x"}, {"access": "y"}])
        found.append(measured(number, f"{folder}/{number}.txt", tokens, **metadata))
    return found


def planned(documents: list[Measured]) -> dict[str, PlannedVolume]:
    volumes = plan(documents, MOST, "model")
    assert len({volume.digest for volume in volumes}) == len(volumes)
    return {volume.digest: volume for volume in volumes}


def members(volume: PlannedVolume) -> set[int]:
    return {part.document_id for part in volume.parts}


def apart(documents: list[Measured]) -> list[set[int]]:
    """The ids that each volume holds."""
    return [members(volume) for volume in plan(documents, MOST, "model")]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_token_is_in_exactly_one_volume_and_none_has_too_many(seed: int) -> None:
    documents = corpus(seed)
    spans: dict[int, list[tuple[int, int]]] = {}
    for volume in planned(documents).values():
        assert 0 < volume.tokens <= MOST
        assert volume.tokens == sum(part.end - part.start for part in volume.parts)
        for part in volume.parts:
            spans.setdefault(part.document_id, []).append((part.start, part.end))
    for document in documents:
        found = sorted(spans.pop(document.id))
        assert [start for start, _ in found] == [0, *(end for _, end in found[:-1])]
        assert found[-1][1] == document.tokens
    assert spans == {}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_in_which_documents_came_does_not_matter(seed: int) -> None:
    documents = corpus(seed)
    others = [Measured(1000 - one.id, one.sha256, one.tokens, one.key) for one in documents]
    random.Random(seed).shuffle(others)
    assert planned(documents).keys() == planned(others).keys()
    ids = [[part.document_id for part in volume.parts] for volume in planned(documents).values()]
    assert sorted(ids) == sorted([1000 - part.document_id for part in one.parts] for one in planned(others).values())


@pytest.mark.parametrize("seed", SEEDS)
def test_removing_a_document_makes_one_new_volume_at_most_and_ends_in_the_plan_of_a_corpus_without_it(
    seed: int,
) -> None:
    documents = corpus(seed)
    before = planned(documents)
    for gone in documents:
        after = planned([one for one in documents if one is not gone])
        new = [after[digest] for digest in after.keys() - before.keys()]
        dropped = [before[digest] for digest in before.keys() - after.keys()]
        assert len(new) <= 1
        assert all(gone.id not in members(volume) for volume in after.values())
        # What the new one holds was in the volumes that went: of those, nothing but the document itself is lost.
        assert set().union(*map(members, dropped)) - {gone.id} == set().union(*map(members, new))
        assert any(gone.id in members(volume) for volume in dropped)


@pytest.mark.parametrize("seed", SEEDS)
def test_classes_of_access_never_share_a_volume(seed: int) -> None:
    documents = corpus(seed)
    classes = {one.id: json.loads(one.key)[0] for one in documents}
    for volume in planned(documents).values():
        assert {classes[number] for number in members(volume)} == {volume.access_class}


def test_any_metadata_can_separate() -> None:
    rows = [source("a.txt", matter="one", access="x"), source("b.txt", matter="two", access="x")]
    for names, volumes in ((("matter",), 2), (("access",), 1), ((), 1), (("matter", "access"), 2), (("MATTER",), 2)):
        keys = [group_key(row, {row.source: row}, names) for row in rows]
        documents = [Measured(n, str(n) * 64, 10, key) for n, key in enumerate(keys, 1)]
        assert len(plan(documents, MOST, "m")) == volumes, names


def test_the_documents_of_a_folder_stay_together_where_they_fit() -> None:
    documents = [measured(n, f"{folder}/{n}.txt", 90) for n, folder in enumerate(list("abcdefgh") * 9, 1)]
    folders = [{document.id for document in documents if f'"{folder}"' in document.key} for folder in "abcdefgh"]
    volumes = apart(documents)
    for folder in folders:
        assert sum(bool(folder & volume) for volume in volumes) == 1


def test_folders_are_joined_only_with_neighbours_of_the_same_parent_where_those_fit() -> None:
    documents = [measured(n, f"home/{n % 3}/{n % 7}/{n}.txt", 30) for n in range(1, 64)]
    assert all(len({n % 3 for n in volume}) == 1 for volume in apart(documents))


def test_attachments_stay_with_their_mail_and_a_thread_together() -> None:
    sources = {row.source: row for row in (
        source("m/first.eml", message_id="<1@x>"),
        source("m/first.eml#a.txt", parent="m/first.eml"),
        source("m/first.eml#zip", parent="m/first.eml"),
        source("m/first.eml#zip/b.txt", parent="m/first.eml#zip"),
        source("m/reply.eml", message_id="<2@x>", in_reply_to="<1@x>"),
        source("m/late.eml", message_id="<3@x>", references="<1@x> <2@x>"),
    )}  # fmt: skip
    thread = [measured(n, name, 100, sources) for n, name in enumerate(sources, 1)]
    others = [measured(n, f"m/other{n}.eml", 400, message_id=f"<{n}@y>") for n in range(10, 40)]
    ids = {document.id for document in thread}
    assert sum(bool(ids & volume) for volume in apart(thread + others)) == 1


def test_attachments_that_name_each_other_as_their_mail_end_the_search() -> None:
    sources = {"a": source("a", parent="b"), "b": source("b", parent="a")}
    assert group_key(sources["a"], sources, ()) != ""


def test_a_long_document_has_parts_of_equal_length_and_no_company() -> None:
    documents = [measured(1, "a/long.txt", 3500), measured(2, "a/short.txt", 10)]
    volumes = plan(documents, MOST, "model")
    parts = [volume.parts for volume in volumes if 1 in members(volume)]
    assert [len(part) for part in parts] == [1] * 4
    assert [(one.start, one.end, one.of) for (one,) in parts] == [
        (0, 875, 3500), (875, 1750, 3500), (1750, 2625, 3500), (2625, 3500, 3500)
    ]  # fmt: skip
    assert len(volumes) == 5


@pytest.mark.parametrize("tokens", [MOST, MOST + 1, 2 * MOST - 1, 2 * MOST, 7 * MOST + 3])
def test_parts_of_a_long_document_differ_by_a_token_at_most(tokens: int) -> None:
    sizes = [volume.tokens for volume in plan([measured(1, "a.txt", tokens)], MOST, "model")]
    assert len(sizes) == -(-tokens // MOST)
    assert max(sizes) - min(sizes) <= 1


def test_another_model_content_or_class_is_another_volume() -> None:
    (one,) = plan([measured(1, "a.txt", 10)], MOST, "model")
    (other_model,) = plan([measured(1, "a.txt", 10)], MOST, "other model")
    (other_content,) = plan([measured(2, "a.txt", 10)], MOST, "model")
    (other_class,) = plan([measured(1, "a.txt", 10, access="x")], MOST, "model")
    assert len({one.digest, other_model.digest, other_content.digest, other_class.digest}) == 4


def test_names_that_no_encoding_holds_are_grouped_too() -> None:
    (volume,) = plan([measured(1, "odd\udcff/a.txt", 10), measured(2, "odd\udcff/b.txt", 10)], MOST, "model")
    assert members(volume) == {1, 2}


def test_an_empty_corpus_has_no_volumes() -> None:
    assert plan([], MOST, "model") == []
