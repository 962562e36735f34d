"""CollectUserEvent for browsers: an image for `<img>`, several events in a beacon, nothing that a page trips on."""

from __future__ import annotations

import json as plain_json
import re
from collections.abc import Sequence
from typing import Any, Final, cast

from google.rpc import code_pb2

from generated.google.cloud.retail.v2.user_event_service_pb2 import CollectUserEventRequest
from service.doors.http import parameters, requests, responses
from service.doors.http.bindings import Binding
from service.doors.http.calls import Call
from service.doors.http.parameters import System
from service.doors.http.responses import Answer
from service.events import errors
from service.events.errors import RpcError, Violation
from service.rpc import collecting
from service.rpc.collect_batches import CollectBatch, Unread
from service.rpc.method import Method

MAX_GET_BYTES: Final = 16 * 2**10  # larger payloads must be posted (user_event_service.proto)
MAX_BODY_BYTES: Final = 8 * 2**20  # one event of the largest size, in JSON text in JSON text
MAX_EVENTS: Final = 1_000  # in one body
_MAX_LIST_BYTES: Final = 2 * 2**20  # of a list, which is read as a whole before it is known how many there are

_LINE_ENDS: Final = re.compile(rb"\n(?:\s*\n)?")  # with the blank lines in between, of which there may be millions

PART: Final = "collect"
"""What `--public-parts` calls it."""

_METHOD: Final = "CollectUserEvent"
_PIXEL: Final = collecting.ANSWER
_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"

_TRANSIENT: Final = frozenset({code_pb2.UNAVAILABLE, code_pb2.RESOURCE_EXHAUSTED, code_pb2.INTERNAL})

Item = CollectUserEventRequest | Unread


def is_collect(binding: Binding) -> bool:
    """Whether it is a pixel's."""
    return binding.method.name == _METHOD


class Collector:
    """Answers pixels.

    Args:
        max_body_bytes: Largest body.
        several: Takes a CollectBatch: what came together, and what can't be read, so that it does not get lost with its
            caller.
    """

    def __init__(self, *, max_body_bytes: int, several: Method) -> None:
        self._max_body_bytes = min(MAX_BODY_BYTES, max_body_bytes)
        self._several = several

    async def answer(self, call: Call, binding: Binding, variables: dict[str, str]) -> Answer:
        """Answers one request.

        Raises:
            RpcError: It can't be stored now.
            BodyTooLargeError: The body is too large.
            ClientGoneError: The client left.
        """
        system, items = await self._items(call, binding, variables)
        try:
            failures = await self._store(call, binding, variables["parent"], items)
        except RpcError as error:
            if error.code in _TRANSIENT:
                raise
            failures = [error]
        if not failures:
            as_json = _JSON in call.headers.get("accept", "")
            return responses.answer(_PIXEL, binding.method.response_type, system, as_json=as_json)
        if binding.http_method == "GET" and _for_image(call, system):
            return Answer(200, _PIXEL.content_type, _PIXEL.data, (("x-footfall-rejected", failures[0].reason),))
        return responses.failure(failures[0], system, call.request_id)

    async def _store(self, call: Call, binding: Binding, parent: str, items: Sequence[Item]) -> list[RpcError]:
        """Returns what was wrong with those that are not stored."""
        if len(items) == 1 and not isinstance(items[0], Unread):
            await binding.method.handler(items[0], call)
            return []
        failures: list[RpcError] = await self._several.handler(CollectBatch(parent, items), call)
        return failures

    async def _items(self, call: Call, binding: Binding, variables: dict[str, str]) -> tuple[System, list[Item]]:
        """What the caller asked for, and the requests in what was sent."""
        query = call.query
        if binding.http_method != "GET":
            return parameters.system(query), await self._posted(call, binding, variables)
        if len(query) > MAX_GET_BYTES:
            text = f"A GET carries at most {MAX_GET_BYTES:,} bytes; send larger events with POST."
            return parameters.system(query), [_unread(query, Violation("", text, "TOO_LONG"))]
        try:
            system, pairs = parameters.parse(query)
        except RpcError as error:
            return parameters.NO_SYSTEM, [Unread(query, error)]
        return system, [_item(binding, variables, query, pairs)]

    async def _posted(self, call: Call, binding: Binding, variables: dict[str, str]) -> list[Item]:
        """The requests in a body."""
        body = await call.body(self._max_body_bytes)
        is_form = call.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM
        if is_form and not body.lstrip().startswith((b"{", b"[")):  # which is what curl calls any text
            try:
                _, pairs = parameters.parse(body, "utf-8")
            except RpcError as error:
                return [Unread(body, error)]
            return [_item(binding._replace(body=""), variables, body, pairs)]
        try:
            parts = _split(body)
        except RpcError as error:
            return [Unread(body, error)]
        return [_item(binding, variables, part, body=part) for part in parts]


def _item(
    binding: Binding,
    variables: dict[str, str],
    raw: bytes,
    pairs: Sequence[tuple[str, str]] = (),
    body: bytes | None = None,
) -> Item:
    try:
        request = requests.request_of(binding, variables, pairs, body)
    except RpcError as error:
        return Unread(raw, error)
    return cast("CollectUserEventRequest", request)  # of whatever version: they have the same fields


def _unread(raw: bytes, violation: Violation) -> Unread:
    return Unread(raw, errors.invalid_argument([violation]))


def _split(body: bytes) -> list[bytes]:
    """The requests in a body: one JSON object, a list of them, or one on each line.

    Raises:
        RpcError: INVALID_ARGUMENT: there are none or too many.
    """
    text = body.strip()
    if not text:
        raise errors.invalid_argument([errors.missing("user_event")])
    if not text.startswith(b"["):
        if not text.partition(b"\n")[0].rstrip().endswith(b"}"):
            return [text]
        return _counted(_LINE_ENDS.split(text, MAX_EVENTS))
    if len(text) > _MAX_LIST_BYTES:
        rule = f"A list may have {_MAX_LIST_BYTES:,} bytes; send one request on each line."
        raise errors.invalid_argument([Violation("", rule, "TOO_LONG")])
    try:
        values = _counted(plain_json.loads(text))
    except (ValueError, RecursionError):
        return [text]
    return [plain_json.dumps(value, ensure_ascii=False).encode(errors="replace") for value in values]


def _counted(items: list[Any]) -> list[Any]:
    if not items:
        raise errors.invalid_argument([errors.missing("user_event")])
    if len(items) > MAX_EVENTS:
        text = f"The body has more events than it may have, which is {MAX_EVENTS:,}; send them in several."
        raise errors.invalid_argument([Violation("", text, "TOO_MANY")])
    return items


def _for_image(call: Call, system: System) -> bool:
    """Whether an `<img>` asks, and not a script: browsers say so, other clients are taken at what they leave out."""
    destination = call.headers.get("sec-fetch-dest")
    if destination is not None:
        return destination == "image"
    return not system.alt and "origin" not in call.headers and _JSON not in call.headers.get("accept", "")
