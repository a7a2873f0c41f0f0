"""From sounds to a vector: cut a recording into words, look each up, add up what the likely ones mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from polyvox.encode.alignment import path_scores
from polyvox.encode.guess import LanguageGuesser
from polyvox.encode.lexicon import Lexicon, Pronunciations, SubwordVectors, WordSearch, likely_shares
from polyvox.encode.static import unit_rows
from polyvox.encode.told import ToldLexicons

Vectors = NDArray[np.float32]


class Heard(NamedTuple):
    """What the network says about one recording of T frames, in which it hears S sounds.

    Attributes:
        sounds: log-likelihoods of the sounds by frame, (T, V), the blank first.
        queries: for each sound, the key of the word that would end there, (S, K).
        ends: log-odds that a word ends there, (S,).
        last_frames: the frame in which each sound ends, (S,).
    """

    sounds: Vectors
    queries: Vectors
    ends: Vectors
    last_frames: NDArray[np.int64]


class KnownWords(Protocol):
    """What words are looked up in: `Lexicon`, or one that was told the language."""

    @property
    def search(self) -> WordSearch:
        """How it is searched."""
        ...

    def nearest(self, queries: Vectors, count: int) -> NDArray[np.int64]:
        """The entries whose keys are nearest to each query, (G, up to count)."""
        ...

    def pronunciations(self, entries: NDArray[np.int64]) -> Pronunciations:
        """How entries sound, in their shape."""
        ...

    def costs(self, entries: NDArray[np.int64]) -> Vectors:
        """Log-likelihood that entries have to gain over others; broadcasts to their shape."""
        ...

    def meaning(
        self, entries: NDArray[np.int64], shares: Vectors, subword_vectors: SubwordVectors
    ) -> Vectors:
        """The sum of the meanings of entries (M,), each times its share (M,): (D,)."""
        ...


@dataclass(frozen=True, slots=True)
class SpokenWords:
    """A lexicon, the text tower that its meanings are made of, and the lexicon by told languages."""

    lexicon: Lexicon
    subword_vectors: SubwordVectors
    told: ToldLexicons | None = None

    @property
    def dimension(self) -> int:
        """Width of the vectors."""
        return int(self.subword_vectors(np.zeros(1, np.int64)).shape[1])

    def vectors(
        self,
        outputs: Mapping[str, NDArray[Any]],
        lengths: NDArray[np.int64],
        languages: Sequence[tuple[str, ...]] = (),
    ) -> Vectors:
        """Unit vectors (B, D) of a batch.

        Args:
            outputs: `sounds`, `queries`, `ends` and `last_frames` of `polyvox.modules.word_tower`, padded.
            lengths: (B,), log-mel frames of each recording.
            languages: (B,), those that are known to be spoken in each; guessed where empty.

        Raises:
            PolyvoxError: the languages of the lexicon cannot be read.
        """
        sums = np.zeros((len(lengths), self.dimension), np.float32)
        for number, length in enumerate(lengths):
            heard = int(np.isfinite(outputs["ends"][number]).sum())
            one = Heard(
                sounds=outputs["sounds"][number, : -(-length // FRAMES_A_STEP)],
                queries=outputs["queries"][number, :heard],
                ends=outputs["ends"][number, :heard],
                last_frames=outputs["last_frames"][number, :heard],
            )
            words, guesser = self._words_of(languages[number] if languages else ())
            sums[number] = spoken_meaning(one, words, self.subword_vectors, guesser)
        return unit_rows(sums)

    def _words_of(self, languages: tuple[str, ...]) -> tuple[KnownWords, LanguageGuesser | None]:
        if self.told is None:
            return self.lexicon, None
        words = self.told.of(languages) if languages else self.lexicon
        return words, self.told.guesser() if words is self.lexicon else None


FRAMES_A_STEP = 4
"""Log-mel frames that the network merges into one."""


class Stretches(NamedTuple):
    """Stretches of a recording that may be words, W in all, those with an earlier end first.

    Attributes:
        begins, ends: first frames and ends.
        sounds: the sound with which each stretch ends.
        from_cut, to_cut: the cuts between which it lies; cut 0 is the begin of the recording.
    """

    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    sounds: NDArray[np.int64]
    from_cut: NDArray[np.int64]
    to_cut: NDArray[np.int64]


def spoken_meaning(
    heard: Heard, lexicon: KnownWords, subword_vectors: SubwordVectors, guesser: LanguageGuesser | None = None
) -> Vectors:
    """The sum of the meanings of the words that a recording may hold, (D,); zero where it holds no sound.

    Each stretch between two possible ends of words takes the lexicon's nearest entries by key and compares
    them by their best CTC paths. The recording is cut where the best entries fit best together; a stretch
    of that cut adds the meanings of all its entries, weighed by how well they fit. Doubt is kept: a stretch
    that fits twenty words alike adds the mean of the twenty. With a `guesser`, which goes
    with a whole `Lexicon` only, words of less likely languages fit less.
    """
    search = lexicon.search
    heard = heard._replace(sounds=np.maximum(heard.sounds, np.float32(np.log(search.floor))))
    maybe = stretches(heard, search)
    if not len(maybe.ends):
        return np.zeros_like(subword_vectors(np.zeros(1, np.int64))[0])
    # Stretches that end together ask for the same word.
    ends, asks = np.unique(maybe.sounds, return_inverse=True)
    entries = lexicon.nearest(heard.queries[ends], search.candidates)[asks]
    scores = _scores(heard, maybe, entries[:, : search.cut_candidates], lexicon)
    chosen = best_cut(maybe, scores.max(axis=1) - search.word_cost)
    entries = entries[chosen]
    scores = _scores(heard, Stretches(*(part[chosen] for part in maybe)), entries, lexicon)
    if guesser is not None:
        scores -= guesser.costs(entries, scores)
    shares = likely_shares(scores, search.sharpness)
    kept = shares > _LEAST_SHARE
    return lexicon.meaning(entries[kept], shares[kept], subword_vectors)


_LEAST_SHARE = 0.002


def _scores(heard: Heard, maybe: Stretches, entries: NDArray[np.int64], lexicon: KnownWords) -> Vectors:
    """How well each of some entries (W, N) fits its stretch, its cost taken off."""
    spoken = lexicon.pronunciations(entries)
    sounds = [heard.sounds[begin:end] for begin, end in zip(maybe.begins, maybe.ends, strict=True)]
    return path_scores(sounds, spoken.sounds, spoken.lengths) - lexicon.costs(entries)


def stretches(heard: Heard, search: WordSearch) -> Stretches:
    """All stretches between two cuts with fewer than `search.most_ends` cuts inside.

    Cuts are the begin, the possible ends of words, and the end of the recording.

    >>> found = stretches(Heard(
    ...     np.zeros((9, 3), np.float32), np.zeros((4, 2), np.float32), np.float32([-3, 2, -3, 1]),
    ...     np.array([1, 3, 4, 6])), WordSearch())
    >>> found.begins.tolist(), found.ends.tolist(), found.sounds.tolist()
    ([0, 0, 4], [4, 9, 9], [1, 3, 3])
    """
    count = len(heard.ends)
    places = np.flatnonzero(heard.ends > search.likely_end)
    if count and (not len(places) or places[-1] != count - 1):
        places = np.append(places, count - 1)
    cuts = np.concatenate([[0], heard.last_frames[places] + 1])
    if count:
        cuts[-1] = len(heard.sounds)
    pairs = [
        (begin, end) for end in range(1, len(cuts)) for begin in range(max(0, end - search.most_ends), end)
    ]
    from_cut, to_cut = np.array(pairs, np.int64).reshape(-1, 2).T
    return Stretches(cuts[from_cut], cuts[to_cut], places[to_cut - 1], from_cut, to_cut)


def best_cut(maybe: Stretches, gains: Vectors) -> NDArray[np.int64]:
    """The stretches that together cover the recording with the highest sum of gains, in order.

    >>> parts = [0, 0, 4], [4, 9, 9], [1, 3, 3], [0, 0, 1], [1, 2, 2]
    >>> maybe = Stretches(*map(np.array, parts))
    >>> best_cut(maybe, np.float32([-1, -5, -3])).tolist(), best_cut(maybe, np.float32([-1, -3, -3])).tolist()
    ([0, 2], [1])
    """
    best = np.full(int(maybe.to_cut.max()) + 1, -np.inf)
    best[0] = 0
    through = np.zeros(len(best), np.int64)
    for number, (begin, end) in enumerate(zip(maybe.from_cut, maybe.to_cut, strict=True)):
        if best[begin] + gains[number] > best[end]:
            best[end], through[end] = best[begin] + gains[number], number
    chosen = [through[-1]]
    while maybe.from_cut[chosen[-1]]:
        chosen.append(through[maybe.from_cut[chosen[-1]]])
    return np.array(chosen[::-1])
