"""The filter language by example: what each filter means, what is refused, and how it is told."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from service.events import filter_terms, filters, product_exports, product_filters
from service.events.errors import RpcError
from service.events.filters import CLIENT_EVENT_LIST, EXPORT, LIST, PURGE, ClientEventFilter, Filter

NOTHING = Filter(from_us=0, until_us=0)


def us(text: str) -> int:
    time = Timestamp()
    time.FromJsonString(text)
    return time.ToMicroseconds()


def one(**values: str) -> Filter:
    return Filter(**{name: frozenset({value}) for name, value in values.items()})


T, U = "2012-04-23T18:25:43.511Z", "2012-04-23T18:30:43.511Z"
YEAR = Filter(from_us=us("2023-01-01T00:00:00Z"), until_us=us("2023-12-31T23:59:59Z") + 1)
PURGES = {
    # as Google's pages print them
    f'eventTime > "{T}" eventTime < "{U}"': Filter(from_us=us(T) + 1, until_us=us(U)),
    'eventTime > "2019-12-23T18:25:43.511Z" eventTime < "2019-12-23T18:30:43.511Z"': Filter(
        from_us=us("2019-12-23T18:25:43.511001Z"), until_us=us("2019-12-23T18:30:43.511Z")
    ),
    f'eventTime > "{T}" eventType = "detail-page-view"': Filter(
        from_us=us(T) + 1, event_types=frozenset({"detail-page-view"})
    ),
    'visitorId = "visitor1024"': one(visitor_ids="visitor1024"),
    "eventType = add-to-cart": one(event_types="add-to-cart"),
    "eventType=search": one(event_types="search"),
    f'eventTime>"{T}" eventTime<"{T}" eventType=search visitorId="someVisitorId"': NOTHING,
    '(event_time: ["2023-01-01T00:00:00Z", "2023-12-31T23:59:59Z"])': YEAR,
    # names
    "event_type=a visitor_id=b user_id=c": one(event_types="a", visitor_ids="b", user_ids="c"),
    "visitorID=b userID=c": one(visitor_ids="b", user_ids="c"),
    # white space, AND and parentheses
    'event_time:["2023-01-01T00:00:00Z","2023-12-31T23:59:59Z"]': YEAR,
    "eventTime : [ 2023-01-01T00:00:00Z , 2023-12-31T23:59:59Z ]": YEAR,
    "eventType=a AND userId=b": one(event_types="a", user_ids="b"),
    'eventType="a"AND(userId="b"visitorId="c")': one(event_types="a", user_ids="b", visitor_ids="c"),
    "\t((eventType\n=\r\na)) (\u00a0(userId=b) AND visitorId=c) ": one(event_types="a", user_ids="b", visitor_ids="c"),
    "eventType=(a)": one(event_types="a"),
    "*": Filter(),
    " ( eventType=a ) ": one(event_types="a"),
    # values
    "userId=-1": one(user_ids="-1"),
    "userId=2012": one(user_ids="2012"),
    "userId=GA1.2.a_b-c:d/e@f.g+h~i%20#j": one(user_ids="GA1.2.a_b-c:d/e@f.g+h~i%20#j"),
    "userId=Zoë": one(user_ids="Zoë"),
    "userId=ANDROID": one(user_ids="ANDROID"),
    'userId="AND"': one(user_ids="AND"),
    r'userId="a\"b\\c\u00e9\n"': one(user_ids='a"b\\cé\n'),
    'userId="a b\n(c)\x00"': one(user_ids="a b\n(c)\x00"),
    r'userId="\ud83d\ude00"': one(user_ids="\U0001f600"),
    "eventType=and": one(event_types="and"),
    # the same again, and contradictions
    "userId=a userId=a": one(user_ids="a"),
    "userId=a userId=b": NOTHING,
    "eventType=a userId=a userId=b": NOTHING,
    f"eventTime={T} eventTime={U}": NOTHING,
    f"eventTime: [{U}, {T}]": NOTHING,
    # times
    f"eventTime={T}": Filter(from_us=us(T), until_us=us(T) + 1),
    f"eventTime: [{T}, {T}]": Filter(from_us=us(T), until_us=us(T) + 1),
    "eventTime>=2012-04-23T18:25:43.511+05:30": Filter(from_us=us("2012-04-23T12:55:43.511Z")),
    "eventTime>=2012-04-23T18:25:43.511-00:00": Filter(from_us=us(T)),
    "eventTime>=2012-04-23t18:25:43.511z": Filter(from_us=us(T)),
    "eventTime<1969-12-31T23:59:59.9999999Z": Filter(until_us=0),
    "eventTime>=0001-01-01T00:00:00Z": Filter(),
    "eventTime>0001-01-01T00:00:00Z": Filter(from_us=us("0001-01-01T00:00:00.000001Z")),
    "eventTime<0001-01-01T00:00:00Z": NOTHING,
    "eventTime<=9999-12-31T23:59:59.999999Z": Filter(),
    "eventTime<=9999-12-31T23:59:59.999998Z": Filter(until_us=us("9999-12-31T23:59:59.999999Z")),
    "eventTime>9999-12-31T23:59:59.999999999Z": NOTHING,
    f"eventTime>={T} eventTime>={U} eventTime<{U}": NOTHING,
}


@pytest.mark.parametrize(("text", "expected"), PURGES.items())
def test_purge(text, expected):
    assert filters.parse(text, PURGE) == expected
    canonical = filters.to_text(expected, PURGE)
    assert filters.parse(canonical, PURGE) == expected
    assert filters.parse(text, LIST) == expected


@pytest.mark.parametrize(
    ("term", "from_us", "until_us"),
    [
        (">1970-01-01T00:00:00.000001999Z", 2, None),
        (">1970-01-01T00:00:00.000001Z", 2, None),
        (">=1970-01-01T00:00:00.000001001Z", 2, None),
        (">=1970-01-01T00:00:00.000001Z", 1, None),
        ("<1970-01-01T00:00:00.000001001Z", None, 2),
        ("<1970-01-01T00:00:00.000001Z", None, 1),
        ("<=1970-01-01T00:00:00.000001999Z", None, 2),
        ("<=1970-01-01T00:00:00.000001Z", None, 2),
        ("=1970-01-01T00:00:00.000001Z", 1, 2),
        ("=1970-01-01T00:00:00.000001001Z", 0, 0),
        (":[1970-01-01T00:00:00.000001001Z, 1970-01-01T00:00:00.000003999Z]", 2, 4),
        (":[1970-01-01T00:00:00.000001001Z, 1970-01-01T00:00:00.000001999Z]", 0, 0),
        (">1969-12-31T23:59:59.9999985Z", -1, None),
    ],
)
def test_bounds_finer_than_microseconds(term, from_us, until_us):
    assert filters.parse(f"eventTime{term}", PURGE) == Filter(from_us=from_us, until_us=until_us)


def exported(joined: bool | None = True, **values) -> Filter:
    return Filter(joined=joined, **{name: frozenset(value.split()) for name, value in values.items()})


EXPORTS = {
    "": exported(),
    " \n": exported(),
    "*": exported(None),
    "eventType = (search OR add-to-cart)": exported(event_types="search add-to-cart"),
    'eventType=("search"OR"add-to-cart")': exported(event_types="search add-to-cart"),
    "eventType = (NOT search)": exported(not_event_types="search"),
    '(eventType = "a" OR eventType = "b")': exported(event_types="a b"),
    '(NOT eventType = "a")': exported(not_event_types="a"),
    "(userId=u NOT eventType=a)": exported(user_ids="u", not_event_types="a"),
    "(userId=u AND NOT eventType=(a OR b))": exported(user_ids="u", not_event_types="a b"),
    "((eventType=a OR eventType=(b OR c)) AND userId=u)": exported(event_types="a b c", user_ids="u"),
    "eventType=(a OR b) eventType=(b OR c)": exported(event_types="b"),
    "eventType=(a OR b) eventType=(NOT b)": exported(event_types="a"),
    "eventType=a eventType=(NOT a)": NOTHING,
    "eventType=(NOT a) eventType=(NOT b)": exported(not_event_types="a b"),
    "visitorId=(a OR b)": exported(visitor_ids="a b"),
    "(userId=a OR user_id=b)": exported(user_ids="a b"),
    "eventsMissingCatalogItems": exported(False),
    "events_missing_catalog_items eventType=a": exported(False, event_types="a"),
    "joined=false": exported(False),
    "joined = true": exported(),
    "joined = (true OR false)": exported(None),
    "(eventsMissingCatalogItems OR joined=true)": exported(None),
    "eventsMissingCatalogItems joined=true": NOTHING,
}


@pytest.mark.parametrize(("text", "expected"), EXPORTS.items())
def test_export(text, expected):
    assert filters.parse(text, EXPORT) == expected
    assert filters.parse(filters.to_text(expected, EXPORT), EXPORT) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Filter()),
        ("*", Filter()),
        ("joined=true", Filter(joined=True)),
        ('joined = "false" userId=a', Filter(joined=False, user_ids=frozenset("a"))),
        ("joined=true joined=false", NOTHING),
    ],
)
def test_list(text, expected):
    assert filters.parse(text, LIST) == expected
    assert filters.parse(filters.to_text(expected, LIST), LIST) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ClientEventFilter()),
        ("eventType = VIEW", ClientEventFilter(event_types=frozenset({2}))),
        ('event_type="HIRED"', ClientEventFilter(event_types=frozenset({13}))),
        ("eventType=JOB_EVENT_TYPE_UNSPECIFIED", ClientEventFilter(event_types=frozenset({0}))),
        ("eventType=VIEW eventType=HIRED", ClientEventFilter(from_us=0, until_us=0)),
        (f"createTime>={T} eventTime<{U}", ClientEventFilter(from_us=us(T), until_us=us(U))),
        (f"create_time>={T} event_time<{U}", ClientEventFilter(from_us=us(T), until_us=us(U))),
        ("requestId=a eventID=b", ClientEventFilter(request_ids=frozenset("a"), event_ids=frozenset("b"))),
        ("request_id=a (event_id=b)", ClientEventFilter(request_ids=frozenset("a"), event_ids=frozenset("b"))),
    ],
)
def test_client_event_list(text, expected):
    assert filters.parse(text, CLIENT_EVENT_LIST) == expected
    assert filters.parse(filters.to_text(expected, CLIENT_EVENT_LIST), CLIENT_EVENT_LIST) == expected


def documented() -> list[tuple[str, str]]:
    """The filters in the tables of docs/FILTERS.md, each with the heading above it."""
    found, heading = [], ""
    for line in (Path(__file__).parents[2] / "docs" / "FILTERS.md").read_text().splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif line.startswith("| `"):
            found.append((heading, line.split("`")[1]))
    return found


@pytest.mark.parametrize(("heading", "text"), documented())
def test_documented_filter(heading, text):
    if heading == "Products":
        field = text.partition(" ")[0]
        parse = product_filters.parse_purge
        if field in {"primary_product_id", "collection_product_id", "type"}:
            parse = product_filters.parse_list
        elif field in {"lastModifiedTime", "productType", "tag"} or "= (" in text:
            parse = product_exports.parse
        assert parse(text)
        return
    language = {"Purge": PURGE, "List": LIST, "Export": EXPORT, "Client events": CLIENT_EVENT_LIST}[heading]
    assert filters.parse(text, language) != language.filter_type(from_us=0, until_us=0)


def test_documented_error():
    page = (Path(__file__).parents[2] / "docs" / "FILTERS.md").read_text()
    shown = page.partition("## Errors")[2].split("```")[1]
    with pytest.raises(RpcError) as raised:
        filters.parse("eventType=a and userId=b", PURGE)
    assert " ".join(shown.split()) == raised.value.message


def test_canonical_text():
    text = f'eventType=(NOT b) eventTime<{U} joined=false eventTime>"{T}" userID="u\n" visitor_id=(b OR a)'
    canonical = (
        'eventTime >= "2012-04-23T18:25:43.511001Z" eventTime < "2012-04-23T18:30:43.511Z" visitorId = ("a" OR "b") '
        'userId = "u\\n" joined = false eventType = (NOT "b")'
    )
    assert filters.to_text(filters.parse(text, EXPORT), EXPORT) == canonical


def test_lark_is_loaded_when_the_first_filter_is():
    code = """if True:
        import sys
        from service.events import filters
        print("lark" in sys.modules)
        filters.parse("*", filters.PURGE)
        print("lark" in sys.modules)
    """
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "True"]


def test_first_filters_of_many_threads():
    filter_terms._parser.cache_clear()
    barrier, results = threading.Barrier(16), []

    def run(number: int) -> None:
        barrier.wait()
        results.extend(filters.parse(f"eventType=t{number} userId=u{number}", PURGE) for _ in range(20))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 320
    assert set(results) == {one(event_types=f"t{number}", user_ids=f"u{number}") for number in range(16)}
