from collections.abc import Sequence

from polyvox.item import Audio
from polyvox.train.casting import SpokenText, Utterance, cast_voices
from polyvox.train.engines import Settings

TEXTS = [SpokenText(f"word {number}", "en") for number in range(20)]


class Choir:
    name = "choir"

    def voices(self, language: str) -> Sequence[str]:
        return ["low", "high"] if language == "en" else []

    def speak(self, text: str, voice: str, settings: Settings) -> Audio:
        raise NotImplementedError


def cast(seed: int) -> list[tuple[str, Settings]]:
    return [(one.voice, one.settings) for one in cast_voices(TEXTS, [Choir()], seed)]


def test_the_seed_decides_voices() -> None:
    assert cast(1) == cast(1)
    assert cast(1) != cast(2)
    assert {voice for voice, _ in cast(1)} == {"low", "high"}


def test_other_texts_do_not_change_the_voice_of_a_text() -> None:
    alone = list(cast_voices(TEXTS[7:8], [Choir()], 1))
    assert alone == list(cast_voices(TEXTS, [Choir()], 1))[7:8]


def test_what_nobody_speaks_is_left_out() -> None:
    assert not list(cast_voices([SpokenText("bore da", "cy")], [Choir()], 1))


def test_only_named_voices_speak() -> None:
    only = list(cast_voices(TEXTS, [Choir()], 1, {"choir:low", "solo:high"}))
    assert len(only) == 20
    assert {one.voice for one in only} == {"low"}
    assert not list(cast_voices(TEXTS, [Choir()], 1, {"solo:high"}))


def test_all_that_shapes_the_sound_changes_the_path() -> None:
    one = Utterance(TEXTS[0], "choir", "low", Settings())
    others = [
        Utterance(TEXTS[1], "choir", "low", Settings()),
        Utterance(TEXTS[0], "choir", "high", Settings()),
        Utterance(TEXTS[0], "choir", "low", Settings(rate=1.1)),
        Utterance(TEXTS[0], "choir", "low", Settings(pitch=1.1)),
    ]
    paths = {one.path(".wav"), one.path(".wav", "noise"), *(other.path(".wav") for other in others)}
    assert len(paths) == 6
    assert one.path(".wav").startswith("choir/en/")
