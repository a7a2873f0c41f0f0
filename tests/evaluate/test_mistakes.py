"""Each known way to score too high, done on purpose, beside what polyvox reports on the same data."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from polyvox.encode import Role, Vectors
from polyvox.evaluate.measure import Settings, both_rules, judged, sampled
from polyvox.evaluate.metrics import metric
from polyvox.evaluate.problem import Content, Document, Problem, Query
from polyvox.evaluate.search import Tie
from polyvox.item import Modality

HITS = metric("Hits@1")


def problem(wanted: list[set[str]], labels: list[str]) -> Problem:
    return Problem(
        "sw",
        "en",
        Modality.TEXT,
        Modality.TEXT,
        [Query(str(n), Content(f"query {n}"), dict.fromkeys(one, 1)) for n, one in enumerate(wanted)],
        [Document(str(n), label, Content(label)) for n, label in enumerate(labels)],
    )


def hits(asked: Problem, queries: Vectors, documents: Vectors) -> dict[Tie, float]:
    rules = both_rules(HITS, judged(asked, queries, documents, [HITS]))
    return {tie: measured.value for tie, measured in rules.items()}


def one_to_one(count: int) -> Problem:
    return problem([{str(n)} for n in range(count)], [str(n) for n in range(count)])


def noisy_pairs(count: int, noise: float) -> tuple[Vectors, Vectors]:
    random = np.random.default_rng(0)
    documents = random.standard_normal((count, 16))
    queries = documents + noise * random.standard_normal((count, 16))
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (queries, documents)]
    return unit[0].astype(np.float32), unit[1].astype(np.float32)


def test_dropped_ties_make_a_model_that_says_nothing_perfect() -> None:
    queries = documents = np.ones((4, 2), np.float32) / np.float32(2**0.5)
    scores = queries @ documents.T
    beaten_by = (scores > scores.diagonal()[:, None]).sum(axis=1)
    assert (beaten_by == 0).mean() == 1.0  # the mistake
    assert hits(one_to_one(4), queries, documents) == {Tie.PESSIMISTIC: 0.0, Tie.OPTIMISTIC: 1.0}


def test_argmax_on_ties_rewards_the_order_of_the_files() -> None:
    documents = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    queries = np.array([[1, 0], [0, 1]], np.float32)
    asked = problem([{"first"}, {"third"}], ["first", "second", "third"])
    assert ((queries @ documents.T).argmax(axis=1) == [0, 2]).mean() == 1.0  # the mistake
    assert hits(asked, queries, documents) == {Tie.PESSIMISTIC: 0.5, Tie.OPTIMISTIC: 1.0}


def test_rounding_cannot_hide_a_tie() -> None:
    documents = np.array([[1, 0], [1 - 1e-7, 0]], np.float32)
    asked = problem([{"a"}], ["a", "b"])
    assert hits(asked, np.array([[1, 0]], np.float32), documents)[Tie.PESSIMISTIC] == 0.0


def test_a_pool_of_a_hundred_flatters() -> None:
    queries, documents = noisy_pairs(2_000, 1.0)
    scores = queries @ documents.T
    random = np.random.default_rng(1)
    small = []
    for row in range(len(queries)):
        others = random.choice(np.delete(np.arange(2_000), row), 99, replace=False)
        small.append(scores[row, row] > scores[row, others].max())
    whole = hits(one_to_one(2_000), queries, documents)[Tie.PESSIMISTIC]
    assert np.mean(small) > whole + 0.2  # the mistake
    assert whole == np.mean(scores.diagonal() >= scores.max(axis=1))


def test_a_sample_of_the_queries_keeps_the_whole_pool() -> None:
    queries, documents = noisy_pairs(2_000, 1.0)
    few = slice(0, 100)
    mistaken = hits(one_to_one(100), queries[few], documents[few])[Tie.PESSIMISTIC]
    asked, note = sampled(one_to_one(2_000), Settings(limit=100, seed=3))
    assert len(asked.queries) == 100
    assert len(asked.documents) == 2_000
    assert note == "sample of 100 of 2000 queries, whole pool"
    rows = [int(query.id) for query in asked.queries]
    assert mistaken > hits(asked, queries[rows], documents)[Tie.PESSIMISTIC] + 0.2


def test_repeated_documents_judged_by_place_are_all_wrong_or_chance() -> None:
    """Two recordings of one sentence: by place each is the other's error, by text both are right."""
    queries = np.array([[1, 0], [1, 0]], np.float32)
    documents = np.array([[0.9, 0.1], [1, 0]], np.float32)
    by_place = problem([{"0"}, {"1"}], ["0", "1"])
    by_text = problem([{"the sentence"}] * 2, ["the sentence"] * 2)
    assert hits(by_place, queries, documents)[Tie.PESSIMISTIC] == 0.5
    assert hits(by_text, queries, documents)[Tie.PESSIMISTIC] == 1.0


def test_repeated_documents_do_not_push_each_other_down_the_ranking() -> None:
    documents = np.array([[1, 0], [1, 0], [0.8, 0.6]], np.float32)
    evidence = judged(problem([{"a"}], ["a", "a", "b"]), np.array([[1, 0]], np.float32), documents, [HITS])
    assert evidence.found.ranks(Tie.PESSIMISTIC).tolist() == [1, 2]


def test_a_query_without_relevant_document_counts() -> None:
    queries = np.eye(2, dtype=np.float32)
    asked = problem([{"a"}, {"not there"}, set()], ["a", "b"])
    queries = np.array([[1, 0], [0, 1], [0, 1]], np.float32)
    evidence = judged(asked, queries, np.eye(2, dtype=np.float32), [HITS])
    answered = evidence.found.first_ranks(Tie.PESSIMISTIC)
    assert (answered[np.isfinite(answered)] == 1).mean() == 1.0  # the mistake
    values = {
        name: both_rules(metric(name), evidence)[Tie.PESSIMISTIC].value for name in ("Hits@1", "MRR", "MAP")
    }
    assert values == dict.fromkeys(values, 1 / 3)
    assert both_rules(metric("mean rank"), evidence)[Tie.PESSIMISTIC].value == (1 + 3 + 3) / 3


def test_hidden_prompts_are_written_down() -> None:
    """A prompt changes the numbers, so the card of a system has it."""
    from tests.evaluate.toy import WordEncoder

    from polyvox.evaluate.system import describe
    from polyvox.evaluate.vectors import Cost

    class Prompted(WordEncoder):
        prompts: ClassVar = {"query": "query: "}
        precision = "float32"
        max_length = "512 tokens"

        def encode_text(self, texts: Sequence[str], *, role: Role = Role.PASSAGE) -> Vectors:
            prefix = self.prompts.get(role, "")
            return super().encode_text([prefix + text for text in texts], role=role)

    plain, prompted = WordEncoder(), Prompted()
    assert not np.allclose(
        plain.encode_text(["rain"], role=Role.QUERY), prompted.encode_text(["rain"], role=Role.QUERY)
    )
    assert describe(prompted, Cost()).prompts == {"query": "query: "}
    assert describe(plain, Cost()).prompts == {}
