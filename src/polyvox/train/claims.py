"""What the parts of a run were made by, so that none is gone on with under other settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from polyvox.errors import PolyvoxError
from polyvox.train.order_file import differing, write_json

PARTS_FILE = "parts.json"


def claim(folder: Path, part: str, made_by: Mapping[str, object]) -> None:
    """Note what a part is made by, in `folder/parts.json`, before it is begun or gone on with.

    Args:
        folder: of the run; the part keeps its checkpoint there.
        part: name of the checkpoint, without its ending.
        made_by: what the part depends on, what parts before it were made by included.

    Raises:
        PolyvoxError: there is a checkpoint that was begun with something else, or nobody knows with what; the
            message says which settings differ. Or the file is damaged.
    """
    path = folder / PARTS_FILE
    try:
        parts = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError as error:
        raise PolyvoxError(
            f"{path}: is damaged ({error}); give another folder, or remove this one"
        ) from error
    said = json.loads(json.dumps(made_by))
    checkpoint = folder / f"{part}.safetensors"
    if checkpoint.exists() and parts.get(part) != said:
        changed = differing(parts.get(part, {}), said)
        raise PolyvoxError(
            f"{checkpoint} was begun with other settings of {', '.join(changed)}; remove it and "
            f"what else begins with {part}. to train this part anew, or give another folder"
        )
    write_json(path, {**parts, part: said})
