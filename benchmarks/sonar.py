"""Time a step and memory of each stage of the sonar recipes, in their small form on text of fixed sizes.

    python -m benchmarks.sonar [STAGE ...]

Words are random, so that only model, loss and optimizer count. Each stage runs in a process of its own, one
thread. A step is forward, backward and AdamW; its time is the median of the processor time of 8 steps after
two. Memory is the peak of the process, and what it had before the model was built. Writes
benchmarks/results/sonar.md; rows of stages that were not run are kept.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from benchmarks.apart import megabytes, run_apart

RESULT = Path(__file__).parent / "results" / "sonar.md"
STEPS, IGNORED = 8, 2
HEAD = (
    "| stage | form | parameters trained | seconds a step | MB before | MB at most |\n"
    "|---|---|---|---|---|---|"
)
LETTERS = "abcdefghijklmnopqrstuvwxyz"
Losses = Callable[[], Mapping[str, Any]]


def text_stage(name: str) -> tuple[str, Any, Losses]:
    """64 pairs of 12 words each way, 2 + 2 layers of 256, 24,000 subwords."""
    from polyvox.train.sonar.corpus import Pair
    from polyvox.train.sonar.later_sections import Extend
    from polyvox.train.sonar.network import make_bottleneck
    from polyvox.train.sonar.objectives import contrast, extension, interpolation, translation
    from polyvox.train.sonar.sections import Contrast, Model, Pace, Text, Translate
    from polyvox.train.sonar.text_stages import freeze_all_but_decoder

    dice = np.random.default_rng(1)
    words = ["".join(dice.choice(list(LETTERS), 5)) for _ in range(24_000)]
    texts = [" ".join(dice.choice(words, 12)) for _ in range(20_000)]
    text = Text(("en", "fr"), {"none": 1.0})
    model = make_bottleneck(Model(vocabulary=24_000, encoder_layers=2), text, text.languages, texts, 1)
    teacher = copy.deepcopy(model).eval().requires_grad_(False)
    pairs = [Pair(texts[place], texts[place + 64], "fr", "en") for place in range(64)]
    pace = Pace(steps=1)
    if name == "decoder":
        freeze_all_but_decoder(model)
    if name == "extend":
        model.network.requires_grad_(False)
        model.network.get_encoder().requires_grad_(True)
    hard = Contrast(pace, hard=3)
    forms: Mapping[str, Losses] = {
        "translate": lambda: translation(model, pairs, Translate(pace), dice),
        "decoder": lambda: interpolation(model, pairs, dice),
        "contrast": lambda: contrast(model, pairs, Contrast(pace), dice),
        "hard": lambda: contrast(model, pairs, hard, dice, lambda said, _: [texts[:3] for _ in said]),
        "extend": lambda: extension(model, teacher, pairs, Extend(("fr",), pace), dice),
    }
    return "64 pairs of 12 words, 2 + 2 layers of 256, bfloat16", model.network, forms[name]


def speech_stage(name: str) -> tuple[str, Any, Losses]:
    """32 recordings of 75 kept frames of 768 values; a pooler of two layers."""
    import torch

    from polyvox.train.losses.mse import squared_distance
    from polyvox.train.sonar.later_sections import Speech
    from polyvox.train.sonar.sections import Pace
    from polyvox.train.sonar.speech_stage import new_head

    head = new_head(Speech(("none",), ("en",), Pace(steps=1), pooler_layers=2), 768, 256, 1)
    frames, mask = torch.randn(32, 75, 768), torch.ones(32, 75, dtype=torch.bool)
    targets = torch.randn(32, 256)

    def losses() -> Mapping[str, Any]:
        return {"mse": squared_distance(head(frames, mask), targets)}

    return "32 recordings of 75 frames of 768, 2 layers, bfloat16", head, losses


STAGES: Mapping[str, Callable[[str], tuple[str, Any, Losses]]] = {
    **dict.fromkeys(("translate", "decoder", "contrast", "hard", "extend"), text_stage),
    "speech": speech_stage,
}


def measure(name: str) -> str:
    """Build a stage, run it and give its row."""
    import torch

    torch.set_num_threads(1)
    import sentence_transformers  # noqa: F401 - its memory is not the model's

    before = megabytes()
    words, module, losses = STAGES[name](name)
    module.train()
    trained = [weight for weight in module.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(trained, 1e-4)
    times = []
    for _ in range(STEPS + IGNORED):
        began = time.process_time()
        with torch.autocast("cpu", torch.bfloat16):
            found = losses()
        torch.stack([part.float() for part in found.values()]).sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        times.append(time.process_time() - began)
    size = sum(weight.numel() for weight in trained)
    seconds = median(times[IGNORED:])
    return f"| {name} | {words} | {size:,} | {seconds:.2f} | {before:.0f} | {megabytes():.0f} |"


if __name__ == "__main__":
    run_apart("benchmarks.sonar", STAGES, measure, HEAD, RESULT)
