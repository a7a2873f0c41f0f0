"""Recordings with a manifest: a table with path, language, key, split, transcript and translation.

Asked are the meanings that training leaves out (a fixed share of all, see `polyvox.train.split`) or, with the
option `split`, one split of the set without what also stands in another. Recordings of one meaning, or with
one translation, are one unit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from polyvox.evaluate.declaration import Task
from polyvox.evaluate.parallel import Unit, parallel_problems
from polyvox.evaluate.problem import Content, Pairs, Problem, TaskError
from polyvox.train.human_speech import Spoken, human_speech
from polyvox.train.manifest import Recording, read_manifest
from polyvox.train.split import Part

MANIFEST = "manifest.tsv"


def read(task: Task, path: Path) -> Iterator[Problem | Pairs]:
    """The problems of a folder of recordings."""
    units = _split_units(task, path) if "split" in task.options else _held_out_units(path)
    yield from parallel_problems(task, units)


def _held_out_units(folder: Path) -> list[Unit]:
    """One unit a meaning. Only held-out meanings are asked and heard; the other texts fill the pool."""
    together: dict[str, list[Spoken]] = defaultdict(list)
    for one in human_speech(folder.parent, [folder.name], {}):
        together[one.key].append(one)
    return [
        Unit(key, tuple(dict.fromkeys(_contents(members))), asked=members[0].part is Part.TEST)
        for key, members in together.items()
    ]


def _contents(members: Sequence[Spoken]) -> Iterator[Content]:
    for one in members:
        if one.given:
            yield Content(one.text, language=one.language)
        if one.english:
            yield Content(one.english, language="en")
        if one.part is Part.TEST:
            yield Content(one.text if one.given else "", one.path, one.language)


def _split_units(task: Task, folder: Path) -> list[Unit]:
    """One unit a translation; rows whose words also stand in another split are left out."""
    recordings = read_manifest(folder / MANIFEST)
    wanted = task.options["split"]
    other = [one for one in recordings if one.split != wanted]
    leaked = {one.transcript for one in other} | {one.translation for one in other}
    together: dict[str, list[Recording]] = defaultdict(list)
    for one in recordings:
        if one.split == wanted and not {one.transcript, one.translation} & leaked:
            together[one.translation].append(one)
    if not together:
        raise TaskError(f"task {task.name}: {folder / MANIFEST} has no rows of the split {wanted!r}")
    return [
        Unit(translation, tuple(dict.fromkeys(_both_sides(task, folder, members))))
        for translation, members in together.items()
    ]


def _both_sides(task: Task, folder: Path, members: Sequence[Recording]) -> Iterator[Content]:
    for one in members:
        language = task.tag(one.language)
        yield Content(one.translation, language=task.tag(one.translation_language))
        yield Content(one.transcript, language=language)
        yield Content(one.transcript, folder / one.path, language)
