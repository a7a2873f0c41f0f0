"""What the parts of a run were made by, so that none is gone on with under other settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from polyvox.errors import PolyvoxError

PARTS_FILE = "parts.json"


def claim(folder: Path, part: str, made_by: Mapping[str, object]) -> None:
    """Note what a part is made by, in `folder/parts.json`, before it is begun or gone on with.

    Args:
        folder: of the run; the part keeps its checkpoint there.
        part: name of the checkpoint, without its ending.
        made_by: all that the part depends on, what parts before it were made by included.

    Raises:
        PolyvoxError: the part was begun with something else; the message says with what.
    """
    parts = claimed(folder)
    said = json.loads(json.dumps(made_by))
    begun = parts.get(part)
    checkpoint = folder / f"{part}.safetensors"
    if begun not in (None, said) and checkpoint.exists():
        changed = sorted(key for key in {*begun, *said} if begun.get(key) != said.get(key))
        raise PolyvoxError(
            f"{checkpoint} was begun with other settings of {', '.join(changed)}; remove it to "
            "train this part anew, or give another folder"
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PARTS_FILE).write_text(
        json.dumps({**parts, part: said}, indent=1, ensure_ascii=False), encoding="utf-8"
    )


def claimed(folder: Path) -> dict[str, dict[str, object]]:
    """What the parts of a run were made by, as `claim` has noted it; nothing where none is noted."""
    path = folder / PARTS_FILE
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
