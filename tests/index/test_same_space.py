"""An index of texts accepts a model that was taught to hear into its space, and no other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
library = pytest.importorskip("sentence_transformers", reason="needs the extra 'train'")

from polyvox.encode import load_encoder  # noqa: E402
from polyvox.index import Index  # noqa: E402
from polyvox.index.errors import ModelMismatchError  # noqa: E402
from polyvox.item import Audio, Item, Modality  # noqa: E402
from polyvox.modules.direct_tower import DirectTower  # noqa: E402
from polyvox.modules.meaning import MeaningConfig  # noqa: E402
from polyvox.modules.sounds import SoundsConfig  # noqa: E402
from polyvox.modules.space import join  # noqa: E402
from polyvox.modules.speech import Speech  # noqa: E402

WORDS = ["[UNK]", "red", "green", "blue", ":", "query"]
WIDTH = 8


def text_model(folder: Path, seed: int) -> Path:
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    vocabulary = {word: place for place, word in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=WORDS[0]))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    weights = np.random.default_rng(seed).normal(size=(len(WORDS), WIDTH)).astype(np.float32)
    static = StaticEmbedding(tokenizer, embedding_weights=weights)
    model = library.SentenceTransformer(modules=[static], prompts={"query": "query: "}, device="cpu")
    model.save(str(folder))
    return folder


def taught_to_hear(text: Path, folder: Path) -> Path:
    teacher = library.SentenceTransformer(str(text), device="cpu")
    torch.manual_seed(1)
    sounds = SoundsConfig(3, width=16, layers=1, heads=2)
    meaning = MeaningConfig(16, dimension=WIDTH, width=16, layers=1, heads=2)
    ears = Speech(DirectTower(["", "a", "b"], sounds, meaning).eval())
    join(list(teacher.children()), ears, dict(teacher.prompts)).save(str(folder), create_model_card=False)
    return folder


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    return text_model(tmp_path / "text", seed=0)


def test_a_text_index_is_searched_by_voice_without_encoding_it_again(texts: Path, tmp_path: Path) -> None:
    Index.create(tmp_path / "i", load_encoder(texts)).add([Item("red"), Item("green blue")])
    before = sorted(path.stat().st_mtime_ns for path in (tmp_path / "i" / "items").rglob("*.lance"))
    hearing = load_encoder(taught_to_hear(texts, tmp_path / "ears"))
    assert hearing.card.text_fingerprint == load_encoder(texts).card.fingerprint
    assert hearing.card.fingerprint != hearing.card.text_fingerprint

    index = Index.open(tmp_path / "i", hearing)
    voice = Audio(np.random.default_rng(0).standard_normal(16_000).astype(np.float32))
    vector = hearing.encode_speech([voice])[0]
    wanted = {
        text: float(vector @ load_encoder(texts).encode_text([text])[0]) for text in ("red", "green blue")
    }
    hits = index.search(voice, modality=Modality.TEXT)
    assert {hit.text: hit.score for hit in hits} == pytest.approx(wanted, abs=1e-5)
    after = sorted(path.stat().st_mtime_ns for path in (tmp_path / "i" / "items").rglob("*.lance"))
    assert before == after


def test_ears_for_another_space_are_refused(texts: Path, tmp_path: Path) -> None:
    Index.create(tmp_path / "i", load_encoder(texts)).add([Item("red")])
    other = taught_to_hear(text_model(tmp_path / "other", seed=1), tmp_path / "ears")
    with pytest.raises(ModelMismatchError):
        Index.open(tmp_path / "i", load_encoder(other))


def test_a_text_half_that_was_trained_further_is_another_space(texts: Path, tmp_path: Path) -> None:
    Index.create(tmp_path / "i", load_encoder(texts)).add([Item("red")])
    from safetensors.numpy import load_file, save_file

    ears = taught_to_hear(texts, tmp_path / "ears")
    (weights,) = (path for path in ears.rglob("*.safetensors") if "Static" in str(path))
    tensors = load_file(weights)
    save_file({name: tensor + np.float32(1e-3) for name, tensor in tensors.items()}, weights)
    with pytest.raises(ModelMismatchError):
        Index.open(tmp_path / "i", load_encoder(ears))


def test_a_model_of_one_half_has_no_text_half(texts: Path) -> None:
    assert load_encoder(texts).card.text_fingerprint == ""
    assert load_encoder().card.text_fingerprint == ""
