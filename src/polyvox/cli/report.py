"""`polyvox report`: evaluations as one HTML page and Markdown."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from pathlib import Path

from polyvox.cli.exits import Exit, UsageError
from polyvox.cli.options import positive, whole

EPILOG = """\
examples:
  polyvox report ours/ --out report.html                     one evaluation
  polyvox report ours/ theirs/ --out report.html             two systems, compared query by query
  polyvox report ours/ --markdown report.md                  Markdown alone
"""


def register(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Add the verb to the parser."""
    parser = verbs.add_parser(
        "report",
        help="make a page of evaluations",
        description="Make one self-contained HTML page, or Markdown, of what `polyvox evaluate` wrote: "
        "tables by language and dimension with intervals, figures, a map, failures to play and read. Several "
        "systems are compared query by query with the first; systems measured on different data, pools or "
        "queries are refused.",
        epilog=EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="an evaluation folder")
    parser.add_argument("--out", type=Path, metavar="FILE", help="the HTML page")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="the Markdown text")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="where recordings named by a relative path lie (POLYVOX_DATA)",
    )
    parser.add_argument(
        "--audio-megabytes",
        type=whole,
        default=6,
        metavar="N",
        help="most that recordings may take in the page; 0 leaves all out (6)",
    )
    parser.add_argument(
        "--resamples", type=positive, default=1_000, metavar="N", help="of each bootstrap (1000)"
    )
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Read, compute, write."""
    if arguments.out is None and arguments.markdown is None:
        raise UsageError("say where the report goes, with --out report.html, --markdown report.md, or both")
    from polyvox.evaluate.report import Sounds, compute_report, html_report, markdown_report, read_systems

    systems = read_systems(arguments.folders)
    report = compute_report(systems, resamples=arguments.resamples)
    if arguments.out is not None:
        sounds = Sounds(_roots(arguments), arguments.audio_megabytes * 1_000_000)
        _write(arguments.out, html_report(report, sounds))
    if arguments.markdown is not None:
        _write(arguments.markdown, markdown_report(report))
    return Exit.DONE


def _roots(arguments: Namespace) -> tuple[Path, ...]:
    import os

    named = arguments.data or os.environ.get("POLYVOX_DATA")
    return (Path(), *([Path(named)] if named else []), *arguments.folders)


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    print(f"{path}: {len(content.encode()) / 1e6:.1f} MB")
