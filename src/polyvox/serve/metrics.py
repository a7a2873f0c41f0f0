"""What Prometheus is told."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0)


class Metrics:
    """The figures of one server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "polyvox_requests", "requests answered", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "polyvox_request_seconds",
            "time to the last byte of an answer",
            ["route"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.refused = Counter(
            "polyvox_refused", "requests refused before a route saw them", ["reason"], registry=self.registry
        )

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One answered request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def watch(self, name: str, what: str, read: Callable[[], float]) -> None:
        """A gauge that is read when it is asked for."""
        Gauge(f"polyvox_{name}", what, registry=self.registry).set_function(read)

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self.registry)
