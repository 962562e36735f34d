"""A long import neither grows in memory nor slows down: what it costs depends on the chunk, not on the file."""

from __future__ import annotations

import contextlib
import itertools
import random
import shutil
import time
from typing import NamedTuple

import psutil
import pytest

from tests.faults.client import CATALOG, Client
from tests.support.server import Server

LINES = 1_000_000
WARM = LINES // 10  # caches are full and the interpreter has its memory by then
MEMORY_GROWTH_MIB = 32
SPEED_RATIO = 0.8
_SAMPLE_SECONDS = 0.1
_FIRST_MS = 1_600_000_000_000
_PRODUCTS = '[{"product":{"id":"sku-%d"},"quantity":%d}]'


class Sample(NamedTuple):
    """One look at the import: how far it was, and what server and decoder had used."""

    lines: int
    seconds: float
    cpu_seconds: float
    mib: float


def _write_file(path, seed):
    """LINES events of some 300 bytes: times increase, visitors are drawn at random."""
    draw = random.Random(seed)
    with path.open("w") as file:
        for start in range(0, LINES, 10_000):
            file.writelines(_line(draw, number) for number in range(start, min(start + 10_000, LINES)))


def _line(draw, number):
    seconds, milliseconds = divmod(_FIRST_MS + number * 37, 1_000)
    when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    visitor = draw.getrandbits(64)
    return (
        f'{{"eventType":"detail-page-view","visitorId":"visitor-{visitor:016x}","eventTime":"{when}.{milliseconds:03d}Z",'
        f'"productDetails":{_PRODUCTS % (visitor % 50_000, 1 + number % 3)},'
        f'"uri":"https://shop.example/products/{visitor % 50_000}",'
        f'"referrerUri":"https://shop.example/","pageViewId":"{number:016x}","sessionId":"{visitor >> 8:016x}"}}\n'
    )


class Watch:
    """Takes samples of one import.

    Args:
        process: The server.
    """

    def __init__(self, process):
        self._process = process
        self._began = time.monotonic()
        self._cpu_seconds = {}  # by process id: those of a child that has ended count on
        self.samples = [self._sample(0)]

    def _sample(self, lines):
        memory = 0
        for each in (self._process, *self._process.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess), each.oneshot():
                self._cpu_seconds[each.pid] = sum(each.cpu_times()[:2])
                memory += each.memory_info().rss
        return Sample(lines, time.monotonic() - self._began, sum(self._cpu_seconds.values()), memory / 2**20)

    def until_done(self, client, operation):
        """Samples until the import has ended, and returns it."""
        while True:
            now = client.operation(operation.name)
            progress = client.progress(now)
            self.samples.append(self._sample(progress.success_count + progress.failure_count))
            if now.done:
                return now
            time.sleep(_SAMPLE_SECONDS)


def _at(samples, lines, measure):
    """What `measure` was when the import had so many lines done, between the two samples around that."""
    for before, after in itertools.pairwise(samples):
        if before.lines <= lines <= after.lines and after.lines > before.lines:
            share = (lines - before.lines) / (after.lines - before.lines)
            return measure(before) + share * (measure(after) - measure(before))
    raise AssertionError(f"the import never had {lines} lines done")


def _by_tenths(samples, measure):
    """By how much `measure` grew in each tenth of the lines."""
    marks = [_at(samples, LINES * tenth // 10, measure) for tenth in range(11)]
    return [end - start for start, end in itertools.pairwise(marks)]


@pytest.mark.soak
@pytest.mark.timeout(1_800)
def test_a_million_lines_in_steady_memory_and_time(tmp_path):
    server = Server(tmp_path / "server")
    (server.buckets / "b").mkdir()
    _write_file(server.buckets / "b" / "events.jsonl", seed=1)
    try:
        with server, Client(server.address) as client:
            watch = Watch(psutil.Process(server.pid))
            ended = watch.until_done(client, client.import_objects(CATALOG, "gs://b/events.jsonl"))
            total_size = client.total_user_events(CATALOG)
    finally:
        shutil.rmtree(server.folder)
    samples = watch.samples
    speeds = [LINES / 10 / seconds for seconds in _by_tenths(samples, lambda sample: sample.seconds)]
    costs = [seconds / (LINES / 10) * 1e6 for seconds in _by_tenths(samples, lambda sample: sample.cpu_seconds)]
    warm = next(sample.mib for sample in samples if sample.lines >= WARM)
    later = [sample.mib for sample in samples if sample.lines >= WARM][:-1]  # at the last the decoder is gone
    print(
        f"\n{LINES / samples[-1].seconds:,.0f} lines/s in all,"
        f" by tenths {', '.join(f'{speed:,.0f}' for speed in speeds)};"
        f" processor time a line, in µs, by tenths {', '.join(f'{cost:.1f}' for cost in costs)};"
        f" memory {warm:.1f} MiB at {WARM:,} lines, {later[-1]:.1f} at the end, {max(later):.1f} at most"
    )
    assert ended.WhichOneof("result") == "response"
    assert client.progress(ended).success_count == total_size == LINES
    assert max(later) <= warm + MEMORY_GROWTH_MIB
    assert speeds[-1] >= speeds[0] * SPEED_RATIO
