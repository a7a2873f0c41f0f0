"""`polyvox encode`: texts and recordings to vectors, for use elsewhere."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path
from typing import TYPE_CHECKING

from polyvox.cli.exits import Exit, UsageError
from polyvox.cli.options import encoding, language, positive

if TYPE_CHECKING:
    from polyvox.encode import Encoder, Role
    from polyvox.encode.vector_files import VectorFile

STDOUT = Path("-")
FORMATS = ("npy", "parquet", "jsonl")


def register(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Add the verb to the parser."""
    parser = verbs.add_parser(
        "encode",
        help="write vectors to a file, for a search engine elsewhere",
        description="Read files, folders or lines of standard input, cut them as `index` does, and write one "
        "vector a row: as .npy (what each row is stands in FILE.rows.jsonl), .parquet or .jsonl. The file "
        "gets its name when it is whole.",
    )
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="files and folders; - is standard input")
    parser.add_argument(
        "--out", required=True, type=Path, metavar="FILE", help="the file to write; - prints JSON lines"
    )
    parser.add_argument("--format", choices=FORMATS, help="of FILE (default: by its suffix)")
    parser.add_argument(
        "--model", default="default", metavar="MODEL", help="a model folder or name (default)"
    )
    parser.add_argument("--dimension", type=positive, metavar="N", help="first N values of each vector")
    _add_reading(parser)
    parser.set_defaults(run=run)


def _add_reading(parser: ArgumentParser) -> None:
    role = parser.add_mutually_exclusive_group()
    role.add_argument(
        "--query",
        dest="role",
        action="store_const",
        const="query",
        default="passage",
        help="the inputs are questions: one row a line or recording, with the model's prompt for queries",
    )
    role.add_argument(
        "--passage",
        dest="role",
        action="store_const",
        const="passage",
        help="the inputs are what is searched (default)",
    )
    parser.add_argument(
        "--lines", action="store_true", help="one row a line of .txt files; so it is for - in any case"
    )
    parser.add_argument(
        "--language",
        type=language,
        metavar="TAG",
        help="BCP 47 tag (default: detect in texts); recordings are heard better for it",
    )
    parser.add_argument("--text-column", metavar="NAME", help="the text column of csv, tsv and jsonl files")
    parser.add_argument(
        "--encoding", type=encoding, default="utf-8", metavar="NAME", help="of text files (utf-8)"
    )


def run(arguments: Namespace) -> int:
    """Encode, report what was skipped, and say what was written."""
    from polyvox.cli.encode_input import EncodeInput
    from polyvox.cli.encode_pass import EncodePass
    from polyvox.encode import Role, load_encoder
    from polyvox.read import ReadOptions

    _check(arguments)
    encoder = load_encoder(arguments.model, arguments.dimension)
    role = Role(arguments.role)
    source = EncodeInput(
        arguments.inputs,
        ReadOptions(arguments.language, arguments.encoding, arguments.text_column),
        encoder.card,
        lines=arguments.lines or role is Role.QUERY,
        whole=role is Role.QUERY,
    )
    sink = _sink(arguments, encoder, role)
    passed = EncodePass(encoder, role, sink.write)
    try:
        passed.through(source)
        if passed.rows:
            sink.publish()
    finally:
        sink.discard()
    failed = passed.tell(source)
    if not passed.rows:
        sys.stderr.write(
            f"nothing to encode in {', '.join(map(str, arguments.inputs))}; no file is written\n"
        )
        return Exit.SKIPPED_SOME
    into = "standard output" if arguments.out == STDOUT else arguments.out
    more = f", {failed:,} skipped, each with its reason" if failed else ""
    sys.stderr.write(f"{passed.rows:,} vectors of {encoder.card.dimension} values into {into}{more}\n")
    return Exit.SKIPPED_SOME if failed else Exit.DONE


def _check(arguments: Namespace) -> None:
    """Refuse before a model is loaded what cannot end well."""
    from polyvox.encode.vector_files import format_of
    from polyvox.encode.vector_files.draft import refuse_existing

    if arguments.out == STDOUT:
        if arguments.format not in (None, "jsonl"):
            raise UsageError(f"standard output takes JSON lines; give --out FILE for {arguments.format}")
        return
    if arguments.format is None:
        format_of(arguments.out)
    refuse_existing(arguments.out)


def _sink(arguments: Namespace, encoder: Encoder, role: Role) -> VectorFile:
    from polyvox.encode.vector_files import Origin, open_vector_file
    from polyvox.encode.vector_files.json_lines import JsonLinesStream

    origin = Origin.of(encoder.card, role)
    if arguments.out == STDOUT:
        return JsonLinesStream(sys.stdout, origin)
    return open_vector_file(arguments.out, origin, arguments.format)
