"""Forms that are timed each in a process of its own, and the table that keeps the rows of earlier runs."""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Collection
from pathlib import Path


def megabytes() -> float:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run_apart(
    module: str,
    forms: Collection[str],
    measure: Callable[[str], str],
    head: str,
    result: Path,
    *,
    recipes: bool = False,
) -> None:
    """The command line of such a benchmark: measure the named forms, or all, and write the table.

    Args:
        module: the benchmark, as `python -m` takes it.
        forms: their names, in the order of the table.
        measure: makes the row of a form, in this process.
        head: of the table.
        result: the file of the table.
        recipes: what is named are recipes, the part of a form's name before its slash.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {module}")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(forms))
    parser.add_argument("--one", choices=forms, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        sys.stdout.write(json.dumps(measure(arguments.one)) + "\n")
        return
    chosen = {form: form.split("/")[0] if recipes else form for form in forms}
    if unknown := set(arguments.names) - set(chosen.values()):
        parser.error(f"{', '.join(sorted(unknown))}: not among {', '.join(dict.fromkeys(chosen.values()))}")
    wanted = [form for form in forms if not arguments.names or chosen[form] in arguments.names]
    rows = _kept(result, forms) | {form: _apart(module, form) for form in wanted}
    table = "\n".join([head, *(rows[form] for form in forms if form in rows)]) + "\n"
    result.write_text(f"Made by `python -m {module}`.\n\n{table}", encoding="utf-8")
    sys.stdout.write(table)


def _apart(module: str, form: str) -> str:
    command = [sys.executable, "-m", module, "--one", form]
    threads = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **threads}, check=True)
    row: str = json.loads(done.stdout.splitlines()[-1])
    return row


def _kept(result: Path, forms: Collection[str]) -> dict[str, str]:
    lines = result.read_text(encoding="utf-8").splitlines() if result.is_file() else []
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in lines if line.startswith("| ")}
    return {form: row for form, row in rows.items() if form in forms}
