"""What a Pub/Sub push subscription posts, and the legacy client event in it."""

from __future__ import annotations

import binascii
import json as plain_json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, Final

from google.protobuf.struct_pb2 import Struct

from generated.footfall.v1.legacy_event_pb2 import LegacyClientEvent
from service.events import json
from service.events.errors import missing, violation

_URL_SAFE: Final = str.maketrans("-_", "+/")


def envelope(body: bytes) -> Struct:
    """Returns the envelope of a pushed body; what came without one, JSON or not, is put into one as it is."""
    found = Struct()
    try:
        found.MergeFromString(json.decode(Struct.DESCRIPTOR.full_name, body))
    except json.JsonError:
        found.Clear()
    if "message" not in found.fields:
        found.Clear()
        found.update({"message": {"data": b64encode(body).decode()}})
    return found


def message_data(envelope: Mapping[str, Any]) -> bytes:
    """Returns what was published.

    Args:
        envelope: `{"message": {"data": BASE64, …}, …}`, whatever else is in it; an object without `message` is what was
            published itself, as subscriptions post it that unwrap payloads.

    Raises:
        JsonError: There is no data in it.
    """
    if "message" not in envelope:
        return plain_json.dumps(envelope, ensure_ascii=False).encode(errors="replace")
    message = envelope["message"]
    data = message.get("data") if isinstance(message, dict) else None
    if not data:
        raise json.JsonError([missing("message.data")])
    try:
        text = data.translate(_URL_SAFE).rstrip("=")
        return b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (AttributeError, ValueError, binascii.Error):
        raise json.JsonError([violation("message.data", "must be Base64.", "INCORRECT_JSON_FORMAT")]) from None


def legacy_event(data: bytes) -> LegacyClientEvent:
    """Returns the event that a message, or a line of a file, has as JSON.

    Raises:
        JsonError: It is no such event.
    """
    return LegacyClientEvent.FromString(json.decode(LegacyClientEvent.DESCRIPTOR.full_name, data))


def shown(envelope: Mapping[str, Any]) -> bytes:
    """Returns what is kept of an envelope that was refused: what was published, or else all of it."""
    try:
        return message_data(envelope)
    except json.JsonError:
        return plain_json.dumps(envelope, ensure_ascii=False).encode(errors="replace")
