"""How good the shipped text space is: Tatoeba-112 and a bilingual dictionary, in both directions.

    python benchmarks/text_quality.py [--model default] [--dimension 64] [--out FILE]

R@1 by exact cosine search. The pool of a language is its own test pairs (at most 1,000). A query is right
where its best hit has the text of its translation; a wrong text with an equal score counts as a miss.
Writes benchmarks/results/text-quality.md and, with --picture, R@1 over rows of training text (matplotlib).
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import langcodes
import numpy as np
from numpy.typing import NDArray

from polyvox.encode import Encoder, load_encoder
from polyvox.evaluate.metrics.success import success
from polyvox.evaluate.search import Tie, relevant_pairs, search
from polyvox.train.markdown_table import markdown

RESULT = Path(__file__).parent / "results" / "text-quality.md"
SENTENCE_SOURCES = ("bible", "tldr", "curriculum", "manual", "interface")
FEW, MANY = 1_000, 5_000
LABELLED = "deu spa fra swh cmn rus hun tam kab yid ukr fin ina glg est nld jpn"
SAME_LANGUAGE = {
    "nob": "nb",
    "zsm": "ms",
    "cmn": "zh",
    "wuu": "wuu",
    "swh": "sw",
    "kzj": "dtp",
    "lvs": "lv",
    "pes": "fa",
}
TRAINED_AS = {
    "nb": ("nb", "no"),
    "he": ("he", "iw"),
    "bs": ("bs",),
    "tl": ("fil", "tl"),
    "zh": ("zh", "zh-Hant"),
}


@dataclass(frozen=True)
class Recall:
    """R@1 of one language: from it to English, from English to it, and the number of pairs."""

    language: str
    pairs: int
    to_english: float
    from_english: float

    @property
    def mean(self) -> float:
        """Mean of both directions."""
        return (self.to_english + self.from_english) / 2


def hits(encoder: Encoder, queries: Sequence[str], passages: Sequence[str]) -> NDArray[np.float64]:
    """1 where a query's best passage has the text of the passage in its place, else 0; ties are misses."""
    pool = list(dict.fromkeys(passages))
    relevant = relevant_pairs([{wanted: 1} for wanted in passages], pool)
    found = search(encoder.encode_text(queries), encoder.encode_text(pool), relevant, 0)
    return success(found.first_ranks(Tie.PESSIMISTIC), 1)


def measure(encoder: Encoder, pairs: Mapping[str, list[tuple[str, str]]]) -> list[Recall]:
    """Both directions for every language."""
    results = []
    for language, members in sorted(pairs.items()):
        own, english = [pair[0] for pair in members], [pair[1] for pair in members]
        results.append(
            Recall(
                language,
                len(members),
                float(hits(encoder, own, english).mean()),
                float(hits(encoder, english, own).mean()),
            )
        )
    return results


