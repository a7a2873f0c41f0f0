"""What `--check` finds before anything is trained."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sentence_transformers", reason="needs the extra 'train'")
pytest.importorskip("accelerate", reason="needs the extra 'train'")

from polyvox.cli import main
from polyvox.cli.exits import Exit
from polyvox.item import Audio
from polyvox.train.tower.audio_check import audio_problems, claimed_rates
from polyvox.train.tower.rows import Row
from polyvox.train.waves import write_wav

from .conftest import MakeRecipe


def wave(folder: Path, name: str, samples: np.ndarray, seconds: float = 0.0) -> Row:
    write_wav(folder / name, Audio(samples.astype(np.float32)))
    return Row(folder / name, "en", 0, "a text", "", seconds)


def test_every_kind_of_bad_recording_is_named(tmp_path: Path) -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(16_000)
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    rows = [
        wave(tmp_path, "good.wav", noise, 1.0),
        Row(tmp_path / "broken.wav", "en", 0, "a", ""),
        wave(tmp_path, "silent.wav", np.zeros(16_000)),
        wave(tmp_path, "clipped.wav", np.clip(100 * noise, -1, 1)),
        wave(tmp_path, "short.wav", noise[:800]),
        wave(tmp_path, "long.wav", np.tile(noise, 3)),
        wave(tmp_path, "rate.wav", noise, 2.76),
        wave(tmp_path, "claimed.wav", noise),
    ]
    found = list(audio_problems(rows, 2.5, {tmp_path / "claimed.wav": 44_100, tmp_path / "good.wav": 16_000}))
    assert [[problem.kind for problem in one] for one in found] == [
        [],
        ["unreadable"],
        ["silent"],
        ["clipped"],
        ["too short"],
        ["cut"],
        ["duration"],
        ["sampling rate"],
    ]
    assert found[7][0].detail == "44100 Hz in the manifest, 16000 Hz in the file"
    assert found[6][0].detail == "2.76 s in the manifest, 1.00 s in the file"


def test_claimed_rates_are_read_from_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "m.tsv").write_text("path\tlanguage\tsampling_rate\na.wav\ten\t8000\nb.wav\ten\t\n")
    assert claimed_rates(tmp_path / "m.tsv", tmp_path, "path") == {tmp_path / "a.wav": 8000}


def test_the_report_names_problems_with_advice_and_an_estimate(
    make_recipe: MakeRecipe, tones: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = Path(shutil.copytree(tones, tmp_path / "data"))
    manifest = data / "manifest.tsv"
    lines = manifest.read_text().splitlines()
    first = lines[1].split("\t")
    shutil.copy(data / first[0], data / "copy.wav")
    shutil.copy(data / first[0], data / "spare.wav")

    def line(path: str, language: str, text: str) -> str:
        values = dict(zip(lines[0].split("\t"), first, strict=True))
        return "\t".join({**values, "path": path, "language": language, "transcript": text}.values())

    lines += [
        line("gone.wav", "en", "fire"),
        line(first[0], "en", "other words"),
        line("copy.wav", "sw", "moto maji"),
        line(lines[2].split("\t")[0].replace("-1.wav", "-0.wav"), "en", ""),
    ]
    manifest.write_text("\n".join(lines) + "\n")
    arguments = ["train", str(make_recipe()), "--data", str(data), "--out", str(tmp_path / "run"), "--check"]
    assert main(arguments) == Exit.SKIPPED_SOME
    said = capsys.readouterr().out
    for expected in (
        "1 rows cannot be used\n  → repair the manifest or the files",
        "gone.wav: no such file",
        "1 rows have no transcript",
        "1 recordings have a second row with other texts",
        "1 recordings have no row",
        "spare.wav",
        "1 recordings are there more than once",
        "languages with one row",
        "only 67 recordings",
        "only 12 recordings are held out",
        "languages: en 66, sw 1",
        "8 steps of ",
    ):
        assert expected in said, said
    assert not (tmp_path / "run").exists()


def test_too_few_recordings_and_splits_that_nobody_uses_are_problems_among_others(
    make_recipe: MakeRecipe, tones: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(tones, tmp_path / "tones"))
    manifest = folder / "manifest.tsv"
    lines = manifest.read_text(encoding="utf-8").splitlines()
    kept = [lines[0], *(line.replace("\ttrain\t", "\ttrial\t") for line in lines[1:40]), *lines[40:46]]
    manifest.write_text("\n".join(kept) + "\n", encoding="utf-8")
    arguments = ["train", str(make_recipe()), "--data", str(folder), "--out", str(tmp_path / "x"), "--check"]
    assert main(arguments) == Exit.SKIPPED_SOME
    told = capsys.readouterr().out
    assert "a batch has 8 recordings, and there are only" in told
    assert "have a split that is not used" in told
    assert "trial: " in told
    assert "recordings have no row" in told
    assert "minutes" not in told
