"""Speech units written as text: one token of a language model for each."""

from __future__ import annotations

from collections.abc import Iterable


def unit_token(unit: int) -> str:
    """The token of a unit.

    >>> unit_token(17)
    '<|unit_17|>'
    """
    return f"<|unit_{unit}|>"


def unit_text(units: Iterable[int]) -> str:
    """The text of a recording's units.

    >>> unit_text([4, 9, 4])
    '<|unit_4|><|unit_9|><|unit_4|>'
    """
    return "".join(unit_token(int(unit)) for unit in units)
