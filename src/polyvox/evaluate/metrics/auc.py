"""Area under the ROC curve, of each query: for rankings of what people clicked."""

from __future__ import annotations

import numpy as np

from polyvox.evaluate.metrics.metric import Values
from polyvox.evaluate.search import Found


def auc(found: Found) -> Values:
    """AUC = P(a relevant document scores higher than an irrelevant one), ties one half, of each query.

    The mean over impressions is what news recommendation reports: of a run file, the documents that it lists
    for a query count, and not what it lists for others. A query with no relevant or no irrelevant document
    has 0, and so has a relevant document that was not ranked.
    """
    here = np.bincount(found.query, minlength=len(found.total))
    wrong = (found.pool if found.shown is None else found.shown) - here
    beaten = wrong[found.query] - found.ahead - found.tied / 2
    pairs = found.total * wrong
    won = np.bincount(found.query, weights=beaten, minlength=len(found.total))
    values: Values = np.divide(won, pairs, out=np.zeros(len(found.total)), where=pairs > 0)
    return values
