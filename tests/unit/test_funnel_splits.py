"""What funnels are split by."""

from __future__ import annotations

import json

import pytest

from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from generated.google.cloud.talent.v4.event_pb2 import ClientEvent
from service.events.funnel_splits import by_attribute, by_day, by_experiment, by_note


def test_the_day_is_that_of_utc():
    assert by_day(1_710_287_999_999_999, None) == ["2024-03-12"]
    assert by_day(1_710_288_000_000_000, None) == ["2024-03-13"]
    assert by_day(-1, None) == ["1969-12-31"]


def test_experiments_each_once():
    event = UserEvent(experiment_ids=["b", "a", "b", ""])
    assert by_experiment(0, event.SerializeToString()) == ["b", "a"]
    assert by_experiment(0, UserEvent().SerializeToString()) == []


def test_attributes_are_texts_or_numbers():
    event = UserEvent()
    event.attributes["colour"].text.extend(["blue", "grün", "blue"])
    event.attributes["size"].numbers.extend([37.0, 36.5, -0.0, 1e300])
    payload = event.SerializeToString()
    assert by_attribute("colour")(0, payload) == ["blue", "grün"]
    assert by_attribute("size")(0, payload) == ["37", "36.5", "0", str(int(1e300))]
    assert by_attribute("none")(0, payload) == []


@pytest.mark.parametrize(
    ("notes", "values"),
    [
        ({"from": "mail"}, ["mail"]),
        ({"from": 3}, ["3"]),
        ({"from": 3.5}, ["3.5"]),
        ({"from": True}, ["true"]),
        ({"from": ["mail", 1, "mail", None, {}]}, ["mail", "1"]),
        ({"from": {"a": 1}}, []),
        ({"from": None}, []),
        ({"from": "\ud800"}, ["?"]),
        ({"from": ["a\udfff", "\U0001f600", "\ud83d"]}, ["a?", "\U0001f600", "?"]),
        ({"other": "x"}, []),
        ([1], []),
        ("text", []),
    ],
)
def test_notes_that_are_a_json_object(notes, values):
    assert by_note("from")(0, ClientEvent(event_notes=json.dumps(notes)).SerializeToString()) == values


@pytest.mark.parametrize("notes", ["", "User viewed job from search results page 1", "{", '{"from": NaN}', "[" * 1_000])
def test_other_notes_have_no_values(notes):
    found = by_note("from")(0, ClientEvent(event_notes=notes).SerializeToString())
    assert found == (["nan"] if "NaN" in notes else [])
