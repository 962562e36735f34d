"""ImportUserEvents from BigQuery, which crucible stands in for: tables, views and partitions, in each data_schema."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import ErrorInfo

from tests.contract.clients import Official, every_route
from tests.contract.imports import counts, ended, table
from tests.contract.source_rows import BAD, GOOD, MIXED_COUNTS, STORED, mixed, same, stored, violations_of
from tests.contract.test_import_rejections import details
from tests.sources import rows
from tests.sources.emulator import DATASET, PROJECT, Warehouse, path
from tests.sources.rows import EVENTS_SCHEMA, GA4_SCHEMA, GA360_SCHEMA
from tests.support.reflected import ReflectedClient
from tests.support.server import Server

SCHEMAS = {"user_event": EVENTS_SCHEMA, "user_event_ga4": GA4_SCHEMA, "user_event_ga360": GA360_SCHEMA}
BIG_QUERY_IMPORT = 7  # EventSource

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def server(warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that reads from the emulator."""
    with Server(tmp_path_factory.mktemp("server"), env={"BIGQUERY_EMULATOR_HOST": warehouse.url}) as running:
        yield running


@pytest.fixture(scope="module")
def tables(warehouse: Warehouse) -> None:
    """The tables that every client imports."""
    for schema, columns in SCHEMAS.items():
        warehouse.create(f"good_{schema}", columns, GOOD[schema])
        warehouse.create(f"mixed_{schema}", columns, mixed(schema))


@pytest.fixture
def name() -> str:
    """A table of the test's own."""
    return f"table_{next(_numbers)}"


@every_route
@pytest.mark.usefixtures("tables")
def test_every_row_becomes_an_event(retail: Official, reflected, catalog: str) -> None:
    check_whole(retail, reflected, catalog, "user_event")


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("schema", ["user_event_ga4", "user_event_ga360"])
def test_every_row_of_google_analytics_becomes_its_events(
    retail: Official, reflected, catalog: str, schema: str
) -> None:
    check_whole(retail, reflected, catalog, schema)


@pytest.mark.usefixtures("tables")
@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl on this machine")
def test_the_request_that_googles_page_prints(server: Server, reflected, catalog: str) -> None:
    request = {"projectId": PROJECT, "datasetId": DATASET, "tableId": "good_user_event_ga4"}
    request |= {"dataSchema": "user_event_ga4"}
    done = json.loads(
        curl(f"{server.http}/v2/{catalog}/userEvents:import", {"inputConfig": {"bigQuerySource": request}})
    )
    reflected.wait(done["name"])
    assert same(stored(reflected, catalog), STORED["user_event_ga4"])


def curl(url: str, body: object) -> bytes:
    """The answer to a POST, sent with curl."""
    headers = ("-H", "Authorization: Bearer TOKEN", "-H", "Content-Type: application/json; charset=utf-8")
    command = ["curl", "--noproxy", "*", "-sS", "--fail-with-body", "-X", "POST", *headers, "-d", json.dumps(body), url]
    return subprocess.run(command, capture_output=True, timeout=60, check=True).stdout


def check_whole(retail: Official, reflected: ReflectedClient, catalog: str, schema: str) -> None:
    """That all events of a schema's good table are stored, and the operation says so."""
    operation = retail.client.import_user_events(table(catalog, f"good_{schema}", data_schema=schema))
    result = operation.result()

    assert isinstance(result, retail.types.ImportUserEventsResponse)
    assert counts(operation) == (len(STORED[schema]), 0)
    assert not result.error_samples
    found = stored(reflected, catalog)
    assert same(found, STORED[schema])
    joined = sum("productDetails" not in event for event in found)
    assert result.import_summary.joined_events_count == joined
    assert result.import_summary.unjoined_events_count == len(found) - joined
    assert {event.source for event in reflected.user_events(catalog)} == {BIG_QUERY_IMPORT}


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("schema", SCHEMAS)
def test_bad_rows_among_good_ones(retail: Official, reflected, catalog: str, bucket: Path, schema: str) -> None:
    numbers = [2 * index + 2 for index, _ in enumerate(BAD[schema])]
    wrong = [found for _, found in BAD[schema]]
    prefix = f"gs://{bucket.name}/errors"

    operation = ended(retail, reflected, table(catalog, f"mixed_{schema}", data_schema=schema, errors=prefix))

    assert counts(operation) == MIXED_COUNTS[schema]
    samples = [details(sample) for sample in operation.result().error_samples]
    uri = f"bq://{PROJECT}.{DATASET}.mixed_{schema}"
    assert [dict(sample["Struct"]) for sample in samples] == [
        {"line_number": number, "file": uri} for number in numbers
    ]
    assert [violations_of(sample) for sample in samples] == wrong
    rejected = reflected.rejected(catalog)[::-1]
    assert [(each.uri, each.line_number, each.source) for each in rejected] == [
        (uri, number, BIG_QUERY_IMPORT) for number in numbers
    ]
    assert {each.operation for each in rejected} == {operation.operation.name}
    assert [violations_of(details(each.status)) for each in rejected] == wrong
    (file,) = (bucket / "errors").iterdir()
    reports = [json.loads(line) for line in file.read_text().splitlines()]
    assert [report["details"][0]["value"]["line_number"] for report in reports] == numbers
    assert [report["message"] for report in reports] == [each.status.message for each in rejected]


