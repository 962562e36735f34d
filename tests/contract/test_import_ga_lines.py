"""ImportUserEvents of Google Analytics' rows as JSON lines: what a BigQuery table of them gives, a file gives too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.contract.clients import Official
from tests.contract.imports import counts, ended, objects
from tests.contract.samples import put, text
from tests.contract.source_rows import BAD, GOOD, MIXED_COUNTS, STORED, mixed, same, stored, violations_of
from tests.contract.test_import_rejections import details
from tests.support.reflected import EVENT_LOG

SCHEMAS = ("user_event_ga4", "user_event_ga360")


def as_exported(value: Any) -> Any:
    """A row as BigQuery's exports to JSON have it: without nulls, whole numbers as strings."""
    match value:
        case dict():
            return {name: as_exported(item) for name, item in value.items() if item is not None}
        case list():
            return [as_exported(item) for item in value]
        case int() if not isinstance(value, bool):
            return str(value)
        case _:
            return value


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_line_becomes_its_events(retail: Official, reflected, catalog: str, bucket: Path, schema: str) -> None:
    put(bucket / "rows.jsonl", [json.dumps(row) for row in GOOD[schema]])

    request = objects(catalog, f"gs://{bucket.name}/rows.jsonl", data_schema=schema)

    assert counts(ended(retail, reflected, request)) == (len(STORED[schema]), 0)
    assert same(stored(reflected, catalog), STORED[schema])


@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_export_of_bigquery(retail: Official, reflected, catalog: str, bucket: Path, schema: str) -> None:
    put(bucket / "export-000.gz", [json.dumps(as_exported(row)) for row in GOOD[schema]])

    request = objects(catalog, f"gs://{bucket.name}/export-*.gz", data_schema=schema)

    assert counts(ended(retail, reflected, request)) == (len(STORED[schema]), 0)
    assert same(stored(reflected, catalog), STORED[schema])


@pytest.mark.parametrize("schema", SCHEMAS)
def test_bad_lines_among_good_ones(retail: Official, reflected, catalog: str, bucket: Path, schema: str) -> None:
    put(bucket / "rows.jsonl", [*(json.dumps(row) for row in mixed(schema)), "[]", '{"hits":'])
    wrong = [found for _, found in BAD[schema]] + [[("", "INCORRECT_JSON_FORMAT")]] * 2
    numbers = [*range(2, 2 * len(BAD[schema]) + 1, 2), 2 * len(BAD[schema]) + 1, 2 * len(BAD[schema]) + 2]

    operation = ended(retail, reflected, objects(catalog, f"gs://{bucket.name}/rows.jsonl", data_schema=schema))

    success, failure = MIXED_COUNTS[schema]
    assert counts(operation) == (success, failure + 2)
    samples = [details(sample) for sample in operation.result().error_samples]
    assert [(sample["Struct"]["line_number"], violations_of(sample)) for sample in samples] == list(
        zip(numbers, wrong, strict=True)
    )
    rejected = reflected.rejected(catalog)[::-1]
    assert [(each.line_number, violations_of(details(each.status))) for each in rejected] == list(
        zip(numbers, wrong, strict=True)
    )


@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_upload(reflected, catalog: str, schema: str) -> None:
    data = text([json.dumps(row) for row in GOOD[schema]])
    message = reflected.message("footfall.v1.UploadUserEventsRequest", parent=catalog, data_schema=schema, data=data)

    operation = reflected.call(EVENT_LOG, "UploadUserEvents", iter([message]))

    assert reflected.wait(operation.name).WhichOneof("result") == "response"
    assert same(stored(reflected, catalog), STORED[schema])


@pytest.mark.parametrize("server", [pytest.param(["--closed-event-types"], id="closed list")], indirect=True)
def test_custom_types_are_rejected_where_only_googles_are_taken(
    retail: Official, reflected, catalog: str, bucket: Path
) -> None:
    put(bucket / "rows.jsonl", [json.dumps(row) for row in GOOD["user_event_ga4"]])

    request = objects(catalog, f"gs://{bucket.name}/rows.jsonl", data_schema="user_event_ga4")

    assert counts(ended(retail, reflected, request)) == (3, 1)
    (rejected,) = reflected.rejected(catalog)
    assert violations_of(details(rejected.status)) == [("event_type", "UNSUPPORTED_EVENT_TYPE")]
