"""Reads back over HTTP what pages sent, and waits for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Self

import requests

from tests.support.server import Server

TIMEOUT_S = 30

_web = requests.Session()
_web.trust_env = False  # no proxy stands between this machine and itself


def get(server: Server, path: str, **parameters: Any) -> dict[str, Any]:
    """The answer to a GET of the listener for everything."""
    response = _web.get(f"{server.http}/v1/{path}", params=parameters, timeout=TIMEOUT_S)
    assert response.status_code == 200, response.text
    return response.json()


def user_events(server: Server, catalog: str) -> list[dict[str, Any]]:
    """Every stored event of a catalog, by time."""
    listed = get(server, f"{catalog}/userEvents", pageSize=1000)
    assert int(listed.get("totalSize", 0)) == len(listed.get("userEvents", []))
    return [stored["userEvent"] for stored in listed.get("userEvents", [])]


def client_events(server: Server, tenant: str) -> list[dict[str, Any]]:
    """Every stored event of a tenant, by time."""
    listed = get(server, f"{tenant}/clientEvents", pageSize=1000)
    return [stored["clientEvent"] for stored in listed.get("clientEvents", [])]


def rejected(server: Server, parent: str) -> list[dict[str, Any]]:
    """Every rejected event, newest first."""
    return get(server, f"{parent}/rejectedEvents").get("rejectedEvents", [])


class Arrivals:
    """The events of a catalog or tenant from now on, as they come in; it outlives the server that it watches.

    Args:
        server: That runs.
        parent: The catalog or tenant.
    """

    def __init__(self, server: Server, parent: str) -> None:
        self._server = server
        self._parent = parent
        self._token = ""
        self._lines: Iterator[bytes] = iter(())
        self._response: requests.Response | None = None
        self.watch()

    def watch(self) -> None:
        """Watches, from where it was before."""
        if self._response is not None:
            self._response.close()
        parameters = {"resumeToken": self._token} if self._token else {}
        self._response = _web.get(
            f"{self._server.http}/v1/{self._parent}/events:watch", params=parameters, stream=True, timeout=TIMEOUT_S
        )
        self._lines = self._response.iter_lines(chunk_size=1)
        if not self._token:
            self._read()

    def take(self, count: int) -> list[dict[str, Any]]:
        """Waits for so many events."""
        found = []
        while len(found) < count:
            message = self._read()
            for kind, inner in (("userEvent", "userEvent"), ("clientEvent", "clientEvent")):
                if kind in message:
                    found.append(message[kind][inner])
        return found

    def _read(self) -> dict[str, Any]:
        message = json.loads(next(self._lines))
        assert "error" not in message, message
        self._token = message["resumeToken"]
        return message

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._response is not None
        self._response.close()
