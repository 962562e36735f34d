"""Values that are legal protobuf and have no form in JSON. Reading an event back must not fail, so none is let in."""

from __future__ import annotations

import re
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from service.events import limits, paths
from service.events.errors import Findings, violation

MAX_DURATION_S: Final = 315_576_000_000  # 10,000 years, as protobuf defines Duration
_is_mask_path = re.compile(r"(?:[^A-Z_]|_[a-z])*").fullmatch


def check_printable(found: Findings, field: str, message: Message) -> None:
    """Timestamps, durations and field masks anywhere in `message`, within what protobuf's JSON mapping can write.

    Args:
        found: Takes the violations.
        field: Path of the message.
        message: Any message; wants a walk over all of it, so for rare parts of an event only.
    """
    if isinstance(message, Timestamp):
        limits.check_timestamp(found, field, message)
    elif isinstance(message, Duration):
        _check_duration(found, field, message)
    elif isinstance(message, FieldMask):
        for index, path in enumerate(message.paths):
            if not _is_mask_path(path):
                rule = f"must be a path of snake_case names, but is {paths.quoted(path)}."
                found.add(violation(f"{field}.paths[{index}]", rule))
    else:
        for descriptor, value in message.ListFields():
            if descriptor.message_type is not None:
                _check_field(found, f"{field}.{descriptor.name}", descriptor, descriptor.message_type, value)


def _check_field(
    found: Findings, field: str, descriptor: FieldDescriptor, message_type: Descriptor, value: Any
) -> None:
    if not descriptor.is_repeated:
        check_printable(found, field, value)
    elif message_type.GetOptions().map_entry:
        if message_type.fields_by_name["value"].message_type is not None:
            for key in value:
                check_printable(found, paths.entry(field, key), value[key])
    else:
        for index, element in enumerate(value):
            check_printable(found, f"{field}[{index}]", element)


def _check_duration(found: Findings, field: str, duration: Duration) -> None:
    seconds, nanos = duration.seconds, duration.nanos
    in_range = -MAX_DURATION_S <= seconds <= MAX_DURATION_S and -limits.MAX_NANOS <= nanos <= limits.MAX_NANOS
    if not in_range or (seconds > 0 > nanos) or (seconds < 0 < nanos):
        rule = "must be within 10,000 years, with seconds and nanos of one sign"
        found.add(violation(field, f"{rule}, but is {seconds} s and {nanos} ns."))
