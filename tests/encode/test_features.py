import numpy as np

from polyvox.encode.features import CLIP, MELS, frame_count, log_mel
from polyvox.item import Audio


def tone(hertz: float, seconds: float = 1.0, loudness: float = 0.5) -> Audio:
    time = np.arange(int(16_000 * seconds)) / 16_000
    return Audio((loudness * np.sin(2 * np.pi * hertz * time)).astype(np.float32))


def noise(seconds: float, seed: int = 0) -> Audio:
    return Audio(np.random.default_rng(seed).standard_normal(int(16_000 * seconds)).astype(np.float32) * 0.1)


def test_shape_and_range() -> None:
    features = log_mel(noise(1.3))
    assert features.shape == (frame_count(int(1.3 * 16_000)), MELS)
    assert features.dtype == np.float32
    assert np.abs(features).max() <= CLIP


def test_loudness_does_not_matter() -> None:
    quiet = Audio(noise(1).samples * 0.01)
    assert np.allclose(log_mel(quiet), log_mel(noise(1)), atol=2e-3)


def test_mean_over_loud_frames_is_taken_off() -> None:
    assert np.abs(log_mel(noise(2)).mean(axis=0)).max() < 0.1


def test_a_higher_tone_moves_up_the_mel_scale() -> None:
    def peak(hertz: float) -> int:
        silence = np.zeros(8_000, np.float32)
        features = log_mel(Audio(np.concatenate([tone(hertz).samples, silence, noise(1).samples])))
        return int(features[10:80].mean(axis=0).argmax())

    assert peak(300) < peak(1_000) < peak(4_000)


def test_recordings_shorter_than_a_window_and_silence_are_finite() -> None:
    for samples in (0, 1, 399, 400, 401):
        features = log_mel(Audio(np.zeros(samples, np.float32)))
        assert features.shape == (1, MELS)
        assert np.isfinite(features).all()
