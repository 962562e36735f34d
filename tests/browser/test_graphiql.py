"""GraphiQL at /graphql, where the operator wants it: it sends a signal, with nothing from elsewhere."""

from __future__ import annotations

import json

import pytest

from tests.browser.reading import get
from tests.support.server import Server

TENANT = "projects/default/tenants/default"


@pytest.fixture(scope="module")
def explored(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("graphiql"), "--graphiql") as server:
        yield server


def test_a_person_sends_a_signal_from_graphiql(context, explored, told):
    asked = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    told.listen(page)
    page.goto(f"{explored.http}/graphql")
    page.locator(".graphiql-container").wait_for()

    variables = json.dumps({"input": {"signals": {"typeCode": "ApplicationComplete", "token": "typed-by-hand"}}})
    editor = page.locator(".graphiql-editor-tool .CodeMirror").first
    editor.click()
    page.keyboard.insert_text(variables)
    page.locator(".graphiql-execute-button").click()
    page.locator(".result-window", has_text='"sendSignals": true').wait_for()

    [signal] = get(explored, f"{TENANT}/signals")["signals"]
    assert signal["signal"]["token"] == "typed-by-hand"
    page.get_by_label("Show Documentation Explorer").click()
    page.locator(".graphiql-doc-explorer", has_text="Mutation").wait_for()
    assert all(url.startswith((explored.http, "data:")) for url in asked), asked


def test_a_page_of_another_site_can_not_send_signals(context, explored, site, told):
    told.expected = ".*"
    page = context.new_page()
    page.goto(site.add("/elsewhere.html", "<!doctype html><title>elsewhere</title>"))
    sent = page.evaluate(
        """url => fetch(url, {method: "POST", body: "{}", headers: {"Content-Type": "application/json"}})
            .then(() => "answered", () => "refused")""",
        f"{explored.http}/graphql",
    )
    assert sent == "refused"
