"""The tower of words: padding, saving, and the same answers from ONNX."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.modules.sounds import SoundsConfig  # noqa: E402
from polyvox.modules.word_spotter import SpotterConfig  # noqa: E402
from polyvox.modules.word_tower import OUTPUTS, WordTower  # noqa: E402
from polyvox.train.export_speech import Storage, speech_program, write_program  # noqa: E402


def small_tower(*, layers: int = 1, conditioned: bool = False) -> WordTower:
    torch.manual_seed(0)
    return WordTower(
        ["", "a", "b", "k"],
        SoundsConfig(4, width=16, layers=layers, heads=2, kernel=3, conditioned=conditioned),
        SpotterConfig(4, key=8, width=16, layers=1, heads=2, kernel=3),
        blank_bias=1.0,
    ).eval()


TOWERS = pytest.mark.parametrize(("layers", "conditioned"), [(1, False), (3, True)])


@TOWERS
def test_padding_does_not_change_what_is_heard(layers: int, conditioned: bool) -> None:
    tower = small_tower(layers=layers, conditioned=conditioned)
    features = torch.randn(2, 120, 80)
    lengths = torch.tensor([120, 61])
    with torch.no_grad():
        sounds, queries, ends, last = tower(features, lengths)
        alone = tower(features[1:, :61], lengths[1:])
    count = int(torch.isfinite(alone[2][0]).sum())
    assert int(torch.isfinite(ends[1]).sum()) == count
    torch.testing.assert_close(sounds[1, :16], alone[0][0], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(queries[1, :count], alone[1][0, :count], atol=1e-5, rtol=1e-4)
    assert torch.equal(last[1, :count], alone[3][0, :count])


@TOWERS
def test_a_saved_tower_hears_the_same(layers: int, conditioned: bool, tmp_path: Path) -> None:
    tower = small_tower(layers=layers, conditioned=conditioned)
    tower.save(tmp_path)
    features, lengths = torch.randn(1, 50, 80), torch.tensor([50])
    with torch.no_grad():
        again = WordTower.load(tmp_path).eval()(features, lengths)
        for before, after in zip(tower(features, lengths), again, strict=True):
            torch.testing.assert_close(before, after)
    assert WordTower.load(tmp_path).blank_bias == 1.0
    with pytest.raises(PolyvoxError, match="holds no tower"):
        WordTower.load(tmp_path / "elsewhere")


@TOWERS
def test_onnx_gives_what_torch_gives(layers: int, conditioned: bool, tmp_path: Path) -> None:
    import onnxruntime

    tower = small_tower(layers=layers, conditioned=conditioned)
    write_program(speech_program(tower, OUTPUTS), tmp_path / "x.onnx", storage=Storage.FLOAT32)
    session = onnxruntime.InferenceSession(str(tmp_path / "x.onnx"))
    features, lengths = torch.randn(3, 77, 80), torch.tensor([77, 40, 12])
    with torch.no_grad():
        wanted = [part.numpy() for part in tower(features, lengths)]
    found = session.run(None, {"features": features.numpy(), "lengths": lengths.numpy()})
    assert [output.name for output in session.get_outputs()] == list(OUTPUTS)
    assert np.array_equal(np.isfinite(found[2]), np.isfinite(wanted[2]))
    heard = np.isfinite(wanted[2])
    np.testing.assert_allclose(found[0], wanted[0], atol=1e-4)
    np.testing.assert_allclose(found[1][heard], wanted[1][heard], atol=1e-4)
    assert np.array_equal(found[3][heard], wanted[3][heard])


def test_similar_pronunciations_have_similar_keys_before_any_training() -> None:
    tower = small_tower()
    with torch.no_grad():
        keys = tower.keys([(1, 2, 3), (1, 2, 3), (1, 2, 2), (3, 1)])
    assert keys.shape == (4, 8)
    torch.testing.assert_close(keys[0], keys[1])
    assert keys[0] @ keys[2] > keys[0] @ keys[3]
