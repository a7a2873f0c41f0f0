import errno
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from polyvox.errors import PolyvoxError
from polyvox.item import Audio
from polyvox.train import synthesis
from polyvox.train.augment import Augmentation
from polyvox.train.casting import SpokenText
from polyvox.train.engines import ENGINES, Settings, SynthesisError, engines_named
from polyvox.train.manifest import read_manifest
from polyvox.train.synthesis import Finish, Format, SynthesisStopError, synthesize
from polyvox.train.waves import PARTIAL, write_whole

TEXTS = [SpokenText(f"word {number}", "en", f"meaning {number}", f"key/{number}") for number in range(20)]


class Whistle:
    """Whistles as long as the text is; cannot say `mute`; counts what it is asked."""

    name = "whistle"
    asked = 0

    def voices(self, language: str) -> Sequence[str]:
        return ["low", "high"] if language == "en" else []

    def speak(self, text: str, voice: str, settings: Settings) -> Audio:
        Whistle.asked += 1
        if text == "mute":
            raise SynthesisError(self.name, voice, text, "it is mute")
        pitch = {"low": 0.02, "high": 0.05}[voice] * settings.pitch
        return Audio(np.sin(pitch * np.arange(int(1_600 * len(text) / settings.rate))).astype(np.float32))


@pytest.fixture(autouse=True)
def whistle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthesis, "ENGINES", {"whistle": Whistle})
    monkeypatch.setattr(synthesis, "engines_named", lambda names: [Whistle() for _ in names])
    synthesis._engine.cache_clear()
    Whistle.asked = 0


def test_the_manifest_has_the_columns_of_the_shared_data(tmp_path: Path) -> None:
    recordings = read_manifest(synthesize(TEXTS, tmp_path, engines=["whistle"]).manifest)
    assert {one.transcript for one in recordings} == {text.text for text in TEXTS}
    first = next(one for one in recordings if one.transcript == "word 7")
    assert (first.language, first.key, first.translation) == ("en", "key/7", "meaning 7")
    assert (tmp_path / first.path).stat().st_size == pytest.approx(44 + 32_000 * first.seconds, abs=320)


def test_a_second_run_speaks_nothing_and_gives_the_same_manifest(tmp_path: Path) -> None:
    first = synthesize(TEXTS, tmp_path, engines=["whistle"])
    before = first.manifest.read_bytes()
    second = synthesize(TEXTS, tmp_path, engines=["whistle"])
    assert second.manifest.read_bytes() == before
    assert Whistle.asked == len(TEXTS)
    assert (first.spoken, first.cached, second.spoken, second.cached) == (20, 0, 0, 20)
    assert second.seconds == pytest.approx(first.seconds)


def test_a_killed_run_speaks_only_the_rest(tmp_path: Path) -> None:
    synthesize(TEXTS[:12], tmp_path, engines=["whistle"])
    synthesize(TEXTS, tmp_path, engines=["whistle"])
    assert Whistle.asked == len(TEXTS)


def test_what_cannot_be_spoken_is_named_and_left_out(tmp_path: Path) -> None:
    texts = [SpokenText("mute", "en"), SpokenText("loud", "en"), SpokenText("bore da", "cy")]
    report = synthesize(texts, tmp_path, engines=["whistle"], skipped=["line 3: the row has no text"])
    assert [one.transcript for one in read_manifest(report.manifest)] == ["loud"]
    assert (tmp_path / "skipped.txt").read_text().splitlines() == list(report.skipped)
    assert report.skipped[0] == "line 3: the row has no text"
    assert "'bore da': none of whistle speaks the language 'cy'" in report.skipped[1]
    assert "'mute': it is mute" in report.skipped[2]


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    def files(name: str, seed: int, form: Format) -> dict[str, bytes]:
        finish = Finish(form, Augmentation(noise=1, reverberation=1, codec=1), seed)
        synthesize(TEXTS[:4], tmp_path / name, engines=["whistle"], seed=seed, finish=finish)
        return {
            path.relative_to(tmp_path / name).as_posix(): path.read_bytes()
            for path in (tmp_path / name).rglob("*.*")
        }

    for form in Format:
        assert files(f"first {form}", 3, form) == files(f"second {form}", 3, form)
        assert files(f"first {form}", 3, form) != files(f"third {form}", 4, form)


