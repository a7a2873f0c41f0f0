"""Who speaks a text: an engine, a voice, a rate and a pitch, drawn by seed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from polyvox.train.engines import Engine, Settings

_RATES = (0.75, 1.25)
_PITCHES = (0.6, 1.5)


@dataclass(frozen=True, slots=True)
class SpokenText:
    """A text to be spoken: its language, its translation where known, and the key of its meaning."""

    text: str
    language: str
    translation: str = ""
    key: str = ""
    translation_language: str = "en"


@dataclass(frozen=True, slots=True)
class Utterance:
    """A text with the voice that speaks it."""

    spoken: SpokenText
    engine: str
    voice: str
    settings: Settings

    def path(self, suffix: str, finish: str = "") -> str:
        """Where the recording lies below the output folder: determined by all that shapes the sound.

        `finish` says what is done to it after it was spoken, empty for nothing.
        """
        said = f"{self.voice}\t{self.settings.rate:.3f}\t{self.settings.pitch:.3f}\t{self.spoken.text}"
        name = hashlib.sha256((said + finish).encode()).hexdigest()[:20]
        return f"{self.engine}/{self.spoken.language}/{name[:2]}/{name}{suffix}"


def cast_voices(
    texts: Sequence[SpokenText], engines: Sequence[Engine], seed: int, voices_allowed: Collection[str] = ()
) -> Iterator[Utterance]:
    """Draw an engine, a voice, a rate and a pitch for each text, the same for the same text and seed.

    Texts in a language that no engine speaks are left out.

    Args:
        texts: to speak.
        engines: to draw from.
        seed: of the draw.
        voices_allowed: `engine:voice` names to draw from; all voices where empty.
    """
    voices: dict[str, list[tuple[str, Sequence[str]]]] = {}
    for spoken in texts:
        if spoken.language not in voices:
            offered = [(engine.name, _allowed(engine, spoken.language, voices_allowed)) for engine in engines]
            voices[spoken.language] = [(name, found) for name, found in offered if found]
        choices = voices[spoken.language]
        if not choices:
            continue
        dice = _dice(f"{seed}\t{spoken.language}\t{spoken.text}")
        engine, engine_voices = choices[int(next(dice) * len(choices))]
        voice = engine_voices[int(next(dice) * len(engine_voices))]
        rate = _RATES[0] + next(dice) * (_RATES[1] - _RATES[0])
        pitch = _PITCHES[0] + next(dice) * (_PITCHES[1] - _PITCHES[0])
        yield Utterance(spoken, engine, voice, Settings(round(rate, 3), round(pitch, 3)))


def _allowed(engine: Engine, language: str, allowed: Collection[str]) -> Sequence[str]:
    voices = engine.voices(language)
    return [voice for voice in voices if f"{engine.name}:{voice}" in allowed] if allowed else voices


def _dice(seed: str) -> Iterator[float]:
    digest = hashlib.sha256(seed.encode()).digest()
    for start in range(0, len(digest), 4):
        yield int.from_bytes(digest[start : start + 4], "big") / 2**32
