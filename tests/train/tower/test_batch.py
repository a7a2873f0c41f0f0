"""From rows to batches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("sentence_transformers", reason="needs the extra 'train'")

from polyvox.train.sounds import TrainingError  # noqa: E402
from polyvox.train.tower.batch import Batcher  # noqa: E402
from polyvox.train.tower.draws import Draw  # noqa: E402
from polyvox.train.tower.labels import Speller, letters  # noqa: E402
from polyvox.train.tower.listening import FromAudio  # noqa: E402
from polyvox.train.tower.model_section import Data, Source  # noqa: E402
from polyvox.train.tower.rows import Row, load_rows  # noqa: E402
from polyvox.train.tower.training_section import Labels  # noqa: E402

DATA = Data((Source("manifest.tsv"),))


def batcher(rows: list[Row], out: Path, data: Data = DATA) -> Batcher:
    return Batcher(FromAudio(data, 5.0, 3), Speller.learn(Labels.LETTERS, rows), out)


def test_a_batch_is_padded_and_carries_texts_and_labels(tones: Path, tmp_path: Path) -> None:
    rows = list(load_rows(DATA, tones).train)
    batch = batcher(rows, tmp_path)([Draw(row, number) for number, row in enumerate(rows[:3])])
    features, lengths = batch["audio_input_features"], batch["audio_lengths"]
    assert features.shape == (3, int(lengths.max()), 80)
    shorter = int(lengths.argmin())
    assert features[shorter, int(lengths[shorter]) :].abs().sum() == 0
    assert batch["audio_texts"][0] == (rows[0].transcript, "")
    assert [len(labels) for labels in batch["audio_labels"]] == [len(letters(row)) for row in rows[:3]]


def test_what_happens_to_a_recording_depends_on_its_draw_only(tones: Path, tmp_path: Path) -> None:
    rows = list(load_rows(DATA, tones).train)
    one, other = batcher(rows, tmp_path), batcher(rows, tmp_path)
    other([Draw(rows[5], 9)])
    first = one([Draw(rows[0], 7)])["audio_input_features"]
    assert torch.equal(first, other([Draw(rows[0], 7)])["audio_input_features"])
    elsewhere = one([Draw(rows[0], 8)])["audio_input_features"]
    assert first.shape != elsewhere.shape or not torch.equal(first, elsewhere)
    plain = batcher(rows, tmp_path, replace(DATA, augment=False, mask=False))
    assert torch.equal(
        plain([Draw(rows[0], 7)])["audio_input_features"], plain([Draw(rows[0], 8)])["audio_input_features"]
    )


def test_a_recording_that_cannot_be_read_is_named_once_and_replaced(tones: Path, tmp_path: Path) -> None:
    rows = list(load_rows(DATA, tones).train)
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"RIFF not sound")
    broken = replace(rows[0], path=bad)
    make = batcher(rows, tmp_path)
    for _ in range(2):
        batch = make([Draw(broken, 0), Draw(rows[1], 1), Draw(rows[2], 2)])
    assert batch["audio_texts"] == [(rows[n].transcript, "") for n in (1, 2, 1)]
    assert len((tmp_path / "skipped.txt").read_text().splitlines()) == 1
    assert str(bad) in (tmp_path / "skipped.txt").read_text()


def test_a_batch_without_any_readable_recording_stops_the_run(tones: Path, tmp_path: Path) -> None:
    rows = list(load_rows(DATA, tones).train)
    broken = replace(rows[0], path=tmp_path / "gone.wav")
    with pytest.raises(TrainingError, match="none of the 2 recordings of a batch can be read"):
        batcher(rows, tmp_path)([Draw(broken, 0), Draw(broken, 1)])


def test_letters_keep_their_marks() -> None:
    row = Row(Path("a"), "mdw", 0, "Sω\u0302 é, 3!", "")
    assert letters(row) == ["s", "ω\u0302", "é", "3"]


def test_an_inventory_has_the_frequent_labels_and_the_blank_first() -> None:
    rows = [Row(Path("a"), "en", 0, "aab", "")] * 3 + [Row(Path("a"), "en", 0, "z", "")]
    speller = Speller.learn(Labels.LETTERS, rows)
    assert speller.inventory == ["", "a", "b"]
    assert speller.labels(Row(Path("a"), "en", 0, "Baz", "")) == [2, 1]
    assert Speller.learn(Labels.NONE, rows).inventory == [""]
