"""Which catalogs, tenants and event types are served: what the operator's settings say, seen by a caller.

Names are checked for their form first (INVALID_ARGUMENT, in Google's words), then for what they name (NOT_FOUND).
"""

from __future__ import annotations

from typing import Any

import pytest
from google.api_core.exceptions import InvalidArgument, NotFound
from google.rpc.error_details_pb2 import ResourceInfo

from tests.contract.clients import Official, every_route, over_grpc, talent_over_grpc
from tests.contract.refusals import refused
from tests.contract.samples import MINIMAL, client_event, user_event

CATALOG = "projects/p/locations/global/catalogs/default_catalog"
OTHER_CATALOG = "projects/p/locations/global/catalogs/other"
TENANT = "projects/p/tenants/t"
OTHER_TENANT = "projects/p/tenants/other"
DECLARED = ["--catalogs", f"{CATALOG},projects/q/locations/global/catalogs/c", "--tenants", TENANT]

declared = pytest.mark.parametrize("server", [pytest.param(DECLARED, id="declared")], indirect=True)
strict = pytest.mark.parametrize("server", [pytest.param(["--strict", *DECLARED], id="strict")], indirect=True)
strict_and_empty = pytest.mark.parametrize("server", [pytest.param(["--strict"], id="strict, empty")], indirect=True)
closed = pytest.mark.parametrize("server", [pytest.param(["--closed-event-types"], id="closed types")], indirect=True)


def write(retail: Official, parent: str, event: Any) -> Any:
    return retail.client.write_user_event({"parent": parent, "user_event": event})


def inline(parent: str) -> dict[str, Any]:
    return {"parent": parent, "input_config": {"user_event_inline_source": {"user_events": [user_event()]}}}


@over_grpc
@pytest.mark.parametrize(
    "parent",
    [
        "invalid_catalog_name",
        "projects/p/locations/global/catalogs/",
        "projects/p/locations/global/catalogs/c/",
        "projects//locations/global/catalogs/c",
        "projects/p/locations/global/catalogs/..",
        "projects/p/locations/global/catalogs/a b",
        f"projects/p/locations/global/catalogs/{'x' * 129}",
        TENANT,
    ],
)
def test_a_malformed_catalog_is_refused_in_googles_words(retail: Official, parent: str) -> None:
    with refused(InvalidArgument) as refusal:
        write(retail, parent, user_event())
    with refused(InvalidArgument) as import_refusal:
        retail.client.import_user_events(inline(parent))

    for each in (refusal, import_refusal):
        assert each.message.startswith("Request contains an invalid argument.")
        assert each.fields == {"parent": "INVALID_RESOURCE_ID"}


@over_grpc
def test_a_missing_catalog_is_told_in_googles_words(retail: Official) -> None:
    with refused(InvalidArgument) as refusal:
        write(retail, "", user_event())

    assert refusal.message == 'Field "parent" is a required field, but no value is found.'
    assert refusal.fields == {"parent": "MISSING_FIELD"}


@talent_over_grpc
@pytest.mark.parametrize("parent", ["invalid", "projects/", "projects/p/tenants/", f"{TENANT}/jobs/j", CATALOG])
def test_a_malformed_tenant_is_refused_in_googles_words(talent: Official, parent: str) -> None:
    with refused(InvalidArgument) as refusal:
        talent.client.create_client_event({"parent": parent, "client_event": client_event(TENANT)})

    assert refusal.message.startswith("Request contains an invalid argument.")
    assert refusal.fields == {"parent": "INVALID_RESOURCE_ID"}


@pytest.mark.parametrize("parent", [CATALOG, f"projects/123/locations/eu/catalogs/{'ü' * 128}"])
def test_any_catalog_is_served_by_default(retail: Official, parent: str) -> None:
    assert write(retail, parent, user_event())


