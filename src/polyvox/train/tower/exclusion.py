"""Texts that must never be trained on, as hashes."""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

from polyvox.errors import PolyvoxError
from polyvox.train.manifest import read_manifest
from polyvox.train.rows import text_hash


def excluded_hashes(paths: Iterable[Path]) -> set[int]:
    """Hashes of every text in files of exclusions: .txt (a line each), .json, .jsonl, also .xz; manifests.

    Raises:
        PolyvoxError: a file is missing, of an unknown kind, or not readable.
    """
    return {text_hash(text) for path in paths for text in _texts(path) if text.strip()}


def _texts(path: Path) -> Iterator[str]:
    suffixes = [suffix for suffix in path.suffixes if suffix != ".xz"]
    kind = suffixes[-1] if suffixes else ""
    if kind not in _KINDS:
        raise PolyvoxError(f"{path}: texts to exclude come in {', '.join(_KINDS)}")
    try:
        yield from _KINDS[kind](path)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, lzma.LZMAError) as error:
        raise PolyvoxError(f"{path}: the texts to exclude cannot be read ({error})") from error


def _open(path: Path) -> IO[str]:
    return lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8")


def _lines(path: Path) -> Iterator[str]:
    with _open(path) as file:
        yield from file


def _json_lines(path: Path) -> Iterator[str]:
    with _open(path) as file:
        for line in file:
            if line.strip():
                yield from _strings(json.loads(line))


def _json(path: Path) -> Iterator[str]:
    with _open(path) as file:
        yield from _strings(json.load(file))


def _manifest(path: Path) -> Iterator[str]:
    for recording in read_manifest(path, language="und", report=lambda _: None):
        yield recording.transcript
        yield recording.translation


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


_KINDS: Mapping[str, Callable[[Path], Iterator[str]]] = {
    ".txt": _lines,
    ".jsonl": _json_lines,
    ".json": _json,
    ".tsv": _manifest,
    ".csv": _manifest,
}
