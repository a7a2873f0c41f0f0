"""The metrics that no library has, by name: from a problem's evidence to the functions beside this file."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from polyvox.evaluate.metrics.auc import auc
from polyvox.evaluate.metrics.complete import complete
from polyvox.evaluate.metrics.csls import csls_vectors
from polyvox.evaluate.metrics.effective_rank import effective_rank
from polyvox.evaluate.metrics.language_bias import inclination
from polyvox.evaluate.metrics.max_rank import max_rank, max_rank_normalised
from polyvox.evaluate.metrics.metric import Evidence, Measured, Metric, Values
from polyvox.evaluate.metrics.modality_gap import modality_gap
from polyvox.evaluate.metrics.precision import precision
from polyvox.evaluate.metrics.standard import averaged
from polyvox.evaluate.metrics.token_recall import token_recall
from polyvox.evaluate.metrics.transcript import bleu, character_errors, chrf, word_errors
from polyvox.evaluate.metrics.uniformity import alignment, uniformity
from polyvox.evaluate.metrics.xsim import Margin, candidates, errors_by_kind
from polyvox.evaluate.search import Relevant, Tie, Vectors, search

GEOMETRY_SAMPLE = 2_000
"""Vectors that the geometry of a space is measured on: the first ones of the pool."""
TOKENS_A_PASSAGE = 20
"""The shortest passages that a token budget is filled with; shorter ones may leave some of it unread."""


def max_rank_metric() -> Metric:
    """Max@R."""
    return averaged("Max@R", _max_rank, lower_is_better=True)


def max_rank_normalised_metric() -> Metric:
    """Max@R norm."""
    return averaged(
        "Max@R norm", lambda e, tie: max_rank_normalised(_max_rank(e, tie), e.found.total, e.found.pool)
    )


def complete_metric(cutoff: int) -> Metric:
    """Complete@k."""
    return averaged(
        f"Complete@{cutoff}",
        lambda e, tie: complete(e.found.query, e.found.ranks(tie), e.found.total, cutoff),
    )


def auc_metric() -> Metric:
    """AUC over all that each query ranks."""
    return averaged("AUC", lambda e, _: auc(e.found))


def xsim_metric(name: str, margin: Margin) -> Metric:
    """The xsim error rate; only where queries and documents are translations of each other."""

    def measure(evidence: Evidence, tie: Tie) -> Measured | None:
        if not evidence.problem.aligned or _synthetic(evidence):
            return None
        return _xsim(evidence, tie, margin)

    return Metric(name, measure, lower_is_better=True)


def xsim_plus_metric() -> Metric:
    """The xsim++ error rate, with the errors of each kind; only where the pool has synthetic negatives."""

    def measure(evidence: Evidence, tie: Tie) -> Measured | None:
        return _xsim(evidence, tie, Margin.RATIO) if _synthetic(evidence) else None

    return Metric("xsim++", measure, lower_is_better=True)


def csls_precision_metric(cutoff: int) -> Metric:
    """P@k by CSLS in place of the cosine."""

    def measure(evidence: Evidence, tie: Tie) -> Measured | None:
        if evidence.queries is None or evidence.documents is None:
            return None
        found = evidence.found
        relevant = Relevant(found.query, found.document, found.grade, found.total)
        again = search(*csls_vectors(evidence.queries, evidence.documents), relevant, 0)
        return Measured.mean(precision(again.query, again.ranks(tie), len(again.total), cutoff))

    return Metric(f"P@{cutoff} CSLS", measure)


def token_recall_metric(thousands: int) -> Metric:
    """R@mkt; only where queries have answers."""

    def measure(evidence: Evidence, _: Tie) -> Measured | None:
        queries, documents = evidence.problem.queries, evidence.problem.documents
        if not any(query.answers for query in queries):
            return None
        values = [
            token_recall([documents[d].content.text for d in row], query.answers, thousands)
            for query, row in zip(queries, evidence.found.top, strict=True)
        ]
        return Measured.mean(np.array(values))

    depth = thousands * 1_000 // TOKENS_A_PASSAGE
    return Metric(f"R@{thousands}kt", measure, depth=depth, tied=False)


def inclination_metric(cutoff: int) -> Metric:
    """English inclination@k; only where the pool holds English and other languages."""

    def measure(evidence: Evidence, _: Tie) -> Measured | None:
        languages = [document.content.language for document in evidence.problem.documents]
        if not {"en"} < set(languages):
            return None
        return Measured.mean(inclination(evidence.found.top[:, :cutoff], languages))

    return Metric(f"English inclination@{cutoff}", measure, depth=cutoff, tied=False, lower_is_better=True)


def word_error_metric() -> Metric:
    """WER of the first hit's text."""
    return _rate("WER", word_errors)


