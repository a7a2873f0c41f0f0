"""What can be exported: the kinds of trained models, opened as their two halves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from polyvox.encode.manifest import MANIFEST_FILE, read_manifest
from polyvox.encode.protocol import Vectors
from polyvox.encode.static import (
    SCALES_FILE,
    TABLE_FILE,
    TEXT_FILES,
    TOKENIZER_FILE,
    StaticTextTower,
    packed,
    save_tower,
)
from polyvox.encode.subwords import write_tokenizer
from polyvox.errors import MissingExtraError, PolyvoxError
from polyvox.train.export_speech import MAX_SECONDS

if TYPE_CHECKING:
    from polyvox.modules.direct_tower import DirectTower
    from polyvox.modules.speech_tower import SpeechTower

_MODULES = "modules.json"
_ROUTES = "router_config.json"
_TOWER_CONFIG = "config.json"
_SPEECH_SETTINGS = "speech.json"
_SPEECH_MODULE = "polyvox.modules.speech.Speech"
_PACKED_SCALES = 4
_MODEL_OF_A_RUN = "model"
WORDS_CONFIG = "words.json"
"""What `polyvox.modules.word_tower` writes; named here too, because that module needs torch."""


@dataclass(frozen=True, slots=True)
class TextHalf:
    """A text tower: `write` puts its three files into a folder, `encode` is the trained original."""

    write: Callable[[Path], None]
    encode: Callable[[Sequence[str]], Vectors]
    dimension: int
    matryoshka: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SpeechHalf:
    """A speech tower and the longest recording that it hears whole, in seconds."""

    tower: SpeechTower | DirectTower
    max_seconds: float = MAX_SECONDS

    @property
    def dimension(self) -> int:
        """Width of the vectors."""
        return self.tower.meaning.config.dimension


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained model, of which one half may be missing."""

    text: TextHalf | None = None
    speech: SpeechHalf | None = None


def open_trained(folder: Path) -> Trained:
    """Open a trained model.

    Args:
        folder: a speech tower (`config.json`, `model.safetensors`), a light model (`model.json`; its text
            half only), or a sentence-transformers model whose modules are ours or one `StaticEmbedding`.

    Raises:
        PolyvoxError: it is none of these, or damaged.
        MissingExtraError: sentence-transformers is needed and missing.
    """
    for mark, opened in _KINDS:
        if (folder / mark).is_file():
            return opened(folder)
    if (folder / "speech" / "tower" / WORDS_CONFIG).is_file():
        raise PolyvoxError(
            f"{folder}: is a whole run; give the folder of its tower of words, {folder / 'speech'}"
        )
    if (folder / WORDS_CONFIG).is_file():
        raise PolyvoxError(
            f"{folder}: a tower of words needs the words beside it; give the folder of its run, "
            f"{folder.parent}"
        )
    inside = folder / _MODEL_OF_A_RUN
    if any((inside / mark).is_file() for mark, _ in _KINDS):
        raise PolyvoxError(f"{folder}: is the folder of a run; give its model, {inside}")
    raise PolyvoxError(
        f"{folder}: not a trained model; expected a folder with {', '.join(mark for mark, _ in _KINDS)}"
    )


