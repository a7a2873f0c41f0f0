"""From a trained model to its light form: ONNX, small whole numbers, tokenizer, card, hashes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from polyvox.encode.manifest import MANIFEST_FILE, Manifest, file_hashes, read_manifest, write_manifest
from polyvox.encode.protocol import Vectors
from polyvox.encode.speech import MODEL_FILE
from polyvox.encode.speech import SpeechTower as LightSpeechTower
from polyvox.encode.static import TEXT_FILES, StaticTextTower
from polyvox.errors import MissingExtraError, PolyvoxError
from polyvox.item import Modality
from polyvox.train.export_card import CARD_FILE, write_card
from polyvox.train.export_run import COMPARED, WordsRun, is_words_run
from polyvox.train.export_sources import SpeechHalf, TextHalf, Trained, open_trained
from polyvox.train.export_speech import OPSET, Storage, speech_program, write_program
from polyvox.train.parity import (
    Spoken,
    agreement,
    development_speech,
    heard_part,
    recall,
    sample_speech,
    sample_texts,
    tower_vectors,
)
from polyvox.train.recipe import ModelRecipe

if TYPE_CHECKING:
    from polyvox.train.speech_recipe import SpeechRecipe

MOST_LOST = 0.01
"""int8 is taken where it costs less than this of R@1."""
LEAST_COSINE = 0.99
"""Or, without development data, where vectors agree on average at least this well."""
Facts = dict[str, str | float]
ReadTexts = Callable[[Sequence[str]], Vectors]


class Precision(StrEnum):
    """How the weights of a speech tower are stored; text halves are always small whole numbers."""

    AUTO = "auto"
    FLOAT32 = "float32"
    INT8 = "int8"


@dataclass(frozen=True, slots=True)
class ExportReport:
    """The finished folder, the size of each file in bytes, and what was measured."""

    folder: Path
    sizes: Mapping[str, int]
    facts: Mapping[str, str | float]


def export_model(
    source: Path,
    out: Path,
    *,
    described: ModelRecipe,
    text: Path | None = None,
    precision: Precision = Precision.AUTO,
    development: Path | None = None,
    matryoshka: Sequence[int] = (),
    recipe: Path | None = None,
) -> ExportReport:
    """Write the light form of a trained model into a new folder.

    Args:
        source: see `open_trained`; or a run of `polyvox.train.speech_tower`, which needs `text` and `recipe`.
        out: a folder that does not exist or is empty.
        described: name, version, licence and training data for `model.json` and the card.
        text: a model whose text half goes with a speech tower.
        precision: `auto` takes int8 where it costs less than `MOST_LOST` of R@1 on `development`, or else
            where the vectors of sample recordings agree with a mean cosine of `LEAST_COSINE`.
        development: manifest of recordings with a transcript or translation.
        matryoshka: widths a vector may be cut to; those of the text half where empty.
        recipe: folder of the recipe by which a tower of words was trained.

    Raises:
        PolyvoxError: `out` is not empty, the model cannot be exported, its halves do not fit together, or
            the exported model does not agree with the trained one.
        MissingExtraError: torch, onnx or onnxscript is not installed.
    """
    if out.exists() and (not out.is_dir() or out.samefile(".") or any(out.iterdir())):
        raise PolyvoxError(f"{out}: exists and is not empty, or is the working folder; choose another folder")
    if (source / MANIFEST_FILE).is_file():
        raise PolyvoxError(f"{source}: is in the light form already; use it as it is, or copy it")
    _need_libraries()
    words = _words_recipe(source, text, recipe) if is_words_run(source) else None
    trained = _joined(Trained() if words else open_trained(source), text)
    with _whole_or_not_at_all(out) as building:
        spoken = development_speech(development) if development else sample_speech()
        facts = _write_halves(trained, building, precision, spoken)
        write_manifest(building, _manifest(trained, building, described, facts, matryoshka))
        if words:
            facts |= write_words(WordsRun(source, words, building), building, precision, spoken)
        write_card(building, read_manifest(building), source)
    sizes = {path.name: path.stat().st_size for path in sorted(out.iterdir())}
    return ExportReport(out, sizes, facts)


@contextmanager
def _whole_or_not_at_all(out: Path) -> Iterator[Path]:
    """A folder to write into, which becomes `out` at the end and is removed after an error."""
    building = out.with_name(f"{out.name}.partial")
    shutil.rmtree(building, ignore_errors=True)
    try:
        building.mkdir(parents=True)
        yield building
        if out.exists():
            out.rmdir()
        building.replace(out)
    except OSError as error:
        raise PolyvoxError(
            f"{out}: the model cannot be written ({error}); free some space or choose another folder"
        ) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _need_libraries() -> None:
    missing = [name for name in ("torch", "onnx", "onnxscript") if find_spec(name) is None]
    if missing:
        raise MissingExtraError("train", "exporting a model")


def _words_recipe(run: Path, text: Path | None, recipe: Path | None) -> SpeechRecipe:
    from polyvox.train.speech_recipe import load_speech_recipe
    from polyvox.train.speech_tower import WORDS_FILE

    if text is None:
        raise PolyvoxError(f"{run}: its words get their meaning from a text model; name one with --text")
    if recipe is None:
        raise PolyvoxError(f"{run}: name the recipe that it was trained by with --recipe")
    if not (run / WORDS_FILE).is_file():
        raise PolyvoxError(f"{run}: has a tower but no {WORDS_FILE}; train it to its end first")
    return load_speech_recipe(recipe)


def _joined(trained: Trained, text: Path | None) -> Trained:
    if text is not None:
        other = open_trained(text).text
        if other is None:
            raise PolyvoxError(f"{text}: has no text half")
        trained = replace(trained, text=other)
    if trained.text and trained.speech and trained.text.dimension != trained.speech.dimension:
        raise PolyvoxError(
            f"text vectors have {trained.text.dimension} dimensions, speech vectors "
            f"{trained.speech.dimension}: the two halves are not of one space"
        )
    return trained


def _write_halves(trained: Trained, out: Path, precision: Precision, spoken: Spoken) -> Facts:
    facts: Facts = {}
    if trained.text:
        trained.text.write(out)
        facts |= _text_facts(trained.text, out)
    if trained.speech:
        read = StaticTextTower.load(out).encode if trained.text else None
        facts |= _write_speech(trained.speech, out, precision, spoken, read)
    return facts


def _text_facts(half: TextHalf, out: Path) -> Facts:
    lines = sample_texts()
    found = agreement(StaticTextTower.load(out).encode(lines), half.encode(lines))
    if found.mean_cosine < LEAST_COSINE:
        raise PolyvoxError(
            f"the light text half follows the trained one by a mean cosine of {found.mean_cosine:.4f} only"
        )
    return {"text_texts_compared": len(lines), "text_mean_cosine": round(found.mean_cosine, 6)}


def _write_speech(
    half: SpeechHalf, out: Path, precision: Precision, spoken: Spoken, read: ReadTexts | None
) -> Facts:
    program = speech_program(half.tower)
    recordings = [heard_part(audio, half.max_seconds) for audio in spoken.recordings]
    reference = tower_vectors(half.tower, recordings)

    def stored(storage: Storage) -> Vectors:
        write_program(program, out / MODEL_FILE, storage=storage, max_seconds=half.max_seconds)
        return LightSpeechTower.load(out).encode(recordings)

    whole = stored(Storage.FLOAT32)
    facts: Facts = {"opset": OPSET, "speech_recordings_compared": len(recordings), **_exact(whole, reference)}
    return facts | _weights(stored, whole, precision, spoken.texts, read)


def write_words(run: WordsRun, out: Path, precision: Precision, spoken: Spoken) -> Facts:
    """Write a tower of words beside the text half in `out`; gives and enters what was compared.

    Raises:
        PolyvoxError: it disagrees by more than rounding.
    """

    def stored(storage: Storage) -> Vectors:
        return run.store(storage, spoken.recordings)

    whole = stored(Storage.FLOAT32)
    facts: Facts = {
        "opset": OPSET,
        "sounds_recordings_compared": min(COMPARED, len(spoken.recordings)),
        "sounds_largest_difference": float(f"{run.largest_difference(spoken.recordings):.3g}"),
        "speech_recordings_compared": len(spoken.recordings),
    }
    facts |= _weights(stored, whole, precision, spoken.texts, StaticTextTower.load(out).encode)
    entered = read_manifest(out)
    write_manifest(out, replace(entered, export={**entered.export, **facts}))
    return facts


def _weights(
    stored: Callable[[Storage], Vectors],
    whole: Vectors,
    precision: Precision,
    texts: Sequence[str],
    read: ReadTexts | None,
) -> Facts:
    """Leave the weights behind that `precision` asks for; `whole` is what float32 makes of the recordings."""
    if precision is Precision.FLOAT32:
        return {"speech_weights": str(Storage.FLOAT32)}
    small = stored(Storage.INT8)
    close = agreement(small, whole)
    facts: Facts = {
        "int8_largest_difference": float(f"{close.largest:.3g}"),
        "int8_mean_cosine": round(close.mean_cosine, 6),
    }
    affordable = close.mean_cosine >= LEAST_COSINE
    if read is not None and texts:
        recalls = _recalls(whole, small, texts, read)
        facts |= recalls
        affordable = recalls["float32_recall_at_1"] - recalls["int8_recall_at_1"] < MOST_LOST
    if precision is Precision.INT8 or affordable:
        return {**facts, "speech_weights": str(Storage.INT8)}
    stored(Storage.FLOAT32)
    return {**facts, "speech_weights": str(Storage.FLOAT32)}


def _exact(whole: Vectors, reference: Vectors) -> Facts:
    found = agreement(whole, reference)
    if found.mean_cosine < LEAST_COSINE:
        raise PolyvoxError(
            f"the exported network disagrees with the trained one: mean cosine {found.mean_cosine:.4f}"
        )
    return {"float32_largest_difference": float(f"{found.largest:.3g}")}


def _recalls(whole: Vectors, small: Vectors, texts: Sequence[str], read: ReadTexts) -> dict[str, float]:
    pool = sorted(set(texts))
    numbers = {text: number for number, text in enumerate(pool)}
    right = np.array([numbers[text] for text in texts])
    vectors = read(pool)
    return {
        "recall_pool": len(pool),
        "float32_recall_at_1": round(recall(whole, vectors, right), 4),
        "int8_recall_at_1": round(recall(small, vectors, right), 4),
    }


def _manifest(
    trained: Trained, out: Path, described: ModelRecipe, facts: Facts, matryoshka: Sequence[int]
) -> Manifest:
    halves = [half for half in (trained.text, trained.speech) if half]
    dimension = halves[0].dimension
    widths = tuple(matryoshka) or (trained.text.matryoshka if trained.text else (dimension,))
    if any(not 1 <= width <= dimension for width in widths):
        raise PolyvoxError(f"the widths {list(widths)} do not lie between 1 and {dimension}")
    kept = (*TEXT_FILES, MODEL_FILE)
    return Manifest(
        name=described.name,
        version=described.version,
        dimension=dimension,
        matryoshka=widths,
        modalities=frozenset(
            ({Modality.TEXT} if trained.text else set()) | ({Modality.SPEECH} if trained.speech else set())
        ),
        files=file_hashes(out, [name for name in kept if (out / name).is_file()]),
        licence=described.licence,
        training_data=tuple(described.training_data),
        max_seconds=trained.speech.max_seconds if trained.speech else 0.0,
        export=facts,
    )


__all__ = ["CARD_FILE", "ExportReport", "Precision", "export_model", "write_words"]
