"""The recipe `ears` on tiny data: from recordings to an index of texts that is searched by voice."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
library = pytest.importorskip("sentence_transformers", reason="needs the extra 'train'")
for package in ("accelerate", "datasets", "onnx"):
    pytest.importorskip(package, reason="needs the extra 'train'")

from polyvox import Index, Item, load_encoder  # noqa: E402
from polyvox.cli import main  # noqa: E402
from polyvox.cli.exits import Exit  # noqa: E402
from polyvox.train.ears.recipe import read_recipe as read_words_recipe  # noqa: E402
from polyvox.train.tower.recipe import read_recipe  # noqa: E402

RECIPES = Path(__file__).parents[3] / "recipes"
QUERIES = Path(str(files("polyvox"))) / "samples" / "queries"
TEXTS = ["red", "green", "blue", "red green"]
WIDTH = 8

RECIPE = """
kind = "speech"
[model]
name = "toy"
teacher = "{teacher}"
student = "attention"
front = "default"
[model.sizes]
heads = 1
meaning_width = 8
meaning_layers = 1
[data]
augment = false
development = 0.0
exclude = ["test-texts.txt"]
[[data.sources]]
path = "manifest.tsv"
[losses]
contrastive = 1.0
[training]
steps = 2
batch = 2
warmup = 0
evaluate_every = 2
save_every = 2
log_every = 1
"""


def teacher(folder: Path) -> Path:
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    places = {"[UNK]": 0, "red": 1, "green": 2, "blue": 3}
    tokenizer = Tokenizer(models.WordLevel(places, unk_token="[UNK]"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    weights = np.random.default_rng(0).normal(size=(len(places), WIDTH)).astype(np.float32)
    static = StaticEmbedding(tokenizer, embedding_weights=weights)
    library.SentenceTransformer(modules=[static], device="cpu").save(str(folder))
    return folder


def test_the_recipes_are_right() -> None:
    trained, untrained = read_recipe(RECIPES / "ears"), read_words_recipe(RECIPES / "ears-by-words")
    assert trained.model.teacher == untrained.model.teacher
    assert trained.model.front == "default"
    assert trained.data.exclude


def test_an_index_of_texts_takes_questions_by_voice_after_training(tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "recipe"
    data.mkdir()
    folder.mkdir()
    lines = ["path\tlanguage\ttranscript"]
    for query, text in zip(sorted(QUERIES.glob("*.ogg")), TEXTS, strict=True):
        shutil.copy(query, data / query.name)
        lines.append(f"{query.name}\ten\t{text}")
    (data / "manifest.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (data / "test-texts.txt").write_text("Blue!\n", encoding="utf-8")
    recipe = RECIPE.format(teacher=teacher(tmp_path / "teacher"))
    (folder / "recipe.toml").write_text(recipe, encoding="utf-8")
    index = tmp_path / "index"
    Index.create(index, load_encoder(tmp_path / "teacher")).add([Item(text) for text in TEXTS])

    run = tmp_path / "run"
    assert main(["train", str(folder), "--data", str(data), "--out", str(run)]) == Exit.DONE
    assert "1 with a text of the exclusion files" in (run / "model" / "README.md").read_text()
    ears = load_encoder(run / "model")
    assert ears.card.text_fingerprint == load_encoder(tmp_path / "teacher").card.fingerprint
    voice = str(next(QUERIES.glob("*.ogg")))
    assert main(["search", "--voice", voice, "--in", str(index), "--model", str(run / "model")]) == Exit.DONE
