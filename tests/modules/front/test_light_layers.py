"""The inner layers that a light front reads from an exported network are those of the trained one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx", reason="needs the extra 'train'")

from polyvox.encode.features import log_mel  # noqa: E402
from polyvox.encode.speech import MODEL_FILE  # noqa: E402
from polyvox.item import Audio  # noqa: E402
from polyvox.modules.front import open_front  # noqa: E402
from polyvox.modules.sounds import SoundsConfig  # noqa: E402
from polyvox.modules.word_spotter import SpotterConfig  # noqa: E402
from polyvox.modules.word_tower import OUTPUTS, WordTower  # noqa: E402
from polyvox.train.export_speech import Storage, speech_program, write_program  # noqa: E402


@pytest.mark.parametrize("conditioned", [False, True])
def test_every_layer_is_the_trained_one(conditioned: bool, tmp_path: Path) -> None:
    torch.manual_seed(0)
    sounds = SoundsConfig(4, width=16, layers=4, heads=2, kernel=3, conditioned=conditioned)
    spotter = SpotterConfig(4, key=8, width=16, layers=1, heads=2, kernel=3)
    tower = WordTower(["", "a", "b", "k"], sounds, spotter).eval()
    write_program(speech_program(tower, OUTPUTS), tmp_path / MODEL_FILE, storage=Storage.FLOAT32)
    (tmp_path / "model.json").write_text("{}")
    audio = Audio(0.1 * np.random.default_rng(0).standard_normal(12_000).astype(np.float32))
    features = torch.from_numpy(log_mel(audio))
    with torch.no_grad():
        layers, _ = tower.sounds.layers(features[None], torch.tensor([len(features)]))
    found = open_front(str(tmp_path), ()).frames([audio])[0]
    assert len(layers) == 5
    np.testing.assert_allclose(found, torch.cat(layers, -1)[0].numpy(), atol=1e-4)
