"""Defends the server against pages of other origins: they can send events, and do or learn nothing else."""

from __future__ import annotations

import pytest
import requests

from tests.browser.conftest import REBOUND_HOST
from tests.browser.reading import TIMEOUT_S, get, user_events

CATALOG = "projects/victim/locations/global/catalogs/default_catalog"
PURGE = '{"filter":"eventType = login","force":true}'
# The name and the value of a form's field, with the "=" that an HTML form puts between them.
PURGE_FIELD = ('{"filter":"eventType ', ' login","force":true}')
IMPORT = '{"inputConfig":{"userEventInlineSource":{"userEvents":[{"eventType":"forged","visitorId":"v"}]}}}'
EVENT = '{"eventType":"forged","visitorId":"v"}'
PRODUCT = '{"title":"Forged","categories":["C"]}'

# What a page that was let in could do: method, path below the address, body.
DEEDS = [
    ("POST", f"v2/{CATALOG}/userEvents:purge", PURGE),
    ("POST", f"v2/{CATALOG}/userEvents:import", IMPORT),
    ("POST", f"v2/{CATALOG}/userEvents:write", EVENT),
    ("POST", f"v2/{CATALOG}/userEvents:rejoin", "{}"),
    ("POST", f"v2/{CATALOG}/branches/0/products?productId=forged", PRODUCT),
    ("POST", f"v1/{CATALOG}/userEvents:batchWrite", f'{{"userEvents":[{EVENT}]}}'),
    ("POST", f"v1/{CATALOG}/userEvents:upload", EVENT),
    ("POST", "v2/OPERATION:cancel", "{}"),
    ("DELETE", "v2/OPERATION", None),
]
READINGS = [f"v1/{CATALOG}/userEvents", f"v1/{CATALOG}/events:watch", f"v2/{CATALOG}/operations", "metrics", "readyz"]

ATTACK = """async ({base, deeds, readings, field}) => {
    const settled = [];
    const formTypes = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'];
    const types = [...formTypes, '', 'application/json'];
    for (const [method, path, body] of deeds) {
        const url = `${base}/${path}`;
        for (const type of types) {
            const data = body === null ? undefined : new Blob([body], {type});
            for (const mode of ['no-cors', 'cors', 'same-origin']) {
                const options = {method, mode, body: data, credentials: 'include'};
                settled.push(fetch(url, options).then((answer) => mode !== 'no-cors' && answer.ok, () => false));
            }
            if (data) navigator.sendBeacon(url, data);
        }
        settled.push(fetch(url, {method: 'PUT', body}).then((answer) => answer.ok, () => false));
        settled.push(fetch(url, {method: 'POST', body, headers: {
            'Content-Type': 'application/json', 'X-HTTP-Method-Override': method,
        }}).then((answer) => answer.ok, () => false));
        for (const enctype of formTypes) {
            settled.push(new Promise((done) => {
                const frame = document.createElement('iframe');
                frame.name = `frame-${settled.length}`;
                document.body.append(frame);
                const form = document.body.appendChild(document.createElement('form'));
                Object.assign(form, {action: url, method: 'post', enctype, target: frame.name});
                const input = form.appendChild(document.createElement('input'));
                [input.name, input.value] = field;
                frame.onload = () => done(false);
                form.submit();
            }));
        }
        settled.push(new Promise((done) => {
            const image = new Image();
            image.onload = () => done(true);
            image.onerror = () => done(false);
            image.src = url;
        }));
        settled.push(new Promise((done) => {
            const socket = new WebSocket(url.replace('http', 'ws'));
            socket.onopen = () => done(true);
            socket.onerror = () => done(false);
        }));
    }
    for (const path of readings) {
        const url = `${base}/${path}`;
        settled.push(fetch(url).then((answer) => answer.ok, () => false));
        settled.push(new Promise((done) => {
            const source = new EventSource(url);
            source.onmessage = source.onopen = () => done(true);
            source.onerror = () => { source.close(); done(false); };
        }));
        settled.push(new Promise((done) => {
            const script = document.head.appendChild(document.createElement('script'));
            script.onload = () => done(true);
            script.onerror = () => done(false);
            script.src = `${url}?callback=stolen`;
        }));
    }
    return await Promise.all(settled);
}"""


