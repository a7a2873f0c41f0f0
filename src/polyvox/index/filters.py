"""Filters on the item columns, written as the SQL that Lance evaluates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from polyvox.index.schema import metadata_pair
from polyvox.item import Modality, language_tag

_WILDCARD = re.compile(r"[*?]")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which items a search or a deletion may touch; the parts are joined by "and", None means any.

    `language` is a BCP 47 tag, or several of which any will do; a tag covers its sub-tags ("pt" finds
    "pt-BR"). `path` is a file, a folder, or a pattern with `*` (within one folder), `**` (across folders) and
    `?`. A pattern that does not begin at the root may begin at any folder ("*.pdf" finds every PDF). `where`
    holds metadata values.

    Raises:
        ValueError: the language is no BCP 47 tag, or the modality is neither "text" nor "speech".

    >>> Filter(language="pt_BR", modality="speech").sql()
    "(language = 'pt-BR' OR starts_with(language, 'pt-BR-')) AND modality = 'speech'"
    """

    language: str | Sequence[str] | None = None
    modality: Modality | str | None = None
    path: str | None = None
    where: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.sql())

    def sql(self) -> str:
        """The filter as a SQL condition, empty when everything passes."""
        parts = []
        if self.language is not None:
            given = [self.language] if isinstance(self.language, str) else self.language
            tags = [language_tag(tag) for tag in given]
            parts.append(f"({' OR '.join(map(_language_condition, tags)) or 'false'})")
        if self.modality is not None:
            parts.append(f"modality = {quoted(Modality(self.modality).value)}")
        if self.path is not None:
            parts.append(_path_condition(self.path))
        parts += [f"array_has(metadata, {quoted(metadata_pair(*pair))})" for pair in self.where.items()]
        return " AND ".join(parts)


def quoted(value: str) -> str:
    """A string as a SQL literal.

    >>> quoted("l'eau")
    "'l''eau'"
    """
    return "'" + value.replace("'", "''") + "'"


def one_of(column: str, values: Iterable[str]) -> str:
    """The condition that a column holds one of the values.

    >>> one_of("id", ["a", "b"])
    "id IN ('a', 'b')"
    """
    listed = ", ".join(quoted(value) for value in values)
    return f"{column} IN ({listed})" if listed else "false"


def _language_condition(tag: str) -> str:
    return f"language = {quoted(tag)} OR starts_with(language, {quoted(tag + '-')})"


def _path_condition(path: str) -> str:
    if _WILDCARD.search(path):
        return f"regexp_like(path, {quoted(_glob_pattern(path))})"
    folder = path.rstrip("/") + "/"
    return f"(path = {quoted(path)} OR starts_with(path, {quoted(folder)}))"


def _glob_pattern(glob: str) -> str:
    meanings = {"**/": "(.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    anywhere = "" if Path(glob).is_absolute() else "**/"
    pieces = re.split(r"(\*\*/|\*\*|\*|\?)", anywhere + glob)
    return "^" + "".join(meanings.get(piece) or re.escape(piece) for piece in pieces) + "$"
