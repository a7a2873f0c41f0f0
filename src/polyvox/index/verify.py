"""Checks that the parts of an index agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyvox.index.files import FileLog
from polyvox.index.head_files import HeadFiles, byte_sum, narrow
from polyvox.index.quantizer import Quantizer
from polyvox.index.table import ItemTable


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check found: the number of items looked at, and every problem in words."""

    items: int
    problems: tuple[str, ...]

    def __bool__(self) -> bool:
        return not self.problems


def verify_index(table: ItemTable, files: HeadFiles, log: FileLog) -> Verification:
    """Compare the head with the table bit by bit, look for doubled items, and compare the log's counts.

    True when all is well. Reads everything once; memory grows by 8 bytes an item.
    """
    problems = [*_head_problems(table, files), *_item_problems(table, log)]
    return Verification(len(table), tuple(problems))


def _head_problems(table: ItemTable, files: HeadFiles) -> Iterator[str]:
    directory = files.read()
    segments = {segment.data_file: segment for segment in directory.segments}
    try:
        vectors = files.vectors(directory)
    except (OSError, ValueError) as error:
        yield f"the head's vectors cannot be read: {error}"
        return
    for fragment in table.fragments():
        segment = segments.get(fragment.data_file)
        if segment is None:
            yield f"the head lacks the {fragment.rows} rows of fragment {fragment.id}"
            continue
        row = segment.start
        for block in table.fragment_vectors(fragment):
            if not np.array_equal(narrow(block), vectors[row : row + len(block)]):
                yield f"the head differs from the table in fragment {fragment.id}"
                break
            row += len(block)
    if directory.quantized:
        try:
            codes = files.codes(directory, Quantizer.load(files.quantizer_path(directory)).code_bytes)
        except (OSError, ValueError, KeyError) as error:
            yield f"the head's codes cannot be read: {error}"
            return
        damaged = [s.data_file for s in directory.segments if byte_sum(codes[s.start : s.stop]) != s.code_sum]
        yield from (f"the head's codes of {name} are damaged" for name in damaged)


def _item_problems(table: ItemTable, log: FileLog) -> Iterator[str]:
    hashes: list[NDArray[np.uint64]] = []
    counts: Counter[tuple[str, str]] = Counter()
    for batch in table.batches(["id", "path", "digest"]):
        ids = batch["id"].to_pylist()
        hashes.append(np.array([int(name[:16], 16) for name in ids], np.uint64))
        counts.update(zip(batch["path"].to_pylist(), batch["digest"].to_pylist(), strict=True))
    every = np.concatenate([np.empty(0, np.uint64), *hashes])
    doubled = len(every) - len(np.unique(every))
    if doubled:
        yield f"{doubled} items are in the table twice"
    states = log.states()
    for (path, digest), count in counts.items():
        state = states.get(path)
        if state is None or not state.done:
            continue
        if digest != state.digest:
            yield f"{path} has {count} items of an older version"
        elif count > state.items:
            yield f"{path} has {count} items, and its record says {state.items}"