def test_distorted_speech_is_kept_apart_from_plain(tmp_path: Path) -> None:
    finish = Finish(Format.OPUS, Augmentation(noise=1), 1)
    loud = synthesize(TEXTS[:2], tmp_path, engines=["whistle"], seed=1, finish=finish)
    plain = synthesize(TEXTS[:2], tmp_path, engines=["whistle"], seed=1)
    assert (loud.cached, plain.cached) == (0, 0)
    assert plain.seconds == pytest.approx(loud.seconds, rel=0.16)
    assert {path.suffix for path in tmp_path.rglob("*/*.*")} == {".ogg", ".wav"}


def test_workers_give_what_one_process_gives(tmp_path: Path) -> None:
    alone = synthesize(TEXTS, tmp_path / "alone", engines=["whistle"]).manifest.read_bytes()
    both = synthesize(TEXTS, tmp_path / "both", engines=["whistle"], workers=2).manifest.read_bytes()
    assert alone == both


def test_a_full_disk_keeps_what_was_spoken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(path: Path, content: bytes) -> None:
        if Whistle.asked == 6:
            raise OSError(errno.ENOSPC, "No space left on device")
        write_whole(path, content)

    monkeypatch.setattr(synthesis, "write_whole", write)
    with pytest.raises(SynthesisStopError, match="the disk is full; free some space"):
        synthesize(TEXTS, tmp_path, engines=["whistle"])
    assert len(read_manifest(tmp_path / "manifest.tsv", check_files=True)) == 5
    monkeypatch.undo()
    monkeypatch.setattr(synthesis, "ENGINES", {"whistle": Whistle})
    monkeypatch.setattr(synthesis, "engines_named", lambda names: [Whistle() for _ in names])
    assert synthesize(TEXTS, tmp_path, engines=["whistle"]).cached == 5


def test_a_run_killed_by_the_system_goes_on(tmp_path: Path) -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    texts = tmp_path / "texts.txt"
    texts.write_text("".join(f"number {number}\n" for number in range(60)))
    command = [sys.executable, "-m", "polyvox", "synthesize", str(texts), str(tmp_path / "out")]
    command += ["--language", "en", "--engines", "espeak", "--workers", "2"]
    killed = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while len(list((tmp_path / "out").rglob("*.wav"))) < 10 and time.monotonic() < deadline:
        time.sleep(0.02)
    killed.kill()
    killed.wait()
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.wav")}
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    whole = [*command[:5], str(tmp_path / "whole"), *command[6:]]
    subprocess.run(whole, check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    assert 10 <= len(kept) < 60
    assert all(path.stat().st_mtime_ns == written for path, written in kept.items())
    recordings = read_manifest(tmp_path / "out", check_files=True)
    assert recordings == read_manifest(tmp_path / "whole", check_files=True)
    assert len(recordings) == 60
    for recording in recordings:
        assert (tmp_path / "out" / recording.path).read_bytes() == (
            tmp_path / "whole" / recording.path
        ).read_bytes()


def test_a_file_may_be_written_by_two_at_once(tmp_path: Path) -> None:
    # a killed run's workers live on for up to a second, beside those of the run that goes on
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: write_whole(tmp_path / "one.wav", b"whole" * 1_000), range(400)))
    assert [path.name for path in tmp_path.iterdir()] == ["one.wav"]
    assert (tmp_path / "one.wav").read_bytes() == b"whole" * 1_000


def test_halves_of_files_that_a_killed_run_left_are_removed(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    old, new, foreign = (
        tmp_path / "en" / name for name in (f"a.0{PARTIAL}", f"b.1{PARTIAL}", "theirs.partial")
    )
    for path in (old, new, foreign):
        path.write_bytes(b"half")
    for path in (old, foreign):
        os.utime(path, (0, 0))
    synthesize(TEXTS, tmp_path, engines=["whistle"])
    assert (old.exists(), new.exists(), foreign.exists()) == (False, True, True)


def test_no_language_that_can_be_spoken_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match="none of the 1 texts"):
        synthesize([SpokenText("bore da", "cy")], tmp_path, engines=["whistle"])


def test_unknown_engines_are_listed() -> None:
    with pytest.raises(ValueError, match="there are: espeak, festival, flite"):
        engines_named(["whisper"])
    assert set(ENGINES) == {"espeak", "flite", "festival"}
