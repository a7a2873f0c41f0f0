"""Pooling by a learned query."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")

from polyvox.modules.heads.learned_query import Pooling, QuerySizes  # noqa: E402


@pytest.mark.parametrize("layers", [0, 1, 3])
@pytest.mark.parametrize("pooling", list(Pooling))
def test_padding_changes_nothing(layers: int, pooling: Pooling) -> None:
    torch.manual_seed(0)
    pooler = QuerySizes(8, layers, pooling=pooling).pooler().eval()
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
    pooler: Any = QuerySizes(8, layers).pooler()
    (pooler(torch.randn(2, 5, 8), torch.ones(2, 5, dtype=torch.bool)) * torch.randn(8)).sum().backward()
    assert pooler.query.grad is not None
    assert pooler.query.grad.abs().sum() > 0


def test_the_weights_by_hand() -> None:
    pooler = QuerySizes(1).pooler()
    frames = torch.tensor([[[0.0], [torch.log(torch.tensor(3.0)).item()], [50.0]]])
    pooled = pooler(frames, torch.tensor([[True, True, False]]))
    # The query is 1, so the weights are softmax(0, ln 3) = 1/4, 3/4.
    assert pooled.item() == pytest.approx(0.75 * 1.0986123, abs=1e-6)


def test_mean_and_maximum_by_hand() -> None:
    frames = torch.tensor([[[3.0, -3.0], [-3.0, 3.0], [1.0, -1.0], [50.0, 7.0]]])
    mask = torch.tensor([[True, True, True, False]])
    # A layer norm of two values makes them 1 and −1; two of the three frames are (1, −1).
    wanted = {Pooling.MEAN: (1 / 3, -1 / 3), Pooling.MAX: (1.0, 1.0)}
    for pooling, values in wanted.items():
        pooler: Any = QuerySizes(2, pooling=pooling).pooler()
        with torch.no_grad():
            pooler.leave.weight.copy_(torch.eye(2))
        assert pooler(frames, mask)[0].tolist() == pytest.approx(values, abs=1e-4)


def test_a_pooling_may_be_named() -> None:
    assert QuerySizes(2, pooling="max").pooling is Pooling.MAX  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'median' is not a valid Pooling"):
        QuerySizes(2, pooling="median")  # type: ignore[arg-type]
