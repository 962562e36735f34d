"""CollectUserEvent for browsers: an image for `<img>`, several events in a beacon, nothing that a page trips on."""

from __future__ import annotations

import json as plain_json
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qsl

from google.protobuf.message import Message
from google.rpc import code_pb2

from service.doors.http import parameters, requests, responses
from service.doors.http.bindings import Binding
from service.doors.http.calls import Call
from service.doors.http.parameters import System
from service.doors.http.responses import Answer
from service.events import errors
from service.events.errors import RpcError, Violation
from service.rpc import collecting

MAX_GET_BYTES: Final = 16 * 2**10  # larger payloads must be posted (user_event_service.proto)
MAX_BODY_BYTES: Final = 8 * 2**20  # one event of the largest size, in JSON text in JSON text
MAX_EVENTS: Final = 1_000  # in one body
_MAX_LIST_BYTES: Final = 2 * 2**20  # of a list, which is read as a whole before it is known how many there are

_METHOD: Final = "CollectUserEvent"
_PIXEL: Final = collecting.ANSWER
_NO_STORE: Final = (("cache-control", "no-store"),)
_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"

_TRANSIENT: Final = frozenset({code_pb2.UNAVAILABLE, code_pb2.RESOURCE_EXHAUSTED, code_pb2.INTERNAL})

KeepRejected = Callable[[str, bytes, RpcError], Awaitable[None]]
"""Keeps what a page sent to a parent, and what was wrong with it."""


def is_public(binding: Binding) -> bool:
    """Whether any page on the internet may call it."""
    return binding.method.name == _METHOD


class Collector:
    """Answers pixels.

    Args:
        max_body_bytes: Largest body.
        keep_rejected: Keeps what is no request, so that it does not get lost with its caller.
    """

    def __init__(self, *, max_body_bytes: int, keep_rejected: KeepRejected) -> None:
        self._max_body_bytes = max_body_bytes
        self._keep_rejected = keep_rejected

    async def answer(self, call: Call, binding: Binding, variables: dict[str, str]) -> Answer:
        """Answers one request.

        Raises:
            RpcError: INVALID_ARGUMENT for a query that can't be read.
            BodyTooLargeError: The body is too large.
            ClientGoneError: The client left.
        """
        system, pairs = parameters.parse(call.query)
        if binding.http_method == "GET":
            if len(call.query) > MAX_GET_BYTES:
                text = f"A GET carries at most {MAX_GET_BYTES:,} bytes; send larger events with POST."
                raise errors.invalid_argument([Violation("", text, "TOO_LONG")])
            sent, failures = await self._one(call, binding, variables, pairs=pairs, body=None)
        else:
            sent, failures = await self._posted(call, binding, variables)
        if not failures:
            as_json = _JSON in call.headers.get("accept", "")
            answer = responses.answer(sent, binding.method.response_type, system, as_json=as_json)
            return answer._replace(headers=_NO_STORE)
        if binding.http_method == "GET" and _for_image(call, system):
            rejected = ("x-footfall-rejected", failures[0].reason)
            return Answer(200, _PIXEL.content_type, _PIXEL.data, (*_NO_STORE, rejected))
        return responses.failure(failures[0], pretty=system.pretty)._replace(headers=_NO_STORE)

    async def _posted(
        self, call: Call, binding: Binding, variables: dict[str, str]
    ) -> tuple[Message | bytes, list[RpcError]]:
        body = await call.body(min(MAX_BODY_BYTES, self._max_body_bytes))
        is_form = call.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM
        if is_form and not body.lstrip().startswith((b"{", b"[")):  # which is what curl calls any text
            try:
                pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=100)
            except ValueError as error:
                text = f"The form is not percent-encoded UTF-8: {error}."
                raise errors.invalid_argument([Violation("", text, "INVALID_VALUE")]) from None
            return await self._one(call, binding._replace(body=""), variables, pairs=pairs, body=None)
        items = _split(body)
        if not items:
            raise errors.invalid_argument([errors.missing("user_event")])
        if len(items) > MAX_EVENTS:
            text = f"The body has {len(items):,} events; it may have {MAX_EVENTS:,}."
            raise errors.invalid_argument([Violation("", text, "TOO_MANY")])
        sent: Message | bytes = b""
        failures = []
        for item in items:
            answered, failed = await self._one(call, binding, variables, pairs=[], body=item)
            sent = sent or answered
            failures += failed
        return sent, failures

    async def _one(
        self,
        call: Call,
        binding: Binding,
        variables: dict[str, str],
        *,
        pairs: list[tuple[str, str]],
        body: bytes | None,
    ) -> tuple[Message | bytes, list[RpcError]]:
        try:
            request = requests.request_of(binding, variables, pairs, body)
        except RpcError as error:
            await self._keep_rejected(variables["parent"], body or call.query, error)
            return b"", [error]
        try:
            return await binding.method.handler(request, call), []
        except RpcError as error:
            if error.code in _TRANSIENT:
                raise
            return b"", [error]


def _split(body: bytes) -> list[bytes]:
    """The requests in a body: one JSON object, a list of them, or one on each line."""
    text = body.strip()
    if not text.startswith(b"["):
        lines = [line for line in text.split(b"\n") if line.strip()]
        return lines if len(lines) > 1 and lines[0].rstrip().endswith(b"}") else [text]
    if len(text) > _MAX_LIST_BYTES:
        rule = f"A list may have {_MAX_LIST_BYTES:,} bytes; send one request on each line."
        raise errors.invalid_argument([Violation("", rule, "TOO_LONG")])
    try:
        items = plain_json.loads(text)
    except (ValueError, RecursionError):
        return [text]
    if len(items) > MAX_EVENTS:
        return [b""] * len(items)
    return [plain_json.dumps(item, ensure_ascii=False).encode(errors="replace") for item in items]


def _for_image(call: Call, system: System) -> bool:
    """Whether an `<img>` asks, and not a script: browsers say so, other clients are taken at what they leave out."""
    destination = call.headers.get("sec-fetch-dest")
    if destination is not None:
        return destination == "image"
    return not system.alt and "origin" not in call.headers and _JSON not in call.headers.get("accept", "")
