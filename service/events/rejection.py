"""What is kept of something that was refused: the status, a report line for errors files, and the raw text, cut."""

from __future__ import annotations

import json
from typing import NamedTuple

from google.protobuf import json_format, struct_pb2
from google.rpc import status_pb2

from service.events.errors import RpcError

RAW_LIMIT_BYTES = 16 * 1024
_MORE_BYTES_OF_A_CHARACTER = 3  # than its first one, in UTF-8


class Rejection(NamedTuple):
    """One refused line of a file."""

    line_number: int
    status: bytes  # serialised google.rpc.Status
    report: str  # the same as one line of JSON, with file and line number among its details
    raw: str
    raw_truncated: bool
    reason: str


def cut(raw: bytes) -> tuple[str, bool]:
    """`raw` as text of at most 16 KiB, and whether something was cut; bytes that are not UTF-8 show as escapes."""
    whole_characters = raw[: RAW_LIMIT_BYTES + _MORE_BYTES_OF_A_CHARACTER]
    text = whole_characters.decode("utf-8", "backslashreplace").encode()
    return text[:RAW_LIMIT_BYTES].decode("utf-8", "ignore"), len(text) > RAW_LIMIT_BYTES


def rejected_line(error: RpcError, uri: str, line_number: int, raw: bytes) -> Rejection:
    """The rejection of line `line_number` (1-based) of the file `uri`.

    The report has the shape of Google's errors files: a google.rpc.Status whose first detail is a Struct with the
    line's number.
    """
    status = error.to_status()
    reported = status_pb2.Status(code=status.code, message=status.message)
    where = struct_pb2.Struct()
    where.update({"line_number": line_number, "file": uri})
    reported.details.add().Pack(where)
    reported.details.extend(status.details)
    text, truncated = cut(raw)
    report = json_format.MessageToDict(reported)
    report["details"][0]["value"] = {"line_number": line_number, "file": uri}  # a Struct knows no integers and no order
    shown = json.dumps(report, ensure_ascii=False)
    return Rejection(line_number, status.SerializeToString(), shown, text, truncated, error.reason)
