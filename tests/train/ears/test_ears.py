"""Recipes of the kind `ears`: a vocabulary in two spaces, and no training."""

from __future__ import annotations

import json
import lzma
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
library = pytest.importorskip("sentence_transformers", reason="needs the extra 'train'")

from polyvox import Index, Item, load_audio, load_encoder  # noqa: E402
from polyvox.cli import main  # noqa: E402
from polyvox.cli.exits import Exit  # noqa: E402
from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.train.ears.recipe import Vocabulary  # noqa: E402
from polyvox.train.ears.vocabulary import vocabulary  # noqa: E402

VOICE = Path(str(files("polyvox"))) / "samples" / "queries" / "en.ogg"
WORDS = ["water", "fish", "dog", "bread", "rain", "boat", "lost", "school", "honey", "music"]
WIDTH = 16


def teacher(folder: Path) -> Path:
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    places = {word: place for place, word in enumerate(["[UNK]", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(places, unk_token="[UNK]"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    weights = np.random.default_rng(0).normal(size=(len(places), WIDTH)).astype(np.float32)
    static = StaticEmbedding(tokenizer, embedding_weights=weights)
    library.SentenceTransformer(modules=[static], device="cpu").save(str(folder))
    return folder


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    folder, data = tmp_path / "recipe", tmp_path / "data"
    folder.mkdir()
    data.mkdir()
    (data / "words.txt").write_text("\n".join(WORDS) + "\n", encoding="utf-8")
    (folder / "recipe.toml").write_text(
        f'kind = "ears"\n[model]\nname = "toy"\nteacher = "{teacher(tmp_path / "teacher")}"\n'
        '[vocabulary]\nfiles = ["words.txt"]\n',
        encoding="utf-8",
    )
    return folder


def test_a_text_index_is_searched_by_voice(recipe: Path, tmp_path: Path) -> None:
    index = Index.create(tmp_path / "i", load_encoder(tmp_path / "teacher"))
    index.add([Item(word) for word in WORDS])
    run = ["train", str(recipe), "--data", str(tmp_path / "data"), "--out", str(tmp_path / "run")]
    assert main(run) == Exit.DONE

    ears = load_encoder(tmp_path / "run" / "model")
    voice = load_audio(VOICE)
    (hit, *_) = Index.open(tmp_path / "i", ears).search(voice, limit=3)
    light = load_encoder()
    cosines = light.encode_speech([voice])[0] @ light.encode_text(WORDS).T
    assert hit.text == WORDS[int(cosines.argmax())]

    likely = np.exp(30 * cosines) / np.exp(30 * cosines).sum()
    meanings = load_encoder(tmp_path / "teacher").encode_text(WORDS)
    by_hand = likely @ meanings - 0.8 * meanings.mean(axis=0)
    found = ears.encode_speech([voice])[0]
    np.testing.assert_allclose(found, by_hand / np.linalg.norm(by_hand), atol=1e-4)


def test_a_model_that_is_there_is_not_made_again(recipe: Path, tmp_path: Path) -> None:
    (tmp_path / "run" / "model").mkdir(parents=True)
    run = ["train", str(recipe), "--data", str(tmp_path / "data"), "--out", str(tmp_path / "run")]
    assert main(run) == Exit.FAILED
    assert list((tmp_path / "run" / "model").iterdir()) == []


def test_fresh_makes_the_model_again(recipe: Path, tmp_path: Path) -> None:
    old = tmp_path / "run" / "model" / "old"
    old.mkdir(parents=True)
    run = ["train", str(recipe), "--data", str(tmp_path / "data"), "--out", str(tmp_path / "run"), "--fresh"]
    assert main(run) == Exit.DONE
    assert not old.exists()
    assert load_encoder(tmp_path / "run" / "model").card.dimension


def test_words_come_once_short_texts_whole_and_long_ones_apart(tmp_path: Path) -> None:
    rows = [{"en": "Good morning!"}, {"sw": "samaki"}, {"en": "The dog, the DOG ran home."}]
    with lzma.open(tmp_path / "a.jsonl.xz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    config = Vocabulary(files=("a.jsonl.xz",))
    assert vocabulary(config, tmp_path) == ["good morning", "the", "dog", "ran", "home"]
    assert vocabulary(Vocabulary(files=("a.jsonl.xz",), most=2), tmp_path) == ["good morning", "the"]


@pytest.mark.parametrize(
    ("name", "told"), [("missing.txt", "cannot be read"), ("a.pdf", "words come from"), ("b.txt", "no words")]
)
def test_a_vocabulary_that_is_none_is_named(name: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("1 2 3\n", encoding="utf-8")
    with pytest.raises(PolyvoxError, match=told):
        vocabulary(Vocabulary(files=(name,)), tmp_path)
