"""What a folder was made for: written before the work, compared before it goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from polyvox.errors import PolyvoxError

ORDER = "order.json"


def write_json(path: Path, content: object) -> None:
    """Write JSON, whole or not at all; its folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    partial.replace(path)


def claim(folder: Path, order: Mapping[str, Any]) -> None:
    """Make a folder for what was ordered, or check that what it holds is that.

    Raises:
        PolyvoxError: it holds something else.
    """
    path = folder / ORDER
    told = json.loads(json.dumps(order))
    if not path.is_file():
        write_json(path, told)
        return
    earlier = json.loads(path.read_text(encoding="utf-8"))
    changed = sorted(name for name in {*told, *earlier} if told.get(name) != earlier.get(name))
    if changed:
        raise PolyvoxError(
            f"{folder} was begun with another {' and '.join(changed)}; go on with what it began with, "
            "give --fresh to forget it, or another --out"
        )
