"""Make a trained network for sounds deeper without changing what it hears, so that it can learn on."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace

from torch import nn

from polyvox.errors import PolyvoxError
from polyvox.modules.conformer import ConformerBlock
from polyvox.modules.sounds import Sounds


def deepen(model: Sounds, layers: int) -> Sounds:
    """A network with more blocks that gives what `model` gives, but for rounding.

    Every new block is a copy of the one before it whose parts add nothing yet: the map out of each residual
    branch is zero (function-preserving growth, Net2Net, Chen et al. 2016, arXiv 1511.05641). Both halves
    grow, so the middle block, which is trained to hear too, stays the middle one.

    Raises:
        PolyvoxError: `model` has fewer than two blocks, or `layers` is not more than it has.
    """
    blocks: Sequence[ConformerBlock] = list(model.blocks)  # type: ignore[arg-type]
    if not 2 <= len(blocks) < layers:
        raise PolyvoxError(
            f"a network of {len(blocks)} blocks cannot grow to {layers}; "
            "it needs two or more blocks, and more afterwards than before"
        )
    grown = Sounds(replace(model.config, layers=layers))
    lower, upper = blocks[: model.middle], blocks[model.middle :]
    grown.blocks = nn.ModuleList(_spread(lower, grown.middle) + _spread(upper, layers - grown.middle))
    rest = {name: value for name, value in model.state_dict().items() if not name.startswith("blocks.")}
    grown.load_state_dict(grown.state_dict() | rest)
    return grown.to(model.head.weight.device).train(model.training)


def _spread(blocks: Sequence[ConformerBlock], count: int) -> list[ConformerBlock]:
    found: list[ConformerBlock] = []
    last = -1
    for place in range(count):
        number = place * len(blocks) // count
        block = copy.deepcopy(blocks[number])
        if number == last:
            for out in (block.attention.out, block.convolution.out, block.feed_forward[-1]):
                for parameter in out.parameters():
                    nn.init.zeros_(parameter)
        last = number
        found.append(block)
    return found
