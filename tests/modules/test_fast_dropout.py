import pytest

torch = pytest.importorskip("torch")

from polyvox.modules.fast_dropout import FastDropout  # noqa: E402


def test_a_share_is_dropped_and_the_mean_stays() -> None:
    torch.manual_seed(0)
    kept = FastDropout(0.25)(torch.ones(400, 999))
    assert (kept == 0).float().mean().item() == pytest.approx(0.25, abs=0.005)
    assert kept.mean().item() == pytest.approx(1.0, abs=0.01)
    assert kept.unique().tolist() == pytest.approx([0.0, 4 / 3])


def test_every_place_of_a_drawn_word_is_alike() -> None:
    """Eight elements share one random number; none of its bytes may be drawn otherwise than the others."""
    torch.manual_seed(0)
    dropped = (FastDropout(0.5)(torch.ones(50_000, 8)) == 0).float().mean(0)
    assert dropped.tolist() == pytest.approx([0.5] * 8, abs=0.01)


def test_nothing_changes_outside_training_and_the_seed_decides() -> None:
    ones = torch.ones(3, 5, dtype=torch.bfloat16)
    assert torch.equal(FastDropout(0.5).eval()(ones), ones)
    drawn = []
    for _ in range(2):
        torch.manual_seed(7)
        drawn.append(FastDropout(0.5)(ones))
    assert torch.equal(*drawn)
    assert drawn[0].dtype == torch.bfloat16


def test_everything_may_be_dropped() -> None:
    assert not FastDropout(1.0)(torch.ones(9)).any()


def test_gradients_pass_where_it_was_kept() -> None:
    torch.manual_seed(0)
    given = torch.ones(64, requires_grad=True)
    FastDropout(0.5)(given).sum().backward()
    assert given.grad is not None
    assert set(given.grad.tolist()) == {0.0, 2.0}
