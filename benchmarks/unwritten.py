"""Speech to speech inside one language without any text: search, and groups of the same words.

    python -m benchmarks.unwritten --data ../shared/data --cache DIR [--dtw-queries 60]

A query is a recording whose words were recorded at least twice. The other recordings of the same transcript
(of the same word, where the set has words) are relevant; the pool is all recordings of the language, less the
query. Exact cosine; a tie counts as a miss. Mboshi's sentences fall into two halves by a hash of the text:
the vector and the threshold were chosen on the development half, and the tables are of the other one. DTW is
measured on a sample of the queries (seed 0) against the whole pool.

Vectors and frames are kept in --cache. Writes benchmarks/results/unwritten.md.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from benchmarks.dtw import dtw
from benchmarks.ranked import ranks
from numpy.typing import NDArray

from polyvox.encode import Encoder, Vectors, load_encoder
from polyvox.encode.load import default_model_folder
from polyvox.encode.speech import SpeechTower
from polyvox.item import Audio
from polyvox.mine.groups import groups_of
from polyvox.modules.front import SpeechFront, open_front
from polyvox.read.sound import load_audio
from polyvox.train.markdown_table import markdown

RESULT = Path(__file__).parent / "results" / "unwritten.md"
BATCH = 64
SEED = 0
SAMPLE = 1500
"""Recordings of a set of single words, where all would be very many pairs."""
THRESHOLDS = (0.55, 0.65, 0.75, 0.85)
Frames = list[NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Set:
    """Recordings of one language: where they are, what is said, who says it, and which may be queries."""

    name: str
    paths: list[Path]
    labels: NDArray[np.int64]
    speakers: NDArray[np.str_]
    asked: NDArray[np.bool_]


def rows_of(data: Path, name: str) -> list[dict[str, str]]:
    """The manifest of a set."""
    with (data / "speech" / name / "manifest.tsv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def is_development(text: str) -> bool:
    """The half that choices were made on."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % 2 == 0


def made(name: str, data: Path, source: str, rows: Sequence[dict[str, str]], texts: Sequence[str]) -> Set:
    """A set whose recordings of equal text are relevant to each other."""
    labels = np.unique(texts, return_inverse=True)[1]
    many = np.bincount(labels)[labels] > 1
    half = np.array([source != "mboshi" or not is_development(text) for text in texts])
    return Set(
        name,
        [data / "speech" / source / row["path"] for row in rows],
        labels,
        np.array([row["key"].split("_")[0] for row in rows]),
        many & half & np.array([bool(text) for text in texts]),
    )


def sets_of(data: Path) -> list[Set]:
    """What is measured."""
    mboshi = rows_of(data, "mboshi")
    found = [made("Mboshi sentences", data, "mboshi", mboshi, [folded(row["transcript"]) for row in mboshi])]
    for source, tag, name in (
        ("artikulate", "pl", "Polish phrases"),
        ("artikulate", "bn", "Bengali phrases"),
        ("gcompris", "pt_BR", "Brazilian words"),
        ("gcompris", "fr", "French words"),
    ):
        rows = [row for row in rows_of(data, source) if row["language"] == tag and folded(row["transcript"])]
        found.append(made(name, data, source, rows, [folded(row["transcript"]) for row in rows]))
    for source, name in (("arabic", "Arabic words"), ("fsdd", "English digits")):
        rows = rows_of(data, source)
        chosen = [rows[n] for n in np.random.default_rng(SEED).permutation(len(rows))[:SAMPLE]]
        found.append(made(name, data, source, chosen, [row["key"] for row in chosen]))
    return found


def folded(text: str) -> str:
    """A text blind to case and spacing."""
    return " ".join(text.casefold().split())


def kept(folder: Path, name: str, make: Callable[[], Vectors]) -> Vectors:
    """Vectors from the cache, or made and kept there."""
    path = folder / f"{name.replace(' ', '-')}.npy"
    if not path.is_file():
        print(f"making {path.name}", flush=True)
        np.save(path, make())
    return np.asarray(np.load(path, allow_pickle=False))


