"""From frames of a frozen front to input vectors of a text model: linear, then strided convolution."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True, slots=True)
class AdapterSizes:
    """Sizes of a `SpeechAdapter`.

    Attributes:
        front: values of a frame that comes in: the chosen layers of the front, concatenated.
        width: values of a state that goes out, as wide as the text model's token vectors.
        kernel: frames that the convolution sees.
        stride: frames that it goes on by.
    """

    front: int
    width: int
    kernel: int = 2
    stride: int = 2


class SpeechAdapter(nn.Module):
    """Linear without bias, then Conv1d over time (Sy et al. 2026, https://arxiv.org/abs/2602.19991).

    Frames beyond a recording's end count as zero, and a last window that is not full is kept, so a state
    depends on its own recording alone, whatever else is in the batch. `calibrate` is no part of the paper;
    without it these are the plain two layers.

    Args:
        sizes: of the two layers.
    """

    mean: Tensor
    spread: Tensor
    gain: Tensor

    def __init__(self, sizes: AdapterSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.narrow = nn.Linear(sizes.front, sizes.width, bias=False)
        self.shorten = nn.Conv1d(sizes.width, sizes.width, sizes.kernel, sizes.stride)
        self.register_buffer("mean", torch.zeros(sizes.front))
        self.register_buffer("spread", torch.ones(sizes.front))
        self.register_buffer("gain", torch.ones(()))

    def calibrate(self, mean: Tensor, spread: Tensor, length: float) -> None:
        """Fit to what comes in and to what the text model is used to.

        Values are brought to mean 0 and spread 1, and states to the length of token vectors: a frozen
        transformer adds little to vectors that are ten times longer than those it was trained on.

        Args:
            mean: of each value of a frame, (front,).
            spread: standard deviation of each, (front,).
            length: wanted root mean square of the values of a state, before training.
        """
        with torch.no_grad():
            self.mean.copy_(mean)
            self.spread.copy_(spread.clamp(min=1e-4))
            rows = self.narrow.weight.square().sum(1).mean()
            taps = self.shorten.weight.square().sum((1, 2)).mean()
            self.gain.copy_(length / (rows * taps).sqrt())
            self.shorten.bias = nn.Parameter(torch.zeros_like(self.shorten.weight[:, 0, 0]))

    def forward(self, frames: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Map frames (B, T, front), mask (B, T) to states (B, ⌈T / stride⌉, width) and their mask."""
        kernel, stride = self.sizes.kernel, self.sizes.stride
        kept = torch.where(mask[..., None], (frames - self.mean) / self.spread, 0.0)
        count = -(-frames.shape[1] // stride)
        missing = (count - 1) * stride + kernel - frames.shape[1]
        narrow = F.pad(self.narrow(kept).transpose(1, 2), (0, max(0, missing)))
        states = self.shorten(narrow)[..., :count].transpose(1, 2)
        return self.gain * states, mask[:, ::stride]
