"""The head with convolutions and attention pooling."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")

from torch import Tensor  # noqa: E402

from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.modules.heads.attention import AttentionHead, AttentionSizes  # noqa: E402

SIZES = AttentionSizes(6, 5, width=8, layers=2, heads=2, kernel=3)
LENGTHS = (9, 4, 1)


def batch() -> tuple[Tensor, Tensor]:
    dice = torch.Generator().manual_seed(1)
    return torch.randn(3, 9, 6, generator=dice), torch.arange(9) < torch.tensor(LENGTHS)[:, None]


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_a_recording_alone_has_the_unit_vector_that_it_has_in_a_batch(stride: int) -> None:
    head = AttentionHead(replace(SIZES, stride=stride)).eval()
    frames, mask = batch()
    together = head(frames, mask)
    assert together.shape == (3, 5)
    torch.testing.assert_close(together.norm(dim=1), torch.ones(3))
    for row, length in enumerate(LENGTHS):
        alone = head(frames[row : row + 1, :length], mask[row : row + 1, :length])
        torch.testing.assert_close(alone[0], together[row])


def test_what_the_padding_holds_does_not_matter() -> None:
    head = AttentionHead(SIZES).eval()
    frames, mask = batch()
    torch.testing.assert_close(
        head(frames.masked_fill(~mask[..., None], torch.nan), mask), head(frames, mask)
    )


def test_every_weight_and_every_frame_has_a_gradient() -> None:
    head = AttentionHead(SIZES).eval()
    frames, mask = batch()
    frames.requires_grad_()
    (head(frames, mask) * torch.randn(3, 5, generator=torch.Generator().manual_seed(2))).sum().backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in head.parameters())
    assert frames.grad is not None
    assert (frames.grad[0].abs().sum(1) > 0).all()
    assert not frames.grad[~mask].any()


def test_saved_and_loaded_it_gives_the_same_vectors(tmp_path: Path) -> None:
    head = AttentionHead(SIZES).eval()
    head.save(tmp_path)
    torch.testing.assert_close(AttentionHead.load(tmp_path).eval()(*batch()), head(*batch()))
    with pytest.raises(PolyvoxError, match="holds no head with attention"):
        AttentionHead.load(tmp_path / "elsewhere")
