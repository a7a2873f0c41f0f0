"""The kernels against ir-measures (pytrec_eval), on random runs with several grades."""

import ir_measures
import numpy as np
import pytest

from polyvox.errors import PolyvoxError
from polyvox.evaluate.metrics import Evidence, metric
from polyvox.evaluate.search import Tie
from polyvox.evaluate.trec import judge

SAME = {
    "R@5": "R@5",
    "P@5": "P@5",
    "Hits@3": "Success@3",
    "MRR": "RR",
    "MRR@10": "RR@10",
    "MAP": "AP",
    "nDCG@10": "nDCG@10",
}


def random_run(seed: int, queries: int = 40) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, int]]]:
    random = np.random.default_rng(seed)
    run, qrels = {}, {}
    for query in range(queries):
        listed = random.choice(200, 60, replace=False)
        scores = random.permutation(60).astype(float)
        run[f"q{query}"] = {f"d{d}": float(s) for d, s in zip(listed, scores, strict=True)}
        judged = random.choice(200, random.integers(1, 12), replace=False)
        qrels[f"q{query}"] = {f"d{d}": int(random.integers(0, 4)) for d in judged}
        qrels[f"q{query}"][f"d{listed[0]}"] = 1
    return run, qrels


@pytest.mark.parametrize("ours", SAME)
def test_a_kernel_equals_the_library(ours: str) -> None:
    run, qrels = random_run(7)
    evidence = judge(run, qrels).evidence
    measured = metric(ours).measure(evidence, Tie.PESSIMISTIC)
    theirs = {
        one.query_id: one.value
        for one in ir_measures.iter_calc([ir_measures.parse_measure(SAME[ours])], qrels, run)
    }
    assert measured is not None
    assert measured.per_query is not None
    names = [query.id for query in evidence.problem.queries]
    np.testing.assert_allclose(measured.per_query, [theirs[name] for name in names], atol=1e-6)


@pytest.mark.parametrize("name", ["Rprec", "nDCG", "IPrec@0.5"])
def test_any_other_name_goes_through_the_library(name: str) -> None:
    run, qrels = random_run(8)
    measured = metric(name).measure(judge(run, qrels).evidence, Tie.PESSIMISTIC)
    expected = ir_measures.calc_aggregate([ir_measures.parse_measure(name)], qrels, run)
    assert measured is not None
    assert measured.value == pytest.approx(next(iter(expected.values())), abs=1e-6)


@pytest.mark.parametrize(
    "name", ["SetP", "SetF", "NumRet", "NumRelRet", "Judged@10", "Bpref", "infAP", "Accuracy"]
)
def test_a_measure_that_a_whole_pool_does_not_have_is_refused(name: str) -> None:
    with pytest.raises(PolyvoxError, match="only relevant documents are known"):
        metric(name)


def test_the_evaluator_of_sentence_transformers_agrees_on_binary_judgements() -> None:
    """It leaves out queries without relevant documents, so there are none here."""
    evaluation = pytest.importorskip("sentence_transformers.sentence_transformer.evaluation")
    run, graded = random_run(9)
    qrels = {query: {d: 1 for d, grade in judged.items() if grade} for query, judged in graded.items()}
    evaluator = evaluation.InformationRetrievalEvaluator(
        dict.fromkeys(run, ""),
        {document: "" for listed in run.values() for document in listed},
        {query: set(judged) for query, judged in qrels.items()},
        map_at_k=[1_000],
    )
    hits = [[{"corpus_id": d, "score": s} for d, s in run[query].items()] for query in evaluator.queries_ids]
    theirs = evaluator.compute_metrics(hits)
    evidence = judge(run, qrels).evidence
    pairs = {
        "Hits@3": theirs["accuracy@k"][3],
        "P@5": theirs["precision@k"][5],
        "R@5": theirs["recall@k"][5],
        "MRR@10": theirs["mrr@k"][10],
        "nDCG@10": theirs["ndcg@k"][10],
        "MAP": theirs["map@k"][1_000],
    }
    for name, expected in pairs.items():
        measured = metric(name).measure(evidence, Tie.PESSIMISTIC)
        assert measured is not None
        assert measured.value == pytest.approx(expected, abs=1e-6), name


def test_ties_are_where_the_library_and_we_differ_on_purpose() -> None:
    run, qrels = {"q": {"a": 1.0, "b": 1.0}}, {"q": {"a": 1}}
    evidence: Evidence = judge(run, qrels).evidence
    reciprocal = metric("MRR")
    hard, easy = (reciprocal.measure(evidence, tie) for tie in (Tie.PESSIMISTIC, Tie.OPTIMISTIC))
    assert hard is not None
    assert easy is not None
    assert (hard.value, easy.value) == (0.5, 1.0)


def test_an_unknown_metric_names_those_near_it() -> None:
    with pytest.raises(PolyvoxError, match="median rank"):
        metric("medain rank")


def test_a_measure_that_needs_another_package_says_so() -> None:
    with pytest.raises(PolyvoxError, match="RBP"):
        metric("RBP(p=0.8)").measure(judge({"q": {"a": 1.0}}, {"q": {"a": 1}}).evidence, Tie.PESSIMISTIC)
