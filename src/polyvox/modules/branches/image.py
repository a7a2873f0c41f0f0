"""The spectrogram branch of full size: a picture of the log-mel spectrogram, seen by an image model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from polyvox.encode.features import CLIP, log_mel
from polyvox.errors import PolyvoxError
from polyvox.item import Audio
from polyvox.modules.branches.protocol import BRANCH_FILE, Views, unit_rows

KIND = "image"
_PROCESSOR = "preprocessor_config.json"
_SIDE = 224
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet, for checkpoints that do not say theirs."""


class ImageBranch:
    """The pooled output of a frozen image model of the transformers library, such as google/efficientnet-b7.

    CLASP draws a coloured plot, leaves its colours as they are and takes the 1,000 class scores; here the
    spectrogram itself is the picture, in grey, normalised as the checkpoint wants it, and the vector is the
    pooled output before the classes.

    Args:
        model: its output has `pooler_output`.
        processor: what `preprocessor_config.json` says.
    """

    def __init__(self, model: Any, processor: Mapping[str, Any]) -> None:  # noqa: ANN401
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self._model = model.eval().requires_grad_(False).to(device)
        self._processor = dict(processor)

    @cached_property
    def width(self) -> int:
        """Values of a vector."""
        return int(self.views([Audio(np.zeros(1600, np.float32))]).shape[1])

    @cached_property
    def fingerprint(self) -> str:
        """Over the weights and the processor."""
        digest = hashlib.sha256(json.dumps(self._processor, sort_keys=True, default=str).encode())
        for name, weights in sorted(self._model.state_dict().items()):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(weights.cpu().float().numpy()).data)
        return f"{KIND}-{digest.hexdigest()[:16]}"

    @torch.inference_mode()
    def views(self, recordings: Sequence[Audio]) -> Views:
        """One row a recording, (N, width)."""
        rows = []
        for recording in recordings:
            seen = self._model(self._picture(recording))
            pooled = seen.pooler_output if seen.pooler_output is not None else seen.last_hidden_state.mean(1)
            rows.append(pooled.flatten(1)[0].float().cpu().numpy())
        return unit_rows(np.stack(rows)) if rows else np.zeros((0, self.width), np.float32)

    def save(self, folder: Path) -> None:
        """Write the model, its processor's settings and `branch.json`."""
        self._model.save_pretrained(folder, safe_serialization=True)
        (folder / _PROCESSOR).write_text(json.dumps(self._processor) + "\n", encoding="utf-8")
        (folder / BRANCH_FILE).write_text(json.dumps({"kind": KIND}) + "\n", encoding="utf-8")

    def _picture(self, recording: Audio) -> Tensor:
        """A picture (1, 3, side, side): low tones below, time to the right."""
        grey = (torch.from_numpy(log_mel(recording)).T.flip(0) + CLIP) / (2 * CLIP)
        sides = _sides(self._processor, self._model.config)
        square = F.interpolate(grey[None, None], size=sides, mode="bilinear", align_corners=False)
        mean, deviation = (
            torch.tensor(self._processor.get(name) or usual).reshape(1, 3, 1, 1)
            for name, usual in (("image_mean", _MEAN), ("image_std", _DEVIATION))
        )
        return ((square.expand(-1, 3, -1, -1) - mean) / deviation).to(self._model.device)


def open_image(name: str) -> ImageBranch:
    """Open a checkpoint folder, or a name on the hub; weights from safetensors only.

    Raises:
        PolyvoxError: no name is given, or the model cannot be opened.
    """
    if not name:
        raise PolyvoxError('the branch "image" needs the name of an image model: google/efficientnet-b7')
    import transformers
    from transformers.utils.hub import cached_file

    try:
        model = transformers.AutoModel.from_pretrained(
            name, use_safetensors=True, trust_remote_code=False, dtype=torch.float32
        )
        path = cached_file(name, _PROCESSOR, _raise_exceptions_for_missing_entries=False)
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise PolyvoxError(
            f"the image model {name!r} cannot be opened: {reason}. Give the folder of a transformers "
            "checkpoint, or its name on the Hugging Face hub (which needs the network the first time)"
        ) from error
    processor = json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
    return ImageBranch(model, processor)


def _sides(processor: Mapping[str, Any], config: Any) -> tuple[int, int]:  # noqa: ANN401
    """Height and width of the picture that a checkpoint was made for."""
    size = processor.get("size") or {}
    side = getattr(config, "image_size", None) or _SIDE
    if isinstance(size, Mapping):
        return int(size.get("height", side)), int(size.get("width", side))
    return int(size), int(size)
