"""One objective at several prefixes of the vector, so that short prefixes are vectors too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from torch import Tensor


def matryoshka(
    objective: Callable[[Tensor, Tensor], Tensor],
    left: Tensor,
    right: Tensor,
    dimensions: Sequence[int],
) -> Tensor:
    """Mean of an objective over vector prefixes (Kusupati et al. 2022, https://arxiv.org/abs/2205.13147).

    Args:
        objective: takes two (N, d) tensors, gives a scalar.
        left: (N, D).
        right: (N, D).
        dimensions: the prefixes d ≤ D.

    Returns:
        Scalar.

    >>> import torch
    >>> ones = torch.ones(1, 4)
    >>> matryoshka(lambda a, b: (a * b).sum(), ones, ones, [4, 2]).item()
    3.0
    """
    losses = [objective(left[:, :width], right[:, :width]) for width in dimensions]
    return sum(losses[1:], losses[0]) / len(losses)


def matryoshka_heads(
    objective: Callable[[Tensor, Tensor], Tensor], vectors: Mapping[int, Tensor], targets: Tensor
) -> Tensor:
    """Mean of an objective over widths, each between a student's own vectors and a prefix of the target.

    mean over d of objective(vectors[d], targets[:, :d]), all widths weighing the same (Sy et al. 2026,
    https://arxiv.org/abs/2602.19991). With prefixes of one vector it is `matryoshka`; with the vectors of
    separate heads nothing makes them nest.

    Args:
        objective: takes two (N, d) tensors, gives a scalar.
        vectors: (N, d) by width d.
        targets: (N, D), D at least the widest.

    Returns:
        Scalar.

    >>> import torch
    >>> heads = {2: torch.ones(1, 2), 1: torch.full((1, 1), 5.0)}
    >>> matryoshka_heads(lambda a, b: (a * b).sum(), heads, torch.ones(1, 4)).item()
    3.5
    """
    losses = [objective(own, targets[:, :width]) for width, own in vectors.items()]
    return sum(losses[1:], losses[0]) / len(losses)
