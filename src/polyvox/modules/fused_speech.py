"""A frozen front and a head over its frames as a sentence-transformers module: recordings in, vectors out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from polyvox.errors import PolyvoxError
from polyvox.modules.folder_module import DEFAULT_SECONDS, RecordingsModule
from polyvox.modules.front import Frames, SpeechFront, open_front
from polyvox.modules.heads.attention import AttentionHead
from polyvox.modules.heads.sentence import SentenceHead
from polyvox.modules.heads.widths import NestedHead, SeparateHeads
from polyvox.modules.late_fusion import LateFusion

FusedHead = LateFusion | SeparateHeads | NestedHead | AttentionHead | SentenceHead
BesideHead = type[SeparateHeads] | type[NestedHead] | type[AttentionHead] | type[SentenceHead]
HEADS_BESIDE: Mapping[str, BesideHead] = {
    "attention": AttentionHead,
    "separate": SeparateHeads,
    "nested": NestedHead,
    "sentence": SentenceHead,
}
"""The heads that need no text model, by name."""
_LATE = "late"


class FusedSpeech(RecordingsModule):
    """Recordings to unit vectors, `sentence_embedding` (B, dimension), through a frozen front.

    Args:
        front: hears; it gives the same frames in any batch and has no gradient.
        head: makes a vector of frames.
        max_seconds: what comes later in a recording is not heard.
    """

    marker, kind = "fused.json", "fused speech"

    def __init__(
        self, front: SpeechFront, head: FusedHead | Unfused, max_seconds: float = DEFAULT_SECONDS
    ) -> None:
        super().__init__(max_seconds)
        self.front = front
        self.head = head

    def get_embedding_dimension(self) -> int:
        """Width of the vectors."""
        return self.head.dimension

    def attach(self, text: Sequence[nn.Module]) -> None:
        """Fuse a late-fusion head that was just loaded into its text model; nothing to do for other heads."""
        if isinstance(self.head, Unfused):
            self.head = LateFusion.load(self.head.folder, text)

    def batch(self, recordings: Sequence[Any]) -> dict[str, Any]:
        """Padded frames (B, T, front) and their mask (B, T).

        `{"frames"}` of the front that were kept stand for a recording, too.
        """
        padded, mask = padded_frames([self._frames(recording) for recording in recordings])
        return {"input_features": padded, "mask": mask}

    def _frames(self, recording: object) -> Frames:
        if isinstance(recording, Mapping) and "frames" in recording:
            return np.asarray(recording["frames"], np.float32)
        return self.front.frames([self.audio(recording)])[0]

    def forward(self, features: dict[str, Any], **settings: Any) -> dict[str, Any]:  # noqa: ANN401
        """Add `sentence_embedding` (B, dimension) to the features, unless they are a teacher's already."""
        if "input_features" in features:
            features["sentence_embedding"] = self.head(features["input_features"], features["mask"])
        return features

    def get_config_dict(self) -> dict[str, Any]:
        """What `fused.json` holds."""
        kinds = {kind: name for name, kind in HEADS_BESIDE.items()}
        return {"head": kinds.get(type(self.head), _LATE), "max_seconds": self.max_seconds}  # type: ignore[arg-type]

    def write(self, folder: Path) -> None:
        """Write the front, the head and `fused.json`."""
        self.front.save(folder / "front")
        self.head.save(folder / "head")
        (folder / self.marker).write_text(json.dumps(self.get_config_dict()) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> FusedSpeech:
        """Read what `write` wrote; a late-fusion head waits for `attach`.

        Raises:
            PolyvoxError: it has an unknown head.
        """
        config = json.loads((folder / cls.marker).read_text(encoding="utf-8"))
        front, kind = open_front(str(folder / "front")), config["head"]
        if kind == _LATE:
            return cls(front, Unfused(folder / "head"), config["max_seconds"])
        if kind not in HEADS_BESIDE:
            raise PolyvoxError(
                f"{folder}: the head {kind!r} is not one of {_LATE}, {', '.join(HEADS_BESIDE)}"
            )
        return cls(front, HEADS_BESIDE[kind].load(folder / "head"), config["max_seconds"])


class Unfused(nn.Module):
    """A saved late-fusion head whose text model is not known yet.

    Args:
        folder: where it was saved.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    @property
    def dimension(self) -> int:
        """Not known before it is fused."""
        raise PolyvoxError(_unfused(self.folder))

    def forward(self, frames: Tensor, mask: Tensor) -> Tensor:
        """Cannot be done without the text model."""
        raise PolyvoxError(_unfused(self.folder))

    def save(self, folder: Path) -> None:
        """Cannot be done without the text model."""
        raise PolyvoxError(_unfused(self.folder))


def _unfused(folder: Path) -> str:
    return f"{folder}: late fusion needs its text model; open the whole model with `open_space`"


def padded_frames(frames: Sequence[NDArray[np.float32]]) -> tuple[Tensor, Tensor]:
    """Frames of several recordings as one batch (B, T, width), and the mask (B, T) of what is content.

    >>> padded, mask = padded_frames([np.ones((2, 1), np.float32), np.ones((1, 1), np.float32)])
    >>> padded[..., 0].tolist(), mask.tolist()
    ([[1.0, 1.0], [1.0, 0.0]], [[True, True], [True, False]])
    """
    lengths = torch.tensor([len(one) for one in frames])
    batch = torch.zeros(len(frames), max(1, int(lengths.max())), frames[0].shape[1])
    for row, one in zip(batch, frames, strict=True):
        row[: len(one)] = torch.from_numpy(np.asarray(one, np.float32))
    return batch, torch.arange(batch.shape[1]) < lengths[:, None]
