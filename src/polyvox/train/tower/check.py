"""Everything about a recipe and its data that would spoil a run, before it starts."""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from polyvox.train.languages import espeak_voice
from polyvox.train.manifest import manifest_folder
from polyvox.train.progress import Progress
from polyvox.train.tower.audio_check import KINDS, AudioProblem, audio_problems, claimed_rates
from polyvox.train.tower.prepare import Prepared, prepare
from polyvox.train.tower.recipe import Recipe
from polyvox.train.tower.rows import Row, Rows
from polyvox.train.tower.run import FRAMES, build_trainer
from polyvox.train.tower.training_section import Labels

FEW_ROWS = 1_000
FEW_HELD_OUT = 50
MOST_HEARD = 2_000
"""So many recordings are listened to, evenly spread."""
MOST_NAMED = 10
_AUDIO = frozenset({".wav", ".ogg", ".flac", ".mp3", ".m4a", ".opus", ".webm"})
_TIMED = 3
_HEARD = 50


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, what to do, and whom it concerns."""

    what: str
    advice: str
    names: Sequence[str] = ()


def check(recipe: Recipe, data: Path, out: Path) -> int:
    """Print every problem with advice, the counts of the data, and how long training will take.

    Returns:
        How many problems there are.

    Raises:
        PolyvoxError: something so wrong that training could not start.
    """
    prepared = prepare(recipe, data, out / FRAMES)
    problems = [*_of_rows(recipe, prepared.rows, data), *_of_audio(recipe, prepared.rows, data)]
    for line in _facts(prepared):
        _say(line)
    for problem in problems:
        _say(f"\n{problem.what}\n  → {problem.advice}")
        for name in problem.names[:MOST_NAMED]:
            _say(f"    {name}")
        if len(problem.names) > MOST_NAMED:
            _say(f"    … and {len(problem.names) - MOST_NAMED} more")
    _say(f"\n{len(problems)} kinds of problems")
    if len(prepared.rows.train) >= recipe.training.batch:
        _say(_estimate(prepared))
    return len(problems)


def _facts(prepared: Prepared) -> Iterator[str]:
    counts = prepared.rows.counts
    hours = sum(row.seconds for row in prepared.rows.train) / 3600
    yield f"{counts.read} rows read; {prepared.rows.size} to train on ({hours:.2f} h by the manifests)"
    yield f"{len(prepared.rows.development)} held out, {len(prepared.rows.test)} to test on"
    yield f"{counts.in_exclusion} left out because a text is in the exclusion files"
    yield f"{counts.in_development} left out because a text is among the held-out ones"
    yield f"{counts.near_duplicates} near-duplicates and {counts.repeated} repeated rows left out"
    yield f"{counts.translated} translations taken from parallel text"
    yield "languages: " + ", ".join(f"{name} {count}" for name, count in counts.languages.most_common())


def _of_rows(recipe: Recipe, rows: Rows, data: Path) -> Iterator[Problem]:
    counts = rows.counts
    if counts.skipped:
        yield Problem(
            f"{len(counts.skipped)} rows cannot be used", "repair the manifest or the files", counts.skipped
        )
    if counts.without_text:
        yield Problem(
            f"{counts.without_text} rows have no {' or '.join(recipe.losses.sides())}",
            "they are not trained on; fill the column, name it in [data.sources.columns], or ask for another "
            "text in [losses] targets",
        )
    if counts.conflicting:
        yield Problem(
            f"{len(counts.conflicting)} recordings have a second row with other texts",
            "the first row counts; keep the right one",
            counts.conflicting,
        )
    yield from _of_files(recipe, rows, data)
    single = [language for language, count in counts.languages.items() if count == 1]
    if single:
        yield Problem("languages with one row", "one row teaches nothing; add rows or drop them", single)
    speakers = {row.speaker for row in rows.train}
    if len(speakers) == 1 and "" not in speakers:
        yield Problem("all recordings are of one speaker", "others will not be understood well; add voices")
    yield from _of_few(rows, recipe.training.batch)
    if recipe.losses.labels is Labels.IPA:
        mute = [language for language in counts.languages if espeak_voice(language) is None]
        if mute:
            yield Problem("espeak-ng does not speak some languages", 'use labels = "letters" for them', mute)


def _of_few(rows: Rows, batch: int) -> Iterator[Problem]:
    if rows.size < batch:
        yield Problem(
            f"a batch has {batch} recordings, and there are only {rows.size}",
            f"lower [training] batch, to {max(2, rows.size // 4)} perhaps; training cannot start",
        )
    if rows.counts.unused:
        yield Problem(
            f"{rows.counts.unused.total()} rows have a split that is not used",
            "name it in [data] train_splits, development_splits or test_splits, or leave it",
            [f"{split}: {count} rows" for split, count in rows.counts.unused.most_common()],
        )
    if rows.size < FEW_ROWS:
        yield Problem(
            f"only {len(rows.train)} recordings", f"start from a trained tower; {FEW_ROWS} are few already"
        )
    if len(rows.development) < FEW_HELD_OUT:
        yield Problem(
            f"only {len(rows.development)} recordings are held out",
            "the best checkpoint is chosen by chance; raise [data] development",
        )


def _of_files(recipe: Recipe, rows: Rows, data: Path) -> Iterator[Problem]:
    used = {row.path.resolve() for row in [*rows.train, *rows.development, *rows.test]}
    folders = {manifest_folder(data / source.path) for source in recipe.data.sources}
    files = {path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in _AUDIO}
    if not any((rows.counts.in_development, rows.counts.in_exclusion, rows.counts.near_duplicates)):
        spare = sorted(str(path) for path in files if path.resolve() not in used)
        if spare:
            yield Problem(f"{len(spare)} recordings have no row", "add rows for them, or leave them", spare)
    same: dict[bytes, list[str]] = defaultdict(list)
    for row in rows.train:
        same[hashlib.sha256(row.path.read_bytes()).digest()].append(str(row.path))
    copies = [", ".join(names) for names in same.values() if len(names) > 1]
    if copies:
        yield Problem(f"{len(copies)} recordings are there more than once", "keep one of each", copies)


def _of_audio(recipe: Recipe, rows: Rows, data: Path) -> Iterator[Problem]:
    every = [*rows.train, *rows.development, *rows.test]
    heard = _spread(every, MOST_HEARD)
    claimed: dict[Path, int] = {}
    for source in recipe.data.sources:
        path = data / source.path
        claimed.update(claimed_rates(path, manifest_folder(path), source.columns.get("path", "path")))
    progress = Progress("listening", len(heard), interval=30)
    found: dict[str, list[AudioProblem]] = defaultdict(list)
    for problems in audio_problems(heard, recipe.model.max_seconds, claimed):
        progress.advance()
        for problem in problems:
            found[problem.kind].append(problem)
    of = "" if len(heard) == len(every) else f" of {len(heard)} that were listened to"
    for kind, problems in found.items():
        names = [f"{problem.path}: {problem.detail}" for problem in problems]
        yield Problem(f"{kind}: {len(names)} recordings{of}", KINDS[kind], names)


def _spread(rows: Sequence[Row], most: int) -> list[Row]:
    return [rows[place * len(rows) // min(most, len(rows))] for place in range(min(most, len(rows)))]


def _estimate(prepared: Prepared) -> str:
    """How long training will take, from a few real steps."""
    from accelerate.utils import send_to_device

    hearing, prepared = _hearing(prepared)

    with tempfile.TemporaryDirectory() as folder:
        trainer = build_trainer(prepared, Path(folder))
        model = trainer.model
        model.train()
        batches = iter(trainer.get_train_dataloader())
        began = 0.0
        for number in range(_TIMED + 1):
            if number == 1:  # The first one warms up.
                began = time.monotonic()
            inputs = send_to_device(next(batches), trainer.args.device)
            loss = trainer.compute_loss(model, dict(inputs))
            assert isinstance(loss, Tensor)  # noqa: S101 - for the type checker
            loss.backward()  # type: ignore[no-untyped-call]
        step = (time.monotonic() - began) / _TIMED * prepared.recipe.training.accumulate
        evaluation = 0.0
        if trainer.evaluator is not None:
            began = time.monotonic()
            trainer.evaluator(model)
            evaluation = time.monotonic() - began
    rounds = prepared.steps / min(prepared.recipe.training.evaluate_every, prepared.steps) + 1
    whole = (hearing + prepared.steps * step + rounds * evaluation) / 60
    first = f"{hearing / 60:.1f} minutes of hearing, " if hearing else ""
    return (
        f"about {whole:.1f} minutes: {first}{prepared.steps} steps of {step:.2f} s and {rounds:.0f} "
        f"evaluations of {evaluation:.1f} s, on this machine as busy as it is now"
    )


def _hearing(prepared: Prepared) -> tuple[float, Prepared]:
    """Seconds that a frozen front will need for all recordings, and a run on the few that were timed."""
    if prepared.store is None:
        return 0.0, prepared
    rows, training = prepared.rows, prepared.recipe.training
    few = replace(
        rows,
        train=_spread(rows.train, training.batch * (_TIMED + 1)),
        development=_spread(rows.development, training.batch),
        test=(),
    )
    part = replace(prepared, rows=few)
    part.hear(_ignored)
    left = prepared.store.unheard(prepared.recordings())
    sample = left[:: len(left) // _HEARD + 1]
    began = time.monotonic()
    prepared.store.fill(sample, _ignored)
    return (time.monotonic() - began) * len(left) / max(1, len(sample)), part


def _ignored(path: Path, reason: str) -> None:
    """What cannot be read was named before."""


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