@pytest.fixture
def operation(served) -> str:
    """An operation of the victim's, finished; the only one in the catalog. Its events: one login."""
    calls = [("userEvents:write", '{"eventType":"login","visitorId":"v","eventTime":"2026-01-01T00:00:00Z"}')]
    if "operations" not in get_operations(served):
        calls.append(("userEvents:rejoin", "{}"))
    for path, body in calls:
        answer = deed(served.http, "POST", f"v2/{CATALOG}/{path}", body)
        assert answer.status_code == 200, answer.text
    [found] = get_operations(served)["operations"]
    return found["name"]


def get_operations(server):
    return requests.get(f"{server.http}/v2/{CATALOG}/operations", timeout=TIMEOUT_S).json()


def deed(base: str, method: str, path: str, body: str | None, **headers: str) -> requests.Response:
    kind = {"Content-Type": "application/json"} if body else {}
    return requests.request(method, f"{base}/{path}", data=body, headers={**kind, **headers}, timeout=TIMEOUT_S)


def attack(page, base: str, operation: str) -> list[int]:
    """Tries everything; returns the statuses of the server's answers."""
    deeds = [(method, path.replace("OPERATION", operation), body) for method, path, body in DEEDS]
    answers = []
    page.on("response", lambda answer: answers.append(answer.status) if answer.url.startswith(base) else None)
    succeeded = page.evaluate(ATTACK, {"base": base, "deeds": deeds, "readings": READINGS, "field": PURGE_FIELD})
    assert len(succeeded) > 200
    assert not any(succeeded)
    page.goto("about:blank")
    return answers


def check_nothing_happened(server, operation: str) -> None:
    assert [event["eventType"] for event in user_events(server, CATALOG)] == ["login"]
    [found] = get_operations(server)["operations"]
    assert (found["name"], found["done"]) == (operation, True)
    assert "error" not in found
    assert get(server, f"{CATALOG}/rejectedEvents") == {}
    products = requests.get(f"{server.http}/v2/{CATALOG}/branches/0/products", timeout=TIMEOUT_S).json()
    assert products == {}


@pytest.mark.parametrize("listener", ["http", "public_http"])
def test_a_page_of_another_origin(context, served, site, operation, listener):
    page = context.new_page()
    page.goto(site.add("/hostile.html", "<!doctype html><title>hostile</title><body>"))
    answers = attack(page, getattr(served, listener), operation)
    assert len(answers) > 50
    assert all(status >= 400 or status == 204 for status in answers), answers  # 204: the answer to a preflight
    check_nothing_happened(served, operation)


@pytest.mark.parametrize("listener", ["http", "public_http"])
def test_a_page_whose_name_points_at_the_server(context, served, operation, listener):
    """DNS rebinding: to the browser, page and server are one origin."""
    port = getattr(served, listener).rpartition(":")[2]
    base = f"http://{REBOUND_HOST}:{port}"
    page = context.new_page()
    page.goto(f"{base}/v2_event.js")  # shown as text; its origin is what a page from elsewhere would have now
    answers = attack(page, base, operation)
    assert len(answers) > 50
    assert all(status >= 400 for status in answers), answers
    check_nothing_happened(served, operation)


def test_a_page_without_an_origin(context, served, operation):
    """A file, or a sandboxed frame: its Origin is null."""
    page = context.new_page()
    page.goto("data:text/html,<title>hostile</title><body>")
    answers = attack(page, served.http, operation)
    assert all(status >= 400 or status == 204 for status in answers), answers
    check_nothing_happened(served, operation)


def test_the_same_requests_of_the_operator_succeed(tmp_path_factory):
    """Without this, the attacks could be harmless by mistake."""
    from tests.support.server import Server

    with Server(tmp_path_factory.mktemp("operator")) as server:
        rejoined = deed(server.http, "POST", f"v2/{CATALOG}/userEvents:rejoin", "{}").json()["name"]
        deed(server.http, "GET", f"v2/{rejoined}:wait", None)
        for method, path, body in DEEDS:
            answer = deed(server.http, method, path.replace("OPERATION", rejoined), body)
            assert answer.status_code == 200, (path, answer.text)
        for path in READINGS:
            with requests.get(f"{server.http}/{path}", timeout=TIMEOUT_S, stream=True) as answer:
                assert answer.status_code == 200, path
