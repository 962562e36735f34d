"""What an import says of the lines that it rejects: counts, samples, the errors file, and ListRejectedEvents.

An errors file has one google.rpc.Status a line, as Google's have: a Struct with the line's number among its details.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format, struct_pb2
from google.rpc import status_pb2
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo

from tests.contract.clients import Official, every_route, one_route
from tests.contract.imports import counts, ended, inline, objects
from tests.contract.samples import line, lines, put, user_event
from tests.support.reflected import EVENT_LOG

LONG = 2 * 2**20  # --max-line-bytes

# A wrong line, the field that is wrong with it, and the reason.
WRONG: dict[str, tuple[str, str, str]] = {
    "no time": (line(eventTime=None), "event_time", "MISSING_FIELD"),
    "time with a space": (line(eventTime="2021-12-12 10:27:42Z"), "event_time", "INVALID_TIMESTAMP"),
    "bad type": (line(eventType="Home"), "event_type", "UNSUPPORTED_EVENT_TYPE"),
    "unknown field": (line(visitor="v"), "visitor", "UNKNOWN_FIELD"),
    "unknown field inside": (
        line(productDetails=[{"product": {"id": "p"}}, {"prodct": {}}]),
        "product_details[1].prodct",
        "UNKNOWN_FIELD",
    ),
    "broken rule inside": (
        line(eventType="detail-page-view", productDetails=[{"product": {"id": "p"}}, {"quantity": 1}]),
        "product_details[1].product.id",
        "MISSING_FIELD",
    ),
    "number for a text": (line(visitorId=17), "visitor_id", "INCORRECT_JSON_FORMAT"),
    "cut off": (line()[:-1], "", "INCORRECT_JSON_FORMAT"),
    "a list": ("[]", "", "INCORRECT_JSON_FORMAT"),
    "no JSON": ("eventType,visitorId", "", "INCORRECT_JSON_FORMAT"),
}


def details(status: Any) -> dict[str, Any]:
    """The details of a status, by the name of their type."""
    unpacked = {}
    for any_ in status.details:
        kind = {"ErrorInfo": ErrorInfo, "BadRequest": BadRequest, "Struct": struct_pb2.Struct}[
            any_.TypeName().rpartition(".")[2]
        ]
        unpacked[kind.__name__] = kind.FromString(any_.value)
    return unpacked


@one_route
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_line_is_rejected_and_the_others_are_stored(
    retail: Official, reflected, catalog: str, bucket: Path, name: str
) -> None:
    wrong, field, reason = WRONG[name]
    put(bucket / "events.jsonl", ["", *lines(2), wrong, *lines(1, first=2)])

    operation = ended(retail, reflected, objects(catalog, f"gs://{bucket.name}/events.jsonl"))

    assert counts(operation) == (3, 1)
    (sample,) = operation.result().error_samples
    assert sample.code == 3
    assert details(sample)["Struct"]["line_number"] == 4
    assert details(sample)["Struct"]["file"] == f"gs://{bucket.name}/events.jsonl"
    (violation,) = details(sample)["BadRequest"].field_violations
    assert (violation.field, violation.reason) == (field, reason)
    assert sample.message == violation.description
    (rejected,) = reflected.rejected(catalog)
    assert rejected.line_number == 4
    assert rejected.uri == f"gs://{bucket.name}/events.jsonl"
    assert rejected.operation == operation.operation.name
    assert rejected.source == 4  # EVENT_SOURCE_OBJECT_IMPORT
    assert rejected.raw == wrong
    assert not rejected.raw_truncated
    assert rejected.status.message == sample.message
    assert details(rejected.status)["ErrorInfo"].reason == reason
    assert len(reflected.user_events(catalog)) == 3


@every_route
def test_the_errors_file(retail: Official, reflected, catalog: str, bucket: Path) -> None:
    put(bucket / "a.jsonl", [*lines(2), line(visitorId=""), "}"])
    put(bucket / "b.jsonl.gz", ["", line(eventTime="x", visitorId="")])
    prefix = f"gs://{bucket.name}/errors/run"
    (bucket / "errors/run").mkdir(parents=True)
    (bucket / "errors/run/older.jsonl").write_text("left as it is\n")

    operation = ended(retail, reflected, objects(catalog, f"gs://{bucket.name}/*", errors=prefix))

    assert counts(operation) == (2, 3)
    assert operation.result().errors_config.gcs_prefix == prefix
    identity = operation.operation.name.rpartition("/")[2]
    files = {path.name: path for path in (bucket / "errors/run").iterdir()}
    assert files.keys() == {"older.jsonl", f"{identity}-errors.jsonl"}
    assert files["older.jsonl"].read_text() == "left as it is\n"
    written = files[f"{identity}-errors.jsonl"].read_text().splitlines()
    reports = [json.loads(each) for each in written]
    assert [report["code"] for report in reports] == [3, 3, 3]
    assert reports[0]["message"] == 'Field "visitorId" is a required field, but no value is found.'
    assert [report["details"][0] for report in reports] == [
        {
            "@type": "type.googleapis.com/google.protobuf.Struct",
            "value": {"line_number": number, "file": f"gs://{bucket.name}/{name}"},
        }
        for name, number in (("a.jsonl", 3), ("a.jsonl", 4), ("b.jsonl.gz", 2))
    ]
    statuses = [json_format.Parse(each, status_pb2.Status()) for each in written]
    assert [(each.message, details(each)) for each in operation.result().error_samples] == [
        (each.message, details(each)) for each in statuses
    ]


@one_route
@pytest.mark.parametrize("prefix", ["", "/", "/new/folder", "/new/folder/"])
def test_an_errors_prefix_need_not_exist(retail: Official, reflected, catalog: str, bucket: Path, prefix: str) -> None:
    put(bucket / "events.jsonl", ["}"])

    request = objects(catalog, f"gs://{bucket.name}/events.jsonl", errors=f"gs://{bucket.name}{prefix}")
    operation = ended(retail, reflected, request)

    assert operation.result().errors_config.gcs_prefix == f"gs://{bucket.name}{prefix}"
    identity = operation.operation.name.rpartition("/")[2]
    assert (bucket / prefix.strip("/") / f"{identity}-errors.jsonl").read_text().count("\n") == 1


def test_no_errors_file_without_errors(retail: Official, reflected, catalog: str, bucket: Path) -> None:
    put(bucket / "events.jsonl", lines(1))

    operation = ended(
        retail, reflected, objects(catalog, f"gs://{bucket.name}/events.jsonl", errors=f"gs://{bucket.name}/errors")
    )

    assert operation.result().errors_config.gcs_prefix == f"gs://{bucket.name}/errors"
    assert [path.name for path in bucket.iterdir()] == ["events.jsonl"]


def test_samples_are_few_and_the_errors_file_is_whole(retail: Official, reflected, catalog: str, bucket: Path) -> None:
    put(bucket / "events.jsonl", ["}"] * 1_234)

    operation = ended(
        retail, reflected, objects(catalog, f"gs://{bucket.name}/events.jsonl", errors=f"gs://{bucket.name}/errors")
    )

    assert counts(operation) == (0, 1_234)
    samples = operation.result().error_samples
    assert [details(sample)["Struct"]["line_number"] for sample in samples] == list(range(1, 101))
    (file,) = (bucket / "errors").iterdir()
    assert file.read_text().count("\n") == 1_234
    assert [rejected.line_number for rejected in reflected.rejected(catalog)] == list(range(1_234, 0, -1))


@one_route
@pytest.mark.parametrize("filler", ["x", "ü"])
def test_a_line_over_the_limit_is_rejected_and_cut(
    retail: Official, reflected, catalog: str, bucket: Path, filler: str
) -> None:
    long = line(uri=filler * LONG)
    put(bucket / "events.jsonl", [*lines(1), long, *lines(1, first=1)])

    operation = ended(retail, reflected, objects(catalog, f"gs://{bucket.name}/events.jsonl"))

    assert counts(operation) == (2, 1)
    (rejected,) = reflected.rejected(catalog)
    assert rejected.line_number == 2
    assert details(rejected.status)["ErrorInfo"].reason == "TOO_LONG"
    assert rejected.raw_truncated
    assert long.startswith(rejected.raw)
    assert 15 * 1024 < len(rejected.raw.encode()) <= 16 * 1024


def test_a_line_that_is_not_utf_8_is_rejected(retail: Official, reflected, catalog: str, bucket: Path) -> None:
    (bucket / "events.jsonl").write_bytes(
        line(uri="caf\N{LATIN SMALL LETTER E WITH ACUTE}").encode().replace(b"\\u00e9", b"\xe9")
    )

    operation = ended(retail, reflected, objects(catalog, f"gs://{bucket.name}/events.jsonl"))

    assert counts(operation) == (0, 1)
    (rejected,) = reflected.rejected(catalog)
    assert rejected.raw.endswith('caf\\xe9"}')


@pytest.mark.parametrize("server", [pytest.param(["--max-event-age-days", "90"], id="90 days")], indirect=True)
def test_events_over_an_age_limit_are_rejected(retail: Official, reflected, catalog: str, bucket: Path) -> None:
    put(bucket / "events.jsonl", [line(eventTime="2020-01-01T00:00:00Z"), line(eventTime="2999-01-01T00:00:00Z")])

    assert counts(ended(retail, reflected, objects(catalog, f"gs://{bucket.name}/events.jsonl"))) == (1, 1)
    assert counts(ended(retail, reflected, inline(catalog, user_event(event_time=None)))) == (1, 0)
    (rejected,) = reflected.rejected(catalog)
    assert details(rejected.status)["BadRequest"].field_violations[0].field == "event_time"
    total = reflected.call(EVENT_LOG, "ListRejectedEvents", parent=catalog, page_size=1).total_size
    assert total == 1
