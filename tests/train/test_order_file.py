"""A folder belongs to the order that it was made for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from polyvox.errors import PolyvoxError
from polyvox.train.order_file import ORDER, claim


def test_a_folder_goes_on_with_its_own_order_and_refuses_another(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    claim(folder, {"steps": 3, "widths": (2, 1)})
    claim(folder, {"steps": 3, "widths": (2, 1)})
    assert json.loads((folder / ORDER).read_text(encoding="utf-8")) == {"steps": 3, "widths": [2, 1]}
    with pytest.raises(PolyvoxError, match=r"begun with another seed and steps; .*--fresh"):
        claim(folder, {"steps": 4, "widths": (2, 1), "seed": 1})
    assert [path.name for path in folder.iterdir()] == [ORDER]
