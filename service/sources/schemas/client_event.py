"""The schemas of client events: one as proto3 JSON, in any of its forms."""

from __future__ import annotations

from typing import Final

from google.protobuf.message import Message

from generated.footfall.v1.legacy_event_pb2 import LegacyClientEvent
from generated.google.cloud.talent.v3 import event_pb2 as v3
from generated.google.cloud.talent.v4.event_pb2 import ClientEvent
from service.events import json

_FORMS: Final[dict[str, type[Message]]] = {
    "client_event": ClientEvent,
    "client_event_v3": v3.ClientEvent,
    "client_event_legacy": LegacyClientEvent,
}

CLIENT_EVENT_SCHEMAS: Final = tuple(_FORMS)
"""The names that a request may give; an empty one is the first of them."""


def read_line(data_schema: str, line: bytes) -> Message:
    """The event of a line of a file, in the form that the schema says.

    Args:
        data_schema: One of `CLIENT_EVENT_SCHEMAS`, or empty.
        line: As it is in the file.

    Raises:
        JsonError: It is no such event.
    """
    form = _FORMS[data_schema or CLIENT_EVENT_SCHEMAS[0]]
    return form.FromString(json.decode(form.DESCRIPTOR.full_name, line))
