"""The section [speech] of a recipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from polyvox.encode.lexicon import WordSearch
from polyvox.encode.lexicon_languages import GuessedSearch, ToldSearch
from polyvox.errors import PolyvoxError
from polyvox.modules.sounds import SoundsConfig
from polyvox.modules.word_spotter import SpotterConfig
from polyvox.train.augment import Augmentation
from polyvox.train.further import FurtherTraining
from polyvox.train.lexicon import LexiconConfig
from polyvox.train.recipe import merged, read_section
from polyvox.train.sections import in_range, section_from
from polyvox.train.sounds import SoundsTraining
from polyvox.train.word_spotting import SpotterTraining


@dataclass(frozen=True, slots=True)
class SpeechRecipe:
    """How a speech tower is trained.

    Attributes:
        human: sets of `speech/` to learn from, each with the number of copies made of a recording (the
            first clean, the others distorted).
        dictionary: files of `text/` that give the word of a language for an English word, for recordings
            that have no text.
        unheard: languages whose human recordings are all left out of training.
        longest_seconds: longer recordings are left out.
        least_sounds: a sound that is rarer than this is not in the inventory.
        seed: of the distortions.
        blank_bias: `SpeechTower.blank_bias` of the finished tower, chosen on development words.
        augmentation: how often each distortion is applied.
        sounds: stage one.
        further: more parts of stage one. What a part does not say is as in `sounds`, its `decay` too; `seed`
            has to differ.
        sizes: widths and depths of the network.
        lexicon: which words are known.
        spotting: stage two.
        search: how words are looked up, chosen on development words.
        guessed: how much the guessed language counts where none is told, chosen on development words.
        told: what is looked up otherwise where the language is told, chosen on development words.
    """

    human: Mapping[str, int]
    dictionary: tuple[str, ...]
    unheard: tuple[str, ...] = ()
    longest_seconds: float = 14.0
    least_sounds: int = 80
    seed: int = 1
    blank_bias: float = 0.0
    augmentation: Mapping[str, Any] = field(default_factory=dict)
    sounds: Mapping[str, Any] = field(default_factory=dict)
    further: tuple[Mapping[str, Any], ...] = ()
    sizes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    lexicon: Mapping[str, Any] = field(default_factory=dict)
    spotting: Mapping[str, Any] = field(default_factory=dict)
    search: Mapping[str, Any] = field(default_factory=dict)
    guessed: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[str, Any] = field(default_factory=dict)

    def stage_one(self) -> SoundsTraining:
        """[speech.sounds], checked."""
        return section_from(SoundsTraining, self.sounds, "[speech.sounds]")

    def further_parts(self) -> list[FurtherTraining]:
        """Each [[speech.further]], checked.

        Raises:
            PolyvoxError: a wrong key or value, fewer blocks than before, a single block that grows, sets that
                are not in `human`, or a seed that was used before.
        """
        found: list[FurtherTraining] = []
        layers, seeds = self.sounds_config(1).layers, {self.stage_one().seed}
        for number, given in enumerate(self.further, start=1):
            where = f"[[speech.further]], number {number}"
            part = section_from(FurtherTraining, merged(self.sounds, given), where)
            if part.layers:
                in_range(f"{where}: layers", part.layers, layers)
                if part.layers > layers < 2:
                    raise PolyvoxError(f"{where}: layers: a network of one block cannot grow")
                layers = part.layers
            if odd := set(part.splice_sets) - set(self.human):
                known = ", ".join(self.human)
                raise PolyvoxError(f"{where}: splice_sets: {min(odd)!r} is not in [speech.human]: {known}")
            if part.seed in seeds:
                raise PolyvoxError(
                    f"{where}: seed: {part.seed} was used before and would draw the same; give another"
                )
            seeds.add(part.seed)
            found.append(part)
        return found

    def stage_two(self) -> SpotterTraining:
        """[speech.spotting], checked."""
        return section_from(SpotterTraining, self.spotting, "[speech.spotting]")

    def known_words(self) -> LexiconConfig:
        """[speech.lexicon], checked."""
        return section_from(LexiconConfig, self.lexicon, "[speech.lexicon]")

    def word_search(self) -> WordSearch:
        """[speech.search], checked."""
        found = section_from(WordSearch, self.search, "[speech.search]")
        in_range("[speech.search] floor", found.floor, 1e-30, 1)
        return found

    def guessed_search(self) -> GuessedSearch:
        """[speech.guessed], checked."""
        return section_from(GuessedSearch, self.guessed, "[speech.guessed]")

    def told_search(self) -> ToldSearch:
        """[speech.told], checked."""
        return section_from(ToldSearch, self.told, "[speech.told]")

    def distortions(self) -> Augmentation:
        """[speech.augmentation], checked."""
        return section_from(Augmentation, self.augmentation, "[speech.augmentation]")

    def sounds_config(self, inventory: int) -> SoundsConfig:
        """[speech.sizes.sounds], checked."""
        sizes = {**self.sizes.get("sounds", {}), "sounds": inventory}
        return section_from(SoundsConfig, sizes, "[speech.sizes.sounds]")

    def spotter_config(self, inventory: int) -> SpotterConfig:
        """[speech.sizes.spotter], checked."""
        sizes = {**self.sizes.get("spotter", {}), "sounds": inventory}
        return section_from(SpotterConfig, sizes, "[speech.sizes.spotter]")


def load_speech_recipe(recipe: Path) -> SpeechRecipe:
    """Read [speech] from a recipe folder, every part of it checked.

    Raises:
        PolyvoxError: as `read_section` does.
    """
    loaded = read_section(recipe, "speech", SpeechRecipe)
    for check in _CHECKS:
        check(loaded)
    return loaded


_CHECKS: Sequence[Callable[[SpeechRecipe], object]] = (
    SpeechRecipe.stage_one,
    SpeechRecipe.further_parts,
    SpeechRecipe.stage_two,
    SpeechRecipe.distortions,
    SpeechRecipe.known_words,
    SpeechRecipe.word_search,
    SpeechRecipe.guessed_search,
    SpeechRecipe.told_search,
    lambda recipe: recipe.sounds_config(1),
    lambda recipe: recipe.spotter_config(1),
)
