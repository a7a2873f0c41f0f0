"""What stands beside a vector in a file, and what a file says about all of its vectors."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import NamedTuple

from polyvox.encode.protocol import ModelCard, Role


class Row(NamedTuple):
    """Where a vector comes from.

    `id` is the item's id in an index of the same file, 32 hexadecimal digits, which is also a UUID;
    `start` and `end` are seconds of a recording, `locator` says where a text stands; `text` is None for
    speech.
    """

    id: str
    source: str
    locator: str
    start: float | None
    end: float | None
    text: str | None
    language: str
    modality: str


@dataclass(frozen=True, slots=True)
class Origin:
    """What made the vectors of a file; vectors are comparable where `fingerprint` is the same.

    `normalization` is "l2": rows are of unit length, so the inner product is the cosine. A row in which the
    model finds nothing that it knows is all zeros.
    """

    model: str
    fingerprint: str
    dimension: int
    role: Role
    created_by: str
    normalization: str = "l2"
    dtype: str = "float32"

    @classmethod
    def of(cls, card: ModelCard, role: Role) -> Origin:
        """What an encoder's vectors come from."""
        from importlib.metadata import version

        return cls(card.name, card.fingerprint, card.dimension, role, f"polyvox {version('polyvox')}")

    def as_json(self, **more: int) -> str:
        """The facts, and more, as one line of JSON."""
        return json.dumps(asdict(self) | more)
