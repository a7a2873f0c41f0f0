"""Which texts of the training data are spoken: short ones, a set number a language."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from polyvox.train.casting import SpokenText
from polyvox.train.parallel_text import column_of, rows, speakable
from polyvox.train.recipe import read_section


@dataclass(frozen=True, slots=True)
class SynthesisConfig:
    """The section [synthesis] of a recipe.

    `sources` are files of `text/` with the share of each language's utterances they give; `utterances` is
    the number a language, `default` for those not named. Rows whose English contains a string of `skip` are
    left out. `augmentation` distorts what is written, see `Augmentation`; nothing is distorted without it.
    """

    languages: tuple[str, ...]
    engines: tuple[str, ...] = ("espeak", "flite", "festival")
    sources: Mapping[str, float] = field(default_factory=dict)
    utterances: Mapping[str, int] = field(default_factory=dict)
    augmentation: Mapping[str, float] = field(default_factory=dict)
    max_characters: int = 60
    skip: tuple[str, ...] = ()
    seed: int = 0


def load_synthesis_config(recipe: Path) -> SynthesisConfig:
    """Read [synthesis] from a recipe folder.

    Raises:
        PolyvoxError: as `read_section` does.
    """
    return read_section(recipe, "synthesis", SynthesisConfig)


def texts_to_speak(config: SynthesisConfig, folder: Path) -> list[SpokenText]:
    """Draw the texts, without repetition inside a language, the same for the same seed."""
    pools: dict[str, dict[str, dict[str, str]]] = {language: {} for language in config.languages}
    for source in config.sources:
        for row in rows(folder / f"{source}.jsonl.xz"):
            if any(unwanted in row.get("en", "") for unwanted in config.skip):
                continue
            for language in config.languages:
                text = row.get(column_of(language), "").strip()
                if text and speakable(text, config.max_characters):
                    pools[language].setdefault(source, {}).setdefault(text, row.get("en", ""))
    return [spoken for language in config.languages for spoken in _draw(language, pools[language], config)]


def _draw(language: str, pool: dict[str, dict[str, str]], config: SynthesisConfig) -> list[SpokenText]:
    dice = random.Random(f"{config.seed}:{language}")  # noqa: S311 - a reproducible draw, not a secret
    wanted = config.utterances.get(language, config.utterances.get("default", 300))
    total = sum(share for source, share in config.sources.items() if source in pool)
    chosen: dict[str, str] = {}
    for source, texts in pool.items():
        count = min(len(texts), round(wanted * config.sources[source] / total))
        chosen.update((text, texts[text]) for text in dice.sample(sorted(texts), count))
    return [SpokenText(text, language, english) for text, english in sorted(chosen.items())]
