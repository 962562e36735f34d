"""retail PurgeProducts: counts and a sample first, then exactly those go, and what was written meanwhile stays."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from google.api_core.exceptions import InvalidArgument

from tests.contract.clients import Official, every_product_route, products_over_grpc
from tests.contract.maintenance import check_types
from tests.contract.products import (
    PRODUCTS,
    default_branch,
    ids,
    imported,
    inline,
    line,
    name,
    objects,
    product,
    variant,
)
from tests.contract.refusals import refused
from tests.contract.samples import put
from tests.support.reflected import ReflectedClient

AVAILABILITIES = ("IN_STOCK", "OUT_OF_STOCK", "PREORDER", "BACKORDER")
COUNT = 20
LONG_AGO, IN_FUTURE = '"2015-02-13T17:05:46Z"', '"2999-02-13T17:05:46.5+01:00"'

# What a filter selects: of the four availabilities in turn, those with these numbers.
CASES: dict[str, set[int]] = {
    "*": {0, 1, 2, 3},
    'availability = "IN_STOCK"': {0},
    'availability="OUT_OF_STOCK" OR availability = "BACKORDER"': {1, 3},
    'availability = "PREORDER" AND availability = "BACKORDER"': set(),
    f"create_time <= {LONG_AGO}": set(),
    f"create_time > {LONG_AGO}": {0, 1, 2, 3},
    f'create_time >= {LONG_AGO} AND create_time < {IN_FUTURE} AND availability = "PREORDER"': {2},
    f'(create_time <= {LONG_AGO} AND availability = "PREORDER") OR (create_time >= {LONG_AGO} AND '
    'availability = "IN_STOCK")': {0},
    f'create_time = {LONG_AGO} OR (availability = "IN_STOCK" OR (availability = "PREORDER"))': {0, 2},
}

BAD = [
    ("", "MISSING_FIELD", "required field"),
    (" ", "MISSING_FIELD", "required field"),
    ('availability = "x' + "x" * 5_000 + '"', "TOO_LONG", "5,000"),
    ('title = "x"', "INVALID_FILTER", "At character 1: '=' can not be specified with 'title'"),
    ('availability > "IN_STOCK"', "INVALID_FILTER", "At character 1: '>' can not be specified with 'availability'"),
    ("availability = IN_STOCK", "INVALID_FILTER", "At character 16: expected a value in double quotes"),
    ('availability = "SOLD"', "INVALID_FILTER", "At character 1: availability must be one of IN_STOCK, "),
    ('create_time = "yesterday"', "INVALID_FILTER", "At character 1: create_time must be an RFC 3339 time"),
    ('availability = "IN_STOCK" and', "INVALID_FILTER", "At character 27: expected AND or OR or the end"),
    ('* AND availability = "IN_STOCK"', "INVALID_FILTER", "At character 3: expected the end"),
    (" OR ".join(['availability = "IN_STOCK"'] * 7), "INVALID_FILTER", "at most 6 conditions, but has 7"),
    ('(((availability = "IN_STOCK")))', "INVALID_FILTER", "At character 3: "),
]


def fill(products: Official, reflected: ReflectedClient, catalog: str) -> None:
    """Stores products of all availabilities; the first one's is not said."""
    some = [
        product(f"p{number:02}", availability=AVAILABILITIES[number % 4] if number else None) for number in range(COUNT)
    ]
    assert imported(products, reflected, inline(catalog, *some)) == (COUNT, 0)


def purge(products: Official, reflected: ReflectedClient, catalog: str, text: str, *, force: bool = False) -> object:
    """The official client's operation, after its end."""
    operation = products.client.purge_products({"parent": default_branch(catalog), "filter": text, "force": force})
    reflected.wait(operation.operation.name)
    assert operation.done()
    return operation


@every_product_route
def test_it_is_tried_first_and_done_then(products: Official, reflected: ReflectedClient, catalog: str) -> None:
    fill(products, reflected, catalog)
    wanted = [f"p{number:02}" for number in range(0, COUNT, 4)]

    tried = purge(products, reflected, catalog, 'availability = "IN_STOCK"')

    assert re.fullmatch(rf"{catalog}/branches/0/operations/purge-products-\d{{1,20}}", tried.operation.name)
    assert tried.result().purge_count == len(wanted)
    assert sorted(tried.result().purge_sample) == [name(catalog, each) for each in wanted]
    assert isinstance(tried.metadata, products.types.PurgeProductsMetadata)
    assert (tried.metadata.success_count, tried.metadata.failure_count) == (0, 0)
    check_types(products, reflected, tried, "PurgeProductsMetadata", "PurgeProductsResponse")
    assert len(ids(products, catalog)) == COUNT

    done = purge(products, reflected, catalog, 'availability = "IN_STOCK"', force=True)

    assert done.result() == products.types.PurgeProductsResponse(purge_count=len(wanted))
    assert (done.metadata.success_count, done.metadata.failure_count) == (len(wanted), 0)
    assert done.metadata.create_time <= done.metadata.update_time
    assert ids(products, catalog) == [f"p{number:02}" for number in range(COUNT) if number % 4]
    again = purge(products, reflected, catalog, 'availability = "IN_STOCK"', force=True)
    assert again.result() == products.types.PurgeProductsResponse()


