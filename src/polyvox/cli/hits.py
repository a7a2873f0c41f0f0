"""How hits look on a terminal and in JSON."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from polyvox.cli.paths import near_path

if TYPE_CHECKING:
    from polyvox.index import Hit

SNIPPET = 160
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""Characters by which a text could command the terminal it is shown on."""


def clock(seconds: float) -> str:
    """Seconds as minutes and seconds, with hours where there are any.

    >>> clock(83.25), clock(3725), clock(59.97)
    ('1:23.2', '1:02:05.0', '1:00.0')
    """
    minutes, rest = divmod(round(seconds, 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"


def where(hit: Hit) -> str:
    """The stretch of a recording, or the place in a text."""
    if hit.start is not None and hit.end is not None:
        return f"{clock(hit.start)}–{clock(hit.end)}"
    return hit.locator


def snippet(hit: Hit, width: int = SNIPPET) -> str:
    """The text of a hit on one line, cut to `width` characters; what a recording says is not known."""
    if hit.text is None:
        return "(speech)"
    line = " ".join(_CONTROL.sub(" ", hit.text).split())
    return line if len(line) <= width else line[: width - 1] + "…"


def found_by(hit: Hit) -> str:
    """Which retrievers found the hit, each with its rank and its own score."""
    return ", ".join(f"{name} {source.rank} ({source.score:.2f})" for name, source in hit.sources.items())


def as_json(hit: Hit) -> dict[str, Any]:
    """A hit as JSON-ready values."""
    return {
        "id": hit.id,
        "path": hit.path,
        "modality": str(hit.modality),
        "language": hit.language,
        "start": hit.start,
        "end": hit.end,
        "locator": hit.locator,
        "text": hit.text,
        "score": round(hit.score, 6),
        "sources": {name: {"rank": s.rank, "score": round(s.score, 6)} for name, s in hit.sources.items()},
        "metadata": dict(hit.metadata),
    }


def print_hits(hits: Iterable[Hit]) -> None:
    """Two lines a hit: where it is, and what it says."""
    for rank, hit in enumerate(hits, 1):
        place = f"  {where(hit)}" if where(hit) else ""
        facts = f"{hit.language}, {hit.modality}, score {hit.score:.3f}: {found_by(hit)}"
        sys.stdout.write(f"{rank:>3}. {near_path(hit.path)}{place}  [{facts}]\n     {snippet(hit)}\n")
