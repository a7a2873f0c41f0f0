"""A control: texts shuffled among recordings, from which nothing can be learned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from polyvox.train.tower.rows import Rows


def with_shuffled_texts(rows: Rows, seed: int) -> Rows:
    """The training rows with each other's texts; the development rows stay as they are.

    A model that finds development texts better when trained on true pairs than on these has learned from the
    pairs, not from lengths of recordings or frequent texts.
    """
    order = np.random.default_rng([seed, 17]).permutation(len(rows.train))
    train = [
        replace(row, transcript=rows.train[other].transcript, translation=rows.train[other].translation)
        for row, other in zip(rows.train, order, strict=True)
    ]
    return replace(rows, train=train)
