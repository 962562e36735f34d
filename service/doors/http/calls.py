"""One HTTP request, as the rest of this room sees it."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from service.doors.http.responses import Answer

WHOLE_ANSWERS: Final = "footfall.whole_answers"
"""An ASGI extension: a function that sends an answer in one piece. It takes its status, its headers as they go over the
wire, and its body, and says whether it did; else it is to be sent as ASGI has it."""

_BODILESS: Final = frozenset({204, 304})  # neither has a body, nor says how long one would be
_REQUEST_ID: Final = re.compile(r"[!-~]{1,128}")
_ID_DIGITS: Final = 16
_IDS_AT_ONCE: Final = 256  # drawn, since to ask the system for each costs more than all else about it


def _request_ids() -> Iterator[str]:
    while True:
        drawn = os.urandom(_IDS_AT_ONCE * _ID_DIGITS // 2).hex()
        for start in range(0, len(drawn), _ID_DIGITS):
            yield drawn[start : start + _ID_DIGITS]


_new_ids: Final = _request_ids()


class ClientGoneError(asyncio.CancelledError):
    """The client closed the connection before its request was complete: to methods, their call was cancelled."""


class BodyTooLargeError(Exception):
    """The body has more bytes than it may."""


@dataclass(slots=True)
class Call:
    """A request and the way to its answer; a `CallContext` too.

    Args:
        scope: ASGI's.
        receive: ASGI's.
        send: ASGI's.
    """

    scope: Any
    receive: Any
    send: Any
    status: int = 0  # that was answered; 0: none yet
    _headers: dict[str, str] | None = field(default=None)
    _request_id: str = field(default="")

    @property
    def headers(self) -> Mapping[str, str]:
        """By name in lower case; those that come several times are joined with commas (RFC 9110)."""
        if self._headers is None:
            found: dict[str, str] = {}
            for raw_name, raw_value in self.scope["headers"]:
                name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
                found[name] = f"{found[name]}, {value}" if name in found else value
            self._headers = found
        return self._headers

    @property
    def started(self) -> bool:
        """Whether the head of the answer is sent."""
        return self.status > 0

    @property
    def metadata(self) -> Mapping[str, str]:
        """See `CallContext`."""
        return self.headers

    @property
    def peer(self) -> str:
        """See `CallContext`."""
        client = self.scope.get("client")
        if not client:
            return ""
        host, port = client
        return f"ipv6:[{host}]:{port}" if ":" in host else f"ipv4:{host}:{port}"

    def time_remaining(self) -> float | None:
        """See `CallContext`: HTTP callers set no deadline, they go away."""
        return None

    @property
    def http_method(self) -> str:
        """GET, POST and so on."""
        return str(self.scope["method"])

    @property
    def path(self) -> str:
        """As it was sent, percent-encoded."""
        return (self.scope.get("raw_path") or b"/").decode("latin-1")

    @property
    def query(self) -> bytes:
        """As it was sent, percent-encoded."""
        return bytes(self.scope["query_string"])

    @property
    def request_id(self) -> str:
        """The caller's X-Request-Id if it has a usable one, else a new one."""
        if not self._request_id:
            given = self.headers.get("x-request-id", "")
            self._request_id = given if _REQUEST_ID.fullmatch(given) else next(_new_ids)
        return self._request_id

    async def has_body(self) -> bool:
        """Whether a body comes; a head need not tell. What was read of it stays for whoever reads it."""
        receive = self.receive
        while (first := await receive())["type"] == "http.request" and not first.get("body"):
            if not first.get("more_body", False):
                break

        async def again() -> Any:
            self.receive = receive
            return first

        self.receive = again
        return bool(first.get("body"))

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yields the body as it comes.

        Raises:
            ClientGoneError: The client left.
        """
        async for chunk in self._chunks(await self.receive()):
            yield chunk

    async def _chunks(self, message: Any) -> AsyncIterator[bytes]:
        while True:
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            if message.get("body"):
                yield message["body"]
            if not message.get("more_body", False):
                return
            message = await self.receive()

    async def body(self, limit: int) -> bytes:
        """Returns the whole body.

        Raises:
            BodyTooLargeError: It has more than `limit` bytes.
            ClientGoneError: The client left.
        """
        if int(self.headers.get("content-length") or 0) > limit:
            raise BodyTooLargeError
        message = await self.receive()
        if not message.get("more_body", False) and len(message.get("body", b"")) <= limit:
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            return bytes(message.get("body", b""))
        parts: list[bytes] = []
        size = 0
        async for part in self._chunks(message):
            size += len(part)
            if size > limit:
                raise BodyTooLargeError
            parts.append(part)
        return b"".join(parts)

    async def gone(self) -> None:
        """Returns when the client has left."""
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def start(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        """Sends the head of the answer."""
        self.status = status
        headers.append((b"x-request-id", self.request_id.encode("latin-1")))
        await self.send({"type": "http.response.start", "status": status, "headers": headers})

    async def answer(self, answer: Answer) -> None:
        """Sends an answer as a whole; unless it says how long it may be kept, nobody may keep it."""
        status, body = answer.status, answer.body
        bodiless = status in _BODILESS
        of_this = [(b"x-request-id", self.request_id.encode("latin-1"))]
        if not bodiless:
            of_this.append((b"content-length", b"%d" % len(body)))
        if self.scope["method"] == "HEAD":  # not every server drops it by itself
            body = b""
        whole = (self.scope.get("extensions") or {}).get(WHOLE_ANSWERS)
        if whole is not None:
            head = _head(answer.content_type, answer.headers, bodiless=bodiless) + _lines(of_this)
            if whole(self.send, status, head, body):
                self.status = status
                return
        of_all = _headers(answer.content_type, answer.headers, bodiless=bodiless)
        self.status = status
        await self.send({"type": "http.response.start", "status": status, "headers": [*of_all, *of_this]})
        await self.send({"type": "http.response.body", "body": body})


@lru_cache(maxsize=256)
def _headers(
    content_type: str, others: tuple[tuple[str, str], ...], *, bodiless: bool
) -> tuple[tuple[bytes, bytes], ...]:
    """What the heads of alike answers have in common."""
    headers = [("x-content-type-options", "nosniff")]
    if not any(name == "cache-control" for name, _ in others):
        headers.append(("cache-control", "no-store"))
    if not bodiless:
        headers.append(("content-type", content_type))
    headers += others
    if not all(value.isprintable() for _, value in headers):
        raise ValueError("a header of an answer holds what would end it")
    return tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers)


@lru_cache(maxsize=256)
def _head(content_type: str, others: tuple[tuple[str, str], ...], *, bodiless: bool) -> bytes:
    return _lines(_headers(content_type, others, bodiless=bodiless))


def _lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join([b"%s: %s\r\n" % header for header in headers])
