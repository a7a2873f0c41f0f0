"""Which rows make up which batch: a function of the seed alone, so that a resumed run sees the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from polyvox.train.tower.model_section import Data
from polyvox.train.tower.rows import Row

POOL = 16
"""Batches drawn together and cut by length, so that little of a batch is padding."""


class Draw(NamedTuple):
    """A row and the seed of what happens to it before the model hears it."""

    row: Row
    seed: int


class Draws:
    """Batches of rows: sources by share, their languages by temperature, their rows in random order.

    Inside a language of a source no row comes again before all others came (as an epoch has it).

    Args:
        rows: to draw from.
        data: shares and temperature.
        batch_size: rows in a batch.
        batches: how many there are.
        seed: of every draw.
    """

    drop_last = True

    def __init__(self, rows: Sequence[Row], data: Data, batch_size: int, batches: int, seed: int) -> None:
        self.batch_size, self._batches, self._seed = batch_size, batches, seed
        groups: dict[tuple[int, str], list[Row]] = defaultdict(list)
        for row in rows:
            groups[row.source, row.language].append(row)
        self._groups = [groups[name] for name in sorted(groups)]
        self.shares = dict(zip(sorted(groups), group_shares(groups, data), strict=True))

    def __len__(self) -> int:
        return self._batches

    def __iter__(self) -> Iterator[list[Draw]]:
        dice = np.random.default_rng(self._seed)
        endless = [_endless(group, dice) for group in self._groups]
        shares = list(self.shares.values())
        yield from cut(
            (next(endless[group]) for group in _choices(len(endless), shares, dice)),
            self.batch_size,
            self._batches,
            dice,
        )


def group_shares(groups: dict[tuple[int, str], list[Row]], data: Data) -> list[float]:
    """How often each group (source, language) is drawn, in sorted order; the shares sum to 1.

    A source without a share counts with its number of rows. Inside a source, a language with n rows counts
    n ** (1 / temperature) (multilingual BERT, Devlin 2018; Arivazhagan et al. 2019, arXiv 1907.05019).
    """
    sizes = {name: len(rows) for name, rows in groups.items()}
    totals: dict[int, float] = defaultdict(float)
    damped: dict[int, float] = defaultdict(float)
    for (source, _), size in sizes.items():
        totals[source] += size
        damped[source] += size ** (1 / data.temperature)
    weight = {source: data.sources[source].share or total for source, total in totals.items()}
    if any(entry.share for entry in data.sources):
        weight = {source: data.sources[source].share for source in totals}
    whole = sum(weight.values())
    return [
        weight[source] / whole * sizes[source, language] ** (1 / data.temperature) / damped[source]
        for source, language in sorted(sizes)
    ]


def cut(rows: Iterator[Row], size: int, batches: int, dice: np.random.Generator) -> Iterator[list[Draw]]:
    """Batches of rows of similar length, in random order within each pool; the last pool may be smaller."""
    made = number = 0
    while made < batches:
        wanted = min(POOL, batches - made)
        pool = []
        for row in rows:
            pool.append(Draw(row, number))
            number += 1
            if len(pool) == wanted * size:
                break
        pool.sort(key=lambda draw: draw.row.seconds)
        for place in dice.permutation(len(pool) // size):
            yield pool[place * size : (place + 1) * size]
        made += wanted


def _choices(groups: int, shares: Sequence[float], dice: np.random.Generator) -> Iterator[int]:
    while True:
        yield from dice.choice(groups, 1024, p=shares)


def _endless(group: Sequence[Row], dice: np.random.Generator) -> Iterator[Row]:
    while True:
        for place in dice.permutation(len(group)):
            yield group[place]
