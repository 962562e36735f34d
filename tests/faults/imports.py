"""Imports of every kind with good, bad and repeated lines, and what one leaves behind: the same whatever befell it."""

from __future__ import annotations

import copy
import gzip
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from google.protobuf import json_format, struct_pb2  # noqa: F401  error samples hold Structs

from tests.faults.client import Client
from tests.faults.load import user_event

BUCKET = "faults"
LINES = 3_600  # of some 1 KiB: ten steps
_BAD = 0.04
_BLANK = 0.005
_REPEATED = 0.05
_FIRST_US = 1_700_000_000_000_000
_TIMELESS = "import-timeless"

_PAD = "p" * 250
_BAD_LINES = (
    b'{"eventType":"page-view","visitorId":',
    b'{"eventType":"page-view","eventTime":"2024-01-01T00:00:00Z"}',
    b'{"eventType":"page-view","visitorId":"v"}',
    b'{"eventType":"No Such Type","visitorId":"v","eventTime":"2024-01-01T00:00:00Z"}',
    b'{"eventType":"page-view","visitorId":"v","eventTime":"yesterday"}',
    b'{"eventType":"page-view","visitorId":"v","eventTime":"2024-01-01T00:00:00Z","colour":"red"}',
    b"\xff\xfe not text",
)


class Lines(NamedTuple):
    """A file, and what must become of it."""

    data: bytes
    good: int  # repeated ones included
    bad: list[int]  # numbers of the lines that are to be rejected
    visitors: Counter[str]  # of the events that are to be stored

    @property
    def count(self) -> int:
        """Lines that hold something."""
        return self.good + len(self.bad)


def lines(seed: int, count: int = LINES, *, prefix: str = "import", bad_share: float = _BAD) -> Lines:
    """A file of `count` lines: most are good, some bad, some blank, some repeat an earlier one."""
    draw = random.Random(seed)
    texts: list[bytes] = []
    distinct: list[bytes] = []
    bad = []
    good = 0
    for number in range(1, count + 1):
        chance = draw.random()
        if chance < bad_share:
            texts.append(draw.choice(_BAD_LINES))
            bad.append(number)
        elif chance < bad_share + _BLANK:
            texts.append(b"  ")
        elif distinct and chance < bad_share + _BLANK + _REPEATED:
            texts.append(draw.choice(distinct))
            good += 1
        else:
            distinct.append(_line(draw, f"{prefix}-{seed}-{number}", _FIRST_US + number * 1_001))
            texts.append(distinct[-1])
            good += 1
    visitors = Counter(json.loads(line)["visitorId"] for line in distinct)
    return Lines(b"\n".join(texts) + b"\n", good, bad, visitors)


def _line(draw: random.Random, visitor_id: str, us: int) -> bytes:
    event = user_event(visitor_id, us)
    return json.dumps(
        {
            "eventType": event.event_type,
            "visitorId": visitor_id,
            "eventTime": event.event_time.ToJsonString(),
            "uri": event.uri,
            "attributes": {
                f"key{number}": {"text": [f"{draw.getrandbits(32):08x}{_PAD[: draw.randrange(150, 240)]}"]}
                for number in range(3)
            },
            "productDetails": [{"product": {"id": "sku"}}] if us % 2 else [],
        }
    ).encode()


class Left(NamedTuple):
    """What an import left, without what differs from run to run: the operation's name and the times of receipt."""

    success: int
    failure: int
    joined: int
    unjoined: int
    samples: list[dict[str, Any]]
    rejected: list[tuple[str, int, bytes, str]]
    errors_file: bytes | None
    events: list[bytes]


