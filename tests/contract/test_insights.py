"""footfall.v1.InsightsService: figures are those of a computation of their own, warnings never errors."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from typing import Any

import pytest
from google.api_core.exceptions import InvalidArgument, NotFound

from tests.contract.refusals import refused
from tests.support import naive_funnel
from tests.support.job_board import Happened, job_board
from tests.support.naive_funnel import Figures, Seen
from tests.support.reflected import EVENT_LOG, RETAIL, ReflectedClient

INSIGHTS = "footfall.v1.InsightsService"
BOARD = "projects/p/tenants/board"
EVENTS = 6_000
PATH = ["IMPRESSION", "VIEW", "APPLICATION_START", "APPLICATION_FINISH", "HIRED"]


@pytest.fixture(scope="module")
def board(reflected: ReflectedClient) -> list[Happened]:
    """A job board in the tenant BOARD, in the order of arrival."""
    events = job_board(EVENTS)
    messages = [event.message(BOARD, f"event-{number}") for number, event in enumerate(events)]
    written = reflected.call(EVENT_LOG, "BatchCreateClientEvents", parent=BOARD, client_events=messages)
    assert written.stored_count == EVENTS
    return events


def client_event(tenant: str, number: int, **fields: Any) -> dict[str, Any]:
    """A VIEW of an actor of its own, each a second after the one before."""
    return {
        "event_id": f"e{number}",
        "request_id": f"r{number}",
        "create_time": {"seconds": 1_710_000_000 + number},
        "job_event": {"type": "VIEW", "jobs": [f"{tenant}/jobs/j"]},
        **fields,
    }


def steps(*types: str) -> list[dict[str, Any]]:
    return [{"event_types": each.split()} for each in types]


def funnel(reflected: ReflectedClient, parent: str, *types: str, **fields: Any) -> Any:
    return reflected.call(INSIGHTS, "ComputeFunnel", parent=parent, steps=steps(*types), **fields)


def figures(results: Any) -> Figures:
    return [
        (each.actor_count, each.median_time_from_previous.ToMicroseconds()
         if each.HasField("median_time_from_previous") else None)
        for each in results
    ]  # fmt: skip


def groups(funnel: Any) -> dict[str | None, Figures]:
    return {group.value if group.HasField("value") else None: figures(group.steps) for group in funnel.groups}


def seen(events: list[Happened]) -> list[Seen]:
    return [
        Seen(event.us, number, event.event_type, event.request_id, (event.channel,) if event.channel else ())
        for number, event in enumerate(events)
    ]


@pytest.mark.parametrize("window_s", [None, 1, 3_600, 86_400])
@pytest.mark.parametrize(
    "path", [PATH, ["VIEW", "VIEW"], ["IMPRESSION", "VIEW APPLICATION_START_FROM_SEARCH", "HIRED INTERVIEW_GRANTED"]]
)
def test_a_job_boards_funnel(reflected: ReflectedClient, board: list[Happened], path: list[str], window_s: int | None):
    window = {"window": {"seconds": window_s}} if window_s else {}
    found = funnel(reflected, BOARD, *path, split={"attribute": "channel"}, **window)
    types = [set(each.split()) for each in path]
    total, by_channel = naive_funnel.funnel(seen(board), types, window_s and window_s * 1_000_000)
    assert figures(found.steps) == total
    assert groups(found) == by_channel
    counts = [count for count, _ in total]
    assert [each.conversion_from_first for each in found.steps] == [count / counts[0] for count in counts]
    assert [each.conversion_from_previous for each in found.steps[1:]] == [
        count / before for before, count in itertools.pairwise(counts)
    ]
    looked_at = [event for event in board if any(event.event_type in each for each in types)]
    assert found.event_count == len(looked_at)
    assert found.events_without_actor_count == sum(event.request_id is None for event in looked_at)


def test_a_filter_holds_for_every_step(reflected: ReflectedClient, board: list[Happened]):
    day = 'createTime >= "2024-03-12T00:00:00Z" createTime < "2024-03-13T00:00:00Z"'
    first, until = 1_710_201_600_000_000, 1_710_288_000_000_000
    found = funnel(reflected, BOARD, *PATH, filter=day, split={"day": True})
    within = [event for event in seen(board) if first <= event.us < until]
    assert figures(found.steps) == naive_funnel.funnel(within, [{each} for each in PATH])[0]
    assert [group.value for group in found.groups] == ["2024-03-12"]
    none = funnel(reflected, BOARD, *PATH, filter="eventType = BOOKMARK")
    assert (figures(none.steps), none.event_count) == ([(0, None)] * len(PATH), 0)


def test_days_come_in_order(reflected: ReflectedClient, board: list[Happened]):
    days = [group.value for group in funnel(reflected, BOARD, *PATH, split={"day": True}).groups]
    assert days == sorted(days)
    assert len(days) > 15


def test_user_events(reflected: ReflectedClient, catalog: str):
    def event(us: int, event_type: str, visitor: str, user: str = "", **fields: Any) -> dict[str, Any]:
        return {
            "event_type": event_type, "visitor_id": visitor, "event_time": {"seconds": 1_710_000_000 + us},
            **({"user_info": {"user_id": user}} if user else {}), **fields,
        }  # fmt: skip

    colours = {"attributes": {"colour": {"text": ["blue", "red"]}, "size": {"numbers": [37]}}}
    written = reflected.call(
        EVENT_LOG,
        "BatchWriteUserEvents",
        parent=catalog,
        user_events=[
            event(0, "search-ours", "v1", "u1", **colours, experiment_ids=["a", "b"]),
            event(10, "buy-ours", "v1", "u1"),
            event(0, "search-ours", "v2", experiment_ids=["b"]),
            event(60, "buy-ours", "v2", "u1"),
            event(5, "search-ours", "v3", "u1"),
        ],
    )
    assert written.stored_count == 5
    path = ("search-ours", "buy-ours")
    assert figures(funnel(reflected, catalog, *path).steps) == [(3, None), (2, 35_000_000)]
    by_user = funnel(reflected, catalog, *path, actor="ACTOR_USER")
    assert (figures(by_user.steps), by_user.events_without_actor_count) == ([(1, None), (1, 10_000_000)], 1)
    assert groups(funnel(reflected, catalog, *path, split={"attribute": "colour"})) == {
        "blue": [(1, None), (1, 10_000_000)],
        "red": [(1, None), (1, 10_000_000)],
        None: [(2, None), (1, 60_000_000)],
    }
    assert groups(funnel(reflected, catalog, *path, split={"attribute": "size"})).keys() == {"37", None}
    by_experiment = funnel(reflected, catalog, *path, split={"experiment_id": True})
    assert [group.value for group in by_experiment.groups] == ["b", "a", ""]
    assert groups(by_experiment)["b"] == [(2, None), (2, 35_000_000)]
    labelled = reflected.call(
        INSIGHTS,
        "ComputeFunnel",
        parent=catalog,
        steps=[{"event_types": ["a", "b"]}, {"event_types": ["c"], "label": "C"}],
    )
    assert [each.label for each in labelled.steps] == ["a or b", "C"]


def test_a_note_that_is_no_text_spoils_no_funnel(reflected: ReflectedClient, tenant: str):
    notes = ['{"from": "\\ud800"}', '{"from": ["\\udfff mail", "mail"]}', '{"from": "mail"}', "{"]
    events = [client_event(tenant, number, event_notes=each) for number, each in enumerate(notes)]
    reflected.call(EVENT_LOG, "BatchCreateClientEvents", parent=tenant, client_events=events)
    found = funnel(reflected, tenant, "VIEW", split={"attribute": "from"})
    assert {value: count for value, [(count, _)] in groups(found).items()} == {"mail": 2, "?": 1, "? mail": 1, None: 1}


def test_events_of_nearly_a_mebibyte_are_followed(reflected: ReflectedClient, catalog: str):
    filling = {f"filling{number}": {"text": [f"{text:0256}" for text in range(400)]} for number in range(9)}
    for number, colour in enumerate(["blue", "red", "green"] * 4):
        event = {
            "event_type": "view-ours", "visitor_id": f"v{number}", "event_time": {"seconds": 1_710_000_000},
            "attributes": {"colour": {"text": [colour]}, **filling},
        }  # fmt: skip
        reflected.call(RETAIL, "WriteUserEvent", parent=catalog, user_event=event)
    found = funnel(reflected, catalog, "view-ours", split={"attribute": "colour"})
    assert figures(found.steps) == [(12, None)]
    assert {value: count for value, [(count, _)] in groups(found).items()} == {"blue": 4, "red": 4, "green": 4}


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, {"steps": "MISSING_FIELD"}),
        ({"steps": steps(*["VIEW"] * 21)}, {"steps": "TOO_MANY"}),
        ({"steps": [{}]}, {"steps[0].event_types": "MISSING_FIELD"}),
        ({"steps": steps("VIEW", " ".join(["VIEW"] * 51))}, {"steps[1].event_types": "TOO_MANY"}),
        ({"steps": steps("VIEW", "VIEW view")}, {"steps[1].event_types[1]": "UNSUPPORTED_EVENT_TYPE"}),
        ({"steps": steps("JOB_EVENT_TYPE_UNSPECIFIED")}, {"steps[0].event_types[0]": "UNSUPPORTED_EVENT_TYPE"}),
        ({"steps": [{"event_types": ["VIEW"], "label": "x" * 129}]}, {"steps[0].label": "TOO_LONG"}),
        ({"steps": steps("VIEW"), "actor": "ACTOR_USER"}, {"actor": "INVALID_VALUE"}),
        ({"steps": steps("VIEW"), "actor": 77}, {"actor": "INVALID_VALUE"}),
        ({"steps": steps("VIEW"), "window": {}}, {"window": "INVALID_VALUE"}),
        ({"steps": steps("VIEW"), "window": {"seconds": -1}}, {"window": "INVALID_VALUE"}),
        ({"steps": steps("VIEW"), "split": {}}, {"split": "MISSING_FIELD"}),
        ({"steps": steps("VIEW"), "split": {"attribute": ""}}, {"split.attribute": "INVALID_VALUE"}),
        ({"steps": steps("VIEW"), "split": {"day": False}}, {"split.day": "INVALID_VALUE"}),
        ({"steps": steps("VIEW"), "split": {"experiment_id": True}}, {"split.experiment_id": "INVALID_VALUE"}),
        ({"steps": steps("VIEW"), "filter": "nonsense"}, {"filter": "INVALID_FILTER"}),
        (
            {"steps": steps("no", "nothing"), "window": {}, "split": {}},
            {
                "steps[0].event_types[0]": "UNSUPPORTED_EVENT_TYPE",
                "steps[1].event_types[0]": "UNSUPPORTED_EVENT_TYPE",
                "window": "INVALID_VALUE",
                "split": "MISSING_FIELD",
            },
        ),
    ],
)
def test_what_is_no_funnel_is_refused(reflected: ReflectedClient, fields: dict[str, Any], wrong: dict[str, str]):
    with refused(InvalidArgument) as refusal:
        reflected.call(INSIGHTS, "ComputeFunnel", parent=BOARD, **fields)
    assert refusal.fields == wrong


def test_catalogs_have_other_rules(reflected: ReflectedClient, catalog: str):
    for fields, wrong in (
        ({"actor": "ACTOR_REQUEST_ID"}, {"actor": "INVALID_VALUE"}),
        ({"steps": steps("VIEW")}, {"steps[0].event_types[0]": "UNSUPPORTED_EVENT_TYPE"}),
    ):
        with refused(InvalidArgument) as refusal:
            reflected.call(INSIGHTS, "ComputeFunnel", **{"parent": catalog, "steps": steps("search"), **fields})
        assert refusal.fields == wrong
    with refused(InvalidArgument) as refusal:
        reflected.call(INSIGHTS, "ComputeFunnel", parent="projects/p", steps=steps("search"))
    assert refusal.fields == {"parent": "INVALID_RESOURCE_ID"}


def stories(events: list[Happened]) -> dict[Any, list[Happened]]:
    """The events of each search in order; one without a search is a story of its own."""
    found = defaultdict(list)
    for number, event in sorted(enumerate(events), key=lambda item: (item[1].us, item[0])):
        found[event.request_id or number].append(event)
    return found


def test_a_story_has_all_events_in_order(reflected: ReflectedClient, board: list[Happened]):
    told = stories([event for event in board if event.request_id])
    for request_id in sorted(told, key=lambda each: -len(told[each]))[:20]:
        story = reflected.call(INSIGHTS, "GetSearchStory", parent=BOARD, request_id=request_id)
        shown = [each.client_event for each in story.client_events]
        assert [(each.create_time.ToMicroseconds(), list(each.job_event.jobs)) for each in shown] == [
            (event.us, [f"{BOARD}/jobs/{job}" for job in event.jobs]) for event in told[request_id]
        ]
        assert story.total_size == len(shown)
        kinds = type(story).DESCRIPTOR.file.message_types_by_name["UsageWarning"].enum_types_by_name["Kind"]
        expected = naive_funnel.warnings((event.event_type, event.jobs) for event in told[request_id])
        assert {kinds.values_by_number[each.kind].name: set(each.jobs) for each in story.warnings} == {
            kind: {f"{BOARD}/jobs/{job}" for job in jobs} for kind, jobs in expected.items()
        }
    nothing = reflected.call(INSIGHTS, "GetSearchStory", parent=BOARD, request_id="search-0")
    assert (len(nothing.client_events), nothing.total_size, len(nothing.warnings)) == (0, 0, 0)


def test_stories_come_in_pages(reflected: ReflectedClient, board: list[Happened]):
    told = stories([event for event in board if event.request_id])
    request_id = max(told, key=lambda each: len(told[each]))
    whole = reflected.call(INSIGHTS, "GetSearchStory", parent=BOARD, request_id=request_id)
    names, token = [], ""
    while True:
        page = reflected.call(
            INSIGHTS, "GetSearchStory", parent=BOARD, request_id=request_id, page_size=2, page_token=token
        )
        assert (page.total_size, list(page.warnings)) == (whole.total_size, list(whole.warnings))
        names += [each.name for each in page.client_events]
        if not (token := page.next_page_token):
            break
    assert names == [each.name for each in whole.client_events]
    for fields in ({"page_token": "x"}, {"page_size": -1}):
        with refused(InvalidArgument):
            reflected.call(INSIGHTS, "GetSearchStory", parent=BOARD, request_id=request_id, **fields)
    with refused(InvalidArgument) as refusal:
        reflected.call(INSIGHTS, "GetSearchStory", parent=BOARD)
    assert refusal.fields == {"request_id": "MISSING_FIELD"}
    with refused(InvalidArgument):
        reflected.call(INSIGHTS, "GetSearchStory", parent="projects/p/locations/global/catalogs/c", request_id="r")


def test_warnings_are_counted_for_a_tenant(reflected: ReflectedClient, board: list[Happened], tenant: str):
    concerned = {
        "APPLICATION_QUICK_SUBMISSION", "APPLICATION_START_FROM_SEARCH", "APPLICATION_REDIRECT_FROM_SEARCH", "HIRED",
        "INTERVIEW_GRANTED",
    }  # fmt: skip
    told = stories(board).values()
    expected = Counter(
        kind for story in told for kind in naive_funnel.warnings((event.event_type, event.jobs) for event in story)
    )
    counted = reflected.call(INSIGHTS, "CountUsageWarnings", parent=BOARD)
    kinds = reflected.pool.FindEnumTypeByName("footfall.v1.UsageWarning.Kind").values_by_number
    assert {kinds[each.kind].name: each.story_count for each in counted.counts} == expected
    assert len(expected) == 4
    assert counted.story_count == sum(any(event.event_type in concerned for event in story) for story in told)
    none = reflected.call(INSIGHTS, "CountUsageWarnings", parent=BOARD, filter="eventType = VIEW")
    assert (list(none.counts), none.story_count) == ([], 0)
    assert reflected.call(INSIGHTS, "CountUsageWarnings", parent=tenant).story_count == 0


def test_tenants_and_catalogs_that_are_not_served(tmp_path, reflected: ReflectedClient):
    from tests.support.server import Server

    with Server(tmp_path / "server", "--tenants", BOARD) as server, server.channel() as channel:
        strict = ReflectedClient(channel)
        for method, fields in (
            ("ComputeFunnel", {"steps": steps("VIEW")}),
            ("GetSearchStory", {"request_id": "r"}),
            ("CountUsageWarnings", {}),
        ):
            assert strict.call(INSIGHTS, method, parent=BOARD, **fields)
            with refused(NotFound):
                strict.call(INSIGHTS, method, parent=f"{BOARD}-2", **fields)


def test_a_story_has_the_signals_of_its_search(reflected: ReflectedClient, tenant: str):
    def signal(token: str, seconds: int, request_id: str = "search") -> dict[str, Any]:
        status = {"label": "Interview", "index": 1, "total": 3}
        state = {"status": status, "timestamp": {"seconds": 1_710_000_000 + seconds}}
        return {"type_code": "ApplicationStatusUpdate", "token": token, "current": state, "request_id": request_id}

    sent = [signal("b", 20), signal("a", 10), signal("c", 5, "another"), signal("d", 0, "")]
    for each in sent:
        reflected.call("footfall.v1.SignalService", "SendSignal", parent=tenant, signal=each)
    viewed = Happened("search", 1_710_000_000_000_000, "VIEW", ("job-1",), "")
    reflected.call(
        EVENT_LOG,
        "BatchCreateClientEvents",
        parent=tenant,
        client_events=[viewed.message(tenant, "e1"), viewed.message(tenant, "e2")],
    )
    story = reflected.call(INSIGHTS, "GetSearchStory", parent=tenant, request_id="search", page_size=1)
    assert [each.signal.token for each in story.signals] == ["a", "b"]
    assert (len(story.client_events), story.total_size) == (1, 2)
    rest = reflected.call(
        INSIGHTS, "GetSearchStory", parent=tenant, request_id="search", page_size=1, page_token=story.next_page_token
    )
    assert (len(rest.client_events), len(rest.signals), rest.next_page_token) == (1, 0, "")
