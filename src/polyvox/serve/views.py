"""Items and hits as clients see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from polyvox.index import Hit
from polyvox.item import Modality
from polyvox.read.formats import FORMAT_OF
from polyvox.serve.highlight import highlights
from polyvox.serve.names import Names
from polyvox.serve.recordings import excerpt_span

_PLAYED_WHOLE = frozenset(
    {
        ".mp3",
        ".wav",
        ".wave",
        ".flac",
        ".ogg",
        ".oga",
        ".opus",
        ".m4a",
        ".m4b",
        ".aac",
        ".mp4",
        ".m4v",
        ".webm",
    }
)
LABEL_CHARS = 90


def hit_view(hit: Hit, rank: int, names: Names, query: str | None) -> dict[str, Any]:
    """A hit in the shape of `HitBody`."""
    speech = hit.modality is Modality.SPEECH
    audio = f"/v1/items/{quote(hit.id)}/audio" if speech else None
    return {
        "id": hit.id,
        "rank": rank,
        "score": round(hit.score, 6),
        "modality": hit.modality.value,
        "language": hit.language,
        "text": hit.text,
        "highlights": highlights(query, hit.text) if query and hit.text else [],
        "file": names.shown(hit.path),
        "start": hit.start,
        "end": hit.end,
        "page": hit.locator or None,
        "audio": audio,
        "audio_start": 0.0 if not speech or played_whole(hit) else round(excerpt_span(hit)[0], 3),
        "peaks": f"/v1/items/{quote(hit.id)}/peaks" if speech else None,
    }


def hit_views(hits: Sequence[Hit], first_rank: int, names: Names, query: str | None) -> list[dict[str, Any]]:
    """Hits in the shape of `HitBody`, ranked from `first_rank`."""
    return [hit_view(hit, rank, names, query) for rank, hit in enumerate(hits, first_rank)]


def item_view(hit: Hit, names: Names) -> dict[str, Any]:
    """An item in the shape of `ItemBody`."""
    return hit_view(hit, 1, names, None) | {"position": hit.position, "metadata": dict(hit.metadata)}


def played_whole(hit: Hit) -> bool:
    """Whether a hit's recording is streamed as it is, judged by its name alone."""
    return _suffix(hit.path) in _PLAYED_WHOLE


def label(hit: Hit, names: Names) -> str:
    """A few words that tell an item from others."""
    if hit.text is not None:
        line = " ".join(hit.text.split())
        return line if len(line) <= LABEL_CHARS else line[: LABEL_CHARS - 1] + "…"
    return f"{names.shown(hit.path)} {hit.start or 0:.0f}–{hit.end or 0:.0f} s"


def is_readable(name: str) -> bool:
    """Whether a file of this name can be indexed."""
    return _suffix(name) in FORMAT_OF


def _suffix(name: str) -> str:
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""
