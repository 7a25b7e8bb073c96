"""What ingest keeps of the memory's training: bounded, of the weights it belongs to, and drawn where it was."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import display_gallery as gallery
import pytest
from display_checks import check
from made_contracts import make_contracts
from safetensors.numpy import load_file, save_file
from tiny_model import tiny_settings

import hybrid
from hybrid.display.training import smoothed, ticks
from hybrid.errors import CorruptCorpusError
from hybrid.ingest.memory_training import METADATA_KEY, LossCurve
from hybrid.settings import MemorySettings, Settings
from hybrid.stores.files import sha256_of
from hybrid.types.reports import MAX_POINTS, MemoryTraining, TrainingPoint

TEXTS = [contract.text for contract in make_contracts(6)]


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> MemorySettings:
    return tiny_settings(tmp_path_factory.mktemp("model"), snapshot_every=1000)


def read(folder: Path, memory: MemorySettings, *texts: str) -> hybrid.Corpus:
    corpus = hybrid.Corpus.open(folder, Settings(memory=memory))
    corpus.ingest(*(hybrid.Document.from_text(text, source=f"{text[:40]}.txt") for text in texts))
    return corpus


def snapshot(corpus: hybrid.Corpus) -> Path:
    return max((corpus.directory / "memory" / "default").glob("*.safetensors"), key=lambda path: int(path.stem))


def test_a_curve_keeps_every_step_of_a_short_read() -> None:
    curve = LossCurve()
    for step in range(5):
        curve.add(16 * (step + 1), float(step))
    assert [(one.start, one.end, one.loss) for one in curve.points] == [
        (16 * n, 16 * n + 16, float(n)) for n in range(5)
    ]


@pytest.mark.parametrize("steps", [MAX_POINTS, MAX_POINTS + 1, 10 * MAX_POINTS + 7, 100_000])
def test_a_curve_is_bounded_however_long_the_read_and_loses_nothing_of_the_mean(steps: int) -> None:
    curve = LossCurve()
    for step in range(steps):
        curve.add(8 * (step + 1), (step * 37 % 101) / 10)
    points = curve.points
    assert MAX_POINTS // 2 <= len(points) <= MAX_POINTS
    assert points[0].start == 0
    assert points[-1].end == 8 * steps
    assert all(a.end == b.start for a, b in pairwise(points))
    mean = sum(one.loss * (one.end - one.start) for one in points) / (8 * steps)
    assert mean == pytest.approx(sum((step * 37 % 101) / 10 for step in range(steps)) / steps)
    assert len(curve.as_json()) < 40_000


def test_a_curve_put_away_and_taken_up_is_the_same() -> None:
    whole, resumed = LossCurve(), LossCurve()
    for step in range(3 * MAX_POINTS + 11):
        whole.add(step + 1, step / 7)
        resumed.add(step + 1, step / 7)
        if step % 100 == 3:
            resumed = LossCurve.from_json(resumed.as_json())
    assert resumed.as_json() == whole.as_json()


@pytest.mark.parametrize(
    "stored", ["", "[]", "{}", '{"steps":1,"stretches":[[1,2]]}', "nonsense", '{"steps":"x"}', "null"]
)
def test_what_is_not_a_curve_begins_a_new_one_where_reading_goes_on(stored: str) -> None:
    curve = LossCurve.from_json(stored, position=500)
    curve.add(516, 1.0)
    assert [(one.start, one.end) for one in curve.points] == [(500, 516)]


def test_training_covers_what_the_memory_has_read(tmp_path: Path, memory: MemorySettings) -> None:
    with read(tmp_path / "corpus", memory, *TEXTS[:3]) as corpus:
        training = corpus.training()
        report_loss = corpus.ingest(*(hybrid.Document.from_text(text, source=text[:9]) for text in TEXTS[:3])).loss
    assert report_loss is None  # nothing was read again
    assert training.tokens == sum(map(len, TEXTS[:3])) + 3
    assert training.points[0].start == 0
    assert training.tokens - memory.mini_batch - 1 <= training.points[-1].end <= training.tokens
    assert training.points[-1].loss < training.points[0].loss
    assert training.model == memory.model


def test_reading_in_two_goes_gives_the_training_of_one(tmp_path: Path, memory: MemorySettings) -> None:
    with read(tmp_path / "one", memory, *TEXTS) as one, read(tmp_path / "two", memory, *TEXTS[:2]) as two:
        two.ingest(*(hybrid.Document.from_text(text, source=f"{text[:40]}.txt") for text in TEXTS[2:]))
        assert two.training() == one.training()


def test_an_interruption_costs_no_point(tmp_path: Path, memory: MemorySettings) -> None:
    def stop(stage: str, done: int, total: int, detail: str) -> None:
        if stage == "memory" and done > total // 2:
            raise KeyboardInterrupt

    documents = [hybrid.Document.from_text(text, source=f"{text[:40]}.txt") for text in TEXTS]
    with hybrid.Corpus.open(tmp_path / "corpus", Settings(memory=memory)) as corpus:
        with pytest.raises(KeyboardInterrupt):
            corpus.ingest(*documents, progress=stop)
        half = corpus.training()
        assert 0 < half.tokens < sum(map(len, TEXTS))
        corpus.ingest(*documents)
        with read(tmp_path / "whole", memory, *TEXTS) as whole:
            assert corpus.training() == whole.training()


def test_what_was_unlearned_leaves_no_loss_behind(tmp_path: Path, memory: MemorySettings) -> None:
    with read(tmp_path / "corpus", memory, *TEXTS[:4]) as corpus:
        corpus.remove(corpus.documents()[1].source)
        with read(tmp_path / "without", memory, TEXTS[0], *TEXTS[2:4]) as without:
            assert corpus.training() == without.training()


def test_a_corpus_whose_losses_were_not_recorded_says_so(tmp_path: Path, memory: MemorySettings) -> None:
    with read(tmp_path / "corpus", memory, TEXTS[0]) as corpus:
        file = snapshot(corpus)
        _without_training(corpus, file)
        training = corpus.training()
        assert training.points == ()
        assert "its losses were not" in str(training)
        assert "its losses were not" in training._repr_html_()
        corpus.ingest(hybrid.Document.from_text(TEXTS[1], source="second.txt"))
        assert corpus.training().points[0].start == len(TEXTS[0]) + 1


def _without_training(corpus: hybrid.Corpus, file: Path) -> None:
    """Write the snapshot as versions did that kept no losses."""
    from safetensors import safe_open
    from sqlalchemy import update

    from hybrid.stores.database import connect
    from hybrid.stores.tables import SnapshotTable

    with safe_open(file, framework="numpy") as opened:
        metadata = dict(opened.metadata())
    assert json.loads(metadata.pop(METADATA_KEY))["stretches"]
    save_file(load_file(file), file, metadata)
    with connect(corpus._catalog._engine, write=True) as connection:
        connection.execute(update(SnapshotTable).values(sha256=sha256_of(file)))


def test_a_corpus_without_a_memory_has_no_training(tmp_path: Path) -> None:
    with hybrid.Corpus.open(tmp_path / "corpus", Settings(memory=MemorySettings(enabled=False))) as corpus:
        assert corpus.training() == MemoryTraining(tokens=0)
        corpus.ingest(hybrid.Document.from_text("A note.", source="note.txt"))
        assert "was trained on nothing" in str(corpus.training())


def test_a_snapshot_that_is_gone_is_an_error_that_says_what_to_do(tmp_path: Path, memory: MemorySettings) -> None:
    with read(tmp_path / "corpus", memory, TEXTS[0]) as corpus:
        snapshot(corpus).write_bytes(b"no tensors")
        with pytest.raises(CorruptCorpusError, match="ingest again"):
            corpus.training()


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
