"""`polyvox group` as a user meets it."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import av
import numpy as np
import pytest

from polyvox import Index, load_audio, load_encoder
from polyvox.cli import main
from polyvox.cli.exits import Exit
from polyvox.item import SAMPLING_RATE

QUERIES = Path(str(files("polyvox"))) / "samples" / "queries"


def save(path: Path, samples: np.ndarray[tuple[int], np.dtype[np.float32]]) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=SAMPLING_RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray((samples[None] * 32767).astype(np.int16), "s16", "mono")
        frame.sample_rate = SAMPLING_RATE
        container.mux([*stream.encode(frame), *stream.encode(None)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "recordings"
    folder.mkdir()
    for query in sorted(QUERIES.glob("*.ogg")):
        samples = load_audio(query).samples
        save(folder / f"{query.stem}-1.wav", samples)
        save(folder / f"{query.stem}-2.wav", 0.4 * samples)
    (folder / "broken.ogg").write_bytes(b"no sound at all")
    (folder / "notes.txt").write_text("a text\n", encoding="utf-8")
    return folder


def pairs(lines: list[str]) -> list[tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for line in lines[1:]:
        number, file, start, end, distance = line.split("\t")
        assert 0 <= float(start) < float(end)
        assert 0 <= float(distance) < 0.2
        groups.setdefault(number, []).append(Path(file).stem)
    return sorted(tuple(sorted(members)) for members in groups.values())


def test_two_takes_are_a_group_and_a_bad_file_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["group", str(folder)]) == Exit.SKIPPED_SOME
    captured = capsys.readouterr()
    stems = sorted(query.stem for query in QUERIES.glob("*.ogg"))
    lines = captured.out.splitlines()
    assert lines[0] == "group\tfile\tstart\tend\tdistance"
    assert pairs(lines) == [(f"{stem}-1", f"{stem}-2") for stem in stems]
    assert "broken.ogg" in captured.err
    assert "notes.txt: not a recording" in captured.err
    assert "4 groups of 8 of 8 recordings, 1 skipped" in captured.err


def test_an_index_gives_the_same_groups(folder: Path, tmp_path: Path) -> None:
    (folder / "broken.ogg").unlink()
    index = Index.create(tmp_path / "i", load_encoder("sounds"))
    index.add_files([folder])
    first, second = tmp_path / "first.tsv", tmp_path / "second.json"
    assert main(["group", str(folder), "--out", str(first)]) == Exit.DONE
    assert main(["group", str(tmp_path / "i"), "--json", "--out", str(second)]) == Exit.DONE
    found = [
        tuple(sorted(Path(member["file"]).stem for member in group["members"]))
        for group in json.loads(second.read_text())
    ]
    assert sorted(found) == pairs(first.read_text().splitlines())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["--model", "default"], "--threshold"), (["--language", "sw"], "for an index")],
)
def test_what_does_not_go_together_exits_2(
    arguments: list[str], told: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["group", str(folder), *arguments]) == Exit.USAGE
    assert told in capsys.readouterr().err


def test_an_index_is_grouped_alone(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Index.open_or_create(tmp_path / "i")
    assert main(["group", str(tmp_path / "i"), str(folder)]) == Exit.USAGE
    assert f"{tmp_path / 'i'} is an index; give it alone" in capsys.readouterr().err


@pytest.mark.parametrize("threshold", ["0", "1.2", "near"])
def test_a_threshold_is_a_cosine(threshold: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["group", "x", "--threshold", threshold])
    assert left.value.code == Exit.USAGE
    assert "above 0" in capsys.readouterr().err


def test_what_is_there_is_not_overwritten(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "groups.tsv"
    out.write_text("mine")
    assert main(["group", str(folder), "--out", str(out)]) == Exit.FAILED
    assert out.read_text() == "mine"
