"""/api/talent/events: where pages with jobs report what their visitors do."""

from __future__ import annotations

from typing import Final

from google.api.httpbody_pb2 import HttpBody

from service.doors.http import responses
from service.doors.http.application import Page, too_large
from service.doors.http.calls import BodyTooLargeError, Call
from service.doors.http.parameters import System
from service.doors.http.responses import Answer
from service.rpc.method import Method

PATH: Final = "/api/talent/events"
PART: Final = "job-events"
"""What `--public-parts` calls it."""
MAX_BODY_BYTES: Final = 2 * 2**20  # room for 1,000 events of the largest size


def page(method: Method) -> Page:
    """The endpoint.

    Args:
        method: Takes the body of a request, whatever its content type: a beacon's is text/plain.
    """

    async def answer(call: Call) -> Answer:
        try:
            body = await call.body(MAX_BODY_BYTES)
        except BodyTooLargeError:
            return too_large(call, f"{MAX_BODY_BYTES:,} bytes")
        response = await method.handler(HttpBody(data=body), call)
        return responses.answer(response, method.response_type, System())

    return Page(answer, methods=("POST",), part=PART)
