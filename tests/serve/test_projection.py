"""The map of a collection: what is kept of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="needs the extra 'serve'")

from polyvox.index.table import ItemTable
from polyvox.index.writer import ITEMS
from polyvox.serve.projection import MOST_KEPT, Projections


def test_maps_of_many_sizes_are_not_all_kept(made: Path) -> None:
    table = ItemTable.open(made / ITEMS)
    projections = Projections()
    for limit in range(1, 20):
        assert len(projections.of(table, limit).items) == min(limit, len(table))
    assert len(projections._kept) == MOST_KEPT
    assert projections.of(table, 19) is projections.of(table, 19)
    assert np.abs(projections.of(table, 19).places).max() <= 1
