"""Hundreds of malformed filters against a running server, wherever it takes one: each is refused in the one way."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from google.api_core.exceptions import InvalidArgument
from grpc import RpcError, StatusCode
from grpc_status import rpc_status

from tests.contract.clients import Official
from tests.contract.refusals import refused
from tests.support.mangled_filters import malformed, mangled
from tests.support.reflected import EVENT_LOG, RETAIL, ReflectedClient

CATALOG = "projects/p/locations/global/catalogs/malformed"
TENANT = "projects/p/tenants/malformed"
EXPORTS = RETAIL.replace("v2", "v2beta")
PREFIX = {"gcs_destination": {"output_uri_prefix": "gs://no-such-bucket/out"}}
TAKE_FILTERS = [
    (RETAIL, "PurgeUserEvents", CATALOG, {}),
    (EXPORTS, "ExportUserEvents", CATALOG, {"output_config": PREFIX}),
    (EVENT_LOG, "ListUserEvents", CATALOG, {}),
    (EVENT_LOG, "CountUserEvents", CATALOG, {}),
    (EVENT_LOG, "ListClientEvents", TENANT, {}),
    (EVENT_LOG, "CountClientEvents", TENANT, {}),
]


@pytest.mark.parametrize(("service", "method", "parent", "more"), TAKE_FILTERS, ids=lambda value: str(value)[:60])
def test_the_position_is_told(
    reflected: ReflectedClient, service: str, method: str, parent: str, more: dict[str, Any]
) -> None:
    source = random.Random(method)
    for _ in range(60):
        text, position = malformed(source)

        with refused(InvalidArgument) as refusal:
            reflected.call(service, method, parent=parent, filter=text, **more)

        assert refusal.fields == {"filter": "INVALID_FILTER"}
        assert f" At position {position}: found " in refusal.message
        assert "Valid filter examples: " in refusal.message


@pytest.mark.parametrize(("service", "method", "parent", "more"), TAKE_FILTERS, ids=lambda value: str(value)[:60])
def test_there_is_no_other_error(
    reflected: ReflectedClient, service: str, method: str, parent: str, more: dict[str, Any]
) -> None:
    """What is refused, not by way of its filter, is the bucket that isn't there."""
    source = random.Random(f"{method} mangled")
    errors = []
    for _ in range(100):
        text = mangled(source).replace("\ud800", "?")  # no string field of a message can hold a surrogate
        try:
            reflected.call(service, method, parent=parent, filter=text, **more)
        except RpcError as error:
            errors.append(error)
    wrong = [error for error in errors if error.code() is StatusCode.INVALID_ARGUMENT]
    assert all(re.search(r" At position \d+: (?:found|expected) ", error.details()) for error in wrong)
    assert all(rpc_status.from_call(error) for error in wrong)
    assert {error.code() for error in errors if error not in wrong} <= ({StatusCode.NOT_FOUND} if more else set())
    assert len(wrong) > 50


def test_official_clients_are_told_the_position(retail: Official, catalog: str) -> None:
    text = 'eventTime >= "1997-02-01T00:00:00Z" eventTime < "1997-03-01T00:00:00Z'

    with refused(InvalidArgument) as refusal:
        retail.client.purge_user_events({"parent": catalog, "filter": text})

    assert " At position 49: found a quote that is not closed, expected a value" in refusal.message
