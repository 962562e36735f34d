"""What can be told to be wrong with a BigQuerySource without asking BigQuery."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from generated.google.cloud.retail.v2.import_config_pb2 import BigQuerySource
from service.events.errors import Violation
from service.sources.schemas.table_source import check_source, partition_day

FIELD = "input_config.big_query_source"


def check(asked: BigQuerySource) -> list[Violation]:
    return check_source(asked, asked.project_id or "parent-project")


def source(**fields: Any) -> BigQuerySource:
    return BigQuerySource(**({"project_id": "p", "dataset_id": "d", "table_id": "t"} | fields))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"project_id": ""},
        {"project_id": "example.com:shop-1"},
        {"project_id": "p" * 128, "dataset_id": "d" * 1_024, "table_id": "t" * 1_024, "gcs_staging_dir": "g" * 2_000},
        {"table_id": "événements du-jour_1"},
        {"data_schema": "user_event_ga4"},
        {"data_schema": "user_event_ga360"},
        {"partition_date": {"year": 2024, "month": 2, "day": 29}},
    ],
)
def test_sources_that_may_be_asked_for(fields):
    assert check(source(**fields)) == []


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"dataset_id": ""}, "dataset_id", "MISSING_FIELD"),
        ({"table_id": ""}, "table_id", "MISSING_FIELD"),
        ({"project_id": "p" * 129}, "project_id", "TOO_LONG"),
        ({"dataset_id": "d" * 1_025}, "dataset_id", "TOO_LONG"),
        ({"table_id": "t" * 1_025}, "table_id", "TOO_LONG"),
        ({"gcs_staging_dir": "g" * 2_001}, "gcs_staging_dir", "TOO_LONG"),
        ({"project_id": "p`; DROP"}, "project_id", "INVALID_VALUE"),
        ({"dataset_id": "d.t"}, "dataset_id", "INVALID_VALUE"),
        ({"table_id": "t` WHERE true --"}, "table_id", "INVALID_VALUE"),
        ({"table_id": "events_*"}, "table_id", "INVALID_VALUE"),
        ({"table_id": "t$20240115"}, "table_id", "INVALID_VALUE"),
        ({"table_id": "t\n"}, "table_id", "INVALID_VALUE"),
        ({"data_schema": "product"}, "data_schema", "INVALID_VALUE"),
        ({"partition_date": {}}, "partition_date", "INVALID_VALUE"),
        ({"partition_date": {"year": 2024, "month": 2}}, "partition_date", "INVALID_VALUE"),
        ({"partition_date": {"year": 2023, "month": 2, "day": 29}}, "partition_date", "INVALID_VALUE"),
        ({"partition_date": {"year": 2160, "month": 1, "day": 1}}, "partition_date", "INVALID_VALUE"),
        ({"partition_date": {"year": -1, "month": 1, "day": 1}}, "partition_date", "INVALID_VALUE"),
    ],
)
def test_sources_that_are_refused(fields, field, reason):
    assert [(item.field, item.reason) for item in check(source(**fields))] == [(f"{FIELD}.{field}", reason)]


def test_every_fault_is_told_at_once():
    assert len(check(BigQuerySource(data_schema="x", project_id="`"))) == 4


def test_texts():
    [wildcard] = check(source(table_id="events_*"))
    assert wildcard.description == (
        f'`{FIELD}.table_id` must be the plain name of one, without wildcards and partitions, but is "events_*".'
    )
    [schema] = check(source(data_schema="ga4"))
    assert schema.description == (
        f'`{FIELD}.data_schema` must be one of user_event, user_event_ga360, user_event_ga4, but is "ga4".'
    )


def test_partition_day():
    assert partition_day(source()) is None
    assert partition_day(source(partition_date={"year": 2024, "month": 2, "day": 29})) == date(2024, 2, 29)
