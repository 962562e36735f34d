"""Funnels over the clickstream of a shop, against a computation of their own over its file."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from tests.contract.real_data_session import CLICKSTREAM, Event, Session, distinct, expect
from tests.support import naive_funnel
from tests.support.naive_funnel import Figures, Seen

_PATHS = (
    ("detail-page-view", "add-to-cart", "purchase-complete"),
    (
        "home-page-view",
        "category-page-view search",
        "detail-page-view",
        "wishlist-add add-to-cart",
        "purchase-complete",
    ),
    ("search", "search", "search", "detail-page-view", "detail-page-view"),
    ("add-to-cart", "payment-error checkout-bug", "support-chat"),
)
_WINDOWS_S = (None, 1_800, 7 * 86_400)
_SERVICE = "footfall.v1.InsightsService"


def check_funnels(session: Session) -> None:
    """Every path, window, actor and split."""
    session.import_events("funnels", CLICKSTREAM)
    events = distinct(session.data / CLICKSTREAM)
    expect("events stored", session.count("funnels"), len(events))
    for path in _PATHS:
        print(" -> ".join(path))
        for window_s in _WINDOWS_S:
            hold(session, events, path, window_s)
    print("By user, and split")
    for split, values in _SPLITS:
        hold(session, events, _PATHS[0], None, split=split, values=values)
    hold(
        session, events, _PATHS[0], None, actor="ACTOR_USER", who=lambda event: event.get("userInfo", {}).get("userId")
    )


def hold(
    session: Session,
    events: list[Event],
    path: tuple[str, ...],
    window_s: int | None,
    *,
    split: dict[str, Any] | None = None,
    values: Callable[[Event], tuple[str, ...]] = lambda _event: (),
    actor: str = "ACTOR_VISITOR",
    who: Callable[[Event], str | None] = lambda event: event["visitorId"],
) -> None:
    """One funnel, the server's and that of the file."""
    request: dict[str, Any] = {"steps": [{"event_types": step.split()} for step in path], "actor": actor}
    if window_s:
        request["window"] = {"seconds": window_s}
    if split:
        request["split"] = split
    found = session.reflected.call(_SERVICE, "ComputeFunnel", parent=session.catalog("funnels"), **request)
    seen = [
        Seen(_us(event), index, event["eventType"], who(event), values(event)) for index, event in enumerate(events)
    ]
    total, groups = naive_funnel.funnel(seen, [set(step.split()) for step in path], window_s and window_s * 1_000_000)
    expect(f"within {window_s or 'any'} s, {split or actor}", _figures(found.steps), total)
    if split:
        shown = {group.value if group.HasField("value") else None: _figures(group.steps) for group in found.groups}
        expect("groups", shown, groups)


def _us(event: Event) -> int:
    return int(datetime.datetime.fromisoformat(event["eventTime"]).timestamp()) * 1_000_000


def _figures(steps: Any) -> Figures:
    return [
        (
            step.actor_count,
            step.median_time_from_previous.ToMicroseconds() if step.HasField("median_time_from_previous") else None,
        )
        for step in steps
    ]


def _attribute(name: str) -> Callable[[Event], tuple[str, ...]]:
    return lambda event: tuple(event["attributes"].get(name, {}).get("text", ()))


_SPLITS: tuple[tuple[dict[str, Any], Callable[[Event], tuple[str, ...]]], ...] = (
    ({"attribute": "platform"}, _attribute("platform")),
    ({"attribute": "acquisition_channel"}, _attribute("acquisition_channel")),
    ({"experiment_id": True}, lambda _event: ()),
)
