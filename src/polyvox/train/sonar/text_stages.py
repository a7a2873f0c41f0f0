"""Stages 1 to 4: each takes a model and leaves it trained."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from polyvox.modules.bottleneck import Bottleneck
from polyvox.train.sonar.corpus import Corpus, Pair
from polyvox.train.sonar.draws import Batches
from polyvox.train.sonar.edited_by_model import ask_for_edits
from polyvox.train.sonar.edits import edited, names_in
from polyvox.train.sonar.later_sections import Extend, Keep
from polyvox.train.sonar.loop import Losses, learn
from polyvox.train.sonar.network import add_languages
from polyvox.train.sonar.objectives import Negatives, contrast, extension, interpolation, translation
from polyvox.train.sonar.recipe import Recipe
from polyvox.train.sonar.sections import Contrast, Decoder, Pace, Translate

_OBJECTIVE, _PAIRS = 1, 2


@dataclass(frozen=True, slots=True)
class Lesson:
    """What the stages share.

    Attributes:
        recipe: the whole.
        corpus: text of all languages of the run.
        folder: of the stage; its checkpoint goes there.
        known: languages that the model has, before the stage.
        stop: a step to end at, from which another call goes on.
    """

    recipe: Recipe
    corpus: Corpus
    folder: Path
    known: tuple[str, ...]
    stop: int | None = None

    def batches(self, pace: Pace, languages: Sequence[str], pivot_share: float) -> Batches:
        """Batches of pairs between languages."""

        def draw(count: int, dice: np.random.Generator) -> list[Pair]:
            return self.corpus.pairs(count, dice, languages, pivot_share)

        return Batches(draw, pace.batch, self.recipe.seed * 10 + _PAIRS)

    def dice(self, step: int) -> np.random.Generator:
        """The draws of a step's objective."""
        return np.random.default_rng([self.recipe.seed, _OBJECTIVE, step])

    def train(
        self, model: Bottleneck, pace: Pace, losses_at: Callable[[int], Losses], encoder_rate: float = 1.0
    ) -> None:
        """Train the network of a model; all but what only the decoder has gets `encoder_rate` of the rate."""
        modules = {"network": model.network}
        table = model.network.get_input_embeddings().weight
        own = {id(weight) for weight in model.network.get_decoder().parameters()} - {id(table)}

        def share_of(weight: Tensor) -> float:
            return 1.0 if id(weight) in own else encoder_rate

        learn(modules, pace, losses_at, self.folder, self.folder.name, self.recipe.seed, self.stop, share_of)


def translate_stage(model: Bottleneck, section: Translate, lesson: Lesson) -> Bottleneck:
    """Translation, α · MSE, β · denoising; every weight learns."""
    batches = lesson.batches(section.pace, lesson.known, lesson.recipe.text.pivot_share)
    alone = replace(section, mse=0.0)
    model.network.requires_grad_(True)

    def losses_at(step: int) -> Losses:
        now = alone if step < section.mse_after else section
        return translation(model, batches.at(step), now, lesson.dice(step))

    lesson.train(model, section.pace, losses_at, section.encoder_rate)
    return model


def decoder_stage(model: Bottleneck, section: Decoder, lesson: Lesson) -> Bottleneck:
    """The decoder alone; the encoder, and the token table that it shares, are frozen."""
    batches = lesson.batches(section.pace, lesson.known, lesson.recipe.text.pivot_share)
    freeze_all_but_decoder(model)

    def losses_at(step: int) -> Losses:
        model.network.get_encoder().eval()
        return interpolation(model, batches.at(step), lesson.dice(step))

    lesson.train(model, section.pace, losses_at)
    return model


def contrast_stage(model: Bottleneck, section: Contrast, lesson: Lesson) -> Bottleneck:
    """Contrast with the pivot and the decoder kept; hard negatives where the section asks for them."""
    batches = lesson.batches(section.pace, lesson.known, 1.0)
    negatives = hard_negatives(section, lesson) if section.hard else None
    model.network.requires_grad_(True)
    lesson.train(
        model,
        section.pace,
        lambda step: contrast(model, batches.at(step), section, lesson.dice(step), negatives),
    )
    return model


