"""Intents of which some recordings cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the extra 'train'")

from polyvox.evaluate.problem import Content, Document, Problem, Query
from polyvox.item import Modality
from polyvox.train.fusion.intents import readable, recordings


def _heard(name: str) -> Content:
    return Content(audio=Path(name), language="en")


def _problem(*asked: str) -> Problem:
    return Problem(
        "en",
        "en",
        Modality.SPEECH,
        Modality.SPEECH,
        [Query(name, _heard(name), {"tea": 1}) for name in asked],
        [
            Document("tea", "tea", Content("tea"), (_heard("t1"), _heard("t2"))),
            Document("milk", "milk", Content("milk"), (_heard("m1"),)),
            Document("water", "water", Content("water")),
        ],
    )


def test_what_cannot_be_read_is_left_out() -> None:
    found = readable({"few": _problem("a", "b"), "gone": _problem("b")}, {Path("b"), Path("t1"), Path("m1")})
    assert list(found) == ["few"]
    assert recordings(found) == [Path("a"), Path("t2")]
    assert [one.label for one in found["few"].documents] == ["tea", "water"]


def test_nothing_is_left_out_of_what_can_be_read() -> None:
    given = {"few": _problem("a", "b")}
    assert readable(given, set()) == given
