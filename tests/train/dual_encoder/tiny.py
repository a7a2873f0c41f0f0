"""A tiny folder of data, and a recipe that trains on it in seconds."""

from __future__ import annotations

import json
import lzma
from itertools import islice
from pathlib import Path

import numpy as np

from polyvox.item import Audio
from polyvox.train.manifest import Recording, write_manifest
from polyvox.train.split import Part, part_of
from polyvox.train.waves import write_wav

LANGUAGES = ("en", "pl", "el")
RECIPE = """
kind = "dual-encoder"

[speech]
sets = ["tiny"]
seen = ["en", "pl"]
unseen = ["el"]
front = {front}
units = 5
max_seconds = 2.0

[language_model]
{language_model}

[dual]
translation_sources = ["tiny"]

[variants.first]
translation = 0.4

[variants.second]
start = "random"
prefix = false

[training]
steps = 3
batch = 4
warmup = 1
learning_rate = 1e-2
evaluate_every = 1
save_every = 1
"""
SMALL = """languages = ["en", "pl", "el"]
sources = {{ tiny = 1.0 }}
documents = 60
vocabulary = 320
width = 64
layers = 1
steps = {steps}
batch = 2
length = 8
bf16 = false
save_every = 1
"""


def words(part: Part, count: int) -> list[str]:
    """Made-up meanings of one part."""
    named = (f"w{chr(97 + number // 26)}{chr(97 + number % 26)}" for number in range(600))
    return list(islice((word for word in named if part_of(word) is part), count))


def write_data(data: Path) -> None:
    """Twelve meanings in three languages, each with a tone of its own."""
    meanings = [*words(Part.TRAIN, 8), *words(Part.TEST, 4)]
    folder = data / "speech" / "tiny"
    rows = []
    for number, meaning in enumerate(meanings):
        for shift, language in enumerate(LANGUAGES):
            path = f"{language}-{number}.wav"
            folder.mkdir(parents=True, exist_ok=True)
            steps = np.arange(8_000 + 500 * number)
            samples = np.sin(steps * 0.02 * (number + 1) * (1 + 0.1 * shift)).astype(np.float32)
            write_wav(folder / path, Audio(samples))
            text = f"{meaning} {language}"
            rows.append(Recording(path, language, f"tiny/{meaning}", transcript=text))
    write_manifest(folder / "manifest.tsv", rows)
    (data / "text").mkdir()
    with lzma.open(data / "text" / "train-tiny.jsonl.xz", "wt", encoding="utf-8") as file:
        for number in range(30):
            row = {language: f"sentence {chr(97 + number)} in {language}" for language in LANGUAGES}
            file.write(json.dumps(row) + "\n")
        file.write(json.dumps({"en": f"{meanings[-1]} en", "pl": "leaks"}) + "\n")


def write_recipe(folder: Path, *, front: str = "log-mel", start: str = "", steps: int = 3) -> Path:
    """The recipe, with a language model that is trained or taken."""
    folder.mkdir(exist_ok=True)
    taken = f'start = "{start}"\nlanguages = ["en", "pl", "el"]'
    language_model = taken if start else SMALL.format(steps=steps)
    text = RECIPE.format(front=json.dumps(front), language_model=language_model)
    (folder / "recipe.toml").write_text(text, encoding="utf-8")
    return folder