@pytest.mark.usefixtures("tables")
def test_a_rejection_keeps_the_row_or_the_hit(retail: Official, reflected, catalog: str) -> None:
    ended(retail, reflected, table(catalog, "mixed_user_event"))
    first = json.loads(reflected.rejected(catalog)[-1].raw)
    assert first == {"eventType": "home-page-view", "visitorId": "v1", "eventTime": "yesterday"}

    ended(retail, reflected, table(catalog, "mixed_user_event_ga360", data_schema="user_event_ga360"))
    last = json.loads(reflected.rejected(catalog)[0].raw)
    assert (last["hitNumber"], last["eCommerceAction"]) == (1, {"action_type": "3", "step": 1})


@pytest.mark.usefixtures("tables")
def test_a_second_import_stores_nothing_twice(retail: Official, reflected, catalog: str) -> None:
    request = table(catalog, "good_user_event_ga360", data_schema="user_event_ga360")

    first, second = ended(retail, reflected, request), ended(retail, reflected, request)

    assert counts(first) == counts(second) == (3, 0)
    assert second.result().import_summary == retail.types.UserEventImportSummary()
    assert len(reflected.user_events(catalog)) == 3


@pytest.mark.usefixtures("tables")
def test_the_project_of_the_parent_and_a_staging_dir(retail: Official, reflected, catalog: str) -> None:
    parent = catalog.replace("projects/p/", f"projects/{PROJECT}/")
    request = table(parent, "good_user_event", project_id="", gcs_staging_dir="gs://nobody-reads/this")

    assert counts(ended(retail, reflected, request)) == (4, 0)


def test_a_view(retail: Official, reflected, catalog: str, warehouse: Warehouse, name: str) -> None:
    warehouse.create(f"{name}_of", EVENTS_SCHEMA, rows.EVENTS)
    warehouse.create_view(
        name,
        "SELECT 'home-page-view' AS EVENT_TYPE, visitorId AS visitor_id, TIMESTAMP(eventTime) AS EventTime, "
        f"[STRUCT('color' AS key, STRUCT(['red'] AS text) AS value)] AS attributes FROM {path(f'{name}_of')} "
        "WHERE visitorId = 'v2'",
    )

    assert counts(ended(retail, reflected, table(catalog, name))) == (2, 0)
    assert stored(reflected, catalog) == [
        {
            "eventType": "home-page-view",
            "visitorId": "v2",
            "eventTime": f"2022-02-23T10:27:{second}Z",
            "attributes": {"color": {"text": ["red"]}},
        }
        for second in (44, 45)
    ]


def test_a_partition(retail: Official, reflected, catalog: str, warehouse: Warehouse, name: str) -> None:
    columns = {"eventType": "STRING", "visitorId": "STRING", "eventTime": "TIMESTAMP"}
    days = ("2024-01-14 23:59:59", "2024-01-15 00:00:00", "2024-01-15 23:59:59", "2024-01-16 00:00:00")
    content = [
        {"eventType": "page-view", "visitorId": f"v{number}", "eventTime": day} for number, day in enumerate(days)
    ]
    content.insert(2, {"eventType": "page-view", "visitorId": None, "eventTime": days[1]})
    warehouse.create(name, columns, content, "PARTITION BY TIMESTAMP_TRUNC(eventTime, DAY)")
    day = {"year": 2024, "month": 1, "day": 15}

    assert counts(ended(retail, reflected, table(catalog, name, partition_date=day))) == (2, 1)
    assert [event["visitorId"] for event in stored(reflected, catalog)] == ["v1", "v2"]
    (rejected,) = reflected.rejected(catalog)
    assert (rejected.uri, rejected.line_number) == (f"bq://{PROJECT}.{DATASET}.{name}$20240115", 2)


def test_a_row_over_the_limit(retail: Official, reflected, catalog: str, warehouse: Warehouse, name: str) -> None:
    warehouse.run(
        f"CREATE TABLE {path(name)} AS SELECT 'page-view' AS eventType, CONCAT('v', CAST(n AS STRING)) AS visitorId, "
        "'2024-01-15T00:00:00Z' AS eventTime, REPEAT('x', IF(n = 2, 3000000, 10)) AS uri "
        "FROM UNNEST(GENERATE_ARRAY(1, 3)) AS n ORDER BY n"
    )

    assert counts(ended(retail, reflected, table(catalog, name))) == (2, 1)
    (rejected,) = reflected.rejected(catalog)
    assert (rejected.line_number, rejected.raw_truncated) == (2, True)
    assert violations_of(details(rejected.status)) == [("", "TOO_LONG")]
    assert rejected.status.message == (
        "The row, as JSON, is longer than 2097152 bytes, the most that one may take (--max-line-bytes)."
    )


def test_a_view_whose_query_fails(retail: Official, reflected, catalog: str, warehouse: Warehouse, name: str) -> None:
    warehouse.create(f"{name}_of", EVENTS_SCHEMA, rows.EVENTS)
    warehouse.create_view(name, f"SELECT CAST(visitorId AS INT64) AS n FROM {path(f'{name}_of')}")

    operation = retail.client.import_user_events(table(catalog, name))
    ended_badly = reflected.wait(operation.operation.name)

    assert ended_badly.error.code == code_pb2.FAILED_PRECONDITION
    assert ended_badly.error.message.startswith(f"bq://{PROJECT}.{DATASET}.{name} can't be read: ")
    assert ErrorInfo.FromString(ended_badly.error.details[0].value).reason == "OBJECT_UNUSABLE"
    assert not reflected.user_events(catalog)


def test_a_table_without_rows(retail: Official, reflected, catalog: str, warehouse: Warehouse, name: str) -> None:
    warehouse.create(name, EVENTS_SCHEMA, [])

    assert counts(ended(retail, reflected, table(catalog, name))) == (0, 0)
