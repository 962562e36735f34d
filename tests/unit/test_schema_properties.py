"""Whatever a row holds, a schema gives events that can be stored, or says what is wrong; it never fails otherwise."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from service.events import user_event
from service.events.user_event import UserEventRules
from service.sources.schemas import DATA_SCHEMAS, Mapped, MappingError, line_reader
from tests.sources import rows

SAMPLES = {
    "user_event": rows.EVENTS,
    "user_event_ga4": [
        rows.COLLECT_SAMPLE,
        rows.ga4("purchase", rows.param("currency", "CAD"), items=[rows.ITEM], ecommerce=rows.ECOMMERCE),
        rows.ga4("view_item_list", rows.param("search_term", "tee"), rows.param("offset", 3)),
    ],
    "user_event_ga360": [
        rows.ga360(
            rows.hit(0, path="/"), rows.hit(1, action="3", product=[rows.product(), rows.product(isImpression=True)])
        ),
        rows.ga360(
            rows.hit(0, "TRANSACTION", transaction={"transactionId": "T", "transactionRevenue": 5}),
            rows.hit(1, "ITEM", item={"transactionId": "T", "productSku": "a"}),
            rows.hit(2, "EVENT", eventInfo={"eventAction": "play", "eventValue": 1}),
        ),
    ],
}
NUMBERS = st.integers() | st.floats() | st.sampled_from([2**31, 2**63, -(2**63), 10**400, 1e308])
TEXTS = st.text(st.characters(), max_size=20) | st.sampled_from(
    ["(not set)", "1e999", "-", "9" * 5_000, "\ud800", "x" * 1_000]
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a row: what holds it, and under which key."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, item in items for place in [(value, key), *places(item)]]


@st.composite
def spoilt_rows(draw: st.DrawFn, data_schema: str) -> dict[str, Any]:
    row = copy.deepcopy(draw(st.sampled_from(SAMPLES[data_schema])))
    for _ in range(draw(st.integers(1, 3))):
        holder, key = draw(st.sampled_from(places(row)))
        holder[key] = draw(VALUES)
    return row


@pytest.mark.parametrize("table", [False, True])
@pytest.mark.parametrize("data_schema", DATA_SCHEMAS)
@given(data=st.data())
def test_spoilt_rows(data_schema, table, data):
    row = data.draw(spoilt_rows(data_schema))
    try:
        mapped = line_reader(data_schema, table=table)(json.dumps(row).encode())
    except MappingError as error:
        mapped = [Mapped(0, error)]
    for _, event, _ in mapped:
        if isinstance(event, MappingError):
            assert event.violations
        else:
            assert UserEvent.FromString(event.SerializeToString()) == event or "nan" in str(event)
            user_event.check(event, UserEventRules())


@pytest.mark.parametrize("data_schema", DATA_SCHEMAS)
@given(line=st.binary(max_size=50))
def test_spoilt_lines(data_schema, line):
    with pytest.raises(MappingError):
        line_reader(data_schema)(line + b"]")


@pytest.mark.parametrize("data_schema", DATA_SCHEMAS)
def test_samples_are_good(data_schema):
    for row in SAMPLES[data_schema]:
        for _, event, _ in line_reader(data_schema)(json.dumps(row).encode()):
            assert user_event.check(event, UserEventRules(), time_required=True) == []
