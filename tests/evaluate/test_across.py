from dataclasses import replace

import numpy as np

from polyvox.evaluate.across import AcrossLanguages
from polyvox.evaluate.declaration import built_in_tasks
from polyvox.evaluate.measure import Measuring, Settings, judged
from polyvox.evaluate.metrics import Evidence
from polyvox.evaluate.problem import Content, Document, Problem, Query
from polyvox.item import Modality

DOCUMENTS = [Document(label, label, Content(label, language="en")) for label in "abc"]


def asked(language: str, instances: list[str], scores: list[list[float]]) -> Evidence:
    """Queries that all want `a`; documents are the axes of the space."""
    queries = [
        Query(f"{one}/{n}", Content(one, language=language), {"a": 1}, instance=one)
        for n, one in enumerate(instances)
    ]
    problem = Problem(language, "en", Modality.TEXT, Modality.TEXT, queries, DOCUMENTS)
    return judged(problem, np.array(scores, np.float32), np.eye(3, dtype=np.float32), [])


def test_the_spread_of_the_worst_ranks_over_the_questions_that_all_languages_have() -> None:
    task = replace(built_in_tasks()["xquad-r"], spread=("variance",))
    across = AcrossLanguages(Measuring(task, "1", [], Settings()))
    third, first = [0.1, 0.9, 0.5], [0.9, 0.1, 0.5]
    across.add(asked("sw", ["q", "q", "lone"], [third, first, first]), 3)
    across.add(asked("yo", ["q"], [first]), 3)
    [row] = across.rows()
    # Ranks 3 and 1 around their mean 2.
    assert row["value"] == 1.0
    assert row["queries"] == 1
    assert row["note"] == "2 languages, mean rank 2.00; 1 questions are not in all of them and left out"
