"""A grown network hears what it heard before, and learns on with all of its blocks."""

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.modules.sounds import Sounds, SoundsConfig  # noqa: E402
from polyvox.train.growth import deepen  # noqa: E402

CONFIG = SoundsConfig(5, width=16, layers=2, heads=2, kernel=3, dropout=0.0, conditioned=True)


def trained(layers: int) -> Sounds:
    torch.manual_seed(layers)
    model = Sounds(replace(CONFIG, layers=layers))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return model.eval()


@pytest.mark.parametrize(("before", "after"), [(2, 3), (4, 6), (3, 8), (6, 7)])
def test_growing_changes_nothing_that_is_heard(before: int, after: int) -> None:
    small = trained(before)
    large = deepen(small, after).eval()
    features, lengths = torch.randn(2, 24, 80), torch.tensor([24, 15])
    assert len(large.blocks) == large.config.layers == after
    assert torch.allclose(small(features, lengths)[0], large(features, lengths)[0], atol=1e-5)
    lower, upper = small.layers(features, lengths)[0], large.layers(features, lengths)[0]
    assert torch.allclose(lower[small.middle], upper[large.middle], atol=1e-5)
    assert not any(part.training for part in large.modules())
    assert all(part.training for part in deepen(small.train(), after).modules())


def test_new_blocks_learn_and_old_weights_are_not_shared() -> None:
    small = trained(2)
    large = deepen(small, 4)
    features, lengths = torch.randn(1, 16, 80), torch.tensor([16])
    large(features, lengths)[0].sum().backward()
    weights = dict(large.named_parameters())
    out = weights["blocks.1.feed_forward.3.weight"]
    assert not out.any()
    assert out.grad is not None
    assert out.grad.abs().sum() > 0
    with torch.no_grad():
        weights["blocks.0.attention.qkv.weight"].zero_()
    assert weights["blocks.1.attention.qkv.weight"].any()
    assert small.state_dict()["blocks.0.attention.qkv.weight"].any()


@pytest.mark.parametrize(("before", "after"), [(1, 4), (4, 4), (4, 3)])
def test_what_cannot_grow_is_told(before: int, after: int) -> None:
    small = Sounds(replace(CONFIG, layers=before, conditioned=False))
    with pytest.raises(PolyvoxError, match=f"of {before} blocks cannot grow to {after}"):
        deepen(small, after)