@every_route
@declared
def test_only_declared_catalogs_are_served(retail: Official) -> None:
    write(retail, CATALOG, user_event())
    client, text = retail.client, '{"eventType":"login","visitorId":"v"}'
    calls = [
        lambda: write(retail, OTHER_CATALOG, user_event()),
        lambda: client.collect_user_event({"parent": OTHER_CATALOG, "user_event": text}),
        lambda: client.import_user_events(inline(OTHER_CATALOG)),
        lambda: client.purge_user_events({"parent": OTHER_CATALOG, "filter": "*"}),
        lambda: client.rejoin_user_events({"parent": OTHER_CATALOG}),
    ]
    if hasattr(retail.types, "ExportUserEventsRequest"):  # v2 has none
        calls.append(lambda: client.export_user_events({"parent": OTHER_CATALOG}))

    for call in calls:
        with refused(NotFound) as refusal:
            call()
        assert refusal.message.startswith(
            "catalog_id 'other' not found for project. In most cases, this should be set to 'default_catalog'."
        )
        assert refusal.reason == "CATALOG_NOT_FOUND"
        assert refusal.detail(ResourceInfo).resource_name == OTHER_CATALOG


@declared
def test_only_declared_tenants_are_served(talent: Official) -> None:
    talent.client.create_client_event({"parent": TENANT, "client_event": client_event(TENANT)})
    with refused(NotFound) as refusal:
        talent.client.create_client_event({"parent": OTHER_TENANT, "client_event": client_event(OTHER_TENANT)})

    assert refusal.reason == "TENANT_NOT_FOUND"
    assert refusal.detail(ResourceInfo).resource_name == OTHER_TENANT


@over_grpc
@declared
def test_a_malformed_name_is_told_before_an_unknown_one(retail: Official) -> None:
    with refused(InvalidArgument):
        write(retail, "catalogs/other", user_event())


@strict_and_empty
def test_strict_serves_no_undeclared_catalog(retail: Official) -> None:
    with refused(NotFound) as refusal:
        write(retail, CATALOG, user_event())

    assert refusal.reason == "CATALOG_NOT_FOUND"


@strict_and_empty
def test_strict_serves_no_undeclared_tenant(talent: Official) -> None:
    with refused(NotFound) as refusal:
        talent.client.create_client_event({"parent": TENANT, "client_event": client_event(TENANT)})

    assert refusal.reason == "TENANT_NOT_FOUND"


@strict
@pytest.mark.parametrize("event_type", MINIMAL)
def test_strict_takes_googles_types(retail: Official, event_type: str) -> None:
    assert write(retail, CATALOG, user_event(event_type)) == retail.types.UserEvent(user_event(event_type))


@strict
@pytest.mark.parametrize(
    ("event", "path", "reason"),
    [
        (user_event("login"), "event_type", "UNSUPPORTED_EVENT_TYPE"),
        (user_event(page_categories=["Shoes"]), "page_categories", "FORBIDDEN_FIELD"),
        (user_event("purchase-complete", page_categories=["Shoes"]), "page_categories", "FORBIDDEN_FIELD"),
        (
            user_event("add-to-cart", product_details=[{"product": {"id": "p1"}}]),
            "product_details[0].quantity",
            "MISSING_FIELD",
        ),
    ],
)
def test_strict_refuses_what_google_refuses(retail: Official, event: Any, path: str, reason: str) -> None:
    with refused(InvalidArgument) as refusal:
        write(retail, CATALOG, event)

    assert refusal.fields == {f"user_event.{path}": reason}


@closed
def test_closed_types_are_googles(retail: Official, catalog: str) -> None:
    for event_type in MINIMAL:
        write(retail, catalog, user_event(event_type))
    with refused(InvalidArgument) as refusal:
        write(retail, catalog, user_event("login"))

    assert refusal.fields == {"user_event.event_type": "UNSUPPORTED_EVENT_TYPE"}
    assert "login" in refusal.message
    assert all(event_type in refusal.message for event_type in MINIMAL)
