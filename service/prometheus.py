"""What the service counted, and how it stands at this moment, in the formats that Prometheus reads."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from itertools import accumulate

from google.rpc import code_pb2
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from generated.footfall.v1.event_log_pb2 import EventSource
from service.measures import Distribution
from service.metrics import Measured
from service.storage.records import Summary
from service.storage.writer import Writer

_PROCESS = CollectorRegistry(auto_describe=False)
ProcessCollector(registry=_PROCESS)


def text(measured: Measured, summary: Summary | None, accept: str) -> tuple[str, bytes]:
    """What Prometheus reads.

    Args:
        measured: Where the numbers come from.
        summary: What the database holds; None: it does not say.
        accept: The header of that name, of who asks.

    Returns:
        Its content type, and itself.
    """
    encode, content_type = choose_encoder(accept)
    own = CollectorRegistry(auto_describe=False)
    own.register(_Collector(measured, summary))
    own.register(_PROCESS)
    return content_type, encode(own)


class _Collector(Collector):
    """What is counted and measured, as Prometheus wants it.

    Args:
        measured: Where the numbers come from.
        summary: What the database holds; None: it does not say.
    """

    def __init__(self, measured: Measured, summary: Summary | None) -> None:
        self._measured = measured
        self._summary = summary

    def collect(self) -> Iterator[Metric]:
        """Yields every metric of ours."""
        yield from _of_calls(self._measured)
        yield from _of_writer(self._measured.writer)
        yield _gauge("footfall_database_readable", "1 when the database answers.", int(self._summary is not None))
        if self._summary is not None:
            yield from _of_database(self._summary)


def _of_calls(measured: Measured) -> Iterator[Metric]:
    calls = CounterMetricFamily(
        "footfall_calls", "Calls that ended, over gRPC and HTTP.", labels=("service", "method", "code")
    )
    seconds = HistogramMetricFamily(
        "footfall_call_seconds",
        "How long calls took; streams last as their callers like.",
        labels=("service", "method"),
    )
    for method in measured.calls.methods:
        names = (method.service, method.name)
        for code, count in ((code_pb2.OK, method.succeeded), *sorted(method.failed.counts.items())):
            if count:
                calls.add_metric((*names, code_pb2.Code.Name(code)), count)
        if any(method.seconds.counts):
            _add(seconds, names, method.seconds)
    yield calls
    yield seconds

    all_calls, long_calls = measured.admission.in_flight
    at_work = GaugeMetricFamily("footfall_calls_in_flight", "Calls at work.", labels=("kind",))
    at_work.add_metric(("short",), all_calls - long_calls)
    at_work.add_metric(("long",), long_calls)
    yield at_work
    yield _gauge(
        "footfall_tasks",
        "Tasks of the event loop: calls, requests, and what runs beside them.",
        len(asyncio.all_tasks()),
    )

    answers = CounterMetricFamily(
        "footfall_http_answers", "Answers to HTTP requests, calls or not.", labels=("listener", "status")
    )
    for listener, tally in zip(("private", "public"), measured.answered, strict=True):
        for status, count in sorted(tally.counts.items()):
            answers.add_metric((listener, str(status) if status else "none"), count)
    yield answers

    refused = CounterMetricFamily(
        "footfall_rejected", "Events, and lines of files, that were refused.", labels=("source", "reason")
    )
    for (source, reason), count in sorted(measured.refused.counts.items()):
        refused.add_metric((_name_of(source), reason), count)
    yield refused


def _of_writer(writer: Writer) -> Iterator[Metric]:
    yield _gauge("footfall_write_queue_depth", "Writes that wait for the disk.", writer.depth)
    yield _gauge("footfall_write_queue_bytes", "Bytes of writes that wait for the disk.", writer.held_bytes)
    for name, text, distribution in (
        ("footfall_write_batch_rows", "Single writes that shared a transaction.", writer.batch_sizes),
        ("footfall_write_batch_seconds", "How long such transactions took, fsync included.", writer.commit_seconds),
    ):
        family = HistogramMetricFamily(name, text, labels=())
        _add(family, (), distribution)
        yield family


def _of_database(summary: Summary) -> Iterator[Metric]:
    stored = GaugeMetricFamily(
        "footfall_stored", "What is kept now, all catalogs and tenants together.", labels=("kind",)
    )
    for kind in ("user_events", "client_events", "signals", "rejected_events"):
        stored.add_metric((kind,), getattr(summary, kind))
    yield stored

    operations = GaugeMetricFamily("footfall_operations", "Operations that are kept.", labels=("kind", "state"))
    for (kind, state), count in summary.operations.items():
        operations.add_metric((kind, state.name), count)
    yield operations

    size = GaugeMetricFamily("footfall_database_bytes", "Size of the database's files.", labels=("part",))
    for part, count in summary.file_bytes.items():
        size.add_metric((part,), count)
    yield size
    yield _gauge("footfall_database_free_bytes", "Free space on the disk of the database.", summary.free_bytes)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _add(family: HistogramMetricFamily, labels: Iterable[str], distribution: Distribution) -> None:
    ends = (*map(float, distribution.bounds), float("inf"))
    buckets = [
        ("+Inf" if end == float("inf") else str(end), count)
        for end, count in zip(ends, accumulate(distribution.counts), strict=True)
    ]
    family.add_metric(tuple(labels), buckets, distribution.total)


def _name_of(source: int) -> str:
    return EventSource.Name(source).removeprefix("EVENT_SOURCE_")
