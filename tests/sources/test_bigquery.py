"""Tables, views and partitions of BigQuery, read as an import reads them, from an emulator."""

from __future__ import annotations

from datetime import date

import pytest

from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from service.events import user_event
from service.events.user_event import UserEventRules
from service.sources.bigquery import BigQueryTable, FixedRows, TableInfo
from service.sources.lines import numbered
from service.sources.schemas import Mapped, MappingError, line_reader
from service.sources.schemas.rows import row_chunks
from tests.sources import rows
from tests.sources.emulator import DATASET, PROJECT, numbers, path
from tests.sources.rows import EVENTS_SCHEMA, GA4_SCHEMA, GA360_SCHEMA


def events_of(table: BigQueryTable, data_schema: str) -> list[tuple[int, Mapped]]:
    """What an import makes of a table: the events with the numbers of their rows."""
    read = line_reader(data_schema, table=True)
    pieces = row_chunks(table.read(table.fix(table.describe())), offset=0, chunk_bytes=1_000, max_line_bytes=100_000)
    found = []
    for chunk in pieces:
        for number, line in numbered(chunk.data, chunk.first_line):
            try:
                found += [(number, mapped) for mapped in read(line)]
            except MappingError as error:
                found.append((number, Mapped(0, error)))
    return found


def types_of(found: list[tuple[int, Mapped]]) -> list[tuple[int, int, str]]:
    """Row, place in it, and event type; every event must pass the rules."""
    listed = []
    for number, (place, event, _) in found:
        assert isinstance(event, UserEvent), event
        assert user_event.check(event, UserEventRules(), time_required=True) == []
        listed.append((number, place, event.event_type))
    return listed


def test_table_of_googles_sample_layout(warehouse, open_table, name):
    warehouse.create(name, EVENTS_SCHEMA, rows.EVENTS)
    found = events_of(open_table(name), "user_event")
    assert types_of(found) == [
        (1, 0, "home-page-view"), (2, 0, "search"), (3, 0, "category-page-view"), (4, 0, "purchase-complete"),
    ]  # fmt: skip
    purchase = found[3][1].event
    assert (purchase.cart_id, purchase.purchase_transaction.currency_code) == ("c1", "USD")
    assert [detail.quantity.value for detail in purchase.product_details] == [2, 0]


def test_ga4_export(warehouse, open_table, name):
    warehouse.create(name, GA4_SCHEMA, [
        rows.ga4("view_item", items=[rows.ITEM]),
        rows.ga4("view_item_list", rows.param("search_term", 501), rows.param("offset", 20)),
        rows.ga4("purchase", rows.param("currency", "CAD"), items=[rows.ITEM], ecommerce=rows.ECOMMERCE),
        rows.ga4("sign_up", rows.param("method", "google"), user_id=None),
    ])  # fmt: skip
    found = events_of(open_table(name), "user_event_ga4")
    assert types_of(found) == [
        (1, 0, "detail-page-view"), (2, 0, "search"), (3, 0, "purchase-complete"), (4, 0, "sign-up"),
    ]  # fmt: skip
    assert [found[1][1].event.search_query, found[1][1].event.offset] == ["501", 20]
    assert found[2][1].event.purchase_transaction.revenue == 27.75
    assert found[3][1].event.attributes["method"].text == ["google"]
    assert not found[3][1].event.HasField("user_info")


def test_ga360_export(warehouse, open_table, name):
    sold = {"transactionId": "T1", "transactionRevenue": 33980000, "currencyCode": "CAD"}
    bought = rows.hit(1, action="6", product=[rows.product(productQuantity=2)], transaction=sold)
    warehouse.create(name, GA360_SCHEMA, [
        rows.ga360(rows.hit(0, path="/"), rows.hit(1, action="2", product=[rows.product()])),
        rows.ga360(rows.hit(0, "TIMING"), bought),
    ])  # fmt: skip
    found = events_of(open_table(name), "user_event_ga360")
    assert types_of(found) == [(1, 0, "home-page-view"), (1, 1, "detail-page-view"), (2, 1, "purchase-complete")]
    purchase = found[2][1].event
    assert (purchase.purchase_transaction.id, round(purchase.purchase_transaction.revenue, 2)) == ("T1", 33.98)
    assert (purchase.product_details[0].quantity.value, purchase.event_time.seconds) == (2, 1501583975)


def test_bad_rows_among_good_ones_are_told_by_number(warehouse, open_table, name):
    schema = EVENTS_SCHEMA | {"colour": "STRING"}
    good, bad = rows.EVENTS[0], rows.EVENTS[1]
    warehouse.create(name, schema, [good, bad | {"colour": "red"}, bad | {"eventTime": "yesterday"}, good])
    found = events_of(open_table(name), "user_event")
    assert [(number, isinstance(mapped.event, UserEvent)) for number, mapped in found] == [
        (1, True), (2, False), (3, False), (4, True),
    ]  # fmt: skip
    assert [(item.field, item.reason) for item in found[1][1].event.violations] == [("colour", "UNKNOWN_FIELD")]
    assert [(item.field, item.reason) for item in found[2][1].event.violations] == [("event_time", "INVALID_TIMESTAMP")]


