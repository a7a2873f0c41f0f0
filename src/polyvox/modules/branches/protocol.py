"""The contract of a frozen branch: a recording in, one vector out, nothing to train."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from polyvox.item import Audio

Views = NDArray[np.float32]
"""Shape (N, width), unit rows."""
BRANCH_FILE = "branch.json"


@runtime_checkable
class Branch(Protocol):
    """One frozen view of recordings; a recording's vector is the same alone and in any batch."""

    @property
    def width(self) -> int:
        """Values of a vector."""
        ...

    @property
    def fingerprint(self) -> str:
        """Changes whenever the vectors may."""
        ...

    def views(self, recordings: Sequence[Audio]) -> Views:
        """One unit row a recording, (N, width)."""
        ...

    def save(self, folder: Path) -> None:
        """Write everything that `load_branch(folder)` needs; the folder is made where it is missing."""
        ...


def unit_rows(vectors: Views) -> Views:
    """Rows of length 1; a row of zeros stays one.

    >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]], np.float32)).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), np.float32)
