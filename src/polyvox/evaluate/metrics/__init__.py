"""Metrics, one a file: each a function on arrays with its formula, and a name in the table."""

from polyvox.evaluate.metrics.metric import Evidence, Measured, Metric
from polyvox.evaluate.metrics.table import metric, metric_names

__all__ = ["Evidence", "Measured", "Metric", "metric", "metric_names"]