def open_tower(folder: Path) -> SpeechTower | DirectTower:
    """Open a speech tower of either kind.

    Raises:
        PolyvoxError: the folder holds none.
    """
    from polyvox.modules.direct_tower import DirectTower
    from polyvox.modules.speech_tower import SpeechTower

    try:
        config = json.loads((folder / _TOWER_CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PolyvoxError(f"{folder} holds no speech tower ({error})") from error
    if not {"inventory", "sounds", "meaning"} <= set(config):
        raise PolyvoxError(f"{folder} holds no speech tower: its {_TOWER_CONFIG} is of another kind of model")
    return SpeechTower.load(folder) if "blank_bias" in config else DirectTower.load(folder)


def _tower(folder: Path) -> Trained:
    return Trained(speech=SpeechHalf(open_tower(folder)))


def _speech_module(folder: Path) -> Trained:
    settings = json.loads((folder / _SPEECH_SETTINGS).read_text(encoding="utf-8"))
    return Trained(speech=SpeechHalf(open_tower(folder), float(settings["max_seconds"])))


def _light(folder: Path) -> Trained:
    """Only the text half: the speech half of a light model has been exported already."""
    tower = StaticTextTower.load(folder)

    def write(into: Path) -> None:
        for name in TEXT_FILES:
            shutil.copy(folder / name, into / name)

    return Trained(TextHalf(write, tower.encode, tower.dimension, read_manifest(folder).matryoshka))


def _space(folder: Path) -> Trained:
    from polyvox.modules.space import open_space
    from polyvox.modules.speech import Speech
    from polyvox.modules.static_text import StaticText

    model = open_space(folder)
    _refuse_prompts(model, folder)
    routes: Any = model[0].sub_modules
    text, speech = list(routes["text"]), list(routes["audio"])
    if not isinstance(speech[0], Speech):
        raise PolyvoxError(
            f"{folder}: its speech half is a {type(speech[0]).__name__}, which has no light form; only "
            'towers that hear by themselves have one (student = "direct" or "sounds"). polyvox index --model '
            "takes the folder as it is"
        )
    if not isinstance(text[0], StaticText):
        raise PolyvoxError(
            f"{folder}: the light form reads text with static vectors only, this model with "
            f"{type(text[0]).__name__}; export its speech half alone from the folder that holds "
            f"{_SPEECH_SETTINGS}"
        )
    half = _static_text(text[0], _encoder_of(model))
    return Trained(half, SpeechHalf(speech[0].tower, speech[0].max_seconds))


def _static_text(module: Any, encode: Callable[[Sequence[str]], Vectors]) -> TextHalf:  # noqa: ANN401
    levels, scales = module.table.cpu().numpy(), module.scales.cpu().numpy()
    half_bytes = scales.shape[1] == _PACKED_SCALES and levels.min() >= -8 and levels.max() <= 7

    def write(into: Path) -> None:
        np.save(into / TABLE_FILE, packed(levels) if half_bytes else levels)
        np.save(into / SCALES_FILE, scales.astype(np.float16))
        write_tokenizer(into / TOKENIZER_FILE, module.tokenizer.to_str())

    return TextHalf(write, encode, levels.shape[1], (levels.shape[1],))


def _sentence_transformer(folder: Path) -> Trained:
    listed = json.loads((folder / _MODULES).read_text(encoding="utf-8"))
    if [module["type"] for module in listed] == [_SPEECH_MODULE]:
        return _speech_module(folder / listed[0]["path"])
    try:
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    except ImportError as error:
        raise MissingExtraError("train", f"opening the model {folder}") from error
    try:
        model = SentenceTransformer(str(folder), trust_remote_code=False, local_files_only=True)
    except Exception as error:
        raise PolyvoxError(
            f"{folder}: cannot be opened as a sentence-transformers model ({error})"
        ) from error
    _refuse_prompts(model, folder)
    first = model[0]
    others = [type(module).__name__ for module in list(model)[1:] if type(module).__name__ != "Normalize"]
    if not isinstance(first, StaticEmbedding) or others:
        raise PolyvoxError(
            f"{folder}: the light form holds static text models and our speech towers; this model is made of "
            f"{', '.join(type(module).__name__ for module in model)}. It can be used as it is, by its name, "
            "with the extra 'hub'"
        )
    table = first.embedding.weight.detach().cpu().numpy().astype(np.float32)
    tokenizer = first.tokenizer.to_str()

    def write(into: Path) -> None:
        save_tower(into, table, tokenizer)

    return Trained(TextHalf(write, _encoder_of(model), table.shape[1], (table.shape[1],)))


def _encoder_of(model: Any) -> Callable[[Sequence[str]], Vectors]:  # noqa: ANN401 - the library has no types
    def encode(texts: Sequence[str]) -> Vectors:
        found = model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(found, np.float32)

    return encode


def _refuse_prompts(model: Any, folder: Path) -> None:  # noqa: ANN401 - the library has no types
    used = {name: prompt for name, prompt in (model.prompts or {}).items() if prompt}
    if used:
        raise PolyvoxError(f"{folder}: the light form has no prompts, this model has {', '.join(used)}")


_KINDS: Sequence[tuple[str, Callable[[Path], Trained]]] = (
    (MANIFEST_FILE, _light),
    (_ROUTES, _space),
    (_MODULES, _sentence_transformer),
    (_SPEECH_SETTINGS, _speech_module),
    (_TOWER_CONFIG, _tower),
)
"""The file that tells a kind of model, and how it is opened; the first that is there counts."""
