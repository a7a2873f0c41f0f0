"""The end of a run: speech and the language model over the text model, one saved model, one table."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from polyvox.modules.bottleneck import Bottleneck, open_bottleneck
from polyvox.modules.front import SpeechFront, open_front
from polyvox.modules.fused_speech import FusedSpeech
from polyvox.modules.heads.sentence import SentenceHead
from polyvox.modules.sentence_reader import SentenceReader
from polyvox.modules.space import join
from polyvox.train.order_file import write_json
from polyvox.train.progress import say
from polyvox.train.sonar.corpus import Corpus
from polyvox.train.sonar.folders import FIGURES, MODEL, claim
from polyvox.train.sonar.later_sections import Spectrum, Speech
from polyvox.train.sonar.loop import spent
from polyvox.train.sonar.recipe import Recipe, identity
from polyvox.train.sonar.recordings import read_recordings
from polyvox.train.sonar.spectrum_stage import (
    new_reader,
    next_questions,
    source_questions,
    spectrum_figures,
    train_reader,
)
from polyvox.train.sonar.speech_stage import (
    Listened,
    hear,
    listen,
    new_head,
    shuffled,
    speech_figures,
    train_head,
)
from polyvox.train.sonar.table import write_table
from polyvox.train.split import Part

SPEECH, SPECTRUM, FRAMES, HEAD, CONTROL = "speech", "spectrum", "frames", "head", "control"
TABLE = "table.md"


def finish(recipe: Recipe, data: Path, out: Path, text: Path, key: str, corpus: Callable[[], Corpus]) -> Path:
    """Speech, Spectrum, the joined model and the table.

    Args:
        recipe: what to do.
        data: folder with `speech`.
        out: folder of the run.
        text: the last text model; it is frozen.
        key: identity of the stage that made it.
        corpus: the text, read when it is needed.

    Returns:
        The folder of the whole model, which sentence-transformers and polyvox open.
    """
    model = open_bottleneck(text).requires_grad_(False)
    heard = None
    if recipe.speech:
        front = open_front(recipe.speech.front, recipe.speech.layers or None)
        claim(out / SPEECH, identity(recipe, recipe.speech, f"{key} {front.fingerprint}"), SPEECH)
        head = _speech(model, front, recipe, recipe.speech, data, out)
        heard = FusedSpeech(front, head, recipe.speech.max_seconds)
    if recipe.spectrum:
        claim(out / SPECTRUM, identity(recipe, recipe.spectrum, key), SPECTRUM)
        _spectrum(model, recipe, recipe.spectrum, corpus, out / SPECTRUM)
    _join(model, recipe, heard, out / MODEL)
    say(write_table(recipe, out, out / TABLE))
    return out / MODEL


def _speech(
    model: Bottleneck, front: SpeechFront, recipe: Recipe, section: Speech, data: Path, out: Path
) -> SentenceHead:
    folder = out / SPEECH
    if (folder / FIGURES).is_file():
        return SentenceHead.load(folder / HEAD)
    say("stage speech")
    recordings = read_recordings(data / "speech", section.sets, section.languages, list(model.tags))
    listened = listen(recordings, front, model, section, out / FRAMES)
    figures: dict[str, Any] = {"trained_on": len(listened.of(Part.TRAIN).heard)}
    head = _head(listened, section, model, folder, recipe.seed)
    test = listened.of(Part.TEST)
    figures["languages"] = speech_figures(model, hear(head, test), test)
    if section.control:
        control = _head(shuffled(listened, recipe.seed), section, model, folder / CONTROL, recipe.seed)
        figures["control"] = speech_figures(model, hear(control, test), test, decode=False)
    for pooling in section.compared:
        other = replace(section, pooling=pooling, compared=(), start="")
        compared = _head(listened, other, model, folder / pooling, recipe.seed)
        figures[pooling] = speech_figures(model, hear(compared, test), test, decode=False)
    figures["seconds"] = spent(folder)
    write_json(folder / FIGURES, figures)
    return head


def _head(listened: Listened, section: Speech, model: Bottleneck, folder: Path, seed: int) -> SentenceHead:
    """The trained head in `folder`, or the one that the section names."""
    if section.start and folder.name == SPEECH:
        return SentenceHead.load(Path(section.start) / HEAD)
    if not (folder / HEAD).is_dir():
        head = new_head(section, listened.store.width, model.get_embedding_dimension(), seed)
        train_head(head, listened, section, folder, seed)
        partial = folder / f"{HEAD}.partial"
        head.save(partial)
        partial.replace(folder / HEAD)
    return SentenceHead.load(folder / HEAD)


def _spectrum(
    model: Bottleneck, recipe: Recipe, section: Spectrum, corpus: Callable[[], Corpus], folder: Path
) -> None:
    if (folder / FIGURES).is_file():
        return
    say("stage spectrum")
    text, pivot = corpus(), recipe.text.pivot
    if not (folder / MODEL).is_dir():
        reader = new_reader(model, section, recipe.seed)
        lessons = [
            source_questions(model, text.train, pivot),
            next_questions(model, text.train[section.passages], pivot, section, recipe.seed),
        ]
        train_reader(reader, lessons, section, folder, recipe.seed)
        reader.save(folder / f"{MODEL}.partial")
        (folder / f"{MODEL}.partial").replace(folder / MODEL)
    reader = SentenceReader.load(folder / MODEL)
    languages = [language for language in model.tags if language != "und"]
    figures: dict[str, Any] = {"languages": spectrum_figures(reader, model, text, languages, section)}
    write_json(folder / FIGURES, figures | {"seconds": spent(folder)})


def _join(model: Bottleneck, recipe: Recipe, heard: FusedSpeech | None, folder: Path) -> None:
    """The model of the run as a SentenceTransformer; a language's name is the name of its prompt."""
    from sentence_transformers import SentenceTransformer

    prompts = {language: language for language in model.tags}
    if heard is not None:
        made = join([model], heard, prompts)
    else:
        made = SentenceTransformer(modules=[model], prompts=prompts, device="cpu")
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    made.save(str(partial), create_model_card=False)
    (partial / "README.md").write_text(_card(recipe), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    partial.replace(folder)


def _card(recipe: Recipe) -> str:
    said = [f"# A sentence space of {', '.join(recipe.languages())}", ""]
    said += [f"Licence of the weights: {recipe.licence or 'not stated'}.", ""]
    said += [f"Stages: {', '.join(name for name, _ in recipe.stages())}. Seed {recipe.seed}.", ""]
    said += [f"Text: {', '.join(f'train-{name}' for name in recipe.text.sources)}."]
    if recipe.speech:
        said += [f"Speech: {', '.join(recipe.speech.sets)}, front {recipe.speech.front}."]
    return "\n".join(said) + "\n"
