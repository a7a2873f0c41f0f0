"""The rows that a recipe trains and evaluates on, from its manifests, checked and split."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from polyvox.errors import PolyvoxError
from polyvox.train.duplicates import near_duplicates
from polyvox.train.manifest import Recording, each_recording, manifest_folder
from polyvox.train.rows import text_hash
from polyvox.train.tower.exclusion import excluded_hashes
from polyvox.train.tower.model_section import Data, Source
from polyvox.train.tower.parallel import add_translations
from polyvox.train.tower.training_section import TARGETS

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One recording to learn from; a text that is unknown is empty."""

    path: Path
    language: str
    source: int
    transcript: str
    translation: str
    seconds: float = 0.0
    speaker: str = ""

    def texts(self) -> tuple[str, ...]:
        """The texts that are known."""
        return tuple(text for text in (self.transcript, self.translation) if text)

    def has(self, sides: Collection[str]) -> bool:
        """Whether one of these texts is known: `transcript`, `translation`."""
        return any(getattr(self, side) for side in sides)

    def hashes(self) -> set[int]:
        """What identifies the texts, blind to case and punctuation."""
        return {text_hash(text) for text in self.texts()}


@dataclass(slots=True)
class DataCounts:
    """What became of the rows of the manifests.

    `skipped` names rows that cannot be used and why, `conflicting` repeated rows whose texts differ
    from those of the row before, which is the one that counts.
    """

    read: int = 0
    other_languages: int = 0
    skipped: list[str] = field(default_factory=list)
    without_text: int = 0
    repeated: int = 0
    conflicting: list[str] = field(default_factory=list)
    near_duplicates: int = 0
    in_exclusion: int = 0
    in_development: int = 0
    translated: int = 0
    languages: Counter[str] = field(default_factory=Counter)
    unused: Counter[str] = field(default_factory=Counter)
    files: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows to train on, to choose by and to test on, and how they were counted.

    No text that is trained on is among those of the other two.

    Where rows are streamed, `train` is a sample of them, `streamed` how many there are, and `unwanted` has
    the hashes of texts that the stream leaves out.
    """

    train: Sequence[Row]
    development: Sequence[Row]
    counts: DataCounts
    streamed: int = 0
    unwanted: frozenset[int] = frozenset()
    test: Sequence[Row] = ()

    @property
    def size(self) -> int:
        """How many rows are trained on."""
        return self.streamed or len(self.train)


def load_rows(data: Data, folder: Path, sides: Collection[str] = TARGETS) -> Rows:
    """Read the manifests of a recipe, drop what cannot or must not be trained on, and split.

    A row is trained on only when none of its texts is in the exclusion files or among the development texts.

    Args:
        data: what to read.
        folder: that its paths are relative to.
        sides: of its texts a row needs one of these, `transcript` or `translation`.

    Raises:
        PolyvoxError: a manifest or a file of exclusions cannot be used, or no row is left.
    """
    counts = DataCounts()
    found: list[tuple[Row, str]] = []
    for number, source in enumerate(data.sources):
        counts.files[source.path] = file_hash(folder / source.path)
        found += source_rows(source, number, folder, counts)
    if data.parallel:
        found = _translated(found, data, folder, counts)
    found = _with_text(found, sides, counts)
    train, development, test = _split(found, data)
    used = {"", *data.train_splits, *data.development_splits, *data.test_splits}
    counts.unused.update(split for _, split in found if split not in used)
    unwanted = excluded_hashes([folder / name for name in data.exclude])
    train = _without(train, unwanted, counts, "in_exclusion")
    held = {digest for row in (*development, *test) for digest in row.hashes()}
    train = _without(train, held, counts, "in_development")
    train = _distinct(train, data.near_duplicates, counts)
    counts.languages.update(row.language for row in train)
    if not train:
        raise PolyvoxError(why_empty(counts, data, sides))
    return Rows(train, development, counts, test=test)


def source_rows(
    source: Source, number: int, folder: Path, counts: DataCounts | None = None
) -> Iterator[tuple[Row, str]]:
    """The rows of one manifest whose recording is there, with their split, one at a time.

    Args:
        source: the manifest.
        number: of the source.
        folder: that its path is relative to.
        counts: where rows, and those that cannot be used, are counted.

    Raises:
        ManifestError: the manifest cannot be read, or lacks a column.
    """
    path, counts = folder / source.path, counts or DataCounts()
    base = manifest_folder(path)
    for recording in each_recording(path, source.columns, source.language, counts.skipped.append):
        if source.languages and recording.language not in source.languages:
            counts.other_languages += 1
            continue
        counts.read += 1
        row = _row(recording, base, number)
        if row.path.is_file():
            yield row, recording.split
        else:
            counts.skipped.append(f"{row.path}: no such file, but {source.path} has a row for it")


def _row(recording: Recording, base: Path, number: int) -> Row:
    return Row(
        path=base / recording.path,
        language=recording.language,
        source=number,
        transcript=recording.transcript,
        translation=recording.translation,
        seconds=recording.seconds,
        speaker=recording.speaker,
    )


def _translated(
    found: Sequence[tuple[Row, str]], data: Data, folder: Path, counts: DataCounts
) -> list[tuple[Row, str]]:
    rows = add_translations([row for row, _ in found], [folder / name for name in data.parallel], data.pivot)
    counts.translated = sum(new is not old for new, (old, _) in zip(rows, found, strict=True))
    return [(row, split) for row, (_, split) in zip(rows, found, strict=True)]


def _with_text(
    found: Iterable[tuple[Row, str]], sides: Collection[str], counts: DataCounts
) -> list[tuple[Row, str]]:
    kept = []
    seen: dict[Path, Row] = {}
    for row, split in found:
        if not row.has(sides):
            counts.without_text += 1
        elif row.path in seen:
            counts.repeated += 1
            if row.texts() != seen[row.path].texts():
                counts.conflicting.append(f"{row.path}: {' / '.join(row.texts())}")
        else:
            seen[row.path] = row
            kept.append((row, split))
    return kept


def _split(found: Sequence[tuple[Row, str]], data: Data) -> tuple[list[Row], list[Row], list[Row]]:
    test = [row for row, split in found if split in data.test_splits]
    rest = [(row, split) for row, split in found if split not in data.test_splits]
    if not test:
        test = [row for row, _ in rest if text_position(row) >= 1 - data.test]
        rest = [(row, split) for row, split in rest if text_position(row) < 1 - data.test]
    development = [row for row, split in rest if split in data.development_splits]
    trained = [row for row, split in rest if not split or split in data.train_splits]
    if not development:
        development = [row for row in trained if text_position(row) < data.development]
        trained = [row for row in trained if text_position(row) >= data.development]
    return trained, development, test


def text_position(row: Row) -> float:
    """Where a row's text stands between 0 and 1, the same in every run and source."""
    text = row.translation or row.transcript
    digest = hashlib.sha256(f"polyvox-development:{text_hash(text)}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _without(rows: Sequence[Row], unwanted: set[int], counts: DataCounts, name: str) -> list[Row]:
    kept = [row for row in rows if not row.hashes() & unwanted]
    setattr(counts, name, len(rows) - len(kept))
    return kept


def _distinct(rows: list[Row], similarity: float, counts: DataCounts) -> list[Row]:
    if not similarity:
        return rows
    dropped = set(near_duplicates([row.transcript or row.translation for row in rows], similarity))
    counts.near_duplicates = len(dropped)
    return [row for number, row in enumerate(rows) if number not in dropped]


def why_empty(counts: DataCounts, data: Data, sides: Collection[str]) -> str:
    """What became of all rows, for the error when none is left."""
    first = f" (the first: {counts.skipped[0]})" if counts.skipped else ""
    left_out = {
        "of languages that [data.sources] leaves out": counts.other_languages,
        f"unusable{first}": len(counts.skipped),
        f"without {' or '.join(sides)}, which [losses] targets asks for": counts.without_text,
        "repeated": counts.repeated,
        "in the exclusion files": counts.in_exclusion,
        "with a development text": counts.in_development,
        "of a split that is not used": counts.unused.total(),
    }
    told = ", ".join(f"{count} {why}" for why, count in left_out.items() if count)
    return (
        f"no row is left to train on: {told or 'there was none'}; trained splits are "
        f"{', '.join(data.train_splits)}; columns are renamed in [data.sources.columns]"
    )


def file_hash(path: Path) -> str:
    """SHA-256 of a file, or of the names and sizes below a folder, 64 hexadecimal digits."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    listed = sorted(
        f"{one.relative_to(path)} {one.stat().st_size}" for one in path.rglob("*") if one.is_file()
    )
    return hashlib.sha256("\n".join(listed).encode()).hexdigest()
