"""Collections with queries and judgements: MIRACL, Mr. TyDi, CLIRudit, XOR-Retrieve, BEIR, TREC.

`options`: `queries`, `documents` and `qrels` are patterns below the task's path, `{language}` is where the
tag stands; `query_header`, `document_header`, `qrels_header` name the columns of files without a header line;
`document_language` is the tag of one pool for all queries. `columns`: `query_id`, `query`, `query_language`,
`answers`; `document_id`, `document` (several with +); `qrels_query`, `qrels_document`, `grade`.

Documents with one text are one document: a copy of a relevant passage is relevant too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from polyvox.evaluate.declaration import Task
from polyvox.evaluate.problem import Content, Document, Pairs, Problem, Query, TaskError
from polyvox.evaluate.readers.tabular import files, needed, rows, value
from polyvox.item import Modality

_DEFAULTS = {
    "query_id": "query_id",
    "query": "query",
    "document_id": "docid",
    "document": "text",
    "qrels_query": "query_id",
    "qrels_document": "docid",
    "grade": "grade",
}


def read(task: Task, path: Path) -> Iterator[Problem | Pairs]:
    """One problem a language of queries."""
    pools = _files_by_language(task, path, "documents")
    qrels = _files_by_language(task, path, "qrels") if "qrels" in task.options else {}
    for language, query_files in _files_by_language(task, path, "queries").items():
        pool = pools.get(language) or pools.get("")
        if pool is None:
            raise TaskError(f"task {task.name}: {path} has queries but no documents in {language!r}")
        found = task.options.get("document_language") or language
        documents, labels = _documents(task, pool, task.tag(found))
        judged = qrels.get(language) or qrels.get("") or []
        yield from _problems(task, query_files, _grades(task, judged, labels), documents, language, found)


def _files_by_language(task: Task, path: Path, what: str) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = defaultdict(list)
    for language, file in files(task, path, task.options[what]):
        found[language].append(file)
    return found


def _column(task: Task, name: str) -> str:
    return task.columns.get(name, _DEFAULTS[name])


def _documents(task: Task, pool: list[Path], language: str) -> tuple[list[Document], dict[str, str]]:
    """The distinct documents, and the text that each id stands for."""
    documents: list[Document] = []
    texts: dict[str, str] = {}
    known: set[str] = set()
    parts = _column(task, "document").split("+")
    for file in pool:
        for number, row in enumerate(rows(file, task.options.get("document_header", ())), 1):
            identity = str(needed(task, file, number, row, _column(task, "document_id")))
            if identity in texts:
                raise TaskError(f"{file}, row {number}: the document id {identity!r} is there a second time")
            text = " ".join(filter(None, (str(value(row, part) or "").strip() for part in parts)))
            texts[identity] = text
            if text not in known:
                known.add(text)
                documents.append(Document(identity, text, Content(text, language=language)))
    return documents, texts


def _grades(task: Task, judged: list[Path], texts: dict[str, str]) -> dict[str, dict[str, int]]:
    """For each query, the grades of relevant texts; an id that the pool lacks stays, and is missed."""
    grades: dict[str, dict[str, int]] = defaultdict(dict)
    for file in judged:
        for number, row in enumerate(rows(file, task.options.get("qrels_header", ())), 1):
            query = str(needed(task, file, number, row, _column(task, "qrels_query")))
            document = str(needed(task, file, number, row, _column(task, "qrels_document")))
            grade = value(row, _column(task, "grade"))
            if grade is None or int(grade) > 0:
                label = texts.get(document, f"not in the pool: {document}")
                grades[query][label] = max(grades[query].get(label, 0), int(grade or 1))
    return grades


def _problems(
    task: Task,
    query_files: list[Path],
    grades: dict[str, dict[str, int]],
    documents: list[Document],
    language: str,
    found: str,
) -> Iterator[Problem]:
    queries: dict[str, list[Query]] = defaultdict(list)
    for file in query_files:
        for number, row in enumerate(rows(file, task.options.get("query_header", ())), 1):
            identity = str(needed(task, file, number, row, _column(task, "query_id")))
            own = language
            if "query_language" in task.columns:
                own = str(needed(task, file, number, row, task.columns["query_language"]))
            text = str(needed(task, file, number, row, _column(task, "query")))
            tag = task.tag(own)
            queries[tag].append(
                Query(
                    identity,
                    Content(text, language=tag),
                    grades.get(identity, {}),
                    identity,
                    _answers(task, row),
                )
            )
    for tag, asked in sorted(queries.items()):
        yield Problem(tag, task.tag(found), Modality.TEXT, Modality.TEXT, asked, documents)


def _answers(task: Task, row: Any) -> tuple[str, ...]:  # noqa: ANN401 - a row
    found = value(row, task.columns["answers"]) if "answers" in task.columns else None
    return tuple(map(str, found or ()))
