from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from polyvox.encode.features import log_mel  # noqa: E402
from polyvox.encode.speech import SpeechTower as LightTower  # noqa: E402
from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.item import Audio  # noqa: E402
from polyvox.modules.meaning import MeaningConfig  # noqa: E402
from polyvox.modules.sounds import SoundsConfig  # noqa: E402
from polyvox.modules.speech_tower import SpeechTower  # noqa: E402
from polyvox.train.export_speech import Storage, export_speech  # noqa: E402

INVENTORY = ["", "a", "b", "k", "s", "t"]
LENGTHS = (100, 3_000, 16_000, 41_234)


def tiny() -> SpeechTower:
    torch.manual_seed(3)
    tower = SpeechTower(
        INVENTORY,
        SoundsConfig(len(INVENTORY), width=32, layers=2, heads=2),
        MeaningConfig(len(INVENTORY), dimension=16, width=32, layers=1, heads=2),
        blank_bias=1.0,
    )
    return tower.eval()


def recordings() -> list[Audio]:
    dice = np.random.default_rng(0)
    return [Audio(dice.standard_normal(length).astype(np.float32)) for length in LENGTHS]


def reference(tower: SpeechTower) -> np.ndarray:
    vectors = []
    with torch.no_grad():
        for audio in recordings():
            features = torch.from_numpy(log_mel(audio))
            vectors.append(tower(features[None], torch.tensor([len(features)]))[0].numpy())
    return np.stack(vectors)


def test_saved_and_loaded_towers_agree(tmp_path: Path) -> None:
    tower = tiny()
    tower.save(tmp_path)
    loaded = SpeechTower.load(tmp_path).eval()
    assert loaded.inventory == INVENTORY
    assert loaded.blank_bias == 1.0
    assert np.array_equal(reference(loaded), reference(tower))


def test_a_folder_without_a_tower_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match="holds no speech tower"):
        SpeechTower.load(tmp_path)


def test_padding_does_not_change_the_sounds() -> None:
    tower = tiny()
    features = torch.randn(1, 53, 80)
    padded = torch.cat([features, torch.randn(1, 30, 80)], 1)
    alone, _ = tower.sounds(features, torch.tensor([53]))
    inside, mask = tower.sounds(padded, torch.tensor([53]))
    assert mask.sum() == 14
    assert torch.allclose(inside[:, :14], alone, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(("storage", "tolerance"), [(Storage.FLOAT32, 1e-5), (Storage.INT8, 0.05)])
def test_the_exported_tower_equals_the_trained_one(
    tmp_path: Path, storage: Storage, tolerance: float
) -> None:
    pytest.importorskip("onnxscript")
    tower = tiny()
    digest = export_speech(tower, tmp_path / "speech.onnx", storage=storage)
    light = LightTower.load(tmp_path)
    vectors = light.encode(recordings())
    assert len(digest) == 64
    assert light.max_seconds == 20.0
    assert np.abs(vectors - reference(tower)).max() < tolerance
    alone = np.concatenate([light.encode([audio]) for audio in recordings()])
    assert np.abs(vectors - alone).max() < 1e-4