@pytest.mark.parametrize("kind", ["TIMESTAMP", "DATETIME"])
def test_times_in_columns_of_their_own_type(warehouse, open_table, name, kind):
    warehouse.create(
        name, EVENTS_SCHEMA | {"eventTime": kind}, [rows.EVENTS[0] | {"eventTime": "2022-02-23 10:27:42.5"}]
    )
    [(_, mapped)] = events_of(open_table(name), "user_event")
    assert mapped.event.event_time.ToJsonString() == "2022-02-23T10:27:42.500Z"


# -- places of rows


def test_reading_goes_on_from_any_row(warehouse, open_table, name):
    warehouse.create(name, {"n": "INT64"}, [{"n": number} for number in range(25)])
    table = open_table(name)
    fixed = table.fix(table.describe())
    assert fixed.size == 25
    for offset in (0, 1, 7, 24, 25):
        assert numbers(table, fixed, offset, page_rows=4, batch_rows=3) == list(range(offset, 25))


def test_batches_are_as_small_as_asked_for(warehouse, open_table, name):
    warehouse.create(name, {"n": "INT64"}, [{"n": number} for number in range(10)])
    table = open_table(name)
    batches = table.read(table.fix(table.describe()), page_rows=5, batch_rows=3)
    assert [len(batch) for batch in batches] == [3, 2, 3, 2]


def test_what_was_known_survives_being_written_down(warehouse, open_table, name):
    """An operation keeps both as JSON: lists come back for tuples."""
    warehouse.create(name, {"n": "INT64"}, [{"n": 1}, {"n": 2}])
    before = open_table(name)
    info = before.describe()
    fixed = before.fix(TableInfo(*list(info)))
    after = open_table(name)
    assert numbers(after, FixedRows(list(fixed.table), fixed.version, fixed.size), 1) == [2]


def test_empty_table(warehouse, open_table, name):
    warehouse.run(f"CREATE TABLE {path(name)} (n INT64)")
    table = open_table(name)
    info = table.describe()
    assert (info.rows, numbers(table, table.fix(info))) == (0, [])


def test_view_is_fixed_by_a_query(warehouse, open_table, name):
    warehouse.create(f"{name}_of", EVENTS_SCHEMA, rows.EVENTS)
    warehouse.create_view(name, f"SELECT * FROM {path(f'{name}_of')} WHERE visitorId = 'v2'")
    table = open_table(name)
    assert table.describe() == TableInfo(f"bq://{PROJECT}.{DATASET}.{name}", "", None)
    fixed = table.fix(table.describe())
    assert fixed.size == 2
    assert fixed.table != (PROJECT, DATASET, name)
    assert types_of(events_of(table, "user_event")) == [(1, 0, "category-page-view"), (2, 0, "purchase-complete")]
    warehouse.insert(f"{name}_of", EVENTS_SCHEMA, [rows.EVENTS[3]])
    table.verify(fixed)
    assert [row["eventType"] for batch in table.read(fixed, 1) for row in batch] == ["purchase-complete"]


@pytest.mark.parametrize(
    ("column", "kind", "partition", "day", "expected"),
    [
        ("day", "DATE", "day", date(2024, 1, 15), [1, 2]),
        ("day", "DATE", "day", date(2024, 1, 17), []),
        ("at", "TIMESTAMP", "TIMESTAMP_TRUNC(at, DAY)", date(2024, 1, 15), [1, 2]),
        ("at", "TIMESTAMP", "TIMESTAMP_TRUNC(at, HOUR)", date(2024, 1, 16), [3]),
        ("at", "DATETIME", "DATETIME_TRUNC(at, DAY)", date(2024, 1, 16), [3]),
        ("at", "TIMESTAMP", "TIMESTAMP_TRUNC(at, MONTH)", date(2024, 1, 31), [1, 2, 3]),
        ("day", "DATE", "DATE_TRUNC(day, MONTH)", date(2024, 2, 29), [4]),
        ("day", "DATE", "DATE_TRUNC(day, YEAR)", date(2024, 12, 31), [1, 2, 3, 4]),
    ],
)
def test_partition(warehouse, open_table, name, column, kind, partition, day, expected):
    days = ["2024-01-15", "2024-01-15", "2024-01-16", "2024-02-01", "2025-01-01"]
    times = ["", " 23:59:59.999999", " 00:00:00", "", ""]
    moments = [f"{day}{'' if kind == 'DATE' else time}" for day, time in zip(days, times, strict=True)]
    content = [{"n": number, column: moment} for number, moment in enumerate(moments, 1)]
    warehouse.create(name, {"n": "INT64", column: kind}, content, f"PARTITION BY {partition}")
    table = open_table(name, day)
    assert table.uri.endswith(f".{name}${day:%Y%m%d}")
    fixed = table.fix(table.describe())
    assert (fixed.size, numbers(table, fixed)) == (len(expected), expected)