def read_pairs(path: Path, english: str) -> dict[str, list[tuple[str, str]]]:
    """Language to (text, English text), of rows that hold English and any other languages."""
    pairs: dict[str, list[tuple[str, str]]] = defaultdict(list)
    with lzma.open(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            row: dict[str, str] = json.loads(line)
            for language, text in row.items():
                if language != english and english in row:
                    pairs[language].append((text, row[english]))
    return pairs


def training_sentences(counts: Path, sources: Collection[str] = SENTENCE_SOURCES) -> dict[str, int]:
    """Rows of running text (not word lists) that the training sources hold of each language."""
    sentences: dict[str, int] = defaultdict(int)
    for source, languages in json.loads(counts.read_text(encoding="utf-8"))["languages"].items():
        for language, rows in languages.items() if source in sources else ():
            sentences[language.partition("#")[0]] += rows
    return sentences


def tags(language: str) -> tuple[str, ...]:
    """What the training texts call a Tatoeba language."""
    tag = SAME_LANGUAGE.get(language) or langcodes.standardize_tag(language)
    return TRAINED_AS.get(tag, (tag,))


def training_rows(language: str, sentences: Mapping[str, int]) -> int:
    """Rows of running text that a Tatoeba language had."""
    return sum(sentences.get(tag, 0) for tag in tags(language))


def table(results: Sequence[Recall], rows: Mapping[str, int] | None = None) -> str:
    """Markdown table of one test, a line a language, with its rows of training text if they are given."""
    heads = ["language", "pool", "to English", "from English", "mean"]
    lines = []
    for r in sorted(results, key=lambda r: -r.mean):
        figures = [f"{r.to_english:.3f}", f"{r.from_english:.3f}", f"{r.mean:.3f}"]
        lines.append([r.language, f"{r.pairs}", *figures])
        if rows is not None:
            lines[-1].append(f"{rows[r.language]:,}")
    return markdown([*heads, "rows of training text"] if rows is not None else heads, lines).rstrip()


_VERSES, _MANUALS = "verses of the Bible among them", "manuals and interfaces only"


def draw(results: Sequence[Recall], counts: Path, path: Path) -> None:
    """R@1 over rows of training text as SVG; languages apart that have more than verses."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "polyvox"
    from matplotlib import pyplot

    everything, verses = training_sentences(counts), training_sentences(counts, ("bible",))
    figure, axes = pyplot.subplots(figsize=(6.4, 4.0), layout="constrained")
    groups: dict[str, list[tuple[float, float]]] = {_VERSES: [], _MANUALS: []}
    for one in results:
        rows, sacred = (training_rows(one.language, some) for some in (everything, verses))
        place = max(rows, 100), one.mean
        groups[_VERSES if sacred else _MANUALS].append(place)
        if one.language in LABELLED.split():
            axes.annotate(one.language, place, (4, 3), textcoords="offset points", fontsize=8)
    for (name, places), mark in zip(groups.items(), "os", strict=True):
        rows_of, means = zip(*places, strict=True)
        axes.scatter(rows_of, means, marker=mark, s=18, alpha=0.7, label=name)
    axes.set_xscale("log")
    axes.set(
        xlabel="rows of training text (at 100: fewer)",
        ylabel="Tatoeba R@1, mean of both directions",
        ylim=(0, 1),
    )
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})


def mean_line(name: str, results: Sequence[Recall]) -> str:
    """One line of the table of averages."""
    if not results:
        return f"| {name} | 0 | | | |"
    to, back = (
        fmean(r.to_english for r in results),
        fmean(r.from_english for r in results),
    )
    return f"| {name} | {len(results)} | {to:.3f} | {back:.3f} | **{(to + back) / 2:.3f}** |"


def names(results: Sequence[Recall]) -> str:
    """Language codes, with commas."""
    return ", ".join(r.language for r in results)


def report(encoder: Encoder, data: Path, tatoeba: Sequence[Recall]) -> str:
    """The whole result file."""
    sentences = training_sentences(data / "counts.json")
    lexicon = measure(encoder, read_pairs(data / "test-lexicon.jsonl.xz", "en"))
    rows = {r.language: training_rows(r.language, sentences) for r in tatoeba}
    much = [r for r in tatoeba if rows[r.language] >= MANY]
    some = [r for r in tatoeba if FEW <= rows[r.language] < MANY]
    without = [r for r in tatoeba if rows[r.language] < FEW]
    head = "| test | languages | to English | from English | mean |\n|---|---|---|---|---|"
    averages = [
        mean_line(f"Tatoeba, all {len(tatoeba)}", tatoeba),
        mean_line(f"Tatoeba, ≥ {FEW:,} rows of running text in training", [*much, *some]),
        mean_line(f"Tatoeba, ≥ {MANY:,} rows", much),
        mean_line(f"Tatoeba, {FEW:,} to {MANY:,} rows", some),
        mean_line(f"Tatoeba, fewer than {FEW:,} rows", without),
        mean_line("bilingual dictionary (GATITOS test)", lexicon),
    ]
    card = encoder.card
    return "\n\n".join(
        [
            "# Text quality",
            (
                f"Model {card.name}, fingerprint {card.fingerprint}, {card.dimension} dimensions. R@1, exact "
                "cosine search; a language's pool is its own pairs; right means the same text as the "
                "translation; ties are misses. Made by `python benchmarks/text_quality.py`."
            ),
            "\n".join([head, *averages]),
            f"At least {MANY:,} rows: {names(much)}.",
            f"{FEW:,} to {MANY:,} rows: {names(some)}.",
            "## Tatoeba",
            table(tatoeba, rows),
            "## Bilingual dictionary",
            table(lexicon),
        ]
    )


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("POLYVOX_DATA", str(Path(__file__).parents[2] / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default))
    parser.add_argument("--model", default="default")
    parser.add_argument("--dimension", type=int)
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    encoder, data = load_encoder(options.model, options.dimension), options.data / "text"
    tatoeba = measure(encoder, read_pairs(data / "test-tatoeba.jsonl.xz", "eng"))
    content = report(encoder, data, tatoeba)
    if options.picture:
        draw(tatoeba, data / "counts.json", options.picture)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(content + "\n", encoding="utf-8")
    print("\n\n".join(content.split("\n\n")[:3]))


if __name__ == "__main__":
    main()
