"""For each served method a request that succeeds, or fails in a way worth comparing; `{…}` are filled in."""

from __future__ import annotations

from typing import Any

CATALOG = "{catalog}"
TENANT = "{tenant}"
BRANCH = "{catalog}/branches/0"
EVENT = {"eventType": "search", "visitorId": "v", "eventTime": "2026-01-01T00:00:00Z", "searchQuery": "shoes"}
JOB_EVENT = {
    "eventId": "e",
    "requestId": "r",
    "createTime": "2026-01-01T00:00:00Z",
    "jobEvent": {"type": "VIEW", "jobs": ["{tenant}/jobs/j"]},
}
SIGNAL = {
    "typeCode": "ApplicationStatusUpdate",
    "token": "a/b+c==",
    "current": {
        "status": {"label": "Interview", "index": 2, "total": 5},
        "success": False,
        "timestamp": "2026-01-01T00:00:00Z",
    },
    "requestId": "r",
}

# Before the calls that are compared: what these find.
SET_UP: list[tuple[str, str, dict[str, Any]]] = [
    ("google.cloud.retail.v2.UserEventService", "WriteUserEvent", {"parent": CATALOG, "userEvent": EVENT}),
    ("google.cloud.talent.v4.EventService", "CreateClientEvent", {"parent": TENANT, "clientEvent": JOB_EVENT}),
    ("footfall.v1.SignalService", "SendSignal", {"parent": TENANT, "signal": SIGNAL}),
    (
        "google.cloud.retail.v2.ProductService",
        "CreateProduct",
        {"parent": BRANCH, "productId": "shoe/1", "product": {"title": "A shoe", "categories": ["Shoes"]}},
    ),
    ("google.cloud.retail.v2.UserEventService", "PurgeUserEvents", {"parent": CATALOG, "filter": "eventType = login"}),
]

_INVENTORY = {"product": f"{BRANCH}/products/shoe/1"}
_PLACES = {"type": "pickup-in-store", "placeIds": ["p"]}

EXAMPLES: dict[str, dict[str, Any]] = {
    "WriteUserEvent": {"parent": CATALOG, "userEvent": {**EVENT, "visitorId": "w"}, "writeAsync": True},
    "CollectUserEvent": {
        "parent": CATALOG,
        "userEvent": '{"eventType":"login","visitorId":"v"}',
        "ets": "1700000000000",
    },
    "PurgeUserEvents": {"parent": CATALOG, "filter": 'eventType = "no-such-type"', "force": True},
    "ImportUserEvents": {
        "parent": CATALOG,
        "inputConfig": {"userEventInlineSource": {"userEvents": [{**EVENT, "visitorId": "imported"}]}},
    },
    "RejoinUserEvents": {"parent": CATALOG, "userEventRejoinScope": "UNJOINED_EVENTS"},
    "ExportUserEvents": {
        "parent": CATALOG,
        "outputConfig": {"gcsDestination": {"outputUriPrefix": "gs://no-such-bucket/x"}},
    },
    "CreateProduct": {"parent": BRANCH, "productId": "shoe 2", "product": {"title": "Two", "categories": ["Shoes"]}},
    "GetProduct": {"name": f"{BRANCH}/products/shoe/1"},
    "ListProducts": {"parent": BRANCH, "pageSize": 1, "readMask": "name,title"},
    "UpdateProduct": {
        "product": {"name": f"{BRANCH}/products/shoe/1", "title": "Another"},
        "updateMask": "title",
        "allowMissing": True,
    },
    "DeleteProduct": {"name": f"{BRANCH}/products/nothing"},
    "PurgeProducts": {"parent": BRANCH, "filter": 'type = "VARIANT"'},
    "ImportProducts": {
        "parent": BRANCH,
        "inputConfig": {"productInlineSource": {"products": [{"id": "i", "title": "T", "categories": ["C"]}]}},
    },
    "SetInventory": {"inventory": {"name": f"{BRANCH}/products/shoe/1"}},
    "AddFulfillmentPlaces": {**_INVENTORY, **_PLACES},
    "RemoveFulfillmentPlaces": {**_INVENTORY, **_PLACES},
    "AddLocalInventories": _INVENTORY,
    "RemoveLocalInventories": {**_INVENTORY, "placeIds": ["p"]},
    "ExportProducts": {"parent": BRANCH},
    "CreateClientEvent": {"parent": TENANT, "clientEvent": {**JOB_EVENT, "eventId": "f"}},
    "ListUserEvents": {"parent": CATALOG, "filter": 'visitorId = "v"', "orderBy": "event_time desc", "pageSize": 5},
    "GetUserEvent": {"name": "{user_event}"},
    "CountUserEvents": {
        "parent": CATALOG,
        "filter": 'visitorId = "v"',
        "groupBy": ["GROUP_BY_EVENT_TYPE", "GROUP_BY_JOINED"],
    },
    "BatchWriteUserEvents": {"parent": CATALOG, "userEvents": [EVENT, {"eventType": "search"}]},
    "ListClientEvents": {"parent": TENANT, "filter": 'eventId = "e"'},
    "GetClientEvent": {"name": "{client_event}"},
    "CountClientEvents": {"parent": TENANT, "groupBy": ["GROUP_BY_DAY"]},
    "BatchCreateClientEvents": {"parent": TENANT, "clientEvents": [JOB_EVENT, {"eventId": "g"}]},
    "SendSignal": {"parent": TENANT, "signal": SIGNAL},
    "SendSignals": {"parent": TENANT, "signals": [SIGNAL, {**SIGNAL, "typeCode": "Hired"}]},
    "ListSignals": {"parent": TENANT, "filter": 'requestId = "r" token = "a/b+c=="', "orderBy": "signal_time desc"},
    "GetSignal": {"name": "{signal}"},
    "LookupSignalState": {"parent": TENANT, "token": "a/b+c=="},
    "ListSignalStates": {"parent": TENANT, "subjectKind": "SUBJECT_KIND_TOKEN", "pageSize": 1},
    "ListRejectedEvents": {"parent": CATALOG, "pageSize": 1},
    "GetSearchStory": {"parent": TENANT, "requestId": "r", "pageSize": 1},
    "ComputeFunnel": {
        "parent": CATALOG,
        "steps": [{"eventTypes": ["search"], "label": "Searched"}, {"eventTypes": ["login", "signup"]}],
        "window": "3600s",
        "split": {"day": True},
    },
    "CountUsageWarnings": {"parent": TENANT, "filter": "requestId = r"},
    "GetOperation": {"name": "{operation}"},
    "ListOperations": {"name": CATALOG, "filter": "done=true", "pageSize": 1},
    "WaitOperation": {"name": "{operation}", "timeout": "10s"},
    "CancelOperation": {"name": "{operation}"},
    "DeleteOperation": {"name": "{catalog}/operations/purge-user-events-1"},
}
STREAMS = frozenset({"WatchEvents", "UploadUserEvents"})
"""Shown elsewhere, as streams."""
