"""Purges of the real files: tried, done, held against an independent count, and the space given back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.contract.real_data_session import CDNOW, CLICKSTREAM, Event, Session, distinct, expect, timed

FEBRUARY = 'eventTime >= "1997-02-01T00:00:00Z" eventTime < "1997-03-01T00:00:00Z"'
RANGE = '(event_time: ["1997-05-05T12:00:00Z", "1997-05-09T12:00:00Z"])'
WITH_ENDS = RANGE.replace('(event_time: ["', 'eventTime >= "').replace('", "', '" eventTime <= "').replace("])", "")
WITHOUT_ENDS = WITH_ENDS.replace(">=", ">").replace("<=", "<")

Wanted = Callable[[Event], bool]

# Times of the files are of one form, so that they compare as text.
CDNOW_PURGES: list[tuple[str, Wanted]] = [
    (FEBRUARY, lambda event: "1997-02-01" <= event["eventTime"] < "1997-03-01"),
    (WITHOUT_ENDS, lambda event: "1997-05-06" <= event["eventTime"] < "1997-05-09"),
    (RANGE, lambda event: "1997-05-05" <= event["eventTime"] < "1997-05-10"),
    ('visitorId = "cdnow-00003"', lambda event: event["visitorId"] == "cdnow-00003"),
    (
        'visitor_id = cdnow-00019 AND event_time >= "1997-06-01T00:00:00Z"',
        lambda event: event["visitorId"] == "cdnow-00019" and event["eventTime"] >= "1997-06-01",
    ),
    ('eventTime < "1997-01-10T12:00:00+00:00"', lambda event: event["eventTime"] < "1997-01-10T12"),
]
CLICKSTREAM_PURGES: list[tuple[str, Wanted]] = [
    ("eventType = add-to-cart", lambda event: event["eventType"] == "add-to-cart"),
    ('userId = "user_0597"', lambda event: event["userInfo"]["userId"] == "user_0597"),
    (
        "eventType=search userId=user_0152",
        lambda event: event["eventType"] == "search" and event["userInfo"]["userId"] == "user_0152",
    ),
    (
        'visitorID = user_0032 (eventTime: ["2024-03-01T00:00:00Z", "2024-03-31T23:59:59.999999Z"])',
        lambda event: event["visitorId"] == "user_0032" and event["eventTime"].startswith("2024-03"),
    ),
    ("userId = nobody", lambda _: False),
]


def check_purging(session: Session) -> None:
    """Purges of each file, then all of both."""
    for name, file, purges in (("cdnow", CDNOW, CDNOW_PURGES), ("clickstream", CLICKSTREAM, CLICKSTREAM_PURGES)):
        session.import_events(name, file)
        left = distinct(session.data / file)
        for wanted, holds in purges:
            left = run(session, name, wanted, left, holds)
        expect("what is left is what the file has besides", identities(session.stored(name)) == of_file(left), True)
    inclusive(session)
    everything(session)


def run(session: Session, name: str, wanted: str, events: list[Event], holds: Wanted) -> list[Event]:
    """Tries a purge and does it; returns the events that are left."""
    print(f"purge {wanted}")
    independent = sum(map(holds, events))
    expect("counted before", session.count(name, wanted), independent)
    expect("without force", session.purge(name, wanted, force=False), independent)
    assert session.count(name) == len(events)
    expect("with force", session.purge(name, wanted, force=True), independent)
    expect("left", session.count(name), len(events) - independent)
    return [event for event in events if not holds(event)]


def inclusive(session: Session) -> None:
    print("the range form")
    session.import_events("again", CDNOW)
    expect(RANGE, session.purge("again", RANGE, force=False), session.purge("again", WITH_ENDS, force=False))
    assert session.purge("again", RANGE, force=False) > session.purge("again", WITHOUT_ENDS, force=False) > 0


def everything(session: Session) -> None:
    print("purge *")
    file = session.server.database
    before = file.stat().st_size
    for name in ("cdnow", "clickstream", "again"):
        there = session.count(name)
        with timed(f"the purge of {name}", there):
            expect("deleted", session.purge(name, "*", force=True), there)
        expect("left", session.count(name), 0)
    after = file.stat().st_size
    print(f"  the database file had {before:,} bytes and has {after:,}")
    assert after < before / 20


def identities(stored: list[Any]) -> Counter[tuple[str, str, str]]:
    return Counter(
        (each.user_event.event_time.ToJsonString(), each.user_event.visitor_id, each.user_event.event_type)
        for each in stored
    )


def of_file(events: list[Event]) -> Counter[tuple[str, str, str]]:
    return Counter((event["eventTime"], event["visitorId"], event["eventType"]) for event in events)
