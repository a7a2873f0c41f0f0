"""`polyvox info`: what an index holds."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _SubParsersAction
from dataclasses import asdict
from pathlib import Path

from polyvox.cli.exits import Exit
from polyvox.cli.options import add_json
from polyvox.cli.streams import print_json


def register(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Add the verb to the parser."""
    parser = verbs.add_parser(
        "info",
        help="say what an index holds",
        description="Say what an index holds: items by language and modality, files, hours of speech, "
        "bytes on disk, and the model that made its vectors. With --json, `items` is a number.",
    )
    parser.add_argument("index", type=Path, metavar="INDEX")
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Print the figures."""
    from polyvox.index import Index

    info = asdict(Index.open(arguments.index).info())
    if arguments.json:
        print_json(info)
        return Exit.DONE
    width = max(map(len, info))
    for name, value in info.items():
        print(f"{name.replace('_', ' '):<{width}}  {_shown(value)}")
    return Exit.DONE


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {count:,}" for name, count in value.items())
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
