"""`polyvox encode` as a user meets it."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from polyvox import Index, load_audio, load_encoder
from polyvox.cli import main
from polyvox.cli.exits import Exit
from polyvox.encode import Role

SAMPLES = Path(str(files("polyvox"))) / "samples"
VOICE = SAMPLES / "queries" / "en.ogg"
NEWS = SAMPLES / "collection" / "en" / "evening-news.ogg"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.txt").write_text("The fishermen sell fish.\n\nThe bees gave honey.\n", encoding="utf-8")
    (folder / "b.ogg").write_bytes(NEWS.read_bytes())
    (folder / "c.pdf").touch()
    (folder / "d.csv").write_text("text\nRain comes tomorrow\n", encoding="utf-8")
    return folder


def standard_input(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    class Stdin:
        buffer = io.BytesIO(text.encode())

    monkeypatch.setattr("sys.stdin", Stdin())


def test_files_become_the_rows_that_an_index_would_hold(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "v.parquet"
    assert main(["encode", str(folder), "--out", str(out)]) == Exit.SKIPPED_SOME
    assert "c.pdf: empty file" in capsys.readouterr().err
    rows = pq.read_table(out).to_pylist()
    assert {Path(row["source"]).name for row in rows} == {"a.txt", "b.ogg", "d.csv"}
    assert all(row["end"] > row["start"] for row in rows if row["modality"] == "speech")

    index = Index.open_or_create(tmp_path / "i")
    index.add_files([folder])
    kept = {hit.id: hit for hit in index.search(np.ones(256, np.float32), limit=100)}
    assert {row["id"] for row in rows} == set(kept)
    for row in rows:
        hit = kept[row["id"]]
        assert (row["start"], row["end"], row["text"], row["locator"]) == (
            hit.start,
            hit.end,
            hit.text,
            hit.locator,
        )


def test_lines_of_standard_input_are_rows_with_the_encoders_vectors(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = ["A first line that is wrapped at some margin, as", "letters are.", "samaki wabichi"]
    standard_input(monkeypatch, f"{texts[0]}\n{texts[1]}\n\n{texts[2]}\n")
    assert main(["encode", "-", "--out", "-", "--query"]) == Exit.DONE
    captured = capsys.readouterr()
    rows = [json.loads(line) for line in captured.out.splitlines()]
    assert [row["text"] for row in rows] == texts
    assert [row["locator"] for row in rows] == ["line 1", "line 2", "line 4"]
    encoder = load_encoder()
    found = np.array([row["vector"] for row in rows], np.float32)
    np.testing.assert_allclose(found, encoder.encode_text(texts, role=Role.QUERY), atol=1e-6)
    assert {row["model"] for row in rows} == {encoder.card.fingerprint}
    assert "3 vectors of 256 values" in captured.err


def test_a_spoken_question_is_one_row_as_search_hears_it(tmp_path: Path) -> None:
    out = tmp_path / "q.npy"
    assert main(["encode", str(VOICE), "--query", "--dimension", "64", "--out", str(out)]) == Exit.DONE
    wanted = load_encoder(dimension=64).encode_speech([load_audio(VOICE)])
    np.testing.assert_allclose(np.load(out, allow_pickle=False), wanted, atol=1e-6)


def test_lines_keeps_the_lines_of_a_text_file(tmp_path: Path) -> None:
    text, out = tmp_path / "a.txt", tmp_path / "v.npy"
    text.write_text("one\n\ntwo\nthree\n\n" * 3, encoding="utf-8")
    assert main(["encode", str(text), "--lines", "--out", str(out)]) == Exit.DONE
    assert np.load(out, allow_pickle=False).shape == (9, 256)


def test_an_existing_file_is_refused_before_anything_is_read(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "v.npy"
    out.write_text("mine")
    assert main(["encode", str(folder), "--out", str(out)]) == Exit.FAILED
    assert "is there already" in capsys.readouterr().err
    assert out.read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--out", "v.bin"], Exit.FAILED, "--format"),
        (["--out", "-", "--format", "npy"], Exit.USAGE, "--out FILE"),
        (["--out", "nowhere/v.npy"], Exit.FAILED, "nowhere"),
        (["--out", "v.npy", "--dimension", "63"], Exit.FAILED, "32, 64, 128, 256"),
    ],
)
def test_what_cannot_be_written_is_said(
    arguments: list[str],
    code: Exit,
    told: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder.parent)
    assert main(["encode", str(folder), *arguments]) == code
    assert told in capsys.readouterr().err
    assert not list(folder.parent.glob("v.*"))


@pytest.mark.skipif(os.name == "nt", reason="no kill -9")
def test_a_killed_run_leaves_no_file_and_the_next_one_makes_it(tmp_path: Path) -> None:
    out = tmp_path / "v.npy"
    command = [sys.executable, "-m", "polyvox", "encode", "-", "--language", "en", "--out", str(out)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        process.stdin.write(b"a line of text\n" * 150_000)
        process.stdin.flush()
        part = tmp_path / "v.npy.part"
        deadline = time.monotonic() + 30
        while not (part.exists() and part.stat().st_size > 100_000) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert part.stat().st_size > 100_000, "vectors go to the disk while standard input is open"
        process.send_signal(signal.SIGKILL)
    assert not out.exists()
    done = subprocess.run(command, input=b"one\ntwo\n", capture_output=True, check=False)
    assert done.returncode == Exit.DONE
    assert np.load(out, allow_pickle=False).shape == (2, 256)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "v.npy",
        "v.npy.meta.json",
        "v.npy.rows.jsonl",
    ]


def test_the_page_s_faiss_block_runs(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = Path(__file__).parents[2] / "docs" / "encode.md"
    _, _, rest = page.read_text(encoding="utf-8").partition("```python\n# faiss\n")
    block, _, _ = rest.partition("```")
    monkeypatch.chdir(tmp_path)
    main(["encode", str(folder), "--out", "passages.npy"])
    (tmp_path / "q.txt").write_text("honey\n", encoding="utf-8")
    main(["encode", "q.txt", "--query", "--out", "question.npy"])
    capsys.readouterr()
    exec(compile(block, str(page), "exec"), {})  # noqa: S102 - our own page
    assert "The bees gave honey." in capsys.readouterr().out.splitlines()[0]


def test_nothing_to_encode_leaves_no_file_in_the_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "empty.txt").touch()
    out = tmp_path / "v.npy"
    assert main(["encode", str(tmp_path / "docs"), "--out", str(out)]) == Exit.SKIPPED_SOME
    assert f"nothing to encode in {tmp_path / 'docs'}; no file is written" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["docs"]
    (tmp_path / "docs" / "full.txt").write_text("Rain.\n", encoding="utf-8")
    assert main(["encode", str(tmp_path / "docs" / "full.txt"), "--out", str(out)]) == Exit.DONE
    assert np.load(out).shape == (1, 256)
