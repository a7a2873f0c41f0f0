"""What data a number was measured on: the declared revision and a digest of the files themselves."""

from __future__ import annotations

import hashlib
from pathlib import Path

from polyvox.evaluate.declaration import Task

WHOLE = 64 * 2**20
"""Files up to this size are digested whole, larger ones by their first and last part and their size."""
_PART = 2**20
_SOUND = frozenset({".ogg", ".opus", ".wav", ".mp3", ".flac", ".m4a"})


def revision(task: Task, data: Path) -> str:
    """The declared revision with twelve hexadecimal digits over the task's files.

    Recordings count by name and size, all else by content. Data that is elsewhere has the
    declared revision only.

    Raises:
        OSError: a file cannot be read.
    """
    path = data / task.path
    if not task.path or not path.exists():
        return task.revision
    digest = hashlib.sha256()
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    for file in files:
        size = file.stat().st_size
        digest.update(f"{file.relative_to(path.parent)} {size}\n".encode())
        if file.suffix not in _SOUND:
            _add(digest, file, size)
    return f"{task.revision} sha256:{digest.hexdigest()[:12]}"


def _add(digest: hashlib._Hash, file: Path, size: int) -> None:
    with file.open("rb") as stream:
        if size <= WHOLE:
            digest.update(stream.read())
            return
        digest.update(stream.read(_PART))
        stream.seek(size - _PART)
        digest.update(stream.read(_PART))
