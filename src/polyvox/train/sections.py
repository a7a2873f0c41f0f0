"""TOML into nested frozen dataclasses; every mistake is named with its place and the right spelling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from polyvox.errors import PolyvoxError

Section = TypeVar("Section")
_SCALARS: Mapping[type, tuple[tuple[type, ...], str]] = {
    bool: ((bool,), "true or false"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
    str: ((str,), "text in quotes"),
}


def section_from(kind: type[Section], values: object, where: str) -> Section:
    """Build a dataclass, and those inside it, from TOML values.

    Fields may be bool, int, float, str, a `StrEnum`, a dataclass, `tuple[T, ...]`, `Mapping[str, T]`, or
    `Any`, which is not looked at.

    Raises:
        PolyvoxError: an unknown or missing key, a value of the wrong kind, or one that the dataclass refuses.

    >>> from polyvox.train.recipe import ModelRecipe
    >>> section_from(ModelRecipe, {"name": "a", "versoin": "1"}, "recipe.toml [model]")
    Traceback (most recent call last):
    polyvox.errors.PolyvoxError: recipe.toml [model]: unknown key 'versoin';
    the keys are name, version, licence, training_data; did you mean 'version'?
    """
    if not isinstance(values, Mapping):
        raise PolyvoxError(f"{where}: expected a section of keys, got {values!r}")
    known: dict[str, Field[Any]] = {entry.name: entry for entry in fields(kind)}  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            raise PolyvoxError(
                f"{where}: unknown key {key!r}; the keys are {', '.join(known)}{_near(key, known)}"
            )
    for key, entry in known.items():
        if key not in values and entry.default is MISSING and entry.default_factory is MISSING:
            raise PolyvoxError(f"{where}: the key {key!r} is missing")
    hints = get_type_hints(kind)
    return kind(**{key: _value(hints[key], value, f"{where} {key}") for key, value in values.items()})


def in_range(where: str, value: float, low: float, high: float = float("inf")) -> None:
    """Refuse a number outside low ≤ value ≤ high.

    Raises:
        PolyvoxError: it is outside.
    """
    if not low <= value <= high:
        wanted = f"at least {low:g}" if high == float("inf") else f"between {low:g} and {high:g}"
        raise PolyvoxError(f"{where}: must be {wanted}, got {value:g}")


def folder_name(where: str, name: str) -> None:
    """Refuse a name that cannot be the name of one folder inside another.

    Raises:
        PolyvoxError: it is empty, or leads elsewhere.

    >>> folder_name("[[sets]] name", "words, no tones")
    """
    if not name.strip() or name in (".", "..") or any(mark in name for mark in ("/", "\\", "\0")):
        raise PolyvoxError(f"{where}: {name!r} cannot name a folder; take letters, digits and spaces")


def _value(hint: Any, value: object, where: str) -> object:  # noqa: ANN401 - a type annotation
    if hint is Any:
        return value
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _choice(hint, value, where)
    if hint in _SCALARS:
        kinds, name = _SCALARS[hint]
        if not isinstance(value, kinds) or (isinstance(value, bool) and hint is not bool):
            raise PolyvoxError(f"{where}: expected {name}, got {value!r}")
        return hint(value)
    if is_dataclass(hint):
        return section_from(hint, value, where)  # type: ignore[arg-type]
    origin, inner = get_origin(hint), get_args(hint)
    if origin is tuple:
        if not isinstance(value, list):
            raise PolyvoxError(f"{where}: expected a list in [ ], got {value!r}")
        return tuple(_value(inner[0], entry, f"{where}[{place}]") for place, entry in enumerate(value))
    if not isinstance(value, Mapping):
        raise PolyvoxError(f"{where}: expected a table such as {{ key = value }}, got {value!r}")
    return {str(key): _value(inner[1], entry, f"{where} {key}") for key, entry in value.items()}


def _choice(kind: type[StrEnum], value: object, where: str) -> StrEnum:
    choices = [str(choice) for choice in kind]
    if value not in choices:
        near = _near(value, choices) if isinstance(value, str) else ""
        raise PolyvoxError(f"{where}: {value!r} is not one of {', '.join(choices)}{near}")
    return kind(str(value))


def _near(key: str, known: Any) -> str:  # noqa: ANN401 - names, in any collection
    near = get_close_matches(key, list(known), 1)
    return f"; did you mean {near[0]!r}?" if near else ""
