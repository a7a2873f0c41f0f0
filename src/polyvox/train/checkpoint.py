"""The state of a training run in one safetensors file, so that a killed run goes on to the same result."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn


def save_checkpoint(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, step: int) -> None:
    """Write weights, optimizer moments and the step, whole or not at all."""
    tensors: dict[str, Tensor] = {f"model/{name}": value for name, value in model.state_dict().items()}
    for number, moments in optimizer.state_dict()["state"].items():
        tensors.update({f"optimizer/{number}/{name}": value for name, value in moments.items()})
    partial = path.with_suffix(".partial")
    contiguous = {name: value.detach().contiguous() for name, value in tensors.items()}
    save_file(contiguous, partial, metadata={"step": str(step)})
    partial.replace(path)


def load_checkpoint(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer | None) -> int:
    """Read what `save_checkpoint` wrote, and return the step; 0 when there is no file."""
    if not path.exists():
        return 0
    weights: dict[str, Tensor] = {}
    moments: dict[int, dict[str, Tensor]] = {}
    with safe_open(path, "pt") as file:
        step = int(file.metadata()["step"])
        for name in file.keys():  # noqa: SIM118 - not a mapping
            kind, rest = name.split("/", 1)
            if kind == "model":
                weights[rest] = file.get_tensor(name)
            else:
                number, moment = rest.split("/")
                moments.setdefault(int(number), {})[moment] = file.get_tensor(name)
    model.load_state_dict(weights)
    if optimizer is not None:
        state = optimizer.state_dict()
        state["state"] = moments
        optimizer.load_state_dict(state)
    return step
