"""The table that keeps items and vectors, the head that is scanned, and the ways to search them."""

from __future__ import annotations

from polyvox.index.errors import (
    FilterError,
    IndexFormatError,
    LockedError,
    ModelMismatchError,
    VectorError,
)
from polyvox.index.files import FileState
from polyvox.index.filters import Filter
from polyvox.index.hit import Hit, Source
from polyvox.index.index import Index
from polyvox.index.info import IndexInfo
from polyvox.index.search import SearchMode
from polyvox.index.verify import Verification
from polyvox.index.writer import IndexWriter

__all__ = [
    "FileState",
    "Filter",
    "FilterError",
    "Hit",
    "Index",
    "IndexFormatError",
    "IndexInfo",
    "IndexWriter",
    "LockedError",
    "ModelMismatchError",
    "SearchMode",
    "Source",
    "VectorError",
    "Verification",
]
