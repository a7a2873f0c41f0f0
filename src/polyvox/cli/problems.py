"""What was skipped, told on standard error."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from polyvox.cli.paths import near_path
from polyvox.index.report import IngestReport

MOST_IGNORED = 10
"""So many files of unknown kinds are named; the rest is counted."""


def tell(what: str) -> None:
    """One line about what the user may wonder at."""
    sys.stderr.write(f"polyvox: {what}\n")


def skipped(path: str, reason: str) -> None:
    """One line about a file, or a part of one, that was left out."""
    sys.stderr.write(f"skipped {near_path(path)}: {reason}\n")


def report_problems(report: IngestReport) -> None:
    """One line for each file, or part of a file, that was skipped."""
    for problem in report.problems:
        skipped(problem.path, problem.reason)
    report_ignored([(ignored.path, ignored.reason) for ignored in report.ignored], "; --json lists them")


def report_ignored(ignored: Sequence[tuple[str, str]], more: str = "") -> None:
    """One line for each of the first files that are of no known kind, with the reason."""
    for path, reason in ignored[:MOST_IGNORED]:
        sys.stderr.write(f"ignored {near_path(path)}: {reason}\n")
    if len(ignored) > MOST_IGNORED:
        sys.stderr.write(f"ignored {len(ignored) - MOST_IGNORED:,} more files{more}\n")
