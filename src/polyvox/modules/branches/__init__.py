"""Frozen branches: views of a recording as one vector each. Each kind is a file; a table says which exist."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from polyvox.errors import MissingExtraError, PolyvoxError
from polyvox.modules.branches.protocol import BRANCH_FILE, Branch, Views

__all__ = ["BRANCHES", "Branch", "Views", "load_branch", "open_branch"]


class BranchKind(NamedTuple):
    """How a kind is opened by name and layers, and how it is read from a folder that it was saved in."""

    open: Callable[[str, Sequence[int]], Branch]
    load: Callable[[Path], Branch]


def open_branch(kind: str, name: str = "", layers: Sequence[int] = ()) -> Branch:
    """Open a branch.

    Args:
        kind: a key of `BRANCHES`.
        name: of a front as `open_front` takes it, or of an image model; nothing for the other kinds.
        layers: of a front, concatenated; its last where empty.

    Raises:
        PolyvoxError: an unknown kind, or there is no such front or model.
        MissingExtraError: it needs the extra `train`.

    >>> open_branch("mel-statistics").width
    480
    """
    try:
        return _kind(kind, "").open(name, layers)
    except ImportError as error:
        raise MissingExtraError("train", f"the branch {kind!r}") from error


def load_branch(folder: Path) -> Branch:
    """Read what a branch's `save` wrote.

    Raises:
        PolyvoxError: the folder holds no branch, or one of an unknown kind.
    """
    try:
        kind = str(json.loads((folder / BRANCH_FILE).read_text(encoding="utf-8"))["kind"])
    except (OSError, ValueError, KeyError) as error:
        raise PolyvoxError(f"{folder} holds no branch: {BRANCH_FILE} is missing or damaged") from error
    return _kind(kind, f"{folder}: ").load(folder)


def _kind(kind: str, where: str) -> BranchKind:
    if kind not in BRANCHES:
        raise PolyvoxError(f"{where}the branch {kind!r} is not one of {', '.join(BRANCHES)}")
    return BRANCHES[kind]


def _open_front(name: str, layers: Sequence[int]) -> Branch:
    from polyvox.modules.branches.front_mean import FrontMean
    from polyvox.modules.front import open_front

    return FrontMean(open_front(name or "default", layers or None))


def _load_front(folder: Path) -> Branch:
    from polyvox.modules.branches.front_mean import FrontMean

    return FrontMean.load(folder)


def _open_statistics(_name: str, _layers: Sequence[int]) -> Branch:
    from polyvox.modules.branches.mel_statistics import MelStatistics

    return MelStatistics()


def _load_statistics(_folder: Path) -> Branch:
    return _open_statistics("", ())


def _open_convolutions(_name: str, _layers: Sequence[int]) -> Branch:
    from polyvox.modules.branches.random_convolutions import RandomConvolutions

    return RandomConvolutions.drawn()


def _load_convolutions(folder: Path) -> Branch:
    from polyvox.modules.branches.random_convolutions import RandomConvolutions

    return RandomConvolutions.load(folder)


def _open_image(name: str, _layers: Sequence[int]) -> Branch:
    from polyvox.modules.branches.image import open_image

    return open_image(name)


def _load_image(folder: Path) -> Branch:
    return _open_image(str(folder), ())


BRANCHES: Mapping[str, BranchKind] = {
    "front": BranchKind(_open_front, _load_front),
    "mel-statistics": BranchKind(_open_statistics, _load_statistics),
    "random-convolutions": BranchKind(_open_convolutions, _load_convolutions),
    "image": BranchKind(_open_image, _load_image),
}
"""The kinds by the name that recipes give them."""
