"""A job board made by chance, the same for the same seed: searches, and what becomes of the jobs that they show."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

FIRST_US = 1_710_000_000_000_000
_DAYS = 20
_DAY_US = 86_400_000_000
_CHANNELS = ["mail", "ads", "direct", "social"]
_PATH = [
    ("VIEW", 0.6, 30),
    ("APPLICATION_START", 0.4, 90),
    ("APPLICATION_FINISH", 0.7, 600),
    ("SENT_CV", 0.5, 86_400),
    ("INTERVIEW_GRANTED", 0.4, 3 * 86_400),
    ("HIRED", 0.3, 6 * 86_400),
]
_OTHERS = [
    "BOOKMARK", "NOTIFICATION", "APPLICATION_QUICK_SUBMISSION", "APPLICATION_START_FROM_SEARCH",
    "APPLICATION_REDIRECT_FROM_SEARCH", "VIEW", "HIRED",
]  # fmt: skip


class Happened(NamedTuple):
    """One client event; times in microseconds since the Unix epoch."""

    request_id: str | None
    us: int
    event_type: str
    jobs: tuple[str, ...]
    channel: str

    def message(self, tenant: str, event_id: str) -> dict[str, Any]:
        """The event as a ClientEvent takes it."""
        event = {
            "request_id": self.request_id or "",
            "event_id": event_id,
            "create_time": {"seconds": self.us // 1_000_000, "nanos": self.us % 1_000_000 * 1_000},
            "job_event": {"type": self.event_type, "jobs": [f"{tenant}/jobs/{job}" for job in self.jobs]},
        }
        return {**event, "event_notes": json.dumps({"channel": self.channel})} if self.channel else event


def job_board(events: int, seed: int = 1) -> list[Happened]:
    """So many events, in no order. Times are often whole seconds, as in Google's guide, and so often the same."""
    draw = random.Random(seed)
    found: list[Happened] = []
    number = 0
    while len(found) < events:
        number += 1
        found += _search(draw, f"search-{number}")
    draw.shuffle(found)
    return found[:events]


def _search(draw: random.Random, name: str) -> Iterator[Happened]:
    us = FIRST_US + draw.randrange(_DAYS * _DAY_US)
    if draw.random() < 0.7:
        us -= us % 1_000_000
    request_id = None if draw.random() < 0.03 else name
    channel = draw.choice([*_CHANNELS, ""])
    jobs = [f"job-{draw.randrange(500)}" for _ in range(draw.randrange(1, 4))]
    if draw.random() < 0.95:
        yield Happened(request_id, us, "IMPRESSION", tuple(dict.fromkeys(jobs)), channel)
    for job in jobs[:2]:
        at = us
        for event_type, share, seconds in _PATH:
            if draw.random() > share:
                break
            at += draw.choice([0, draw.randrange(2 * seconds) * 1_000_000, draw.randrange(seconds * 1_000_000)])
            yield Happened(request_id, at, event_type, (job,), draw.choice([channel, "mail"]))
    while draw.random() < 0.25:
        yield Happened(request_id, us + draw.randrange(3_600) * 1_000_000, draw.choice(_OTHERS), (jobs[0],), channel)
