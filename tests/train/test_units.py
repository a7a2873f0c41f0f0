from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from polyvox.item import Audio
from polyvox.modules.front import open_front
from polyvox.train.manifest import Recording, write_manifest
from polyvox.train.units import fit_units
from polyvox.train.waves import write_wav


def test_units_are_learned_from_a_manifest_without_held_out_and_damaged_rows(tmp_path: Path) -> None:
    rows = []
    for number, split in enumerate(["train", "", "dev", "train"]):
        samples = np.sin(np.arange(16_000) * (0.1 + 0.3 * number)).astype(np.float32)
        write_wav(tmp_path / f"{number}.wav", Audio(samples))
        rows.append(Recording(f"{number}.wav", "en", split=split))
    (tmp_path / "3.wav").write_bytes(b"RIFF")
    write_manifest(tmp_path / "manifest.tsv", rows)
    said: list[str] = []

    def report(message: str) -> None:
        said.append(message)

    front = open_front("log-mel")
    units = fit_units(front, [tmp_path / "manifest.tsv"], size=4, report=report)
    assert units.size == 4
    assert len(said) == 1
    assert "3.wav" in said[0]
    again = fit_units(front, [tmp_path / "manifest.tsv"], size=4, report=report)
    recording = Audio(np.sin(np.arange(16_000) * 0.4).astype(np.float32))
    np.testing.assert_array_equal(units.ids([recording])[0], again.ids([recording])[0])
