"""Standard output and standard error, whatever they are connected to."""

from __future__ import annotations

import io
import json
import os
import sys


def be_forgiving() -> None:
    """Print what a stream's encoding lacks, such as a name that is no Unicode, as an escape; do not fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def print_json(value: object) -> None:
    """Print a value as JSON, in plain ASCII where standard output is not UTF-8."""
    plain = (sys.stdout.encoding or "ascii").lower().replace("-", "") != "utf8"
    sys.stdout.write(json.dumps(value, ensure_ascii=plain, indent=2) + "\n")


def forget_output() -> None:
    """Let what is still buffered go nowhere: the reader of standard output has left."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
