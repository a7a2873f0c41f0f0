"""The weighted sum of losses of a recipe, as one module that sentence-transformers' trainer calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer import losses as library
from torch import Tensor, nn

from polyvox.train.losses.cosine import cosine_distance
from polyvox.train.losses.ctc import ctc
from polyvox.train.losses.frozen_contrastive import frozen_contrastive
from polyvox.train.tower.teacher import Teacher
from polyvox.train.tower.training_section import TARGETS, Losses

Term = Callable[[Tensor, Tensor], Tensor]
"""Vectors (N, D) and their known targets (N, D) to a scalar."""


class Objective(nn.Module):
    """One forward pass of the student, then every loss of the recipe on its vectors.

    Args:
        model: the student.
        losses: weights and settings.
        teacher: gives the targets.
    """

    def __init__(self, model: SentenceTransformer, losses: Losses, teacher: Teacher) -> None:
        super().__init__()
        self.model = model
        self._losses, self._teacher = losses, teacher
        weights = losses.weights()
        dimension = teacher.dimension
        self._terms = {name: make(losses, dimension) for name, make in TERMS.items() if weights[name]}

    def forward(
        self, sentence_features: Iterable[dict[str, Any]], labels: Tensor | None = None
    ) -> dict[str, Tensor]:
        """The weighted losses by name; the trainer adds them up and logs each."""
        features = next(iter(sentence_features))
        heard = self.model(dict(features))
        vectors = heard["sentence_embedding"]
        found: dict[str, Tensor] = {}
        for side, share in _shares(self._losses).items():
            targets = self._teacher([texts[TARGETS.index(side)] for texts in features["texts"]]).to(vectors)
            for name, term in self._terms.items():
                loss = share * self._losses.weights()[name] * term(vectors, targets)
                found[name] = found[name] + loss if name in found else loss
        if self._losses.ctc:
            spelled = ctc(heard["logits"], heard["sound_mask"], features["labels"])
            found["ctc"] = self._losses.ctc * spelled
        return found


class CachedObjective(nn.Module):
    """sentence-transformers' CachedMultipleNegativesRankingLoss: many negatives, few recordings in memory.

    A row's target is the text side with the largest weight that it has.
    """

    def __init__(self, model: SentenceTransformer, losses: Losses, teacher: Teacher) -> None:
        super().__init__()
        self.model = model
        self._losses, self._teacher = losses, teacher
        loss: nn.Module = library.CachedMultipleNegativesRankingLoss(
            model,
            scale=losses.scale,
            mini_batch_size=losses.mini_batch,
            gather_across_devices=_distributed(),
        )
        self.loss = library.MatryoshkaLoss(model, loss, losses.widths) if losses.widths else loss

    def forward(self, sentence_features: Iterable[dict[str, Any]], labels: Tensor | None = None) -> Tensor:
        """The loss; its gradients are computed piece by piece."""
        features = next(iter(sentence_features))
        places = [TARGETS.index(side) for side in self._losses.sides()]
        texts = [next((row[place] for place in places if row[place]), "") for row in features["texts"]]
        audio = {name: value for name, value in features.items() if isinstance(value, Tensor)}
        targets = self._teacher(texts).to(next(iter(audio.values())).device)
        loss: Tensor = self.loss([audio, {"sentence_embedding": targets}], None)
        return self._losses.cached_ranking * loss


def build_objective(model: SentenceTransformer, losses: Losses, teacher: Teacher) -> nn.Module:
    """The objective that a recipe asks for."""
    return (CachedObjective if losses.cached_ranking else Objective)(model, losses, teacher)


def _shares(losses: Losses) -> dict[str, float]:
    whole = sum(losses.targets[side] for side in losses.sides())
    return {side: losses.targets[side] / whole for side in losses.sides()}


def _distributed() -> bool:
    return torch.distributed.is_available() and torch.distributed.is_initialized()


class _Given(nn.Module):
    """Stands for the model in library losses: the vectors are there already."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self._dimension = dimension

    def forward(self, features: dict[str, Tensor]) -> dict[str, Tensor]:
        return features

    def get_embedding_dimension(self) -> int:
        return self._dimension


def _known(term: Term) -> Term:
    """A term on the rows whose target is known; 0 where there are none."""

    def on_known(vectors: Tensor, targets: Tensor) -> Tensor:
        known = targets.abs().sum(1) > 0
        return term(vectors[known], targets[known]) if known.any() else vectors.sum() * 0

    return on_known


def _contrastive(losses: Losses, dimension: int) -> Term:
    def term(vectors: Tensor, targets: Tensor) -> Tensor:
        return frozen_contrastive(
            vectors, targets, scale=losses.scale, widths=losses.widths, gather=_distributed()
        )

    return term


def _mse(losses: Losses, dimension: int) -> Term:
    loss = library.MSELoss(_Given(dimension))  # type: ignore[arg-type]
    return _known(lambda vectors, targets: loss([{"sentence_embedding": vectors}], targets))


def _ranking(losses: Losses, dimension: int) -> Term:
    given: Any = _Given(dimension)
    loss: nn.Module = library.MultipleNegativesRankingLoss(given, scale=losses.scale)
    if losses.widths:
        loss = library.MatryoshkaLoss(given, loss, losses.widths)

    def term(vectors: Tensor, targets: Tensor) -> Tensor:
        found: Tensor = loss([{"sentence_embedding": vectors}, {"sentence_embedding": targets}], None)
        return found

    return _known(term)


def _orthogonal(losses: Losses, dimension: int) -> Term:
    given: Any = _Given(dimension)
    loss = library.GlobalOrthogonalRegularizationLoss(given)
    return lambda vectors, _: torch.stack([*loss([{"sentence_embedding": vectors}]).values()]).sum()


TERMS: Mapping[str, Callable[[Losses, int], Term]] = {
    "contrastive": _contrastive,
    "cosine": lambda losses, dimension: _known(cosine_distance),
    "mse": _mse,
    "ranking": _ranking,
    "orthogonal": _orthogonal,
}
"""How each loss is made, by its key in the recipe."""
