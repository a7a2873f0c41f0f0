"""Dense, lexical or hybrid? Questions to the sentences that answer them, XQuAD-R, one index of 11 languages.

    python benchmarks/search_modes.py [--questions 100]

For each mode and direction: success@1, success@10 and reciprocal rank in the first ten. "Same language": the
pool is the sentences of the question's language (a filter); "any language": the pool is all sentences, and a
sentence that answers counts in whatever language it is. Sentences that are equal as text are one sentence.
Ties are broken by the index's own order. Questions are taken evenly from the file, no randomness.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from polyvox import Index, Item, load_encoder

DATA = Path(os.environ.get("POLYVOX_DATA", "../shared/data")) / "text" / "xquad-r"
MODES = ("dense", "lexical", "hybrid")
DEPTH = 10


@dataclass(frozen=True)
class Question:
    """A question and the key of the sentence that answers it; keys are shared by the languages."""

    text: str
    language: str
    answer: str


def read(language: str) -> tuple[list[Item], list[Question]]:
    """The sentences and the questions of one language."""
    with lzma.open(DATA / f"{language}.json.xz", "rt", encoding="utf-8") as file:
        articles = json.load(file)["data"]
    sentences: dict[str, Item] = {}
    questions = []
    paragraphs = [paragraph for article in articles for paragraph in article["paragraphs"]]
    for number, paragraph in enumerate(paragraphs):
        for place, text in enumerate(paragraph["sentences"]):
            metadata = {"key": f"{number}-{place}"}
            sentences.setdefault(text, Item(text, language=language, metadata=metadata))
        for asked in paragraph["qas"]:
            place = sentence_of(paragraph, asked["answers"][0]["answer_start"])
            answer = sentences[paragraph["sentences"][place]].metadata["key"]
            questions.append(Question(asked["question"], language, answer))
    return list(sentences.values()), questions


def sentence_of(paragraph: dict[str, Any], start: int) -> int:
    """Which sentence of the paragraph holds the character at `start`."""
    return next(i for i, (begin, end) in enumerate(paragraph["sentence_breaks"]) if begin <= start < end)


def rank_of(index: Index, question: Question, mode: str, *, same_language: bool) -> int:
    """The rank of the first right sentence, 0 where it is not among the first ten."""
    language = question.language if same_language else None
    hits = index.search(question.text, limit=DEPTH, mode=mode, language=language)
    right = (rank for rank, hit in enumerate(hits, 1) if hit.metadata["key"] == question.answer)
    return next(right, 0)


def main() -> None:
    """Index the sentences, ask, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--questions", type=int, default=100, help="questions a language")
    arguments = parser.parse_args()
    questions: list[Question] = []
    with tempfile.TemporaryDirectory() as scratch:
        index = Index.create(Path(scratch) / "index", load_encoder())
        for path in sorted(DATA.glob("*.json.xz")):
            items, asked = read(path.name.removesuffix(".json.xz"))
            index.add(items)
            questions += asked[:: len(asked) // arguments.questions][: arguments.questions]
        index.compact()
        print(f"{len(index):,} sentences, {len(questions):,} questions, 11 languages\n")
        print("| pool | mode | success@1 | success@10 | RR@10 |\n|---|---|---|---|---|")
        for same_language in (True, False):
            for mode in MODES:
                ranks = [
                    rank_of(index, question, mode, same_language=same_language) for question in questions
                ]
                first = sum(rank == 1 for rank in ranks) / len(ranks)
                found = sum(rank > 0 for rank in ranks) / len(ranks)
                reciprocal = sum(1 / rank for rank in ranks if rank) / len(ranks)
                pool = "same language" if same_language else "any language"
                print(f"| {pool} | {mode} | {first:.3f} | {found:.3f} | {reciprocal:.3f} |", flush=True)


if __name__ == "__main__":
    main()
