"""The layer-concatenating speech adapter."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")

from polyvox.modules.speech_adapter import AdapterSizes, SpeechAdapter  # noqa: E402


def adapter(kernel: int = 2, stride: int = 2) -> SpeechAdapter:
    torch.manual_seed(0)
    return SpeechAdapter(AdapterSizes(front=5, width=4, kernel=kernel, stride=stride))


@pytest.mark.parametrize(("length", "states"), [(1, 1), (2, 1), (3, 2), (8, 4)])
def test_every_frame_is_in_a_state_even_the_last_odd_one(length: int, states: int) -> None:
    made, mask = adapter()(torch.randn(2, length, 5), torch.ones(2, length, dtype=torch.bool))
    assert made.shape == (2, states, 4)
    assert mask.all()
    frames = torch.randn(1, length, 5, requires_grad=True)
    adapter()(frames, torch.ones(1, length, dtype=torch.bool))[0].sum().backward()
    assert frames.grad is not None
    assert (frames.grad.abs().sum(2) > 0).all()


@pytest.mark.parametrize(("kernel", "stride"), [(2, 2), (3, 2), (3, 3), (1, 1)])
def test_a_recording_alone_has_the_states_that_it_has_in_a_batch(kernel: int, stride: int) -> None:
    model = adapter(kernel, stride)
    frames = torch.randn(3, 9, 5)
    mask = torch.arange(9) < torch.tensor([[9], [5], [1]])
    together, kept = model(frames, mask)
    for row, length in enumerate((9, 5, 1)):
        alone, all_kept = model(frames[row : row + 1, :length], mask[row : row + 1, :length])
        assert all_kept.all()
        assert kept[row].sum() == alone.shape[1]
        torch.testing.assert_close(together[row][kept[row]], alone[0])


def test_the_first_layer_has_no_bias_and_both_layers_learn() -> None:
    model = adapter()
    assert model.narrow.bias is None
    model(torch.randn(1, 4, 5), torch.ones(1, 4, dtype=torch.bool))[0].sum().backward()
    assert all(weights.grad is not None and weights.grad.abs().sum() > 0 for weights in model.parameters())


def test_a_state_by_hand() -> None:
    model = SpeechAdapter(AdapterSizes(front=1, width=1))
    with torch.no_grad():
        model.narrow.weight.fill_(2.0)
        model.shorten.weight.copy_(torch.tensor([[[1.0, 10.0]]]))
        assert model.shorten.bias is not None
        model.shorten.bias.fill_(0.5)
    states, _ = model(torch.tensor([[[1.0], [2.0], [3.0]]]), torch.ones(1, 3, dtype=torch.bool))
    assert states.flatten().tolist() == [2 * (1 + 20) + 0.5, 2 * 3 + 0.5]


def test_calibrated_states_are_as_long_as_wanted_and_have_mean_zero() -> None:
    torch.manual_seed(0)
    model = SpeechAdapter(AdapterSizes(front=40, width=64, kernel=4, stride=4))
    mean, spread = 5 * torch.randn(40), torch.logspace(-1, 1, 40)
    frames = mean + spread * torch.randn(200, 16, 40)
    model.calibrate(mean, spread, 0.06)
    states, _ = model(frames, torch.ones(200, 16, dtype=torch.bool))
    assert states.square().mean().sqrt().item() == pytest.approx(0.06, rel=0.1)
    assert states.mean((0, 1)).abs().max().item() < 0.01
