"""Events for the console to show: sent as a shop's servers would, and as files."""

from __future__ import annotations

import datetime
import json
import random
from collections.abc import Iterator
from typing import Any

import requests

from tests.support.server import Server

TIMEOUT_S = 60
MINUTES = 40  # within which they happened: the console's hour holds them all however long a test takes
HOSTILE = "\u202e<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
_TYPES = {"search": 30, "detail-page-view": 40, "home-page-view": 20, "add-to-cart": 10, "login": 3}
_TYPES |= {f"own-type-{number}": 1 for number in range(6)}  # more types than the chart has colours

_web = requests.Session()
_web.trust_env = False  # no proxy stands between this machine and itself


def events(count: int) -> Iterator[dict[str, Any]]:
    """Yields events of several types; some name products, which no catalog has."""
    draw = random.Random(count)
    now = datetime.datetime.now(datetime.UTC)
    for number in range(count):
        kind = draw.choices(list(_TYPES), list(_TYPES.values()))[0]
        moment = now - datetime.timedelta(minutes=draw.triangular(0, MINUTES, 1))
        event = {"eventType": kind, "visitorId": f"visitor-{number}", "eventTime": moment.isoformat()}
        if kind == "search":
            event["searchQuery"] = HOSTILE
        elif kind in ("detail-page-view", "add-to-cart"):
            event["productDetails"] = [{"product": {"id": f"sku-{number % 50}"}}]
        yield event


def post(server: Server, path: str, body: Any) -> requests.Response:
    """The answer to a POST of JSON."""
    return _web.post(f"{server.http}{path}", json=body, timeout=TIMEOUT_S)


def write(server: Server, catalog: str, sent: list[dict[str, Any]]) -> None:
    """Stores events."""
    if sent:
        answer = post(server, f"/v1/{catalog}/userEvents:batchWrite", {"userEvents": sent})
        assert answer.status_code == 200, answer.text
        assert int(answer.json()["storedCount"]) == len(sent)


def refuse(server: Server, catalog: str, raw: str) -> None:
    """Sends by the pixel what is refused, so that it is kept among the rejections."""
    assert post(server, f"/v2/{catalog}/userEvents:collect", {"userEvent": raw}).status_code == 400


def upload(server: Server, catalog: str, count: int) -> str:
    """Begins an import of so many events; returns the operation's name."""
    lines = "\n".join(map(json.dumps, events(count))).encode()
    url = f"{server.http}/v1/{catalog}/userEvents:upload"
    headers = {"content-type": "application/jsonl"}
    answer = _web.post(url, params={"fileName": "events.jsonl"}, data=lines, headers=headers, timeout=TIMEOUT_S)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["name"])


def ended(server: Server, operation: str) -> dict[str, Any]:
    """The operation once it has ended."""
    while True:
        answer = post(server, f"/v1/{operation}:wait", {"timeout": "30s"}).json()
        if answer.get("done"):
            return dict(answer)
