import pytest

torch = pytest.importorskip("torch")

from polyvox.modules.meaning import Meaning, MeaningConfig, merge_sounds  # noqa: E402


def test_merge_joins_neighbours_and_drops_blanks() -> None:
    frames = torch.tensor(
        [
            [0.9, 0.1, 0.0],
            [0.1, 0.8, 0.1],
            [0.3, 0.6, 0.1],
            [1.0, 0.0, 0.0],
            [0.0, 0.9, 0.1],
            [0.0, 0.2, 0.8],
        ]
    )[None]
    merged, mask, _ = merge_sounds(frames, torch.ones(1, 6, dtype=torch.bool))
    assert mask.tolist() == [[True, True, True, False]]
    expected = torch.tensor([[0.2, 0.7, 0.1], [0.0, 0.9, 0.1], [0.0, 0.2, 0.8]])
    assert torch.allclose(merged[0, :3], expected)


def test_merge_ignores_what_the_mask_hides_and_keeps_one_place() -> None:
    frames = torch.eye(3)[torch.tensor([[0, 0, 1, 2]])]
    merged, mask, _ = merge_sounds(frames, torch.tensor([[True, True, False, False]]))
    assert mask.tolist() == [[True, False, False]]
    assert merged.abs().sum() == 0


def test_vectors_are_unit_and_do_not_depend_on_padding() -> None:
    torch.manual_seed(0)
    module = Meaning(MeaningConfig(sounds=7, dimension=16, width=32, layers=2, heads=2)).eval()
    sounds = torch.softmax(torch.randn(2, 9, 7), -1)
    mask = torch.arange(9)[None] < torch.tensor([[9], [4]])
    together = module(sounds, mask)
    alone = module(sounds[1:, :4], mask[1:, :4])
    assert torch.allclose(together.norm(dim=1), torch.ones(2), atol=1e-5)
    assert torch.allclose(together[1], alone[0], atol=1e-5)


def test_the_order_of_sounds_matters() -> None:
    torch.manual_seed(0)
    module = Meaning(MeaningConfig(sounds=7, dimension=16, width=32, layers=2, heads=2)).eval()
    sounds = torch.eye(7)[torch.tensor([[1, 2, 3, 4]])]
    mask = torch.ones(1, 4, dtype=torch.bool)
    assert not torch.allclose(module(sounds, mask), module(sounds.flip(1), mask), atol=1e-3)
