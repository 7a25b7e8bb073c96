"""What is recorded of the memory's training: by volume, bounded, of the weights it belongs to, and drawn."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import display_gallery as gallery
import pytest
from display_checks import check
from made_contracts import make_contracts
from tiny_model import tiny_settings

import hybrid
from hybrid.display.training import smoothed, ticks
from hybrid.ingest.memory_training import _thinned
from hybrid.settings import MemorySettings, Settings
from hybrid.types.reports import MAX_POINTS, MemoryTraining, TrainingPoint, VolumeInfo, VolumeReport

TEXTS = [contract.text[:1500] for contract in make_contracts(6)]
LIMIT = 1000
"""Tokens of a volume at most, each a byte."""


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> MemorySettings:
    return tiny_settings(tmp_path_factory.mktemp("model"), volume_tokens=LIMIT)


def documents(*texts: str) -> list[hybrid.Document]:
    return [hybrid.Document.from_text(text, source=f"{text[:40]}.txt") for text in texts]


def read(folder: Path, memory: MemorySettings, *texts: str) -> hybrid.Corpus:
    corpus = hybrid.Corpus.open(folder, Settings(memory=memory))
    corpus.ingest(*documents(*texts))
    return corpus


def of_volumes(training: MemoryTraining) -> set[tuple[str, VolumeReport]]:
    """What does not depend on the order in which volumes were made."""
    return {(volume.tensors_sha256, volume.report) for volume in training.volumes}


def test_training_covers_every_token_and_says_of_each_volume_what_it_gained(
    tmp_path: Path, memory: MemorySettings
) -> None:
    with read(tmp_path / "corpus", memory, *TEXTS[:3]) as corpus:
        training = corpus.training()
        report_loss = corpus.ingest(*documents(*TEXTS[:3])).loss
        sources = {one.source for one in corpus.documents()}
    assert report_loss is None  # nothing was adapted again
    assert training.tokens == sum(map(len, TEXTS[:3])) + 3
    assert {name for volume in training.volumes for name in volume.sources} == sources
    assert [point.end - point.start for point in training.points] == [volume.tokens for volume in training.volumes]
    assert sum(volume.tokens for volume in training.volumes) == training.tokens == training.points[-1].end
    assert all(a.end == b.start for a, b in pairwise(training.points))
    gains = [volume.gain for volume in training.volumes]
    assert all(gain is not None and gain > 0 for gain in gains)
    assert training.gain is not None
    assert min(gains) <= training.gain <= max(gains)
    assert training.model == memory.model


def test_the_gain_is_the_mean_over_tokens_of_the_volumes_that_are_mounted() -> None:
    def volume(tokens: int, own: tuple[float, float] | None, harm: str | None = None) -> VolumeInfo:
        report = VolumeReport(own=own, harm=harm)
        return VolumeInfo(
            id=1, file="f", tensors_sha256="", access_class="{}", tokens=tokens, sources=("a",), report=report
        )

    helped, other, harmed, short = (
        volume(300, (3, 2)),
        volume(100, (3, 3)),
        volume(100, (3, 9), "worse"),
        volume(9, None),
    )
    assert MemoryTraining(tokens=509, volumes=(helped, other, harmed, short)).gain == pytest.approx(0.75)
    assert MemoryTraining(tokens=9, volumes=(short,)).gain is None
    assert MemoryTraining(tokens=100, volumes=(harmed,)).gain is None


@pytest.mark.parametrize("volumes", [1, MAX_POINTS, MAX_POINTS + 1, 3 * MAX_POINTS + 7])
def test_points_are_bounded_however_many_volumes_there_are_and_lose_nothing_of_the_mean(volumes: int) -> None:
    losses = [(number * 37 % 101) / 10 for number in range(volumes)]
    points = _thinned([TrainingPoint(start=8 * n, end=8 * n + 8, loss=loss) for n, loss in enumerate(losses)])
    assert min(volumes, MAX_POINTS // 2) <= len(points) <= MAX_POINTS
    assert (points[0].start, points[-1].end) == (0, 8 * volumes)
    assert all(a.end == b.start for a, b in pairwise(points))
    mean = sum(one.loss * (one.end - one.start) for one in points) / (8 * volumes)
    assert mean == pytest.approx(sum(losses) / volumes)


def test_ingesting_in_two_goes_gives_the_volumes_of_one(tmp_path: Path, memory: MemorySettings) -> None:
    with read(tmp_path / "one", memory, *TEXTS) as one, read(tmp_path / "two", memory, *TEXTS[:2]) as two:
        two.ingest(*documents(*TEXTS[2:]))
        assert of_volumes(two.training()) == of_volumes(one.training())


def test_an_interruption_loses_no_finished_volume(tmp_path: Path, memory: MemorySettings) -> None:
    def stop(stage: str, done: int, total: int, detail: str) -> None:
        if stage == "memory" and done > total // 2:
            raise KeyboardInterrupt

    with hybrid.Corpus.open(tmp_path / "corpus", Settings(memory=memory)) as corpus:
        with pytest.raises(KeyboardInterrupt):
            corpus.ingest(*documents(*TEXTS), progress=stop)
        half = corpus.training()
        assert sum(map(len, TEXTS)) // 2 - LIMIT < half.tokens < sum(map(len, TEXTS))
        corpus.ingest(*documents(*TEXTS))
        assert of_volumes(half) <= of_volumes(corpus.training())
        with read(tmp_path / "whole", memory, *TEXTS) as whole:
            assert of_volumes(corpus.training()) == of_volumes(whole.training())


def test_a_removed_document_leaves_no_loss_behind(tmp_path: Path, memory: MemorySettings) -> None:
    with read(tmp_path / "corpus", memory, *TEXTS[:4]) as corpus:
        corpus.remove(corpus.documents()[1].source)
        with read(tmp_path / "without", memory, TEXTS[0], *TEXTS[2:4]) as without:
            assert of_volumes(corpus.training()) == of_volumes(without.training())


def test_volumes_too_short_for_a_loss_are_said_to_have_none(tmp_path: Path, memory: MemorySettings) -> None:
    with read(tmp_path / "corpus", memory, "A note.") as corpus:
        training = corpus.training()
        assert training.points == ()
        assert training.volumes[0].gain is None
        assert "too short to measure" in str(training.volumes[0])
        assert "its losses were not" in str(training)
        assert "its losses were not" in training._repr_html_()


def test_a_corpus_without_a_memory_has_no_training(tmp_path: Path) -> None:
    with hybrid.Corpus.open(tmp_path / "corpus", Settings(memory=MemorySettings(enabled=False))) as corpus:
        assert corpus.training() == MemoryTraining(tokens=0)
        corpus.ingest(hybrid.Document.from_text("A note.", source="note.txt"))
        assert "was trained on nothing" in str(corpus.training())


# The picture --------------------------------------------------------------------------------------


def test_every_stretch_is_within_the_frame_and_higher_losses_stand_higher() -> None:
    losses = (9.0, 1.0, 5.0, 5.0)
    points = tuple(TrainingPoint(start=10 * n, end=10 * n + 10, loss=loss) for n, loss in enumerate(losses))
    root = check(MemoryTraining(tokens=40, points=points)._repr_html_())
    raw, _ = root.iter("polyline")
    drawn = [tuple(map(float, pair.split(","))) for pair in raw.get("points").split()]
    width, height = map(float, root.find(".//svg").get("viewBox").split()[2:])
    assert all(0 < x < width and 0 < y < height for x, y in drawn)
    xs, ys = zip(*drawn, strict=True)
    assert list(xs) == sorted(xs)
    assert ys[0] < ys[2] == ys[3] < ys[1]


def test_each_tooltip_says_where_it_stands_and_what_the_loss_was() -> None:
    root = check(gallery.training(480)._repr_html_())
    tips = [title.text for title in root.findall(".//rect/title")]
    assert len(tips) == 120
    assert tips[0].startswith("tokens 0 to 4,800: loss 2.")


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (1.83, 2.94), (2.0, 2.0), (0, 288_120), (0.001, 0.0013), (11.2, 4000)]
)
def test_ticks_are_round_few_and_cover_the_range(low: float, high: float) -> None:
    found = ticks(low, high)
    assert 2 <= len(found) <= 9
    assert found[0] <= low + 1e-9
    assert found[-1] >= high - 1e-9
    assert all(float(f"{tick:.3g}") == pytest.approx(tick) for tick in found)


def test_smoothing_keeps_a_constant_and_halves_a_zigzag() -> None:
    flat = [TrainingPoint(start=n, end=n + 1, loss=2.0) for n in range(30)]
    assert smoothed(flat, 4) == pytest.approx([2.0] * 30)
    zigzag = [TrainingPoint(start=n, end=n + 1, loss=float(n % 2)) for n in range(30)]
    assert max(smoothed(zigzag, 4)) - min(smoothed(zigzag, 4)) < 0.5


@pytest.mark.parametrize("points", [1, 2, 3])
def test_a_short_read_is_drawn_too(points: int) -> None:
    check(gallery.training(points)._repr_html_())
    assert "loss from" in str(gallery.training(points))
