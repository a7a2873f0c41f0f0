"""Every kind of branch keeps the contract, also after it was saved."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")
transformers = pytest.importorskip("transformers", reason="needs the extra 'train'")

from tests.modules.test_fused_speech import save_hubert  # noqa: E402

from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.item import Audio  # noqa: E402
from polyvox.modules.branches import BRANCHES, Branch, load_branch, open_branch  # noqa: E402


def save_efficientnet(folder: Path) -> None:
    """The format of google/efficientnet-b7, with random weights."""
    config = transformers.EfficientNetConfig(
        image_size=32,
        width_coefficient=0.25,
        depth_coefficient=0.25,
        hidden_dim=320,
        in_channels=[32, 16],
        out_channels=[16, 24],
        kernel_sizes=[3, 3],
        strides=[1, 2],
        expand_ratios=[1, 2],
        num_block_repeats=[1, 1],
    )
    model = transformers.EfficientNetModel(config)
    for weights in model.parameters():
        if weights.ndim == 4:
            # Untrained batch normalisation keeps nothing from fading from layer to layer.
            torch.nn.init.kaiming_normal_(weights).data.mul_(10)
    model.save_pretrained(folder)
    settings = {"size": {"height": 48, "width": 40}, "image_mean": [0.5] * 3, "image_std": [0.25] * 3}
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))


@pytest.fixture(scope="module")
def branches(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Branch]:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("checkpoints")
    save_hubert(folder / "hubert")
    save_efficientnet(folder / "efficientnet")
    return {
        "front": open_branch("front", str(folder / "hubert"), [1, 3]),
        "mel-statistics": open_branch("mel-statistics"),
        "random-convolutions": open_branch("random-convolutions"),
        "image": open_branch("image", str(folder / "efficientnet")),
    }


def recordings() -> list[Audio]:
    dice = np.random.default_rng(0)
    waves = [dice.standard_normal(length).astype(np.float32) for length in (16_000, 9_000, 30_000)]
    return [*map(Audio, waves), Audio(np.zeros(3, np.float32))]


def test_the_table_is_tested_whole(branches: dict[str, Branch]) -> None:
    assert set(branches) == set(BRANCHES)


@pytest.mark.parametrize("kind", BRANCHES)
def test_a_vector_is_the_same_alone_and_in_a_batch(kind: str, branches: dict[str, Branch]) -> None:
    branch, heard = branches[kind], recordings()
    vectors = branch.views(heard)
    assert vectors.shape == (4, branch.width)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors[:3], axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(branch.views(heard[1:2])[0], vectors[1], atol=1e-5)
    assert np.abs(vectors[0] - vectors[1]).max() > 1e-4
    assert np.isfinite(vectors).all()


@pytest.mark.parametrize("kind", BRANCHES)
def test_saved_and_loaded_it_is_the_same_branch(
    kind: str, branches: dict[str, Branch], tmp_path: Path
) -> None:
    branches[kind].save(tmp_path)
    again = load_branch(tmp_path)
    assert again.fingerprint == branches[kind].fingerprint
    np.testing.assert_allclose(again.views(recordings()), branches[kind].views(recordings()), atol=1e-6)


def test_random_convolutions_are_drawn_from_one_seed() -> None:
    one, other = open_branch("random-convolutions"), open_branch("random-convolutions")
    assert one.fingerprint == other.fingerprint
    assert one.width == 640


def test_wrong_names_are_told(tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match="not one of front, mel-statistics"):
        open_branch("spectrum")
    with pytest.raises(PolyvoxError, match="needs the name of an image model"):
        open_branch("image")
    with pytest.raises(PolyvoxError, match="cannot be opened"):
        open_branch("image", str(tmp_path / "nothing"))
    with pytest.raises(PolyvoxError, match="holds no branch"):
        load_branch(tmp_path)
    (tmp_path / "branch.json").write_text('{"kind": "smell"}')
    with pytest.raises(PolyvoxError, match="'smell' is not one of"):
        load_branch(tmp_path)
