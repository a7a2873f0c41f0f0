"""`index.json`: what a folder must say about itself before anything in it is read."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from polyvox.encode.protocol import ModelCard
from polyvox.index.errors import IndexFormatError, ModelMismatchError

FORMAT_VERSION = 1
FILE_NAME = "index.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The facts that hold for the whole life of an index."""

    model: str
    fingerprint: str
    dimension: int
    created_by: str
    source: str = ""
    format_version: int = FORMAT_VERSION

    @classmethod
    def of(cls, card: ModelCard) -> Manifest:
        """The manifest of a new index for the vectors of one model."""
        from importlib.metadata import version  # slow to import, and a search never needs it

        return cls(card.name, card.fingerprint, card.dimension, f"polyvox {version('polyvox')}", card.source)

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read a folder's manifest.

        Raises:
            IndexFormatError: the folder is not an index, or was made by a newer polyvox.
        """
        path = folder / FILE_NAME
        try:
            fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            found = int(fields["format_version"])
        except (FileNotFoundError, NotADirectoryError):
            raise IndexFormatError(
                f"{folder} is not a polyvox index (it has no {FILE_NAME});"
                f" make one with: polyvox index PATH --into {folder}"
            ) from None
        except (ValueError, KeyError, TypeError) as error:
            raise IndexFormatError(
                f"{path} is damaged ({error}); restore it from a copy of the index"
            ) from error
        if found > FORMAT_VERSION:
            raise IndexFormatError(
                f"{folder} has the format {found}, made by {fields.get('created_by', 'a newer polyvox')};"
                f" this polyvox reads up to format {FORMAT_VERSION}: upgrade it with: pip install -U polyvox"
            )
        try:
            return cls(**fields)
        except TypeError as error:
            raise IndexFormatError(
                f"{path} is damaged ({error}); restore it from a copy of the index"
            ) from error

    def write(self, folder: Path) -> None:
        """Write the manifest so that a reader sees either none or all of it."""
        draft = folder / f"{FILE_NAME}.{os.getpid()}"
        draft.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        draft.replace(folder / FILE_NAME)

    def check(self, card: ModelCard, folder: Path) -> None:
        """Refuse a model whose vectors do not live in the index's space.

        A model whose text half is the index's model lives there too: it was taught to hear into that space.

        Raises:
            ModelMismatchError: the fingerprints or the dimensions differ.
        """
        spaces = {card.fingerprint, card.text_fingerprint} - {""}
        if self.fingerprint not in spaces or card.dimension != self.dimension:
            mine = f"{self.model} ({self.fingerprint[:12]}, {self.dimension}-d)"
            given = f"{card.name} ({card.fingerprint[:12]}, {card.dimension}-d)"
            raise ModelMismatchError(str(folder), mine, given)
