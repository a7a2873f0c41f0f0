"""Names of files: what clients see of a path, and what a server makes of a client's name."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath

UPLOADS = "uploads"
TEXT_PREFIX = "text:"
"""How the path of a text begins that a client gave a name to; it is no file."""

MOST_BYTES = 150
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]')
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)(\.|$)")


class Names:
    """What clients see of the paths in an index: never where on the disk the collection lies.

    Args:
        uploads: the folder of uploaded files.
        paths: the files of the index; what all of them have in common is left out.
    """

    def __init__(self, uploads: Path, paths: Iterable[str] = ()) -> None:
        self._uploads = uploads
        elsewhere = {os.path.dirname(path) for path in paths if self._is_elsewhere(path)}  # noqa: PTH120
        self._root = Path(os.path.commonpath(elsewhere)) if elsewhere else None

    def _is_elsewhere(self, path: str) -> bool:
        return Path(path).is_absolute() and not Path(path).is_relative_to(self._uploads)

    def shown(self, path: str) -> str:
        """The name of a stored path.

        >>> names = Names(Path("/srv/my.serve/uploads"), ["/data/radio/a.txt", "/data/radio/sw/b.ogg"])
        >>> names.shown("/data/radio/sw/b.ogg"), names.shown("/srv/my.serve/uploads/c.mp3")
        ('sw/b.ogg', 'uploads/c.mp3')
        """
        place = Path(path)
        if place.is_relative_to(self._uploads):
            return f"{UPLOADS}/{place.relative_to(self._uploads)}"
        deep = self._root is not None and len(self._root.parts) > 1
        if deep and self._root is not None and place.is_relative_to(self._root):
            return place.relative_to(self._root).as_posix()
        return "/".join(place.parts[-2:]).lstrip("/") if place.is_absolute() else path


def safe_name(given: str, fallback: str = "file") -> str:
    r"""A client's file name as one that is safe in a folder: no way out of it, nothing hidden, no commands.

    >>> safe_name("../../etc/passwd"), safe_name("C:\\talks\\a b.mp3"), safe_name("...")
    ('passwd', 'a b.mp3', 'file')
    """
    plain = unicodedata.normalize("NFC", given.encode("utf-8", "replace").decode())
    last = PureWindowsPath(PurePosixPath(plain).name).name
    name = _UNSAFE.sub("_", last).strip(" .")
    if _RESERVED.match(name):
        name = f"_{name}"
    stem, suffix = os.path.splitext(name)  # noqa: PTH122
    while len((stem + suffix).encode()) > MOST_BYTES:
        stem, suffix = (stem[:-1], suffix) if stem else (suffix[1:-1], "")
    return stem + suffix or fallback


def free_name(folder: Path, name: str, taken: Iterable[str] = ()) -> str:
    """A name like `name` that no file of the folder has, such as "talk (2).mp3" for "talk.mp3"."""
    stem, suffix = os.path.splitext(name)  # noqa: PTH122
    used = set(taken)
    number, candidate = 1, name
    while candidate in used or (folder / candidate).exists():
        number += 1
        candidate = f"{stem} ({number}){suffix}"
    return candidate
