"""`polyvox demo`: the main job on the sample collection, with the shipped model."""

from __future__ import annotations

import json
import tempfile
import tomllib
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from polyvox.cli.exits import Exit
from polyvox.cli.options import add_json, positive


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
    parser.add_argument("--limit", type=positive, default=3, metavar="N", help="hits a question (3)")
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Index the samples, ask every sample question, print one table."""
    with (
        as_file(files("polyvox") / "samples") as samples,
        tempfile.TemporaryDirectory() as scratch,
    ):
        into = arguments.into or Path(scratch) / "demo.index"
        rows = list(_ask(samples, into, arguments.limit, quiet=arguments.json))
    if arguments.json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        _print_table(rows)
        if arguments.into:
            print(f'try it yourself: polyvox search "rain" --in {arguments.into}')
    return Exit.DONE


def _ask(samples: Path, into: Path, limit: int, *, quiet: bool) -> Iterator[dict[str, Any]]:
    from polyvox.cli.hits import as_json
    from polyvox.cli.problems import report_problems
    from polyvox.cli.progress import Progress
    from polyvox.index import Index
    from polyvox.index.ingest import ingest
    from polyvox.item import UNKNOWN_LANGUAGE
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
            yield {
                "query": words,
                "by": "typing",
                "query_language": language,
                **as_json(hit),
            }
    for language, words in questions["voice"].items():
        voice = load_audio(samples / "queries" / f"{language}.ogg")
        for hit in index.search(voice, limit=limit):
            yield {
                "query": words,
                "by": "voice",
                "query_language": language,
                **as_json(hit),
            }


def _print_table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    from polyvox.cli.hits import clock

    table = Table("query", "hit", "start–end", "lang", "score", box=None, pad_edge=False)
    last = ""
    for row in rows:
        head = f"{row['by']} ({row['query_language']}): {row['query']}"
        text = " ".join(row["text"].split()) if row["text"] else "(speech)"
        stretch = "" if row["start"] is None else f"{clock(row['start'])}–{clock(row['end'])}"
        name = Path(row["path"]).name
        table.add_row(
            "" if head == last else head,
            f"{name}: {text[:60]}",
            stretch,
            row["language"],
            f"{row['score']:.3f}",
        )
        last = head
    Console().print(table)
