"""`footfall list`: stored events as a table or as JSON lines, and how many there are."""

from __future__ import annotations

import json

import pytest

from tests.cli.console import GOOD, Terminal, run, write_events
from tests.support.reflected import TALENT, ReflectedClient


@pytest.fixture(scope="module")
def many(served, tmp_path_factory) -> dict[str, str]:
    """The way to a catalog with more events than a page holds."""
    file = write_events(tmp_path_factory.mktemp("many") / "many.jsonl", 2_500)
    variables = {
        "FOOTFALL_SERVER": served.address,
        "FOOTFALL_CATALOG": "projects/many/locations/global/catalogs/default_catalog",
    }
    assert Terminal("import", file, **variables).end() == 0
    return variables


@pytest.fixture
def tenant(served, project) -> str:
    """A tenant with one client event."""
    name = f"{project}/tenants/t"
    with served.channel() as channel:
        event = {
            "event_id": "e1",
            "create_time": {"seconds": 1_760_000_000},
            "job_event": {"type": "VIEW", "jobs": [f"{name}/jobs/j1"]},
        }
        ReflectedClient(channel).call(TALENT, "CreateClientEvent", parent=name, client_event=event)
    return name


def test_json_lines_when_piped(examples):
    done = run("list", **examples)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["userEvent"]["eventType"] for event in events[:12]] == [
        json.loads(line)["eventType"] for line in GOOD.read_text().splitlines()
    ]
    assert events[0]["name"].startswith(f"{examples['FOOTFALL_CATALOG']}/userEvents/")
    assert events[0]["source"] == "EVENT_SOURCE_UPLOAD"
    assert done.stderr == "14 user events\n"


def test_table_on_a_terminal(examples):
    terminal = Terminal("list", **examples)
    assert terminal.end() == 0
    for text in (
        "TIME (UTC)",
        "2026-03-14 09:26:53  home-page-view",
        "2 x umbrella-small",
        "104.8 EUR",
        "14 user events",
    ):
        assert text in terminal.shown


def test_either_form_on_demand(examples):
    assert run("list", "--table", **examples).stdout.startswith("TIME (UTC)")
    terminal = Terminal("list", "--json", "--limit", 1, **examples)
    assert terminal.end() == 0
    assert json.loads(terminal.shown.splitlines()[0])["userEvent"]["eventType"] == "home-page-view"


@pytest.mark.parametrize(
    ("limit", "shown"), [([], 100), (["--limit", 1], 1), (["--limit", 1_200], 1_200), (["--limit", 0], 2_500)]
)
def test_limit(many, limit, shown):
    done = run("list", *limit, **many)
    visitors = [json.loads(line)["userEvent"]["visitorId"] for line in done.stdout.splitlines()]
    assert visitors == [f"v{number}" for number in range(shown)]
    more = "2,500 user events" if shown == 2_500 else f"{shown:,} of 2,500 user events; --limit 0 shows all"
    assert done.stderr == f"{more}\n"


def test_table_of_several_pages_has_its_titles_once(many):
    done = run("list", "--table", "--limit", 1_200, **many)
    titles, *rows = done.stdout.splitlines()
    assert titles.startswith("TIME (UTC)")
    assert len(rows) == 1_200
    assert all(row.startswith("2026-01-01 00:00:00  home-page-view           v") for row in rows)


def test_no_events(verb, catalog, project):
    for form in ("--json", "--table"):
        done = verb("list", form)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", f"0 user events in {catalog}\n")
    tenant = f"{project}/tenants/t"
    assert verb("list", "--tenant", tenant).stderr == f"0 client events in {tenant}\n"
    assert verb("rejected").stderr == f"0 rejected events in {catalog}\n"


def test_client_events_of_a_tenant(verb, variables, tenant):
    done = verb("list", "--tenant", tenant)
    assert json.loads(done.stdout)["clientEvent"]["eventId"] == "e1"
    assert done.stderr == "1 client event\n"
    terminal = Terminal("list", "--tenant", tenant, **variables)
    assert terminal.end() == 0
    [row] = [line.split() for line in terminal.shown.splitlines() if line.startswith("2025-10-09 08:53:20")]
    assert row[2:] == ["VIEW", "e1", "j1"]


def test_events_can_not_steer_the_terminal(verb, variables, tmp_path):
    file = tmp_path / "hostile.jsonl"
    event = {
        "eventType": "search",
        "visitorId": "v\x1b]0;title\x07",
        "eventTime": "2026-01-01T00:00:00Z",
        "searchQuery": "[red]\x9b2J\nnext",
    }
    file.write_text(json.dumps(event))
    assert verb("import", file).returncode == 0
    terminal = Terminal("list", **variables)
    assert terminal.end() == 0
    assert not {"\x1b", "\x9b", "\x07"} & set(terminal.shown)
    assert '"[red]\N{REPLACEMENT CHARACTER}2J\N{REPLACEMENT CHARACTER}next"' in terminal.shown


def test_any_character_on_a_terminal_of_few(examples):
    done = run("list", PYTHONIOENCODING="ascii", **examples)
    assert done.returncode == 0, done.stderr
    assert r"gr\xf6\xdfe" in done.stdout


def test_limit_below_zero_is_wrong_usage(verb):
    done = verb("list", "--limit", -1)
    assert done.returncode == 2
    assert "--limit" in done.stderr
