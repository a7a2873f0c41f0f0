"""Long rows are learned in parts too, none of which is a text of a test."""

from __future__ import annotations

import json
import lzma
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from polyvox.train.packed import PackedRows
from polyvox.train.recipe import TextRecipe
from polyvox.train.text_corpus import cut_rows, first_values, packed, read_sources, vocabulary

RECIPE = TextRecipe(
    sources={"code": 1.0}, vocabulary=80, dimension=16, matryoshka=(16,), cuts={"code": 2}, cut_tokens=6
)
LETTERS = {"en": "abcdefghij", "ru": "абвгдежзик"}


def sentence(numbers: list[int], letters: str) -> str:
    """Four clauses of four words each."""
    clauses = [numbers[begin : begin + 4] for begin in range(0, 16, 4)]
    return ", ".join(" ".join(letters[number] * 3 for number in clause) for clause in clauses) + "."


@pytest.fixture
def rows() -> list[list[int]]:
    chooser = random.Random(0)
    return [[chooser.randrange(10) for _ in range(16)] for _ in range(300)]


def write(folder: Path, rows: list[list[int]], tested: list[str]) -> Path:
    folder.mkdir(exist_ok=True)
    with lzma.open(folder / "train-code.jsonl.xz", "wt", encoding="utf-8") as stream:
        for numbers in rows:
            row = {tag: sentence(numbers, letters) for tag, letters in LETTERS.items()}
            stream.write(json.dumps(row) + "\n")
    with lzma.open(folder / "test-code.jsonl.xz", "wt", encoding="utf-8") as stream:
        stream.write(json.dumps({"en": tested}) + "\n")
    return folder


def cut(recipe: TextRecipe, data: Path, out: Path) -> list[PackedRows]:
    out.mkdir()
    read = read_sources(recipe, data, out)
    tokenizer = vocabulary(recipe, read, out)
    kept, _ = packed(recipe, read, tokenizer)
    return cut_rows(recipe, kept, first_values(recipe, kept, out), tokenizer, data)


def test_halves_and_quarters(rows: list[list[int]], tmp_path: Path) -> None:
    halved, quartered = cut(RECIPE, write(tmp_path / "data", rows, []), tmp_path / "out")
    assert halved.rows > 400
    assert quartered.rows > 700
    lengths = [len(text) for text in quartered.bags]
    assert np.median(lengths) < np.median([len(text) for text in halved.bags])
    assert cut(replace(RECIPE, cuts={}), tmp_path / "data", tmp_path / "none") == []


def test_a_part_that_a_test_has_is_dropped(rows: list[list[int]], tmp_path: Path) -> None:
    """Whatever its case, spacing and punctuation, in the language in which the test has it."""
    before = cut(RECIPE, write(tmp_path / "data", rows, []), tmp_path / "before")
    tested = [sentence(numbers, LETTERS["en"])[:32].upper().replace(",", " !") for numbers in rows[:50]]
    after = cut(RECIPE, write(tmp_path / "data", rows, tested), tmp_path / "after")
    dropped = before[0].rows - after[0].rows
    assert 30 < dropped <= 50  # a row of two languages goes with either; some of the 50 were held out


def test_first_values_are_kept_for_a_run_that_goes_on(rows: list[list[int]], tmp_path: Path) -> None:
    data, out = write(tmp_path / "data", rows, []), tmp_path / "out"
    cut(RECIPE, data, out)
    stored = np.load(out / "first.npy")
    np.save(out / "first.npy", stored * 2)
    assert (first_values(RECIPE, [], out) == stored * 2).all()
