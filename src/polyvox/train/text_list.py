"""Texts to be spoken, from a table or a plain file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from polyvox.errors import PolyvoxError
from polyvox.item import language_tag
from polyvox.train.casting import SpokenText
from polyvox.train.manifest import Report
from polyvox.train.manifest_files import KINDS, ManifestError, ManifestRow, ManifestRows, manifest_rows

COLUMNS = ("text", "language", "translation", "translation_language", "key")
_TRANSCRIPT = "transcript"


def read_texts(
    path: Path, *, language: str = "", columns: Mapping[str, str] | None = None, report: Report | None = None
) -> list[SpokenText]:
    """Read the texts of a file, repetitions left out.

    Args:
        path: .tsv, .csv, .jsonl or .parquet with the columns `text` (or `transcript`), `language` and,
            where known, `translation`, `translation_language`, `key`; any other file is plain text, a line
            a text.
        language: the tag of texts that have none.
        columns: our name of a column to the file's name of it.
        report: told of each row that cannot be used; the row is left out. Without it such a row is an error.

    Raises:
        ManifestError: the file cannot be read, lacks a column, has an unusable row without `report`, or has
            no usable row.
    """
    if path.suffix in KINDS or path.is_dir():
        found = manifest_rows(path)
        names = _names(found, columns or {}, language)
        rows: Iterator[ManifestRow] = found.rows
    else:
        names, rows = {"text": "text"}, _plain_rows(path, language)
    texts: dict[tuple[str, str], SpokenText] = {}
    unusable = ""
    for row in rows:
        try:
            spoken = _spoken_text(row, names, language)
        except ManifestError as error:
            if report is None:
                raise ManifestError(f"{path}, {error}") from error
            unusable = unusable or str(error)
            report(f"{path}, {error}")
            continue
        texts.setdefault((spoken.text, spoken.language), spoken)
    if not texts:
        raise ManifestError(
            f"{path}: there is no text in it that could be spoken{f'; {unusable}' if unusable else ''}"
        )
    return list(texts.values())


def _plain_rows(path: Path, language: str) -> Iterator[ManifestRow]:
    if not language:
        raise PolyvoxError(f"{path} is plain text; give the language of its lines with --language")
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield ManifestRow(f"line {number}", {"text": line})
    except FileNotFoundError as error:
        raise ManifestError(f"{path}: no such file") from error
    except UnicodeDecodeError as error:
        raise ManifestError(f"{path}: not UTF-8 (byte {error.start}); convert it") from error


def _names(found: ManifestRows, renamed: Mapping[str, str], language: str) -> dict[str, str]:
    if "text" not in {*renamed, *found.columns} and _TRANSCRIPT in found.columns:
        renamed = {**renamed, "text": _TRANSCRIPT}
    return found.named(COLUMNS, renamed, ["text"] if language else ["text", "language"])


def _spoken_text(row: ManifestRow, names: Mapping[str, str], language: str) -> SpokenText:
    values = {ours: _one_line(row.values.get(theirs, "")) for ours, theirs in names.items()}
    if not values["text"]:
        raise ManifestError(f"{row.where}: the row has no text")
    tag = values.pop("language", "") or language
    if not tag:
        raise ManifestError(f"{row.where}: the row has no language")
    try:
        return SpokenText(language=language_tag(tag), **values)
    except ValueError as error:
        raise ManifestError(f"{row.where}: {error}") from error


def _one_line(text: str) -> str:
    """Control characters and lone surrogates are nothing that an engine could say."""
    sayable = text.encode("utf-8", "ignore").decode()
    return " ".join("".join(letter if letter.isprintable() else " " for letter in sayable).split())
