"""Train the text tower: `python -m polyvox.train.text_tower RECIPE --data DATA --out DIR`."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from polyvox.encode.static import save_tower
from polyvox.errors import PolyvoxError
from polyvox.train.bag_model import BagModel
from polyvox.train.composition import compose
from polyvox.train.development import development_recall
from polyvox.train.losses.matryoshka import matryoshka
from polyvox.train.losses.one_pass import one_pass_contrastive
from polyvox.train.mixing import mix
from polyvox.train.order_file import claim
from polyvox.train.packed import Integers, PackedRows
from polyvox.train.pairs import PairSampler
from polyvox.train.recipe import TextRecipe, read_section
from polyvox.train.text_corpus import cut_rows, first_values, packed, read_sources, say, vocabulary

CHECKPOINT_EVERY = 1_000
REPORT_EVERY = 100


def train(recipe: TextRecipe, data: Path, out: Path) -> None:
    """Train a text tower, or go on where a killed run stopped.

    Args:
        recipe: the settings.
        data: folder with the files `train-<source>.jsonl.xz` and the tests to keep away from.
        out: gets the tower, `rows.json` (what was read and dropped), `development.json` and, to go on from,
            `vocabulary.json`, `first.npy` (first values) and checkpoints.

    Raises:
        PolyvoxError: a source is missing or empty, the vocabulary is too small, the loss is no number, or
            `out` belongs to another recipe or was begun with other parts.
    """
    torch.manual_seed(recipe.seed)
    claim(out, asdict(recipe), file="recipe.json", remedy="choose another --out or remove it")
    rows = read_sources(recipe, data, out)
    tokenizer = vocabulary(recipe, rows, out)
    kept, held = packed(recipe, rows, tokenizer)
    del rows
    parts = compose(tokenizer, recipe.vocabulary, pieces=recipe.pieces, spelling=recipe.spelling)
    say(f"{recipe.vocabulary:,} subwords are made of {parts.parts:,} parts")
    first = first_values(recipe, kept, out)
    shorter = cut_rows(recipe, kept, first, tokenizer, data)
    model = BagModel(torch.from_numpy(first), parts, drop=recipe.token_dropout, seed=recipe.seed)
    del first
    _learn(recipe, model, [*kept, *shorter], out)
    table = model.table()
    save_tower(out, table, tokenizer.to_str(), bits=recipe.bits)
    _report_development(torch.from_numpy(table), held, out)


def _learn(recipe: TextRecipe, model: BagModel, sources: Sequence[PackedRows], out: Path) -> None:
    sampler = PairSampler(
        sources,
        recipe.sources,
        exponent=recipe.language_exponent,
        pivot=recipe.pivot,
        pivot_share=recipe.pivot_share,
    )
    first = _restore(model, out)
    begun, total, counted = time.monotonic(), 0.0, 0
    for step in range(first, recipe.steps):
        # Seeded by the step, so that a resumed run draws what the killed one would have drawn.
        sampler.seed(recipe.seed + step)
        counted += 1
        total += _step(recipe, model, sampler, step)
        if (step + 1) % REPORT_EVERY == 0:
            minutes = (time.monotonic() - begun) / 60 / (step + 1 - first) * (recipe.steps - step - 1)
            loss = total / counted
            say(f"step {step + 1:,} of {recipe.steps:,}, loss {loss:.3f}, {minutes:.0f} min left")
            total, counted = 0.0, 0
        if (step + 1) % CHECKPOINT_EVERY == 0:
            _checkpoint(model, step + 1, out)


def _step(recipe: TextRecipe, model: BagModel, sampler: PairSampler, step: int) -> float:
    """One batch; gives the loss."""
    pairs = sampler.batch(recipe.batch)
    same = torch.from_numpy(pairs.same)
    batch = model.gather(pairs.rows.bags, np.concatenate([pairs.left, pairs.right]))
    vectors = batch.vectors()
    left, right = vectors[: len(pairs.left)], vectors[len(pairs.left) :]
    dice = np.random.default_rng([recipe.seed, step])
    if pairs.rows.source in recipe.mixed_sources and dice.random() < recipe.mixed:
        left, right = mix(left, right, recipe.mixed_most, dice)
    loss = matryoshka(
        lambda one, other: one_pass_contrastive(one, other, scale=recipe.scale, same=same),
        left,
        right,
        _prefixes(recipe, step),
    )
    value = loss.item()
    if not math.isfinite(value):
        raise PolyvoxError(
            f"the loss is {value} at step {step + 1}; lower `rate` or `scale` in [text] and run again, "
            "which goes on from the last checkpoint"
        )
    loss.backward()  # type: ignore[no-untyped-call]
    model.learn(batch, rate_at(recipe, step))
    return value


def _prefixes(recipe: TextRecipe, step: int) -> Sequence[int]:
    """The full width and one of the others, each in its turn: two are a quarter of the cost of all."""
    shorter = [width for width in recipe.matryoshka if width != recipe.dimension]
    return [recipe.dimension, shorter[step % len(shorter)]] if shorter else [recipe.dimension]


def rate_at(recipe: TextRecipe, step: int) -> float:
    """Learning rate of a step: up on a straight line, level, then down to zero on another.

    >>> recipe = TextRecipe(sources={"bible": 1.0}, rate=1.0, warmup=10, steps=110)
    >>> rate_at(recipe, 4), rate_at(recipe, 60)
    (0.5, 0.5)
    >>> recipe = TextRecipe(sources={"bible": 1.0}, rate=1.0, warmup=10, steps=110, decay=20)
    >>> rate_at(recipe, 60), rate_at(recipe, 100)
    (1.0, 0.5)
    """
    up = (step + 1) / recipe.warmup if recipe.warmup else 1.0
    down = (recipe.steps - step) / (recipe.decay or recipe.steps - recipe.warmup)
    return recipe.rate * min(up, down, 1.0)


def _checkpoint(model: BagModel, step: int, out: Path) -> None:
    part = out / "checkpoint.part"
    torch.save({"step": step} | model.state(), part)
    part.replace(out / "checkpoint.pt")


def _restore(model: BagModel, out: Path) -> int:
    path = out / "checkpoint.pt"
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    model.restore(state)
    say(f"going on after step {state['step']:,}")
    return int(state["step"])


def _report_development(table: Tensor, held: Sequence[PackedRows], out: Path) -> None:
    results: dict[str, dict[str, float]] = {}
    for rows in held:

        def encode(
            texts: Integers, rows: PackedRows = rows
        ) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
            tokens, begins = rows.bags.take(texts)
            sums = F.embedding_bag(
                torch.from_numpy(tokens),
                table,
                torch.from_numpy(begins),
                mode="sum",
            )
            return np.asarray(F.normalize(sums).numpy())

        results[rows.source] = development_recall(rows, encode)
        recalls = list(results[rows.source].values())
        if recalls:
            say(f"{rows.source}: held-out R@1 {np.mean(recalls):.3f}, mean of {len(recalls)} languages")
    (out / "development.json").write_text(json.dumps(results, indent=1), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m polyvox.train.text_tower", description=__doc__)
    parser.add_argument("recipe", type=Path, help="folder with a recipe.toml")
    parser.add_argument("--data", type=Path, required=True, help="folder with text/train-*.jsonl.xz")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="folder for the tower and the checkpoints",
    )
    parser.add_argument("--threads", type=int, default=1, help="processor cores to use")
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    try:
        train(
            read_section(options.recipe, "text", TextRecipe),
            options.data / "text",
            options.out,
        )
    except (PolyvoxError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
