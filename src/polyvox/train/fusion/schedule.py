"""The learning rate: up on a straight line, then down to zero on another."""

from __future__ import annotations

import torch


def rate_at(highest: float, step: int, steps: int, warmup: int) -> float:
    """The rate of a step, from 0.

    >>> [rate_at(1.0, step, 4, 2) for step in range(4)]
    [0.5, 1.0, 1.0, 0.5]
    """
    if step < warmup:
        return highest * (step + 1) / warmup
    return highest * (steps - step) / max(1, steps - warmup)


def set_rate(optimizer: torch.optim.Optimizer, highest: float, step: int, steps: int, warmup: int) -> None:
    """Give the optimizer the rate of a step."""
    for group in optimizer.param_groups:
        group["lr"] = rate_at(highest, step, steps, warmup)
