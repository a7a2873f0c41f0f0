"""The text tower in training: a table of token vectors whose sum over a text is the text's vector."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from polyvox.train.packed import Integers, TokenBags
from polyvox.train.touched_adam import TouchedRowsAdam


class BagModel:
    """Token vectors, learned by Adam on the rows that a batch touches.

    The length of a token's vector is its weight in the sum, so frequent tokens learn to be short: the
    frequency weighting of SIF (Arora et al. 2017) is learned and needs no extra factor.

    Args:
        table: (V, D) first values of the token vectors.
        drop: probability that a token is left out of a training text.
        seed: of the dropped tokens.
    """

    def __init__(self, table: Tensor, *, drop: float, seed: int) -> None:
        self.adam = TouchedRowsAdam(table)
        self._drop = drop
        self._generator = torch.Generator().manual_seed(seed)
        self._place = np.zeros(len(table), np.int64)

    @property
    def table(self) -> Tensor:
        """(V, D) token vectors."""
        return self.adam.table

    def gather(self, bags: TokenBags, texts: Integers) -> TouchedBags:
        """The texts of one batch, over a small table of only the rows that they use."""
        tokens, begins = self._dropped(*bags.take(texts))
        used = np.flatnonzero(np.bincount(tokens, minlength=len(self._place)))
        self._place[used] = np.arange(len(used))
        rows = torch.from_numpy(used)
        return TouchedBags(
            self.table[rows].requires_grad_(),
            rows,
            torch.from_numpy(self._place[tokens]),
            torch.from_numpy(begins),
        )

    def _dropped(self, tokens: Integers, begins: Integers) -> tuple[Integers, Integers]:
        """Leave out the share `drop` of the tokens; a text may lose all of them and gets a zero vector."""
        keep = (torch.rand(len(tokens), generator=self._generator) >= self._drop).numpy()
        before = np.concatenate([[0], np.cumsum(keep)])
        return tokens[keep], before[begins]

    def learn(self, batch: TouchedBags, rate: float) -> None:
        """Apply the gradient that a batch's small table has collected."""
        if batch.table.grad is None:
            raise ValueError("call backward on the batch's loss first")
        self.adam.step(batch.rows, batch.table.grad, rate)

    def state(self) -> dict[str, Tensor]:
        """What a checkpoint must hold."""
        return {**self.adam.state(), "generator": self._generator.get_state()}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Take over a checkpoint's tensors."""
        self.adam.restore(state)
        self._generator.set_state(state["generator"])


class TouchedBags:
    """Texts as bags of tokens over the (U, D) part of the table that they touch."""

    def __init__(self, table: Tensor, rows: Tensor, local: Tensor, begins: Tensor) -> None:
        self.table = table
        self.rows = rows
        self._local = local
        self._begins = begins

    def vectors(self) -> Tensor:
        """(N, D) sums of token vectors, not normalised."""
        return F.embedding_bag(self._local, self.table, self._begins, mode="sum")
