"""Which suffix is read by which reader."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path


class Format(StrEnum):
    """The kinds of file that polyvox reads."""

    PLAIN = "plain text"
    MARKDOWN = "Markdown"
    HTML = "web page"
    PDF = "PDF"
    DOCX = "Word document"
    SUBTITLES = "subtitles"
    CSV = "csv table"
    TSV = "tsv table"
    JSONL = "JSON lines"
    SOUND = "recording"


_SUFFIXES: dict[Format, str] = {
    Format.PLAIN: "txt text",
    Format.MARKDOWN: "md markdown",
    Format.HTML: "html htm xhtml",
    Format.PDF: "pdf",
    Format.DOCX: "docx",
    Format.SUBTITLES: "srt vtt",
    Format.CSV: "csv",
    Format.TSV: "tsv tab",
    Format.JSONL: "jsonl ndjson",
    Format.SOUND: (
        "wav wave w64 flac mp3 mp2 ogg oga opus spx m4a m4b aac ac3 amr aif aiff aifc au caf wma wv ape "
        "mka mkv webm mp4 m4v mov 3gp 3g2 avi wmv asf flv mpg mpeg mpga"
    ),
}

FORMAT_OF: dict[str, Format] = {
    f".{name}": kind for kind, names in _SUFFIXES.items() for name in names.split()
}
"""Lower-case suffix, with its dot, to format."""

SUPPORTED_SUFFIXES = frozenset(FORMAT_OF)


def suffix_of(path: Path) -> str:
    """A path's suffix as it stands in the table.

    >>> suffix_of(Path("Talk.MP3"))
    '.mp3'
    """
    return path.suffix.lower()
