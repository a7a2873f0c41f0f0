"""One run of a recipe of the kind `ears`: a vocabulary in two spaces, and no training."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from polyvox.encode.load import DEFAULT_MODEL, default_model_folder
from polyvox.encode.protocol import Vectors
from polyvox.errors import PolyvoxError
from polyvox.modules.heard_words import HeardWords, as_tensor
from polyvox.modules.space import join
from polyvox.train.ears.recipe import EarsRecipe, read_recipe
from polyvox.train.ears.vocabulary import vocabulary
from polyvox.train.kinds import Order
from polyvox.train.progress import Progress
from polyvox.train.tower.teacher import Teacher

MODEL = "model"
BLOCK = 512
COMMON = 0.8
"""How much of the vocabulary's mean vector is taken off: an unsure question is the mean of many words, and
would be near to whatever says nothing in particular."""


def run_ears(order: Order) -> int:
    """Make the model, or say what it would take.

    Raises:
        PolyvoxError: the recipe, a file or the teacher is not right, or a model is there already.
    """
    recipe = read_recipe(order.recipe)
    words = vocabulary(recipe.vocabulary, order.data)
    if order.check:
        sys.stderr.write(
            f"{len(words):,} words from {len(recipe.vocabulary.files)} files; nothing is trained\n"
        )
        return 0
    model = order.out / MODEL
    if model.exists() and not order.fresh:
        raise PolyvoxError(f"{model} is there already; give another --out, or --fresh to make it again")
    make(recipe, words, model)
    sys.stderr.write(f"model: {model}\n")
    return 0


def make(recipe: EarsRecipe, words: list[str], folder: Path) -> None:
    """Write the model of text and speech.

    Raises:
        PolyvoxError: the teacher or the light model cannot be opened.
    """
    light = default_model_folder() if recipe.model.light == DEFAULT_MODEL else Path(recipe.model.light)
    teacher = Teacher(recipe.model.teacher)
    progress = Progress("words", len(words))
    blocks: list[Vectors] = []
    for begin in range(0, len(words), BLOCK):
        blocks.append(teacher(words[begin : begin + BLOCK]).numpy())
        progress.advance(len(blocks[-1]))
    meanings = np.concatenate(blocks)
    meanings -= COMMON * meanings.mean(axis=0)
    heard = as_tensor(_heard(light, words))
    ears = HeardWords(light, words, heard, as_tensor(meanings), recipe.model.sharpness)
    modules, prompts = teacher.modules()
    draft = folder.with_name(f"{folder.name}.{os.getpid()}")
    join(modules, ears, prompts).save(str(draft), create_model_card=False)
    (draft / "README.md").write_text(_card(recipe, teacher, words), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    draft.replace(folder)


def _heard(light: Path, words: list[str]) -> NDArray[np.float32]:
    from polyvox.encode.light import LightEncoder

    return LightEncoder(light).encode_text(words)


def _card(recipe: EarsRecipe, teacher: Teacher, words: list[str]) -> str:
    model = recipe.model
    return (
        f"---\nlicense: {model.licence}\nlibrary_name: sentence-transformers\n"
        f"tags: [polyvox, speech, retrieval]\n---\n# {model.name}\n\n"
        f"Recordings in the space of the text model `{model.teacher}` (fingerprint `{teacher.fingerprint}`), "
        f"whose text half is unchanged. Nothing was trained: the light model `{model.light}` hears words, "
        f"and {len(words):,} words of the files {', '.join(recipe.vocabulary.files)} have a vector in both "
        "spaces. What is said in other words is not found.\n"
    )