def character_error_metric() -> Metric:
    """CER of the first hit's text."""
    return _rate("CER", character_errors)


def bleu_metric() -> Metric:
    """BLEU of the first hit's text."""
    return _corpus_score("BLEU", bleu)


def chrf_metric() -> Metric:
    """ChrF of the first hit's text."""
    return _corpus_score("chrF", chrf)


def effective_rank_metric() -> Metric:
    """The effective rank of the documents' vectors."""
    return _geometry("effective rank", lambda e: effective_rank(_sample(e.documents)))


def uniformity_metric() -> Metric:
    """The uniformity of the documents' vectors."""
    return _geometry("uniformity", lambda e: uniformity(_sample(e.documents)), lower_is_better=True)


def alignment_metric() -> Metric:
    """The alignment of each query with its best relevant document."""
    return _geometry("alignment", _alignment, lower_is_better=True)


def modality_gap_metric() -> Metric:
    """The modality gap; only where one side is speech and the other text."""

    def measured(evidence: Evidence) -> float | None:
        if evidence.problem.query_modality is evidence.problem.document_modality:
            return None
        return modality_gap(_vectors(evidence.queries), _vectors(evidence.documents))

    return _geometry("modality gap", measured, lower_is_better=True)


def spearman_metric() -> Metric:
    """Spearman's ρ; it is of pairs, and no ranking has it."""
    return Metric("Spearman", lambda _, __: None, tied=False)


def _max_rank(evidence: Evidence, tie: Tie) -> Values:
    found = evidence.found
    return max_rank(found.query, found.ranks(tie), found.total, found.pool)


def _synthetic(evidence: Evidence) -> bool:
    return any(document.kind for document in evidence.problem.documents)


def _xsim(evidence: Evidence, tie: Tie, margin: Margin) -> Measured | None:
    if evidence.queries is None or evidence.documents is None:
        return None
    problem = evidence.problem
    found = candidates(evidence.queries, evidence.documents, margin)
    errors = found.errors(
        [query.wanted for query in problem.queries], [document.label for document in problem.documents], tie
    )
    kinds = errors_by_kind(found.choices(), [document.kind for document in problem.documents])
    note = "errors by kind: " + ", ".join(f"{kind} {n}" for kind, n in sorted(kinds.items())) if kinds else ""
    return Measured.mean(errors, note)


def _texts(evidence: Evidence) -> tuple[Sequence[str], Sequence[str]] | None:
    """For each query, the text that it wants and the text that it gets first; None where any is unknown."""
    documents = evidence.problem.documents
    wanted = dict(
        zip(reversed(evidence.found.query.tolist()), reversed(evidence.found.document.tolist()), strict=True)
    )
    references = [
        documents[wanted[row]].content.text if row in wanted else ""
        for row in range(len(evidence.problem.queries))
    ]
    retrieved = [documents[row[0]].content.text for row in evidence.found.top]
    return (references, retrieved) if all(references) and all(retrieved) else None


def _rate(name: str, rates: Callable[[Sequence[str], Sequence[str]], tuple[float, Values]]) -> Metric:
    def measure(evidence: Evidence, _: Tie) -> Measured | None:
        texts = _texts(evidence)
        return None if texts is None else Measured(*rates(*texts))

    return Metric(name, measure, depth=1, tied=False, lower_is_better=True)


def _corpus_score(name: str, score: Callable[[Sequence[str], Sequence[str]], float]) -> Metric:
    def measure(evidence: Evidence, _: Tie) -> Measured | None:
        texts = _texts(evidence)
        return None if texts is None else Measured(score(*texts))

    return Metric(name, measure, depth=1, tied=False)


def _geometry(
    name: str, number: Callable[[Evidence], float | None], *, lower_is_better: bool = False
) -> Metric:
    def measure(evidence: Evidence, _: Tie) -> Measured | None:
        if evidence.queries is None or evidence.documents is None:
            return None
        value = number(evidence)
        return None if value is None else Measured(value)

    return Metric(name, measure, tied=False, lower_is_better=lower_is_better)


def _alignment(evidence: Evidence) -> float | None:
    queries, first = np.unique(evidence.found.query, return_index=True)
    if not len(queries):
        return None
    return alignment(
        _vectors(evidence.queries)[queries], _vectors(evidence.documents)[evidence.found.document[first]]
    )


def _vectors(vectors: Vectors | None) -> Vectors:
    return np.zeros((0, 0), np.float32) if vectors is None else vectors


def _sample(vectors: Vectors | None) -> Vectors:
    return _vectors(vectors)[:GEOMETRY_SAMPLE]
