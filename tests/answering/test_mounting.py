"""Which volumes a question mounts: those that its search results lie in, of those that it may."""

from __future__ import annotations

import pytest
from answering_corpus import volume

from hybrid.answering.mounting import BESIDE, SPREAD, WHOLE, choose
from hybrid.stores.rows import VolumePart, VolumeRow
from hybrid.types.answers import Hit

LENGTHS = dict.fromkeys(range(1, 20), 1000)
"""Characters of each document."""


def hit(document: int, start: int = 0, end: int = 100) -> Hit:
    return Hit(
        source=f"{document}.txt", title="", chunk_id=start, document_id=document, start=start, end=end, text="",
        page=None, last_page=None, lines=(1, 1), sha256="", score=1.0,
    )  # fmt: skip


def whole(*documents: int, number: int | None = None, mounted: bool = True) -> VolumeRow:
    """A volume of whole documents, called as the first of them."""
    parts = [VolumePart(document, 0, 250, 250, "") for document in documents]
    return volume(number or documents[0], *parts, mounted=mounted)


VOLUMES = [whole(1, 2), whole(3), whole(4, 5), whole(6)]


def mounts(
    hits: list[Hit], volumes: list[VolumeRow] = VOLUMES, most: int = 3, **how: object
) -> list[tuple[int, float]]:
    given = {"spread": False, **how}
    return [(one.volume.id, one.weight) for one in choose(hits, volumes, LENGTHS, most, **given)]  # type: ignore[arg-type]


def test_the_volume_of_the_best_hit_comes_first_at_full_weight_and_the_others_beside_it() -> None:
    assert mounts([hit(3), hit(6), hit(1)]) == [(3, 1.0), (6, BESIDE), (1, BESIDE)]
    assert 0 < BESIDE < 1


def test_several_hits_in_one_volume_count_together() -> None:
    assert mounts([hit(3), hit(4), hit(5), hit(4, 200, 300)]) == [(4, 1.0), (3, BESIDE)]  # 1/2 + 1/3 + 1/4 > 1


def test_no_more_are_mounted_than_the_settings_say() -> None:
    hits = [hit(6), hit(4), hit(3), hit(1)]
    for most in (1, 2, 3, 4, 9):
        assert mounts(hits, most=most) == [(6, 1.0), (4, BESIDE), (3, BESIDE), (1, BESIDE)][:most]


def test_volumes_without_a_hit_are_not_mounted() -> None:
    assert mounts([hit(3)]) == [(3, 1.0)]
    assert mounts([hit(19)]) == []
    assert mounts([]) == []


def test_equal_scores_are_in_the_order_of_the_volumes() -> None:
    parts = VolumePart(3, 0, 250, 250, "")
    assert mounts([hit(3)], [volume(9, parts), volume(8, parts)]) == [(8, 1.0), (9, 1.0)]


def test_a_volume_that_does_harm_is_never_mounted() -> None:
    harmful = [whole(1, 2, mounted=False), whole(3)]
    assert mounts([hit(1), hit(2), hit(3)], harmful) == [(3, 1.0)]


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        ({1, 2, 3}, [(3, 1.0), (1, BESIDE)]),
        ({1, 3}, [(3, 1.0)]),  # the volume with document 1 has document 2 in it, which the asker may not see
        ({4}, []),
        (set(), []),
        ({1, 2, 3, 4, 5, 6}, [(3, 1.0), (4, BESIDE), (1, BESIDE)]),
    ],
)
def test_a_volume_is_mounted_only_where_all_its_documents_are_allowed(
    allowed: set[int], expected: list[tuple[int, float]]
) -> None:
    assert mounts([hit(3), hit(4), hit(1)], allowed=allowed) == expected


@pytest.mark.parametrize(
    ("start", "end", "part"),
    [(0, 10, 1), (240, 250, 1), (250, 260, 2), (480, 540, 3), (700, 760, 3), (900, 1000, 4), (990, 1000, 4)],
)
def test_of_a_long_document_that_part_is_mounted_which_the_hit_lies_in(start: int, end: int, part: int) -> None:
    """1,000 characters, 4,000 tokens, four parts: the place in characters stands for the place in tokens."""
    parts = [volume(n, VolumePart(1, 1000 * (n - 1), 1000 * n, 4000, "")) for n in range(1, 5)]
    assert mounts([hit(1, start, end)], parts) == [(part, 1.0)]


@pytest.mark.parametrize(("start", "end"), [(0, 1), (0, 1000), (999, 1000)])
def test_every_place_of_a_document_is_in_one_of_its_parts(start: int, end: int) -> None:
    parts = [volume(n, VolumePart(1, 1000 * (n - 1), 1000 * n, 4000, "")) for n in range(1, 5)]
    assert len(mounts([hit(1, start, end)], parts)) == 1


def test_of_the_parts_of_the_document_with_the_best_hit_two_are_at_full_weight() -> None:
    parts = [volume(10 + n, VolumePart(1, 1000 * (n - 1), 1000 * n, 3000, "")) for n in range(1, 4)]
    hits = [hit(1, 700, 760), hit(3), hit(1, 0, 10), hit(1, 400, 500)]
    assert mounts(hits, [*parts, whole(3)], most=5) == [(13, 1.0), (3, BESIDE), (11, 1.0), (12, BESIDE)]
    assert mounts([hit(3), *hits], [*parts, whole(3)], most=5)[0] == (3, 1.0)
    assert {weight for number, weight in mounts([hit(3), *hits], [*parts, whole(3)], most=5) if number != 3} == {BESIDE}


MANY = [whole(number) for number in range(1, 17)]


def test_where_no_volume_stands_out_all_are_mounted_at_small_weights() -> None:
    found = mounts([hit(3), hit(6), hit(1)], MANY, spread=True)
    assert found == [(number, WHOLE / 16) for number in range(1, 17)]


def test_a_volume_that_stands_out_is_mounted_as_ever() -> None:
    assert mounts([hit(3), hit(3, 200, 300), hit(6)], MANY, spread=True) == [(3, 1.0), (6, BESIDE)]


def test_no_weight_of_all_volumes_is_above_the_one_that_others_have() -> None:
    assert {weight for _, weight in mounts([hit(3), hit(6), hit(1)], MANY[:6], spread=True)} == {BESIDE}


def test_few_volumes_and_very_many_are_not_mounted_all_together() -> None:
    hits = [hit(3), hit(6), hit(1)]
    assert mounts(hits, VOLUMES[:3], most=3, spread=True) == mounts(hits, VOLUMES[:3])
    many = [whole(number) for number in range(1, SPREAD + 2)]
    assert mounts(hits, many, spread=True) == mounts(hits, many)


def test_where_none_stands_out_only_volumes_that_the_asker_may_see_are_mounted() -> None:
    allowed = frozenset(range(1, 12))
    assert {number for number, _ in mounts([hit(3), hit(6), hit(1)], MANY, spread=True, allowed=allowed)} == allowed
