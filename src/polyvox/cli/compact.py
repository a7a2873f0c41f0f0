"""`polyvox compact`: merge small commits, drop deleted rows, refresh the word index."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from polyvox.cli.exits import Exit
from polyvox.cli.options import add_json
from polyvox.cli.streams import print_json


def register(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Add the verb to the parser."""
    parser = verbs.add_parser(
        "compact",
        help="tidy an index",
        description="Merge small commits, drop deleted rows, refresh the word index and the scan. "
        "Never needed for correct answers; worth it after many small changes.",
    )
    parser.add_argument("index", type=Path, metavar="INDEX")
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Compact and say what it saved."""
    from polyvox.index import Index

    index = Index.open(arguments.index)
    before = index.info().bytes_on_disk
    index.compact()
    after = index.info().bytes_on_disk
    if arguments.json:
        print_json({"bytes_before": before, "bytes_after": after})
    else:
        print(f"{before / 1e6:,.1f} MB before, {after / 1e6:,.1f} MB after")
    return Exit.DONE
