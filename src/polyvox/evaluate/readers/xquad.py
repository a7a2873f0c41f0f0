"""XQuAD-R: questions in eleven languages, and the sentences that answer them in each (LAReQA, EMNLP 2020).

The option `pool`: `own` searches the sentences of the question's language, `mixed` those of all languages at
once (an answer in every language is wanted), `english` those of its own language and English.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from polyvox.evaluate.declaration import Task
from polyvox.evaluate.problem import MIXED, Content, Document, Pairs, Problem, Query, TaskError
from polyvox.evaluate.readers.lines import json_document
from polyvox.evaluate.readers.tabular import files
from polyvox.item import Modality

ENGLISH = "en"
POOLS = ("own", "mixed", "english")


@dataclass(frozen=True, slots=True)
class Language:
    """One language's questions by id, the sentence that answers each, and all sentences."""

    questions: Mapping[str, str]
    answers: Mapping[str, str]
    sentences: Sequence[str]


def read(task: Task, path: Path) -> Iterator[Problem | Pairs]:
    """One problem a language of questions."""
    languages = {task.tag(tag): _language(file) for tag, file in files(task, path, task.options["files"])}
    pool = task.options.get("pool", "own")
    if pool not in POOLS:
        raise TaskError(f"task {task.name}: the pool is one of {', '.join(POOLS)}, not {pool!r}")
    for tag in languages:
        searched = {"own": [tag], "mixed": list(languages), "english": [ENGLISH, tag]}[pool]
        if pool != "english" or tag != ENGLISH:
            yield _problem(languages, tag, searched)


def _problem(languages: Mapping[str, Language], asked: str, searched: Sequence[str]) -> Problem:
    documents = [
        Document(f"{tag}/{number}", sentence, Content(sentence, language=tag))
        for tag in searched
        for number, sentence in enumerate(dict.fromkeys(languages[tag].sentences))
    ]
    queries = [
        Query(
            identity,
            Content(question, language=asked),
            {languages[tag].answers[identity]: 1 for tag in searched if identity in languages[tag].answers},
            instance=identity,
        )
        for identity, question in languages[asked].questions.items()
    ]
    found = searched[0] if len(searched) == 1 else MIXED
    return Problem(asked, found, Modality.TEXT, Modality.TEXT, queries, documents)


def squad_questions(path: Path) -> Iterator[Mapping[str, Any]]:
    """The questions of a file in SQuAD's layout, each with the title of its article.

    Raises:
        TaskError: the file has another layout.
    """
    try:
        for article in json_document(path)["data"]:
            for paragraph in article["paragraphs"]:
                for asked in paragraph["qas"]:
                    yield {"id": asked["id"], "question": asked["question"], "title": article["title"]}
    except (KeyError, TypeError) as error:
        raise TaskError(f"{path}: is not in SQuAD's layout; it lacks {error}") from error


def _language(path: Path) -> Language:
    questions, answers, sentences = {}, {}, []
    try:
        for article in json_document(path)["data"]:
            for paragraph in article["paragraphs"]:
                sentences += paragraph["sentences"]
                for asked in paragraph["qas"]:
                    questions[asked["id"]] = asked["question"]
                    answers[asked["id"]] = _sentence(paragraph, asked["answers"][0]["answer_start"])
    except (KeyError, TypeError, IndexError) as error:
        raise TaskError(f"{path}: is not XQuAD-R; it lacks {error}") from error
    return Language(questions, answers, sentences)


def _sentence(paragraph: Mapping[str, Any], start: int) -> str:
    """The sentence in which an answer begins; breaks are [start, end) in characters of the paragraph."""
    for (_, end), sentence in zip(paragraph["sentence_breaks"], paragraph["sentences"], strict=True):
        if start < end:
            return str(sentence)
    return str(paragraph["sentences"][-1])
