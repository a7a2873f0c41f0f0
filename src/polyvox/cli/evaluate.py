"""`polyvox evaluate`: measure models on tasks."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from polyvox.cli.exits import Exit, UsageError
from polyvox.cli.options import add_json, language, positive, whole
from polyvox.cli.streams import print_json

if TYPE_CHECKING:
    from polyvox.evaluate.outline import Line

EPILOG = """\
examples:
  polyvox evaluate --list-tasks
  polyvox evaluate default --tasks tatoeba,gcompris --data ../shared/data --out results/
  polyvox evaluate default sentence-transformers/LaBSE --tasks tatoeba --languages swh,am --out results/
  polyvox evaluate --run bm25.trec --qrels test.qrels --out results/
  polyvox report results/ --out report.html          tables, pictures, intervals, significance
"""


def register(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Add the verb to the parser."""
    parser = verbs.add_parser(
        "evaluate",
        help="measure models on tasks",
        description="Measure models on tasks by exact search over the whole pool. Ties count against the "
        "model, and no query is left out. Run it again after an interruption: finished tasks are kept.",
        epilog=EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "models",
        nargs="*",
        metavar="MODEL",
        help="'default', a model folder, a sentence-transformers model, or cascade:RECOGNISER+MODEL",
    )
    parser.add_argument("--tasks", metavar="A,B", help="tasks by name, or declarations (*.toml), with commas")
    parser.add_argument(
        "--list-tasks", action="store_true", help="print all tasks and where their data is from"
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get("POLYVOX_DATA", "data")),
        metavar="DIR",
        help="where the tasks' data lies (default: $POLYVOX_DATA, or ./data)",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="keep scores here, a folder a system")
    parser.add_argument(
        "--dimensions", type=widths, default=(), metavar="A,B", help="measure these prefixes of the vectors"
    )
    parser.add_argument(
        "--languages",
        type=tags,
        default=frozenset(),
        metavar="A,B",
        help="only pairs with one of these (BCP 47)",
    )
    parser.add_argument(
        "--limit", type=positive, metavar="N", help="ask a sample of N queries a pair; pools stay whole"
    )
    parser.add_argument("--seed", type=whole, default=0, metavar="N", help="seed of samples (0)")
    parser.add_argument(
        "--run", dest="run_file", type=Path, metavar="FILE", help="a TREC run instead of models"
    )
    parser.add_argument("--qrels", type=Path, metavar="FILE", help="the judgements of --run")
    add_json(parser)
    parser.set_defaults(run=run)


def widths(value: str) -> tuple[int, ...]:
    """Whole numbers with commas, from the command line.

    >>> widths("256,64")
    (256, 64)
    """
    return tuple(positive(part.strip()) for part in value.split(","))


def tags(value: str) -> frozenset[str]:
    """BCP 47 tags with commas, from the command line."""
    return frozenset(language(part.strip()) for part in value.split(","))


def run(arguments: Namespace) -> int:
    """Measure and print one table."""
    if arguments.list_tasks:
        return _list_tasks(as_json=arguments.json)
    if arguments.run_file or arguments.qrels:
        return _measure_run(arguments)
    if not (arguments.models and arguments.tasks and arguments.out):
        raise UsageError(
            "name at least one MODEL, --tasks and --out (or --list-tasks, or --run with --qrels)"
        )
    return _measure_models(arguments)


def _measure_models(arguments: Namespace) -> int:
    from polyvox.cli.evaluate_progress import EncodingProgress
    from polyvox.evaluate.declaration import find_tasks
    from polyvox.evaluate.measure import Settings
    from polyvox.evaluate.outline import outline
    from polyvox.evaluate.run import evaluate_encoder
    from polyvox.evaluate.systems import load_system

    tasks = find_tasks(arguments.tasks.split(","))
    settings = Settings(arguments.dimensions, arguments.languages, arguments.limit, arguments.seed)
    lines, skipped = [], 0
    for name in arguments.models:
        encoder = load_system(name)
        with EncodingProgress() as progress:
            outcome = evaluate_encoder(
                encoder, tasks, arguments.data, arguments.out, settings, report=_say, watch=progress
            )
        lines += outline(outcome.evaluation, tasks)
        skipped += len(outcome.skipped)
    _print_lines(lines, as_json=arguments.json)
    return Exit.SKIPPED_SOME if skipped else Exit.DONE


def _measure_run(arguments: Namespace) -> int:
    from polyvox.evaluate.outline import outline
    from polyvox.evaluate.trec import evaluate_run, task_of

    if not (arguments.run_file and arguments.qrels and arguments.out) or arguments.models:
        raise UsageError("a run needs --run FILE, --qrels FILE and --out DIR, and no MODEL")
    evaluation = evaluate_run(arguments.run_file, arguments.qrels, arguments.out)
    _print_lines(outline(evaluation, [task_of(arguments.qrels)]), as_json=arguments.json)
    return Exit.DONE


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def _print_lines(lines: list[Line], *, as_json: bool) -> None:
    if as_json:
        print_json([asdict(line) for line in lines])
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for head in ("system", "task", "direction"):
        table.add_column(head, overflow="fold")
    for head in ("dim", "metric", "score", "pairs", "queries", "pool"):
        table.add_column(head, justify="right", no_wrap=True)
    for line in lines:
        numbers = (
            f"{line.dimension}",
            line.metric,
            line.score,
            f"{line.pairs:,}",
            f"{line.queries:,}",
            line.pool,
        )
        table.add_row(line.system, line.task, line.direction, *numbers)
    terminal = Console()
    Console(width=terminal.width if terminal.is_terminal else 150).print(table)
    print("Means over language pairs; wrong documents that tie count as found before the right one.")


def _list_tasks(*, as_json: bool) -> int:
    from polyvox.evaluate.declaration import built_in_tasks

    tasks = built_in_tasks()
    if as_json:
        fields = ("name", "title", "path", "revision", "licence", "source", "languages", "primary")
        print_json([{name: getattr(task, name) for name in fields} for task in tasks.values()])
        return Exit.DONE
    for task in tasks.values():
        print(f"{task.name:<22} {task.title}\n{'':<22} {task.licence}; {task.path} from {task.source}")
    return Exit.DONE
