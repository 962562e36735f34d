"""retail v2beta and v2alpha ExportUserEvents: files that hold what was stored, and can be imported again."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import InvalidArgument, MethodNotImplemented, NotFound
from google.protobuf import json_format
from pyarrow import parquet

from tests.contract.clients import RETAIL_EXPORTS, EventLoop, Official, connected
from tests.contract.imports import objects
from tests.contract.maintenance import COUNT, EVENTS, check_types, expected, fill, metadata
from tests.contract.refusals import refused
from tests.contract.samples import FULL_PURCHASE, FULL_SEARCH, user_event
from tests.support.reflected import RETAIL, ReflectedClient
from tests.support.server import Server

PRODUCTS = "google.cloud.retail.v2.ProductService"
BETA = "google.cloud.retail.v2beta.UserEventService"
JSON_LINES, GZIP, PARQUET = 1, 2, 3
FORMATS = [pytest.param(JSON_LINES, id="json"), pytest.param(GZIP, id="gzip"), pytest.param(PARQUET, id="parquet")]
EVERYTHING = "joined = (true OR false)"
PRODUCT = {"id": "p1", "title": "Trail shoe", "categories": ["Shoes"]}
UNJOINED = 2  # of the mixed events, where that product is known
every_export_route = pytest.mark.parametrize("exporting", RETAIL_EXPORTS, indirect=True)


@pytest.fixture(scope="module", params=[RETAIL_EXPORTS[0], RETAIL_EXPORTS[-1]])
def exporting(request: pytest.FixtureRequest, server: Server, event_loop_thread: EventLoop) -> Iterator[Official]:
    """Official clients that have ExportUserEvents: two, or each one where a test says `@every_export_route`."""
    with connected(request.param, server, event_loop_thread) as official:
        yield official


def request(catalog: str, prefix: str, wanted: str = "", **destination: Any) -> dict[str, Any]:
    target = {"output_uri_prefix": prefix, **destination}
    return {"parent": catalog, "filter": wanted, "output_config": {"gcs_destination": target}}


def export(reflected: ReflectedClient, catalog: str, bucket: Path, wanted: str = "", **destination: Any) -> list[Path]:
    """The files of an export over our own stub."""
    made = request(catalog, f"gs://{bucket.name}/out", wanted, **destination)
    operation = reflected.wait(reflected.call(BETA, "ExportUserEvents", **made).name)
    response = reflected.message("google.cloud.retail.v2beta.ExportUserEventsResponse")
    assert operation.response.Unpack(response), operation
    uris = [result.output_uri for result in response.output_result.gcs_result]
    identity = operation.name.rpartition("/")[2]
    assert all(uri.startswith(f"gs://{bucket.name}/out/{identity}-") for uri in uris)
    return [bucket.parent / uri.removeprefix("gs://") for uri in uris]


def lines_of(files: list[Path]) -> list[str]:
    found: list[str] = []
    for path in files:
        if path.suffix == ".parquet":
            found += parquet.read_table(path).column("user_event").to_pylist()
        else:
            content = path.read_bytes()
            found += (gzip.decompress(content) if path.suffix == ".gz" else content).decode().split("\n")[:-1]
    return found


def mixed(reflected: ReflectedClient, catalog: str) -> None:
    """Events of every shape, joined and unjoined."""
    nanos = user_event(event_time={"seconds": 1_700_000_000, "nanos": 123_456_789})
    unknown = user_event("detail-page-view", product_details=[{"product": {"id": "unknown"}}])
    others = [FULL_PURCHASE, unknown, FULL_SEARCH, nanos, user_event("login", visitor_id='ü "\\\n\u2028')]
    fill(reflected, catalog, EVENTS + others)


def import_a_product(reflected: ReflectedClient, catalog: str) -> None:
    """Makes events join that name this product alone."""
    source = {"product_inline_source": {"products": [PRODUCT]}}
    parent = f"{catalog}/branches/default_branch"
    operation = reflected.wait(reflected.call(PRODUCTS, "ImportProducts", parent=parent, input_config=source).name)
    said = reflected.message("google.cloud.retail.v2.ImportMetadata")
    assert operation.metadata.Unpack(said)
    assert (said.success_count, said.failure_count) == (1, 0)


def import_files(reflected: ReflectedClient, catalog: str, files: list[Path]) -> Any:
    """The summary of an import of exported files, of which each line has to succeed."""
    uris = [f"gs://{path.relative_to(path.parents[2])}" for path in files]
    operation = reflected.wait(reflected.call(RETAIL, "ImportUserEvents", **objects(catalog, *uris)).name)
    said = reflected.message("google.cloud.retail.v2.ImportMetadata")
    assert operation.metadata.Unpack(said)
    assert (said.success_count, said.failure_count) == (len(lines_of(files)), 0)
    response = reflected.message("google.cloud.retail.v2.ImportUserEventsResponse")
    assert operation.response.Unpack(response)
    return response.import_summary


@every_export_route
def test_an_export(exporting: Official, reflected: ReflectedClient, catalog: str, bucket: Path) -> None:
    fill(reflected, catalog)
    unjoined = expected(lambda event: "product_details" in event)

    operation = exporting.client.export_user_events(request(catalog, f"gs://{bucket.name}/deep/out"))
    result = operation.result()

    assert isinstance(result, exporting.types.ExportUserEventsResponse)
    assert isinstance(operation.metadata, exporting.types.ExportMetadata)
    assert operation.metadata.create_time <= operation.metadata.update_time
    assert re.fullmatch(rf"{catalog}/operations/export-user-events-\d{{1,20}}", operation.operation.name)
    check_types(exporting, reflected, operation, "ExportMetadata", "ExportUserEventsResponse")
    assert metadata(reflected, operation).exported_events_count == COUNT - unjoined
    (uri,) = [each.output_uri for each in result.output_result.gcs_result]
    path = bucket.parent / uri.removeprefix("gs://")
    assert path.parent == bucket / "deep/out"
    stored = [each for each in reflected.user_events(catalog) if each.joined]
    read = [json_format.Parse(line, type(stored[0].user_event)()) for line in path.read_text().splitlines()]
    assert read == [each.user_event for each in stored]
    assert not result.error_samples


@pytest.mark.parametrize(
    ("wanted", "selects"),
    [
        ("", lambda event: "product_details" not in event),
        ("*", lambda _: True),
        (EVERYTHING, lambda _: True),
        ("eventsMissingCatalogItems", lambda event: "product_details" in event),
        ("joined=false eventType=add-to-cart", lambda event: event["event_type"] == "add-to-cart"),
        ("eventType = (search OR add-to-cart)", lambda event: event["event_type"] == "search"),
        (f"eventType = (search OR add-to-cart) {EVERYTHING}", lambda e: e["event_type"] in {"search", "add-to-cart"}),
        (f"eventType = (NOT search) {EVERYTHING}", lambda event: event["event_type"] != "search"),
        (f'(visitorId = "v1" OR visitorId = v2) {EVERYTHING}', lambda event: event["visitor_id"] != "v0"),
    ],
)
def test_filters(reflected: ReflectedClient, catalog: str, bucket: Path, wanted: str, selects: Any) -> None:
    fill(reflected, catalog)

    read = [json.loads(line) for line in lines_of(export(reflected, catalog, bucket, wanted))]

    assert len(read) == expected(selects)
    assert Counter(each["eventType"] for each in read) == Counter(e["event_type"] for e in EVENTS if selects(e))
    assert [each["eventTime"] for each in read] == sorted(each["eventTime"] for each in read)


@pytest.mark.parametrize("form", FORMATS)
def test_what_was_exported_imports_again(reflected, catalog: str, bucket: Path, form: int) -> None:
    again = f"{catalog}-again"
    for each in (catalog, again):
        import_a_product(reflected, each)
    mixed(reflected, catalog)
    files = export(reflected, catalog, bucket, EVERYTHING, format=form)
    first = lines_of(files)

    summary = import_files(reflected, again, files)

    assert (summary.joined_events_count, summary.unjoined_events_count) == (len(first) - UNJOINED, UNJOINED)
    assert lines_of(export(reflected, again, bucket, EVERYTHING, format=form)) == first
    assert [(each.user_event.visitor_id, each.joined) for each in reflected.user_events(again)] == [
        (each.user_event.visitor_id, each.joined) for each in reflected.user_events(catalog)
    ]


@pytest.mark.parametrize("form", FORMATS)
def test_details_of_the_catalog_by_an_option(reflected, catalog: str, bucket: Path, form: int) -> None:
    import_a_product(reflected, catalog)
    mixed(reflected, catalog)
    plain = lines_of(export(reflected, catalog, bucket, EVERYTHING, format=form))

    files = export(reflected, catalog, bucket, EVERYTHING, format=form, include_product_details=True)

    detailed = lines_of(files)
    stored = reflected.user_events(catalog)
    read = [json_format.Parse(each, type(stored[0].user_event)()) for each in detailed]
    assert read == [each.user_event for each in stored]
    different = [each for each, other in zip(detailed, plain, strict=True) if each != other]
    assert len(different) == sum("product_details" in event for event in EVENTS)
    assert all(PRODUCT["title"] in each for each in different)
    import_files(reflected, f"{catalog}-again", files)


def test_every_format_has_the_same_events(reflected, catalog: str, bucket: Path) -> None:
    mixed(reflected, catalog)

    files = [export(reflected, catalog, bucket, EVERYTHING, format=form) for form in (0, JSON_LINES, GZIP, PARQUET)]

    assert [path.name.partition(".")[2] for (path,) in files] == ["jsonl", "jsonl", "jsonl.gz", "parquet"]
    texts = [lines_of(each) for each in files]
    assert texts[0] == texts[1] == texts[2] == texts[3]
    assert len(texts[0]) == COUNT + 5
    table = parquet.read_table(files[3][0])
    events = [json.loads(line) for line in texts[3]]
    assert table.column("event_type").to_pylist() == [event["eventType"] for event in events]
    assert table.column("visitor_id").to_pylist() == [event["visitorId"] for event in events]
    assert table.column("user_id").to_pylist() == [event.get("userInfo", {}).get("userId") for event in events]


def test_a_catalog_without_events_makes_no_file(exporting: Official, catalog: str, bucket: Path) -> None:
    result = exporting.client.export_user_events(request(catalog, f"gs://{bucket.name}/out")).result()

    assert not result.output_result.gcs_result
    assert not list(bucket.rglob("*.*"))


def test_bigquery_is_not_served(exporting: Official, catalog: str) -> None:
    target = {"dataset_id": "d", "table_id_prefix": "t", "table_type": "view"}
    with refused(MethodNotImplemented) as refusal:
        exporting.client.export_user_events(
            {"parent": catalog, "output_config": {"bigquery_destination": target}, "filter": ""}
        )

    assert "bq load" in refusal.message


@pytest.mark.parametrize(
    ("prefix", "reason"), [("", "MISSING_FIELD"), ("out", "INVALID_VALUE"), ("gs:///out", "INVALID_VALUE")]
)
def test_a_wrong_destination(exporting: Official, catalog: str, prefix: str, reason: str) -> None:
    with refused(InvalidArgument) as refusal:
        exporting.client.export_user_events(request(catalog, prefix))

    assert list(refusal.fields) == ["output_config.gcs_destination.output_uri_prefix"]


@every_export_route
def test_a_missing_bucket_or_config(exporting: Official, catalog: str) -> None:
    with refused(NotFound):
        exporting.client.export_user_events(request(catalog, "gs://no-such-bucket/out"))
    with refused(InvalidArgument):
        exporting.client.export_user_events({"parent": catalog})


def test_a_wrong_filter_or_format(reflected: ReflectedClient, exporting: Official, catalog: str, bucket: Path) -> None:
    with refused(InvalidArgument) as refusal:
        exporting.client.export_user_events(request(catalog, f"gs://{bucket.name}/out", "colour=red"))
    assert refusal.fields == {"filter": "INVALID_FILTER"}
    with refused(InvalidArgument) as refusal:
        reflected.call(BETA, "ExportUserEvents", **request(catalog, f"gs://{bucket.name}/out", format=77))
    assert list(refusal.fields) == ["output_config.gcs_destination.format"]
