"""Stage 5: a pooler over a frozen front learns the frozen vectors of transcriptions."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from polyvox.encode.protocol import Vectors
from polyvox.modules.bottleneck import Bottleneck
from polyvox.modules.front import SpeechFront
from polyvox.modules.fused_speech import padded_frames
from polyvox.modules.heads.learned_query import QuerySizes
from polyvox.modules.heads.sentence import SentenceHead, SentenceSizes
from polyvox.train.front_store import FrontStore, Hearing
from polyvox.train.losses.contrastive import symmetric_contrastive
from polyvox.train.losses.mse import squared_distance
from polyvox.train.rows import text_hash
from polyvox.train.sonar.later_sections import Speech
from polyvox.train.sonar.loop import Losses, learn
from polyvox.train.sonar.measure import compared, encode, error_rates, told
from polyvox.train.sonar.objectives import stretched
from polyvox.train.sonar.recordings import Heard
from polyvox.train.split import Part

_AT_ONCE = 64
_DEPTHS = (1, 10)
_CHUNK = 8


@dataclass(frozen=True, slots=True)
class Listened:
    """Recordings that were heard, and the frozen vector of each one's text."""

    heard: Sequence[Heard]
    store: FrontStore
    targets: Vectors

    def frames(self, place: int) -> np.ndarray[Any, np.dtype[np.float32]]:
        """The frames of one recording, (T, width)."""
        return self.store.frames(self.heard[place].path).astype(np.float32)

    def of(self, part: Part) -> Listened:
        """Those of one part; development counts as training."""
        places = [
            place for place, one in enumerate(self.heard) if (one.part is Part.TEST) == (part is Part.TEST)
        ]
        return Listened([self.heard[place] for place in places], self.store, self.targets[places])


def listen(
    recordings: Sequence[Heard], front: SpeechFront, model: Bottleneck, section: Speech, folder: Path
) -> Listened:
    """Hear every recording once, and read its text.

    Args:
        recordings: what cannot be read is reported and left out.
        front: hears.
        model: the frozen text model.
        section: the section.
        folder: of the frames.
    """
    store = FrontStore(folder, front, Hearing(section.max_seconds))
    silent: set[Path] = set()

    def report(path: Path, why: str) -> None:
        silent.add(path)
        sys.stderr.write(f"{path}: {why}\n")

    store.fill([(one.path, 0) for one in recordings], report)
    kept = [one for one in recordings if one.path not in silent]
    targets = np.zeros((len(kept), model.get_embedding_dimension()), np.float32)
    for language in {one.text_language for one in kept}:
        places = [place for place, one in enumerate(kept) if one.text_language == language]
        targets[places] = encode(model, [kept[place].text for place in places], language)
    return Listened(kept, store, targets)


def new_head(section: Speech, width: int, dimension: int, seed: int) -> SentenceHead:
    """A head for frames of a width and vectors of a dimension, with random weights."""
    torch.manual_seed(seed)
    sizes = QuerySizes(dimension, section.pooler_layers, section.heads, pooling=section.pooling)
    return SentenceHead(SentenceSizes(width, sizes))


def train_head(
    head: SentenceHead, listened: Listened, section: Speech, folder: Path, seed: int, stop: int | None = None
) -> None:
    """Squared distance to the text's vector, and InfoNCE where the section weighs it."""
    train = listened.of(Part.TRAIN)
    lengths = np.array([len(train.frames(place)) for place in range(len(train.heard))])
    same = np.array([text_hash(one.text) for one in train.heard], np.uint64)

    def losses_at(step: int) -> Losses:
        places = _places(lengths, section.pace.batch, step, seed)
        vectors = head(*padded_frames([train.frames(place) for place in places])).float()
        targets = torch.from_numpy(train.targets[places])
        losses: dict[str, Tensor] = {}
        if section.mse:
            losses["mse"] = section.mse * squared_distance(stretched(vectors), stretched(targets))
        if section.contrast:
            alike = torch.from_numpy(same[places][:, None] == same[places])
            found = symmetric_contrastive(vectors, targets, scale=section.scale, same=alike)
            losses["contrast"] = section.contrast * found
        return losses

    learn({"head": head}, section.pace, losses_at, folder, folder.name, seed, stop)


