"""A part of the rows to train on: so many hours, or some speakers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from fnmatch import fnmatchcase

from polyvox.errors import PolyvoxError
from polyvox.train.tower.model_section import Data
from polyvox.train.tower.rows import Row


def subset(rows: Sequence[Row], data: Data) -> list[Row]:
    """The rows of the wanted speakers, and of those no more than the wanted hours.

    Fewer hours are always a part of more hours, so that a learning curve compares like with like.

    Raises:
        PolyvoxError: there is no such speaker, or hours are wanted and the manifest has no seconds.
    """
    kept = list(rows)
    if data.speakers:
        kept = [row for row in rows if any(fnmatchcase(row.speaker, one) for one in data.speakers)]
        _know_all(data.speakers, {row.speaker for row in rows if row.speaker})
    if not data.hours:
        return kept
    if any(row.seconds <= 0 for row in kept):
        raise PolyvoxError("[data] hours: some rows do not say how long they are; fill the column 'seconds'")
    wanted, taken = data.hours * 3600, 0.0
    chosen: set[str] = set()
    for row in sorted(kept, key=_position):
        if taken + row.seconds > wanted:
            break
        taken += row.seconds
        chosen.add(str(row.path))
    return [row for row in kept if str(row.path) in chosen]


def _know_all(wanted: Sequence[str], known: set[str]) -> None:
    unknown = [pattern for pattern in wanted if not any(fnmatchcase(name, pattern) for name in known)]
    if unknown:
        some = ", ".join(sorted(known)[:5]) or "none; name the column in [data.sources.columns]"
        raise PolyvoxError(
            f"[data] speakers: {', '.join(unknown)} match nobody of the {len(known)} in the manifests: {some}"
        )


def _position(row: Row) -> bytes:
    return hashlib.sha256(row.path.name.encode()).digest()
