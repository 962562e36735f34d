"""Our contract against Google's: the types, methods and HTTP bindings of the official client packages.

Both sides are walked from the same services and become flat facts, name -> properties, that are compared as they are;
see test_schema_walk.py and test_schema_official.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.test_schema_official import official_facts
from tests.contract.test_schema_walk import PACKAGES, RETAIL_VERSIONS, Facts, our_facts, read_descriptors

FIRST_EXTRA = 1001

# The only fields that we have and Google has not: number, type, JSON name. A name that begins with a dot is the
# package's own.
RETAIL_EXTRAS = {
    "ProductDetail.rating": (1001, "float", "rating"),
    "ProductDetail.value": (1002, "google.type.Money", "value"),
    "ProductDetail.cost": (1003, "google.type.Money", "cost"),
    "ProductDetail.promotion_id": (1004, "string", "promotionId"),
    "PurchaseTransaction.transaction_attributes": (1001, "map<string, .CustomAttribute>", "transactionAttributes"),
    "ImportMetadata.deleted_products_count": (1001, "int64", "deletedProductsCount"),
    "PurgeMetadata.create_time": (1001, "google.protobuf.Timestamp", "createTime"),
    "PurgeMetadata.update_time": (1002, "google.protobuf.Timestamp", "updateTime"),
    "PurgeMetadata.matched_events_count": (1003, "int64", "matchedEventsCount"),
    "PurgeMetadata.purged_events_count": (1004, "int64", "purgedEventsCount"),
    "PurgeMetadata.user_events_sample": (1005, "string", "userEventsSample"),
    "RejoinUserEventsMetadata.create_time": (1001, "google.protobuf.Timestamp", "createTime"),
    "RejoinUserEventsMetadata.update_time": (1002, "google.protobuf.Timestamp", "updateTime"),
    "RejoinUserEventsMetadata.examined_events_count": (1003, "int64", "examinedEventsCount"),
    "RejoinUserEventsMetadata.rejoined_events_count": (1004, "int64", "rejoinedEventsCount"),
    "RejoinUserEventsRequest.rejoin_type": (1001, ".RejoinUserEventsRequest.UserEventRejoinScope", "rejoinType"),
}
EXPORT_EXTRAS = {
    "ExportMetadata.exported_events_count": (1001, "int64", "exportedEventsCount"),
    "OutputConfig.GcsDestination.format": (1001, ".OutputConfig.GcsDestination.ExportFormat", "format"),
    "OutputConfig.GcsDestination.include_product_details": (1002, "bool", "includeProductDetails"),
}
EXTRAS = {
    "google.cloud.retail.v2": RETAIL_EXTRAS,
    "google.cloud.retail.v2beta": RETAIL_EXTRAS | EXPORT_EXTRAS,
    "google.cloud.retail.v2alpha": RETAIL_EXTRAS | EXPORT_EXTRAS,
    "google.cloud.talent.v4": {"JobEvent.profile": (1001, "string", "profile")},
    "google.cloud.talent.v4beta1": {},  # Google's own has the profile
}

# The only types that we have and Google has not: those of such fields.
EXTRA_TYPES = {"OutputConfig.GcsDestination.ExportFormat"}


def is_extra(package: str, name: str, fact: dict[str, Any]) -> bool:
    return fact.get("number", 0) >= FIRST_EXTRA or name.removeprefix(f"{package}.") in EXTRA_TYPES


def differences(package: str, ours: Facts, official: Facts) -> list[str]:
    """Return every difference, one line each, but for our own fields."""
    lines = [f"{name}: missing" for name in official.keys() - ours.keys()]
    lines += [
        f"{name}: Google has no such thing"
        for name in ours.keys() - official.keys()
        if not is_extra(package, name, ours[name])
    ]
    for name in ours.keys() & official.keys():
        lines += [
            f"{name}: {key} is {ours[name].get(key)!r}, Google's is {official[name].get(key)!r}"
            for key in ours[name].keys() | official[name].keys()
            if ours[name].get(key) != official[name].get(key)
        ]
    return sorted(lines)


@pytest.mark.parametrize("package", PACKAGES)
def test_same_as_google(package: str) -> None:
    found = differences(package, our_facts(read_descriptors(), package), official_facts()[package])
    assert not found, "\n".join([f"{package} differs from the official package:", *found])


@pytest.mark.parametrize("package", PACKAGES)
def test_our_own_fields(package: str) -> None:
    facts = our_facts(read_descriptors(), package)
    extras = {name: fact for name, fact in facts.items() if fact.get("number", 0) >= FIRST_EXTRA}
    shown = {
        name.removeprefix(f"{package}."): (fact["number"], fact["type"].replace(package, ""), fact["json"])
        for name, fact in extras.items()
    }
    assert shown == EXTRAS[package]
    assert not [name for name, fact in extras.items() if fact["oneof"] or fact["optional"]]
    assert {name for name, fact in extras.items() if fact["repeated"] and not fact["type"].startswith("map<")} <= {
        f"{package}.PurgeMetadata.user_events_sample"
    }


@pytest.mark.parametrize("version", RETAIL_VERSIONS[1:])
def test_our_own_enum(version: str) -> None:
    package = f"google.cloud.retail.{version}"
    values = our_facts(read_descriptors(), package)[f"{package}.OutputConfig.GcsDestination.ExportFormat"]["enum"]
    assert values == {"EXPORT_FORMAT_UNSPECIFIED": 0, "JSON_LINES": 1, "JSON_LINES_GZIP": 2, "PARQUET": 3}
