from __future__ import annotations

from pathlib import Path

import pytest
import torch

from polyvox.errors import PolyvoxError
from polyvox.modules.sentence_reader import SentenceReader
from polyvox.train.sonar.network import learn_tokenizer


@pytest.fixture(scope="module")
def reader() -> SentenceReader:
    from transformers import Qwen3Config, Qwen3ForCausalLM

    tokenizer = learn_tokenizer(["which comes next? A B"] * 5, 280, ["__und__"])
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
    )
    torch.manual_seed(1)
    return SentenceReader(Qwen3ForCausalLM(config), tokenizer, 4).eval()


def test_padding_changes_no_answer(reader: SentenceReader) -> None:
    """Fewer sentences than the others of the batch, and a shorter answer, leave a row as it is alone."""
    question, answers = reader.tokens("which?"), [reader.tokens("A"), reader.tokens("B A next")]
    vectors = torch.randn(2, 3, 4)
    mask = torch.tensor([[True, False, False], [True, True, True]])
    together = reader(vectors, mask, question, answers)
    alone = reader(vectors[:1, :1], mask[:1, :1], question, answers[:1])
    assert together[0].item() == pytest.approx(alone[0].item(), abs=1e-5)


def test_answers_of_one_token_are_a_distribution(reader: SentenceReader) -> None:
    vectors, mask = torch.randn(1, 2, 4), torch.ones(1, 2, dtype=torch.bool)
    size = reader.network.config.vocab_size
    each = reader(
        vectors.expand(size, -1, -1),
        mask.expand(size, -1),
        reader.tokens("which?"),
        [[n] for n in range(size)],
    )
    assert each.exp().sum().item() == pytest.approx(1, abs=1e-4)
    best = int(each.argmax())
    choices = [reader.tokenizer.convert_ids_to_tokens(best), "A"]
    if reader.tokens(choices[0]) == [best]:
        assert reader.choose(vectors, mask, "which?", choices) == [0]


def test_it_saves_and_loads(reader: SentenceReader, tmp_path: Path) -> None:
    reader.save(tmp_path)
    again = SentenceReader.load(tmp_path)
    vectors, mask = torch.randn(2, 2, 4), torch.ones(2, 2, dtype=torch.bool)
    asked, said = reader.tokens("which?"), [reader.tokens("A"), reader.tokens("B")]
    assert torch.allclose(again(vectors, mask, asked, said), reader(vectors, mask, asked, said), atol=1e-6)
    with pytest.raises(PolyvoxError, match="no reader"):
        SentenceReader.load(tmp_path / "none")
