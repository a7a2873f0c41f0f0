"""What is in an index, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from polyvox.index.files import FileLog
from polyvox.index.manifest import Manifest
from polyvox.index.table import ItemTable
from polyvox.item import Modality


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """The size and the make-up of an index.

    `files` counts the files that are complete; `speech_hours` is the length of all indexed stretches of
    speech; `languages` and `modalities` count items.
    """

    path: str
    items: int
    files: int
    speech_hours: float
    languages: Mapping[str, int]
    modalities: Mapping[str, int]
    bytes_on_disk: int
    model: str
    fingerprint: str
    dimension: int
    created_by: str


def gather_info(folder: Path, manifest: Manifest, table: ItemTable, log: FileLog) -> IndexInfo:
    """Count one version of an index."""
    languages: Counter[str] = Counter()
    modalities: Counter[str] = Counter()
    seconds = 0.0
    for batch in table.batches(["language", "modality", "start", "end"]):
        _count(languages, batch["language"])
        _count(modalities, batch["modality"])
        spoken = pc.equal(batch["modality"], Modality.SPEECH.value)
        lengths = pc.subtract(batch["end"], batch["start"]).filter(spoken)
        seconds += pc.sum(lengths).as_py() or 0.0
    return IndexInfo(
        path=str(folder),
        items=sum(modalities.values()),
        files=sum(state.done for state in log.states().values()),
        speech_hours=seconds / 3600,
        languages=dict(languages.most_common()),
        modalities=dict(modalities.most_common()),
        bytes_on_disk=sum(map(_size, folder.rglob("*"))),
        model=manifest.model,
        fingerprint=manifest.fingerprint,
        dimension=manifest.dimension,
        created_by=manifest.created_by,
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        # A writer has replaced the file since the folder was listed.
        return 0


def _count(counter: Counter[str], column: pa.Array) -> None:
    for entry in column.value_counts().to_pylist():
        counter[entry["values"]] += entry["counts"]
