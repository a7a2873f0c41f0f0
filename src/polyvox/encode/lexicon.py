"""The words that a speech tower knows: how each sounds, and what it adds to a vector of the text space."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyvox.errors import PolyvoxError

LEXICON_FILE = "lexicon.npz"
KEYS_FILE = "lexicon.faiss"
Vectors = NDArray[np.float32]
SubwordVectors = Callable[[NDArray[np.int64]], Vectors]
"""The text tower's vectors of subwords, (K,) to (K, D)."""


@dataclass(frozen=True, slots=True)
class WordSearch:
    """How words are looked up; chosen on development recordings and kept with the lexicon.

    Attributes:
        candidates: entries of the lexicon that are compared with each word of a recording.
        cut_candidates: entries that are compared with each stretch that may be a word, to find the words.
        sharpness: of the choice among them: the factor of their log-likelihoods.
        likely_end: log-odds from which a sound may be the last of a word.
        most_ends: a word may run over so many possible ends, the last included.
        word_cost: log-likelihood that one word more has to gain.
        floor: least likelihood of any sound, and of none, in a frame. A word may have one sound more or less
            than was heard at this cost.
    """

    candidates: int = 400
    cut_candidates: int = 32
    sharpness: float = 0.3
    likely_end: float = -1.5
    most_ends: int = 3
    word_cost: float = 7.0
    floor: float = 1e-4


class Pronunciations(NamedTuple):
    """Sounds of words, (..., L) filled up with 0, and how many sounds each has, (...)."""

    sounds: NDArray[np.uint8]
    lengths: NDArray[np.uint8]


