"""A recipe: `recipe.toml`, read into frozen dataclasses and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from polyvox.errors import PolyvoxError
from polyvox.train.sections import in_range, section_from

RECIPE_FILE = "recipe.toml"
Section = TypeVar("Section")


@dataclass(frozen=True, slots=True)
class TextRecipe:
    """How a text tower is trained: the section `[text]`.

    Attributes:
        sources: weight of each file of parallel rows, `train-<name>.jsonl.xz`, in the draw of batches.
        latent_weights: weight of each source's rows in the first values; 1 where none is given.
        vocabulary: number of subwords.
        vocabulary_exponent: a language with n words in a source counts n ** exponent there when subwords are
            chosen.
        vocabulary_boosts: factors for single languages in that choice; 1 where none is given.
        vocabulary_sources: factors for single sources in that choice; 1 where none is given.
        dimension: width of the vectors.
        matryoshka: prefixes of the vector that the loss is taken at, the full width among them.
        batch: pairs a step.
        steps: number of steps.
        rate: highest learning rate.
        warmup: steps until it is reached.
        decay: last steps, in which it falls to zero on a straight line; 0 for all after the warm-up.
        scale: inverse temperature of the loss.
        token_dropout: probability that a token of a training text is left out.
        language_exponent: a language with n tokens is drawn in proportion to n ** exponent.
        pivot: language that the right side of a pair prefers.
        pivot_share: how often it does.
        longest: tokens of a training text that are used.
        held_out_rows: rows of each source that are kept for the development table.
        pieces: weight in a subword's vector of the subwords that it could be cut into; see `compose`.
        spelling: weight of what it shares with all that are spelled like it.
        cuts: how many times the long rows of a source are halved; the halves are learned beside the whole
            rows, see `halves`.
        cut_tokens: a row whose pivot text has fewer tokens is not cut.
        mixed: share of the batches of `mixed_sources` in which sums of several texts are learned; see `mix`.
        mixed_sources: sources of words and short texts.
        mixed_most: texts in a sum, at most.
        bits: of an entry of the finished table, 8 or 4.
        seed: of every random draw.
    """

    sources: Mapping[str, float]
    latent_weights: Mapping[str, float] = field(default_factory=dict)
    vocabulary: int = 64_000
    vocabulary_exponent: float = 0.5
    vocabulary_boosts: Mapping[str, float] = field(default_factory=dict)
    vocabulary_sources: Mapping[str, float] = field(default_factory=dict)
    dimension: int = 256
    matryoshka: tuple[int, ...] = (256, 128, 64, 32)
    batch: int = 1024
    steps: int = 10_000
    rate: float = 0.01
    warmup: int = 100
    decay: int = 0
    scale: float = 20.0
    token_dropout: float = 0.0
    language_exponent: float = 0.5
    pivot: str = "en"
    pivot_share: float = 0.5
    longest: int = 96
    held_out_rows: int = 200
    pieces: float = 0.0
    spelling: float = 0.0
    cuts: Mapping[str, int] = field(default_factory=dict)
    cut_tokens: int = 12
    mixed: float = 0.0
    mixed_sources: tuple[str, ...] = ()
    mixed_most: int = 4
    bits: int = 8
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.sources:
            raise PolyvoxError("[text.sources] is empty; name at least one source and its weight")
        if any(width > self.dimension for width in self.matryoshka):
            raise PolyvoxError(
                f"[text] matryoshka {list(self.matryoshka)} exceeds dimension {self.dimension}"
            )
        in_range("[text] pieces", self.pieces, 0, 10)
        in_range("[text] spelling", self.spelling, 0, 10)
        in_range("[text] mixed", self.mixed, 0, 1)
        in_range("[text] mixed_most", self.mixed_most, 2)
        in_range("[text] cut_tokens", self.cut_tokens, 6)
        for key, named in (("mixed_sources", self.mixed_sources), ("cuts", self.cuts)):
            if odd := set(named) - set(self.sources):
                raise PolyvoxError(
                    f"[text] {key}: {min(odd)!r} is not one of [text.sources], "
                    f"which are {', '.join(sorted(self.sources))}"
                )
        for source, times in self.cuts.items():
            in_range(f"[text.cuts] {source}", times, 1, 4)
        if self.mixed and not self.mixed_sources:
            raise PolyvoxError("[text] mixed_sources is empty; name the sources to mix, or take `mixed` out")


@dataclass(frozen=True, slots=True)
class ModelRecipe:
    """What the finished model is called: the section `[model]`.

    Attributes:
        name: what users call it.
        version: changes whenever the vectors do.
        licence: SPDX expression for the weights.
        training_data: one line a source, with its licence.
    """

    name: str
    version: str
    licence: str = "Apache-2.0"
    training_data: tuple[str, ...] = field(default=())


def recipe_values(folder: Path) -> dict[str, object]:
    """The content of `recipe.toml`, unchecked.

    `extends = "FOLDER"`, relative to the recipe, begins with the values of another one; tables of both are
    joined key by key, any other value replaces.

    Raises:
        PolyvoxError: no such file, not TOML, or recipes that extend each other.
    """
    return _extended(folder, ())


def _extended(folder: Path, before: tuple[Path, ...]) -> dict[str, object]:
    path = folder / RECIPE_FILE
    if path.resolve() in before:
        raise PolyvoxError(f"{path}: extends a recipe that extends it; take one `extends` out")
    try:
        values: dict[str, object] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PolyvoxError(
            f"{path}: cannot be read ({error.strerror}); give the folder of a recipe"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolyvoxError(f"{path}: not TOML ({error})") from error
    extends = values.pop("extends", None)
    if extends is None:
        return values
    if not isinstance(extends, str):
        raise PolyvoxError(f"{path}: extends: expected the folder of a recipe, got {extends!r}")
    return merged(_extended(folder / extends, (*before, path.resolve())), values)


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The base with the changes; tables are merged, anything else is replaced.

    >>> merged({"a": {"x": 1, "y": 2}, "b": [1]}, {"a": {"y": 3}, "b": [2]})
    {'a': {'x': 1, 'y': 3}, 'b': [2]}
    """
    result = dict(base)
    for key, value in changes.items():
        old = result.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[key] = merged(old, value) if both else value  # type: ignore[arg-type]
    return result


def read_section(folder: Path, name: str, section: type[Section]) -> Section:
    """Read one section of a recipe into its dataclass.

    Raises:
        PolyvoxError: as `recipe_values`; no such section, a wrong key (the message lists the right ones), a
            missing key, or a value of the wrong kind.
    """
    path, content = folder / RECIPE_FILE, recipe_values(folder)
    if name not in content:
        raise PolyvoxError(f"{path}: has no section [{name}]; it has {', '.join(sorted(content)) or 'none'}")
    return section_from(section, content[name], f"{path} [{name}]")