@pytest.mark.parametrize("text", CASES)
def test_filters(products: Official, reflected: ReflectedClient, catalog: str, text: str) -> None:
    fill(products, reflected, catalog)
    wanted = [number for number in range(COUNT) if number % 4 in CASES[text]]

    tried = purge(products, reflected, catalog, text)
    done = purge(products, reflected, catalog, text, force=True)

    assert sorted(tried.result().purge_sample) == [name(catalog, f"p{number:02}") for number in wanted]
    assert tried.result().purge_count == done.result().purge_count == len(wanted)
    assert ids(products, catalog) == [f"p{number:02}" for number in range(COUNT) if number not in wanted]


@pytest.mark.parametrize(("text", "reason", "told"), BAD)
def test_what_is_not_in_the_language(
    products: Official, reflected: ReflectedClient, catalog: str, text: str, reason: str, told: str
) -> None:
    with refused(InvalidArgument) as refusal:
        purge(products, reflected, catalog, text, force=True)

    assert refusal.fields == {"filter": reason}
    assert told in refusal.message
    assert not list(products.client.list_operations({"name": catalog}).operations)


@products_over_grpc
def test_a_malformed_branch(products: Official, reflected: ReflectedClient, catalog: str) -> None:
    with refused(InvalidArgument) as refusal:
        products.client.purge_products({"parent": catalog, "filter": "*"})

    assert refusal.fields == {"parent": "INVALID_RESOURCE_ID"}


def test_the_sample_is_a_hundred_at_random(
    products: Official, reflected: ReflectedClient, catalog: str, bucket: Path
) -> None:
    every = [f"p{number:04}" for number in range(1_200)]
    put(bucket / "products.jsonl", [line(each) for each in every])
    imported(products, reflected, objects(catalog, f"gs://{bucket.name}/products.jsonl"))

    samples = [purge(products, reflected, catalog, "*").result().purge_sample for _ in range(2)]

    for sample in samples:
        assert len(set(sample)) == len(sample) == 100
        assert set(sample) < {name(catalog, each) for each in every}
        assert any(each > name(catalog, every[600]) for each in sample)
    assert set(samples[0]) != set(samples[1])


def test_what_is_written_after_the_call_stays(
    products: Official, reflected: ReflectedClient, catalog: str, bucket: Path
) -> None:
    put(bucket / "products.jsonl", [line(f"p{number:04}") for number in range(3_000)])
    imported(products, reflected, objects(catalog, f"gs://{bucket.name}/products.jsonl"))

    operation = reflected.call(PRODUCTS, "PurgeProducts", parent=default_branch(catalog), filter="*", force=True)
    parent = default_branch(catalog)
    products.client.create_product({"parent": parent, "product": product(), "product_id": "new"})
    last = product("p2999", title="New")
    products.client.update_product({"product": last | {"name": name(catalog, "p2999")}, "allow_missing": True})
    response = reflected.message("google.cloud.retail.v2.PurgeProductsResponse")
    assert reflected.wait(operation.name).response.Unpack(response)

    assert response.purge_count in (2_999, 3_000)  # p2999 may have gone before it was written anew
    assert ids(products, catalog) == ["new", "p2999"]


def test_two_purges_at_once_count_each_product_once(
    products: Official, reflected: ReflectedClient, catalog: str, bucket: Path
) -> None:
    put(bucket / "products.jsonl", [line(f"p{number:04}") for number in range(3_000)])
    imported(products, reflected, objects(catalog, f"gs://{bucket.name}/products.jsonl"))

    request = {"parent": default_branch(catalog), "filter": "*", "force": True}
    names = [reflected.call(PRODUCTS, "PurgeProducts", **request).name for _ in range(2)]
    purged = 0
    for each in names:
        response = reflected.message("google.cloud.retail.v2.PurgeProductsResponse")
        assert reflected.wait(each).response.Unpack(response)
        purged += response.purge_count

    assert purged == 3_000
    assert ids(products, catalog) == []


def test_it_takes_whatever_the_filter_says(products: Official, reflected: ReflectedClient, catalog: str) -> None:
    collection = product("c1", type_="COLLECTION", collection_member_ids=["p1"], availability="PREORDER")
    family = [product("p1"), variant("v1", "p1"), variant("v2", "p1", availability="PREORDER"), collection]
    imported(products, reflected, inline(catalog, *family))
    other = inline(catalog, product("p1")) | {"parent": f"{catalog}/branches/1"}
    imported(products, reflected, other)

    done = purge(products, reflected, catalog, 'availability = "IN_STOCK"', force=True)

    assert done.result().purge_count == 2
    assert ids(products, catalog) == ["c1", "v2"]
    assert products.client.get_product({"name": f"{catalog}/branches/1/products/p1"}).id == "p1"


def test_events_keep_what_they_joined(products: Official, reflected: ReflectedClient, catalog: str) -> None:
    imported(products, reflected, inline(catalog, product("p1", title="As it was")))
    event = {"event_type": "detail-page-view", "visitor_id": "v", "product_details": [{"product": {"id": "p1"}}]}
    reflected.call("google.cloud.retail.v2.UserEventService", "WriteUserEvent", parent=catalog, user_event=event)

    purge(products, reflected, catalog, "*", force=True)

    (stored,) = reflected.user_events(catalog)
    assert stored.joined
    assert stored.user_event.product_details[0].product.title == "As it was"
