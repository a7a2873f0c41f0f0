"""Folders to files, in a fixed order, past everything that a file system can hold."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from polyvox.errors import ReadError
from polyvox.read.formats import SUPPORTED_SUFFIXES, suffix_of

STDIN = Path("-")
_DIGEST_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or folder that was left out on purpose, and why."""

    path: str
    reason: str


def walk(paths: Iterable[str | Path]) -> Iterator[Path | Skipped | ReadError]:
    """Find the files to read: the given ones in the order given, those of a folder sorted by name.

    A folder is searched with all its subfolders, each of them once, so links that lead in a circle end.
    Hidden files, unknown suffixes and what is no regular file come as `Skipped`; what is missing, may not
    be read or has an unknown suffix although it was named comes as a `ReadError`. "-" is standard input.
    """
    seen: set[tuple[int, int]] = set()
    for given in map(Path, paths):
        if given == STDIN:
            yield given
            continue
        try:
            mode = given.stat().st_mode
        except (OSError, ValueError) as error:
            yield ReadError(str(given), _why(error))
            continue
        if stat.S_ISDIR(mode):
            yield from _walk_folder(given, seen)
        elif not stat.S_ISREG(mode):
            yield ReadError(str(given), 'is not a regular file; to read from a pipe, give "-"')
        elif suffix_of(given) not in SUPPORTED_SUFFIXES:
            known = " ".join(sorted(SUPPORTED_SUFFIXES))
            yield ReadError(
                str(given),
                f"the suffix {given.suffix!r} is not one that polyvox reads: {known}",
            )
        else:
            yield _checked_name(given)


def _walk_folder(folder: Path, seen: set[tuple[int, int]]) -> Iterator[Path | Skipped | ReadError]:
    pending = [folder]
    while pending:
        current = pending.pop()
        try:
            status = current.stat()
            identity = (status.st_dev, status.st_ino)
            if identity in seen:
                yield Skipped(
                    str(current),
                    "this folder was already searched (a link leads back to it)",
                )
                continue
            seen.add(identity)
            with os.scandir(current) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield ReadError(str(current), _why(error))
            continue
        subfolders: list[Path] = []
        for entry in listed:
            found = _sort_out(entry)
            if found is None:
                subfolders.append(Path(entry.path))
            else:
                yield found
        pending.extend(reversed(subfolders))


def _sort_out(entry: os.DirEntry[str]) -> Path | Skipped | ReadError | None:
    """What an entry of a folder is; None for a folder to search."""
    path = Path(entry.path)
    if entry.name.startswith("."):
        return Skipped(entry.path, "hidden")
    try:
        if entry.is_dir():
            return None
        mode = entry.stat().st_mode
    except OSError as error:
        return ReadError(entry.path, _why(error))
    if not stat.S_ISREG(mode):
        return Skipped(entry.path, "not a regular file")
    if suffix_of(path) not in SUPPORTED_SUFFIXES:
        return Skipped(
            entry.path,
            f"unknown suffix {path.suffix!r}" if path.suffix else "no suffix",
        )
    return _checked_name(path)


def _checked_name(path: Path) -> Path | ReadError:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        shown = os.fsencode(path).decode("utf-8", "backslashreplace")
        return ReadError(shown, "its name is not valid Unicode; rename it")
    return path


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "does not exist (or its link is broken)"
    if isinstance(error, PermissionError):
        return "may not be read: permission denied"
    return f"cannot be read: {getattr(error, 'strerror', None) or error}"


def content_digest(path: str | Path) -> str:
    """The BLAKE2b digest of a file's bytes, 64 hexadecimal digits.

    Raises:
        ReadError: the file cannot be read.
    """
    digest = blake2b(digest_size=32)
    try:
        with Path(path).open("rb") as stream:
            while block := stream.read(_DIGEST_BLOCK):
                digest.update(block)
    except OSError as error:
        raise ReadError(str(path), _why(error)) from error
    return digest.hexdigest()
