from __future__ import annotations

from pathlib import Path

import pytest
import torch

from polyvox.errors import PolyvoxError
from polyvox.modules.heads.learned_query import QuerySizes
from polyvox.modules.heads.sentence import SentenceHead, SentenceSizes


def head() -> SentenceHead:
    torch.manual_seed(1)
    return SentenceHead(SentenceSizes(6, QuerySizes(8, 1, 2))).eval()


def test_a_recording_alone_has_the_vector_that_it_has_in_a_batch() -> None:
    made = head()
    frames = torch.randn(2, 7, 6)
    mask = torch.arange(7) < torch.tensor([[3], [7]])
    frames[0, 3:] = torch.nan
    together, alone = made(frames, mask), made(frames[:1, :3], mask[:1, :3])
    assert torch.allclose(together[0], alone[0], atol=1e-6)
    assert torch.allclose(together.norm(dim=1), torch.ones(2), atol=1e-6)


def test_every_weight_learns() -> None:
    made = head()
    made(torch.randn(2, 5, 6), torch.ones(2, 5, dtype=torch.bool))[:, 0].sum().backward()
    still = [name for name, weight in made.named_parameters() if weight.grad is None]
    assert still == []


def test_it_saves_and_loads(tmp_path: Path) -> None:
    made = head()
    made.save(tmp_path / "h")
    frames, mask = torch.randn(1, 4, 6), torch.ones(1, 4, dtype=torch.bool)
    assert torch.equal(SentenceHead.load(tmp_path / "h")(frames, mask), made(frames, mask))
    with pytest.raises(PolyvoxError, match="holds no head of one query"):
        SentenceHead.load(tmp_path)
