"""/metrics, the page that Prometheus asks for."""

from __future__ import annotations

from dataclasses import dataclass

from service.doors.http.application import Page
from service.doors.http.calls import Call
from service.doors.http.responses import Answer
from service.measures import Refused, Tally
from service.rpc.middleware.admission import Admission
from service.rpc.middleware.metrics import Calls
from service.storage.base import Store
from service.storage.errors import StoreError
from service.storage.readers import read
from service.storage.writer import Writer


@dataclass(frozen=True, slots=True)
class Measured:
    """Where the numbers come from.

    Args:
        calls: Calls of methods, through whatever door.
        admission: Calls at work.
        answered: Answers of the HTTP listeners by status: the one for everything, the one for the public.
        refused: Events that were refused.
        writer: The way to the database.
        store: The database.
    """

    calls: Calls
    admission: Admission
    answered: tuple[Tally[int], Tally[int]]
    refused: Refused
    writer: Writer
    store: Store


def page(measured: Measured) -> Page:
    """The page."""

    async def answer(call: Call) -> Answer:
        from service import prometheus  # noqa: PLC0415  a MiB and 10 ms, which only who is asked needs

        try:
            summary = await read(measured.store.summary)
        except StoreError:
            summary = None
        content_type, body = prometheus.text(measured, summary, call.headers.get("accept", ""))
        return Answer(200, content_type, body)

    return Page(answer)
