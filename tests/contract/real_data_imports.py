"""Imports of the real files: every count, what is stored, and every rejection."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path

from google.rpc.error_details_pb2 import BadRequest

from tests.contract.imports import counts
from tests.contract.real_data_session import CDNOW, CLICKSTREAM, SAMPLE, Session, expect
from tests.support.reflected import EVENT_LOG

# The fields that are wrong in a catalog's rejections, and how often.
FIELDS = {
    "cdnow": {"purchase_transaction.revenue": 80},
    "closed": {"event_type": 7_145},
}


def check_imports(session: Session) -> None:
    """Every event type is welcome."""
    run(session, "sample", SAMPLE, (4, 0), 4)
    errors_file = run(session, "cdnow", CDNOW, (69_579, 80), 69_324)
    rejections(session, "cdnow", errors_file, CDNOW, 80)
    run(session, "cdnow", CDNOW, (69_579, 80), 69_324)  # again: nothing is stored twice
    run(session, "clickstream", CLICKSTREAM, (31_106, 0), 31_086)


def check_closed_imports(session: Session) -> None:
    """Only Google's event types are."""
    errors_file = run(session, "closed", CLICKSTREAM, (23_961, 7_145), 23_944)
    rejections(session, "closed", errors_file, CLICKSTREAM, 7_145)


def run(session: Session, name: str, file: str, expected: tuple[int, int], stored: int) -> Path:
    """Imports a file into the catalog `name`; returns the errors file."""
    print(f"{file} into {name}")
    began = time.monotonic()
    operation = session.import_events(name, file)
    took = time.monotonic() - began
    success, failure = counts(operation)
    print(f"  {took:.1f} s, {(success + failure) / took:,.0f} events/s")
    expect("success", success, expected[0])
    expect("failure", failure, expected[1])
    page = session.reflected.call(EVENT_LOG, "ListUserEvents", parent=session.catalog(name), page_size=1)
    expect("total_size", page.total_size, stored)
    expect("listed", len(session.stored(name)), stored)
    return session.data / "errors" / f"{operation.operation.name.rpartition('/')[2]}-errors.jsonl"


def rejections(session: Session, name: str, errors_file: Path, file: str, count: int) -> None:
    """Every rejection is in the errors file and in ListRejectedEvents, alike, with file, line and field."""
    reports = [json.loads(each) for each in errors_file.read_text().splitlines()]
    expect("in the errors file", len(reports), count)
    rejected = session.reflected.rejected(session.catalog(name))
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
        listed[each.line_number] = [item.field for item in BadRequest.FromString(bad_request.value).field_violations]
    assert reported == listed
    assert len(listed) == count
    assert all(listed.values())
    expect("fields", dict(Counter(field for fields in listed.values() for field in fields)), FIELDS[name])
