import shutil

import numpy as np
import pytest

from polyvox.train.engines import ENGINES, MissingEngineError, Settings, installed_engines

PROGRAMS = {"espeak": "espeak-ng", "flite": "flite", "festival": "festival"}


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_an_engine_speaks_english(name: str) -> None:
    if shutil.which(PROGRAMS[name]) is None:
        pytest.skip(f"{PROGRAMS[name]} is not installed")
    engine = ENGINES[name]()
    voices = engine.voices("en")
    if not voices:
        pytest.skip(f"{name} has no English voice here")
    normal = engine.speak("good morning", voices[0], Settings())
    slow = engine.speak("good morning", voices[0], Settings(rate=0.75))
    assert 0.3 < normal.seconds < 3
    assert np.abs(normal.samples).max() > 0.05
    assert slow.seconds > 1.1 * normal.seconds


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_a_missing_program_says_what_to_install(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingEngineError, match=r"apt-get install .* dnf install .* \(macOS\)"):
        ENGINES[name]()
    with pytest.raises(MissingEngineError, match="espeak-ng"):
        installed_engines()


@pytest.mark.parametrize("language", ["en", "cs", "sw"])
def test_what_was_said_before_does_not_change_a_sound(language: str) -> None:
    spoken = 0
    for name in sorted(PROGRAMS):
        if shutil.which(PROGRAMS[name]) is None:
            continue
        engine = ENGINES[name]()
        for voice in engine.voices(language)[:2]:
            alone = ENGINES[name]().speak("maji moto", voice, Settings(1.1, 1.1))
            engine.speak("habari", voice, Settings())
            after = engine.speak("maji moto", voice, Settings(1.1, 1.1))
            assert np.array_equal(alone.samples, after.samples), (name, voice)
            spoken += 1
    if not spoken:
        pytest.skip("no engine is installed")