def extend_stage(model: Bottleneck, section: Extend, lesson: Lesson) -> Bottleneck:
    """New languages from the frozen model; its decoder and the tokens of old texts do not change."""
    teacher = copy.deepcopy(model).eval().requires_grad_(False)
    student = add_languages(model, lesson.recipe.text, section.languages)
    share = section.old_share if section.keep is Keep.DISTIL else 0.0
    old, new = lesson.known, (lesson.recipe.text.pivot, *section.languages)

    def draw(count: int, dice: np.random.Generator) -> list[Pair]:
        olds = round(count * share)
        pairs = lesson.corpus.pairs(olds, dice, old, 1.0) if olds else []
        return pairs + lesson.corpus.pairs(count - olds, dice, new, 1.0)

    batches = Batches(draw, section.pace.batch, lesson.recipe.seed * 10 + _PAIRS)
    learn_only_new(student, free_tokens(student, lesson.corpus, old, section.languages), section.keep)
    table = student.network.get_input_embeddings().weight

    def losses_at(step: int) -> Losses:
        first = step < section.tokens_first
        for weight in student.network.get_encoder().parameters():
            if section.keep is Keep.DISTIL and weight is not table:
                weight.requires_grad_(not first)
        return extension(student, teacher, batches.at(step), section, lesson.dice(step), not first)

    lesson.train(student, section.pace, losses_at)
    return student


def hard_negatives(section: Contrast, lesson: Lesson) -> Negatives:
    """Edits of texts: those of a language model first, where there is one, then those by rule."""
    corpus, pivot = lesson.corpus, lesson.recipe.text.pivot
    names = names_in(corpus.texts([pivot]))
    said = {}
    if section.endpoint:
        texts = list(dict.fromkeys(corpus.texts([pivot])))
        order = np.random.default_rng(lesson.recipe.seed).permutation(len(texts))[: section.asked]
        chosen = [texts[place] for place in order]
        path = lesson.folder / "edits.jsonl"
        said = dict(ask_for_edits(section.endpoint, section.model, chosen, section.hard, path))

    def negatives(texts: Sequence[str], dice: np.random.Generator) -> list[list[str]]:
        by_rule = [[made for _, made in edited(text, names, dice, section.hard)] for text in texts]
        return [[*said.get(text, ()), *made] for text, made in zip(texts, by_rule, strict=True)]

    return negatives


def freeze_all_but_decoder(model: Bottleneck) -> None:
    """Only the decoder's own weights learn, not the token table."""
    model.network.requires_grad_(False)
    model.network.get_decoder().requires_grad_(True)
    model.network.get_input_embeddings().weight.requires_grad_(False)


def free_tokens(model: Bottleneck, corpus: Corpus, old: Sequence[str], new: Sequence[str]) -> Tensor:
    """(V,) bool: tags of new languages, and subwords of new texts that no training text of an old one has."""
    free = torch.zeros(model.network.get_input_embeddings().weight.shape[0], dtype=torch.bool)
    free[_used(model, corpus, new)] = True
    free[_used(model, corpus, old)] = False
    free[[model.tag_of(language) for language in (*old, "und")]] = False
    free[[model.tag_of(language) for language in new]] = True
    return free


def _used(model: Bottleneck, corpus: Corpus, languages: Sequence[str]) -> list[int]:
    texts = list(dict.fromkeys(corpus.texts(languages)))
    return sorted({token for ids in model.tokens(texts) for token in ids}) if texts else []


def learn_only_new(model: Bottleneck, free: Tensor, keep: Keep) -> None:
    """Let the free rows of the token table learn, and the encoder too where old pairs are repeated."""
    model.network.requires_grad_(False)
    if keep is Keep.DISTIL:
        model.network.get_encoder().requires_grad_(True)
    table = model.network.get_input_embeddings().weight
    table.requires_grad_(True)
    table.register_hook(lambda gradient: gradient * free[:, None].to(gradient))
