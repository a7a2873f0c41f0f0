"""Training of the fusion on vectors that were kept: both branches and the text model stay as they are."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from polyvox.encode.protocol import Vectors
from polyvox.errors import PolyvoxError
from polyvox.modules.branch_fusion import FUSIONS, Fusion, FusionSizes
from polyvox.train.clasp.objective import beyond_delta, loss_of, share_of_guessing
from polyvox.train.clasp.sections import ClaspRecipe, Loss

METRICS = "metrics.jsonl"


@dataclass(frozen=True, slots=True)
class Lesson:
    """Recordings as both branches see them, with the frozen vectors of their texts.

    Attributes:
        first: (N, first) rows.
        second: (N, second) rows.
        targets: (N, D) rows.
        texts: (N,) numbers; equal texts have equal numbers.
    """

    first: Tensor
    second: Tensor
    targets: Tensor
    texts: Tensor

    def rows(self, places: Tensor) -> Lesson:
        """Some of the rows."""
        return Lesson(self.first[places], self.second[places], self.targets[places], self.texts[places])


@dataclass(frozen=True, slots=True)
class Epoch:
    """What an epoch came to.

    Attributes:
        epoch: from 1.
        loss: mean over the epoch.
        over_guessing: loss / ln B of InfoNCE; none for Huber's loss.
        mrr: on the development part.
    """

    epoch: int
    loss: float
    over_guessing: float | None
    mrr: float


@dataclass(frozen=True, slots=True)
class Course:
    """How a training went.

    Attributes:
        epochs: that were trained.
        best: the epoch whose weights were kept.
        loss: mean of the last epoch.
        over_guessing: loss / ln B of the last epoch.
        beyond_delta: share of coordinates in which Huber's loss is not half the square, at the end.
        step_milliseconds: processor time a step.
        parameters: that are trained.
    """

    epochs: int
    best: int
    loss: float
    over_guessing: float | None
    beyond_delta: float
    step_milliseconds: float
    parameters: int


def lesson(first: Vectors, second: Vectors, targets: Tensor, texts: Sequence[str]) -> Lesson:
    """Rows of a training, in one order."""
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    numbered = torch.tensor([numbers[text] for text in texts])
    return Lesson(torch.from_numpy(first), torch.from_numpy(second), targets, numbered)


def new_fusion(recipe: ClaspRecipe, given: Lesson) -> Fusion:
    """The fusion of a recipe with first weights."""
    torch.manual_seed(recipe.seed)
    sizes = FusionSizes(given.first.shape[1], given.second.shape[1], given.targets.shape[1])
    return FUSIONS[recipe.model.fusion](sizes)


def learn(
    fusion: Fusion, given: Lesson, recipe: ClaspRecipe, watch: Callable[[Fusion], float], out: Path
) -> Course:
    """Train until the development part does not get better, and keep the best weights.

    Args:
        fusion: is trained in place.
        given: the training part.
        recipe: how.
        watch: MRR on the development part.
        out: gets `metrics.jsonl`, a line an epoch.

    Raises:
        PolyvoxError: there are fewer recordings than a batch has, or the loss is no number.
    """
    training = recipe.training
    steps = len(given.texts) // training.batch
    if not steps:
        raise PolyvoxError(
            f"{len(given.texts)} recordings to learn from are less than one batch; lower [training] batch"
        )
    optimizer = torch.optim.Adam(fusion.parameters(), training.rate)
    falling = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, steps * training.epochs)
    best, kept, history = -1.0, _weights(fusion), list[Epoch]()
    began = time.process_time()
    while len(history) < training.epochs:
        number = len(history) + 1
        losses = [_step(fusion, rows, recipe, optimizer, falling) for rows in _batches(given, recipe, number)]
        history.append(_epoch(number, losses, recipe, watch(fusion.eval())))
        _tell(history[-1], out)
        if history[-1].mrr > best:
            best, kept = history[-1].mrr, _weights(fusion)
        if number - _best(history) >= training.patience:
            break
    busy = time.process_time() - began
    fusion.load_state_dict(kept)
    return _course(fusion.eval(), given, recipe, history, 1000 * busy / (len(history) * steps))


@torch.no_grad()
def fused(fusion: Fusion, first: Vectors, second: Vectors) -> Vectors:
    """Unit vectors (N, D) of what both branches saw."""
    fusion.eval()
    vectors: Vectors = fusion(torch.from_numpy(first), torch.from_numpy(second)).float().numpy()
    return vectors


def _batches(given: Lesson, recipe: ClaspRecipe, epoch: int) -> Iterator[Lesson]:
    """Every recording once, in an order of the seed and the epoch; what is left over waits for another."""
    order = torch.from_numpy(np.random.default_rng([recipe.seed, epoch]).permutation(len(given.texts)))
    for start in range(0, len(order) - recipe.training.batch + 1, recipe.training.batch):
        yield given.rows(order[start : start + recipe.training.batch])


def _step(
    fusion: Fusion,
    rows: Lesson,
    recipe: ClaspRecipe,
    optimizer: torch.optim.Optimizer,
    falling: torch.optim.lr_scheduler.LRScheduler,
) -> float:
    fusion.train()
    vectors = fusion(rows.first, rows.second)
    same = rows.texts[:, None] == rows.texts[None, :]
    loss = loss_of(vectors, rows.targets, same, recipe.objective)
    if not torch.isfinite(loss):
        raise PolyvoxError("the loss is not a number; lower [training] rate")
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    falling.step()
    return float(loss.item())


def _epoch(number: int, losses: Sequence[float], recipe: ClaspRecipe, mrr: float) -> Epoch:
    loss = float(np.mean(losses))
    contrastive = recipe.objective.loss is Loss.INFONCE
    over = share_of_guessing(loss, recipe.training.batch) if contrastive else None
    return Epoch(number, loss, over, mrr)


def _tell(epoch: Epoch, out: Path) -> None:
    """Keep an epoch, and say every tenth."""
    from polyvox.train.progress import say

    with (out / METRICS).open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(epoch)) + "\n")
    if epoch.epoch % 10 in (0, 1):
        guessing = "" if epoch.over_guessing is None else f", loss / ln B {epoch.over_guessing:.3f}"
        say(f"epoch {epoch.epoch}: loss {epoch.loss:.4f}{guessing}, development MRR {epoch.mrr:.4f}")


def _best(history: Sequence[Epoch]) -> int:
    return max(history, key=lambda epoch: epoch.mrr).epoch


def _course(
    fusion: Fusion, given: Lesson, recipe: ClaspRecipe, history: Sequence[Epoch], milliseconds: float
) -> Course:
    with torch.no_grad():
        vectors = fusion(given.first, given.second)
    return Course(
        epochs=len(history),
        best=_best(history),
        loss=history[-1].loss,
        over_guessing=history[-1].over_guessing,
        beyond_delta=beyond_delta(vectors, given.targets, recipe.objective.delta),
        step_milliseconds=milliseconds,
        parameters=sum(weights.numel() for weights in fusion.parameters()),
    )


def _weights(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in module.state_dict().items()}
