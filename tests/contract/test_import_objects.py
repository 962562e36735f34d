"""retail v2 ImportUserEvents from gs:// objects, kept in the folder that --buckets-dir names.

Good lines are stored, wrong ones are counted, sampled in the response and written to the errors file; which lines of
which files are meant, and what a line may look like, is what Google's importer does.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.contract.clients import Official, every_route, one_route
from tests.contract.imports import counts, ended, objects
from tests.contract.samples import TIME, line, lines, put, text
from tests.support.reflected import ReflectedClient

BOM = b"\xef\xbb\xbf"


def visitors(reflected: ReflectedClient, catalog: str) -> list[str]:
    return sorted(event.user_event.visitor_id for event in reflected.user_events(catalog))


def only_event(retail: Official, reflected: ReflectedClient, catalog: str) -> Any:
    """The one event that is stored, as a message of the official client."""
    (event,) = reflected.user_events(catalog)
    return retail.types.UserEvent.deserialize(event.user_event.SerializeToString())


@every_route
def test_one_object(retail: Official, reflected, catalog: str, bucket: Path) -> None:
    put(bucket / "events.jsonl", lines(3))

    operation = retail.client.import_user_events(objects(catalog, f"gs://{bucket.name}/events.jsonl"))
    result = operation.result()

    assert isinstance(result, retail.types.ImportUserEventsResponse)
    assert counts(operation) == (3, 0)
    assert result.import_summary.joined_events_count == 3
    assert not result.error_samples
    assert "errors_config" not in result
    assert visitors(reflected, catalog) == ["visitor-0", "visitor-1", "visitor-2"]
    assert {event.source for event in reflected.user_events(catalog)} == {4}  # EVENT_SOURCE_OBJECT_IMPORT


def test_data_schema_user_event_is_the_default(retail: Official, reflected, catalog: str, bucket: Path) -> None:
    put(bucket / "events.jsonl", lines(3))
    request = objects(catalog, f"gs://{bucket.name}/events.jsonl", data_schema="user_event")

    assert counts(ended(retail, reflected, request)) == (3, 0)


@one_route
@pytest.mark.parametrize(
    ("uris", "files"),
    [
        (["a.json", "d/c.json"], "a c"),
        (["a.json", "a.json"], "a"),
        (["*.json"], "a b"),
        (["d/*.json"], "c"),
        (["*/*.json"], "c e"),
        (["**.json"], "a b c d e"),
        (["*"], "a b t"),
        (["?.json"], "a b"),
        (["a.*", "**/d.json"], "a d"),
        (["*.json", "a.json"], "a b"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_uris_and_patterns(
    retail: Official, reflected, catalog: str, bucket: Path, uris: list[str], files: str
) -> None:
    for path in ("a.json", "b.json", "t.txt", "d/c.json", "d/deep/d.json", "e/e.json"):
        put(bucket / path, [line(visitorId=Path(path).stem)])

    operation = ended(retail, reflected, objects(catalog, *(f"gs://{bucket.name}/{uri}" for uri in uris)))

    assert counts(operation) == (len(files.split()), 0)
    assert visitors(reflected, catalog) == files.split()


def test_several_buckets(retail: Official, reflected, catalog: str, bucket: Path) -> None:
    other = bucket.with_name(f"{bucket.name}-other")
    put(bucket / "events.jsonl", lines(2))
    put(other / "events.jsonl", lines(2, first=2))

    uris = (f"gs://{each.name}/events.jsonl" for each in (bucket, other))
    assert counts(ended(retail, reflected, objects(catalog, *uris))) == (4, 0)


@one_route
@pytest.mark.parametrize("name", ["events.jsonl.gz", "events"])
def test_gzip_is_told_by_its_content(retail: Official, reflected, catalog: str, bucket: Path, name: str) -> None:
    put(bucket / "packed.gz", lines(3))
    (bucket / "packed.gz").rename(bucket / name)

    assert counts(ended(retail, reflected, objects(catalog, f"gs://{bucket.name}/{name}"))) == (3, 0)


@one_route
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", (0, 0)),
        (b"\n\n", (0, 0)),
        (BOM + text(lines(2)), (2, 0)),
        (text(lines(2)).replace(b"\n", b"\r\n"), (2, 0)),
        (text(lines(2)).removesuffix(b"\n"), (2, 0)),
        (b"\n  \n" + text(lines(1)) + b"\t\n" + text(lines(1, first=1)), (2, 0)),
    ],
    ids=["empty", "blank", "byte order mark", "CRLF", "no newline at the end", "blank lines between"],
)
def test_what_editors_and_exports_make_of_files(
    retail: Official, reflected, catalog: str, bucket: Path, content: bytes, expected: tuple[int, int]
) -> None:
    (bucket / "events.jsonl").write_bytes(content)

    assert counts(ended(retail, reflected, objects(catalog, f"gs://{bucket.name}/events.jsonl"))) == expected


def test_a_second_import_stores_nothing_twice(retail: Official, reflected, catalog: str, bucket: Path) -> None:
    put(bucket / "events.jsonl", [*lines(3), line(1)])
    request = objects(catalog, f"gs://{bucket.name}/events.jsonl")

    first, second = ended(retail, reflected, request), ended(retail, reflected, request)

    assert counts(first) == counts(second) == (4, 0)
    assert first.result().import_summary.joined_events_count == 3
    assert second.result().import_summary.joined_events_count == 0
    assert visitors(reflected, catalog) == ["visitor-0", "visitor-1", "visitor-2"]


def test_a_direct_write_and_a_file_mean_the_same_event(retail: Official, reflected, catalog: str, bucket: Path) -> None:
    event = {
        "event_type": "purchase-complete",
        "visitor_id": "v",
        "event_time": TIME,
        "product_details": [{"product": {"id": "p1"}}],
        "attributes": {"b": {"text": ["x"]}, "a": {"numbers": [1.5]}},
        "purchase_transaction": {"revenue": 19.99, "currency_code": "USD"},
    }
    retail.client.write_user_event({"parent": catalog, "user_event": event})
    spelled = {
        "purchase_transaction": {"currency_code": "USD", "revenue": "19.99", "tax": 0},
        "attributes": {"a": {"numbers": [1.5]}, "b": {"text": ["x"]}},
        "productDetails": [{"quantity": 1, "product": {"id": "p1"}}],
        "eventTime": "2024-03-13T12:21:14.123456+02:00",
        "visitorId": "v",
        "eventType": "purchase-complete",
        "searchQuery": "",
    }
    put(bucket / "events.jsonl", [json.dumps(spelled)])

    assert counts(ended(retail, reflected, objects(catalog, f"gs://{bucket.name}/events.jsonl"))) == (1, 0)
    assert only_event(retail, reflected, catalog).product_details[0].quantity == 1


# A line as somebody may write it, and the fields that it means.
LENIENT: dict[str, tuple[str, dict[str, Any]]] = {
    "Google's own sample": (
        line(eventType="detail-page-view", productDetails={"product": {"id": "GGCOGAEC100616"}, "quantity": 3}),
        {"event_type": "detail-page-view", "product_details": [{"product": {"id": "GGCOGAEC100616"}, "quantity": 3}]},
    ),
    "a value for a list": (line(experimentIds="e1"), {"experiment_ids": ["e1"]}),
    "a list of entries for a map": (
        line(attributes=[{"key": "a", "value": {"text": "x"}}, {"key": "n", "value": {"numbers": 1.5}}]),
        {"attributes": {"a": {"text": ["x"]}, "n": {"numbers": [1.5]}}},
    ),
    "a text for a bool": (
        line(userInfo={"userId": "u", "directUserRequest": "true"}),
        {"user_info": {"user_id": "u", "direct_user_request": True}},
    ),
    "names as in the proto": (
        line(session_id="s", user_info={"user_id": "u"}),
        {"session_id": "s", "user_info": {"user_id": "u"}},
    ),
    "a text for a number": (
        line(eventType="search", searchQuery="q", offset="40"),
        {"event_type": "search", "search_query": "q", "offset": 40},
    ),
    "null": (line(uri=None).replace("}", ', "uri": null}'), {}),
}


@one_route
@pytest.mark.parametrize("name", LENIENT)
def test_lines_that_googles_importer_takes(retail: Official, reflected, catalog: str, bucket: Path, name: str) -> None:
    written, fields = LENIENT[name]
    put(bucket / "events.jsonl", [written])

    assert counts(ended(retail, reflected, objects(catalog, f"gs://{bucket.name}/events.jsonl"))) == (1, 0)
    meant = {"event_type": "home-page-view", "visitor_id": "visitor-0", "event_time": TIME, **fields}
    assert only_event(retail, reflected, catalog) == retail.types.UserEvent(meant)


@one_route
@pytest.mark.parametrize(
    ("written", "microsecond"),
    [
        ("2022-02-23T10:27:42+00:00", 0),
        ("2022-02-23T12:27:42.5+02:00", 500_000),
        ("2022-02-23T10:27:42.000000001Z", 0),
    ],
)
def test_times_with_offsets_and_fractions(
    retail: Official, reflected, catalog: str, bucket: Path, written: str, microsecond: int
) -> None:
    put(bucket / "events.jsonl", [line(eventTime=written)])

    ended(retail, reflected, objects(catalog, f"gs://{bucket.name}/events.jsonl"))

    time = only_event(retail, reflected, catalog).event_time
    assert time.replace(microsecond=0) == datetime(2022, 2, 23, 10, 27, 42, tzinfo=UTC)
    assert time.microsecond == microsecond
