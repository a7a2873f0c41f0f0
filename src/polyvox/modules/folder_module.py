"""What our sentence-transformers modules share: they live in a folder, and some of them take recordings."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from sentence_transformers.base.modality_types import Modality
from sentence_transformers.base.modules import InputModule
from torch import Tensor

from polyvox.errors import PolyvoxError
from polyvox.item import SAMPLING_RATE, Audio

DEFAULT_SECONDS = 20.0


class FolderModule(InputModule):
    """A module that is written to a folder and read from one, of this machine or of the hub.

    Attributes:
        marker: the file by which such a folder is known.
        kind: what it holds, in words.
    """

    save_in_root = False
    marker: ClassVar[str]
    kind: ClassVar[str]

    @abstractmethod
    def write(self, folder: Path) -> None:
        """Write everything that `read` needs; weights are always safetensors."""

    @classmethod
    @abstractmethod
    def read(cls, folder: Path) -> Self:
        """Read what `write` wrote."""

    def save(self, output_path: str, *args: Any, safe_serialization: bool = True, **settings: Any) -> None:  # noqa: ANN401
        """Write the module; the folder is made where it is missing."""
        folder = Path(output_path)
        folder.mkdir(parents=True, exist_ok=True)
        self.write(folder)

    @classmethod
    def load(
        cls,
        model_name_or_path: str,
        subfolder: str = "",
        token: bool | str | None = None,
        cache_folder: str | None = None,
        revision: str | None = None,
        local_files_only: bool = False,
        init_defaults: dict[str, Any] | None = None,
        **settings: Any,  # noqa: ANN401 - the library passes what other modules take
    ) -> Self:
        """Read what `save` wrote, from a folder or the hub.

        Raises:
            PolyvoxError: there is no such module.
        """
        places = (token, cache_folder, revision, local_files_only)
        found = cls.load_dir_path(model_name_or_path, subfolder, *places)
        if not found or not (Path(found) / cls.marker).is_file():
            raise PolyvoxError(f"{model_name_or_path}/{subfolder} holds no {cls.kind}: no {cls.marker}")
        return cls.read(Path(found))


class RecordingsModule(FolderModule):
    """A module that turns recordings into vectors.

    Args:
        max_seconds: what comes later in a recording is not heard.

    Attributes:
        can_be_told: whether it hears better for the languages that a recording names.
    """

    can_be_told: ClassVar[bool] = False

    def __init__(self, max_seconds: float = DEFAULT_SECONDS) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.max_seconds = max_seconds

    @property
    def modalities(self) -> list[Modality]:
        """What this module takes."""
        return ["audio"]

    @abstractmethod
    def batch(self, recordings: Sequence[Any]) -> dict[str, Any]:
        """What `forward` takes, of several recordings."""

    def preprocess(
        self,
        inputs: Sequence[Any],
        prompt: str | None = None,
        **settings: Any,  # noqa: ANN401 - the library passes what other modules take
    ) -> dict[str, Any]:
        """Recordings to what `forward` takes; a prompt has no meaning here.

        Args:
            inputs: each a mono 16 kHz array, `{"array", "sampling_rate"}` and maybe `"languages"`, an
                `Audio`, a path, or what the module says that it keeps of recordings.
            prompt: not used.
            settings: not used.

        Raises:
            PolyvoxError: a recording is not at 16 kHz or not mono.
            ReadError: a path cannot be read.
        """
        return {**self.batch(inputs), "modality": "audio"}

    def audio(self, recording: object) -> Audio:
        """The part of a recording that is heard, in the languages that it names."""
        return Audio(samples(recording)[: int(self.max_seconds * SAMPLING_RATE)], _languages(recording))


def _languages(recording: object) -> tuple[str, ...]:
    if isinstance(recording, Audio):
        return recording.languages
    return tuple(recording.get("languages", ())) if isinstance(recording, Mapping) else ()


def samples(recording: object) -> np.ndarray[Any, np.dtype[np.float32]]:
    """The samples of anything that stands for a recording.

    Raises:
        PolyvoxError: not at 16 kHz, or not mono.
        ReadError: a path cannot be read.

    >>> samples({"array": [0.0, 0.5], "sampling_rate": 16_000})
    array([0. , 0.5], dtype=float32)
    """
    if isinstance(recording, Audio):
        return recording.samples
    if isinstance(recording, str | Path):
        from polyvox.read.sound import load_audio

        return load_audio(recording).samples
    if isinstance(recording, Mapping):
        rate = recording["sampling_rate"]
        if rate != SAMPLING_RATE:
            raise PolyvoxError(
                f"speech must be at {SAMPLING_RATE} Hz, got {rate}; resample it or give a path"
            )
        recording = recording["array"]
    if isinstance(recording, Tensor):
        recording = recording.detach().cpu().numpy()
    found = np.asarray(recording, np.float32)
    if found.ndim != 1:
        raise PolyvoxError(f"speech must be mono, one dimension; got shape {found.shape}")
    return found
