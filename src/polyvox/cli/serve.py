"""`polyvox serve`: an index behind a web page and an HTTP API."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path
from typing import TYPE_CHECKING

from polyvox.cli.exits import Exit, UsageError
from polyvox.cli.options import chosen_encoder, positive
from polyvox.errors import MissingExtraError

if TYPE_CHECKING:
    from polyvox.serve.settings import Limits

MEGABYTE = 1_000_000


def register(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Add the verb to the parser."""
    parser = verbs.add_parser(
        "serve",
        help="a web page and an HTTP API for an index",
        description="Serve an index: a page to search by typing and by voice, to listen and to add files, "
        "and the HTTP API behind it (see /openapi.json). Only this machine can reach it unless --host says "
        "otherwise; then a token is needed, in a file or in POLYVOX_TOKEN (may write) and "
        "POLYVOX_READ_TOKEN (may read).",
    )
    parser.add_argument("index", type=Path, metavar="INDEX")
    parser.add_argument("--create", action="store_true", help="make an empty index if there is none")
    parser.add_argument("--model", metavar="MODEL", help="with --create: the model of the new index")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8765, help="the port; 0 is any that is free (8765)")
    parser.add_argument("--read-only", action="store_true", help="nobody may add or delete")
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="lines of TOKEN or 'read TOKEN'")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a further name by which browsers may call this server; repeatable",
    )
    parser.add_argument("--certificate", type=Path, metavar="PEM", help="speak https; needs --key")
    parser.add_argument("--key", type=Path, metavar="PEM", help="the certificate's key")
    _add_limits(parser)
    parser.set_defaults(run=run)


def _add_limits(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("limits")
    group.add_argument("--upload-mb", type=positive, metavar="N", help="megabytes of one upload (537)")
    group.add_argument("--upload-seconds", type=positive, metavar="N", help="length of a recording (14400)")
    group.add_argument("--upload-files", type=positive, metavar="N", help="files of one upload (100)")
    group.add_argument("--rate", type=float, metavar="N", help="requests a second of one client (50); 0: any")
    group.add_argument("--threads", type=positive, metavar="N", help="searches at a time (one a core)")


def run(arguments: Namespace) -> int:
    """Serve until stopped."""
    try:
        from polyvox.serve.run import Certificate, run_server
        from polyvox.serve.settings import Settings
        from polyvox.serve.tokens import read_tokens
    except ImportError as error:
        raise MissingExtraError("serve", "serving an index") from error
    if (arguments.certificate is None) != (arguments.key is None):
        raise UsageError("--certificate and --key go together")
    try:
        limits = _limits(arguments)
    except ValueError as error:
        raise UsageError(str(error)) from error
    settings = Settings(
        index=arguments.index.absolute(),
        host=arguments.host,
        port=arguments.port,
        read_only=arguments.read_only,
        tokens=read_tokens(arguments.token_file),
        hosts=tuple(arguments.allow_host),
        limits=limits,
    )
    _create(arguments)
    certificate = Certificate(arguments.certificate, arguments.key) if arguments.certificate else None
    try:
        run_server(settings, certificate, lambda address: _tell(arguments.index, address))
    except KeyboardInterrupt:
        print("stopped")
    return Exit.DONE


def _create(arguments: Namespace) -> None:
    from polyvox.index import Index

    if arguments.create:
        Index.open_or_create(arguments.index, chosen_encoder(arguments.model))


def _limits(arguments: Namespace) -> Limits:
    from polyvox.serve.settings import Limits

    given = {
        "upload_bytes": arguments.upload_mb and arguments.upload_mb * MEGABYTE,
        "upload_seconds": arguments.upload_seconds,
        "upload_files": arguments.upload_files,
        "rate": arguments.rate,
        "threads": arguments.threads,
    }
    return Limits(**{name: value for name, value in given.items() if value is not None})


def _tell(index: Path, address: str) -> None:
    print(f"{index} is at {address}  (Ctrl-C stops)")
    sys.stdout.flush()
