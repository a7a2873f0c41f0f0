"""What the readers of whole documents share: a size they may have, and a fence round foreign parsers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from polyvox.errors import ReadError
from polyvox.read.plain import decoded

MAX_DOCUMENT_BYTES = 64 << 20


def whole_text(stream: BinaryIO, path: str, encoding: str) -> str:
    """Decode a document that its parser needs as a whole.

    Raises:
        ReadError: it is larger than 64 MiB, or is not text.
    """
    blocks, size = [], 0
    for block in decoded(stream, path, encoding):
        blocks.append(block)
        size += len(block)
        if size > MAX_DOCUMENT_BYTES:
            raise ReadError(
                path,
                "is larger than 64 MiB, too large for this format; split it or save it as .txt",
            )
    return "".join(blocks)


@contextmanager
def fenced(path: str, kind: str) -> Iterator[None]:
    """Turn whatever a foreign parser throws at a broken document into a `ReadError`.

    Raises:
        ReadError: the parser failed.
    """
    try:
        yield
    except (ReadError, OSError):
        raise
    except Exception as error:  # parsers of documents fail in every way that Python has
        what = f"{type(error).__name__}: {error}"[:200]
        raise ReadError(path, f"is not a {kind} that can be read ({what}); is it damaged?") from error
