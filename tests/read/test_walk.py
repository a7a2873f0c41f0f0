from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from polyvox.errors import ReadError
from polyvox.read import STDIN, Skipped, content_digest, walk


def files(found: Iterable[Path | Skipped | ReadError]) -> list[str]:
    return [entry.name for entry in found if isinstance(entry, Path)]


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")


def test_sorted_recursive_and_with_reasons(tmp_path: Path) -> None:
    make(
        tmp_path,
        "b.txt",
        "a.WAV",
        "sub/c.pdf",
        "sub/.git/d.txt",
        ".hidden.txt",
        "e.exe",
        "README",
    )
    found = list(walk([tmp_path]))
    assert files(found) == ["a.WAV", "b.txt", "c.pdf"]
    reasons = {Path(entry.path).name: entry.reason for entry in found if isinstance(entry, Skipped)}
    assert reasons == {
        ".hidden.txt": "hidden",
        ".git": "hidden",
        "e.exe": "unknown suffix '.exe'",
        "README": "no suffix",
    }
    assert found == list(walk([tmp_path]))


def test_what_was_named_must_be_readable(tmp_path: Path) -> None:
    make(tmp_path, "a.exe")
    missing, unknown = walk([tmp_path / "no.txt", tmp_path / "a.exe"])
    assert isinstance(missing, ReadError)
    assert "does not exist" in missing.reason
    assert isinstance(unknown, ReadError)
    assert ".jsonl" in unknown.reason


def test_standard_input() -> None:
    assert list(walk(["-"])) == [STDIN]


def test_loops_end(tmp_path: Path) -> None:
    make(tmp_path, "sub/a.txt")
    (tmp_path / "sub" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "twin").symlink_to(tmp_path / "sub", target_is_directory=True)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    found = list(walk([tmp_path]))
    assert files(found) == ["a.txt"]
    assert sum(isinstance(entry, Skipped) for entry in found) == 2
    assert [Path(entry.path).name for entry in found if isinstance(entry, ReadError)] == ["self"]


def test_links_to_files_are_followed_and_broken_ones_named(tmp_path: Path) -> None:
    make(tmp_path, "a.txt")
    (tmp_path / "b.txt").symlink_to(tmp_path / "a.txt")
    (tmp_path / "c.txt").symlink_to(tmp_path / "gone")
    found = list(walk([tmp_path]))
    assert files(found) == ["a.txt", "b.txt"]
    assert isinstance(found[-1], ReadError)
    assert "link is broken" in found[-1].reason


def test_a_folder_that_vanishes(tmp_path: Path) -> None:
    make(tmp_path, "a.txt", "sub/b.txt", "z/c.txt")
    found = walk([tmp_path])
    assert files([next(found)]) == ["a.txt"]
    shutil.rmtree(tmp_path / "sub")
    error, last = found
    assert isinstance(error, ReadError)
    assert "does not exist" in error.reason
    assert files([last]) == ["c.txt"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_unreadable_folder(tmp_path: Path) -> None:
    make(tmp_path, "sub/a.txt")
    (tmp_path / "sub").chmod(0)
    (error,) = walk([tmp_path])
    (tmp_path / "sub").chmod(0o700)
    assert isinstance(error, ReadError)
    assert "permission denied" in error.reason


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipes_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert list(walk([tmp_path])) == [Skipped(str(tmp_path / "pipe.txt"), "not a regular file")]
    (named,) = walk([tmp_path / "pipe.txt"])
    assert isinstance(named, ReadError)
    assert "not a regular file" in named.reason


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_name_that_is_not_unicode(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")).write_text("text")
    except OSError:
        pytest.skip("this file system refuses such names")
    (error,) = walk([tmp_path])
    assert isinstance(error, ReadError)
    assert error.path.endswith("caf\\xe9.txt")
    assert "rename it" in error.reason


def test_deep_folders(tmp_path: Path) -> None:
    make(tmp_path, "/".join(["d"] * 150) + "/a.txt")
    assert files(walk([tmp_path])) == ["a.txt"]


def test_digest(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"abc")
    assert content_digest(path) == "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"
    with pytest.raises(ReadError, match="does not exist"):
        content_digest(tmp_path / "no")
