"""Time a step and memory of the recipes that train a tower, each in a tiny fixed form.

    python -m benchmarks.recipes [NAME ...]

Data are random, of fixed sizes, so that only model, loss and optimizer count. Each form runs in a process of
its own, one thread. A step is forward, backward and AdamW; its time is the median of the processor time of 12
steps after two. Memory is the peak of the process, and what it had before the model was built. Writes
benchmarks/results/recipes.md; rows of forms that were not run are kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

from benchmarks.apart import megabytes, run_apart

RESULT = Path(__file__).parent / "results" / "recipes.md"
STEPS, IGNORED = 12, 2
HEAD = (
    "| recipe | form | parameters trained | seconds a step | MB before | MB at most |\n"
    "|---|---|---|---|---|---|"
)
Step = Callable[[], None]
Built = tuple[str, int, Step]
"""The form in words, how many parameters are trained, and one step of training."""


def llm_dual_encoder(bf16: bool) -> Built:
    """One tower of 4 layers and 128 dimensions, 1,024 units, 64 pairs of 45 units and 20 tokens."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    import torch

    from polyvox.modules.prefixes import NO_PREFIXES
    from polyvox.train.dual_encoder.dual_section import Dual
    from polyvox.train.dual_encoder.language_model import small_qwen3
    from polyvox.train.dual_encoder.language_section import LanguageModel
    from polyvox.train.dual_encoder.objective import DualObjective
    from polyvox.train.dual_encoder.tokenizer import learn_tokenizer
    from polyvox.train.dual_encoder.tower import build_tower, write_start

    section = LanguageModel(start="here", width=128, layers=4)
    dual = Dual(learned_scale=True)
    with TemporaryDirectory() as folder:
        root = Path(folder)
        small_qwen3(section, 8192).save_pretrained(root / "model")
        learn_tokenizer(["fixed sizes"], 300).save_pretrained(root / "model")
        write_start(str(root / "model"), 1024, dual, root / "start")
        tower = build_tower(root / "start", None, NO_PREFIXES, 10.0, dual).train()
    objective = DualObjective(tower, dual)
    optimizer = torch.optim.AdamW(objective.parameters(), 1e-3)
    chance = torch.Generator().manual_seed(1)

    def side(length: int) -> dict[str, torch.Tensor]:
        tokens = torch.randint(0, 8192, (64, length), generator=chance)
        return {"input_ids": tokens, "attention_mask": torch.ones_like(tokens)}

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            losses = objective([side(45), side(20)], torch.arange(64))
        torch.stack([*losses.values()]).sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()

    words = "64 pairs of 45 units and 20 tokens, 4 layers of 128" + (", bfloat16" if bf16 else "")
    return words, sum(weights.numel() for weights in tower.parameters()), step


def matryoshka_fusion(variant: str) -> Built:
    """32 recordings of 75 frames of 768 values against frozen vectors at 5 widths; 4 layers of text model."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    import torch

    from polyvox.train.fusion.sections import Small, Speech, Text, Variant
    from polyvox.train.fusion.speech_stage import objective
    from polyvox.train.fusion.students import build_student
    from polyvox.train.fusion.text_model import as_sentence_transformer, learn_tokenizer, small_transformer

    speech = Speech(kernel=4, stride=4, batch=32)
    with TemporaryDirectory() as folder:
        tokenizer = learn_tokenizer(["fixed sizes"], 300)
        tokenizer.save_pretrained(folder)
        small_transformer(Small(), tokenizer).save_pretrained(folder)
        text = list(as_sentence_transformer(Path(folder)).children())
    student = build_student(Variant(variant), 768, text, Text(name="a folder"), speech)
    trained = [weights for weights in student.parameters() if weights.requires_grad]
    optimizer = torch.optim.AdamW(trained, 1e-3)
    frames, mask = torch.randn(32, 75, 768), torch.ones(32, 75, dtype=torch.bool)
    targets, texts = torch.randn(32, 256), [str(number) for number in range(32)]

    def step() -> None:
        objective(student.at_widths(frames, mask), targets, texts, speech).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()

    words = "32 recordings of 75 frames of 768, text model of 4 layers of 256"
    return words, sum(weights.numel() for weights in trained), step


def clasp(fusion: str) -> Built:
    """The published sizes: branches of 1,024 and 1,000 values, vectors of 768, 128 recordings."""
    import torch
    from torch.nn import functional as F

    from polyvox.modules.branch_fusion import FUSIONS, FusionSizes
    from polyvox.train.clasp.objective import loss_of
    from polyvox.train.clasp.sections import Objective

    chance = torch.Generator().manual_seed(1)
    first, second, targets = (
        F.normalize(torch.randn(128, width, generator=chance), dim=1) for width in (1024, 1000, 768)
    )
    fused = FUSIONS[fusion](FusionSizes(1024, 1000, 768)).train()
    optimizer = torch.optim.AdamW(fused.parameters(), 1e-3)
    same = torch.eye(128, dtype=torch.bool)

    def step() -> None:
        loss_of(fused(first, second), targets, same, Objective()).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()

    words = "128 recordings as 1,024 and 1,000 kept values, vectors of 768"
    return words, sum(weights.numel() for weights in fused.parameters()), step


FORMS: Mapping[str, Callable[[], Built]] = {
    "llm-dual-encoder": lambda: llm_dual_encoder(bf16=False),
    "llm-dual-encoder/bf16": lambda: llm_dual_encoder(bf16=True),
    "matryoshka-fusion/late": lambda: matryoshka_fusion("late"),
    "matryoshka-fusion/separate": lambda: matryoshka_fusion("separate"),
    "matryoshka-fusion/nested": lambda: matryoshka_fusion("nested"),
    "clasp/concat": lambda: clasp("concat"),
    "clasp/gating": lambda: clasp("gating"),
}
"""By the name of the recipe, and of the form where it has several."""


def measure(name: str) -> str:
    """Build a form, run it and give its row as JSON."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(1)
    import sentence_transformers  # noqa: F401 - its memory is not the model's

    before = megabytes()
    words, parameters, step = FORMS[name]()
    times = []
    for _ in range(STEPS + IGNORED):
        began = time.process_time()
        step()
        times.append(time.process_time() - began)
    seconds = median(times[IGNORED:])
    cells = [name, words, f"{parameters:,}", f"{seconds:.3f}", f"{before:.0f}", f"{megabytes():.0f}"]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    run_apart("benchmarks.recipes", FORMS, measure, HEAD, RESULT, recipes=True)
