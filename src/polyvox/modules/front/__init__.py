"""Frozen speech fronts: what a trainable head hears with. Each kind is a file; `open_front` finds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from polyvox.errors import MissingExtraError, PolyvoxError
from polyvox.modules.front.protocol import Frames, SpeechFront
from polyvox.modules.front.settings import SETTINGS_FILE, Settings, read_settings

__all__ = ["FRONTS", "Frames", "SpeechFront", "open_front"]


def open_front(name: str, layers: Sequence[int] | None = None, stride: int = 0) -> SpeechFront:
    """Open a front.

    Args:
        name: "default" for the states inside the model that comes with polyvox; "log-mel"; the folder of a
            saved front, of a light model, of an encoder that the recipe `masked-speech` trained, or of a
            transformers checkpoint (wav2vec2, hubert, wav2vec2-bert, whisper); else a name on the Hugging
            Face hub, such as facebook/w2v-bert-2.0.
        layers: whose states are concatenated; 0 is what goes into the first, negative numbers count from the
            last, an empty sequence takes all. None takes those that the front was saved with, else the last.
        stride: so many neighbouring frames become their mean. 0 takes what the front was saved with, else
            brings the rate to about 25 frames a second.

    Raises:
        PolyvoxError: no such front or layer, or the folder holds none.
        MissingExtraError: the front needs the extra `train`.

    >>> open_front("log-mel").width, open_front("log-mel").rate
    (320, 25.0)
    """
    wanted = Settings(None if layers is None else tuple(layers), stride)
    if name in _NAMED:
        return _opened(_NAMED[name], name, wanted)
    folder = Path(name)
    if (folder / SETTINGS_FILE).is_file():
        kind, saved = read_settings(folder)
        if kind not in FRONTS:
            raise PolyvoxError(f"{folder}: the front {kind!r} is not one of {', '.join(FRONTS)}")
        kept = replace(
            saved,
            layers=saved.layers if wanted.layers is None else wanted.layers,
            stride=wanted.stride or saved.stride,
        )
        return _opened(FRONTS[kind], name, kept)
    if (folder / "speech.onnx").is_file():
        return _opened(FRONTS["light"], name, wanted)
    if name.endswith(_OMNI_ASR):
        return _opened(_omni_asr, name, wanted)
    if not folder.exists() and name.startswith(("/", "./", "../", "~")):
        raise PolyvoxError(f"{name}: there is no such folder")
    if folder.exists() and not (folder / "config.json").is_file():
        raise PolyvoxError(
            f"{name}: holds no speech front: no {SETTINGS_FILE}, no speech.onnx and no config.json of a "
            "transformers checkpoint"
        )
    return _opened(FRONTS["hub"], name, wanted)


Opener = Callable[[str, Settings], SpeechFront]


def _opened(opener: Opener, name: str, settings: Settings) -> SpeechFront:
    try:
        return opener(name, settings)
    except ImportError as error:
        raise MissingExtraError("train", f"the front {name!r}") from error


def _default(_: str, settings: Settings) -> SpeechFront:
    from polyvox.encode.load import default_model_folder
    from polyvox.modules.front.light import open_light

    return open_light(default_model_folder(), settings)


def _light(name: str, settings: Settings) -> SpeechFront:
    from polyvox.modules.front.light import open_light

    return open_light(Path(name), settings)


def _log_mel(_: str, settings: Settings) -> SpeechFront:
    from polyvox.modules.front.log_mel import open_log_mel

    return open_log_mel(settings)


def _hub(name: str, settings: Settings) -> SpeechFront:
    from polyvox.modules.front.hub import open_hub

    return open_hub(name, settings)


def _omni_asr(name: str, settings: Settings) -> SpeechFront:
    from polyvox.modules.front.omni_asr import open_omni_asr

    return open_omni_asr(Path(name), settings)


def _masked(name: str, settings: Settings) -> SpeechFront:
    from polyvox.modules.front.masked import open_masked

    return open_masked(Path(name), settings)


_OMNI_ASR = ".pt"
_NAMED: Mapping[str, Opener] = {"default": _default, "log-mel": _log_mel}
FRONTS: Mapping[str, Opener] = {"light": _light, "log-mel": _log_mel, "hub": _hub, "masked": _masked}
"""The kinds by the name that `front.json` gives them."""
