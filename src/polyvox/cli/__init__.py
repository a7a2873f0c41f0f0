"""The command line: one file a verb, thin."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence

from polyvox.cli import (
    compact,
    delete,
    demo,
    encode,
    evaluate,
    export,
    group,
    index,
    info,
    report,
    search,
    serve,
    synthesize,
    train,
)
from polyvox.cli.exits import Exit, UsageError
from polyvox.cli.streams import be_forgiving, forget_output
from polyvox.errors import PolyvoxError

VERBS = (
    index,
    search,
    info,
    delete,
    compact,
    serve,
    demo,
    synthesize,
    evaluate,
    report,
    export,
    train,
    encode,
    group,
)

EPILOG = """\
examples:
  polyvox demo                                       see it work on the sample collection
  polyvox index recordings/ texts/ --into my.index   read, cut, encode and keep
  polyvox search "clean water" --in my.index         search by typing, in any language
  polyvox search --voice question.ogg --in my.index  search by voice

exit codes:
  0  done
  1  done, but some files were skipped; each is named on standard error with its reason
  2  the command was called wrongly
  3  the command failed; the reason is on standard error
  130  interrupted with Ctrl-C; what was finished is kept
"""


def build_parser() -> ArgumentParser:
    """The parser of `polyvox` with all its verbs."""
    parser = ArgumentParser(
        prog="polyvox",
        description="Search speech and text in any language through one embedding space, offline.",
        epilog=EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    verbs = parser.add_subparsers(metavar="VERB")
    for verb in VERBS:
        verb.register(verbs)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if arguments.version:
        from importlib.metadata import version

        print(f"polyvox {version('polyvox')}")
        return Exit.DONE
    if not hasattr(arguments, "run"):
        parser.print_help()
        return Exit.USAGE
    be_forgiving()
    try:
        code = int(arguments.run(arguments))
        sys.stdout.flush()
        return code
    except UsageError as error:
        print(f"polyvox: {error}", file=sys.stderr)
        return Exit.USAGE
    except BrokenPipeError:
        forget_output()
        return Exit.DONE
    except (PolyvoxError, OSError) as error:
        print(f"polyvox: {error}", file=sys.stderr)
        return Exit.FAILED
    except KeyboardInterrupt:
        print("polyvox: interrupted; run the same command again to go on", file=sys.stderr)
        return Exit.INTERRUPTED
