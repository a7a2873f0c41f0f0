"""Pooling by a learned query."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")

from polyvox.modules.heads.learned_query import QuerySizes  # noqa: E402


@pytest.mark.parametrize("layers", [0, 1, 3])
def test_padding_changes_nothing(layers: int) -> None:
    torch.manual_seed(0)
    pooler = QuerySizes(8, layers).pooler().eval()
    frames = torch.randn(3, 6, 8)
    mask = torch.arange(6) < torch.tensor([[6], [4], [1]])
    frames[1, 4:] = torch.nan
    together = pooler(frames, mask)
    assert together.shape == (3, 8)
    for row, length in enumerate((6, 4, 1)):
        alone = pooler(frames[row : row + 1, :length], mask[row : row + 1, :length])
        torch.testing.assert_close(together[row], alone[0])


@pytest.mark.parametrize("layers", [0, 2])
def test_the_query_learns(layers: int) -> None:
    torch.manual_seed(0)
    pooler = QuerySizes(8, layers).pooler()
    (pooler(torch.randn(2, 5, 8), torch.ones(2, 5, dtype=torch.bool)) * torch.randn(8)).sum().backward()
    assert pooler.query.grad is not None
    assert pooler.query.grad.abs().sum() > 0


def test_the_weights_by_hand() -> None:
    pooler = QuerySizes(1).pooler()
    frames = torch.tensor([[[0.0], [torch.log(torch.tensor(3.0)).item()], [50.0]]])
    pooled = pooler(frames, torch.tensor([[True, True, False]]))
    # The query is 1, so the weights are softmax(0, ln 3) = 1/4, 3/4.
    assert pooled.item() == pytest.approx(0.75 * 1.0986123, abs=1e-6)
