"""Both ways to cut a text give the same subwords."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from polyvox.encode import subwords
from polyvox.encode.subwords import Subwords, read_tokenizer, write_tokenizer

VOCABULARY = [
    ("<unk>", -9.0),
    ("a", -3.0),
    ("b", -3.0),
    ("ab", -6.0),
    ("ba", -4.5),
    ("aba", -7.5),
    ("é", -5.0),
    ("日本", -2.0),
]


def written(folder: Path, *, level: bool = True) -> Path:
    tokenizer = Tokenizer(models.Unigram(VOCABULARY, unk_id=0))
    if level:
        tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("isolated")]
        )
    return packed(folder, tokenizer.to_str())


def packed(folder: Path, content: str) -> Path:
    path = folder / "tokenizer.json.gz"
    write_tokenizer(path, content)
    return path


@pytest.mark.parametrize("level", [True, False])
def test_every_text_is_cut_as_the_library_cuts_it(tmp_path: Path, level: bool) -> None:
    path = written(tmp_path, level=level)
    chooser = random.Random(0)
    texts = ["", "  ", "日", "日本", "日日本日日", "A\u0301", "<unk>"]
    texts += ["".join(chooser.choices("aab B.é日本☂", k=chooser.randrange(30))) for _ in range(500)]
    cut = Subwords(path)
    assert cut._quick is not None
    library = Tokenizer.from_str(read_tokenizer(path)).encode_batch_fast(texts, add_special_tokens=False)
    assert cut.ids(texts) == [encoding.ids for encoding in library]
    assert "tokenizer" not in cut.__dict__


def test_equal_tokenizers_have_equal_bytes(tmp_path: Path) -> None:
    path = written(tmp_path)
    before = path.read_bytes()
    packed(tmp_path, Tokenizer.from_str(read_tokenizer(path)).to_str(pretty=True))
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", [lambda content: content[:40], lambda _: b"broken", lambda _: b""])
def test_a_damaged_file_is_told(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = written(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=r"tokenizer.json.gz is damaged"):
        Subwords(path)


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path)
    monkeypatch.setattr(subwords, "_MOST_BYTES", 100)
    with pytest.raises(ValueError, match="unpacks to more than"):
        Subwords(path)


def test_many_characters_go_to_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subwords, "_CHARACTERS_HERE", 5)
    cut = Subwords(written(tmp_path))
    first = cut.ids(["abab"])
    assert "tokenizer" not in cut.__dict__
    assert cut.ids(["abab"]) == first
    assert "tokenizer" in cut.__dict__
    assert cut._quick is None


def test_other_tokenizers_are_left_to_the_library(tmp_path: Path) -> None:
    tokenizer = Tokenizer(models.WordLevel({"<unk>": 0, "a": 1}, unk_token=VOCABULARY[0][0]))
    cut = Subwords(packed(tmp_path, tokenizer.to_str()))
    assert len(cut) == 2
    assert cut.ids(["a"]) == [[1]]


@pytest.mark.parametrize("content", [{}, {"model": 3}, {"model": {"type": "Unigram"}}, [], 7])
def test_json_that_is_no_tokenizer_is_refused(tmp_path: Path, content: object) -> None:
    path = packed(tmp_path, json.dumps(content))
    with pytest.raises(ValueError, match="no tokenizer"):
        Subwords(path)
