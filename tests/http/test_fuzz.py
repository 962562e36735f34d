"""Ten thousand requests that are wrong in every way: refused, each of them, and nothing is kept of them."""

from __future__ import annotations

import json
import os
import random
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import psutil
import pytest

from service.doors.http.bindings import bindings
from tests.http import raw
from tests.http.test_bindings import served
from tests.support.server import Server

REQUESTS = 10_000
WARM = 1_000
GROWTH_BYTES = 16 * 2**20
ENVOY_CONNECTIONS = 16  # as requests that are not whole take their time there
IMPATIENT = ("--http-header-seconds", "0.5", "--http-body-seconds", "0.5", "--http-idle-seconds", "1")
SEED = int(os.environ.get("FOOTFALL_SEED", "1"))
CATALOG = "projects/p/locations/global/catalogs/fuzz"
NAMES = {
    "projects/*/locations/*/catalogs/*/branches/*/products/**": f"{CATALOG}/branches/0/products/x",
    "projects/*/tenants/*": "projects/p/tenants/t",
}
BODIES = [
    b"", b"{", b"[]", b"null", b"\xff\xfe", b'"x"', b"1e999", b'{"nothing":1}', b'{"a":' * 300, b"[" * 5_000,
    b'{"userEvent":{"eventType":7}}', b'{"eventType":"\\ud800"}', b'{"filter":["x"],"force":"maybe"}', b"\x00" * 100,
    b'{"events":[{}]}', b'{"events":[{"type":"VIEW","jobId":"j","eventId":7}]}', b'{"events":7}',
    b'{"inputConfig":{"gcsSource":{"inputUris":["gs://../x"]}}}', b'{"eventTime":"yesterday"}', b"%7B%7D",
]  # fmt: skip
QUERIES = [
    "pageSize=x", "pageSize=-1", "page_token=%00", "nothing=1", "filter=%FF", "filter=((", "a=b=c&&&", "alt=xml",
    "fields=a(", "%24alt=proto%3Bx", "readMask=..", "pageToken=" + "A" * 3_000, "groupBy=99",
    "groupBy=" + "9" * 5_000, "user_event=%7B", "raw_json=x&prebuilt_rule=ga4_bq", "ets=999999999",
    "key=%00&userEvent=%7B%7D", "=", "&" * 1_500,
]  # fmt: skip
HEADERS = [
    b"content-type: application/json", b"content-type: text/plain", b"content-type:", b"host: evil.example",
    b"origin: null", b"content-length: 5", b"content-length: x", b"transfer-encoding: chunked", b"expect: 100-continue",
    b"accept: text/event-stream", b"last-event-id: \xff", b"x-request-id: \x01", b"connection: upgrade",
    b"x" * 5_000 + b": y",
    b"content-encoding: gzip", b"no colon", b": empty",
]  # fmt: skip
PAGES = ["/", "/healthz", "/readyz", "/nothing", "/metrics", "/openapi.json", "/api", "/console/main.js"]
PAGES += ["/v2_event.js", "/job_events.js", *["/api/talent/events"] * 20]
WRONG = [
    "", "", "", "/", "%", "%ZZ", "%FF", "//", "/../..", ":", ":x", "?", "#x", quote("é"), "é", "\x01", "x" * 9_000,
]  # fmt: skip
METHODS = ["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "TRACE", "OPTIONS", "QUERY", "get", "X" * 40, ""]


def path_of(template: str, chance: random.Random) -> str:
    """A path for a template, most often with something wrong in it."""
    for pattern, name in NAMES.items():
        template = re.sub(rf"\{{[^=}}]+={re.escape(pattern)}\}}", name, template)
    path = re.sub(r"\{[^=}]+=([^}]*)\}", lambda match: match[1].replace("*", "x"), template)
    wrong = chance.choice(WRONG)
    at = chance.randrange(len(path) + 1) if wrong else 0
    return path[:at] + wrong + path[at:]


def request(templates: list[str], chance: random.Random) -> bytes:
    """A request that is wrong somewhere."""
    path = path_of(chance.choice(templates), chance)
    if chance.random() < 0.5:
        path += "?" + "&".join(chance.sample(QUERIES, chance.randint(1, 3)))
    method = chance.choice(METHODS if chance.random() < 0.3 else METHODS[:4])
    body = chance.choice(BODIES)
    lines = [
        f"{method} {path} HTTP/1.1".encode(errors="replace"),
        b"host: localhost",
        *chance.sample(HEADERS, chance.randint(0, 3)),
    ]
    if chance.random() < 0.8:
        lines.append(b"content-length: %d" % len(body))
    return b"\r\n".join([*lines, b"connection: close", b"", body])


def answered(server: Server, chance: random.Random, requests: list[bytes]) -> Counter[int]:
    """How often there was which status; 0: none."""
    urls = [chance.choice((server.http, server.http, server.public_http)) for _ in requests]
    ask, at_once = (raw.head, ENVOY_CONNECTIONS) if server.door == "envoy" else (raw.exchange, 1)

    def status(url: str, sent: bytes) -> int:
        try:
            found = raw.status(ask(url, sent))
        except TimeoutError:
            raise AssertionError(f"no answer to {sent!r}") from None
        assert found < 500 or found == 501, sent
        return found

    with ThreadPoolExecutor(at_once) as connections:
        return Counter(connections.map(status, urls, requests))


@pytest.mark.parametrize("server", [["--tracker-tenant", "projects/p/tenants/t", *IMPATIENT]], indirect=True)
def test_nothing_malformed_does_harm(server):
    chance = random.Random(SEED)
    print(f"FOOTFALL_SEED={SEED}")
    templates = [binding.template for binding in bindings(served())] + PAGES
    process = psutil.Process(server.pid)
    requests = [request(templates, chance) for _ in range(REQUESTS)]
    seen = answered(server, chance, requests[:WARM])
    warm, descriptors = process.memory_info().rss, process.num_fds()
    seen += answered(server, chance, requests[WARM:])
    growth = process.memory_info().rss - warm
    print(f"{growth:,} bytes more than after the first {WARM:,}; statuses: {dict(sorted(seen.items()))}")
    assert growth < GROWTH_BYTES
    assert process.num_fds() <= descriptors + ENVOY_CONNECTIONS
    assert sum(count for status, count in seen.items() if 400 <= status < 500) > REQUESTS / 2, seen
    log = server.log.read_text()
    assert "Traceback" not in log
    assert {json.loads(line)["level"] for line in log.splitlines()} <= {"info", "warning"}
    assert CATALOG not in log
