from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from polyvox.errors import PolyvoxError
from polyvox.item import Audio
from polyvox.train import synthesis
from polyvox.train.engines import ENGINES, Settings, SynthesisError, engines_named
from polyvox.train.manifest import read_manifest
from polyvox.train.synthesis import SpokenText, cast_voices, synthesize

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
    recordings = read_manifest(synthesize(TEXTS, tmp_path, engines=["whistle"]))
    assert {one.transcript for one in recordings} == {text.text for text in TEXTS}
    first = next(one for one in recordings if one.transcript == "word 7")
    assert (first.language, first.key, first.translation) == ("en", "key/7", "meaning 7")
    assert (tmp_path / first.path).stat().st_size == pytest.approx(44 + 32_000 * first.seconds, abs=320)


def test_a_second_run_speaks_nothing_and_gives_the_same_manifest(tmp_path: Path) -> None:
    before = synthesize(TEXTS, tmp_path, engines=["whistle"]).read_bytes()
    asked = Whistle.asked
    assert synthesize(TEXTS, tmp_path, engines=["whistle"]).read_bytes() == before
    assert Whistle.asked == asked == len(TEXTS)


def test_a_killed_run_speaks_only_the_rest(tmp_path: Path) -> None:
    synthesize(TEXTS[:12], tmp_path, engines=["whistle"])
    synthesize(TEXTS, tmp_path, engines=["whistle"])
    assert Whistle.asked == len(TEXTS)


def test_the_seed_decides_voices() -> None:
    def cast(seed: int) -> list[tuple[str, Settings]]:
        return [(one.voice, one.settings) for one in cast_voices(TEXTS, [Whistle()], seed)]

    assert cast(1) == cast(1)
    assert cast(1) != cast(2)
    assert {voice for voice, _ in cast(1)} == {"low", "high"}


def test_what_cannot_be_spoken_is_named_and_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [SpokenText("mute", "en"), SpokenText("loud", "en"), SpokenText("bore da", "cy")]
    manifest = read_manifest(synthesize(texts, tmp_path, engines=["whistle"]))
    assert [one.transcript for one in manifest] == ["loud"]
    assert "'mute': it is mute" in capsys.readouterr().err


def test_no_language_that_can_be_spoken_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match="none of the 1 texts"):
        synthesize([SpokenText("bore da", "cy")], tmp_path, engines=["whistle"])


def test_unknown_engines_are_listed() -> None:
    with pytest.raises(ValueError, match="there are: espeak, festival, flite"):
        engines_named(["whisper"])
    assert set(ENGINES) == {"espeak", "flite", "festival"}
