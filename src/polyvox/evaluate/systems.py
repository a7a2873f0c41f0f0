"""From the name of a system to an encoder: a model, or a cascade of a recogniser and a model."""

from __future__ import annotations

from collections.abc import Callable

from polyvox.encode import Encoder, load_encoder
from polyvox.errors import PolyvoxError
from polyvox.evaluate.recognise import WhisperTask

CASCADE = "cascade:"
_FORM = "cascade:RECOGNISER+MODEL, such as 'cascade:pocketsphinx+default' or 'cascade:whisper=FOLDER+default'"


def load_system(name: str, dimension: int | None = None) -> Encoder:
    """Open what an evaluation measures.

    Args:
        name: whatever `load_encoder` takes, or `cascade:RECOGNISER+MODEL`, where RECOGNISER is
            `pocketsphinx`, `whisper=CHECKPOINT` or `whisper-translate=CHECKPOINT`.
        dimension: a shorter width of the vectors; the full width where None.

    Raises:
        PolyvoxError: there is no such recogniser or model.
        MissingExtraError: it needs packages that are not installed.

    >>> load_system("default", 64).card.dimension
    64
    """
    if not name.startswith(CASCADE):
        return load_encoder(name, dimension)
    # A checkpoint's path may hold a plus sign; the name of a text model after it rarely does.
    recogniser, plus, model = name.removeprefix(CASCADE).rpartition("+")
    kind, _, checkpoint = recogniser.partition("=")
    if not (plus and model) or kind not in _CASCADES:
        raise PolyvoxError(f"{name!r}: is not {_FORM}; the recognisers are {', '.join(_CASCADES)}")
    return _CASCADES[kind](checkpoint, load_encoder(model, dimension), name)


def _pocketsphinx(checkpoint: str, text_encoder: Encoder, source: str) -> Encoder:
    from polyvox.evaluate.cascade import PocketsphinxCascade

    if checkpoint:
        raise PolyvoxError(f"{source!r}: pocketsphinx has its own model; leave '={checkpoint}' out")
    return PocketsphinxCascade(text_encoder, source=source)


def _whisper(checkpoint: str, text_encoder: Encoder, source: str) -> Encoder:
    return _whisper_for(WhisperTask.TRANSCRIBE, checkpoint, text_encoder, source)


def _whisper_translate(checkpoint: str, text_encoder: Encoder, source: str) -> Encoder:
    return _whisper_for(WhisperTask.TRANSLATE, checkpoint, text_encoder, source)


def _whisper_for(task: WhisperTask, checkpoint: str, text_encoder: Encoder, source: str) -> Encoder:
    from polyvox.evaluate.cascade import WhisperCascade

    if not checkpoint:
        raise PolyvoxError(f"{source!r}: name the checkpoint, as in 'cascade:whisper=FOLDER+default'")
    return WhisperCascade(checkpoint, text_encoder, task=task, source=source)


_CASCADES: dict[str, Callable[[str, Encoder, str], Encoder]] = {
    "pocketsphinx": _pocketsphinx,
    "whisper": _whisper,
    "whisper-translate": _whisper_translate,
}
