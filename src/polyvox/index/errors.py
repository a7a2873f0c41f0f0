"""Errors of an index; each says which folder, what was found there and what to do."""

from __future__ import annotations

from polyvox.errors import PolyvoxError


class IndexFormatError(PolyvoxError):
    """A folder is not an index, or its format is not one that this version reads."""


class LockedError(PolyvoxError):
    """Another process writes to the index, and it did not finish within the time allowed."""


class ModelMismatchError(PolyvoxError):
    """An index was opened with a model that did not make its vectors."""

    def __init__(self, path: str, index_model: str, given_model: str) -> None:
        super().__init__(
            f"{path} was made with the model {index_model!r}, and vectors of {given_model!r} cannot be"
            f" compared with it; use {index_model!r}, or make a new index with {given_model!r}"
        )


class VectorError(PolyvoxError):
    """A vector has the wrong number of dimensions or a component that is not a finite number."""


class FilterError(PolyvoxError):
    """A filter could not be understood."""