def members(
    ends: NDArray[np.int64], entries: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the members of some entries stand, and how many each has.

    Args:
        ends: where the members of each of all entries end, which stand one entry after the other, (N,).
        entries: (M,).

    Returns:
        The places, one entry after the other, and (M,) counts.

    >>> members(np.array([2, 3, 6]), np.array([2, 0]))
    (array([3, 4, 5, 0, 1]), array([3, 2]))
    """
    last = ends[entries]
    counts = last - np.where(entries > 0, ends[entries - 1], 0)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(last - counts, counts) + within, counts


def likely_shares(scores: Vectors, sharpness: float) -> Vectors:
    """How likely each of the entries in a row of log-likelihoods is, (W, N); rows sum to 1."""
    shares = np.exp(sharpness * (scores - scores.max(axis=1, keepdims=True)))
    shares /= shares.sum(axis=1, keepdims=True)
    return np.asarray(shares)


class Meanings(NamedTuple):
    """Weighted subwords of entries, one entry after the other, and where those of each entry end."""

    subwords: NDArray[np.int64]
    weights: NDArray[np.float32]
    ends: NDArray[np.int64]

    def added_up(
        self, entries: NDArray[np.int64], shares: Vectors, subword_vectors: SubwordVectors
    ) -> Vectors:
        """The sum of the meanings of entries (M,), each times its share (M,): (D,), not of unit length."""
        places, counts = members(self.ends, entries)
        weights = self.weights[places] * np.repeat(shares, counts)
        summed: Vectors = weights.astype(np.float32) @ subword_vectors(self.subwords[places])
        return summed


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Pronunciations with what they mean, N entries.

    A meaning is a weighted sum of subword vectors of the text tower, so that words said one after the other
    add up to what the text tower makes of them when they are written.

    Attributes:
        keys: a FAISS index over the keys of the entries, by inner product.
        sounds: the sounds of all entries, one entry after the other.
        sound_ends: where the sounds of each entry end, (N,).
        subwords: the subwords of all entries, one entry after the other.
        weights: the weight of each of these in the entry's meaning.
        subword_ends: where the subwords of each entry end, (N,).
        search: how it is searched.
    """

    keys: Any
    sounds: NDArray[np.uint8]
    sound_ends: NDArray[np.int64]
    subwords: NDArray[np.int64]
    weights: NDArray[np.float32]
    subword_ends: NDArray[np.int64]
    search: WordSearch = WordSearch()

    def __len__(self) -> int:
        return len(self.sound_ends)

    @classmethod
    def load(cls, folder: Path) -> Lexicon:
        """Open the two files of a lexicon.

        Raises:
            PolyvoxError: one is missing or damaged, or they do not belong together.
        """
        import faiss

        try:
            with np.load(folder / LEXICON_FILE, allow_pickle=False) as stored:
                lexicon = cls(
                    keys=faiss.read_index(str(folder / KEYS_FILE)),
                    sounds=stored["sounds"],
                    sound_ends=np.cumsum(stored["sound_counts"], dtype=np.int64),
                    subwords=stored["subwords"].astype(np.int64),
                    weights=stored["weights"].astype(np.float32),
                    subword_ends=np.cumsum(stored["subword_counts"], dtype=np.int64),
                    search=WordSearch(**json.loads(str(stored["search"]))),
                )
        except Exception as error:  # FAISS raises RuntimeError, numpy several kinds
            raise PolyvoxError(
                f"{folder}: the lexicon cannot be read ({error}); fetch the model again"
            ) from error
        if len(lexicon) != lexicon.keys.ntotal:
            raise PolyvoxError(f"{folder}: {LEXICON_FILE} and {KEYS_FILE} do not belong together")
        return lexicon

    def nearest(self, queries: Vectors, count: int) -> NDArray[np.int64]:
        """The entries whose keys are nearest to each query, (G, count), best first."""
        found: NDArray[np.int64] = self.keys.search(np.ascontiguousarray(queries), min(count, len(self)))[1]
        return np.maximum(found, 0)

    def pronunciations(self, entries: NDArray[np.int64]) -> Pronunciations:
        """How entries sound; `entries` may have any shape."""
        ends = self.sound_ends[entries]
        lengths = ends - np.where(entries > 0, self.sound_ends[entries - 1], 0)
        longest = int(lengths.max(initial=1))
        places = (ends - lengths)[..., None] + np.arange(longest)
        inside = np.arange(longest) < lengths[..., None]
        sounds = np.where(inside, self.sounds[np.minimum(places, len(self.sounds) - 1)], 0)
        return Pronunciations(sounds.astype(np.uint8), lengths.astype(np.uint8))

    def costs(self, entries: NDArray[np.int64]) -> Vectors:
        """Log-likelihood that entries have to gain over others: none; broadcasts to their shape."""
        return np.zeros((), np.float32)

    @property
    def meanings(self) -> Meanings:
        """What the entries mean."""
        return Meanings(self.subwords, self.weights, self.subword_ends)

    def meaning(
        self, entries: NDArray[np.int64], shares: Vectors, subword_vectors: SubwordVectors
    ) -> Vectors:
        """The sum of the meanings of entries, each times its share: (D,), not of unit length.

        Args:
            entries: (M,).
            shares: (M,).
            subword_vectors: of the text tower.
        """
        return self.meanings.added_up(entries, shares, subword_vectors)


def save_lexicon(
    folder: Path,
    keys: Vectors,
    pronunciations: list[tuple[int, ...]],
    meanings: list[list[tuple[int, float]]],
    search: WordSearch,
    *,
    code_parts: int = 32,
) -> None:
    """Write the two files of a lexicon.

    Args:
        folder: exists.
        keys: (N, D) unit rows; kept as `code_parts` four-bit codes each, enough to choose candidates.
        pronunciations: N sequences of sound numbers.
        meanings: N lists of subwords with their weights.
        search: how it is to be searched.
        code_parts: divides D.
    """
    import faiss

    index = faiss.IndexPQFastScan(keys.shape[1], code_parts, 4, faiss.METRIC_INNER_PRODUCT)
    index.train(np.ascontiguousarray(keys))
    index.add(np.ascontiguousarray(keys))
    faiss.write_index(index, str(folder / KEYS_FILE))
    pairs = [pair for meaning in meanings for pair in meaning]
    np.savez_compressed(
        folder / LEXICON_FILE,
        sounds=np.array([sound for spoken in pronunciations for sound in spoken], np.uint8),
        sound_counts=np.array([len(spoken) for spoken in pronunciations], np.uint8),
        subwords=np.array([subword for subword, _ in pairs], np.uint32),
        weights=np.array([weight for _, weight in pairs], np.float16),
        subword_counts=np.array([len(meaning) for meaning in meanings], np.uint16),
        search=np.array(json.dumps(asdict(search))),
    )
