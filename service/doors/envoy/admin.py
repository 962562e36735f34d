"""Envoy's admin interface, as the process itself uses it: whether it listens, and where; draining."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final

import structlog

_POLL_SECONDS: Final = 0.01
_DRAIN_SECONDS: Final = 2.0

log = structlog.get_logger(__name__)


class _UnixConnection(HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("envoy")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


class Admin:
    """A connection to it, kept open.

    Args:
        path: Of the socket, which is alone in its folder.
        is_read: Whether others read there, too; else the socket's file is removed once the connection is there.
    """

    def __init__(self, path: str, *, is_read: bool) -> None:
        self._path = Path(path)
        self._is_read = is_read
        self._connection = _UnixConnection(path)
        # Of its own: the loop's may all wait for object storage when a drain is to begin.
        self._thread = ThreadPoolExecutor(1, "footfall-admin")

    async def listening(self) -> list[str]:
        """Returns the addresses, host:port, once Envoy listens on all of them."""
        live = await self._live()
        while not live:
            await asyncio.sleep(_POLL_SECONDS)
            live = await self._live()
        if not self._is_read:
            self.forget()
        statuses = json.loads(await self._ask("GET", "/listeners?format=json"))["listener_statuses"]
        status = next(each for each in statuses if each["name"] == "footfall")
        found = [status["local_address"], *status.get("additional_local_addresses", ())]
        return [_address(each["socket_address"]) for each in found]

    def forget(self) -> None:
        """Removes the socket's file; the connection stays."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
            self._path.parent.rmdir()

    async def drain(self) -> None:
        """Connections are asked to end, each with its next response; this one too, so it is the last to be asked.

        Envoy that does not answer holds up nothing: the process will end all the same.
        """
        try:
            await asyncio.wait_for(self._ask("POST", "/drain_listeners?graceful&skip_exit"), _DRAIN_SECONDS)
        except (OSError, HTTPException) as error:  # of which TimeoutError is one
            log.warning("connections_not_asked_to_end", reason=repr(error))

    async def _live(self) -> bool:
        with contextlib.suppress(OSError, HTTPException):
            return b"LIVE" in await self._ask("GET", "/ready")
        self._connection.close()
        return False

    async def _ask(self, method: str, path: str) -> bytes:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._exchange, method, path)

    def _exchange(self, method: str, path: str) -> bytes:
        self._connection.request(method, path)
        return self._connection.getresponse().read()


def _address(found: dict[str, Any]) -> str:
    host, port = found["address"], found["port_value"]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
