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
    depends on its own recording alone, whatever else is in the batch.

    Args:
        sizes: of the two layers.
    """

    def __init__(self, sizes: AdapterSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.narrow = nn.Linear(sizes.front, sizes.width, bias=False)
        self.shorten = nn.Conv1d(sizes.width, sizes.width, sizes.kernel, sizes.stride)

    def calibrate(self, mean: Tensor, spread: Tensor, length: float) -> None:
        """Choose first weights by what comes in and what the text model is used to.

        Values weigh as if each had mean 0 and spread 1, and a state is about as long as a token vector: a
        frozen transformer adds little to vectors that are ten times longer than those it was trained on.

        Args:
            mean: of each value of a frame, (front,).
            spread: standard deviation of each, (front,).
            length: wanted root mean square of the values of a state.
        """
        with torch.no_grad():
            self.narrow.weight.div_(spread.clamp(min=1e-4))
            offset = self.narrow(mean)
            # A standardised frame gives values with the spread of the rows of the original first weights.
            rows = (self.narrow.weight * spread).square().sum(1).mean().sqrt()
            taps = self.shorten.weight.square().sum((1, 2)).mean().sqrt()
            self.shorten.weight.mul_(length / (rows * taps))
            self.shorten.bias.copy_(-torch.einsum("oik,i->o", self.shorten.weight, offset))

    def forward(self, frames: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Map frames (B, T, front), mask (B, T) to states (B, ⌈T / stride⌉, width) and their mask."""
        kernel, stride = self.sizes.kernel, self.sizes.stride
        kept = torch.where(mask[..., None], frames, 0.0)
        count = -(-frames.shape[1] // stride)
        missing = (count - 1) * stride + kernel - frames.shape[1]
        narrow = F.pad(self.narrow(kept).transpose(1, 2), (0, max(0, missing)))
        states = self.shorten(narrow)[..., :count].transpose(1, 2)
        return states, mask[:, ::stride]
