"""An inverse temperature that is learned with the model."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

MOST = 100.0


class LearnedScale(nn.Module):
    """The exponential of one parameter, held between 1 and 100 (Radford et al. 2021, arXiv 2103.00020).

    Without the bound a batch that is told apart drives the scale, and with it the gradients, up for ever.

    Args:
        start: the first value.

    >>> round(LearnedScale(20.0)().item(), 3)
    20.0
    """

    def __init__(self, start: float) -> None:
        super().__init__()
        self.logarithm = nn.Parameter(torch.tensor(math.log(start)))

    def forward(self) -> Tensor:
        """The scale, a positive scalar."""
        return self.logarithm.clamp(0.0, math.log(MOST)).exp()
