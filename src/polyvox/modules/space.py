"""One space for two modalities: a text model and a speech module in one sentence-transformers model.

sentence-transformers (from 6.0) does not import a module class of another package by the name that a model
folder gives, unless the caller says `trust_remote_code=True`. `open_space` needs no such trust: it hands over
our own classes, and no name from the folder is imported.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyvox.errors import PolyvoxError
from polyvox.modules.sentence_space import is_sentence_space, open_sentence_space
from polyvox.modules.spoken_space import is_spoken_space, open_spoken_space

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from polyvox.modules.fused_speech import FusedSpeech
    from polyvox.modules.heard_words import HeardWords
    from polyvox.modules.speech import Speech
    from polyvox.modules.two_branches import TwoBranches

_ROUTES = "router_config.json"
_MODULES = "modules.json"
_SETTINGS = "config_sentence_transformers.json"
_OURS = "polyvox.modules."


def join(
    text: Sequence[Any],
    speech: Speech | FusedSpeech | HeardWords | TwoBranches,
    prompts: Mapping[str, str] | None = None,
) -> SentenceTransformer:
    """A model that reads text with `text` and hears with `speech`.

    Args:
        text: the modules of a text model, in order; its vectors are as wide as the speech module's.
        speech: hears.
        prompts: of the text model.

    Raises:
        PolyvoxError: the two widths differ.
    """
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Router

    router = Router(
        {"text": list(text), "audio": [speech]},
        default_route="text",
        route_mappings={(None, "text"): "text", (None, "audio"): "audio"},
    )
    wide = {name: _width(route) for name, route in router.sub_modules.items()}
    if wide["text"] != wide["audio"]:
        raise PolyvoxError(f"text vectors have {wide['text']} dimensions, speech vectors {wide['audio']}")
    device = str(next(speech.parameters()).device)
    return SentenceTransformer(modules=[router], prompts=dict(prompts or {}), device=device)


def _width(route: Any) -> int:  # noqa: ANN401 - a chain of library modules
    return next(
        int(module.get_embedding_dimension())
        for module in reversed(list(route))
        if hasattr(module, "get_embedding_dimension")
    )


def is_space(folder: Path) -> bool:
    """Whether a folder holds a model with a module of ours, such as `join` makes."""
    routes = folder / _ROUTES
    if is_spoken_space(folder) or is_sentence_space(folder):
        return True
    return routes.is_file() and f'"{_OURS}' in routes.read_text(encoding="utf-8")


def open_space(folder: Path) -> SentenceTransformer:
    """Open a saved model of text and speech.

    Raises:
        PolyvoxError: the folder is not one, or damaged.
    """
    if is_spoken_space(folder):
        return open_spoken_space(folder)
    if is_sentence_space(folder):
        return open_sentence_space(folder)
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Router

    from polyvox.modules.bottleneck import Bottleneck
    from polyvox.modules.fused_speech import FusedSpeech
    from polyvox.modules.heard_words import HeardWords
    from polyvox.modules.speech import Speech
    from polyvox.modules.static_text import StaticText
    from polyvox.modules.two_branches import TwoBranches

    kinds = (Bottleneck, FusedSpeech, HeardWords, Speech, StaticText, TwoBranches)
    classes = {f"{kind.__module__}.{kind.__qualname__}": kind for kind in kinds}
    try:
        modules = json.loads((folder / _MODULES).read_text(encoding="utf-8"))
        settings = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PolyvoxError(f"{folder}: not a model of text and speech ({error})") from error
    if len(modules) != 1 or not is_space(folder):
        raise PolyvoxError(f"{folder}: not a model of text and speech as polyvox writes it")
    router = Router.load(str(folder), local_files_only=True, module_classes=classes)
    routes: Mapping[str, Any] = router.sub_modules  # type: ignore[assignment]
    for module in routes["audio"]:
        if isinstance(module, FusedSpeech):
            module.attach(list(routes["text"]))
    return SentenceTransformer(
        modules=[router],
        prompts=settings.get("prompts") or {},
        default_prompt_name=settings.get("default_prompt_name"),
        similarity_fn_name=settings.get("similarity_fn_name"),
    )
