"""Kill -9 at random moments: the index opens, loses nothing that was committed, and ends up whole."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

from polyvox.index import FileState, Index
from polyvox.read import content_digest

KILLS = 100
FILES = 30
LONGEST_RUN = 0.5


def write_file(folder: Path, number: int, version: int) -> None:
    texts = [f"file {number} version {version} sentence {i}" for i in range(5 + 13 * (number % 5))]
    rows = [json.dumps({"text": text}) for text in texts]
    (folder / f"{number:03d}.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")


def stir(folder: Path, chance: random.Random, round_number: int) -> None:
    """Change one file, drop one, bring one back."""
    write_file(folder, chance.randrange(FILES), round_number)
    (folder / f"{chance.randrange(FILES):03d}.jsonl").unlink(missing_ok=True)
    write_file(folder, chance.randrange(FILES), round_number)


def run_and_kill(index: Path, folder: Path, delay: float | None) -> bool:
    """Start the runner; kill it `delay` seconds after it is ready, or let it end; whether it ended."""
    command = [sys.executable, str(Path(__file__).with_name("crash_runner.py")), str(index), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        if delay is None:
            assert process.stdout.read() == "ready\ndone\n"
            return process.wait() == 0
        assert process.stdout.readline() == "ready\n"
        time.sleep(delay)
        process.kill()
        return process.wait() == 0


def contents(index: Index) -> list[tuple[str, str, int, str]]:
    rows = index.search(np.ones(16, np.float32), limit=100_000)
    return [(row.path, row.digest, row.position, str(row.text)) for row in rows]


def done_files(index: Index) -> dict[str, FileState]:
    with index.writer() as writer:
        return {path: state for path, state in writer.known_files().items() if state.done}


def check_after_kill(index: Index, before: dict[str, FileState]) -> dict[str, FileState]:
    """Nothing twice; every finished file whole; what was finished before and is not touched still there."""
    rows = contents(index)
    twice = [key for key, count in Counter(row[:3] for row in rows).items() if count > 1]
    assert not twice
    after = done_files(index)
    held = Counter((path, digest) for path, digest, _, _ in rows)
    for state in after.values():
        assert held[state.path, state.digest] == state.items
    for path, old in before.items():
        if path not in after and Path(path).exists():
            whole_new = held[path, content_digest(path)] == len(
                Path(path).read_text(encoding="utf-8").splitlines()
            )
            assert whole_new or held[path, old.digest] == old.items, (
                f"{path} lost items while it was replaced"
            )
    return after


def test_a_hundred_kills(tmp_path: Path) -> None:
    folder, target = tmp_path / "folder", tmp_path / "index"
    folder.mkdir()
    for number in range(FILES):
        write_file(folder, number, 0)
    chance = random.Random(7)
    finished: dict[str, FileState] = {}
    ended = killed_in_creation = 0
    for kill in range(KILLS):
        if kill % 3 == 2:
            stir(folder, chance, kill)
        ended += run_and_kill(target, folder, chance.uniform(0, LONGEST_RUN))
        if not (target / "index.json").exists():
            assert not finished, "an index has lost what makes it one"
            killed_in_creation += 1
            continue
        finished = check_after_kill(Index.open(target), finished)
        if kill % 25 == 24:
            shutil.rmtree(target)
            finished = {}
    assert ended < KILLS, "no run was killed before its end"
    assert killed_in_creation < KILLS / 2, "few runs came as far as adding"
    assert run_and_kill(target, folder, None)
    index = Index.open(target)
    checked = index.verify()
    assert checked, checked.problems
    expected = sorted(
        (str(path), i, json.loads(line)["text"])
        for path in folder.glob("*.jsonl")
        for i, line in enumerate(path.read_text(encoding="utf-8").splitlines())
    )
    assert sorted((path, position, text) for path, _, position, text in contents(index)) == expected
