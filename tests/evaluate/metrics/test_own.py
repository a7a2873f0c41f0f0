"""Values computed by hand, and xsim against a plain transcription of LASER's definition."""

import numpy as np
import pytest
from numpy.typing import NDArray

from polyvox.evaluate.measure import judged
from polyvox.evaluate.metrics import Measured, metric
from polyvox.evaluate.metrics.xsim import Margin, candidates, errors_by_kind
from polyvox.evaluate.problem import Content, Document, Problem, Query
from polyvox.evaluate.search import Tie, Vectors
from polyvox.item import Modality


def unit(rows: NDArray[np.floating]) -> Vectors:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def measured(
    name: str,
    scores: list[list[float]],
    wanted: list[set[str]],
    documents: list[Document],
    *,
    answers: tuple[str, ...] = (),
) -> Measured:
    """Documents are the axes of the space, so that a query's coordinates are its scores."""
    problem = Problem(
        "sw",
        "mul",
        Modality.TEXT,
        Modality.TEXT,
        [
            Query(str(n), Content(f"q{n}"), dict.fromkeys(one, 1), answers=answers)
            for n, one in enumerate(wanted)
        ],
        documents,
        aligned=True,
    )
    one = metric(name)
    axes = np.eye(len(documents), dtype=np.float32)
    found = one.measure(judged(problem, np.array(scores, np.float32), axes, [one]), Tie.PESSIMISTIC)
    assert found is not None
    return found


def pool(*texts: str, languages: str = "") -> list[Document]:
    tags = languages.split() or ["en"] * len(texts)
    return [Document(t, t, Content(t, language=tag)) for t, tag in zip(texts, tags, strict=True)]


SCORES = [[0.9, 0.8, 0.7, 0.6], [0.1, 0.2, 0.3, 0.4]]
WANTED = [{"a", "c"}, {"d"}]
ABCD = pool("a", "b", "c", "d", languages="en sw en sw")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mean rank", (1 + 1) / 2),
        ("median rank", 1.0),
        ("Max@R", (3 + 1) / 2),
        ("Max@R norm", (100 * (2 - np.log2(3)) / (2 - 1) + 100) / 2),
        ("Complete@2", 1 / 2),
        ("AUC", (3 / 4 + 1) / 2),
        ("English inclination@1", ((1 - 0.5) + (0 - 0.5)) / 2),
        ("R@2", (1 / 2 + 1) / 2),
        ("MAP", ((1 + 2 / 3) / 2 + 1) / 2),
    ],
)
def test_by_hand(name: str, expected: float) -> None:
    assert measured(name, SCORES, WANTED, ABCD).value == pytest.approx(expected, abs=1e-6)


def test_error_rates_of_the_retrieved_text() -> None:
    documents = pool("it rains today", "it rains hard")
    found = measured("WER", [[0.1, 0.9], [0.1, 0.9]], [{"it rains today"}, {"it rains hard"}], documents)
    assert found.value == pytest.approx(1 / 6)
    assert found.per_query is not None
    assert found.per_query.tolist() == pytest.approx([1 / 3, 0.0])
    assert measured("CER", [[0.1, 0.9]], [{"it rains today"}], documents).value == pytest.approx(5 / 14)
    assert measured("chrF", [[0.9, 0.1]], [{"it rains today"}], documents).value == pytest.approx(100)
    assert measured("BLEU", [[0.9, 0.1]], [{"a b c d"}], pool("a b c d", "e")).value == pytest.approx(100)


def test_an_answer_beyond_the_budget_of_tokens_is_not_found() -> None:
    documents = pool("x " * 1_500, "y " * 400 + "Lagos", "Lagos")
    found = measured(
        "R@2kt", [[0.9, 0.8, 0.1], [0.9, 0.1, 0.8]], [set(), set()], documents, answers=("Lagos",)
    )
    assert found.per_query is not None
    assert found.per_query.tolist() == [1.0, 1.0]
    short = measured("R@1kt", [[0.9, 0.8, 0.1]], [set()], documents, answers=("Lagos",))
    assert short.value == 0.0


def test_csls_helps_a_word_that_a_hub_had_taken() -> None:
    """The document at the centre is near to all queries; CSLS asks how near it is to everything."""
    documents = unit(np.array([[1, 1, 1], [1, 0, 0.2], [0, 1, 0.2], [0.2, 0, 1]], np.float32))
    queries = unit(np.array([[1, 0.6, 0.6], [0.6, 1, 0.6], [0.6, 0.6, 1]], np.float32))
    problem = Problem(
        "sw",
        "en",
        Modality.TEXT,
        Modality.TEXT,
        [Query(str(n), Content(str(n)), {str(n): 1}) for n in (1, 2, 3)],
        [Document(str(n), str(n), Content(str(n))) for n in range(4)],
    )
    names = [metric("P@1"), metric("P@1 CSLS")]
    evidence = judged(problem, queries, documents, names)
    plain, scaled = (one.measure(evidence, Tie.PESSIMISTIC) for one in names)
    assert plain is not None
    assert scaled is not None
    assert plain.value == 0.0
    assert scaled.value == 1.0


def laser_error(x: Vectors, y: Vectors, margin: Margin, k: int) -> float:
    """The definition of LASER's xsim.py, slowly: argmax over the k nearest y, wrong by index."""
    cosines = (x @ y.T).astype(np.float64)
    near_y = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
    around_x = -np.sort(-cosines, axis=1)[:, :k].mean(axis=1)
    around_y = -np.sort(-cosines, axis=0)[:k].mean(axis=0)
    wrong = 0
    for i in range(len(x)):
        middle = (around_x[i] + around_y[near_y[i]]) / 2
        own = cosines[i, near_y[i]]
        score = {Margin.RATIO: own / middle, Margin.DISTANCE: own - middle, Margin.ABSOLUTE: own}[margin]
        wrong += near_y[i, score.argmax()] != i
    return wrong / len(x)


@pytest.mark.parametrize("margin", Margin)
def test_xsim_is_lasers(margin: Margin) -> None:
    random = np.random.default_rng(5)
    y = unit(random.standard_normal((300, 12)))
    x = unit(y + 0.3 * random.standard_normal((300, 12)))
    labels = [str(n) for n in range(300)]
    errors = candidates(x, y, margin).errors([{label} for label in labels], labels, Tie.PESSIMISTIC)
    expected = laser_error(x, y, margin, 4)
    assert 0.05 < expected < 0.95
    assert errors.mean() == pytest.approx(expected)


def test_xsim_by_text_forgives_a_repeated_sentence() -> None:
    vectors = unit(np.array([[1, 0], [1, 0.001], [0, 1]], np.float32))
    found = candidates(vectors[[1, 0, 2]], vectors)
    by_place = found.errors([{"0"}, {"1"}, {"2"}], ["0", "1", "2"], Tie.OPTIMISTIC)
    by_text = found.errors([{"same"}, {"same"}, {"other"}], ["same", "same", "other"], Tie.PESSIMISTIC)
    assert by_text.tolist() == [0, 0, 0]
    assert by_place.sum() > 0


def test_xsim_plus_plus_counts_the_synthetic_negatives_that_were_taken() -> None:
    documents = [
        Document("0", "two", Content("two")),
        Document("1", "sun", Content("sun")),
        Document("2", "ten", Content("ten"), kind="number"),
    ]
    found = measured("xsim++", [[0.5, 0.1, 0.9], [0.1, 0.9, 0.2]], [{"two"}, {"sun"}], documents)
    assert found.value == 0.5
    assert found.note == "errors by kind: number 1"
    assert errors_by_kind(np.array([0, 1]), ["", ""]) == {}
