"""What was skipped, told on standard error."""

from __future__ import annotations

import sys

from polyvox.cli.paths import near_path
from polyvox.index.report import IngestReport

MOST_IGNORED = 10
"""So many files of unknown kinds are named; the rest is counted."""


def tell(what: str) -> None:
    """One line about what the user may wonder at."""
    sys.stderr.write(f"polyvox: {what}\n")


def report_problems(report: IngestReport) -> None:
    """One line for each file, or part of a file, that was skipped."""
    for problem in report.problems:
        sys.stderr.write(f"skipped {near_path(problem.path)}: {problem.reason}\n")
    for ignored in report.ignored[:MOST_IGNORED]:
        sys.stderr.write(f"ignored {near_path(ignored.path)}: {ignored.reason}\n")
    if len(report.ignored) > MOST_IGNORED:
        sys.stderr.write(f"ignored {len(report.ignored) - MOST_IGNORED:,} more files; --json lists them\n")
