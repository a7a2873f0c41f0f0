from pathlib import Path
from typing import Any

import numpy as np
import pytest

from polyvox.item import Audio
from polyvox.train.manifest import ManifestError, Recording, read_manifest
from polyvox.train.waves import audio_from_wav, write_wav


@pytest.fixture
def rows(tmp_path: Path) -> list[dict[str, Any]]:
    """Three rows that hold their recordings, each of another length."""
    held = []
    for number, language in enumerate(["sw", "fr", "en"], start=1):
        path = tmp_path / "one.wav"
        write_wav(path, Audio(np.full(1_000 * number, 0.5, np.float32)))
        sound = {"bytes": path.read_bytes(), "path": f"{number}.wav"}
        held.append({"audio": sound, "language": language, "sentence": f"text {number}"})
        path.unlink()
    return held


NAMES = {"path": "audio", "transcript": "sentence"}


def lengths(folder: Path, recordings: list[Recording]) -> list[int]:
    return [len(audio_from_wav((folder / one.path).read_bytes()).samples) for one in recordings]


def test_parquet_with_sound_is_unpacked_once(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    import pyarrow
    from pyarrow import parquet

    path = tmp_path / "train.parquet"
    parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    read = read_manifest(path, columns=NAMES, check_files=True)
    assert [one.transcript for one in read] == ["text 1", "text 2", "text 3"]
    assert lengths(tmp_path, read) == [1_000, 2_000, 3_000]
    written = (tmp_path / read[0].path).stat().st_mtime_ns
    assert read_manifest(path, columns=NAMES) == read
    assert (tmp_path / read[0].path).stat().st_mtime_ns == written


def test_parquet_may_name_files(tmp_path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    path = tmp_path / "train.parquet"
    table = pyarrow.Table.from_pylist([{"path": "a.ogg", "language": "sw", "seconds": 1.5}])
    parquet.write_table(table, path)
    assert read_manifest(path) == [Recording("a.ogg", "sw", seconds=1.5)]


def test_a_saved_dataset_is_read_with_its_splits(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    datasets = pytest.importorskip("datasets")
    languages = datasets.ClassLabel(names=["en", "fr", "sw"])
    numbered = [{**row, "language": languages.str2int(row["language"])} for row in rows]
    saved = {
        name: datasets.Dataset.from_list(part)
        .cast_column("audio", datasets.Audio(decode=False))
        .cast_column("language", languages)
        for name, part in {"train": numbered[:2], "test": numbered[2:]}.items()
    }
    datasets.DatasetDict(saved).save_to_disk(tmp_path / "spoken")
    read = read_manifest(tmp_path / "spoken", columns=NAMES, check_files=True)
    assert [(one.language, one.split) for one in read] == [("sw", "train"), ("fr", "train"), ("en", "test")]
    assert lengths(tmp_path / "spoken", read) == [1_000, 2_000, 3_000]


def test_a_damaged_dataset_is_named(tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    (tmp_path / "dataset_info.json").write_text("{}")
    with pytest.raises(ManifestError, match="not a saved dataset"):
        read_manifest(tmp_path)
