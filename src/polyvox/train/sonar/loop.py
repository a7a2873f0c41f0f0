"""One loop for every stage: a loss by the number of the step, checkpoints, the same result after a kill."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from polyvox.errors import PolyvoxError
from polyvox.train.checkpoint import load_checkpoint, save_checkpoint
from polyvox.train.progress import Progress
from polyvox.train.sonar.sections import Pace

CHECKPOINT = "state.safetensors"
COST = "cost.json"
Losses = Mapping[str, Tensor]
"""The parts of a loss by name, already weighed."""


class Weights(nn.Module):
    """What a checkpoint keeps of several modules: each weight once, under its first name.

    Args:
        modules: by name.
    """

    def __init__(self, modules: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.parts = nn.ModuleDict(modules)

    def state_dict(self, *args: Any, **settings: Any) -> dict[str, Tensor]:  # type: ignore[override]  # noqa: ANN401
        """Every weight by name; token tables that encoder, decoder and output share are there once."""
        return dict(self.named_parameters())

    @torch.no_grad()
    def load_state_dict(self, state: Mapping[str, Tensor], *args: Any, **settings: Any) -> None:  # type: ignore[override]  # noqa: ANN401
        """Take what `state_dict` gave."""
        for name, weight in self.named_parameters():
            weight.copy_(state[name])


def learn(
    modules: Mapping[str, nn.Module],
    pace: Pace,
    losses_at: Callable[[int], Losses],
    folder: Path,
    what: str,
    seed: int,
    stop: int | None = None,
    share_of: Callable[[Tensor], float] = lambda _: 1.0,
) -> None:
    """Train, going on from the checkpoint in `folder` when there is one.

    Weights without `requires_grad` get no step and no decay. The draws of a step, dropout among them, depend
    on its number and the seed alone, so a killed run ends in the same weights.

    Args:
        modules: whose weights learn.
        pace: how fast.
        losses_at: the parts of the loss at a step.
        folder: of the checkpoint and of `cost.json`, the processor seconds spent.
        what: name in messages.
        seed: of the draws.
        stop: ends early, at a step from which another run goes on.
        share_of: what part of the learning rate a weight gets.

    Raises:
        PolyvoxError: the loss is no number.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = Weights(modules)
    learning = [weight for weight in weights.parameters() if weight.requires_grad]
    groups = _groups(learning, share_of)
    optimizer = torch.optim.AdamW(groups, pace.rate, betas=(0.9, 0.98), weight_decay=0.0)
    done = load_checkpoint(folder / CHECKPOINT, weights, optimizer)
    before, began = spent(folder), time.process_time()
    progress = Progress(what, pace.steps, done=done, interval=20)
    last = pace.steps if stop is None else min(stop, pace.steps)
    weights.train()
    for step in range(done, last):
        torch.manual_seed(seed * 1_000_003 + step)
        for group in optimizer.param_groups:
            group["lr"] = pace.rate * rate_at(step, pace) * group["share"]
        losses = _step(partial(losses_at, step), optimizer, learning, bf16=pace.bf16)
        if losses is None:
            raise PolyvoxError(f"{what}: the loss is no number at step {step}; lower the rate")
        progress.advance(1, ", ".join(f"{name} {part.item():.3f}" for name, part in losses.items()))
        if (step + 1) % pace.save_every == 0 or step + 1 == last:
            save_checkpoint(folder / CHECKPOINT, weights, optimizer, step + 1)
            _keep_spent(folder, before + time.process_time() - began)
    weights.eval()


def _groups(learning: Sequence[Tensor], share_of: Callable[[Tensor], float]) -> list[dict[str, Any]]:
    """Weights with the same share of the rate together, in the order in which the shares come."""
    shares = dict.fromkeys(map(share_of, learning))
    return [
        {"params": [weight for weight in learning if share_of(weight) == share], "share": share}
        for share in shares
    ]


def _step(
    losses_of: Callable[[], Losses],
    optimizer: torch.optim.Optimizer,
    learning: Sequence[Tensor],
    *,
    bf16: bool,
) -> Losses | None:
    """One step; None, and no change, where the loss is no number."""
    with torch.autocast("cpu" if not torch.cuda.is_available() else "cuda", torch.bfloat16, bf16):
        losses = losses_of()
    loss = torch.stack([part.float() for part in losses.values()]).sum()
    if not torch.isfinite(loss):
        return None
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(learning, 1.0)
    optimizer.step()
    return losses


def rate_at(step: int, pace: Pace) -> float:
    """Share of the highest learning rate: a linear warm-up, then a cosine fall to a twentieth.

    >>> [round(rate_at(step, Pace(steps=3, warmup=1)), 3) for step in range(3)]
    [1.0, 1.0, 0.525]
    """
    if step < pace.warmup:
        return (step + 1) / pace.warmup
    fallen = (step - pace.warmup) / max(1, pace.steps - pace.warmup)
    return 0.05 + 0.95 * (1 + math.cos(math.pi * fallen)) / 2


def spent(folder: Path) -> float:
    """Processor seconds that a stage has trained for, over all calls."""
    path = folder / COST
    return float(json.loads(path.read_text(encoding="utf-8"))["seconds"]) if path.is_file() else 0.0


def _keep_spent(folder: Path, seconds: float) -> None:
    partial = folder / f"{COST}.partial"
    partial.write_text(json.dumps({"seconds": round(seconds, 1)}) + "\n", encoding="utf-8")
    partial.replace(folder / COST)
