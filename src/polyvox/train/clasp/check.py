"""A look at what a recipe of the kind `clasp` needs, before anything is spoken or trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from polyvox.errors import PolyvoxError
from polyvox.modules.branches import open_branch
from polyvox.train.clasp.sections import ClaspRecipe
from polyvox.train.clasp.variants import Variant
from polyvox.train.engines import engines_named
from polyvox.train.progress import say
from polyvox.train.tower.teacher import Teacher


def check(variants: Sequence[Variant], data: Path) -> int:
    """Say what is there and what is not.

    Returns:
        How many problems there are.
    """
    base = variants[0].recipe
    problems = list(_problems(variants, data))
    for problem in problems:
        say(problem)
    if base.sentences.sources:
        spoken = base.sentences.train + base.sentences.development + 4 * base.sentences.test
        say(f"{len(variants)} variants; about {spoken:,} sentences to speak")
    return len(problems)


def _problems(variants: Sequence[Variant], data: Path) -> Iterator[str]:
    base = variants[0].recipe
    for branch in dict.fromkeys(
        branch for one in variants for branch in (one.recipe.first, one.recipe.second)
    ):
        try:
            opened = open_branch(branch.kind, branch.name, branch.layers)
            say(f"branch {branch.kind} {branch.name}: {opened.width} values")
        except PolyvoxError as error:
            yield f"branch {branch.kind} {branch.name}: {error}"
    try:
        say(f"text model {base.model.text}: {Teacher(base.model.text).dimension} values")
    except PolyvoxError as error:
        yield str(error)
    if base.sentences.sources:
        yield from _voices(base)
    for path in _files(base, data):
        if not path.is_file():
            yield f"{path}: no such file; correct the recipe or --data"


def _voices(recipe: ClaspRecipe) -> Iterator[str]:
    chosen = recipe.sentences
    try:
        engines = engines_named(chosen.engines)
    except (PolyvoxError, ValueError) as error:
        yield str(error)
        return
    there = {f"{engine.name}:{voice}" for engine in engines for voice in engine.voices("en")}
    for voice in chosen.unseen_voices:
        if voice not in there:
            yield f"[sentences] unseen_voices: {voice!r} is not installed"


def _files(recipe: ClaspRecipe, data: Path) -> Iterator[Path]:
    chosen = recipe.sentences
    if chosen.sources:
        for source in (*chosen.sources, *([chosen.elsewhere] if chosen.elsewhere else [])):
            yield data / "text" / f"{source}.jsonl.xz"
    for source in recipe.people.sources:
        yield data / "speech" / source / "manifest.tsv"
    for entry in recipe.sources:
        yield data / entry.path
