"""Three hundred operations may be unfinished; one more is refused, and may be sent again when some have ended."""

from __future__ import annotations

import json
from pathlib import Path

from google.api_core.exceptions import ResourceExhausted
from google.rpc.error_details_pb2 import QuotaFailure, RetryInfo

from tests.contract.imports import objects
from tests.contract.refusals import refused
from tests.support.reflected import OPERATIONS, RETAIL, ReflectedClient
from tests.support.server import Server

MOST = 300
CATALOG = "projects/p/locations/global/catalogs/many"
LONG = 5  # imports, one after the other, that take longer than the calls of the test
LINES = 100_000


def test_one_too_many(tmp_path: Path) -> None:
    with Server(tmp_path, "--concurrent-operations", "1") as server, server.channel() as channel:
        reflected = ReflectedClient(channel)
        bucket = server.buckets / "b"
        bucket.mkdir()
        with (bucket / "long.jsonl").open("w") as file:
            event = {"eventType": "home-page-view", "eventTime": "2024-01-01T00:00:00Z"}
            file.writelines(json.dumps({**event, "visitorId": f"v{number}"}) + "\n" for number in range(LINES))

        for _ in range(LONG):
            reflected.call(RETAIL, "ImportUserEvents", **objects(CATALOG, "gs://b/long.jsonl"))
        waiting = [reflected.call(RETAIL, "RejoinUserEvents", parent=CATALOG).name for _ in range(MOST - LONG)]
        with refused(ResourceExhausted) as refusal:
            reflected.call(RETAIL, "RejoinUserEvents", parent=CATALOG)

        assert refusal.reason == "TOO_MANY_OPERATIONS"
        assert refusal.detail(QuotaFailure).violations[0].subject == CATALOG
        assert refusal.detail(RetryInfo).retry_delay.seconds
        reflected.call(OPERATIONS, "CancelOperation", name=waiting[0])
        assert reflected.wait(waiting[0]).done
        assert reflected.call(RETAIL, "RejoinUserEvents", parent=CATALOG).name
        server.kill()  # the rest is not worth waiting for
