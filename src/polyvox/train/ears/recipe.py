"""A recipe of the kind `ears`: whose space, and through which words."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from polyvox.train.recipe import recipe_values
from polyvox.train.sections import in_range, section_from


@dataclass(frozen=True, slots=True)
class Model:
    """The section [model].

    Attributes:
        name: what users call it.
        teacher: the text model whose space is heard into: a folder, or a sentence-transformers name.
        light: the light model that hears: "default" or a folder.
        sharpness: how surely the likeliest words count, times the cosine.
        licence: SPDX expression.
    """

    name: str
    teacher: str
    light: str = "default"
    sharpness: float = 30.0
    licence: str = "unknown"

    def __post_init__(self) -> None:
        in_range("[model] sharpness", self.sharpness, 1, 1000)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The section [vocabulary].

    Attributes:
        files: of texts, relative to the data folder: .txt, a text a line, or .jsonl and .jsonl.xz whose rows
            hold texts by language.
        language: the key in such rows.
        most: so many texts, the first files first.
        most_words: a longer text gives its words, each by itself.
    """

    files: tuple[str, ...]
    language: str = "en"
    most: int = 20_000
    most_words: int = 3

    def __post_init__(self) -> None:
        in_range("[vocabulary] most", self.most, 2)
        in_range("[vocabulary] most_words", self.most_words, 1)


@dataclass(frozen=True, slots=True)
class EarsRecipe:
    """A whole recipe of the kind `ears`."""

    model: Model
    vocabulary: Vocabulary = field()
    kind: str = "ears"


def read_recipe(folder: Path) -> EarsRecipe:
    """Read and check `recipe.toml`.

    Raises:
        PolyvoxError: no such file, not TOML, or a key or value that is not right.
    """
    return section_from(EarsRecipe, recipe_values(folder), str(folder / "recipe.toml"))
