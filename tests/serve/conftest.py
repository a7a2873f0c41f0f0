from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.serve.running import EVERYWHERE, READ_TOKEN, SAMPLES, WRITE_TOKEN, Server, client_of, copied

from polyvox.index import Index
from polyvox.read import ReadOptions


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection of four texts and two recordings, in two folders."""
    folder = tmp_path_factory.mktemp("collection")
    (folder / "en").mkdir()
    (folder / "en" / "notes.txt").write_text(
        "The fishermen sell fish at the harbour.\n\nThe bees gave honey.\n", encoding="utf-8"
    )
    (folder / "pt.jsonl").write_text(
        '{"text": "O pão está fresco.", "language": "pt-BR"}\n{"text": "Vai chover amanhã."}\n',
        encoding="utf-8",
    )
    shutil.copy(SAMPLES / "collection" / "sw" / "taarifa.ogg", folder / "taarifa.ogg")
    command = ["ffmpeg", "-loglevel", "error", "-i", str(folder / "taarifa.ogg"), str(folder / "taarifa.wv")]
    if shutil.which("ffmpeg"):
        subprocess.run(command, check=True)
    else:
        shutil.copy(SAMPLES / "collection" / "fr" / "meteo.mp3", folder / "meteo.mp3")
    return folder


@pytest.fixture(scope="session")
def made(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of that collection; copy it before changing it."""
    target = tmp_path_factory.mktemp("made") / "harbour.index"
    index = Index.open_or_create(target)
    index.add_files([folder / "en"], ReadOptions(language="en"))
    index.add_files([folder / "pt.jsonl"], ReadOptions(language="pt-BR"))
    index.add_files([path for path in folder.iterdir() if path.suffix in {".ogg", ".wv", ".mp3"}])
    return target


@pytest.fixture(scope="session")
def server(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Open to everybody on this machine, without a limit on the rate, small limits on uploads."""
    limits = ("--rate", "0", "--upload-mb", "20", "--upload-seconds", "60", "--upload-files", "60")
    running = Server(copied(made, tmp_path_factory.mktemp("open")), *limits)
    yield running
    assert running.process.poll() is None, f"the server died: {running.log.read_text()}"
    running.stop()


@pytest.fixture(scope="session")
def guarded(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With tokens, and reachable by other addresses too."""
    index = copied(made, tmp_path_factory.mktemp("guarded"))
    tokens = index.with_name("tokens.txt")
    tokens.write_text(f"# who may what\nwrite {WRITE_TOKEN}\nread {READ_TOKEN}\n", encoding="utf-8")
    running = Server(
        index, "--host", EVERYWHERE, "--token-file", str(tokens), "--allow-host", "harbour.example"
    )
    running.url = running.url.replace(EVERYWHERE, "127.0.0.1")
    running.client = client_of(running.url)
    yield running
    assert running.process.poll() is None, f"the server died: {running.log.read_text()}"
    running.stop()
