"""footfall.v1 UploadUserEvents: an import whose file the client streams itself.

The file may be split anywhere and may be gzip. What is wrong with the upload is an error of the call; what is wrong
with a line is a rejection, named by the name that the client gave its file.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import InvalidArgument, NotFound

from tests.contract.refusals import refused
from tests.contract.samples import line, lines, text
from tests.support.reflected import EVENT_LOG, OPERATIONS, ReflectedClient

CONTENT = text(lines(100))
MAX_UPLOAD = 100_000


def upload(reflected: ReflectedClient, parent: str, data: Iterable[bytes], **fields: Any) -> Any:
    """The operation as UploadUserEvents returns it."""
    messages = [reflected.message("footfall.v1.UploadUserEventsRequest", data=piece) for piece in data]
    if messages:
        first = reflected.message("footfall.v1.UploadUserEventsRequest", parent=parent, **fields)
        first.data = messages[0].data
        messages[0] = first
    return reflected.call(EVENT_LOG, "UploadUserEvents", iter(messages))


def progress(reflected: ReflectedClient, operation: Any) -> tuple[int, int]:
    """Counts of successes and failures, once the operation has ended well."""
    ended = reflected.wait(operation.name)
    assert ended.WhichOneof("result") == "response", ended.error
    metadata = reflected.message("google.cloud.retail.v2.ImportMetadata")
    metadata.ParseFromString(ended.metadata.value)
    assert ended.metadata.TypeName() == "google.cloud.retail.v2.ImportMetadata"
    assert ended.response.TypeName() == "google.cloud.retail.v2.ImportUserEventsResponse"
    return metadata.success_count, metadata.failure_count


def pieces(content: bytes, size: int) -> list[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]


@pytest.mark.parametrize("size", [1, 17, 1_000, len(CONTENT)])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_file_split_anywhere(reflected: ReflectedClient, catalog: str, size: int, packed: bool) -> None:
    content = gzip.compress(CONTENT) if packed else CONTENT

    operation = upload(reflected, catalog, pieces(content, size), file_name="events.jsonl")

    assert operation.name.startswith(f"{catalog}/operations/import-user-events-")
    assert progress(reflected, operation) == (100, 0)
    events = reflected.user_events(catalog)
    assert len(events) == 100
    assert {event.source for event in events} == {5}  # EVENT_SOURCE_UPLOAD


@pytest.mark.parametrize("data", [[b""], [b"", b"", b""], [b"\n"], [gzip.compress(b"")]])
def test_an_empty_file(reflected: ReflectedClient, catalog: str, data: list[bytes]) -> None:
    assert progress(reflected, upload(reflected, catalog, data)) == (0, 0)


def test_no_message_at_all(reflected: ReflectedClient, catalog: str) -> None:
    with refused(InvalidArgument) as refusal:
        upload(reflected, catalog, [])

    assert refusal.fields == {"parent": "MISSING_FIELD"}


@pytest.mark.parametrize("parent", ["catalogs/c", "projects/p/tenants/t"])
def test_a_malformed_parent(reflected: ReflectedClient, parent: str) -> None:
    with refused(InvalidArgument) as refusal:
        upload(reflected, parent, [CONTENT])

    assert refusal.fields == {"parent": "INVALID_RESOURCE_ID"}


def test_an_unknown_data_schema(reflected: ReflectedClient, catalog: str) -> None:
    assert progress(reflected, upload(reflected, catalog, [CONTENT], data_schema="user_event")) == (100, 0)
    with refused(InvalidArgument) as refusal:
        upload(reflected, catalog, [CONTENT], data_schema="no_such_schema")

    assert refusal.fields == {"data_schema": "INVALID_VALUE"}


@pytest.mark.parametrize(
    ("file_name", "uri"), [("web.jsonl", "web.jsonl"), ("", "upload"), ("/tmp/../etc/x.jsonl", "x.jsonl")]
)
def test_rejections_name_the_file(reflected: ReflectedClient, catalog: str, file_name: str, uri: str) -> None:
    content = text([line(), "", line(visitorId=""), "}"])

    operation = upload(reflected, catalog, pieces(content, 50), file_name=file_name)

    assert progress(reflected, operation) == (1, 2)
    rejected = reflected.rejected(catalog)
    assert [(each.uri, each.line_number, each.operation, each.source) for each in rejected] == [
        (uri, 4, operation.name, 5),
        (uri, 3, operation.name, 5),
    ]


def test_an_errors_file(reflected: ReflectedClient, catalog: str, bucket: Path) -> None:
    operation = upload(
        reflected, catalog, [text([line(), "}"])], file_name="web.jsonl", gcs_errors_prefix=f"gs://{bucket.name}/errors"
    )

    assert progress(reflected, operation) == (1, 1)
    (file,) = (bucket / "errors").iterdir()
    (report,) = [json.loads(each) for each in file.read_text().splitlines()]
    assert report["details"][0]["value"] == {"line_number": 2, "file": "web.jsonl"}


@pytest.mark.parametrize(
    ("prefix", "kind"), [("bucket/errors", InvalidArgument), ("gs://no-such-bucket/errors", NotFound)]
)
def test_a_bad_errors_prefix(reflected: ReflectedClient, catalog: str, prefix: str, kind: Any) -> None:
    with refused(kind) as refusal:
        upload(reflected, catalog, [CONTENT], gcs_errors_prefix=prefix)

    assert kind is NotFound or refusal.fields == {"gcs_errors_prefix": "INVALID_VALUE"}


def test_a_second_upload_stores_nothing_twice(reflected: ReflectedClient, catalog: str) -> None:
    for _ in range(2):
        assert progress(reflected, upload(reflected, catalog, [CONTENT])) == (100, 0)

    assert len(reflected.user_events(catalog)) == 100


def test_uploads_next_to_each_other(reflected: ReflectedClient, catalog: str) -> None:
    operations = [upload(reflected, catalog, [text(lines(1, first=number))]) for number in range(30)]

    assert {progress(reflected, operation) for operation in operations} == {(1, 0)}
    assert len(reflected.user_events(catalog)) == 30


@pytest.mark.parametrize("server", [pytest.param(["--max-upload-bytes", str(MAX_UPLOAD)], id="limit")], indirect=True)
def test_the_limit_of_an_upload(reflected: ReflectedClient, catalog: str) -> None:
    content = b" " * (MAX_UPLOAD - len(CONTENT)) + b"\n" + CONTENT[:-1]
    assert progress(reflected, upload(reflected, catalog, pieces(content, 10_000))) == (100, 0)

    for size in (10_000, MAX_UPLOAD + 1):
        with refused(InvalidArgument) as refusal:
            upload(reflected, f"{catalog}-2", pieces(content + b"\n", size))
        assert refusal.fields == {"data": "TOO_LONG"}
        assert str(MAX_UPLOAD) in refusal.message

    assert not reflected.call(OPERATIONS, "ListOperations", name=f"{catalog}-2").operations


@pytest.mark.parametrize(
    "server", [pytest.param(["--catalogs", "projects/p/locations/l/catalogs/c"], id="declared")], indirect=True
)
def test_an_undeclared_catalog(reflected: ReflectedClient, catalog: str) -> None:
    with refused(NotFound) as refusal:
        upload(reflected, catalog, [CONTENT])

    assert refusal.reason == "CATALOG_NOT_FOUND"


def test_nothing_of_a_broken_off_upload_stays(reflected: ReflectedClient, server, catalog: str) -> None:
    def broken() -> Iterable[Any]:
        yield reflected.message("footfall.v1.UploadUserEventsRequest", parent=catalog, data=CONTENT)
        raise RuntimeError("the client gives up")

    with pytest.raises(Exception, match="Exception iterating requests"):
        reflected.call(EVENT_LOG, "UploadUserEvents", broken())

    assert not reflected.call(OPERATIONS, "ListOperations", name=catalog).operations
