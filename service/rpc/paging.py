"""Page sizes and page tokens (AIP-158)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from typing import Any, TypeVar

from google.protobuf.message import Message

from service.events import errors
from service.events.errors import Violation

M = TypeVar("M", bound=Message)

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1_000
# gRPC clients take messages of up to 4 MiB unless told otherwise: a page ends before it would be larger.
MAX_PAGE_BYTES = 3 * 2**20


def page_size(requested: int) -> int:
    """How many items a page may hold.

    Raises:
        RpcError: INVALID_ARGUMENT when it is negative.
    """
    if requested < 0:
        raise errors.invalid_argument(
            [Violation("page_size", f"`page_size` must be nonnegative, but is set to {requested}.", "INVALID_VALUE")]
        )
    return min(requested, MAX_PAGE_SIZE) or DEFAULT_PAGE_SIZE


def _digest(query: tuple[Any, ...], key: list[Any]) -> str:
    """What only a token that was given for `query` carries, unless somebody sets out to forge one."""
    return hashlib.blake2b(repr((query, key)).encode(), digest_size=8).hexdigest()


def encode_token(query: tuple[Any, ...], key: list[Any]) -> str:
    """An opaque token for the page after `key`, good only for the same `query`."""
    return base64.urlsafe_b64encode(json.dumps([_digest(query, key), *key]).encode()).decode().rstrip("=")


def decode_token(query: tuple[Any, ...], token: str, field: str = "page_token") -> list[Any] | None:
    """The key in a token; None for the first page.

    Raises:
        RpcError: INVALID_ARGUMENT when the token is damaged or belongs to another query.
    """
    if not token:
        return None
    try:
        digest, *key = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError, TypeError):
        digest, key = None, []
    if digest != _digest(query, key):
        raise errors.invalid_argument(
            [
                Violation(
                    field,
                    f"`{field}` is not one that was given for the same query; leave it empty to begin anew.",
                    "INVALID_PAGE_TOKEN",
                )
            ]
        )
    return list(key)


def event_key(key: list[Any] | None) -> tuple[int, bytes | int] | None:
    """A token's key as the key of an event; None for the first page."""
    if key is None:
        return None
    time_us, tie = key
    return (time_us, bytes.fromhex(tie) if isinstance(tie, str) else tie)


def that_fit(shown: Sequence[M]) -> Sequence[M]:
    """The first of `shown` that together stay within the size of a page; at least one."""
    used = 0
    for count, message in enumerate(shown):
        used += message.ByteSize()
        if count and used > MAX_PAGE_BYTES:
            return shown[:count]
    return shown


def is_descending(order_by: str, time: str) -> bool:
    """Whether a list in the order of `time` is asked for backwards.

    Raises:
        RpcError: INVALID_ARGUMENT for any other order.
    """
    words = order_by.split()
    if words in ([], [time], [time, "asc"]):
        return False
    if words == [time, "desc"]:
        return True
    rule = f'must be "{time}" or "{time} desc".'
    raise errors.invalid_argument([errors.violation("order_by", rule, "INVALID_VALUE")])
