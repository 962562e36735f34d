"""What is wrong with a request, in SEEK's words: `/input/signals/3/token: Is not valid`, and a code in extensions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from google.rpc import code_pb2
from graphql import GraphQLError

from service.events import paths
from service.events.errors import RpcError, Violation

UNAUTHENTICATED: Final = "UNAUTHENTICATED"
FORBIDDEN: Final = "FORBIDDEN"
BAD_USER_INPUT: Final = "BAD_USER_INPUT"
INTERNAL_SERVER_ERROR: Final = "INTERNAL_SERVER_ERROR"

INPUT: Final = "input"  # the argument of every mutation
_CODES: Final[dict[int, str]] = {
    code_pb2.INVALID_ARGUMENT: BAD_USER_INPUT,
    code_pb2.NOT_FOUND: FORBIDDEN,
    code_pb2.PERMISSION_DENIED: FORBIDDEN,
    code_pb2.UNAUTHENTICATED: UNAUTHENTICATED,
}
_SHOWN: Final = 100  # violations of one request
_STEP: Final = re.compile(r"[^.\[\]]+")
_OWN_PATH: Final = re.compile(r"`[^`]*` ")
_IDENTIFIERS: Final = frozenset({"token", "candidate_application_profile_id", "position_profile_ids"})


def error(message: str, code: str = BAD_USER_INPUT, **extensions: Any) -> GraphQLError:
    """Returns an error with a code."""
    return GraphQLError(message, extensions={"code": code, **extensions})


def of_rpc(failed: RpcError) -> GraphQLError:
    """Returns the error of a call that failed."""
    if failed.violations:
        return of_violations(failed.violations)
    return error(failed.message, _CODES.get(failed.code, INTERNAL_SERVER_ERROR), reason=failed.reason)


def of_violations(violations: Sequence[Violation]) -> GraphQLError:
    """Returns BAD_USER_INPUT for fields of a SendSignalRequest or a SendSignalsRequest."""
    return of_inputs([(input_path(item.field), _words(item), item.description, item.reason) for item in violations])


def of_inputs(found: Sequence[tuple[list[str | int], str, str, str]]) -> GraphQLError:
    """Returns BAD_USER_INPUT for inputs, each with its path, what is wrong, the same at length, and a reason.

    The message is the first one's; all are in the extension `violations`.
    """
    path, words, *_ = found[0]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    shown = [
        {"path": path, "message": f"{_pointer(path)}: {words}", "description": description, "reason": reason}
        for path, words, description, reason in found[:_SHOWN]
    ]
    return error(f"{_pointer(path)}: {words}{more}", inputPath=path, violations=shown)


def input_path(field: str) -> list[str | int]:
    """Returns the path of an input from that of a field of a request.

    `signals[3].token` gives `["input", "signals", 3, "token"]`, `signal.token` gives `["input", "token"]`.
    """
    steps = _STEP.findall(field.removeprefix("signal.") if field != "signal" else "")
    return [INPUT, *(int(step) if step.isdecimal() else paths.to_json(step) for step in steps)]


def _pointer(path: Sequence[str | int]) -> str:
    return "".join(f"/{step}" for step in path)


def _words(item: Violation) -> str:
    if item.reason == "MISSING_FIELD":
        return "Is required"
    if any(step in _IDENTIFIERS for step in _STEP.findall(item.field)):
        return "Is not valid"
    text = _OWN_PATH.sub("", item.description, count=1)
    return text[:1].upper() + text[1:]
