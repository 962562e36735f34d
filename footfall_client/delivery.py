"""Sending a batch until there is a verdict on each of its events."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import grpc

from footfall_client.contract import message_type
from footfall_client.events import Kind
from footfall_client.options import BatcherOptions
from footfall_client.outbox import Queued
from footfall_client.verdicts import Outcome, Verdict, of_status

log = logging.getLogger("footfall_client")

_FIRST_DELAY_S: Final = 0.1
_LONGEST_DELAY_S: Final = 10.0
# The server is away, full or slow: these pass, and are tried for as long as it takes.
_PASSING: Final = frozenset(
    {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.DEADLINE_EXCEEDED}
)
# A proxy's reset, a fault of the server: worth some more attempts, each of which stores an event once.
_DOUBTFUL: Final = frozenset(
    {grpc.StatusCode.ABORTED, grpc.StatusCode.CANCELLED, grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN}
)
_DOUBTFUL_ATTEMPTS: Final = 5
_TOO_LARGE: Final = "larger than max"  # grpcio's words
_OUTCOMES: Final = {1: Outcome.STORED, 2: Outcome.REPEATED, 3: Outcome.REJECTED}
_STATUS_DETAILS: Final = "grpc-status-details-bin"


class _Failure(NamedTuple):
    """A call that failed."""

    code: grpc.StatusCode
    status: Any  # google.rpc.Status
    retry_after_s: float  # what the server asks for


def _not_tried() -> _Failure:
    text = "the batcher was closed, and close_timeout_s had passed, before this was sent"
    return _Failure(grpc.StatusCode.CANCELLED, message_type("google.rpc.Status")(code=1, message=text), 0.0)


class Delivery:
    """Sends batches of one kind of event to one place.

    Args:
        channel: The way to the server.
        kind: Of all events.
        parent: Where they belong.
        options: How calls are made.
        given_up: Once it is set, nothing more is tried.
    """

    def __init__(
        self, channel: grpc.Channel, kind: Kind, parent: str, options: BatcherOptions, given_up: threading.Event
    ) -> None:
        self._kind = kind
        self._parent = parent
        self._timeout_s = options.call_timeout_s
        self._metadata = tuple(options.metadata)
        self._request = message_type(kind.request)
        self._call = channel.unary_unary(
            kind.method,
            request_serializer=self._request.SerializeToString,
            response_deserializer=message_type(kind.response).FromString,
        )
        self._given_up = given_up

    def deliver(self, batch: Sequence[Queued]) -> list[Verdict]:
        """Sends it, again and again where that makes sense.

        Returns:
            What became of each, in order.
        """
        attempts = 0
        failure = _not_tried()
        while not self._given_up.is_set():
            attempts += 1
            try:
                response = self._send(batch)
            except grpc.RpcError as error:
                failure = _failure(error)
            else:
                return [_verdict(each, result) for each, result in zip(batch, response.results, strict=True)]
            if _TOO_LARGE in failure.status.message and len(batch) > 1:  # for this server's --max-message-bytes
                half = len(batch) // 2
                return self.deliver(batch[:half]) + self.deliver(batch[half:])
            if not _worth_another(failure, attempts):
                break
            if attempts == 1:
                log.warning("sending events again: %s: %s", failure.code.name, failure.status.message)
            self._given_up.wait(_delay_s(attempts, failure))
        return [of_status(each.event, Outcome.FAILED, failure.status) for each in batch]

    def _send(self, batch: Sequence[Queued]) -> Any:
        request = self._request(parent=self._parent)
        getattr(request, self._kind.events).extend(each.message for each in batch)
        return self._call(request, timeout=self._timeout_s, metadata=self._metadata)


def _worth_another(failure: _Failure, attempts: int) -> bool:
    if failure.code in _PASSING:
        return _TOO_LARGE not in failure.status.message
    return failure.code in _DOUBTFUL and attempts < _DOUBTFUL_ATTEMPTS


def _delay_s(attempts: int, failure: _Failure) -> float:
    """Grows with the attempts, differs from client to client, and is never less than the server asks for."""
    longest = min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2 ** min(attempts, 10))
    return failure.retry_after_s + random.uniform(longest / 2, longest)


def _failure(error: Any) -> _Failure:
    """What a failed call says."""
    status = message_type("google.rpc.Status")(code=error.code().value[0], message=error.details() or "")
    retry = message_type("google.rpc.RetryInfo")()
    for key, value in error.trailing_metadata() or ():
        if key == _STATUS_DETAILS:
            status = type(status).FromString(value)
    for detail in status.details:
        detail.Unpack(retry)
    return _Failure(error.code(), status, retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9)


def _verdict(queued: Queued, result: Any) -> Verdict:
    outcome = _OUTCOMES[result.outcome]
    if outcome is Outcome.REJECTED:
        return of_status(queued.event, outcome, result.status)
    return Verdict(queued.event, outcome)
