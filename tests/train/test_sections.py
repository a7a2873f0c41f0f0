"""TOML into dataclasses: every mistake is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pytest

from polyvox.errors import PolyvoxError
from polyvox.train.sections import in_range, section_from


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


@dataclass(frozen=True)
class Inner:
    size: int = 1


@dataclass(frozen=True)
class Outer:
    name: str
    rate: float = 0.5
    loud: bool = False
    colour: Colour = Colour.RED
    widths: tuple[int, ...] = ()
    shares: Mapping[str, float] = field(default_factory=dict)
    inner: Inner = field(default_factory=Inner)
    many: tuple[Inner, ...] = ()


def test_every_kind_of_value_is_read() -> None:
    values = {
        "name": "a",
        "rate": 2,
        "loud": True,
        "colour": "green",
        "widths": [4, 2],
        "shares": {"x": 1},
        "inner": {"size": 3},
        "many": [{"size": 4}, {}],
    }
    found = section_from(Outer, values, "r")
    assert found == Outer("a", 2.0, True, Colour.GREEN, (4, 2), {"x": 1.0}, Inner(3), (Inner(4), Inner(1)))
    assert type(found.rate) is float


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, r"^r: the key 'name' is missing$"),
        (
            {"name": "a", "collour": "red"},
            r"^r: unknown key 'collour'; the keys are name, .*; did you mean 'colour'\?",
        ),
        ({"name": 3}, "^r name: expected text in quotes, got 3"),
        ({"name": "a", "rate": "fast"}, "^r rate: expected a number, got 'fast'"),
        ({"name": "a", "rate": True}, "^r rate: expected a number, got True"),
        ({"name": "a", "loud": 1}, "^r loud: expected true or false, got 1"),
        (
            {"name": "a", "colour": "gren"},
            r"^r colour: 'gren' is not one of red, green; did you mean 'green'\?",
        ),
        ({"name": "a", "widths": 4}, r"^r widths: expected a list in \[ \], got 4"),
        ({"name": "a", "widths": [4, 2.5]}, r"^r widths\[1\]: expected a whole number, got 2.5"),
        ({"name": "a", "shares": {"x": "y"}}, "^r shares x: expected a number"),
        ({"name": "a", "inner": 4}, "^r inner: expected a section of keys, got 4"),
        (
            {"name": "a", "many": [{"sise": 4}]},
            r"^r many\[0\]: unknown key 'sise'; the keys are size; did you",
        ),
    ],
)
def test_mistakes_are_named_with_their_place(values: dict[str, Any], message: str) -> None:
    with pytest.raises(PolyvoxError, match=message):
        section_from(Outer, values, "r")


def test_ranges_are_told() -> None:
    in_range("x", 1, 0, 1)
    with pytest.raises(PolyvoxError, match=r"x: must be between 0 and 1, got 1\.5"):
        in_range("x", 1.5, 0, 1)
    with pytest.raises(PolyvoxError, match="x: must be at least 2, got 1"):
        in_range("x", 1, 2)
