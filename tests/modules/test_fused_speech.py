"""A frozen front with a head as a sentence-transformers model, from checkpoints in the formats of the hub."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")
transformers = pytest.importorskip("transformers", reason="needs the extra 'train'")
pytest.importorskip("sentence_transformers", reason="needs the extra 'train'")

from tests.modules.tiny_text import save_qwen3, text_modules  # noqa: E402

from polyvox.encode import load_encoder  # noqa: E402
from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.item import Audio, Modality  # noqa: E402
from polyvox.modules.front import SpeechFront, open_front  # noqa: E402
from polyvox.modules.fused_speech import FusedSpeech  # noqa: E402
from polyvox.modules.heads.learned_query import QuerySizes  # noqa: E402
from polyvox.modules.heads.widths import NestedHead, SeparateHeads, WidthSizes  # noqa: E402
from polyvox.modules.late_fusion import LateFusion  # noqa: E402
from polyvox.modules.space import join, open_space  # noqa: E402
from polyvox.modules.speech_adapter import AdapterSizes, SpeechAdapter  # noqa: E402

TEXTS = ["un chat", "deux chien maison", ""]


def save_hubert(folder: Path) -> None:
    config = transformers.HubertConfig(
        hidden_size=24,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=32,
        conv_dim=[16] * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
    )
    transformers.HubertModel(config).save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor().save_pretrained(folder)


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    torch.manual_seed(4)
    folder = tmp_path_factory.mktemp("checkpoints")
    save_hubert(folder / "hubert")
    save_qwen3(folder / "qwen3")
    return folder / "hubert", folder / "qwen3"


def head_of(kind: str, front: SpeechFront, text: list[Any]) -> LateFusion | SeparateHeads | NestedHead:
    torch.manual_seed(5)
    if kind == "late":
        return LateFusion(SpeechAdapter(AdapterSizes(front.width, 32)), text, "un chat")
    sizes = WidthSizes(QuerySizes(front.width), (32, 16))
    return (SeparateHeads if kind == "separate" else NestedHead)(sizes)


def recordings() -> list[Audio]:
    dice = np.random.default_rng(0)
    return [Audio((0.1 * dice.standard_normal(size)).astype(np.float32)) for size in (800, 9_000, 30_000)]


@pytest.mark.parametrize("kind", ["late", "separate", "nested"])
def test_a_saved_model_reads_hears_and_gives_the_same_vectors(
    kind: str, checkpoints: tuple[Path, Path], tmp_path: Path
) -> None:
    front = open_front(str(checkpoints[0]), (), 1)
    assert (front.width, front.rate) == (4 * 24, 50.0)
    text = text_modules(checkpoints[1], "lasttoken")
    model = join(text, FusedSpeech(front, head_of(kind, front, text).eval(), max_seconds=1.0))
    inputs = [one.samples for one in recordings()]
    heard, read = model.encode(inputs), model.encode(TEXTS)
    model.save(str(tmp_path / "model"), create_model_card=False)

    opened = open_space(tmp_path / "model")
    np.testing.assert_allclose(opened.encode(inputs), heard, atol=1e-5)
    np.testing.assert_allclose(opened.encode(TEXTS), read, atol=1e-5)
    encoder = load_encoder(tmp_path / "model")
    assert encoder.card.modalities == {Modality.TEXT, Modality.SPEECH}
    vectors = encoder.encode_speech(recordings())
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for one, vector in zip(recordings(), vectors, strict=True):
        np.testing.assert_allclose(encoder.encode_speech([one])[0], vector, atol=1e-4)
    beyond = np.concatenate([recordings()[2].samples[:16_000], np.ones(8_000, np.float32)])
    np.testing.assert_allclose(encoder.encode_speech([Audio(beyond)])[0], vectors[2], atol=1e-4)


def test_late_fusion_without_its_text_model_says_so(checkpoints: tuple[Path, Path], tmp_path: Path) -> None:
    front = open_front(str(checkpoints[0]), (), 1)
    text = text_modules(checkpoints[1], "lasttoken")
    FusedSpeech(front, head_of("late", front, text)).save(str(tmp_path))
    alone = FusedSpeech.load(str(tmp_path))
    with pytest.raises(PolyvoxError, match="open the whole model"):
        alone(alone.preprocess([recordings()[0]]))
    alone.attach(text)
    assert alone(alone.preprocess([recordings()[0]]))["sentence_embedding"].shape == (1, 32)
