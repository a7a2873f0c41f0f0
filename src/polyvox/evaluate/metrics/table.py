"""All metrics by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches

from polyvox.evaluate.metrics import own, standard
from polyvox.evaluate.metrics.metric import Metric
from polyvox.evaluate.metrics.xsim import Margin
from polyvox.evaluate.problem import TaskError

_PLAIN: dict[str, Callable[[], Metric]] = {
    "MRR": standard.mrr,
    "MAP": standard.mean_average_precision,
    "mean rank": standard.mean_rank,
    "median rank": standard.median_rank,
    "Max@R": own.max_rank_metric,
    "Max@R norm": own.max_rank_normalised_metric,
    "AUC": own.auc_metric,
    "xsim": lambda: own.xsim_metric("xsim", Margin.RATIO),
    "xsim distance": lambda: own.xsim_metric("xsim distance", Margin.DISTANCE),
    "xsim absolute": lambda: own.xsim_metric("xsim absolute", Margin.ABSOLUTE),
    "xsim++": own.xsim_plus_metric,
    "WER": own.word_error_metric,
    "CER": own.character_error_metric,
    "BLEU": own.bleu_metric,
    "chrF": own.chrf_metric,
    "effective rank": own.effective_rank_metric,
    "uniformity": own.uniformity_metric,
    "alignment": own.alignment_metric,
    "modality gap": own.modality_gap_metric,
    "Spearman": own.spearman_metric,
}
_NUMBERED: dict[str, Callable[[int], Metric]] = {
    "R@{}": standard.recall_at,
    "P@{}": standard.precision_at,
    "Hits@{}": standard.hits_at,
    "Success@{}": standard.success_at,
    "MRR@{}": standard.mrr_at,
    "nDCG@{}": standard.ndcg_at,
    "Complete@{}": own.complete_metric,
    "P@{} CSLS": own.csls_precision_metric,
    "R@{}kt": own.token_recall_metric,
    "English inclination@{}": own.inclination_metric,
}


def metric(name: str) -> Metric:
    """The metric of a name such as "R@10", "xsim" or, through ir-measures, "RBP(p=0.8)".

    Raises:
        TaskError: there is no such metric; the message has the nearest names.

    >>> metric("R@10").name, metric("xsim").lower_is_better
    ('R@10', True)
    """
    if name in _PLAIN:
        return _PLAIN[name]()
    number = re.search(r"\d+", name)
    if number and int(number[0]) > 0:
        family = name[: number.start()] + "{}" + name[number.end() :]
        if family in _NUMBERED:
            return _NUMBERED[family](int(number[0]))
    found = standard.parsed(name)
    if found is None:
        near = get_close_matches(name, metric_names(), 3, 0.4)
        raise TaskError(
            f"there is no metric {name!r}; near it: {', '.join(near) or 'nothing'}. "
            f"All: {', '.join(metric_names())}, and those of ir-measures"
        )
    return found


def metric_names() -> list[str]:
    """The names of all metrics, with k where a number belongs."""
    return [*_PLAIN, *(family.format("k") for family in _NUMBERED)]
