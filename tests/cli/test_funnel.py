"""`footfall funnel`: bars on a terminal, JSON lines elsewhere."""

from __future__ import annotations

import json

import pytest

from tests.cli.console import Terminal

PATH = ("home-page-view", "bought=add-to-cart,purchase-complete")


@pytest.fixture
def stored(verb, tmp_path):
    """Three visitors, of whom two go on; one of these is a user."""
    lines = [
        {"eventType": event_type, "visitorId": visitor, "eventTime": f"2026-01-0{day}T00:00:0{second}Z", **more}
        for visitor, event_type, day, second, more in (
            ("v1", "home-page-view", 1, 0, {"attributes": {"platform": {"text": ["desktop"]}}}),
            ("v2", "home-page-view", 1, 0, {"userInfo": {"userId": "u"}}),
            ("v3", "home-page-view", 2, 0, {}),
            ("v1", "add-to-cart", 1, 5, {"productDetails": [{"product": {"id": "p"}}]}),
            ("v2", "add-to-cart", 3, 0, {"productDetails": [{"product": {"id": "p"}}], "userInfo": {"userId": "u"}}),
        )
    ]
    file = tmp_path / "events.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    assert verb("import", file).returncode == 0


def told(done):
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_json_lines(verb, stored):
    done = verb("funnel", *PATH)
    assert told(done) == [
        {"step": "home-page-view", "actors": 3, "fromPrevious": 1.0, "fromFirst": 1.0},
        {"step": "bought", "actors": 2, "fromPrevious": 2 / 3, "fromFirst": 2 / 3, "medianSeconds": 86_402.5},
    ]
    assert done.stderr == "5 events of these types\n"


def test_window_actor_and_filter(verb, stored):
    assert [each["actors"] for each in told(verb("funnel", *PATH, "--window", "1m"))] == [3, 1]
    done = verb("funnel", *PATH, "--actor", "user")
    assert [each["actors"] for each in told(done)] == [1, 1]
    assert done.stderr == "5 events of these types, 3 of them without the id of an actor\n"
    assert [each["actors"] for each in told(verb("funnel", *PATH, "--filter", "visitorId=v3"))] == [1, 0]


@pytest.mark.parametrize(
    ("split", "groups"),
    [("day", ["2026-01-01", "2026-01-02"]), ("attribute:platform", [None, "desktop"]), ("experiment", [None])],
)
def test_split(verb, stored, split, groups):
    lines = told(verb("funnel", *PATH, "--split", split))
    assert [each["group"] for each in lines[2::2]] == groups
    assert sum(each["actors"] for each in lines[2::2]) == 3


def test_bars_on_a_terminal(variables, stored):
    terminal = Terminal("funnel", *PATH, "--split", "attribute:platform", **variables)
    assert terminal.end() == 0
    lines = terminal.shown.splitlines()
    assert lines[0].split() == ["STEP", "COUNT", "OF", "ALL", "OF", "PREVIOUS", "MEDIAN", "TIME"]
    assert (lines[1].split()[0], lines[1].split()[-2:]) == ("home-page-view", ["3", "100.0%"])
    assert lines[2].split()[-5:] == ["2", "66.7%", "66.7%", "1d", "0h"]
    assert "━" in lines[2]
    assert "platform: none" in lines
    assert "platform: desktop" in lines


def test_a_tenant_has_a_path_of_its_own(verb, project):
    lines = told(verb("funnel", "--tenant", f"{project}/tenants/t"))
    assert [each["step"] for each in lines] == [
        "IMPRESSION", "VIEW", "APPLICATION_START", "APPLICATION_FINISH", "outcome"
    ]  # fmt: skip
    assert {each["actors"] for each in lines} == {0}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--window", "week"], "such as 7d"),
        (["--split", "attribute"], "attribute:NAME"),
        (["Search"], "steps[0].event_types[0]"),
        (["search", "--actor", "request"], "ACTOR_VISITOR or ACTOR_USER"),
    ],
)
def test_wrong_values(verb, arguments, told):
    done = verb("funnel", *arguments)
    assert done.returncode == 2
    assert told in " ".join(done.stderr.split())
