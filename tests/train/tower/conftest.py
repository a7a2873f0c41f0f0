"""A language of tones: every word is a pitch, so that a tiny tower can learn it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from polyvox.item import Audio

WORDS = ["fire", "water", "bread", "stone", "river", "bird", "moon", "salt"]
RECIPE = """
kind = "speech"
[model]
name = "tones"
teacher = "{teacher}"
[model.sizes]
width = 16
layers = 1
heads = 2
meaning_width = 16
meaning_layers = 1
dropout = 0.1
[data]
augment = false
[[data.sources]]
path = "manifest.tsv"
licence = "CC0-1.0"
[losses]
contrastive = 1.0
ctc = 0.1
labels = "letters"
[training]
steps = {steps}
batch = 8
learning_rate = 0.01
warmup = 2
evaluate_every = {every}
save_every = {every}
log_every = 1
pool = 16
"""
MakeRecipe = Callable[..., Path]


@pytest.fixture(scope="session")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = pytest.importorskip("sentence_transformers", reason="needs the extra 'train'")
    pytest.importorskip("accelerate", reason="needs the extra 'train'")
    modules = pytest.importorskip("sentence_transformers.sentence_transformer.modules")
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(["?", *WORDS])}, unk_token="?"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    weights = np.random.default_rng(0).normal(size=(len(WORDS) + 1, 8)).astype(np.float32)
    model = library.SentenceTransformer(
        modules=[modules.StaticEmbedding(tokenizer, embedding_weights=weights)], device="cpu"
    )
    folder = tmp_path_factory.mktemp("teacher") / "tiny"
    model.save(str(folder), create_model_card=False)
    return folder


def said(words: Sequence[str], seed: int) -> Audio:
    """Words one after the other, each a tone with harmonics and a little noise, never twice the same."""
    dice = np.random.default_rng(seed)
    tones = []
    for word in words:
        pitch = 200 * 1.4 ** WORDS.index(word)
        time = np.arange(int(16_000 * dice.uniform(0.2, 0.3))) / 16_000
        wave = sum(np.sin(2 * np.pi * pitch * k * time + dice.uniform(0, 6)) / k for k in (1, 2, 3))
        tones.append(0.2 * wave + 0.01 * dice.standard_normal(len(time)))
    return Audio(np.concatenate(tones).astype(np.float32))


@pytest.fixture(scope="session")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """28 pairs of words: 22 to train on, said three times, and 6 to evaluate on, said twice."""
    from polyvox.train.manifest import Recording, write_manifest
    from polyvox.train.waves import write_wav

    folder = tmp_path_factory.mktemp("tones")
    recordings = []
    for number, words in enumerate(combinations(WORDS, 2)):
        held = number % 5 == 2
        for take in range(2 if held else 3):
            audio = said(words, 10 * number + take)
            path = f"{'-'.join(words)}-{take}.wav"
            write_wav(folder / path, audio)
            split = "dev" if held else "train"
            recordings.append(Recording(path, "en", "", split, " ".join(words), seconds=audio.seconds))
    write_manifest(folder / "manifest.tsv", recordings)
    return folder


def write_recipe(
    folder: Path, teacher: Path, replace: dict[str, str] | None = None, *, steps: int = 8, every: int = 4
) -> Path:
    """Writes the recipe above, with lines replaced, and returns its folder."""
    text = RECIPE.format(teacher=teacher, steps=steps, every=every)
    for old, new in (replace or {}).items():
        assert old in text
        text = text.replace(old, new)
    folder.mkdir(exist_ok=True)
    (folder / "recipe.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def make_recipe(tmp_path: Path, teacher: Path) -> MakeRecipe:
    return partial(write_recipe, tmp_path / "recipe", teacher)
