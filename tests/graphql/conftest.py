"""Servers that take GraphQL: one that asks for no token, one that asks for one of two and keeps what it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.reflected import ReflectedClient
from tests.support.server import Server

TENANT = "projects/default/tenants/default"
TOKENS = ("first-token", "second.token=")
SIGNALS = "footfall.v1.SignalService"

SEND = "mutation ($input: SendSignalInput!) { sendSignal(input: $input) }"
SEND_ALL = "mutation ($input: SendSignalsInput!) { sendSignals(input: $input) }"

# The variables that SEEK's documentation gives for sendSignals, as they stand there.
SEEKS_OWN: dict[str, Any] = json.loads((Path(__file__).parent / "seek_send_signals.json").read_text("utf-8"))


class Endpoint:
    """`/graphql` of a server, and a client that reads back what it stored."""

    def __init__(self, server: Server, web: requests.Session, stored: ReflectedClient, tenant: str) -> None:
        self.server = server
        self.url = f"{server.http}/graphql"
        self._web = web
        self._stored = stored
        self.tenant = tenant

    def post(self, body: Any = None, **options: Any) -> requests.Response:
        return self._web.post(self.url, json=body, timeout=60, **options)

    def answer(self, query: str, given: Any = None, **headers: str) -> dict[str, Any]:
        """The answer to a document with the variable `input`."""
        variables = {"input": given} if given is not None else None
        response = self.post({"query": query, "variables": variables}, headers=headers)
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/json; charset=UTF-8"
        return response.json()

    def error(self, query: str, given: Any = None, **headers: str) -> dict[str, Any]:
        """The one error of an answer that has no data."""
        answer = self.answer(query, given, **headers)
        assert not any((answer.get("data") or {}).values()), answer
        [error] = answer["errors"]
        return error

    def signals(self, wanted: str = "") -> list[Any]:
        """What is stored, the oldest first."""
        page = self._stored.call(SIGNALS, "ListSignals", parent=self.tenant, filter=wanted, page_size=1_000)
        assert page.total_size == len(page.signals)
        return list(page.signals)

    def rejected(self) -> list[Any]:
        return self._stored.rejected(self.tenant)


def _endpoint(folder: Path, tenant: str, *flags: str, **env: str) -> Iterator[Endpoint]:
    with Server(folder, *flags, env=env) as server, server.channel() as channel, requests.Session() as web:
        web.trust_env = False
        yield Endpoint(server, web, ReflectedClient(channel), tenant)


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Endpoint]:
    """An endpoint as it is by default, with nothing stored."""
    yield from _endpoint(tmp_path, TENANT)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """An endpoint for tests that look at answers only."""
    yield from _endpoint(tmp_path_factory.mktemp("shared"), TENANT)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """One that asks for a bearer token, keeps rejected calls, and belongs to another tenant."""
    tenant = "projects/p/tenants/partner"
    flags = ("--graphql-tenant", tenant, "--record-rejected-calls")
    yield from _endpoint(tmp_path_factory.mktemp("guarded"), tenant, *flags, FOOTFALL_GRAPHQL_TOKENS=",".join(TOKENS))
