"""The text tower in training: a table of token vectors whose sum over a text is the text's vector."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor
from torch.nn import functional as F

from polyvox.errors import PolyvoxError
from polyvox.train.composition import Composition
from polyvox.train.packed import Integers, TokenBags
from polyvox.train.touched_adam import TouchedRowsAdam


class BagModel:
    """Token vectors as sums of parts, learned by Adam on the parts that a batch touches.

    The length of a token's vector is its weight in the sum, so frequent tokens learn to be short: the
    frequency weighting of SIF (Arora et al. 2017) is learned and needs no extra factor.

    Args:
        first: (V, D) first values of the tokens' own parts; those of all other parts are 0.
        composition: which parts a token has.
        drop: probability that a token is left out of a training text.
        seed: of the dropped tokens.
    """

    def __init__(self, first: Tensor, composition: Composition, *, drop: float, seed: int) -> None:
        shared = torch.zeros(composition.parts - len(first), first.shape[1])
        self.adam = TouchedRowsAdam(torch.cat([first, shared]))
        self._composition = composition
        self._drop = drop
        self._generator = torch.Generator().manual_seed(seed)
        self._place = np.zeros(len(first), np.int64)

    def table(self) -> NDArray[np.float32]:
        """(V, D) token vectors."""
        return self._composition.table(self.adam.table.numpy())

    def gather(self, bags: TokenBags, texts: Integers) -> TouchedBags:
        """The texts of one batch, over a small table of only the parts that they use."""
        tokens, begins = self._dropped(*bags.take(texts))
        used = np.flatnonzero(np.bincount(tokens, minlength=len(self._place)))
        self._place[used] = np.arange(len(used))
        weights, parts = self._composition.touched(used)
        rows = torch.from_numpy(parts)
        return TouchedBags(
            self.adam.table[rows].requires_grad_(),
            rows,
            weights,
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
        if batch.parts.grad is None:
            raise ValueError("call backward on the batch's loss first")
        self.adam.step(batch.rows, batch.parts.grad, rate)

    def state(self) -> dict[str, Tensor]:
        """What a checkpoint must hold."""
        parts = torch.frombuffer(bytearray(self._composition.digest()), dtype=torch.uint8)
        return {**self.adam.state(), "generator": self._generator.get_state(), "parts": parts}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Take over a checkpoint's tensors.

        Raises:
            PolyvoxError: they were learned with other parts.
        """
        if bytes(state["parts"].tolist()) != self._composition.digest():
            raise PolyvoxError(
                "the checkpoint was begun with other parts of subwords, by another version of polyvox or of "
                "anyascii; give another --out"
            )
        self.adam.restore(state)
        self._generator.set_state(state["generator"])


class TouchedBags:
    """Texts as bags of tokens, which are weighted sums of the (C, D) parts that they touch."""

    def __init__(
        self, parts: Tensor, rows: Tensor, weights: sparse.csr_array, local: Tensor, begins: Tensor
    ) -> None:
        self.parts = parts
        self.rows = rows
        self._weights = weights
        self._local = local
        self._begins = begins

    def vectors(self) -> Tensor:
        """(N, D) sums of token vectors, not normalised."""
        tokens: Tensor = _Weighted.apply(self.parts, self._weights)  # type: ignore[no-untyped-call]
        return F.embedding_bag(self._local, tokens, self._begins, mode="sum")


class _Weighted(torch.autograd.Function):
    """A sparse matrix times a dense one; scipy's backward pass takes a fifth of the time of torch's."""

    @staticmethod
    def forward(ctx: Any, parts: Tensor, weights: sparse.csr_array) -> Tensor:  # noqa: ANN401
        ctx.weights = weights
        return F.embedding_bag(
            torch.from_numpy(weights.indices),
            parts,
            torch.from_numpy(weights.indptr[:-1]),
            mode="sum",
            per_sample_weights=torch.from_numpy(weights.data),
        )

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401
        return torch.from_numpy(ctx.weights.T @ np.ascontiguousarray(outer[0].numpy())), None