class Import:
    """One kind of import, of the same content each time.

    Args:
        buckets: The server's buckets folder.
        seed: Of the content.
        count: Lines of it; None: enough for a dozen steps.
    """

    size = LINES
    errors_prefix = f"gs://{BUCKET}/errors"
    reports = True  # whether it rejects lines and writes an errors file

    def __init__(self, buckets: Path, seed: int, count: int | None = None) -> None:
        self.folder = buckets / BUCKET
        self.folder.mkdir(exist_ok=True)
        self.prepare(seed, count or self.size)

    def prepare(self, seed: int, count: int) -> None:
        """Makes the files."""
        self.content = lines(seed, count)

    def begin(self, client: Client, catalog: str) -> str:
        """Starts it; returns the operation's name."""
        raise NotImplementedError

    def at(self, buckets: Path) -> Import:
        """The same import beside other buckets, whose objects are there."""
        other = copy.copy(self)
        other.folder = buckets / BUCKET
        return other

    def _object(self, name: str, data: bytes) -> None:
        (self.folder / name).write_bytes(data)

    @property
    def visitors(self) -> Counter[str]:
        """Whose events it stores."""
        return self.content.visitors

    def errors_file(self, operation: str) -> Path:
        """Where its errors file goes."""
        return self.folder / "errors" / f"{operation.rpartition('/')[2]}-errors.jsonl"

    def left(self, client: Client, catalog: str, operation: str) -> Left:
        """What it left, once it has ended."""
        ended = client.wait(operation)
        response, progress = client.response(ended), client.progress(ended)
        rejected = [each for each in client.rejected(catalog) if each.operation == operation]
        file = self.errors_file(operation)
        return Left(
            success=progress.success_count,
            failure=progress.failure_count,
            joined=response.import_summary.joined_events_count,
            unjoined=response.import_summary.unjoined_events_count,
            samples=[json_format.MessageToDict(each) for each in response.error_samples],
            rejected=sorted(
                (each.uri, each.line_number, each.status.SerializeToString(deterministic=True), each.raw)
                for each in rejected
            ),
            errors_file=file.read_bytes() if file.exists() else None,
            events=sorted(
                _comparable(each.user_event)
                for each in client.user_events(catalog)
                if each.user_event.visitor_id in self.visitors
            ),
        )

    def check(self, left: Left) -> None:
        """Holds what an undisturbed run left against what the content says."""
        assert (left.success, left.failure) == (self.content.good, len(self.content.bad))
        assert left.joined + left.unjoined == len(left.events) == self.visitors.total()
        assert [number for _, number, _, _ in left.rejected] == self.content.bad
        assert (left.errors_file or b"").count(b"\n") == len(self.content.bad)


def _comparable(event: Any) -> bytes:
    if event.visitor_id.startswith(_TIMELESS):
        event.ClearField("event_time")  # the server filled it in
    return event.SerializeToString(deterministic=True)


class ObjectImport(Import):
    """Two gs:// objects by a pattern; the second repeats some of the first's lines."""

    def prepare(self, seed: int, count: int) -> None:
        first, second = lines(seed, count * 2 // 3), lines(seed, count // 3)
        self._object("plain-1.jsonl", first.data)
        self._object("plain-2.jsonl", second.data)
        bad = [*first.bad, *second.bad]
        self.content = Lines(b"", first.good + second.good, bad, first.visitors | second.visitors)

    def begin(self, client: Client, catalog: str) -> str:
        return client.import_objects(catalog, f"gs://{BUCKET}/plain-*.jsonl", errors=self.errors_prefix).name


class CleanImport(Import):
    """One gs:// object whose every line is good."""

    def prepare(self, seed: int, count: int) -> None:
        self.content = lines(seed, count, prefix="import-clean", bad_share=0)
        self._object("clean.jsonl", self.content.data)

    def begin(self, client: Client, catalog: str) -> str:
        return client.import_objects(catalog, f"gs://{BUCKET}/clean.jsonl", errors=self.errors_prefix).name


class GzipImport(Import):
    """One compressed gs:// object."""

    def prepare(self, seed: int, count: int) -> None:
        super().prepare(seed, count)
        self._object("packed.jsonl.gz", gzip.compress(self.content.data))

    def begin(self, client: Client, catalog: str) -> str:
        return client.import_objects(catalog, f"gs://{BUCKET}/packed.jsonl.gz", errors=self.errors_prefix).name


class UploadImport(Import):
    """A file that the client streams to the server."""

    def begin(self, client: Client, catalog: str) -> str:
        return client.upload(catalog, self.content.data, errors=self.errors_prefix).name


class InlineImport(Import):
    """Events in the request itself, every fourth without a time, some repeated."""

    size = 6_000
    reports = False

    def prepare(self, seed: int, count: int) -> None:
        self._events = [user_event(f"import-{seed}-{number}", _FIRST_US + number) for number in range(count)]
        for number in range(0, count, 4):
            self._events[number].visitor_id = f"{_TIMELESS}-{seed}-{number}"
            self._events[number].ClearField("event_time")
        distinct = Counter(event.visitor_id for event in self._events)
        self._events += [event for event in self._events if event.HasField("event_time")][: count // 10]
        self.content = Lines(b"", len(self._events), [], distinct)

    def begin(self, client: Client, catalog: str) -> str:
        return client.import_inline(catalog, self._events).name


KINDS = (ObjectImport, GzipImport, UploadImport, InlineImport)
