"""The parts of the recipe one by one: what is read, what is drawn, what is measured."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers", reason="needs the extra 'train'")
pytest.importorskip("sentence_transformers", reason="needs the extra 'train'")
pytest.importorskip("jiwer", reason="needs the extra 'evaluate'")

from tests.train.dual_encoder.tiny import write_data  # noqa: E402

from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.item import Modality  # noqa: E402
from polyvox.modules.prefixes import Prefixes  # noqa: E402
from polyvox.train.dual_encoder.corpus import Corpus, build_corpus, open_corpus  # noqa: E402
from polyvox.train.dual_encoder.documents import documents, open_library  # noqa: E402
from polyvox.train.dual_encoder.dual_section import Dual  # noqa: E402
from polyvox.train.dual_encoder.language_model import (  # noqa: E402
    next_token_loss,
    perplexity,
    small_qwen3,
    train_language_model,
)
from polyvox.train.dual_encoder.language_section import LanguageModel  # noqa: E402
from polyvox.train.dual_encoder.objective import DualObjective  # noqa: E402
from polyvox.train.dual_encoder.pairs import Pair, PairDraws, Side, translation_pairs  # noqa: E402
from polyvox.train.dual_encoder.retrieval import Asked, Spoken, figures, mean_figures, measure  # noqa: E402
from polyvox.train.dual_encoder.speech_section import Speech as SpeechSection  # noqa: E402
from polyvox.train.dual_encoder.table import GROUPS, write_table  # noqa: E402
from polyvox.train.dual_encoder.unit_stage import UnitStage  # noqa: E402
from polyvox.train.human_speech import human_speech  # noqa: E402
from polyvox.train.rows import text_hash  # noqa: E402

SMALL = LanguageModel(
    languages=("en", "pl"),
    sources={"tiny": 1.0},
    documents=40,
    vocabulary=300,
    width=64,
    layers=1,
    steps=4,
    batch=2,
    length=8,
    bf16=False,
    save_every=2,
)


def test_units_are_found_again_by_another_spelling_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_data(tmp_path / "data")
    speech = SpeechSection(
        sets=("tiny",), seen=("en", "pl"), unseen=("el",), front="log-mel", units=5, max_seconds=2.0
    )
    monkeypatch.chdir(tmp_path)
    found = [
        UnitStage(speech, tmp_path / "units").units_of(
            [one for one in human_speech(data / "speech", ["tiny"], {}) if one.text], print
        )
        for data in (tmp_path / "data", Path("data"), Path("units/../data"))
    ]
    assert found[0]
    for one in found[1:]:
        assert list(one.values()) == list(found[0].values())
        assert [path.resolve() for path in one] == list(found[0])


def test_documents_hold_one_row_and_no_unwanted_text(tmp_path: Path) -> None:
    write_data(tmp_path)
    unwanted = frozenset({text_hash("sentence b in en")})
    library = open_library(tmp_path / "text", ["tiny"], ["en", "pl"], unwanted)
    drawn = list(documents(library, {"tiny": 1.0}, 200, Prefixes(), seed=3))
    assert drawn == list(documents(library, {"tiny": 1.0}, 200, Prefixes(), seed=3))
    assert "[en text] sentence b in en" not in " ".join(drawn)
    assert any("[pl text] sentence b in pl" in document for document in drawn)
    both = next(document for document in drawn if document.count("[") == 2)
    letters = {part.split()[0] for part in both.split("sentence ")[1:]}
    assert len(letters) == 1
    held_out = set(documents(library, {"tiny": 1.0}, 200, Prefixes(), seed=3, held_out=True))
    assert not held_out & set(drawn)


def test_a_missing_file_or_language_is_named(tmp_path: Path) -> None:
    write_data(tmp_path)
    with pytest.raises(PolyvoxError, match="train-other"):
        open_library(tmp_path / "text", ["other"], ["en"], frozenset())
    with pytest.raises(PolyvoxError, match="xx"):
        open_library(tmp_path / "text", ["tiny"], ["xx"], frozenset())


def corpus(folder: Path) -> Corpus:
    write_data(folder)
    library = open_library(folder / "text", ["tiny"], SMALL.languages, frozenset())
    assert open_corpus(folder / "corpus") is None
    build_corpus(library, SMALL, Prefixes(), folder / "corpus")
    found = open_corpus(folder / "corpus")
    assert found is not None
    return found


def test_the_next_token_is_predicted_from_those_before(tmp_path: Path) -> None:
    model = small_qwen3(SMALL, 300).eval()
    batch = torch.tensor([[1, 2, 3, 4]])
    odds = model(input_ids=batch).logits.log_softmax(-1)[0]
    by_hand = -(odds[0, 2] + odds[1, 3] + odds[2, 4]) / 3
    assert next_token_loss(model, batch, bf16=False).item() == pytest.approx(by_hand.item(), abs=1e-5)
    found = perplexity(model, np.array([1, 2, 3, 4], np.uint16), size=8, length=4)
    assert found["perplexity"] == pytest.approx(math.exp(by_hand.item()), rel=1e-4)
    assert found["bits_per_byte"] == pytest.approx(by_hand.item() / math.log(2) * 4 / 8, rel=1e-4)


def test_a_killed_language_model_ends_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = corpus(tmp_path)
    train_language_model(SMALL, text, 300, tmp_path / "whole")
    module = "polyvox.train.dual_encoder.language_model"
    saved = 0

    def killed(*arguments: object) -> None:
        nonlocal saved
        from polyvox.train.checkpoint import save_checkpoint

        save_checkpoint(*arguments)  # type: ignore[arg-type]
        saved += 1
        raise KeyboardInterrupt

    monkeypatch.setattr(f"{module}.save_checkpoint", killed)
    with pytest.raises(KeyboardInterrupt):
        train_language_model(SMALL, text, 300, tmp_path / "halves")
    monkeypatch.undo()
    assert saved == 1
    train_language_model(SMALL, text, 300, tmp_path / "halves")
    whole, halves = (
        json.loads((tmp_path / name / "perplexity.json").read_text(encoding="utf-8"))
        for name in ("whole", "halves")
    )
    assert halves == pytest.approx(whole)


def test_the_perplexity_is_written_after_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("polyvox.train.dual_encoder.language_model._write_perplexity", killed)
    with pytest.raises(KeyboardInterrupt):
        train_language_model(SMALL, corpus(tmp_path), 300, tmp_path / "out")
    assert (tmp_path / "out" / "model.safetensors").is_file()


def test_translation_pairs_are_short_and_share_their_english(tmp_path: Path) -> None:
    write_data(tmp_path)
    library = open_library(tmp_path / "text", ["tiny"], ["en", "pl", "el"], frozenset())
    pairs = translation_pairs(library, Dual(translation_sources=("tiny",), longest=16), ["en", "pl", "el"])
    assert {pair.left.language for pair in pairs} == {"pl", "el"}
    assert all(pair.meaning == text_hash(pair.right.written) for pair in pairs)
    assert not translation_pairs(library, Dual(translation_sources=("tiny",), longest=5), ["pl"])


def some_pairs(kind: Modality, count: int) -> list[Pair]:
    text = [Side(Modality.TEXT, "en", f"{kind} {number}") for number in range(count)]
    return [Pair(Side(kind, "pl", "u" * number), side, number) for number, side in enumerate(text)]


def test_batches_hold_one_kind_and_can_be_drawn_again() -> None:
    spoken, translated = some_pairs(Modality.SPEECH, 40), some_pairs(Modality.TEXT, 9)
    draws = PairDraws(
        spoken, translated, Dual(translation=0.5, translation_sources=("x",)), Prefixes(), 4, 60
    )
    batches = list(draws)
    assert batches == list(draws)
    assert len(batches) == len(draws) == 60
    assert all(len(batch) == 4 for batch in batches)
    kinds = [{draw.left[:9] for draw in batch} for batch in batches]
    assert all(len(kind) == 1 for kind in kinds)
    assert (
        15 < sum(kind == {"[pl text]"} for kind in [{name.strip() for name in kind} for kind in kinds]) < 45
    )


def test_a_prefix_is_left_out_as_often_as_asked() -> None:
    draws = PairDraws(some_pairs(Modality.SPEECH, 40), [], Dual(unknown=0.25), Prefixes(), 20, 50)
    sides = [text for batch in draws for draw in batch for text in (draw.left, draw.right)]
    unknown = sum(text.startswith("[und ") for text in sides) / len(sides)
    assert unknown == pytest.approx(0.25, abs=0.04)
    never = PairDraws(some_pairs(Modality.SPEECH, 40), [], Dual(), Prefixes(), 20, 5)
    assert not any(draw.left.startswith("[und ") for batch in never for draw in batch)


def test_recordings_of_similar_length_stand_together() -> None:
    draws = PairDraws(some_pairs(Modality.SPEECH, 64), [], Dual(), Prefixes(), 8, 8)
    spans = [
        max(lengths) - min(lengths) for lengths in ([len(draw.left) for draw in batch] for batch in draws)
    ]
    assert max(spans) == 7


def test_figures_by_hand() -> None:
    # Recording 0 finds its text; 1 ties with a wrong one, so it is second; 2 has the text of 0, third.
    scores = np.array([[0.9, 0.1, 0.0], [0.5, 0.5, 0.1], [0.1, 0.2, 0.3]], np.float32)
    found = figures(scores, ["one two", "three", "one two"], ["one two", "three", "four"])
    assert (found.recordings, found.pool) == (3, 3)
    assert found.recall_1 == pytest.approx(1 / 3)
    assert found.recall_5 == 1.0
    assert found.mrr == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)
    # Back: text 0 finds recording 0, text 1 finds recording 1, text 2 has none and is the last.
    assert found.back_1 == pytest.approx(2 / 3)
    # First texts: "one two", "one two" for "three", "four" for "one two": 0 + 2 + 2 errors in 5 words.
    assert found.wer == pytest.approx(4 / 5)


def test_what_the_prefix_says_when_a_recording_asks() -> None:
    read: list[str] = []

    def encode(written: object) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        assert isinstance(written, list)
        read.extend(written)
        return np.ones((len(written), 2), np.float32)

    spoken = [Spoken("el", "<u>", "ναι", "el"), Spoken("pl", "<u>", "tak", "pl")]
    starts = {}
    for asked in Asked:
        read.clear()
        found = measure(encode, spoken, Prefixes(), asked)
        starts[asked] = list(islice(read, 0, None, 2))
        assert set(read[1::2]) == {"[el text] ναι", "[pl text] tak"}
    assert starts[Asked.RIGHT] == ["[el speech]<u>", "[pl speech]<u>"]
    assert starts[Asked.WRONG] == ["[pl speech]<u>", "[el speech]<u>"]
    assert starts[Asked.UNKNOWN] == ["[und speech]<u>"] * 2
    assert starts[Asked.NONE] == ["<u>"] * 2
    assert mean_figures(found, ["el", "pl"])["recordings"] == 2
    assert mean_figures(found, ["xx"]) == {}


def test_rows_of_one_meaning_are_not_pushed_apart() -> None:
    model: Any = dict
    rows = torch.eye(3)[[0, 0, 1]]
    sides = [{"sentence_embedding": rows}, {"sentence_embedding": rows}]
    labels = torch.tensor([7, 7, 8])
    found = DualObjective(model, Dual(scale=2.0, spread_out=0.5))(sides, labels)
    # Rows 0 and 1 see one negative each at cosine 0, row 2 sees two.
    contrast = (2 * math.log1p(math.exp(-2)) + math.log1p(2 * math.exp(-2))) / 3
    assert found["contrastive"].item() == pytest.approx(contrast)
    assert found["spread_out"].item() == 0.0
    apart = DualObjective(model, Dual(scale=2.0, spread_out=0.5))(sides, torch.arange(3))
    assert apart["spread_out"].item() == pytest.approx(0.5 * 2 * math.sqrt(2))


def test_chance_is_that_of_a_random_order(tmp_path: Path) -> None:
    one = figures(np.eye(2, dtype=np.float32), ["a b", "c"], ["a b", "c"])
    means = {group: {"right prefix": mean_figures({"pl": one}, ["pl"])} for group in GROUPS}
    languages = {group: {"right prefix": {"pl": asdict(one)}} for group in GROUPS}
    (tmp_path / "tower").mkdir()
    content = json.dumps({"means": means, "languages": languages})
    (tmp_path / "tower" / "figures.json").write_text(content, encoding="utf-8")
    cost = {"parameters": 1200, "processor_seconds_a_step": 0.5, "peak_megabytes": 7}
    (tmp_path / "tower" / "cost.json").write_text(json.dumps(cost), encoding="utf-8")
    table = write_table(["tower"], tmp_path, tmp_path / "table.md", {"Seed": "1"})
    assert "| chance |  | 2 | 2 | 0.500 | 1.000 | 0.750 |  |  |  |  |" in table
    assert "| tower | right prefix | 2 | 2 | 1.000 | 1.000 | 1.000 | 1.000 | 1.000 | 0.000 | 0.000 |" in table
    assert "| tower | 1,200 | 0.5 | 7 |" in table