def shuffled(listened: Listened, seed: int) -> Listened:
    """The same with the texts of training recordings shuffled: what is learned without any meaning."""
    places = [place for place, one in enumerate(listened.heard) if one.part is not Part.TEST]
    targets = listened.targets.copy()
    targets[places] = targets[np.random.default_rng(seed).permutation(places)]
    return replace(listened, targets=targets)


def hear(head: SentenceHead, listened: Listened) -> Vectors:
    """Unit vectors (N, D) of the recordings."""
    head.eval()
    found = []
    with torch.no_grad():
        for start in range(0, len(listened.heard), _AT_ONCE):
            places = range(start, min(start + _AT_ONCE, len(listened.heard)))
            found.append(head(*padded_frames([listened.frames(place) for place in places])).numpy())
    return np.concatenate(found)


def speech_figures(
    model: Bottleneck, vectors: Vectors, test: Listened, *, decode: bool = True
) -> dict[str, dict[str, Any]]:
    """For each language: recordings among all test texts of its text's language, and decoded.

    `xsim`, `r@1` and `r@10` look for the transcription, by identity of the text, in the pool of distinct
    texts; `english_xsim` for the English text. `chrf` compares the decoded text with the transcription, and
    `chrf_english` the zero-shot translation with the English; `…_of_text` is the same from the text's vector.
    """
    return {
        language: _of_language(model, vectors, test, language, decode)
        for language in sorted({one.language for one in test.heard})
    }


def _of_language(
    model: Bottleneck, vectors: Vectors, test: Listened, language: str, decode: bool
) -> dict[str, Any]:
    places = [place for place, one in enumerate(test.heard) if one.language == language]
    heard = [test.heard[place] for place in places]
    tag = heard[0].text_language
    pool = list(dict.fromkeys(one.text for one in heard))
    pooled = encode(model, pool, tag)
    spoken = vectors[places]
    found: dict[str, Any] = {"recordings": len(heard), "pool": len(pool)}
    found["xsim"], _ = error_rates(spoken, [one.text for one in heard], pool, pooled)
    right = [pool.index(one.text) for one in heard]
    found |= {f"r@{depth}": _recall(spoken, pooled, right, depth) for depth in _DEPTHS}
    if decode:
        found |= _decoded(model, spoken, test.targets[places], [one.text for one in heard], tag, "chrf")
    if tag != "en" and all(one.english for one in heard):
        english = [one.english for one in heard]
        pool = list(dict.fromkeys(english))
        found["english_xsim"], _ = error_rates(spoken, english, pool, encode(model, pool, "en"))
        if decode:
            found |= _decoded(model, spoken, test.targets[places], english, "en", "chrf_english")
    return found


def _decoded(
    model: Bottleneck, spoken: Vectors, read: Vectors, wanted: Sequence[str], into: str, name: str
) -> Mapping[str, float]:
    references = [[text] for text in wanted]
    return {
        name: compared(told(model, spoken, into), references)["chrf"],
        f"{name}_of_text": compared(told(model, read, into), references)["chrf"],
    }


def _recall(queries: Vectors, pool: Vectors, right: Sequence[int], depth: int) -> float:
    """Share of queries with fewer than `depth` texts as near as their own; a tie is a miss."""
    cosines = queries @ pool.T
    own = np.take_along_axis(cosines, np.array(right)[:, None], axis=1)
    as_near = (cosines >= own - 1e-6).sum(axis=1) - 1
    return float((as_near < depth).mean())


def _places(lengths: np.ndarray[Any, Any], size: int, step: int, seed: int) -> list[int]:
    """The recordings of a step, of like length."""
    chunk, number = divmod(step, _CHUNK)
    dice = np.random.default_rng([seed, chunk])
    drawn = dice.choice(len(lengths), size * _CHUNK, replace=len(lengths) < size * _CHUNK)
    ordered = drawn[np.argsort(lengths[drawn], kind="stable")].reshape(_CHUNK, size)
    chosen = ordered[dice.permutation(_CHUNK)[number]]
    return [int(place) for place in chosen]
