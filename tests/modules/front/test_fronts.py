"""What every front promises: shapes, no dependence on the batch, saving, and short recordings."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers", reason="needs the extra 'train'")
pytest.importorskip("onnx", reason="needs the extra 'train'")

from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.item import Audio  # noqa: E402
from polyvox.modules.front import SpeechFront, open_front  # noqa: E402

SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
CONVOLUTIONS = {"conv_dim": [16] * 7, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4}
LENGTHS = (160, 6_000, 16_000, 40_123)


def waveforms(model: str, config: str, norm: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        stable = norm == "layer"
        made = getattr(transformers, config)(
            **SIZES, **CONVOLUTIONS, feat_extract_norm=norm, do_stable_layer_norm=stable, conv_bias=stable
        )
        getattr(transformers, model)(made).save_pretrained(folder)
        transformers.Wav2Vec2FeatureExtractor(return_attention_mask=stable).save_pretrained(folder)

    return write


def w2v_bert(folder: Path) -> None:
    config = transformers.Wav2Vec2BertConfig(**SIZES)
    transformers.Wav2Vec2BertModel(config).save_pretrained(folder)
    transformers.SeamlessM4TFeatureExtractor(feature_size=80, num_mel_bins=80).save_pretrained(folder)


def whisper(folder: Path) -> None:
    config = transformers.WhisperConfig(
        d_model=32,
        encoder_layers=2,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=48,
        decoder_ffn_dim=48,
        vocab_size=60,
        max_source_positions=150,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=1,
        suppress_tokens=[],
        begin_suppress_tokens=[],
    )
    transformers.WhisperForConditionalGeneration(config).save_pretrained(folder)
    transformers.WhisperFeatureExtractor(feature_size=80, chunk_length=3).save_pretrained(folder)


CHECKPOINTS = {
    "wav2vec2-group": waveforms("Wav2Vec2Model", "Wav2Vec2Config", "group"),
    "wav2vec2-layer": waveforms("Wav2Vec2ForPreTraining", "Wav2Vec2Config", "layer"),
    "hubert-group": waveforms("HubertModel", "HubertConfig", "group"),
    "hubert-layer": waveforms("HubertModel", "HubertConfig", "layer"),
    "w2v-bert": w2v_bert,
    "whisper": whisper,
}
ALL = ["default", "log-mel", *CHECKPOINTS]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    torch.manual_seed(3)
    found = {}
    for name, write in CHECKPOINTS.items():
        found[name] = tmp_path_factory.mktemp(name)
        write(found[name])
    return found


def opened(
    kind: str, folders: dict[str, Path], layers: Sequence[int] | None = None, stride: int = 0
) -> SpeechFront:
    return open_front(str(folders.get(kind, kind)), layers, stride)


def recordings(lengths: Sequence[int] = LENGTHS) -> list[Audio]:
    dice = np.random.default_rng(0)
    return [Audio((0.1 * dice.standard_normal(length)).astype(np.float32)) for length in lengths]


@pytest.mark.parametrize("kind", ALL)
def test_frames_have_the_width_and_rate_that_the_front_says(kind: str, folders: dict[str, Path]) -> None:
    front = opened(kind, folders)
    assert isinstance(front, SpeechFront)
    assert front.rate == 25.0
    for recording, frames in zip(recordings(), front.frames(recordings()), strict=True):
        assert frames.dtype == np.float32
        assert frames.shape[1] == front.width
        assert abs(len(frames) - recording.seconds * front.rate) <= 2.5
        assert len(frames) >= 1
        assert np.isfinite(frames).all()


@pytest.mark.parametrize("kind", ALL)
def test_a_recording_alone_has_the_frames_that_it_has_in_a_batch(kind: str, folders: dict[str, Path]) -> None:
    front = opened(kind, folders)
    together = front.frames(recordings())
    for recording, frames in zip(recordings(), together, strict=True):
        np.testing.assert_allclose(front.frames([recording])[0], frames, rtol=0, atol=2e-5)
    assert np.abs(together[3][:10] - together[2][:10]).max() > 1e-3


@pytest.mark.parametrize("kind", ALL)
def test_a_saved_front_opens_to_the_same_frames(kind: str, folders: dict[str, Path], tmp_path: Path) -> None:
    front = opened(kind, folders, None if kind == "log-mel" else (0, -1), 2)
    front.save(tmp_path / "saved")
    again = open_front(str(tmp_path / "saved"))
    assert (again.width, again.rate, again.fingerprint) == (front.width, front.rate, front.fingerprint)
    again.save(tmp_path / "saved")
    for one, other in zip(front.frames(recordings()), again.frames(recordings()), strict=True):
        np.testing.assert_array_equal(one, other)
    suffixes = {path.suffix for path in (tmp_path / "saved").iterdir()}
    assert suffixes <= {".json", ".safetensors", ".onnx"}


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("length", [0, 1, 160])
def test_nearly_nothing_gives_a_frame(kind: str, length: int, folders: dict[str, Path]) -> None:
    frames = opened(kind, folders).frames([Audio(np.zeros(length, np.float32))])[0]
    assert len(frames) >= 1
    assert np.isfinite(frames).all()


@pytest.mark.parametrize("kind", ALL)
def test_no_recordings_give_no_frames(kind: str, folders: dict[str, Path]) -> None:
    assert opened(kind, folders).frames([]) == []


@pytest.mark.parametrize("kind", ["default", *CHECKPOINTS])
def test_chosen_layers_stand_side_by_side(kind: str, folders: dict[str, Path]) -> None:
    recording = recordings()[1:2]
    every = opened(kind, folders, ()).frames(recording)[0]
    width = opened(kind, folders).width
    layers = every.shape[1] // width
    assert layers == (5 if kind == "default" else 3)
    two = opened(kind, folders, (-1, 1)).frames(recording)[0]
    np.testing.assert_allclose(two, np.hstack([every[:, -width:], every[:, width : 2 * width]]), atol=1e-5)
    assert opened(kind, folders, (1,)).fingerprint != opened(kind, folders, (2,)).fingerprint
    with pytest.raises(PolyvoxError, match="no layer 9"):
        opened(kind, folders, (9,))


def test_a_stride_takes_the_mean_of_neighbours(folders: dict[str, Path]) -> None:
    recording = recordings()[2:3]
    fast = opened("w2v-bert", folders, stride=1)
    assert fast.rate == 50.0
    frames = fast.frames(recording)[0]
    slow = opened("w2v-bert", folders).frames(recording)[0]
    np.testing.assert_allclose(slow[0], (frames[0] + frames[1]) / 2, atol=1e-6)
    assert len(slow) == -(-len(frames) // 2)


def test_default_frames_are_what_the_sounds_are_read_from() -> None:
    """The shipped network's own output `sounds`, from our frames and its last weights."""
    import onnx
    import onnxruntime

    from polyvox.encode.features import log_mel
    from polyvox.encode.load import default_model_folder

    model = onnx.load(default_model_folder() / "speech.onnx")
    makers = {output: node for node in model.graph.node for output in node.output}
    addition = makers[makers["sounds"].input[0]]
    weights, bias = makers[addition.input[0]].input[1], addition.input[1]
    del model.graph.output[:]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in ("sounds", weights, bias))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    features = log_mel(recordings()[2])
    inputs = {"features": features[None], "lengths": np.array([len(features)])}
    sounds, weight, offset = session.run(["sounds", weights, bias], inputs)
    frames = open_front("default").frames(recordings()[2:3])[0]
    assert frames.shape == (25, 256)
    logits = frames @ weight + offset
    logits -= np.log(np.exp(logits).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(logits, sounds[0], atol=1e-3)


def test_whisper_reads_a_long_recording_window_by_window(folders: dict[str, Path]) -> None:
    front = opened("whisper", folders, stride=1)
    (long,) = recordings([3 * 16_000 + 3_200])
    frames = front.frames([long])[0]
    assert len(frames) == 150 + 10
    np.testing.assert_allclose(front.frames([Audio(long.samples[48_000:])])[0], frames[150:], atol=1e-6)


@pytest.mark.parametrize(
    ("name", "said"),
    [("./nowhere", "no such folder"), ("EMPTY", "no config.json"), ("BERT", "'bert'")],
)
def test_what_is_no_front_is_named(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "EMPTY").mkdir()
    transformers.BertConfig().save_pretrained(tmp_path / "BERT")
    with pytest.raises(PolyvoxError, match=said):
        open_front(name if name.startswith(".") else str(tmp_path / name))


def test_a_checkpoint_without_weights_says_what_is_missing(tmp_path: Path) -> None:
    transformers.HubertConfig(**SIZES).save_pretrained(tmp_path)
    transformers.Wav2Vec2FeatureExtractor().save_pretrained(tmp_path)
    with pytest.raises(PolyvoxError, match=r"model\.safetensors"):
        open_front(str(tmp_path))


def test_importing_the_fronts_is_light() -> None:
    code = (
        "import sys, polyvox.modules.front; "
        "sys.exit(bool({'torch', 'transformers', 'onnx', 'onnxruntime', 'sklearn'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
