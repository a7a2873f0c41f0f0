"""The files of the web page, all known beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}
PAGE = Path(__file__).with_name("page")


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file of the page, ready to be sent."""

    content: bytes
    etag: str
    kind: str


class PageFiles:
    """The page's files by name. No name of a client ever becomes a path."""

    def __init__(self, folder: Path = PAGE) -> None:
        self._paths = {
            path.relative_to(folder).as_posix(): path
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix in TYPES
        }
        self._read: dict[str, tuple[int, PageFile]] = {}

    def get(self, name: str) -> PageFile | None:
        """The file of that name; read again when it has changed on the disk."""
        path = self._paths.get(name)
        if path is None:
            return None
        changed = path.stat().st_mtime_ns
        known = self._read.get(name)
        if known is None or known[0] != changed:
            content = path.read_bytes()
            etag = f'"{blake2b(content, digest_size=12).hexdigest()}"'
            known = self._read[name] = (changed, PageFile(content, etag, TYPES[path.suffix]))
        return known[1]
