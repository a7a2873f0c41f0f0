import numpy as np
import pytest

torch = pytest.importorskip("torch")

from pathlib import Path  # noqa: E402

from polyvox.encode.features import MELS  # noqa: E402
from polyvox.item import Audio  # noqa: E402
from polyvox.train.augment import Augmentation  # noqa: E402
from polyvox.train.feature_store import Example, build_store, to_float  # noqa: E402
from polyvox.train.speech_batches import SpeechSource, Warp, batch_at, collate, stretch  # noqa: E402
from polyvox.train.waves import write_wav  # noqa: E402


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> SpeechSource:
    folder: Path = tmp_path_factory.mktemp("speech")
    examples = []
    for number in range(12):
        path = folder / f"{number}.wav"
        tone = np.sin(np.arange(4_000 + 1_600 * number) * 0.1 * (1 + number)).astype(np.float32)
        write_wav(path, Audio(tone * 0.5))
        examples.append(Example(str(path), "gcompris", "en", "train", ("a",), "", "", ""))
    store = build_store(examples, folder / "store", Augmentation(**Augmentation.nothing()), 0)
    return SpeechSource([store], {"gcompris": [(0, number) for number in range(12)]}, {"gcompris": 1.0})


def test_stretching_by_one_changes_nothing() -> None:
    features = np.random.default_rng(0).standard_normal((7, MELS)).astype(np.float32)
    assert np.allclose(stretch(features, 1.0, 1.0), features, atol=1e-6)


def test_stretching_by_hand() -> None:
    """Three frames in twice the tempo are the first and the last; band m becomes band 2m, then the last."""
    ramp = np.arange(MELS, dtype=np.float32)
    features = np.stack([ramp, ramp + 100, ramp + 200])
    faster = stretch(features, 1.5, 1.0)
    assert faster.shape == (2, MELS)
    assert np.allclose(faster, [ramp, ramp + 200])
    moved = stretch(features, 1.0, 2.0)
    assert np.allclose(moved[0], np.minimum(2 * ramp, MELS - 1))
    assert np.allclose(stretch(features, 1.0, 0.5)[0], ramp / 2)


def test_a_single_frame_stays_one() -> None:
    assert stretch(np.ones((1, MELS), np.float32), 1.1, 0.95).shape == (1, MELS)


def test_batches_hold_similar_lengths_and_little_padding(source: SpeechSource) -> None:
    batches = [batch_at(source, step, 4, 1, mask=False) for step in range(64)]
    padding = sum(batch.features.shape[0] * batch.features.shape[1] for batch in batches)
    assert padding < 1.3 * sum(int(batch.lengths.sum()) for batch in batches)


def test_a_warped_batch_has_one_tempo_and_is_the_same_again(source: SpeechSource) -> None:
    plain = batch_at(source, 5, 4, 1)
    warped, again = (batch_at(source, 5, 4, 1, warp=Warp(0.4, 0.1)) for _ in range(2))
    assert torch.equal(warped.features, again.features)
    assert warped.rows == plain.rows
    ratios = warped.lengths / plain.lengths
    assert float(ratios.max() - ratios.min()) < 0.05
    assert abs(float(ratios.mean()) - 1) > 0.02


def test_nothing_is_warped_or_hidden_without_a_generator(source: SpeechSource) -> None:
    row = source.row((0, 3))
    batch = collate(source, [(0, 3)], None, Warp(0.4, 0.1))
    assert batch.lengths.tolist() == [row.frames]
    assert np.array_equal(batch.features[0, : row.frames].numpy(), to_float(source.stores[0].features(row)))
