"""What a folder was made for: written before the work, compared before it goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from polyvox.errors import PolyvoxError

ORDER = "order.json"
_REMEDY = "go on with what it began with, give --fresh to forget it, or another --out"


def write_json(path: Path, content: object) -> None:
    """Write JSON, whole or not at all; its folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    partial.replace(path)


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The names whose values are not the same in both, sorted.

    >>> differing({"steps": 3, "seed": 1}, {"steps": 4, "seed": 1, "rate": 0.1})
    ['rate', 'steps']
    """
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


def claim(folder: Path, order: Mapping[str, Any], *, file: str = ORDER, remedy: str = _REMEDY) -> None:
    """Make a folder for what was ordered, or check that what it holds is that.

    Args:
        folder: of the run.
        order: what the run depends on, by name.
        file: where the order is kept in the folder.
        remedy: what a user can do where the folder holds something else.

    Raises:
        PolyvoxError: it holds something else; the message says by which names.
    """
    path = folder / file
    told = json.loads(json.dumps(order))
    if not path.is_file():
        write_json(path, told)
        return
    earlier = json.loads(path.read_text(encoding="utf-8"))
    if changed := differing(told, earlier):
        raise PolyvoxError(f"{folder} was begun with another {' and '.join(changed)}; {remedy}")
