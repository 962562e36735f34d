"""retail v2 ImportUserEvents from Google Cloud Storage, which fake-gcs-server stands in for.

What holds of objects in --buckets-dir holds here: URIs and patterns, gzip, the errors file, what is refused at once.
"""

from __future__ import annotations

import gzip
import itertools
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import InvalidArgument, NotFound, ServiceUnavailable

from tests.contract.clients import Official, one_route
from tests.contract.google_storage import fake_google_storage, storage_client
from tests.contract.imports import counts, ended, objects
from tests.contract.refusals import refused
from tests.contract.samples import line, lines, text
from tests.support.reflected import RETAIL, ReflectedClient
from tests.support.server import Server

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    with fake_google_storage() as url:
        yield url


@pytest.fixture(scope="module")
def server(emulator: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that reads from Google Cloud Storage."""
    with Server(tmp_path_factory.mktemp("server"), env={"STORAGE_EMULATOR_HOST": emulator}) as running:
        yield running


@pytest.fixture(scope="module")
def google(emulator: str) -> Iterator[Any]:
    with storage_client(emulator) as client:
        yield client


@pytest.fixture
def bucket(google: Any) -> Any:
    """A bucket of the test's own, as Google's client has it."""
    return google.create_bucket(f"test-bucket-{next(_numbers)}")


def put(bucket: Any, name: str, file_lines: list[str]) -> None:
    bucket.blob(name).upload_from_string(text(file_lines))


def visitors(reflected: Any, catalog: str) -> list[str]:
    return sorted(event.user_event.visitor_id for event in reflected.user_events(catalog))


def test_one_object(retail: Official, reflected, catalog: str, bucket: Any) -> None:
    put(bucket, "folder/events.jsonl", lines(3))

    operation = retail.client.import_user_events(objects(catalog, f"gs://{bucket.name}/folder/events.jsonl"))

    assert operation.result().import_summary.joined_events_count == 3
    assert counts(operation) == (3, 0)
    assert visitors(reflected, catalog) == ["visitor-0", "visitor-1", "visitor-2"]


@one_route
@pytest.mark.parametrize(
    ("uris", "files"),
    [
        (["a.json", "d/c.json"], "a c"),
        (["*.json"], "a b"),
        (["d/*.json"], "c"),
        (["**.json"], "a b c d e"),
        (["?.json", "a.json"], "a b"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_uris_and_patterns(retail: Official, reflected, catalog: str, bucket: Any, uris: list[str], files: str) -> None:
    for path in ("a.json", "b.json", "t.txt", "d/c.json", "d/deep/d.json", "e/e.json"):
        put(bucket, path, [line(visitorId=Path(path).stem)])

    operation = ended(retail, reflected, objects(catalog, *(f"gs://{bucket.name}/{uri}" for uri in uris)))

    assert counts(operation) == (len(files.split()), 0)
    assert visitors(reflected, catalog) == files.split()


@one_route
@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_gzip_with_and_without_content_encoding(
    retail: Official, reflected, catalog: str, bucket: Any, encoding: str | None
) -> None:
    blob = bucket.blob("events.jsonl.gz")
    blob.content_encoding = encoding
    blob.upload_from_string(gzip.compress(text(lines(3))))

    assert counts(ended(retail, reflected, objects(catalog, f"gs://{bucket.name}/events.jsonl.gz"))) == (3, 0)


def test_an_object_of_several_downloads(retail: Official, reflected, catalog: str, bucket: Any) -> None:
    put(bucket, "events.jsonl", [line(number, uri="x" * 4_900) for number in range(4_000)])  # some 20 MB

    assert counts(ended(retail, reflected, objects(catalog, f"gs://{bucket.name}/events.jsonl"))) == (4_000, 0)
    assert len(reflected.user_events(catalog)) == 4_000


def test_an_empty_object(retail: Official, reflected, catalog: str, bucket: Any) -> None:
    put(bucket, "events.jsonl", [])

    assert counts(ended(retail, reflected, objects(catalog, f"gs://{bucket.name}/events.jsonl"))) == (0, 0)


@one_route
@pytest.mark.parametrize("prefix", ["", "/errors/run", "/errors/"])
def test_the_errors_file_is_written_back(
    retail: Official, reflected, catalog: str, bucket: Any, google: Any, prefix: str
) -> None:
    put(bucket, "events.jsonl", [*lines(2), line(visitorId=""), "}"])
    prefix = f"gs://{bucket.name}{prefix}"

    operation = ended(retail, reflected, objects(catalog, f"gs://{bucket.name}/events.jsonl", errors=prefix))

    assert counts(operation) == (2, 2)
    assert operation.result().errors_config.gcs_prefix == prefix
    identity = operation.operation.name.rpartition("/")[2]
    (blob,) = [blob for blob in google.list_blobs(bucket) if blob.name != "events.jsonl"]
    assert f"gs://{bucket.name}/{blob.name}" == f"{prefix.rstrip('/')}/{identity}-errors.jsonl"
    reports = [json.loads(each) for each in blob.download_as_text().splitlines()]
    assert [report["code"] for report in reports] == [3, 3]
    assert [report["details"][0]["value"] for report in reports] == [
        {"line_number": number, "file": f"gs://{bucket.name}/events.jsonl"} for number in (3, 4)
    ]
    assert [rejected.line_number for rejected in reflected.rejected(catalog)] == [4, 3]


def test_a_second_import_stores_nothing_twice(retail: Official, reflected, catalog: str, bucket: Any) -> None:
    put(bucket, "events.jsonl", lines(3))
    request = objects(catalog, f"gs://{bucket.name}/events.jsonl")

    first, second = ended(retail, reflected, request), ended(retail, reflected, request)

    assert counts(first) == counts(second) == (3, 0)
    assert second.result().import_summary.joined_events_count == 0
    assert len(reflected.user_events(catalog)) == 3


@pytest.mark.parametrize(
    "uri", ["gs://{}/missing.jsonl", "gs://{}/*.csv", "gs://no-such-bucket/events.jsonl", "gs://no-such-bucket/*"]
)
def test_what_is_not_there_is_not_found(retail: Official, catalog: str, bucket: Any, uri: str) -> None:
    put(bucket, "events.jsonl", lines(1))

    with refused(NotFound) as refusal:
        retail.client.import_user_events(objects(catalog, uri.format(bucket.name)))

    assert refusal.reason == "OBJECT_NOT_FOUND"
    assert uri.format(bucket.name) in refusal.message
    assert not retail.client.list_operations({"name": catalog}).operations


def test_an_errors_bucket_that_is_not_there_is_not_found(retail: Official, catalog: str, bucket: Any) -> None:
    put(bucket, "events.jsonl", lines(1))

    with refused(NotFound) as refusal:
        retail.client.import_user_events(
            objects(catalog, f"gs://{bucket.name}/events.jsonl", errors="gs://no-such-bucket/errors")
        )

    assert "no-such-bucket" in refusal.message


def test_a_uri_that_is_none_is_refused(retail: Official, catalog: str) -> None:
    with refused(InvalidArgument) as refusal:
        retail.client.import_user_events(objects(catalog, "gs://bucket/../events.jsonl"))

    assert refusal.fields == {"input_config.gcs_source.input_uris[0]": "INVALID_VALUE"}


def test_a_storage_that_does_not_answer_is_unavailable(tmp_path: Path, catalog: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = f"http://127.0.0.1:{listener.getsockname()[1]}"  # once it is closed
    with Server(tmp_path / "server", env={"STORAGE_EMULATOR_HOST": nobody}) as server, server.channel() as channel:
        reflected = ReflectedClient(channel)
        reflected.user_events(catalog)  # the schema is known from here on

        with refused(ServiceUnavailable):
            reflected.call(RETAIL, "ImportUserEvents", timeout=45, **objects(catalog, "gs://bucket/events.jsonl"))
