"""The text stage on a few sentences."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")
pytest.importorskip("sentence_transformers", reason="needs the extra 'train'")

from polyvox.encode import load_encoder  # noqa: E402
from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.train.fusion.corpus import read_corpus  # noqa: E402
from polyvox.train.fusion.schedule import rate_at  # noqa: E402
from polyvox.train.fusion.sections import Small  # noqa: E402
from polyvox.train.fusion.text_stage import end_vectors, train_text  # noqa: E402
from polyvox.train.manifest import Recording, write_manifest  # noqa: E402

LONG = "a test text that is longer than what is read of it " * 6
ROWS = [
    {"fr": "un chat noir", "en": "a black cat", "de": "eine schwarze Katze"},
    {"fr": "deux maisons", "en": "two houses"},
    {"fr": "le pain", "en": "bread"},
    {"fr": "seul"},
    {"fr": "test secret", "en": "secret test"},
    {"fr": "trop long", "en": LONG},
]
SMALL = Small(
    sources={"tiny": 1.0},
    languages=("fr", "en"),
    vocabulary=300,
    layers=1,
    width=32,
    heads=2,
    key_heads=1,
    inner=32,
    batch=4,
    steps=3,
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "text").mkdir()
    for name, rows in (("train-tiny", ROWS), ("test-tiny", [{"en": "Secret test!"}, {"en": LONG}])):
        with lzma.open(tmp_path / "text" / f"{name}.jsonl.xz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    return tmp_path


def test_the_corpus_has_no_text_of_a_test_recording(data: Path) -> None:
    (data / "speech" / "one").mkdir(parents=True)
    spoken = Recording("1.ogg", "fr", "a", "test", "Le pain!", "en", "Two houses")
    write_manifest(data / "speech" / "one" / "manifest.tsv", [spoken])
    corpus = read_corpus(SMALL, data)
    assert [row for source in corpus.sources for row in source] == [("un chat noir", "a black cat")]


def test_the_corpus_has_no_test_text_and_only_the_languages(data: Path) -> None:
    corpus = read_corpus(SMALL, data)
    assert [row for source in corpus.sources for row in source] == [
        ("un chat noir", "a black cat"),
        ("deux maisons", "two houses"),
        ("le pain", "bread"),
    ]
    assert corpus.draw(5, seed=3) == corpus.draw(5, seed=3)
    assert all(set(pair) <= set(corpus.texts()) for pair in corpus.draw(20, seed=1))
    with pytest.raises(PolyvoxError, match="no such file"):
        read_corpus(Small(sources={"other": 1.0}, languages=("fr", "en")), data)


def test_the_finished_model_ends_texts_and_takes_the_vector_of_the_end(data: Path, tmp_path: Path) -> None:
    folder = train_text(SMALL, (32, 8), data, tmp_path / "out", seed=1)
    encoder = load_encoder(str(folder))
    texts = ["un chat noir", "le pain et le chat"]
    vectors = encoder.encode_text(texts)
    assert vectors.shape == (2, 32)
    np.testing.assert_allclose(encoder.encode_text(texts[:1]), vectors[:1], atol=1e-6)
    reads = encoder.model[0]  # type: ignore[attr-defined]
    with torch.no_grad():
        ends = end_vectors(reads.auto_model, reads.tokenizer, texts, 48)
    np.testing.assert_allclose(ends.numpy(), vectors, atol=1e-5)
    made = (folder / "modules.json").stat().st_mtime_ns
    assert train_text(SMALL, (32, 8), data, tmp_path / "out", seed=1) == folder
    assert (folder / "modules.json").stat().st_mtime_ns == made


def test_the_rate_rises_and_falls() -> None:
    assert [rate_at(2.0, step, 6, 2) for step in range(6)] == [1.0, 2.0, 2.0, 1.5, 1.0, 0.5]
