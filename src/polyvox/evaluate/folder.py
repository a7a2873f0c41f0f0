"""The evaluation folder that `polyvox evaluate` writes and `polyvox report` reads: a subfolder a system."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from polyvox.errors import PolyvoxError

SYSTEM_FILE = "system.json"
SCORES_FILE = "scores.parquet"
SUMMARY_FILE = "summary.parquet"
FAILURES_FILE = "failures.jsonl"
SAMPLE_FILE = "sample.npz"

SAMPLE_POINTS = 2_000
"""Most vectors that a system keeps for the map."""

_LABEL = pa.dictionary(pa.int32(), pa.string())
_KEY = (
    ("task", _LABEL),
    ("revision", _LABEL),
    ("direction", _LABEL),
    ("query_language", _LABEL),
    ("document_language", _LABEL),
    ("query_modality", _LABEL),
    ("document_modality", _LABEL),
    ("dimension", pa.int32()),
    ("metric", _LABEL),
    ("tie", _LABEL),
)
KEY = tuple(name for name, _ in _KEY)
"""The columns that say which number it is: equal keys of two systems are comparable."""

SCORES = pa.schema([*_KEY, ("query_id", pa.string()), ("value", pa.float32())])
"""Columns of `scores.parquet`: one row a query and metric."""

SUMMARY = pa.schema(
    [
        *_KEY,
        ("value", pa.float64()),
        ("pool", pa.int64()),
        ("queries", pa.int64()),
        ("seed", pa.int64()),
        ("relevance", _LABEL),
        ("note", pa.string()),
    ]
)
"""Columns of `summary.parquet`: one row a metric; `pool` counts documents, `note` says what is unusual."""


@dataclass(frozen=True, slots=True)
class SystemCard:
    """What made the numbers: the encoder, its settings, the machine's time and memory.

    `seconds_text` and `seconds_speech` are seconds of encoding for one text and for one second of speech, NaN
    where nothing of that kind was encoded; `bytes_per_vector` is at full width; `peak_memory` is in bytes.
    """

    name: str
    fingerprint: str
    source: str = ""
    dimension: int = 0
    prompts: Mapping[str, str] = field(default_factory=dict)
    precision: str = "float32"
    max_length: str = ""
    polyvox: str = ""
    device: str = ""
    created: str = ""
    seconds_text: float = float("nan")
    seconds_speech: float = float("nan")
    bytes_per_vector: int = 0
    peak_memory: int = 0

    @property
    def slug(self) -> str:
        """The name of the system's subfolder.

        >>> SystemCard("sentence-transformers/LaBSE", "0123456789abcdef").slug
        'sentence-transformers-LaBSE-01234567'
        """
        name = re.sub(r"[^\w.-]+", "-", self.name).strip("-.") or "system"
        return f"{name}-{self.fingerprint[:8]}"


@dataclass(frozen=True, slots=True)
class Answer:
    """One document that a system returned: what it says (or is known to say), its file, its score."""

    text: str
    audio: str | None
    score: float


@dataclass(frozen=True, slots=True)
class Failure:
    """A query whose first hit was wrong; `rank` is the pessimistic rank of its first relevant document.

    `rank` is 0 where the pool holds no relevant document.
    """

    task: str
    query_language: str
    query_id: str
    query_text: str
    query_audio: str | None
    wanted_text: str
    got: Sequence[Answer]
    rank: int


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Vectors for the map, shape (N, dimension) with N ≤ 2,000, and the labels of each, shape (N,)."""

    vectors: NDArray[np.float32]
    modality: NDArray[np.str_]
    language: NDArray[np.str_]
    text: NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """All that is kept of one system: `scores` and `summary` have the columns `SCORES` and `SUMMARY`."""

    card: SystemCard
    scores: pa.Table
    summary: pa.Table
    failures: Sequence[Failure] = ()
    sample: Sample | None = None


def score_table(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows with the columns `SCORES` as a table."""
    return pa.Table.from_pylist(list(rows), schema=SCORES)


def summary_table(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows with the columns `SUMMARY` as a table."""
    return pa.Table.from_pylist(list(rows), schema=SUMMARY)


def write_evaluation(root: Path, evaluation: Evaluation) -> Path:
    """Write one system below `root`, over what was there; returns its subfolder."""
    folder = root / evaluation.card.slug
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(evaluation.scores.cast(SCORES), folder / SCORES_FILE, compression="zstd")
    pq.write_table(evaluation.summary.cast(SUMMARY), folder / SUMMARY_FILE, compression="zstd")
    write_failures(folder / FAILURES_FILE, evaluation.failures)
    if evaluation.sample is not None:
        write_sample(folder / SAMPLE_FILE, evaluation.sample)
    # Last: a folder with this file is whole.
    card = {k: None if v != v else v for k, v in asdict(evaluation.card).items()}
    (folder / SYSTEM_FILE).write_text(json.dumps(card, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return folder


def read_evaluation(folder: Path) -> Evaluation:
    """Read one system's subfolder.

    Raises:
        PolyvoxError: it is not one, or a file in it is missing or damaged.
    """
    try:
        return Evaluation(
            card=read_card(folder / SYSTEM_FILE),
            scores=pq.read_table(folder / SCORES_FILE, schema=SCORES),
            summary=pq.read_table(folder / SUMMARY_FILE, schema=SUMMARY),
            failures=read_failures(folder / FAILURES_FILE),
            sample=read_sample(folder / SAMPLE_FILE) if (folder / SAMPLE_FILE).exists() else None,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PolyvoxError(
            f"{folder}: is not a system's evaluation as `polyvox evaluate --out` writes it ({error})"
        ) from error


def read_evaluations(root: Path) -> list[Evaluation]:
    """Read every system below `root`, or `root` itself where it is one system's subfolder, by name.

    Raises:
        PolyvoxError: there is none.
    """
    folders = (
        [root] if (root / SYSTEM_FILE).is_file() else sorted(p.parent for p in root.glob(f"*/{SYSTEM_FILE}"))
    )
    if not folders:
        raise PolyvoxError(
            f"{root}: holds no evaluation; make one with `polyvox evaluate MODEL --out {root}`"
        )
    return [read_evaluation(folder) for folder in folders]


def read_card(path: Path) -> SystemCard:
    """Read `system.json`."""
    values = json.loads(path.read_text(encoding="utf-8"))
    known = {f.name for f in fields(SystemCard)}
    values = {k: float("nan") if v is None else v for k, v in values.items() if k in known}
    return SystemCard(**values)


def write_failures(path: Path, failures: Iterable[Failure]) -> None:
    """Write failures as JSON lines."""
    lines = (json.dumps(asdict(failure), ensure_ascii=False) + "\n" for failure in failures)
    path.write_text("".join(lines), encoding="utf-8")


def read_failures(path: Path) -> list[Failure]:
    """Read failures; none where there is no file."""
    if not path.exists():
        return []
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Failure(**{**row, "got": [Answer(**answer) for answer in row["got"]]}) for row in rows]


def write_sample(path: Path, sample: Sample) -> None:
    """Write the map's vectors and labels."""
    np.savez_compressed(
        path,
        vectors=sample.vectors.astype(np.float32),
        modality=sample.modality.astype(np.str_),
        language=sample.language.astype(np.str_),
        text=sample.text.astype(np.str_),
    )


def read_sample(path: Path) -> Sample:
    """Read the map's vectors and labels."""
    with np.load(path, allow_pickle=False) as kept:
        return Sample(kept["vectors"], kept["modality"], kept["language"], kept["text"])
