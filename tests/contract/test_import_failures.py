"""An import that can't be carried through ends with an error that tells its user what to do, and keeps its counts.

Only a fault of the server is INTERNAL.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from google.api_core.exceptions import FailedPrecondition, GoogleAPICallError, InvalidArgument
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import ErrorInfo

from tests.contract.clients import Official, every_route, one_route
from tests.contract.imports import Request, objects
from tests.contract.refusals import refused
from tests.contract.samples import lines, put, text
from tests.support.reflected import ReflectedClient

PACKED = gzip.compress(text(lines(20_000)))
CORRUPT = PACKED[: len(PACKED) // 2] + bytes(64) + PACKED[len(PACKED) // 2 + 64 :]


class Failure(NamedTuple):
    """How an import failed: the status with which its operation ended, and its counts."""

    operation: Any
    status: Any
    success: int
    failure: int


def failure(retail: Official, reflected: ReflectedClient, request: Request) -> Failure:
    """Starts an import, and waits for its failure."""
    operation = retail.client.import_user_events(request)
    ended = reflected.wait(operation.operation.name)
    status = ended.error
    assert status.code
    info = ErrorInfo.FromString(
        next(each.value for each in status.details if each.TypeName() == "google.rpc.ErrorInfo")
    )
    assert info.domain == "footfall"
    assert info.reason
    metadata = retail.types.ImportMetadata.deserialize(ended.metadata.value)
    return Failure(operation, status, metadata.success_count, metadata.failure_count)


@one_route
@pytest.mark.parametrize(
    "content",
    [PACKED[:-20], PACKED[: len(PACKED) // 2], PACKED[:15], CORRUPT, b"\x1f\x8bno gzip at all"],
    ids=["cut at the end", "cut in the middle", "cut at the start", "corrupt", "no gzip"],
)
def test_a_damaged_gzip_file(retail: Official, reflected, catalog: str, bucket: Path, content: bytes) -> None:
    (bucket / "events.jsonl.gz").write_bytes(content)
    uri = f"gs://{bucket.name}/events.jsonl.gz"

    failed = failure(retail, reflected, objects(catalog, uri))

    assert failed.status.code in {code_pb2.INVALID_ARGUMENT, code_pb2.FAILED_PRECONDITION}
    assert uri in failed.status.message
    # Damage within the file may decompress to wrong lines, and to right ones that were there before.
    stored = len(reflected.user_events(catalog))
    assert stored <= failed.success < 20_000
    assert content == CORRUPT or (stored, failed.failure) == (failed.success, 0)


def test_an_errors_file_that_could_not_be_written(retail: Official, reflected, catalog: str, bucket: Path) -> None:
    """It is refused before anything is imported: a file is where a folder should be."""
    put(bucket / "events.jsonl", lines(2))
    uri = f"gs://{bucket.name}/events.jsonl"

    with refused(FailedPrecondition) as refusal:
        retail.client.import_user_events(objects(catalog, uri, errors=uri))

    assert uri in refusal.message
    assert not reflected.user_events(catalog)


@every_route
def test_a_failure_raises_in_the_official_client(retail: Official, reflected, catalog: str, bucket: Path) -> None:
    (bucket / "events.jsonl.gz").write_bytes(PACKED[:-20])
    failed = failure(retail, reflected, objects(catalog, f"gs://{bucket.name}/events.jsonl.gz"))

    with pytest.raises(GoogleAPICallError) as caught:
        failed.operation.result()

    assert caught.value.message == failed.status.message
    assert caught.value.errors[0].code == failed.status.code
    # The blocking client finds the class that belongs to the code; the asyncio one stops at the base class.
    assert type(caught.value) in {FailedPrecondition, InvalidArgument, GoogleAPICallError}
