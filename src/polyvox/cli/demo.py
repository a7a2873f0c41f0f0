"""`polyvox demo`: the main job on the sample collection, with the shipped model."""

from __future__ import annotations

import tempfile
import tomllib
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyvox.cli.exits import Exit
from polyvox.cli.hits import as_json, found_by, snippet, where
from polyvox.cli.options import add_json, positive
from polyvox.cli.streams import print_json

if TYPE_CHECKING:
    from polyvox.index import Hit

WIDTH = 150
"""Columns of the table when it does not go to a terminal."""


@dataclass(frozen=True, slots=True)
class _Answer:
    by: str
    language: str
    words: str
    hit: Hit

    def as_json(self) -> dict[str, Any]:
        """The question and its hit as JSON-ready values."""
        question = {"query": self.words, "by": self.by, "query_language": self.language}
        return question | as_json(self.hit)


def register(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Add the verb to the parser."""
    parser = verbs.add_parser(
        "demo",
        help="see it work on the sample collection",
        description="Index a small collection of texts and recordings in twelve languages that comes with "
        "polyvox, then search it by typing and by voice.",
    )
    parser.add_argument(
        "--into",
        type=Path,
        metavar="INDEX",
        help="keep the index here (default: a temporary folder)",
    )
    parser.add_argument(
        "--limit",
        type=positive,
        default=2,
        metavar="N",
        help="hits a question (2); for a voice, so many texts and so many recordings",
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Index the samples, ask every sample question, print one table."""
    with (
        as_file(files("polyvox") / "samples") as samples,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch,
    ):
        into = arguments.into or Path(scratch) / "demo.index"
        answers = list(_ask(samples, into, arguments.limit, quiet=arguments.json))
    if arguments.json:
        print_json([answer.as_json() for answer in answers])
    else:
        _print_table(answers)
        if arguments.into:
            print(f'try it yourself: polyvox search "rain" --in {arguments.into}')
    return Exit.DONE


def _ask(samples: Path, into: Path, limit: int, *, quiet: bool) -> Iterator[_Answer]:
    from polyvox.cli.problems import report_problems
    from polyvox.cli.progress import Progress
    from polyvox.index import Index
    from polyvox.index.ingest import ingest
    from polyvox.item import UNKNOWN_LANGUAGE, Modality
    from polyvox.read import ReadOptions, load_audio

    collection = samples / "collection"
    index = Index.open_or_create(into)
    for folder in sorted(collection.iterdir()):
        language = None if folder.name == "programme" else folder.name
        with Progress() as progress:
            report = ingest(index, [str(folder)], ReadOptions(language=language), watch=progress)
        report_problems(report)
        if not quiet:
            print(f"{language or UNKNOWN_LANGUAGE:>4}  {report.summary(str(into))}")
    questions = tomllib.loads((samples / "queries" / "queries.toml").read_text(encoding="utf-8"))
    for language, words in questions["text"].items():
        for hit in index.search(words, limit=limit):
            yield _Answer("typing", language, words, hit)
    for language, words in questions["voice"].items():
        voice = load_audio(samples / "queries" / f"{language}.ogg")
        # Two voices are more alike than a voice and a text, so each modality gets its own places.
        for modality in Modality:
            for hit in index.search(voice, limit=limit, modality=modality):
                yield _Answer("voice", language, words, hit)


def _print_table(answers: list[_Answer]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(
        "question", "hit", "start–end", "lang", "score", "found by: rank (score)", box=None, pad_edge=False
    )
    asked = None
    for answer in answers:
        hit = answer.hit
        question = f"{answer.by} ({answer.language}): {answer.words}"
        stretch = "" if hit.start is None or hit.end is None else where(hit)
        text = f"{Path(hit.path).name}: {snippet(hit, 56)}"
        table.add_row(
            "" if question == asked else question,
            text,
            stretch,
            hit.language,
            f"{hit.score:.3f}",
            found_by(hit),
        )
        asked = question
    terminal = Console()
    Console(width=terminal.width if terminal.is_terminal else WIDTH).print(table)
