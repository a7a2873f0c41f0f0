"""New tokens in a language model of the real format, tied and untied."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers", reason="needs the extra 'train'")

from tests.modules.tiny_language_model import SPARE, save_qwen3  # noqa: E402

from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.modules.extended_vocabulary import extend_vocabulary  # noqa: E402
from polyvox.modules.unit_text import unit_text, unit_token  # noqa: E402

UNITS = [unit_token(unit) for unit in range(60)]


def opened(folder: Path) -> tuple[Any, Any]:
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    return model, transformers.AutoTokenizer.from_pretrained(folder)


@pytest.mark.parametrize("tied", [True, False])
def test_old_tokens_stay_and_new_ones_are_whole(tmp_path: Path, tied: bool) -> None:
    save_qwen3(tmp_path, tied=tied)
    model, tokenizer = opened(tmp_path)
    known = len(tokenizer)
    before = model.get_input_embeddings().weight.detach().clone()
    text = tokenizer("bonjour")["input_ids"]
    numbers = extend_vocabulary(model, tokenizer, UNITS)
    assert numbers == list(range(known, known + 60))
    assert tokenizer(unit_text([3, 59]))["input_ids"] == [known + 3, known + 59]
    assert tokenizer("bonjour")["input_ids"] == text
    after = model.get_input_embeddings().weight
    assert len(after) == known + 60
    assert torch.equal(after[:known], before[:known])
    assert (model.get_output_embeddings().weight is after) == tied
    if not tied:
        assert len(model.get_output_embeddings().weight) == known + 60


def test_new_rows_have_the_mean_and_covariance_of_old_ones(tmp_path: Path) -> None:
    save_qwen3(tmp_path)
    model, tokenizer = opened(tmp_path)
    known = len(tokenizer)
    rows = model.get_input_embeddings().weight
    with torch.no_grad():
        rows[:known, 0] = 3.0  # no variance
        rows[:known, 1] = 5 * rows[:known, 2]  # correlated
        rows[known:] = 100.0  # spare rows, which nobody trained
    extend_vocabulary(model, tokenizer, [f"<|{number}|>" for number in range(4000)])
    new = model.get_input_embeddings().weight[known : known + 4000]
    assert torch.allclose(new[:, 0], torch.tensor(3.0), atol=1e-4)
    assert torch.allclose(new[:, 1], 5 * new[:, 2], atol=1e-3)
    old = model.get_input_embeddings().weight[:known]
    assert new[:, 5].std().item() == pytest.approx(old[:, 5].std().item(), rel=0.1)
    assert abs(new[:, 5].mean() - old[:, 5].mean()) < 0.1 * old[:, 5].std()


def test_it_is_saved_and_opened_like_any_checkpoint(tmp_path: Path) -> None:
    save_qwen3(tmp_path / "old")
    model, tokenizer = opened(tmp_path / "old")
    extend_vocabulary(model, tokenizer, UNITS)
    model.save_pretrained(tmp_path / "new")
    tokenizer.save_pretrained(tmp_path / "new")
    again, words = opened(tmp_path / "new")
    assert again.config.vocab_size == len(words)
    ids = torch.tensor([words(unit_text([1, 2]))["input_ids"]])
    assert torch.equal(again(input_ids=ids).logits, model(input_ids=ids).logits)


def test_fewer_new_tokens_than_spare_rows(tmp_path: Path) -> None:
    save_qwen3(tmp_path)
    model, tokenizer = opened(tmp_path)
    known = len(tokenizer)
    extend_vocabulary(model, tokenizer, UNITS[:3])
    assert len(model.get_input_embeddings().weight) == known + SPARE


def test_a_second_time_is_refused(tmp_path: Path) -> None:
    save_qwen3(tmp_path)
    model, tokenizer = opened(tmp_path)
    extend_vocabulary(model, tokenizer, UNITS)
    with pytest.raises(PolyvoxError, match="already"):
        extend_vocabulary(model, tokenizer, UNITS[:1])
    with pytest.raises(PolyvoxError, match="different"):
        extend_vocabulary(model, tokenizer, ["<a>", "<a>"])
