"""Arguments that several verbs share."""

from __future__ import annotations

import os
from argparse import ArgumentParser, ArgumentTypeError
from typing import TYPE_CHECKING

from polyvox.item import Modality, language_tag

if TYPE_CHECKING:
    from polyvox.encode import Encoder


def language(value: str) -> str:
    """A BCP 47 tag from the command line."""
    try:
        return language_tag(value)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def languages(value: str) -> tuple[str, ...]:
    """BCP 47 tags from the command line, apart by commas.

    >>> languages("swa, en")
    ('sw', 'en')
    """
    return tuple(language(part.strip()) for part in value.split(","))


def encoding(value: str) -> str:
    """A character set from the command line."""
    from polyvox.read.options import text_encoding

    if text_encoding(value) is None:
        raise ArgumentTypeError(f"{value!r} is no encoding of text; try utf-8, latin-1, utf-16, shift_jis")
    return value


def stored_path(value: str) -> str:
    """A path or pattern from the command line as an index keeps it; patterns stay as they are."""
    if value == "-" or set(value) & set("*?"):
        return value
    return os.path.abspath(value)  # noqa: PTH100 - a symbolic link keeps its name, as in the index


def key_value(value: str) -> tuple[str, str]:
    """KEY=VALUE from the command line.

    >>> key_value("station=Radio Mwanza")
    ('station', 'Radio Mwanza')
    """
    key, separator, rest = value.partition("=")
    if not (key and separator):
        raise ArgumentTypeError(f"{value!r} is not KEY=VALUE")
    return key, rest


def positive(value: str) -> int:
    """A whole number above zero from the command line."""
    if not value.isdecimal() or int(value) == 0:
        raise ArgumentTypeError(f"{value!r} is not a whole number above zero")
    return int(value)


def whole(value: str) -> int:
    """A whole number from the command line, 0 or more.

    >>> whole("0")
    0
    """
    if not value.isdecimal():
        raise ArgumentTypeError(f"{value!r} is not a whole number of 0 or more")
    return int(value)


def add_json(parser: ArgumentParser) -> None:
    """`--json`: machine-readable output on standard output."""
    parser.add_argument("--json", action="store_true", help="print JSON on standard output")


def add_model(parser: ArgumentParser) -> None:
    """`--model`: which encoder makes the vectors."""
    parser.add_argument(
        "--model",
        metavar="MODEL",
        help="a model folder or name; default: the index's own model, or the shipped one for a new index",
    )


def chosen_encoder(model: str | None) -> Encoder | None:
    """The encoder that `--model` names, or None to take the index's own."""
    if model is None:
        return None
    from polyvox.encode import load_encoder

    return load_encoder(model)


def add_filters(parser: ArgumentParser) -> None:
    """`--language`, `--modality`, `--path`, `--where`: which items count."""
    group = parser.add_argument_group("filters (all must hold)")
    group.add_argument(
        "--language",
        type=language,
        metavar="TAG",
        help="BCP 47; 'pt' also finds 'pt-BR'",
    )
    group.add_argument("--modality", choices=[str(kind) for kind in Modality], help="text or speech")
    group.add_argument(
        "--path",
        type=stored_path,
        metavar="PATH",
        help="a file, everything in a folder, or files that match a pattern such as '*.pdf' or '2024/**'",
    )
    group.add_argument(
        "--where",
        type=key_value,
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="metadata; repeatable",
    )
