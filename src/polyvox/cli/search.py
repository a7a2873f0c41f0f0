"""`polyvox search`: find passages and recordings by typing or by voice."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from polyvox.cli.exits import Exit, UsageError
from polyvox.cli.hits import as_json, print_hits
from polyvox.cli.options import add_filters, add_json, add_model, chosen_encoder, languages, positive
from polyvox.cli.streams import print_json
from polyvox.item import Audio


def register(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Add the verb to the parser."""
    parser = verbs.add_parser(
        "search",
        help="find by typing or by voice",
        description="Find the passages and recordings nearest to a typed or spoken question.",
    )
    parser.add_argument("query", nargs="?", help="what to look for, in any language")
    parser.add_argument(
        "--in",
        dest="index",
        required=True,
        type=Path,
        metavar="INDEX",
        help="the index folder",
    )
    parser.add_argument("--voice", type=Path, metavar="FILE", help="a recording as the question")
    parser.add_argument(
        "--listen",
        type=positive,
        metavar="SECONDS",
        help="record the question from the microphone",
    )
    parser.add_argument(
        "--spoken",
        type=languages,
        default=(),
        metavar="TAG[,TAG]",
        help="BCP 47 language of the spoken question, which is heard better for it; hits may be in any",
    )
    parser.add_argument("--limit", type=positive, default=10, metavar="N", help="hits to print (10)")
    parser.add_argument(
        "--mode",
        choices=("dense", "lexical", "hybrid"),
        help="by meaning, by words, or both fused (default: hybrid for typed, dense for spoken questions)",
    )
    add_filters(parser)
    add_model(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Search and print."""
    from polyvox.index import Index

    query = _query(arguments)
    index = Index.open(arguments.index, chosen_encoder(arguments.model))
    hits = index.search(
        query,
        limit=arguments.limit,
        mode=arguments.mode,
        language=arguments.language,
        modality=arguments.modality,
        path=arguments.path,
        where=dict(arguments.where),
        spoken=arguments.spoken,
    )
    if arguments.json:
        print_json([as_json(hit) for hit in hits])
    elif hits:
        print_hits(hits)
    else:
        print("nothing found", file=sys.stderr)
    return Exit.DONE


def _query(arguments: Namespace) -> str | Audio:
    given = [x for x in (arguments.query, arguments.voice, arguments.listen) if x is not None]
    if len(given) != 1:
        raise UsageError("give one question: either words, or --voice FILE, or --listen SECONDS")
    if arguments.query is None and arguments.mode not in (None, "dense"):
        raise UsageError(f"a spoken question has no words for --mode {arguments.mode}; leave --mode out")
    if arguments.query is not None and arguments.spoken:
        raise UsageError("--spoken is the language of --voice or --listen; leave it out for typed questions")
    if arguments.query is not None:
        if not arguments.query.strip():
            raise UsageError("the question is empty; type some words, or use --voice FILE")
        return str(arguments.query).encode("utf-8", "replace").decode()
    if arguments.voice is not None:
        from polyvox.read import load_audio

        return load_audio(arguments.voice)
    from polyvox.cli.microphone import listen

    return listen(arguments.listen)
