"""Speech and text modules in one sentence-transformers model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("sentence_transformers", reason="needs the extra 'train'")

from polyvox.encode import Role, load_encoder  # noqa: E402
from polyvox.encode.load import default_model_folder  # noqa: E402
from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.item import Audio, Modality  # noqa: E402
from polyvox.modules.direct_tower import DirectTower  # noqa: E402
from polyvox.modules.folder_module import samples  # noqa: E402
from polyvox.modules.meaning import MeaningConfig  # noqa: E402
from polyvox.modules.sounds import SoundsConfig  # noqa: E402
from polyvox.modules.space import is_space, join, open_space  # noqa: E402
from polyvox.modules.speech import Speech  # noqa: E402
from polyvox.modules.speech_tower import SpeechTower  # noqa: E402
from polyvox.modules.static_text import StaticText  # noqa: E402

LENGTHS = (100, 4_000, 16_000, 41_234)
TEXTS = ["good morning", "", "Guten Morgen 漢字", "habari ya asubuhi"]


def recordings() -> list[Audio]:
    dice = np.random.default_rng(0)
    return [Audio(dice.standard_normal(length).astype(np.float32)) for length in LENGTHS]


def direct(dimension: int) -> Speech:
    torch.manual_seed(1)
    sounds = SoundsConfig(3, width=16, layers=1, heads=2)
    meaning = MeaningConfig(16, dimension=dimension, width=16, layers=1, heads=2)
    return Speech(DirectTower(["", "a", "b"], sounds, meaning).eval(), max_seconds=2.5)


def through_sounds(dimension: int) -> Speech:
    torch.manual_seed(1)
    sounds = SoundsConfig(3, width=16, layers=1, heads=2)
    meaning = MeaningConfig(3, dimension=dimension, width=16, layers=1, heads=2)
    return Speech(SpeechTower(["", "a", "b"], sounds, meaning).eval(), max_seconds=2.5)


@pytest.fixture(scope="module", params=[direct, through_sounds])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    saved = tmp_path_factory.mktemp("space") / "model"
    model = join([StaticText.from_light(default_model_folder())], request.param(256))
    model.save(str(saved), create_model_card=False)
    return saved


def test_a_saved_space_is_an_encoder_of_both_modalities(folder: Path) -> None:
    assert is_space(folder)
    encoder = load_encoder(folder)
    assert encoder.card.modalities == {Modality.TEXT, Modality.SPEECH}
    assert encoder.card.dimension == 256
    assert encoder.card.max_seconds == 2.5
    assert sorted(path.suffix for path in folder.rglob("*.*")) == [".json"] * 6 + [".safetensors"] * 2


def test_its_text_half_is_the_light_one(folder: Path) -> None:
    light, ours = load_encoder(), load_encoder(folder)
    for role in Role:
        np.testing.assert_allclose(
            ours.encode_text(TEXTS, role=role), light.encode_text(TEXTS), rtol=0, atol=1e-6
        )


def test_a_recording_alone_has_the_vector_that_it_has_in_a_batch(folder: Path) -> None:
    encoder = load_encoder(folder)
    together = encoder.encode_speech(recordings())
    alone = np.concatenate([encoder.encode_speech([recording]) for recording in recordings()])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert np.abs(together[2] - together[3]).max() > 1e-4


def test_what_lies_behind_the_longest_stretch_is_not_heard(folder: Path) -> None:
    encoder = load_encoder(folder)
    long = np.random.default_rng(2).standard_normal(60_000).astype(np.float32)
    cut, full = encoder.encode_speech([Audio(long[:40_000]), Audio(long)])
    np.testing.assert_allclose(cut, full, atol=1e-6)


def test_a_module_of_ours_is_opened_without_trusting_code_in_the_folder(folder: Path) -> None:
    from sentence_transformers import SentenceTransformer

    (folder / "polyvox.py").write_text("raise SystemExit('code from a model folder ran')\n")
    assert open_space(folder).get_embedding_dimension() == 256
    with pytest.raises(ValueError, match="trust_remote_code"):
        SentenceTransformer(str(folder), local_files_only=True)


def test_halves_of_different_widths_are_refused() -> None:
    with pytest.raises(PolyvoxError, match="text vectors have 256 dimensions, speech vectors 8"):
        join([StaticText.from_light(default_model_folder())], direct(8))


def test_the_lower_half_must_fit_the_upper() -> None:
    with pytest.raises(PolyvoxError, match="reads 8 values a frame, the lower half gives 16"):
        DirectTower([""], SoundsConfig(1, width=16), MeaningConfig(8))


def test_a_vector_that_is_there_passes_through() -> None:
    given = {"sentence_embedding": torch.ones(1, 8)}
    assert direct(8)(given)["sentence_embedding"] is given["sentence_embedding"]


def test_another_sampling_rate_is_refused() -> None:
    with pytest.raises(PolyvoxError, match="must be at 16000 Hz, got 8000"):
        samples({"array": np.zeros(8), "sampling_rate": 8_000})
    with pytest.raises(PolyvoxError, match="must be mono"):
        samples(np.zeros((2, 8)))
