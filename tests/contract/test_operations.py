"""google.longrunning.Operations, as the official clients use it: get, list, cancel, delete; and wait.

Every import is an operation from the moment of its call on, until it is deleted or has expired.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.api_core.exceptions import FailedPrecondition, GoogleAPICallError, InvalidArgument, NotFound

from tests.contract.clients import Official, every_route, one_route, over_grpc, talent_over_grpc
from tests.contract.imports import counts, ended, inline, objects
from tests.contract.refusals import refused
from tests.contract.samples import line, lines, put, user_event
from tests.support.reflected import OPERATIONS, RETAIL, ReflectedClient

CANCELLED = 1
MANY = 400_000  # lines of a file that takes seconds


def names(listed: Any) -> list[str]:
    return [operation.name for operation in listed]


def wait(reflected: ReflectedClient, name: str, **timeout: int) -> Any:
    """The operation after WaitOperation with that timeout."""
    request = reflected.message("google.longrunning.WaitOperationRequest", timeout=timeout)
    request.name = name
    return reflected.call(OPERATIONS, "WaitOperation", request)


@pytest.fixture
def three(retail: Official, reflected: ReflectedClient, catalog: str) -> list[str]:
    """The names of three operations that have ended, newest first."""
    made = [ended(retail, reflected, inline(catalog, user_event())) for _ in range(3)]
    return [operation.operation.name for operation in reversed(made)]


@pytest.fixture
def long(retail: Official, bucket: Path, catalog: str) -> Any:
    """An import that runs for seconds."""
    put(bucket / "events.jsonl.gz", lines(MANY // 2) + ["}"] * (MANY // 2))
    return retail.client.import_user_events(
        objects(catalog, f"gs://{bucket.name}/events.jsonl.gz", errors=f"gs://{bucket.name}/errors")
    )


@every_route
def test_an_operation_can_be_got_by_every_official_way(retail: Official, three: list[str]) -> None:
    mixin = retail.client.get_operation({"name": three[0]})
    helper = retail.client.transport.operations_client.get_operation(three[0])

    assert mixin == helper
    assert mixin.name == three[0]
    assert mixin.done
    assert mixin.WhichOneof("result") == "response"
    metadata = retail.types.ImportMetadata.deserialize(mixin.metadata.value)
    assert mixin.metadata.TypeName() == retail.types.ImportMetadata.pb().DESCRIPTOR.full_name
    assert mixin.response.TypeName() == retail.types.ImportUserEventsResponse.pb().DESCRIPTOR.full_name
    assert (metadata.success_count, metadata.failure_count) == (1, 0)


@talent_over_grpc
def test_the_talent_client_gets_operations_too(talent: Official, reflected, catalog: str) -> None:
    request = inline(catalog, {"event_type": "login", "visitor_id": "v"})
    name = reflected.call(RETAIL, "ImportUserEvents", **request).name

    assert talent.client.get_operation({"name": name}).name == name


def test_names_are_the_callers(retail: Official, reflected) -> None:
    parent = "projects/my-project.example:p/locations/eu/catalogs/ünïcode"

    name = ended(retail, reflected, inline(parent, user_event())).operation.name

    assert name.startswith(f"{parent}/operations/import-user-events-")
    assert retail.client.get_operation({"name": name}).name == name


@pytest.mark.parametrize("level", ["catalog", "location", "project"])
def test_operations_are_listed_newest_first_below_each_level(
    retail: Official, three: list[str], catalog: str, level: str
) -> None:
    name = {
        "catalog": catalog,
        "location": catalog.partition("/catalogs/")[0],
        "project": catalog.partition("/locations/")[0],
    }[level]

    assert names(retail.client.list_operations({"name": name}).operations)[:3] == three
    assert names(retail.client.transport.operations_client.list_operations(name, ""))[:3] == three


def test_a_list_does_not_reach_into_names_that_begin_alike(retail: Official, three: list[str], catalog: str) -> None:
    for name in (catalog[:-1], f"{catalog}0", "projects/p0", "projects/p/locations/globa"):
        assert not set(three) & set(names(retail.client.list_operations({"name": name, "page_size": 1_000}).operations))


@every_route
def test_lists_come_in_pages(retail: Official, three: list[str], catalog: str) -> None:
    first = retail.client.list_operations({"name": catalog, "page_size": 2})
    second = retail.client.list_operations({"name": catalog, "page_size": 2, "page_token": first.next_page_token})

    assert (names(first.operations), names(second.operations)) == (three[:2], three[2:])
    assert first.next_page_token
    assert not second.next_page_token


def test_the_helper_follows_the_pages(retail: Official, catalog: str) -> None:
    made = [retail.client.import_user_events(inline(catalog, user_event())).operation.name for _ in range(103)]
    assert retail.client.list_operations({"name": catalog}).next_page_token  # a page has 100 unless told otherwise

    assert names(retail.client.transport.operations_client.list_operations(catalog, "")) == made[::-1]


def test_a_page_token_belongs_to_its_list(retail: Official, three: list[str], catalog: str) -> None:
    token = retail.client.list_operations({"name": catalog, "page_size": 1}).next_page_token

    for other in ({"name": "projects/p"}, {"name": catalog, "filter": "done=true"}):
        with refused(InvalidArgument) as refusal:
            retail.client.list_operations({**other, "page_size": 1, "page_token": token})
        assert refusal.fields == {"page_token": "INVALID_PAGE_TOKEN"}
    for damaged in ("x", token[:-4], "ünïcode"):
        with refused(InvalidArgument) as refusal:
            retail.client.list_operations({"name": catalog, "page_token": damaged})
        assert refusal.fields == {"page_token": "INVALID_PAGE_TOKEN"}


def test_a_negative_page_size_is_refused(retail: Official, catalog: str) -> None:
    with refused(InvalidArgument) as refusal:
        retail.client.list_operations({"name": catalog, "page_size": -6})

    assert refusal.message == "`page_size` must be nonnegative, but is set to -6."
    assert refusal.fields == {"page_size": "INVALID_VALUE"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", True),
        ("done=true", True),
        ("done = true", True),
        ("done=false", False),
        ("ImportMetadata", True),
        ("importmetadata", True),
        ("google.cloud.retail.v2.ImportMetadata", True),
        ("PurgeMetadata", False),
        ("done=true ImportMetadata", True),
        ("done=true AND ImportMetadata", True),
        ("done=false ImportMetadata", False),
        ("done=true done=false", False),
        ("done=false done=true", False),
    ],
)
def test_filters(retail: Official, three: list[str], catalog: str, text: str, found: bool) -> None:
    listed = retail.client.list_operations({"name": catalog, "filter": text})

    assert names(listed.operations) == (three if found else [])


@pytest.mark.parametrize("text", ["done=maybe", "success_count > 3", "(done=true)", "done=true OR done=false"])
def test_an_unknown_filter_is_refused(retail: Official, catalog: str, text: str) -> None:
    with refused(InvalidArgument) as refusal:
        retail.client.list_operations({"name": catalog, "filter": text})

    assert refusal.fields == {"filter": "INVALID_FILTER"}


@over_grpc
@pytest.mark.parametrize("name", ["nowhere", "projects/", "projects/p/locations/global/catalogs/c/operations/x"])
def test_a_malformed_list_name_is_refused(retail: Official, name: str) -> None:
    with refused(InvalidArgument) as refusal:
        retail.client.transport.operations_client.list_operations(name, "")
        list(retail.client.transport.operations_client.list_operations(name, ""))

    assert refusal.fields == {"name": "INVALID_RESOURCE_ID"}


@every_route
@pytest.mark.parametrize("method", ["get_operation", "cancel_operation", "delete_operation"])
def test_an_unknown_operation_is_not_found(retail: Official, catalog: str, method: str) -> None:
    with refused(NotFound) as refusal:
        getattr(retail.client.transport.operations_client, method)(f"{catalog}/operations/import-user-events-1")

    assert refusal.reason == "OPERATION_NOT_FOUND"


@every_route
def test_a_deleted_operation_is_gone(retail: Official, three: list[str], catalog: str) -> None:
    operations = retail.client.transport.operations_client

    operations.delete_operation(three[1])

    with refused(NotFound):
        operations.get_operation(three[1])
    assert names(operations.list_operations(catalog, "")) == [three[0], three[2]]


@every_route
def test_cancelling_an_ended_operation_changes_nothing(retail: Official, three: list[str]) -> None:
    before = retail.client.get_operation({"name": three[0]})

    retail.client.transport.operations_client.cancel_operation(three[0])

    assert retail.client.get_operation({"name": three[0]}) == before


def test_a_running_operation_is_cancelled(
    retail: Official, reflected: ReflectedClient, catalog: str, bucket: Path, long: Any
) -> None:
    name = long.operation.name
    operations = retail.client.transport.operations_client
    while not _progress(retail, name).success_count:
        wait(reflected, name, nanos=50_000_000)
    assert names(operations.list_operations(catalog, "done=false")) == [name]
    with refused(FailedPrecondition) as refusal:
        operations.delete_operation(name)
    assert refusal.reason == "OPERATION_NOT_DONE"

    operations.cancel_operation(name)
    reflected.wait(name)

    found = operations.get_operation(name)
    assert found.error.code == CANCELLED
    assert found.error.message.startswith("Cancelled between two steps.")
    assert long.cancelled()
    with pytest.raises(GoogleAPICallError, match="Cancelled"):
        long.result()
    success, failure = counts(long)
    assert 0 < success + failure < MANY
    assert len(reflected.user_events(catalog)) == success
    assert names(operations.list_operations(catalog, "done=true")) == [name]


def test_waiting_ends_with_the_operation_or_the_timeout(
    retail: Official, reflected: ReflectedClient, three: list[str], long: Any
) -> None:
    began = time.monotonic()
    assert wait(reflected, three[0], seconds=60).done
    assert not wait(reflected, long.operation.name, nanos=1).done
    assert not wait(reflected, long.operation.name, seconds=-1).done
    assert time.monotonic() - began < 10
    retail.client.transport.operations_client.cancel_operation(long.operation.name)

    assert reflected.call(OPERATIONS, "WaitOperation", name=long.operation.name).done
    with pytest.raises(grpc.RpcError) as caught:
        wait(reflected, f"{three[0]}0", seconds=60)
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND


@one_route
@pytest.mark.parametrize("server", [pytest.param(["--concurrent-operations", "1"], id="one at once")], indirect=True)
def test_operations_beyond_the_limit_wait_and_can_be_cancelled(
    retail: Official, reflected: ReflectedClient, catalog: str, bucket: Path, long: Any
) -> None:
    put(bucket / "one.jsonl", [line()])
    waiting = retail.client.import_user_events(objects(catalog, f"gs://{bucket.name}/one.jsonl"))
    operations = retail.client.transport.operations_client
    assert names(operations.list_operations(catalog, "done=false")) == [waiting.operation.name, long.operation.name]

    operations.cancel_operation(waiting.operation.name)
    operations.cancel_operation(long.operation.name)

    for operation in (waiting, long):
        assert reflected.wait(operation.operation.name).error.code == CANCELLED
    assert _progress(retail, waiting.operation.name).success_count == 0


def _progress(retail: Official, name: str) -> Any:
    return retail.types.ImportMetadata.deserialize(retail.client.get_operation({"name": name}).metadata.value)
