"""``/metrics``: the counts in Prometheus' form; needs the extra ``drytune[server]``."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from typing import TYPE_CHECKING

from drytune_simulator.serving.measures import BUCKETS, Counts
from drytune_simulator.version import __version__

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

__all__ = ["exposition"]

_BOUNDS = (*map(str, BUCKETS), "+Inf")


def exposition(counts: Counts) -> tuple[bytes, str]:
    """The text and its content type.

    Raises:
        ImportError: prometheus-client is not installed.
    """
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(counts))
    return generate_latest(registry), CONTENT_TYPE_LATEST


class _Collector:
    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def collect(self) -> Iterable[Metric]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        counts = self._counts
        about = GaugeMetricFamily("drytune", "The simulated platform.", labels=["version"])
        about.add_metric([__version__], 1)
        yield about
        requests = CounterMetricFamily(
            "drytune_requests", "Requests; status 0 was not answered.", labels=["method", "route", "status"]
        )
        for one in counts.series:
            requests.add_metric([one.method, one.route, str(one.status)], sum(one.times))
        yield requests
        seconds = HistogramMetricFamily(
            "drytune_request_seconds", "From a request's head to the end of its answer.", labels=["route"]
        )
        for route, (times, total) in _by_route(counts).items():
            buckets = list(zip(_BOUNDS, accumulate(times), strict=True))
            seconds.add_metric([route], buckets, total)
        yield seconds
        yield GaugeMetricFamily(
            "drytune_requests_in_flight", "Requests that are being answered.", counts.in_flight
        )
        yield CounterMetricFamily("drytune_received_bytes", "Of the bodies of requests.", counts.received)
        yield CounterMetricFamily("drytune_sent_bytes", "Of the bodies of answers.", counts.sent)


def _by_route(counts: Counts) -> dict[str, tuple[list[int], float]]:
    routes: dict[str, tuple[list[int], float]] = {}
    for one in counts.series:
        times, total = routes.get(one.route, ([0] * len(one.times), 0.0))
        routes[one.route] = ([a + b for a, b in zip(times, one.times, strict=True)], total + one.seconds)
    return routes
