"""What is wrong with an import of gs:// objects is told at once, as an error of the call, and starts no operation.

Nothing leads out of the folder that --buckets-dir names: neither `..` nor a symbolic link.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import InvalidArgument, NotFound
from google.rpc.error_details_pb2 import ResourceInfo

from tests.contract.clients import Official, every_route
from tests.contract.imports import Request, counts, ended, objects
from tests.contract.refusals import Refusal, refused
from tests.contract.samples import lines, put
from tests.support.server import Server

URIS = "input_config.gcs_source.input_uris"


def refusal_of(kind: Any, retail: Official, request: Request) -> Refusal:
    """How the import is refused; no operation was started."""
    with refused(kind) as refusal:
        retail.client.import_user_events(request)
    assert not retail.client.list_operations({"name": request["parent"]}).operations
    return refusal


@pytest.mark.parametrize("input_config", [None, {}])
def test_no_source(retail: Official, catalog: str, input_config: Any) -> None:
    request = {"parent": catalog} if input_config is None else {"parent": catalog, "input_config": input_config}

    refusal = refusal_of(InvalidArgument, retail, request)

    assert refusal.fields == {"input_config": "MISSING_FIELD"}
    assert refusal.message == 'Field "inputConfig" is a required field, but no value is found.'


def test_no_uris(retail: Official, catalog: str) -> None:
    assert refusal_of(InvalidArgument, retail, objects(catalog, "")).fields == {f"{URIS}[0]": "INVALID_VALUE"}
    request = {"parent": catalog, "input_config": {"gcs_source": {"data_schema": "user_event"}}}
    assert refusal_of(InvalidArgument, retail, request).fields == {URIS: "MISSING_FIELD"}


@pytest.mark.parametrize(
    "uri",
    [
        "/etc/passwd",
        "file:///etc/passwd",
        "s3://bucket/events.jsonl",
        "gs://bucket",
        "gs:///events.jsonl",
        "gs://Bucket/events.jsonl",
        "gs://../events.jsonl",
        "gs://bucket/../events.jsonl",
        "gs://bucket/folder/../events.jsonl",
        "gs://bucket/./events.jsonl",
        "gs://bucket//events.jsonl",
        "gs://bucket/..\\events.jsonl",
        f"gs://bucket/{'x' * 2_000}",
    ],
    ids=lambda uri: uri[:40],
)
def test_a_uri_that_is_none(retail: Official, catalog: str, bucket: Path, uri: str) -> None:
    put(bucket / "events.jsonl", lines(1))

    refusal = refusal_of(InvalidArgument, retail, objects(catalog, f"gs://{bucket.name}/events.jsonl", uri))

    assert refusal.fields == {f"{URIS}[1]": "INVALID_VALUE"}


def test_too_many_uris(retail: Official, reflected, catalog: str, bucket: Path) -> None:
    put(bucket / "events.jsonl", lines(1))
    uri = f"gs://{bucket.name}/events.jsonl"

    assert refusal_of(InvalidArgument, retail, objects(catalog, *[uri] * 101)).fields == {URIS: "TOO_MANY"}
    assert counts(ended(retail, reflected, objects(catalog, *[uri] * 100))) == (1, 0)


def test_a_pattern_with_too_many_objects(retail: Official, catalog: str, bucket: Path) -> None:
    for number in range(101):
        put(bucket / f"{number}.jsonl", [])

    refusal = refusal_of(InvalidArgument, retail, objects(catalog, f"gs://{bucket.name}/*"))

    assert refusal.fields == {URIS: "TOO_MANY"}
    assert "101" in refusal.message


def test_an_unknown_data_schema(retail: Official, catalog: str, bucket: Path) -> None:
    put(bucket / "events.jsonl", lines(1))
    request = objects(catalog, f"gs://{bucket.name}/events.jsonl", data_schema="no_such_schema")

    refusal = refusal_of(InvalidArgument, retail, request)

    assert refusal.fields == {"input_config.gcs_source.data_schema": "INVALID_VALUE"}


@pytest.mark.parametrize("path", ["missing.jsonl", "folder", "folder/", "*.csv", "folder/*", "missing/**"])
def test_no_such_object(retail: Official, catalog: str, bucket: Path, path: str) -> None:
    put(bucket / "events.jsonl", lines(1))
    (bucket / "folder").mkdir()

    refusal = refusal_of(NotFound, retail, objects(catalog, f"gs://{bucket.name}/{path}"))

    assert refusal.reason == "OBJECT_NOT_FOUND"
    assert f"gs://{bucket.name}/{path}" in refusal.message
    assert refusal.detail(ResourceInfo).resource_type == "storage.googleapis.com/Object"


@every_route
def test_the_missing_one_of_several_objects_is_named(retail: Official, catalog: str, bucket: Path) -> None:
    put(bucket / "events.jsonl", lines(1))
    missing = f"gs://{bucket.name}/missing.jsonl"

    refusal = refusal_of(NotFound, retail, objects(catalog, f"gs://{bucket.name}/events.jsonl", missing))

    assert missing in refusal.message
    assert refusal.detail(ResourceInfo).resource_name == missing


@pytest.mark.parametrize("path", ["events.jsonl", "*"])
def test_no_such_bucket(retail: Official, catalog: str, path: str) -> None:
    refusal = refusal_of(NotFound, retail, objects(catalog, f"gs://no-such-bucket/{path}"))

    assert "no-such-bucket" in refusal.message


@pytest.mark.parametrize(
    ("prefix", "kind"),
    [
        ("bucket/errors", InvalidArgument),
        ("gs://", InvalidArgument),
        ("gs://bucket/../errors", InvalidArgument),
        ("gs://no-such-bucket/errors", NotFound),
    ],
)
def test_a_bad_errors_prefix(retail: Official, catalog: str, bucket: Path, prefix: str, kind: Any) -> None:
    put(bucket / "events.jsonl", lines(1))

    refusal = refusal_of(kind, retail, objects(catalog, f"gs://{bucket.name}/events.jsonl", errors=prefix))

    if kind is InvalidArgument:
        assert refusal.fields == {"errors_config.gcs_prefix": "INVALID_VALUE"}
    else:
        assert refusal.detail(ResourceInfo).resource_name == prefix


@pytest.mark.parametrize(
    "path",
    ["file.jsonl", "folder/events.jsonl", "file.*", "folder/*", "**"],
)
def test_a_symbolic_link_does_not_lead_out(
    retail: Official, catalog: str, bucket: Path, tmp_path: Path, path: str
) -> None:
    put(tmp_path / "events.jsonl", lines(1))
    (bucket / "file.jsonl").symlink_to(tmp_path / "events.jsonl")
    (bucket / "folder").symlink_to(tmp_path)

    refusal_of(NotFound, retail, objects(catalog, f"gs://{bucket.name}/{path}"))


@pytest.mark.parametrize("path", ["events.jsonl", "*"])
def test_a_bucket_that_is_a_symbolic_link_does_not_lead_out(
    retail: Official, catalog: str, server: Server, bucket: Path, tmp_path: Path, path: str
) -> None:
    put(tmp_path / "events.jsonl", lines(1))
    bucket.rmdir()
    bucket.symlink_to(tmp_path)

    refusal_of(NotFound, retail, objects(catalog, f"gs://{bucket.name}/{path}"))


def test_errors_are_not_written_through_a_symbolic_link(
    retail: Official, catalog: str, bucket: Path, tmp_path: Path
) -> None:
    put(bucket / "events.jsonl", ["}"])
    (bucket / "errors").symlink_to(tmp_path)

    refusal_of(
        NotFound, retail, objects(catalog, f"gs://{bucket.name}/events.jsonl", errors=f"gs://{bucket.name}/errors")
    )

    assert not list(tmp_path.iterdir())


def test_a_link_within_the_bucket_is_an_object(retail: Official, reflected, catalog: str, bucket: Path) -> None:
    put(bucket / "events.jsonl", lines(1))
    (bucket / "link.jsonl").symlink_to("events.jsonl")

    assert counts(ended(retail, reflected, objects(catalog, f"gs://{bucket.name}/link.jsonl"))) == (1, 0)


@pytest.mark.parametrize(
    "server", [pytest.param(["--buckets-dir", "/nowhere/buckets"], id="no such folder")], indirect=True
)
def test_a_buckets_dir_that_is_not_there(retail: Official, catalog: str) -> None:
    with refused(NotFound):
        retail.client.import_user_events(objects(catalog, "gs://bucket/events.jsonl"))
