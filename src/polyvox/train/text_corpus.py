"""What a text tower learns from: rows, vocabulary, first values, and long rows cut into shorter ones."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from polyvox.errors import PolyvoxError
from polyvox.train.clauses import ClauseMarks, halves
from polyvox.train.latent import latent_vectors
from polyvox.train.packed import PackedRows, pack
from polyvox.train.recipe import TextRecipe
from polyvox.train.rows import ParallelRow, RowCounts, held_out_files, held_out_hashes, read_rows, text_hash
from polyvox.train.vocabulary import choose_vocabulary


def read_sources(recipe: TextRecipe, data: Path, out: Path) -> dict[str, list[ParallelRow]]:
    """The rows of each source, without test texts; `rows.json` says what was read and dropped.

    Raises:
        PolyvoxError: a file is missing or has no row with two languages.
    """
    held_out = held_out_hashes(held_out_files(data))
    say(f"{len(held_out):,} test texts are kept out of training")
    rows: dict[str, list[ParallelRow]] = {}
    counts: dict[str, object] = {"test_texts": len(held_out)}
    for source in recipe.sources:
        count = RowCounts()
        rows[source] = list(read_rows(data / f"train-{source}.jsonl.xz", source, count, held_out))
        if not rows[source]:
            raise PolyvoxError(
                f"source {source!r} has no row with two languages; remove it from [text.sources]"
            )
        counts[source] = asdict(count) | {"languages": len(count.languages)}
        say(f"{source}: {counts[source]}")
    (out / "rows.json").write_text(json.dumps(counts, indent=1), encoding="utf-8")
    return rows


def vocabulary(recipe: TextRecipe, rows: Mapping[str, Sequence[ParallelRow]], out: Path) -> Tokenizer:
    """The tokenizer, kept in `vocabulary.json` for a run that goes on.

    Raises:
        PolyvoxError: too few subwords for the letters of the texts.
    """
    path = out / "vocabulary.json"
    if not path.exists():
        everything = (row for source in rows.values() for row in source)
        say(f"choosing {recipe.vocabulary:,} subwords; this takes a minute")
        tokenizer = choose_vocabulary(
            everything,
            recipe.vocabulary,
            recipe.vocabulary_exponent,
            recipe.vocabulary_boosts,
            recipe.vocabulary_sources,
        )
        part = out / "vocabulary.part"
        tokenizer.save(str(part))
        part.replace(path)
    tokenizer = Tokenizer.from_file(str(path))
    if (needed := tokenizer.get_vocab_size()) > recipe.vocabulary:
        raise PolyvoxError(
            f"[text] vocabulary: {recipe.vocabulary:,} subwords are too few for the letters of these texts; "
            f"give at least {needed:,}"
        )
    return tokenizer


def packed(
    recipe: TextRecipe, rows: Mapping[str, Sequence[ParallelRow]], tokenizer: Tokenizer
) -> tuple[list[PackedRows], list[PackedRows]]:
    """Tokenised rows for training, and those held out for development."""
    kept, held = [], []
    for source, members in rows.items():
        order = np.random.default_rng(recipe.seed).permutation(len(members))
        cut = min(recipe.held_out_rows, len(members) // 10)
        held.append(pack([members[place] for place in order[:cut]], tokenizer, recipe.longest))
        kept.append(pack([members[place] for place in order[cut:]], tokenizer, recipe.longest))
        say(f"{source}: {kept[-1].rows:,} rows, {len(kept[-1].bags.tokens):,} tokens")
    return kept, held


def first_values(recipe: TextRecipe, sources: Sequence[PackedRows], out: Path) -> NDArray[np.float32]:
    """First values by latent semantic analysis, kept in `first.npy` for a run that goes on."""
    path = out / "first.npy"
    if not path.exists():
        say("first values by latent semantic analysis; this takes minutes")
        weights = {rows.source: recipe.latent_weights.get(rows.source, 1.0) for rows in sources}
        found = latent_vectors(sources, weights, recipe.vocabulary, recipe.dimension, recipe.seed)
        part = out / "first.part"
        with part.open("wb") as stream:
            np.save(stream, found)
        part.replace(path)
    return np.asarray(np.load(path), np.float32)


def cut_rows(
    recipe: TextRecipe,
    sources: Sequence[PackedRows],
    vectors: NDArray[np.float32],
    tokenizer: Tokenizer,
    data: Path,
) -> list[PackedRows]:
    """Halves of the long rows, halves of these, as often as the recipe says, without the texts of tests."""
    if not recipe.cuts:
        return []
    held_out = held_out_hashes(held_out_files(data), tokenizer.normalizer.normalize_str)
    known = tokenizer.get_vocab()
    marks, subwords = ClauseMarks.of(known, recipe.vocabulary), sorted(known, key=known.__getitem__)
    found: list[PackedRows] = []
    for rows in sources:
        longer = rows
        for _ in range(recipe.cuts.get(rows.source, 0)):
            shorter = halves(longer, vectors, marks, pivot=recipe.pivot, fewest=recipe.cut_tokens)
            shorter = shorter and _untested(shorter, subwords, held_out)
            if shorter is None:
                break
            say(f"{rows.source}: {shorter.rows:,} rows by cutting longer ones")
            found.append(shorter)
            longer = shorter
    return found


def _untested(rows: PackedRows, subwords: Sequence[str], held_out: set[int]) -> PackedRows | None:
    """The rows without the texts of tests; None if nothing is left."""
    # Spaces are lost between tokens, and the hashes are blind to them.
    spelled = ("".join(subwords[token] for token in text) for text in rows.bags)
    tested = np.fromiter((text_hash(text) in held_out for text in spelled), np.bool_)
    say(f"{rows.source}: {tested.sum():,} of {len(tested):,} parts of texts are texts of a test and dropped")
    return rows.without(tested)


def say(message: str) -> None:
    """Progress goes to standard error, with the time."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {message}\n")
