"""Three hundred operations may be unfinished; one more is refused, and may be sent again when some have ended."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
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
LEFT = 10
AT_ONCE = 60


def started_at_once(reflected: ReflectedClient) -> list[str]:
    """Those that are started of many that are asked for at the same time."""

    def start(_: int) -> str | None:
        try:
            return str(reflected.call(RETAIL, "RejoinUserEvents", parent=CATALOG).name)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                raise
            return None

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return [name for name in threads.map(start, range(AT_ONCE)) if name]


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
        waiting = [reflected.call(RETAIL, "RejoinUserEvents", parent=CATALOG).name for _ in range(MOST - LONG - LEFT)]
        assert len(started_at_once(reflected)) == LEFT
        with refused(ResourceExhausted) as refusal:
            reflected.call(RETAIL, "RejoinUserEvents", parent=CATALOG)

        assert refusal.reason == "TOO_MANY_OPERATIONS"
        assert refusal.detail(QuotaFailure).violations[0].subject == CATALOG
        assert refusal.detail(RetryInfo).retry_delay.seconds
        reflected.call(OPERATIONS, "CancelOperation", name=waiting[0])
        assert reflected.wait(waiting[0]).done
        assert reflected.call(RETAIL, "RejoinUserEvents", parent=CATALOG).name
        server.kill()  # the rest is not worth waiting for
