"""Footfall for Python programs: events in batches, and Google's own clients pointed at a Footfall.

It needs grpcio and protobuf, nothing of the service, and shares a process with Google's packages, whichever of them is
imported first: its messages live in a descriptor pool of their own.
"""

from __future__ import annotations

from footfall_client.asynchronous import AsyncEventBatcher
from footfall_client.batcher import EventBatcher
from footfall_client.clients import (
    retail_async_client,
    retail_client,
    talent_async_client,
    talent_client,
)
from footfall_client.options import Options
from footfall_client.outbox import ClosedError, QueueFullError
from footfall_client.verdicts import Outcome, Report, Verdict, Violation

__all__ = [
    "AsyncEventBatcher",
    "ClosedError",
    "EventBatcher",
    "Options",
    "Outcome",
    "QueueFullError",
    "Report",
    "Verdict",
    "Violation",
    "retail_async_client",
    "retail_client",
    "talent_async_client",
    "talent_client",
]
