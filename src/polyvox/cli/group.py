"""`polyvox group`: which recordings say the same thing."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace, _SubParsersAction
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from polyvox.cli.exits import Exit, UsageError
from polyvox.cli.options import add_json, language

if TYPE_CHECKING:
    from polyvox.encode import Vectors
    from polyvox.mine.groups import Group

SOUNDS = "sounds"
THRESHOLD = 0.65
"""Mean cosine inside a group, for the model `sounds`; docs/unwritten.md says how it was chosen."""


class Place(NamedTuple):
    """A recording or a stretch of one."""

    file: str
    start: float | None
    end: float | None


def register(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Add the verb to the parser."""
    parser = verbs.add_parser(
        "group",
        help="find recordings that say the same thing",
        description="Group recordings that say the same words, in any language, written or not: by the order "
        "of their sounds (the model 'sounds'), or by the vectors of an index. Prints group, file, start, end "
        "and distance from the middle of the group, one minus the cosine; what is alone is left out.",
    )
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="recordings and folders, or one index")
    parser.add_argument(
        "--threshold",
        type=cosine,
        metavar="COSINE",
        help=f"least mean cosine inside a group ({THRESHOLD}; for single words try 0.85)",
    )
    parser.add_argument("--whole", action="store_true", help="a file is one recording, pauses and all")
    parser.add_argument("--model", metavar="MODEL", help=f"for recordings: a model folder or name ({SOUNDS})")
    parser.add_argument("--language", type=language, metavar="TAG", help="of an index: only this one")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write there, not to standard output")
    add_json(parser)
    parser.set_defaults(run=run)


def cosine(value: str) -> float:
    """A number above 0 and at most 1 from the command line."""
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0 < number <= 1:
        raise ArgumentTypeError(f"{value!r} is not a number above 0 and at most 1")
    return number


def run(arguments: Namespace) -> int:
    """Group, write, and say what was found."""
    from polyvox.cli.progress import Progress
    from polyvox.encode.vector_files.draft import refuse_existing
    from polyvox.mine.groups import groups_of

    if arguments.out:
        refuse_existing(arguments.out)
    read = _of_index if _is_index(arguments.inputs) else _of_recordings
    places, vectors, failed = read(arguments)
    with Progress("recordings") as progress:
        groups = groups_of(
            vectors,
            arguments.threshold or THRESHOLD,
            watch=lambda done, all_: progress(done, all_, "comparing"),
        )
    _write(arguments, _as_json(groups, places) if arguments.json else _as_table(groups, places))
    grouped = sum(len(group.members) for group in groups)
    told = f"{len(groups):,} groups of {grouped:,} of {len(places):,} recordings"
    sys.stderr.write(f"{told}{f', {failed:,} skipped, each with its reason' if failed else ''}\n")
    return Exit.SKIPPED_SOME if failed else Exit.DONE


def _is_index(inputs: Sequence[str]) -> bool:
    from polyvox.index.manifest import FILE_NAME

    indexes = [given for given in inputs if (Path(given) / FILE_NAME).is_file()]
    if indexes and len(inputs) > 1:
        raise UsageError(f"{indexes[0]} is an index; give it alone, or recordings and folders alone")
    return bool(indexes)


def _of_index(arguments: Namespace) -> tuple[list[Place], Vectors, int]:
    """The recordings of an index and their vectors."""
    import numpy as np

    from polyvox.index import Index
    from polyvox.index.filters import Filter
    from polyvox.index.table import ItemTable, vector_rows
    from polyvox.index.writer import ITEMS

    index = Index.open(arguments.inputs[0])
    if arguments.model or arguments.whole:
        raise UsageError("an index has its vectors; --model and --whole are for recordings")
    _need_threshold(arguments, index.manifest.model)
    places: list[Place] = []
    blocks = [np.zeros((0, index.manifest.dimension), np.float32)]
    condition = Filter(arguments.language, "speech").sql()
    for batch in ItemTable.open(index.folder / ITEMS).batches(["path", "start", "end", "vector"], condition):
        columns = (batch[name].to_pylist() for name in Place._fields[1:])
        places += map(Place, batch["path"].to_pylist(), *columns)
        blocks.append(vector_rows(batch["vector"]))
    return places, np.concatenate(blocks), 0


def _of_recordings(arguments: Namespace) -> tuple[list[Place], Vectors, int]:
    """Recordings read now, and their vectors."""
    import numpy as np

    from polyvox.cli.encode_input import EncodeInput
    from polyvox.cli.encode_pass import EncodePass
    from polyvox.encode import Role, load_encoder
    from polyvox.read import ReadOptions

    if arguments.language:
        raise UsageError("--language is for an index; of recordings nobody knows it")
    model = arguments.model or SOUNDS
    _need_threshold(arguments, model)
    encoder = load_encoder(model)
    source = EncodeInput(
        arguments.inputs, ReadOptions(), encoder.card, whole=arguments.whole, speech_only=True
    )
    gathered = _Gathered(np.zeros((0, encoder.card.dimension), np.float32))
    passed = EncodePass(encoder, Role.PASSAGE, gathered.take)
    passed.through(source)
    return gathered.places, np.concatenate(gathered.blocks), passed.tell(source)


def _need_threshold(arguments: Namespace, model: str) -> None:
    if arguments.threshold is None and model != SOUNDS:
        raise UsageError(f"the default of --threshold is for the model {SOUNDS!r}; give one for {model!r}")


class _Gathered:
    """Places and vectors in memory."""

    def __init__(self, nothing: Vectors) -> None:
        self.places: list[Place] = []
        self.blocks = [nothing]

    def take(self, rows: Sequence[Any], vectors: Vectors) -> None:
        self.places += [Place(row.source, row.start, row.end) for row in rows]
        self.blocks.append(vectors)


def _as_table(groups: Sequence[Group], places: Sequence[Place]) -> str:
    from polyvox.cli.paths import in_one_cell

    lines = ["group\tfile\tstart\tend\tdistance"]
    for number, group in enumerate(groups, 1):
        for member, distance in zip(group.members, group.distances, strict=True):
            file, start, end = places[member]
            lines.append(f"{number}\t{in_one_cell(file)}\t{_seconds(start)}\t{_seconds(end)}\t{distance:.3f}")
    return "\n".join(lines) + "\n"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _as_json(groups: Sequence[Group], places: Sequence[Place]) -> str:
    import json

    found = [
        {
            "group": number,
            "members": [
                places[member]._asdict() | {"distance": round(distance, 6)}
                for member, distance in zip(group.members, group.distances, strict=True)
            ],
        }
        for number, group in enumerate(groups, 1)
    ]
    return json.dumps(found, indent=2) + "\n"


def _write(arguments: Namespace, text: str) -> None:
    from polyvox.encode.vector_files.draft import Draft

    if arguments.out is None:
        sys.stdout.write(text)
        return
    draft = Draft(arguments.out)
    try:
        draft.stream.write(text.encode(errors="backslashreplace"))
        draft.publish()
    finally:
        draft.discard()
