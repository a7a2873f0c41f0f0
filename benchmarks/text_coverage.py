"""What a sentence's words must have been in training for it to be found: Tatoeba, apart by words seen.

    python -m benchmarks.text_coverage [--model default] [--data ../shared/data]

For each Tatoeba language with 1,000 or more rows of running text in training, the words of all its training
texts are counted as `polyvox train` reads them, without test texts. Test sentences then fall apart by the
share of their words that training has. Queries, pools and ties as in `benchmarks/text_quality.py`: the pool
is always the whole one of the language. Languages written without spaces are left out. Writes
benchmarks/results/text-coverage.md.
"""

from __future__ import annotations

import argparse
import os
import tomllib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from benchmarks.text_quality import (
    FEW,
    hits,
    read_pairs,
    tags,
    training_rows,
    training_sentences,
)

from polyvox.encode import Encoder, load_encoder
from polyvox.train.markdown_table import markdown
from polyvox.train.rows import (
    RowCounts,
    held_out_files,
    held_out_hashes,
    neither_letter_mark_nor_number,
    read_rows,
)

RESULT = Path(__file__).parent / "results" / "text-coverage.md"
RECIPE = Path(__file__).parents[1] / "recipes" / "default" / "recipe.toml"
WITHOUT_SPACES = ("cmn", "jpn", "tha", "khm")
OFTEN = 5
SHARES = {
    "less than a third": (0.0, 1 / 3),
    "a third to 0.6": (1 / 3, 0.6),
    "0.6 to 0.8": (0.6, 0.8),
    "more, but not all": (0.8, 1.0),
    "all": (1.0, 1.1),
}
FEWEST = 10  # sentences that a language needs in a group to count there


@dataclass(frozen=True, slots=True)
class Sentence:
    """A test sentence: shares of its words that training has, and how often it is found in two directions."""

    language: str
    once: float
    often: float
    found: float


def words(text: str) -> list[str]:
    """The words of a text, in small letters.

    >>> words("L'eau, s'il te plaît!")
    ['l', 'eau', 's', 'il', 'te', 'plaît']
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return neither_letter_mark_nor_number().sub(" ", folded).split()


def words_seen(data: Path, sources: Sequence[str]) -> dict[str, Counter[str]]:
    """How often each word stands in the training texts of a language."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    tests = held_out_hashes(held_out_files(data))
    for source in sources:
        for row in read_rows(data / f"train-{source}.jsonl.xz", source, RowCounts(), tests):
            for language, text in row.texts.items():
                seen[language.partition("#")[0]].update(words(text))
    return seen


def sentences(
    encoder: Encoder, pairs: Mapping[str, list[tuple[str, str]]], seen: Mapping[str, Counter[str]]
) -> list[Sentence]:
    """Every test sentence that has a word."""
    found = []
    for language, members in sorted(pairs.items()):
        known: Counter[str] = Counter()
        for tag in tags(language):
            known.update(seen.get(tag, {}))
        own, english = [pair[0] for pair in members], [pair[1] for pair in members]
        there, back = hits(encoder, own, english), hits(encoder, english, own)
        for text, one, other in zip(own, there, back, strict=True):
            if counts := [known[word] for word in words(text)]:
                once, often = (fmean(count >= least for count in counts) for least in (1, OFTEN))
                found.append(Sentence(language, once, often, (one + other) / 2))
    return found


def by_share(found: Sequence[Sentence], share: Callable[[Sentence], float], seen: str) -> list[list[str]]:
    """A line for each group of sentences: R@1 is the mean of the languages in it."""
    lines = []
    for name, (least, below) in SHARES.items():
        of: dict[str, list[float]] = defaultdict(list)
        for one in found:
            if least <= share(one) < below:
                of[one.language].append(one.found)
        counted = [values for values in of.values() if len(values) >= FEWEST]
        recall = f"{fmean(map(fmean, counted)):.3f}" if counted else "–"
        lines.append([seen, name, f"{len(counted)}", f"{sum(map(len, counted)):,}", recall])
    return lines


def by_language(found: Sequence[Sentence]) -> list[list[str]]:
    """A line for each language, by what of its words training has."""
    of: dict[str, list[Sentence]] = defaultdict(list)
    for one in found:
        of[one.language].append(one)
    lines = []
    for language, own in sorted(of.items(), key=lambda item: -fmean(one.often for one in item[1])):
        whole = [one.found for one in own if one.often == 1]
        lines.append(
            [
                language,
                f"{len(own):,}",
                *(f"{fmean(values):.3f}" for values in zip(*((s.once, s.often) for s in own), strict=True)),
                f"{len(whole) / len(own):.3f}",
                f"{fmean(one.found for one in own):.3f}",
                f"{fmean(whole):.3f}" if len(whole) >= FEWEST else "–",
            ]
        )
    return lines


def report(encoder: Encoder, found: Sequence[Sentence]) -> str:
    """The whole result file."""
    card, languages = encoder.card, {one.language for one in found}
    groups = [
        *by_share(found, lambda one: one.once, "at least once"),
        *by_share(found, lambda one: one.often, f"at least {OFTEN} times"),
    ]
    lines = by_language(found)
    once, often, whole, recall = (fmean(float(line[place]) for line in lines) for place in (2, 3, 4, 5))
    return "\n".join(
        [
            "# Text quality by words seen in training",
            "",
            f"Model {card.name}, fingerprint {card.fingerprint}, {card.dimension} dimensions. Tatoeba, the "
            f"{len(languages)} languages with spaces that have {FEW:,} or more rows of running text in "
            "training. R@1, mean of both directions and of languages; exact cosine search in the whole "
            "pool of the language; ties are misses. Made by `python -m benchmarks.text_coverage`.",
            "",
            f"Training has {once:.3f} of a language's words in the test (each time one stands there) at "
            f"least once and {often:.3f} at least {OFTEN} times; of its sentences, {whole:.3f} have only "
            f"words of the latter kind (means of languages). Over all sentences R@1 is {recall:.3f}.",
            "",
            f"A language counts in a line where it has {FEWEST} or more such sentences.",
            "",
            markdown(["words seen", "share of a sentence's words", "languages", "sentences", "R@1"], groups),
            markdown(
                [
                    "language",
                    "sentences",
                    "words seen",
                    f"{OFTEN} times",
                    f"sentences with only words seen {OFTEN} times",
                    "R@1",
                    "R@1 of these",
                ],
                lines,
            ),
        ]
    )


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("POLYVOX_DATA", str(Path(__file__).parents[2] / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default))
    parser.add_argument("--model", default="default")
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    encoder, data = load_encoder(options.model), options.data / "text"
    rows = training_sentences(data / "counts.json")
    pairs = {
        language: members
        for language, members in read_pairs(data / "test-tatoeba.jsonl.xz", "eng").items()
        if language not in WITHOUT_SPACES and training_rows(language, rows) >= FEW
    }
    sources = list(tomllib.loads(RECIPE.read_text(encoding="utf-8"))["text"]["sources"])
    content = report(encoder, sentences(encoder, pairs, words_seen(data, sources)))
    options.out.write_text(content, encoding="utf-8")
    print(content)


if __name__ == "__main__":
    main()
