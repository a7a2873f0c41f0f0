"""`polyvox delete`: drop items from an index."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from polyvox.cli.exits import Exit, UsageError
from polyvox.cli.options import add_filters, add_json
from polyvox.cli.streams import print_json


def register(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Add the verb to the parser."""
    parser = verbs.add_parser(
        "delete",
        help="drop items",
        description="Drop the items that match all filters. The files themselves are not touched.",
    )
    parser.add_argument("index", type=Path, metavar="INDEX")
    parser.add_argument(
        "--id",
        action="append",
        default=[],
        metavar="ID",
        help="an item by its id; repeatable",
    )
    add_filters(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Delete and say how many went."""
    from polyvox.index import Index

    filters = (
        arguments.language,
        arguments.modality,
        arguments.path,
        arguments.where,
        arguments.id,
    )
    if not any(filters):
        raise UsageError("say what to delete: --id, --path, --language, --modality or --where")
    dropped = Index.open(arguments.index).delete(
        arguments.id,
        language=arguments.language,
        modality=arguments.modality,
        path=arguments.path,
        where=dict(arguments.where),
    )
    if arguments.json:
        print_json({"deleted": dropped})
    else:
        print(f"{dropped:,} items deleted")
    return Exit.DONE
