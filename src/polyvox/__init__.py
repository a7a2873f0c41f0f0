"""Search speech and text in any language through one embedding space.

>>> import polyvox
>>> sorted(polyvox.__all__)
['Audio', 'Encoder', 'Hit', 'Index', 'Item', 'evaluate', 'load_audio', 'load_encoder']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from polyvox.item import Audio, Item

if TYPE_CHECKING:
    from polyvox.encode import Encoder, load_encoder
    from polyvox.evaluate.api import evaluate
    from polyvox.index import Hit, Index
    from polyvox.read import load_audio

__all__ = ["Audio", "Encoder", "Hit", "Index", "Item", "evaluate", "load_audio", "load_encoder"]

_HOMES = {
    "Encoder": "encode",
    "load_encoder": "encode",
    "Hit": "index",
    "Index": "index",
    "load_audio": "read",
}


def __getattr__(name: str) -> object:
    # Loaded on first use: a program that only encodes should not wait for the index, nor the other way round.
    if name == "evaluate":
        return import_module("polyvox.evaluate")
    if name not in _HOMES:
        raise AttributeError(f"module 'polyvox' has no attribute {name!r}")
    return getattr(import_module(f"polyvox.{_HOMES[name]}"), name)
