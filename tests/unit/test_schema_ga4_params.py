"""The schema `user_event_ga4`: searches, categories, further parameters, and lines that hold a row."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf import json_format

from service.events import user_event
from service.events.user_event import UserEventRules
from service.sources.schemas import UNMAPPABLE, MappingError, ga4
from tests.sources.rows import COLLECT_SAMPLE, ITEM, Row, param
from tests.sources.rows import ga4 as row

WRONG_TYPE = "INCORRECT_JSON_FORMAT"


def mapped(content: Row) -> dict[str, Any]:
    """The event of a row, which passes the rules, as JSON."""
    [(place, event, piece)] = ga4.map_row(content)
    assert (place, piece) == (0, None)
    assert not isinstance(event, MappingError)
    assert user_event.check(event, UserEventRules(), time_required=True) == []
    return json_format.MessageToDict(event)


def refused(content: Row) -> list[tuple[str, str, str]]:
    with pytest.raises(MappingError) as caught:
        ga4.map_row(content)
    return list(caught.value.violations)


# -- searches and categories


def test_listing_carries_what_it_shows():
    params = (
        param("search_query", "tee"), param("search_term", "t-shirt"), param("page_categories", "Men"),
        param("page_categories", "Men > Tees"), param("filter", 'color: ANY("red")'), param("order_by", "price desc"),
        param("offset", "20"),
    )  # fmt: skip
    event = mapped(row("view_item_list", *params, items=[ITEM, ITEM]))
    assert event["searchQuery"] == "tee"
    assert event["pageCategories"] == ["Men", "Men > Tees"]
    assert (event["filter"], event["orderBy"], event["offset"]) == ('color: ANY("red")', "price desc", 20)
    assert len(event["productDetails"]) == 2


def test_search_query_of_another_type_is_dropped():
    event = mapped(row("view_item", param("search_term", "tee"), param("page_category", "Men"), items=[ITEM]))
    assert event.keys().isdisjoint({"searchQuery", "pageCategories"})


def test_custom_type_carries_every_field():
    event = mapped(row("quick_view", param("search_term", "tee"), param("page_category", "Men"), param("cart_id", "c")))
    assert (event["searchQuery"], event["pageCategories"], event["cartId"]) == ("tee", ["Men"], "c")


@pytest.mark.parametrize("name", ["view_search_results", "search"])
def test_search_for_nothing(name):
    text = "`event_params.search_term` is empty, and so is search_query: a search needs what was searched for."
    assert refused(row(name, param("search_term", "(not set)"))) == [("event_params.search_term", text, UNMAPPABLE)]


def test_parameters_with_the_name_of_a_field():
    params = [param(key, key.upper()) for key in ("attribution_token", "entity", "page_view_id", "cart_id")]
    event = mapped(row("add_to_cart", *params, items=[ITEM]))
    assert event["attributionToken"] == "ATTRIBUTION_TOKEN"
    assert (event["entity"], event["pageViewId"], event["cartId"]) == ("ENTITY", "PAGE_VIEW_ID", "CART_ID")


# -- further parameters


def test_further_parameters_of_a_custom_type_are_attributes():
    params = (
        param("method", "google"), param("score", 1.5), param("level", 3), param("empty", ""),
        param("unset", "(not set)"), param("long", "x" * 300), {"key": "nothing", "value": {}}, param("tag", "a"),
        param("tag", "b"),
    )  # fmt: skip
    assert mapped(row("level_up", *params, event_params=list(params)))["attributes"] == {
        "method": {"text": ["google"]},
        "score": {"numbers": [1.5]},
        "level": {"numbers": [3.0]},
        "long": {"text": ["x" * 256]},
        "tag": {"text": ["a", "b"]},
    }


def test_further_parameters_of_googles_types_are_dropped():
    assert "attributes" not in mapped(row("view_homepage", param("method", "google")))


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ("none", "event_params[0]"),
        ([{"key": {}, "value": {"string_value": "a"}}], "event_params[0].key"),
        ([{"key": "a", "value": "b"}], "event_params[0].value"),
        ([{"key": "a", "value": {"string_value": {}}}], "event_params[0].value.string_value"),
        ([{"key": "a", "value": {"int_value": "x"}}], "event_params[0].value.int_value"),
        ([{"key": "a", "value": {"float_value": "x"}}], "event_params[0].value.float_value"),
        ([{"key": "a", "value": {"double_value": []}}], "event_params[0].value.double_value"),
        ([param("offset", "x")], "event_params.offset"),
        ([param("offset", 2**40)], "event_params.offset"),
    ],
)
def test_parameters_that_are_wrong(params, field):
    assert [(found, reason) for found, _, reason in refused(row("quick_view", event_params=params))] == [
        (field, WRONG_TYPE)
    ]


def test_no_more_than_a_hundred_faults_are_told():
    assert len(refused(row("view_item", items=[{}] * 1_000))) == 100


# -- lines


def test_line_is_a_row():
    assert ga4.map_line(json.dumps(COLLECT_SAMPLE)) == ga4.map_line(
        b"\xef\xbb\xbf" + json.dumps(COLLECT_SAMPLE).encode()
    )
    assert ga4.map_line(json.dumps(COLLECT_SAMPLE)) == ga4.map_row(COLLECT_SAMPLE)


@pytest.mark.parametrize(
    ("line", "description"),
    [
        (b"{", "The text is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)."),
        (b"\xff", "The text is not JSON: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte."),
        (b'{"items": NaN}', "The text is not JSON: a number can't be NaN."),
        (
            b"[" * 100_000,
            "The text is not JSON: maximum recursion depth exceeded while decoding a JSON array from a unicode string.",
        ),
        (b"[]", "The text must be a JSON object, but is a list."),
        (b'"row"', 'The text must be a JSON object, but is "row".'),
    ],
)
def test_line_that_is_no_row(line, description):
    with pytest.raises(MappingError) as caught:
        ga4.map_line(line)
    assert caught.value.violations == [("", description, WRONG_TYPE)]
    assert str(caught.value) == description
