"""Separate and nested heads."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")

from torch import Tensor  # noqa: E402

from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.modules.heads.learned_query import QuerySizes  # noqa: E402
from polyvox.modules.heads.widths import NestedHead, SeparateHeads, WidthSizes  # noqa: E402

SIZES = WidthSizes(QuerySizes(6), (8, 4, 2))
KINDS = [SeparateHeads, NestedHead]


def batch() -> tuple[Tensor, Tensor]:
    dice = torch.Generator().manual_seed(1)
    return torch.randn(3, 5, 6, generator=dice), torch.arange(5) < torch.tensor([[5], [3], [1]])


@pytest.mark.parametrize("kind", KINDS)
def test_a_vector_of_each_width(kind: type[SeparateHeads] | type[NestedHead]) -> None:
    head = kind(SIZES)
    vectors = head.at_widths(*batch())
    assert {width: tuple(own.shape) for width, own in vectors.items()} == {8: (3, 8), 4: (3, 4), 2: (3, 2)}
    widest = head(*batch())
    torch.testing.assert_close(widest.norm(dim=1), torch.ones(3))
    torch.testing.assert_close(widest, torch.nn.functional.normalize(vectors[8]))


def test_prefixes_nest_and_separate_heads_do_not() -> None:
    nested, separate = NestedHead(SIZES).at_widths(*batch()), SeparateHeads(SIZES).at_widths(*batch())
    torch.testing.assert_close(nested[8][:, :2], nested[2])
    assert not torch.allclose(separate[8][:, :2], separate[2])


@pytest.mark.parametrize("kind", KINDS)
def test_a_recording_alone_has_the_vector_that_it_has_in_a_batch(
    kind: type[SeparateHeads] | type[NestedHead],
) -> None:
    head = kind(SIZES)
    frames, mask = batch()
    together = head(frames, mask)
    for row, length in enumerate((5, 3, 1)):
        torch.testing.assert_close(
            head(frames[row : row + 1, :length], mask[row : row + 1, :length])[0], together[row]
        )


@pytest.mark.parametrize("kind", KINDS)
def test_saved_and_loaded_it_gives_the_same_vectors(
    kind: type[SeparateHeads] | type[NestedHead], tmp_path: Path
) -> None:
    head = kind(SIZES)
    head.save(tmp_path)
    torch.testing.assert_close(kind.load(tmp_path)(*batch()), head(*batch()))
    other = NestedHead if kind is SeparateHeads else SeparateHeads
    with pytest.raises(PolyvoxError, match="holds no"):
        other.load(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_every_layer_learns(kind: type[SeparateHeads] | type[NestedHead]) -> None:
    head = kind(SIZES)
    torch.stack([(own**2).sum() for own in head.at_widths(*batch()).values()]).sum().backward()
    assert all(weights.grad is not None and weights.grad.abs().sum() > 0 for weights in head.parameters())


def test_widths_must_fall() -> None:
    with pytest.raises(PolyvoxError, match="must fall"):
        WidthSizes(QuerySizes(6), (2, 4))
