"""Contrastive learning against frozen vectors, over all processes of a distributed run."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from polyvox.train.losses.contrastive import symmetric_contrastive
from polyvox.train.losses.matryoshka import matryoshka

_EQUAL = 0.9999
"""Two frozen vectors with a larger cosine are of one text, or of two that the teacher cannot tell apart."""


def frozen_contrastive(
    vectors: Tensor, targets: Tensor, *, scale: float, widths: Sequence[int] = (), gather: bool = False
) -> Tensor:
    """Symmetric InfoNCE of a student's vectors and their frozen targets, averaged over prefix widths.

    Rows whose target is zero are left out. Rows with equal targets are not each other's negatives: nothing
    could be learned from telling one text from itself.

    Args:
        vectors: (N, D), any length.
        targets: (N, D), unit rows, or zero where unknown.
        scale: inverse temperature.
        widths: prefixes of the vectors; the full width where empty.
        gather: compare with the rows of all processes, which must have N rows each.

    Returns:
        Scalar; 0 when fewer than two targets are known.
    """
    if gather:
        vectors, targets = gathered(vectors), gathered(targets)
    known = targets.abs().sum(1) > 0
    vectors, targets = vectors[known], targets[known]
    if len(vectors) < 2:
        return vectors.sum() * 0
    same = targets @ targets.T > _EQUAL

    def at_width(left: Tensor, right: Tensor) -> Tensor:
        return symmetric_contrastive(left, right, scale=scale, same=same)

    return matryoshka(at_width, vectors, targets, widths or (vectors.shape[1],))


def gathered(rows: Tensor) -> Tensor:
    """The rows of all processes, (processes * N, D), with gradients for the own ones; itself when alone."""
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return rows
    from sentence_transformers.util import all_gather_with_grad

    found: Tensor = all_gather_with_grad(rows)
    return found
