"""mteb's retrieval and bitext tasks in polyvox: `--tasks mteb:NAME`, scored here with ties and whole pools.

mteb loads the data, from its cache or from the Hugging Face hub.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from polyvox.errors import MissingExtraError
from polyvox.evaluate.declaration import Relevance, Task, without_region
from polyvox.evaluate.problem import Content, Document, Pairs, Problem, Query, TaskError
from polyvox.item import UNKNOWN_LANGUAGE, Modality, language_tag

PREFIX = "mteb:"
_BITEXT = "sentence1"


def declaration(name: str) -> Task:
    """The task that stands for a task of mteb."""
    return Task(
        name=name,
        title=f"{name.removeprefix(PREFIX)}, as mteb has it",
        reader="mteb",
        path="",
        revision="mteb",
        licence="see mteb",
        citation="Muennighoff et al., MTEB: Massive Text Embedding Benchmark, EACL 2023",
        source="https://github.com/embeddings-benchmark/mteb",
        languages=(),
        relevance=Relevance.QRELS,
        metrics=("nDCG@10", "Hits@1", "R@10", "R@100", "MRR", "MAP", "xsim"),
        primary="nDCG@10",
    )


def read(task: Task, path: Path) -> Iterator[Problem | Pairs]:
    """The problems of a task of mteb by its name.

    Raises:
        MissingExtraError: mteb is not installed.
        TaskError: mteb has no such task, or cannot load it.
    """
    try:
        import mteb
    except ImportError as error:
        raise MissingExtraError("mteb", f"the task {task.name!r}") from error
    try:
        found = mteb.get_task(task.name.removeprefix(PREFIX))
        found.load_data()
    except (KeyError, OSError, ValueError) as error:
        raise TaskError(f"mteb cannot load {task.name.removeprefix(PREFIX)!r}: {error}") from error
    yield from problems_of(found)


def problems_of(task: Any) -> Iterator[Problem]:  # noqa: ANN401 - mteb's own type
    """The problems of a loaded retrieval or bitext task of mteb, one a subset and split.

    Raises:
        TaskError: it is of another kind.
    """
    languages: Mapping[str, Sequence[str]] = task.metadata.hf_subsets_to_langscripts
    for subset, split, rows in _parts(task):
        tags = [_tag(code) for code in languages.get(subset, ())] or [UNKNOWN_LANGUAGE]
        if "corpus" in rows:
            yield _retrieval(rows, tags, f"{subset}, {split}")
        elif _BITEXT in getattr(rows, "column_names", ()):
            yield from _bitext(rows, tags, f"{subset}, {split}")
        else:
            raise TaskError(f"mteb's {task.metadata.name} is neither retrieval nor bitext; run it in mteb")


def _parts(task: Any) -> Iterator[tuple[str, str, Any]]:  # noqa: ANN401
    """Subset, split and rows; tasks without subsets are keyed by their splits."""
    wanted = task.metadata.eval_splits
    for name, held in task.dataset.items():
        if _BITEXT in getattr(held, "column_names", ()) and name in wanted:
            yield "default", name, held
        else:
            yield from ((name, split, held[split]) for split in wanted if split in held)


def _tag(code: str) -> str:
    return without_region(language_tag(code))


def _retrieval(rows: Mapping[str, Any], tags: Sequence[str], note: str) -> Problem:
    documents: list[Document] = []
    texts: dict[str, str] = {}
    known: set[str] = set()
    for row in rows["corpus"]:
        text = " ".join(filter(None, [row.get("title") or "", row["text"]])).strip()
        texts[str(row["id"])] = text
        if text not in known:
            known.add(text)
            documents.append(Document(str(row["id"]), text, Content(text, language=tags[-1])))
    queries = [
        Query(
            str(row["id"]),
            Content(str(row["text"]), language=tags[0]),
            {
                texts.get(str(document), f"not in the pool: {document}"): int(grade)
                for document, grade in rows["relevant_docs"].get(row["id"], {}).items()
                if int(grade) > 0
            },
        )
        for row in rows["queries"]
    ]
    return Problem(tags[0], tags[-1], Modality.TEXT, Modality.TEXT, queries, documents, note)


def _bitext(rows: Any, tags: Sequence[str], note: str) -> Iterator[Problem]:  # noqa: ANN401
    """Both directions; a sentence is in the pool once, and one asked twice wants both answers."""
    sides = [list(map(str, rows["sentence1"])), list(map(str, rows["sentence2"]))]
    yield _one_way(sides[0], sides[1], tags[0], tags[-1], note)
    if len(tags) > 1:
        yield _one_way(sides[1], sides[0], tags[-1], tags[0], note)


def _one_way(asked: Sequence[str], found: Sequence[str], own: str, other: str, note: str) -> Problem:
    answers: dict[str, dict[str, int]] = {}
    for text, translation in zip(asked, found, strict=True):
        answers.setdefault(text, {})[translation] = 1
    return Problem(
        own,
        other,
        Modality.TEXT,
        Modality.TEXT,
        [Query(str(n), Content(text, language=own), answers[text]) for n, text in enumerate(asked)],
        [
            Document(str(n), text, Content(text, language=other))
            for n, text in enumerate(dict.fromkeys(found))
        ],
        note,
        aligned=True,
    )
