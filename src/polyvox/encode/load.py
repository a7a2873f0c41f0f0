"""From a model's name to an encoder."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from polyvox.encode.manifest import MANIFEST_FILE
from polyvox.encode.protocol import Encoder
from polyvox.errors import PolyvoxError

DEFAULT_MODEL = "default"
SOUNDS_MODEL = "sounds"


def load_encoder(name: str | Path = DEFAULT_MODEL, dimension: int | None = None) -> Encoder:
    """Open a model.

    Args:
        name: `default` for the model that comes with polyvox, `sounds` for what it hears in any language
            without words (speech only), a folder with a `model.json`, or else the path or name of a
            sentence-transformers model (needs the extra `hub`).
        dimension: a shorter width, for models that were trained to have one; the full width where None.

    Raises:
        PolyvoxError: there is no such model, it cannot be read, or it has no such dimension.
        MissingExtraError: a sentence-transformers model without the extra `hub`.

    >>> load_encoder(dimension=64).encode_text(["Habari ya asubuhi"]).shape
    (1, 64)
    """
    if str(name) == SOUNDS_MODEL:
        from polyvox.encode.sounds import SoundsEncoder

        return SoundsEncoder(default_model_folder(), dimension)
    folder = default_model_folder() if str(name) == DEFAULT_MODEL else Path(name)
    if (folder / MANIFEST_FILE).is_file() or str(name) == DEFAULT_MODEL:
        from polyvox.encode.light import LightEncoder

        # An index remembers the source, and is opened from other working folders.
        source = DEFAULT_MODEL if str(name) == DEFAULT_MODEL else str(folder.absolute())
        return LightEncoder(folder, dimension, source=source)
    if str(name).startswith(("/", "./", "../")) and not folder.exists():
        raise PolyvoxError(f"{name}: there is no such model folder")
    from polyvox.encode.hub import HubEncoder

    return HubEncoder(str(folder.absolute()) if folder.is_dir() else str(name), dimension)


def default_model_folder() -> Path:
    """Where the model that comes with polyvox lies."""
    return Path(str(resources.files("polyvox") / "models" / DEFAULT_MODEL))
