"""A tiny folder of data, and recipes that train on it in seconds."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import numpy as np

from polyvox.item import Audio
from polyvox.train.manifest import Recording, write_manifest
from polyvox.train.split import Part, part_of
from polyvox.train.waves import write_wav

WORDS = {
    "en": ["one", "two", "red", "blue", "house", "tree", "is", "was", "Paris", "Rome"],
    "fr": ["un", "deux", "rouge", "bleu", "maison", "arbre", "est", "était", "Paris", "Rome"],
    "es": ["uno", "dos", "rojo", "azul", "casa", "árbol", "es", "era", "París", "Roma"],
    "pt": ["um", "dois", "vermelho", "azulado", "lar", "planta", "é", "foi", "Lisboa", "Porto"],
}
PACE = "pace = {{ steps = {steps}, batch = 4, warmup = 1, save_every = 1, rate = 1e-3, bf16 = false }}"
RECIPE = """
kind = "sonar"

[text]
languages = ["en", "fr"]
vocabulary_languages = ["es"]
sources = { tiny = 1.0, other = 1.0 }
longest = 12

[model]
vocabulary = 300
width = 16
heads = 2
inner = 16
encoder_layers = 1
decoder_layers = 1

[measure]
xquad = false
written = 3
edits = 2
"""
STAGES = {
    "translate": f"[translate]\n{PACE}\n",
    "decoder": f"[decoder]\n{PACE}\n",
    "contrast": f"[contrast]\n{PACE}\n",
    "hard": f"[hard]\nhard = 2\n{PACE}\n",
    "extend": f'[[extend]]\nlanguages = ["es"]\ntokens_first = 1\n{PACE}\n',
    "extend-2": f'[[extend]]\nlanguages = ["pt"]\nkeep = "freeze"\ntokens_first = 1\n{PACE}\n',
    "speech": f'[speech]\nsets = ["tiny"]\nlanguages = ["en", "fr"]\nfront = "log-mel"\npooler_layers = 1\n'
    f'contrast = 0.1\ncompared = ["mean", "max"]\n{PACE}\n',
    "spectrum": f'[spectrum]\npassages = "tiny"\nwidth = 16\nlayers = 1\n{PACE}\n',
}


def recipe(folder: Path, *stages: str, steps: int = 2, more: str = "") -> Path:
    """A folder with a recipe of the stages, `translate` among them."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = [STAGES[stage].format(steps=steps) for stage in ("translate", *stages)]
    (folder / "recipe.toml").write_text(RECIPE + "\n".join(parts) + more, encoding="utf-8")
    return folder


def data(folder: Path) -> Path:
    """Rows in four languages from two sources, test pairs, and spoken words."""
    text = folder / "text"
    text.mkdir(parents=True)
    _write(text / "train-tiny.jsonl.xz", [_row(number) for number in range(1000)])
    _write(text / "train-other.jsonl.xz", [_row(number + 5000) for number in range(1000)])
    tested = [_row(number + 3000) for number in range(12)]
    pairs = [
        {"eng": row["en"], code: row[language]}
        for row in tested
        for code, language in (("fra", "fr"), ("spa", "es"), ("por", "pt"))
    ]
    _write(text / "test-tatoeba.jsonl.xz", pairs)
    _speech(folder / "speech" / "tiny")
    return folder


def sentence(language: str, number: int) -> str:
    """A sentence of three words and a number, the same in all languages."""
    words = WORDS[language]
    chosen = [words[number % 10], words[number // 10 % 10], words[number // 100 % 10]]
    return f"{' '.join(chosen)} {number}"


def _row(number: int) -> dict[str, str]:
    found = {language: sentence(language, number) for language in WORDS}
    return found | {"en#2": f"There {found['en']}"}


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with lzma.open(path, "wt", encoding="utf-8", preset=0) as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _speech(folder: Path) -> None:
    dice = np.random.default_rng(1)
    rows = []
    train = [f"word{number}" for number in range(60) if part_of(f"word{number}") is not Part.TEST][:8]
    test = [f"word{number}" for number in range(60) if part_of(f"word{number}") is Part.TEST][:4]
    for language in ("en", "fr"):
        for word in (*train, *test):
            path = folder / language / f"{word}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_wav(path, Audio(dice.standard_normal(6000, np.float32)))
            rows.append(
                Recording(
                    f"{language}/{word}.wav", language, f"words/{word}", transcript=f"{word} {language}"
                )
            )
    write_manifest(folder / "manifest.tsv", rows)
