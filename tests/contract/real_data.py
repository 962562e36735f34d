"""Imports real event files through Google's client and holds the figures against what is known of the files.

    python tests/contract/real_data.py FOLDER

FOLDER has `cdnow_purchases.jsonl.gz`, `shop_clickstream.jsonl.gz` and `google_sample_user_events.jsonl`; they are too
large to come with the code, so this is a script and no test.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # as pytest does

from google.cloud import retail_v2
from google.rpc.error_details_pb2 import BadRequest

from tests.contract.clients import EventLoop, Official, Route, connected
from tests.contract.imports import counts, ended, objects
from tests.support.reflected import EVENT_LOG, ReflectedClient
from tests.support.server import Server

CDNOW = "cdnow_purchases.jsonl.gz"
CLICKSTREAM = "shop_clickstream.jsonl.gz"
SAMPLE = "google_sample_user_events.jsonl"
ERRORS = "gs://data/errors"


def expect(what: str, found: Any, expected: Any) -> None:
    print(f"  {what}: {found:,}" if isinstance(found, int) else f"  {what}: {found}")
    assert found == expected, f"{what}: {found}, expected {expected}"


# The fields that are wrong in a catalog's rejections, and how often.
FIELDS = {
    "cdnow": {"purchase_transaction.revenue": 80},
    "closed": {"event_type": 7_145},
}


class Session:
    """A server with the files in its bucket `data`, and clients."""

    def __init__(self, server: Server, retail: Official, reflected: ReflectedClient) -> None:
        self._buckets = server.buckets
        self._retail = retail
        self._reflected = reflected

    def catalog(self, name: str) -> str:
        return f"projects/p/locations/global/catalogs/{name}"

    def run(self, name: str, file: str, expected: tuple[int, int], stored: int) -> Path:
        """Imports a file into the catalog `name`; returns the errors file."""
        print(f"{file} into {name}")
        began = time.monotonic()
        operation = ended(
            self._retail, self._reflected, objects(self.catalog(name), f"gs://data/{file}", errors=ERRORS)
        )
        took = time.monotonic() - began
        operation.result()
        success, failure = counts(operation)
        print(f"  {took:.1f} s, {(success + failure) / took:,.0f} events/s")
        expect("success", success, expected[0])
        expect("failure", failure, expected[1])
        page = self._reflected.call(EVENT_LOG, "ListUserEvents", parent=self.catalog(name), page_size=1)
        expect("total_size", page.total_size, stored)
        expect("listed", len(self._reflected.user_events(self.catalog(name))), stored)
        return self._buckets / "data/errors" / f"{operation.operation.name.rpartition('/')[2]}-errors.jsonl"

    def rejections(self, name: str, errors_file: Path, file: str, count: int) -> None:
        """Every rejection is in the errors file and in ListRejectedEvents, alike, with file, line and field."""
        reports = [json.loads(each) for each in errors_file.read_text().splitlines()]
        expect("in the errors file", len(reports), count)
        rejected = self._reflected.rejected(self.catalog(name))
        expect("rejected events", len(rejected), count)
        assert {each.uri for each in rejected} == {f"gs://data/{file}"}
        reported = {}
        for report in reports:
            where = report["details"][0]["value"]
            assert where["file"] == f"gs://data/{file}"
            (bad_request,) = [each for each in report["details"] if each["@type"].endswith("BadRequest")]
            reported[int(where["line_number"])] = [each["field"] for each in bad_request["fieldViolations"]]
        listed = {}
        for each in rejected:
            (bad_request,) = [any_ for any_ in each.status.details if any_.TypeName() == "google.rpc.BadRequest"]
            listed[each.line_number] = [
                item.field for item in BadRequest.FromString(bad_request.value).field_violations
            ]
        assert reported == listed
        assert len(listed) == count
        assert all(listed.values())
        expect("fields", dict(Counter(field for fields in listed.values() for field in fields)), FIELDS[name])


@contextmanager
def served(folder: Path, scratch: Path, *flags: str) -> Iterator[Session]:
    """A session on a server with the given flags."""
    server = Server(scratch, *flags)
    data = server.buckets / "data"
    data.mkdir()
    for file in (CDNOW, CLICKSTREAM, SAMPLE):
        shutil.copyfile(folder / file, data / file)
    route = Route(retail_v2, "UserEventService", "grpc")
    with server, EventLoop() as loop, server.channel() as channel, connected(route, server.address, loop) as retail:
        yield Session(server, retail, ReflectedClient(channel))


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        with served(folder, Path(scratch) / "open") as session:
            session.run("sample", SAMPLE, (4, 0), 4)
            errors_file = session.run("cdnow", CDNOW, (69_579, 80), 69_324)
            session.rejections("cdnow", errors_file, CDNOW, 80)
            session.run("cdnow", CDNOW, (69_579, 80), 69_324)  # again: nothing is stored twice
            session.run("clickstream", CLICKSTREAM, (31_106, 0), 31_086)
        with served(folder, Path(scratch) / "closed", "--closed-event-types") as session:
            errors_file = session.run("closed", CLICKSTREAM, (23_961, 7_145), 23_944)
            session.rejections("closed", errors_file, CLICKSTREAM, 7_145)
    print("All figures are as they should be.")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
