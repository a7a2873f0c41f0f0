"""What `polyvox train` does with a recipe of the kind `sonar`: one stage after the other."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyvox.errors import PolyvoxError
from polyvox.modules.bottleneck import Bottleneck, open_bottleneck
from polyvox.train.order_file import write_json
from polyvox.train.progress import say
from polyvox.train.sonar.corpus import Corpus, keep_corpus, kept_corpus, read_corpus
from polyvox.train.sonar.edits import names_in
from polyvox.train.sonar.folders import BEGIN, FIGURES, MODEL, claim, stage_model
from polyvox.train.sonar.later_sections import Extend
from polyvox.train.sonar.loop import spent
from polyvox.train.sonar.measure import drift, encode, mining_errors, test_sets, written
from polyvox.train.sonar.network import make_bottleneck
from polyvox.train.sonar.outcome import finish
from polyvox.train.sonar.recipe import Recipe, identity, read_recipe
from polyvox.train.sonar.text_stages import (
    Lesson,
    contrast_stage,
    decoder_stage,
    extend_stage,
    translate_stage,
)
from polyvox.train.spoken_tests import tested_files, tested_hashes

if TYPE_CHECKING:
    from polyvox.train.kinds import Order

_MOST_TO_SPELL = 60_000
"""About so many texts are enough to learn subwords from."""
_TEXT_STAGES: Mapping[str, Callable[[Bottleneck, Any, Lesson], Bottleneck]] = {
    "translate": translate_stage,
    "decoder": decoder_stage,
    "contrast": contrast_stage,
    "hard": contrast_stage,
    "extend": extend_stage,
}
_WRITING = ("translate", "decoder", "contrast", "hard")
"""Stages after which texts are decoded; an extension leaves the decoder as it was."""


class Run:
    """One run of a recipe.

    Args:
        recipe: what to do.
        data: folder with `text` and `speech`.
        out: folder of the run.
    """

    def __init__(self, recipe: Recipe, data: Path, out: Path) -> None:
        self.recipe, self.data, self.out = recipe, data, out

    @cached_property
    def corpus(self) -> Corpus:
        """The text, without anything that a test file has."""
        text = self.recipe.text
        languages = list(dict.fromkeys((*self.recipe.languages(), *text.vocabulary_languages)))
        said: dict[str, Any] = {
            "languages": languages,
            "sources": sorted(text.sources),
            "pivot": text.pivot,
            # A test that was added or changed since keeps its texts out too.
            "without": {str(path): _state(path) for path in tested_files(self.data)},
        }
        name = hashlib.sha256(json.dumps(said).encode()).hexdigest()[:8]
        path = self.out / f"corpus-{name}.jsonl"
        if path.is_file():
            return kept_corpus(path, text.sources, text.pivot)
        self.out.mkdir(parents=True, exist_ok=True)
        unwanted = tested_hashes(self.data)
        found = read_corpus(self.data / "text", text.sources, languages, text.pivot, unwanted)
        keep_corpus(found, path)
        return found

    @cached_property
    def names(self) -> list[str]:
        """Names for edits, from training text."""
        return names_in(self.corpus.texts([self.recipe.text.pivot]))

    def carry_out(self) -> Path:
        """Do what is not done yet.

        Returns:
            The folder of the model.

        Raises:
            PolyvoxError: anything that stops the run.
        """
        stages = [(name, one) for name, one in self.recipe.stages() if name.split("-")[0] in _TEXT_STAGES]
        given = [place for place, (_, section) in enumerate(stages) if section.start]
        first = given[-1] if given else 0
        folder = self.out / BEGIN if given else self._begin()
        key, known = "", self.recipe.text.languages
        for place, (name, section) in enumerate(stages):
            key = identity(self.recipe, section, key)
            if place >= first:
                folder = self._text_stage(name, section, key, folder, known)
            if isinstance(section, Extend):
                known = (*known, *section.languages)
        return finish(self.recipe, self.data, self.out, folder / MODEL, key, lambda: self.corpus)

    def _begin(self) -> Path:
        """The model before any stage, measured."""
        folder = self.out / BEGIN
        claim(folder, identity(self.recipe, self.recipe.model, ""), BEGIN)
        if not (folder / MODEL).is_dir():
            text = self.recipe.text
            wanted = list(dict.fromkeys((*text.languages, *text.vocabulary_languages)))
            texts = list(self.corpus.texts(wanted))
            say(f"{len(texts):,} training texts")
            texts = texts[:: max(1, len(texts) // _MOST_TO_SPELL)]
            model = make_bottleneck(self.recipe.model, text, text.languages, texts, self.recipe.seed)
            self._keep(model, folder)
        self._measure(BEGIN, folder, text_languages=self.recipe.text.languages)
        return folder

    def _text_stage(
        self,
        name: str,
        section: Any,  # noqa: ANN401 - one of the sections of stages
        key: str,
        before: Path,
        known: tuple[str, ...],
    ) -> Path:
        folder = self.out / name
        claim(folder, key, name)
        if not (folder / MODEL).is_dir():
            say(f"stage {name}")
            if section.start:
                model = open_bottleneck(stage_model(Path(section.start)))
            else:
                lesson = Lesson(self.recipe, self.corpus, folder, known)
                train = _TEXT_STAGES[name.split("-")[0]]
                model = train(open_bottleneck(before / MODEL), section, lesson)
            self._keep(model, folder)
        new = section.languages if isinstance(section, Extend) else ()
        old = None if section.start or not new else before
        self._measure(name, folder, text_languages=(*known, *new), before=old)
        return folder

    def _keep(self, model: Bottleneck, folder: Path) -> None:
        partial = folder / f"{MODEL}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        model.save(str(partial))
        partial.replace(folder / MODEL)

    def _measure(
        self, name: str, folder: Path, text_languages: tuple[str, ...], before: Path | None = None
    ) -> None:
        path = folder / FIGURES
        if path.is_file():
            return
        say(f"measuring {name}")
        measure = self.recipe.measure
        model = open_bottleneck(folder / MODEL)
        tests = test_sets(self.data, text_languages, measure)
        figures: dict[str, Any] = {"mining": mining_errors(model, tests, self.names, measure.edits)}
        if name in _WRITING:
            figures["written"] = written(model, self.corpus, text_languages, measure)
        if before is not None:
            old = open_bottleneck(before / MODEL)
            new = {
                test: [one for one in found if one.language not in old.tags] for test, found in tests.items()
            }
            figures |= self._moved(model, old, tests)
            figures["mining_before"] = mining_errors(old, new, self.names, measure.edits)
        figures["seconds"] = spent(folder)
        write_json(path, figures)

    def _moved(self, after: Bottleneck, before: Bottleneck, tests: Mapping[str, Any]) -> dict[str, Any]:
        """How far the vectors of the old languages' test texts moved."""
        texts = {one.language: one.texts for one in tests["tatoeba"] if one.language in before.tags}
        texts |= {"en": next(iter(tests["tatoeba"])).english}
        old = {language: encode(before, found, language) for language, found in texts.items()}
        new = {language: encode(after, found, language) for language, found in texts.items()}
        return {"drift": drift(old, new)}


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def run_sonar(order: Order) -> int:
    """Check, or run the stages that are not done yet; each goes on where it stopped.

    Returns:
        0: mistakes are errors.

    Raises:
        PolyvoxError: data are missing, the recipe changed, or a stage cannot go on.
    """
    import torch

    recipe = read_recipe(order.recipe)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    run = Run(recipe, order.data, order.out)
    if order.fresh:
        for name in (BEGIN, MODEL, *(name for name, _ in recipe.stages())):
            shutil.rmtree(order.out / name, ignore_errors=True)
        for kept in order.out.glob("corpus-*.jsonl"):
            kept.unlink()
    if order.resume and not (order.out / BEGIN).is_dir():
        raise PolyvoxError(f"{order.out}: there is no run to go on with; leave --resume out to start one")
    if order.check:
        for name, rows in run.corpus.train.items():
            say(f"{name}: {len(rows):,} rows to learn from, {len(run.corpus.held_out[name]):,} held out")
        return 0
    say(f"model: {run.carry_out()}")
    return 0
