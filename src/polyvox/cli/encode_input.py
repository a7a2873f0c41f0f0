"""What `polyvox encode` reads: files to batches of items that are worth encoding at once."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from polyvox.encode.protocol import ModalityError, ModelCard
from polyvox.encode.vector_files import Row
from polyvox.errors import ReadError
from polyvox.index.files import told_digest
from polyvox.index.ingest import BATCH_ITEMS
from polyvox.index.schema import item_digest, item_id
from polyvox.item import Audio, Item, Modality
from polyvox.read import STDIN, ReadOptions, Skipped, content_digest, load_audio, read_file, walk
from polyvox.read.formats import FORMAT_OF, Format, suffix_of
from polyvox.read.lines import read_lines


@dataclass(slots=True)
class Batch:
    """Some items in order with the ids of their rows, what went wrong before them, and bytes read so far."""

    items: list[Item] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    problems: list[ReadError] = field(default_factory=list)
    read: float = 0.0
    path: str = ""
    counts: Counter[Modality] = field(default_factory=Counter)

    def add(self, item: Item, row_id: str) -> bool:
        """Append an item; whether no more should be encoded at once."""
        self.items.append(item)
        self.ids.append(row_id)
        self.counts[item.modality] += 1
        return self.counts[item.modality] >= BATCH_ITEMS[item.modality]

    def rows(self) -> list[Row]:
        """What stands beside the vectors of the items."""
        return [row_of(item, name) for item, name in zip(self.items, self.ids, strict=True)]


def row_of(item: Item, name: str) -> Row:
    """What stands beside an item's vector."""
    return Row(
        id=name,
        source=item.path,
        locator=item.locator,
        start=item.start,
        end=item.end,
        text=item.content if isinstance(item.content, str) else None,
        language=item.language,
        modality=item.modality.value,
    )


class EncodeInput:
    """Files and folders as batches of items.

    Args:
        paths: as `polyvox.read.walk` takes them.
        options: how to read.
        card: of the model; a file that it does not encode is a problem.
        lines: a line of a text file is an item, whatever the file looks like.
        whole: a recording is an item; otherwise each stretch of speech is one.
        speech_only: text files are ignored.
    """

    def __init__(
        self,
        paths: Sequence[str | Path],
        options: ReadOptions,
        card: ModelCard,
        *,
        lines: bool = False,
        whole: bool = False,
        speech_only: bool = False,
    ) -> None:
        found = list(walk(paths))
        files = [path for path in found if isinstance(path, Path)]
        self.files = [path for path in files if not speech_only or _is_recording(path)]
        self.ignored = [path for path in found if isinstance(path, Skipped)]
        if speech_only:
            others = (path for path in files if not _is_recording(path))
            self.ignored += [Skipped(str(path), "not a recording") for path in others]
        self.problems = [path for path in found if isinstance(path, ReadError)]
        self._sizes = [_size(path) for path in self.files]
        self._options, self._card, self._lines, self._whole = options, card, lines, whole

    @property
    def size(self) -> int:
        """Bytes in all; what comes from standard input is not known."""
        return sum(self._sizes)

    def batches(self) -> Iterator[Batch]:
        """Read everything once, in order; a batch goes on from one file to the next."""
        batch, before = Batch(), 0
        for path, size in zip(self.files, self._sizes, strict=True):
            name = str(path) if path == STDIN else os.path.abspath(path)  # noqa: PTH100
            batch.path, self._within = name, 0.0
            try:
                for item, row_id in self._items_of(path, name, batch):
                    if batch.add(item, row_id):
                        batch.read = before + min(self._within, size)
                        yield batch
                        batch = Batch(path=name)
            except ReadError as error:
                batch.problems.append(ReadError(name, error.reason))
            except OSError as error:
                batch.problems.append(ReadError(name, f"cannot be read: {error.strerror or error}"))
            before += size
            batch.read = before
        yield batch

    def _items_of(self, path: Path, name: str, batch: Batch) -> Iterator[tuple[Item, str]]:
        digest = "" if path == STDIN else told_digest(content_digest(path), self._options.language)
        for found in self._read(path, name):
            if isinstance(found, ReadError):
                batch.problems.append(found)
                continue
            if found.modality not in self._card.modalities:
                raise ReadError(name, str(ModalityError(self._card, found.modality)))
            item = replace(found, path=name)
            yield item, item_id(name, digest or item_digest(item.content), item.position)

    def _read(self, path: Path, name: str) -> Iterator[Item | ReadError]:
        if path == STDIN:
            yield from read_lines(sys.stdin.buffer, name, self._options)
        elif self._whole and _is_recording(path):
            audio = load_audio(path, self._card.max_seconds or 60.0)
            yield _whole(audio, name, self._options)
        elif self._lines and FORMAT_OF[suffix_of(path)] is Format.PLAIN:
            with path.open("rb") as stream:
                for item in read_lines(stream, name, self._options):
                    self._within = stream.tell()
                    yield item
        else:
            yield from read_file(path, self._options, self._watch)

    def _watch(self, read: int) -> None:
        self._within = read


def _whole(audio: Audio, name: str, options: ReadOptions) -> Item:
    language = options.language or "und"
    return Item(audio, name, 0, language, start=0.0, end=round(audio.seconds, 3))


def _is_recording(path: Path) -> bool:
    return FORMAT_OF.get(suffix_of(path)) is Format.SOUND


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path != STDIN else 0
    except OSError:
        return 0
