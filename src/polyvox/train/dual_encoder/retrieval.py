"""Recordings to texts and back, a pool for each language, scored by the identity of the text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from polyvox.evaluate.metrics.transcript import character_errors, word_errors
from polyvox.item import Modality
from polyvox.modules.prefixes import NO_PREFIXES, Prefixes
from polyvox.train.dual_encoder.pairs import Side
from polyvox.train.rows import text_hash
from polyvox.train.tower.evaluator import ranks

Vectors = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]
"""Written inputs with their prefixes to unit rows."""


class Asked(StrEnum):
    """What the prefix of a recording says when it is asked for its text; a text's prefix is always right."""

    RIGHT = "right prefix"
    UNKNOWN = "language unknown"
    WRONG = "wrong language"
    NONE = "no prefix"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A recording as units, with the text that it is asked for and the language of that text."""

    language: str
    units: str
    text: str
    text_language: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Retrieval in one language; a tie is a miss.

    Attributes:
        recordings: queries.
        pool: different texts.
        recall_1, recall_5, mrr: of recordings that ask for their text, among all texts of the language.
        back_1, back_5, back_mrr: of texts that ask for one of their recordings, among all recordings.
        wer, cer: of the first text against the right one, over all words and characters of the language.
    """

    recordings: int
    pool: int
    recall_1: float
    recall_5: float
    mrr: float
    back_1: float
    back_5: float
    back_mrr: float
    wer: float
    cer: float


def measure(encode: Encode, spoken: Sequence[Spoken], prefixes: Prefixes, asked: Asked) -> dict[str, Figures]:
    """The figures of each language of the recordings.

    Args:
        encode: the model.
        spoken: what is asked.
        prefixes: those that the model was trained with.
        asked: what the recordings' prefix says.
    """
    languages = sorted({one.language for one in spoken})
    found = {}
    for number, language in enumerate(languages):
        rows = [one for one in spoken if one.language == language]
        wrong = languages[(number + 1) % len(languages)]
        spoken_as = _written(rows, prefixes, asked, wrong)
        texts = {text_hash(one.text): one for one in rows}
        sides = [Side(Modality.TEXT, one.text_language, one.text) for one in texts.values()]
        scores = encode(spoken_as) @ encode([side.with_prefix(prefixes) for side in sides]).T
        found[language] = figures(scores, [one.text for one in rows], [one.text for one in texts.values()])
    return found


def _written(rows: Sequence[Spoken], prefixes: Prefixes, asked: Asked, wrong: str) -> list[str]:
    used = NO_PREFIXES if asked is Asked.NONE else prefixes
    sides = [
        Side(Modality.SPEECH, wrong if asked is Asked.WRONG else one.language, one.units) for one in rows
    ]
    return [side.with_prefix(used, known=asked is not Asked.UNKNOWN) for side in sides]


def figures(scores: Vectors, said: Sequence[str], pool: Sequence[str]) -> Figures:
    """The figures of (recordings, texts) scores.

    Args:
        scores: higher is nearer.
        said: the text of each recording.
        pool: the different texts.

    >>> figures(np.eye(2, dtype=np.float32), ["yes", "no"], ["yes", "no"]).recall_1
    1.0
    """
    place = {text_hash(text): number for number, text in enumerate(pool)}
    answers = np.array([place[text_hash(text)] for text in said])
    correct = answers[:, None] == np.arange(len(pool))[None]
    there, back = ranks(scores, correct), ranks(scores.T, correct.T)
    first = [pool[number] for number in scores.argmax(axis=1)]
    return Figures(
        recordings=len(said),
        pool=len(pool),
        recall_1=_within(there, 1),
        recall_5=_within(there, 5),
        mrr=float((1 / there).mean()),
        back_1=_within(back, 1),
        back_5=_within(back, 5),
        back_mrr=float((1 / back).mean()),
        wer=word_errors(said, first)[0],
        cer=character_errors(said, first)[0],
    )


def _within(places: NDArray[np.int64], depth: int) -> float:
    return float((places <= depth).mean())


def mean_figures(found: Mapping[str, Figures], languages: Sequence[str]) -> dict[str, float]:
    """The mean over languages, each counting the same; `recordings` and `pool` are sums."""
    kept = [asdict(found[language]) for language in languages if language in found]
    if not kept:
        return {}
    means = {name: sum(one[name] for one in kept) / len(kept) for name in kept[0]}
    sums = {name: float(sum(one[name] for one in kept)) for name in ("recordings", "pool")}
    return {**means, **sums}
