"""`polyvox index`: read files, cut them into passages and segments, encode and keep them."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _SubParsersAction
from dataclasses import asdict
from pathlib import Path

from polyvox.cli.exits import Exit
from polyvox.cli.options import add_json, add_model, chosen_encoder, encoding, language, positive
from polyvox.cli.streams import print_json


def register(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Add the verb to the parser."""
    parser = verbs.add_parser(
        "index",
        help="add files and folders to an index",
        description="Read files and folders, cut them into passages and stretches of speech, encode them. "
        "Run it again at any time: unchanged files cost nothing, changed files replace their items, "
        "and an interrupted run goes on where it stopped.",
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="files and folders; - is standard input")
    parser.add_argument(
        "--into",
        required=True,
        type=Path,
        metavar="INDEX",
        help="the index folder, made if absent",
    )
    parser.add_argument(
        "--language",
        type=language,
        metavar="TAG",
        help="BCP 47 tag of everything read in this run, which recordings are heard better for; files that "
        "were read with another tag or none are read again (default: detect in texts, and leave unchanged "
        "files as they are)",
    )
    parser.add_argument(
        "--text-column",
        metavar="NAME",
        help="the column of csv, tsv and jsonl files that is text",
    )
    parser.add_argument(
        "--encoding",
        type=encoding,
        default="utf-8",
        metavar="NAME",
        help="character set of text files, such as latin-1 or shift_jis (utf-8)",
    )
    parser.add_argument("--prune", action="store_true", help="drop items whose file under PATH is gone")
    parser.add_argument(
        "--wait",
        type=positive,
        default=10,
        metavar="SECONDS",
        help="how long to wait for another writer (10)",
    )
    add_model(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Index, report what was skipped, and say what changed."""
    from polyvox.cli.problems import report_problems, tell
    from polyvox.cli.progress import Progress
    from polyvox.index import Index
    from polyvox.index.ingest import ingest
    from polyvox.read import ReadOptions

    options = ReadOptions(
        language=arguments.language,
        encoding=arguments.encoding,
        text_column=arguments.text_column,
    )
    index = Index.open_or_create(arguments.into, chosen_encoder(arguments.model))
    with Progress() as progress:
        report = ingest(
            index,
            arguments.paths,
            options,
            prune=arguments.prune,
            wait=arguments.wait,
            on_wait=tell,
            watch=progress,
        )
    report_problems(report)
    if arguments.json:
        print_json(asdict(report))
    else:
        print(report.summary(str(arguments.into)))
    return Exit.SKIPPED_SOME if report.problems else Exit.DONE
