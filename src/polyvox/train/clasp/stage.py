"""What all variants share: recordings, the vectors that branches saw of them, frozen text vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from polyvox.encode.protocol import Vectors
from polyvox.modules.branch_fusion import Fusion
from polyvox.train.clasp.branch_store import BranchStore
from polyvox.train.clasp.distortions import CLEAN, Condition, conditions
from polyvox.train.clasp.learning import fused
from polyvox.train.clasp.measure import Side, texts_once
from polyvox.train.clasp.sections import ClaspRecipe
from polyvox.train.clasp.utterances import Corpus, Utterance, some
from polyvox.train.split import Part
from polyvox.train.tower.teacher import Teacher


@dataclass(frozen=True, slots=True)
class Stage:
    """One recipe with everything that it needs opened."""

    recipe: ClaspRecipe
    corpus: Corpus
    first: BranchStore
    second: BranchStore
    teacher: Teacher

    def training(self) -> list[Utterance]:
        """The recordings to learn from."""
        return some(self.corpus.of(Part.TRAIN), self.recipe.training.most, self.recipe.seed)

    def views(self, heard: Sequence[Utterance], condition: Condition = CLEAN) -> tuple[Vectors, Vectors]:
        """What both branches saw, (N, first) and (N, second)."""
        wanted = [(one.path, condition) for one in heard]
        return self.first.views(wanted), self.second.views(wanted)

    def side(self, fusion: Fusion, heard: Sequence[Utterance], condition: Condition = CLEAN) -> Side:
        """Recordings as a fusion hears them."""
        return Side(fused(fusion, *self.views(heard, condition)), [one.text for one in heard])

    def text_side(self, texts: Sequence[str], says: Sequence[str] | None = None) -> Side:
        """Texts as the frozen model reads them.

        Args:
            texts: to be read.
            says: the English text that each is right for; itself where None.
        """
        vectors = np.asarray(self.teacher(texts).numpy(), np.float32)
        return Side(vectors, list(texts if says is None else says))

    def pool(self, heard: Sequence[Utterance]) -> Side:
        """The texts of recordings, each once."""
        return self.text_side(texts_once([one.text for one in heard]))


def unseen_sentences(corpus: Corpus) -> list[Utterance]:
    """Test sentences in voices that training does not have; all test recordings where no voice was chosen."""
    tests = corpus.of(Part.TEST)
    return [one for one in tests if one.voices == "unseen"] or tests


def subset(corpus: Corpus, count: int, seed: int) -> list[Utterance]:
    """So many of the unseen sentences, drawn by the seed."""
    tests = unseen_sentences(corpus)
    order = np.random.default_rng([seed, 3]).permutation(len(tests))[:count]
    return [tests[place] for place in sorted(order)]


def wanted_views(corpus: Corpus, recipe: ClaspRecipe) -> list[tuple[Utterance, Condition]]:
    """Everything that the branches have to see."""
    clean = [(one, CLEAN) for one in corpus.utterances]
    if not recipe.measuring.distorted:
        return clean
    few = subset(corpus, recipe.measuring.distorted, recipe.seed)
    return clean + [(one, condition) for condition in conditions() for one in few]
