"""`polyvox info`: what an index holds."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace, _SubParsersAction
from dataclasses import asdict
from pathlib import Path

from polyvox.cli.exits import Exit
from polyvox.cli.options import add_json


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
        print(json.dumps(info, ensure_ascii=False, indent=2))
        return Exit.DONE
    width = max(map(len, info))
    for name, value in info.items():
        shown = ", ".join(f"{k} {v:,}" for k, v in value.items()) if isinstance(value, dict) else value
        print(
            f"{name.replace('_', ' '):<{width}}  {shown:,}"
            if isinstance(shown, int)
            else f"{name.replace('_', ' '):<{width}}  {shown}"
        )
    return Exit.DONE
