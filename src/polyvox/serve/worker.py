"""The process that reads what strangers uploaded and writes it into the index.

It speaks on its standard streams, a line of JSON each: an order for each file, and for each order events
that end with "end". It commits as `polyvox index` does, so it may be killed at any moment.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from polyvox.errors import PolyvoxError, ReadError
from polyvox.index import Index, LockedError
from polyvox.index.ingest import ingest
from polyvox.item import Item
from polyvox.read import ReadOptions
from polyvox.read.formats import FORMAT_OF, Format, suffix_of
from polyvox.read.language import detect_languages
from polyvox.read.sound import decode_audio
from polyvox.serve.limits import be_patient, end_with_parent, forbid_core_files, limit_memory, limit_processor
from polyvox.serve.names import TEXT_PREFIX

LOCK_SECONDS = 20.0
BETWEEN_EVENTS = 0.2
BASE_SECONDS = 300.0
"""Processor time for any file; a recording gets a share of its length on top."""
SHARE_OF_LENGTH = 0.5
TEXTS_AT_ONCE = 256


def main() -> None:
    """Serve orders until standard input ends."""
    folder, memory = Path(sys.argv[1]), int(sys.argv[2])
    end_with_parent()
    forbid_core_files()
    be_patient(5)
    index = Index.open(folder)
    _warm_up(index)
    limit_memory(memory)
    say("ready")
    for line in sys.stdin:
        _serve(index, json.loads(line))


def _serve(index: Index, order: dict[str, Any]) -> None:
    try:
        if order["kind"] == "files":
            _file(index, Path(order["path"]), order["language"], order["seconds"])
        else:
            _texts(index, Path(order["path"]))
    except ReadError as error:
        _end_badly(error.reason)
    except PolyvoxError as error:
        _end_badly(str(error))
    except MemoryError:
        _end_badly("needs more memory than a reader may use")
        # What else has failed for lack of memory is not known.
        os._exit(1)
    except OSError as error:
        _end_badly(f"could not be indexed: {error.strerror or type(error).__name__}")


def _end_badly(reason: str) -> None:
    say("problem", message=reason)
    say("end", kept=False, items=0)


def _file(index: Index, path: Path, language: str | None, most_seconds: float) -> None:
    limit_processor(BASE_SECONDS)
    seconds = _measured(path, most_seconds) if FORMAT_OF.get(suffix_of(path)) is Format.SOUND else 0.0
    limit_processor(BASE_SECONDS + SHARE_OF_LENGTH * seconds)
    told = 0.0

    def watch(done: float, _total: float, _path: str) -> None:
        nonlocal told
        if time.monotonic() - told >= BETWEEN_EVENTS:
            told = time.monotonic()
            say("progress", read=int(done))

    while True:
        try:
            report = ingest(index, [path], ReadOptions(language=language), wait=LOCK_SECONDS, watch=watch)
            break
        except LockedError:
            say("waiting")
    for problem in report.problems:
        say("problem", message=problem.reason)
    kept = report.files_new + report.files_changed + report.files_unchanged > 0
    say("end", kept=kept, items=report.items_added)


def _measured(path: Path, most: float) -> float:
    """How many seconds of sound a file holds; its header is not believed.

    Raises:
        ReadError: it holds none, or more than `most`.
    """
    samples = 0
    told = time.monotonic()
    try:
        for block in decode_audio(path):
            samples += len(block)
            if samples > most * 16_000:
                raise ReadError(
                    str(path), f"lasts longer than {most:,.0f} s, which is the limit of this server"
                )
            if time.monotonic() - told > BETWEEN_EVENTS:
                told = time.monotonic()
                say("progress", read=0)
    except ReadError as error:
        # Damage at the end is no reason to refuse the rest.
        if samples == 0 or samples > most * 16_000:
            raise error from None
    return samples / 16_000


def _texts(index: Index, path: Path) -> None:
    limit_processor(BASE_SECONDS)
    before, read = len(index), 0
    for batch in _batches(path):
        _upsert(index, batch)
        read += len(batch)
        say("progress", read=read)
        limit_processor(BASE_SECONDS)
    say("end", kept=True, items=max(0, len(index) - before))


def _upsert(index: Index, rows: list[dict[str, Any]]) -> None:
    while True:
        try:
            index.upsert(_items(rows))
        except LockedError:
            # Texts that were accepted are not given up because somebody else writes for a while.
            say("waiting")
        else:
            return


def _batches(path: Path) -> Iterator[list[dict[str, Any]]]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for begin in range(0, len(rows), TEXTS_AT_ONCE):
        yield rows[begin : begin + TEXTS_AT_ONCE]


def _items(rows: list[dict[str, Any]]) -> Iterator[Item]:
    guesses = iter(detect_languages([row["text"] for row in rows if not row["language"]]))
    for row in rows:
        language = row["language"] or next(guesses)
        name = f"{TEXT_PREFIX}{row['id']}" if row["id"] else ""
        yield Item(row["text"], path=name, language=language)


def _warm_up(index: Index) -> None:
    """Map what will be needed before memory is limited."""
    import av
    import numpy as np

    from polyvox.encode.items import encode_items
    from polyvox.item import Audio, Modality
    from polyvox.read.speech import segments

    noise = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
    list(segments([noise], 20.0))
    samples = {Modality.TEXT: Item("warm up"), Modality.SPEECH: Item(Audio(noise))}
    encode_items(index.encoder, [samples[kind] for kind in sorted(index.encoder.card.modalities)])
    av.AudioResampler(format="flt", layout="mono", rate=16_000)


def say(event: str, **facts: Any) -> None:  # noqa: ANN401 - any JSON value
    """Tell the server; without a server there is nothing left to do."""
    try:
        sys.stdout.write(json.dumps({"event": event, **facts}) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os._exit(0)


if __name__ == "__main__":
    main()