def encoded(paths: Sequence[Path], encode: Callable[[Sequence[Audio]], Vectors]) -> Vectors:
    """The vectors of recordings, read in batches."""
    batches = (paths[begin : begin + BATCH] for begin in range(0, len(paths), BATCH))
    return np.concatenate([encode([load_audio(path) for path in batch]) for batch in batches])


@cache
def front() -> SpeechFront:
    """What the shipped model hears with."""
    return open_front("default")


@cache
def encoder(name: str) -> Encoder:
    """A model by name."""
    return load_encoder(name)


def mean_frames(audio: Sequence[Audio]) -> Vectors:
    """Unit means of the shipped front's frames."""
    means = np.stack([frames.mean(axis=0) for frames in front().frames(audio)])
    return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), np.float32)


def ranks_among(
    scores: Vectors, relevant: NDArray[np.bool_], allowed: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """The rank of the best relevant recording among those allowed, ties counted against it, (Q,)."""
    return ranks(np.where(allowed, scores, -np.inf), relevant & allowed)


def figures(scores: Vectors, one: Set, asked: NDArray[np.int64]) -> list[str]:
    """Cells of a table: queries, R@1, R@10, MRR; then the same with other readers only."""
    relevant = one.labels[asked][:, None] == one.labels
    others = np.ones(relevant.shape, bool)
    others[np.arange(len(asked)), asked] = False
    cells = _cells(ranks_among(scores, relevant & others, others))
    apart = others & (one.speakers[asked][:, None] != one.speakers)
    have = (relevant & apart).any(axis=1)
    if one.name.startswith("Mboshi"):
        return cells + _cells(ranks_among(scores[have], (relevant & apart)[have], apart[have]))
    return cells


def _cells(rank: NDArray[np.int64]) -> list[str]:
    return [
        f"{len(rank):,}",
        f"{(rank == 1).mean():.3f}",
        f"{(rank <= 10).mean():.3f}",
        f"{(1 / rank).mean():.3f}",
    ]


def dtw_scores(frames: Frames, asked: Sequence[int]) -> Vectors:
    """Each query against everything, in blocks of like length, (Q, N)."""
    lengths = np.array([len(one) for one in frames])
    order = np.argsort(lengths, kind="stable")
    scores = np.empty((len(asked), len(frames)), np.float32)
    for block in np.array_split(order, max(1, len(order) // 256)):
        padded = np.zeros((len(block), int(lengths[block].max()), frames[0].shape[1]), np.float32)
        for row, number in zip(padded, block, strict=True):
            row[: lengths[number]] = frames[number]
        for place, number in enumerate(asked):
            scores[place, block] = dtw(frames[number], padded, lengths[block])
    return scores


def unit_frames(one: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows made unit length."""
    return np.asarray(one / np.maximum(np.linalg.norm(one, axis=1, keepdims=True), 1e-9), np.float32)


def frames_of(one: Set, folder: Path) -> dict[str, Frames]:
    """Frames of the front, and square roots of the chances of the sounds."""
    path = folder / f"{one.name.replace(' ', '-')}-frames.npz"
    if not path.is_file():
        print(f"making {path.name}", flush=True)
        tower = SpeechTower(default_model_folder() / "speech.onnx")
        states, sounds = [], []
        for begin in range(0, len(one.paths), BATCH):
            audio = [load_audio(path) for path in one.paths[begin : begin + BATCH]]
            states += [frames.astype(np.float16) for frames in front().frames(audio)]
            sounds += [np.exp(frames).astype(np.float16) for frames in tower.sounds(audio)]
        ends = np.cumsum([len(frames) for frames in sounds])[:-1]
        np.savez(path, states=np.concatenate(states), sounds=np.concatenate(sounds), ends=ends)
    stored = np.load(path, allow_pickle=False)
    heard = {
        "DTW over the front's frames": stored["states"].astype(np.float32),
        "DTW over the chances of the sounds": np.sqrt(stored["sounds"].astype(np.float32)),
    }
    return {name: np.split(unit_frames(frames), stored["ends"]) for name, frames in heard.items()}


def search_rows(one: Set, folder: Path, dtw_queries: int) -> list[list[str]]:
    """The search table of one set."""
    asked = np.flatnonzero(one.asked)
    rows = []
    for system, encode in (
        ("shipped model (words)", lambda audio: encoder("default").encode_speech(audio)),
        ("mean of the front's frames", mean_frames),
        ("`sounds`", lambda audio: encoder("sounds").encode_speech(audio)),
    ):
        plain = system.strip("`").partition(" (")[0].replace("'", "")
        vectors = kept(folder, f"{one.name} {plain}", lambda encode=encode: encoded(one.paths, encode))  # type: ignore[misc]
        rows.append([system, *figures(vectors[asked] @ vectors.T, one, asked)])
    if one.name.startswith("Mboshi"):
        sample = np.sort(np.random.default_rng(SEED).permutation(asked)[:dtw_queries])
        rows.append(
            [f"`sounds`, the {len(sample)} queries below", *figures(vectors[sample] @ vectors.T, one, sample)]
        )
        for system, frames in frames_of(one, folder).items():
            rows.append([system, *figures(dtw_scores(frames, sample.tolist()), one, sample)])
    return rows


def pair_figures(vectors: Vectors, labels: NDArray[np.int64], threshold: float) -> str:
    """Precision and recall over pairs of recordings that are in one group."""
    together = right = 0
    for group in groups_of(vectors, threshold):
        inside = labels[list(group.members)]
        together += len(inside) * (len(inside) - 1) // 2
        right += int(sum(n * (n - 1) // 2 for n in np.bincount(inside)))
    wanted = int(sum(n * (n - 1) // 2 for n in np.bincount(labels)))
    return f"{right / together if together else 0:.2f} / {right / wanted:.2f}"


def group_rows(one: Set, folder: Path, texts: dict[str, NDArray[np.bool_]]) -> list[list[str]]:
    """The table of groups: one row, or one for each half."""
    vectors = np.load(folder / f"{one.name.replace(' ', '-')}-sounds.npy", allow_pickle=False)
    rows = []
    for name, half in texts.items():
        labels = np.unique(one.labels[half], return_inverse=True)[1]
        pairs = int(sum(n * (n - 1) // 2 for n in np.bincount(labels)))
        cells = [pair_figures(vectors[half], labels, threshold) for threshold in THRESHOLDS]
        rows.append([one.name + name, f"{int(half.sum()):,}", f"{pairs:,}", *cells])
    return rows


def halves(one: Set, data: Path) -> dict[str, NDArray[np.bool_]]:
    """Which recordings each row of the table of groups is of."""
    if not one.name.startswith("Mboshi"):
        return {"": np.ones(len(one.paths), bool)}
    development = np.array([is_development(folded(row["transcript"])) for row in rows_of(data, "mboshi")])
    return {", development half": development, ", other half": ~development}


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--dtw-queries", type=int, default=60)
    arguments = parser.parse_args()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    lines = ["# Speech to speech without text", "", *(__doc__ or "").split("\n\n")[2].splitlines(), ""]
    groups: list[list[str]] = []
    for one in sets_of(arguments.data):
        lines += [f"## {one.name}, pool {len(one.paths) - 1:,}", ""]
        head = ["", "queries", "R@1", "R@10", "MRR"]
        if one.name.startswith("Mboshi"):
            head += ["queries, other reader", "R@1", "R@10", "MRR"]
        lines.append(markdown(head, search_rows(one, arguments.cache, arguments.dtw_queries)))
        groups += group_rows(one, arguments.cache, halves(one, arguments.data))
    lines += ["## Groups, model `sounds`: precision / recall over pairs, by threshold", ""]
    lines.append(markdown(["", "recordings", "pairs", *map(str, THRESHOLDS)], groups))
    RESULT.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
