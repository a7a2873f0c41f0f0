"""The fusions of two branches."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")

from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.modules.branch_fusion import FUSIONS, FusionSizes, GatedFusion, load_fusion  # noqa: E402

SIZES = FusionSizes(first=6, second=10, dimension=24)


@pytest.mark.parametrize("kind", FUSIONS)
def test_unit_vectors_that_do_not_depend_on_the_batch(kind: str) -> None:
    torch.manual_seed(0)
    fusion = FUSIONS[kind](SIZES)
    first, second = torch.randn(5, 6), torch.randn(5, 10)
    fusion(first, second)
    fusion.eval()
    vectors = fusion(first, second)
    assert vectors.shape == (5, 24)
    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(5))
    torch.testing.assert_close(fusion(first[2:3], second[2:3]), vectors[2:3])


@pytest.mark.parametrize("kind", FUSIONS)
def test_saved_and_loaded_it_gives_the_same_vectors(kind: str, tmp_path: Path) -> None:
    fusion = FUSIONS[kind](SIZES)
    first, second = torch.randn(4, 6), torch.randn(4, 10)
    fusion(first, second)
    fusion.save(tmp_path / "fusion")
    torch.testing.assert_close(load_fusion(tmp_path / "fusion")(first, second), fusion.eval()(first, second))
    with pytest.raises(PolyvoxError, match="no fusion of two branches"):
        load_fusion(tmp_path)


@pytest.mark.parametrize("kind", FUSIONS)
def test_both_branches_learn(kind: str) -> None:
    fusion = FUSIONS[kind](SIZES)
    wanted = torch.randn(4, 24)
    (fusion(torch.randn(4, 6), torch.randn(4, 10)) * wanted).sum().backward()
    assert all(weights.grad is not None for weights in fusion.parameters())


@pytest.mark.parametrize(("kind", "other"), [("first", 1), ("second", 0)])
def test_one_branch_does_not_look_at_the_other(kind: str, other: int) -> None:
    fusion = FUSIONS[kind](SIZES).eval()
    views = [torch.randn(3, 6), torch.randn(3, 10)]
    before = fusion(*views)
    views[other] += 1
    torch.testing.assert_close(fusion(*views), before)
    views[1 - other] += 1
    assert (fusion(*views) - before).abs().max() > 1e-3


def test_the_gates_by_hand() -> None:
    fusion = GatedFusion(FusionSizes(first=1, second=1, dimension=1))
    with torch.no_grad():
        for weights in fusion.parameters():
            weights.zero_()
        values = dict(fusion.named_parameters())
        values["branches.1.keep.bias"].fill_(100.0)
        values["branches.0.content.bias"].fill_(-100.0)
    # First branch: σ(0) · tanh(−100) + σ(0) · 1 = 0; second: σ(0) · 0 + σ(100) · −3 = −3; equal weights.
    assert fusion(torch.tensor([[1.0]]), torch.tensor([[-3.0]])).item() == pytest.approx(-1.0)


def test_the_published_sizes_come_from_a_dimension_of_768() -> None:
    from torch import nn

    concat = FUSIONS["concat"](FusionSizes(1024, 1000, 768))
    widths = [layer.out_features for layer in concat.modules() if isinstance(layer, nn.Linear)]
    assert widths == [768, 576, 768] * 2 + [1024, 800, 768]
