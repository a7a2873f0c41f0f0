from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers", reason="needs the extra 'train'")

from tests.modules.front.tiny_omni_asr import save_tiny_omni_asr  # noqa: E402

from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.item import Audio  # noqa: E402
from polyvox.modules.front import open_front  # noqa: E402


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    place = tmp_path_factory.mktemp("omni")
    return save_tiny_omni_asr(place / "omniASR-W2V-tiny.pt", place / "transformers")


def _recordings() -> list[Audio]:
    dice = np.random.default_rng(0)
    return [Audio((0.1 * dice.standard_normal(length)).astype(np.float32)) for length in (300, 7000, 20000)]


def test_the_published_file_hears_what_the_same_weights_hear_in_transformers(
    saved: tuple[Path, Path],
) -> None:
    file, folder = saved
    for layers in (None, (0, 1)):
        theirs, ours = open_front(str(folder), layers), open_front(str(file), layers)
        assert (ours.width, ours.rate) == (theirs.width, theirs.rate)
        for one, other in zip(ours.frames(_recordings()), theirs.frames(_recordings()), strict=True):
            assert np.abs(one).max() > 0.1
            np.testing.assert_allclose(one, other, atol=1e-5)


def test_a_recording_alone_has_the_frames_that_it_has_in_a_batch(saved: tuple[Path, Path]) -> None:
    front = open_front(str(saved[0]))
    for recording, frames in zip(_recordings(), front.frames(_recordings()), strict=True):
        np.testing.assert_allclose(front.frames([recording])[0], frames, atol=2e-5)


def test_it_is_saved_as_a_front_without_pickle(saved: tuple[Path, Path], tmp_path: Path) -> None:
    front = open_front(str(saved[0]), (1, 2))
    front.save(tmp_path / "front")
    again = open_front(str(tmp_path / "front"))
    assert again.fingerprint == front.fingerprint
    assert {path.suffix for path in (tmp_path / "front").iterdir()} == {".json", ".safetensors"}


class Harmful:
    """What a pickle would make when it is read."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("harm"),)


def test_a_file_that_could_run_code_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"model": Harmful()}, tmp_path / "x.pt")
    with pytest.raises(PolyvoxError, match="Convert it"):
        open_front(str(tmp_path / "x.pt"))
    assert not (tmp_path / "harm").exists()


def test_other_files_are_refused(tmp_path: Path, saved: tuple[Path, Path]) -> None:
    torch.save({"model": {"encoder.weight": torch.zeros(2)}}, tmp_path / "other.pt")
    with pytest.raises(PolyvoxError, match="omniASR_W2V"):
        open_front(str(tmp_path / "other.pt"))
    whole = torch.load(saved[0], weights_only=True)
    del whole["model"]["encoder.layers.1.ffn.inner_proj.bias"]
    torch.save(whole, tmp_path / "part.pt")
    with pytest.raises(PolyvoxError, match=r"layers\.1\.feed_forward"):
        open_front(str(tmp_path / "part.pt"))
    (tmp_path / "text.pt").write_text("not a file of torch")
    with pytest.raises(PolyvoxError, match="damaged"):
        open_front(str(tmp_path / "text.pt"))
    with pytest.raises(PolyvoxError, match="no such file"):
        open_front(str(tmp_path / "nowhere.pt"))
