"""What a filter that is refused says: where, what was found, what was expected."""

from __future__ import annotations

import pytest
from google.rpc import code_pb2, error_details_pb2

from service.events import filters
from service.events.errors import RpcError
from service.events.filters import CLIENT_EVENT_LIST, EXPORT, LIST, PURGE

EXAMPLES = (
    'Valid filter examples: eventTime>"2012-04-23T18:25:43.511Z" eventTime<"2012-04-23T18:25:43.511Z" '
    'eventType=search visitorId="someVisitorId"'
)
VALUE = "expected a value, in double quotes unless it is a plain word"
OPERATOR = "expected an operator: =, :, >, >=, < or <="
TIME = "expected a time of RFC 3339, such as 2012-04-23T18:25:43.511Z or with an offset, in the years 1 to 9999"
USER_FIELDS = "eventTime, eventType, visitorId or userId"
CLIENT_FIELDS = "createTime, eventType, requestId or eventId"
TYPES = (
    "JOB_EVENT_TYPE_UNSPECIFIED, IMPRESSION, VIEW, VIEW_REDIRECT, APPLICATION_START, APPLICATION_FINISH, "
    "APPLICATION_QUICK_SUBMISSION, APPLICATION_REDIRECT, APPLICATION_START_FROM_SEARCH, "
    "APPLICATION_REDIRECT_FROM_SEARCH, APPLICATION_COMPANY_SUBMIT, BOOKMARK, NOTIFICATION, HIRED, SENT_CV or "
    "INTERVIEW_GRANTED"
)
TERM = f"expected a term: {USER_FIELDS} with an operator and a value"
LISTED = "expected a term: eventTime, eventType, visitorId, userId or joined with an operator and a value"
NEXT = "expected a field, AND, '(' or the end of the filter"
AND = "expected a term; AND, in upper case, stands between two terms"
KEYWORDS = "OR and NOT, in upper case, stand inside parentheses and in filters of exports only"


def message_of(text: str, language) -> str:
    with pytest.raises(RpcError) as caught:
        filters.parse(text, language)
    error = caught.value
    assert error.code == code_pb2.INVALID_ARGUMENT
    (violation,) = error.violations
    assert (violation.field, violation.reason) == ("filter", "INVALID_FILTER")
    assert violation.description == error.message
    info, bad_request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert error.to_status().details[0].Unpack(info)
    assert error.to_status().details[1].Unpack(bad_request)
    assert info.reason == "INVALID_FILTER"
    assert bad_request.field_violations[0].description == error.message
    return error.message


SYNTAX = [
    (PURGE, "", 1, "found the end of the filter, expected a field, '(' or '*'"),
    (PURGE, "  ", 3, "found the end of the filter, expected a field, '(' or '*'"),
    (PURGE, "()", 2, "found ')', expected a field or '('"),
    (PURGE, "(eventType=a", 13, "found the end of the filter, expected a field, AND, '(' or ')'"),
    (PURGE, "eventType=a)", 12, f"found ')', {NEXT}"),
    (PURGE, "eventType=a and userId=b", 13, f"found 'and', {AND}"),
    (PURGE, "AND eventType=a", 1, f"found 'AND', {AND}"),
    (PURGE, "eventType=a AND AND userId=b", 17, f"found 'AND', {AND}"),
    (PURGE, "eventType=a AND", 16, "found the end of the filter, expected a field or '('"),
    (PURGE, "eventType = AND userId=b", 13, f"found 'AND', {VALUE}"),
    (PURGE, "eventType = ", 13, f"found the end of the filter, {VALUE}"),
    (PURGE, "eventType == a", 12, f"found '=', {VALUE}"),
    (PURGE, "eventType ! a", 11, f"found '!', {OPERATOR}"),
    (PURGE, 'eventType "a"', 11, f"found '\"a\"', {OPERATOR}"),
    (PURGE, "visitorId", 1, "found 'visitorId', expected an operator and a value after it"),
    (PURGE, "eventType=add to cart", 15, f"found 'to', {TERM}"),
    (PURGE, '"eventType"=a', 1, "found '\"eventType\"', expected a field, '(' or '*'"),
    (PURGE, "* eventType=a", 3, "found 'eventType', expected the end of the filter"),
    (PURGE, "eventType=a *", 13, f"found '*', {NEXT}"),
    (PURGE, "eventType=detail*", 17, f"found '*', {NEXT}"),
    (PURGE, "eventType=“a”", 11, f"found '“', {VALUE}"),
    (PURGE, "eventType='a'", 11, f"found ''', {VALUE}"),
    (PURGE, 'userId = "a', 10, f"found a quote that is not closed, {VALUE}"),
    (PURGE, r'userId = "a\d"', 12, r"found '\d', expected an escape of JSON, such as \" or \\"),
    (PURGE, r'userId = "a\u12"', 13, r"found 'u1', expected an escape of JSON, such as \" or \\"),
    (PURGE, 'userId = ""', 10, "found '\"\"', expected a value of at least one character"),
    (PURGE, 'userId = "\ud800"', 10, "found '\"\\ud800\"', which has a lone surrogate, as no valid text does"),
    (PURGE, r'userId = "\udfff"', 10, "found '\"\\udfff\"', which has a lone surrogate, as no valid text does"),
    (PURGE, "userId = \ud800", 10, f"found '\\ud800', {VALUE}"),
    (PURGE, "\x00", 1, "found '\\x00', expected a field, '(' or '*'"),
    (PURGE, "eventTime: 2012", 12, "found '2012', expected '['"),
    (PURGE, "eventTime: [2012-04-23T18:25:43.511Z]", 37, "found ']', expected ','"),
    (PURGE, "eventTime: [a, b, c]", 17, "found ',', expected ']'"),
    (PURGE, "(" * 2_500, 2_501, "found the end of the filter, expected a field or '('"),
    (PURGE, "x" * 5_001, 5_001, "expected the end, since a filter has at most 5,000 characters"),
    (PURGE, "*" * 10_000_000, 5_001, "expected the end, since a filter has at most 5,000 characters"),
    (LIST, " " * 5_001, 5_001, "expected the end, since a filter has at most 5,000 characters"),
    (PURGE, "eventType=(a OR b)", 14, "found 'OR', which only filters of exports may have"),
    (LIST, "(NOT eventType=a)", 2, "found 'NOT', which only filters of exports may have"),
    (LIST, "eventsMissingCatalogItems", 1, f"found 'eventsMissingCatalogItems', {LISTED}"),
    (LIST, "joined = yes", 10, "found 'yes', expected true or false"),
    (EXPORT, "userId=a OR userId=b", 10, f"found 'OR', {NEXT}; {KEYWORDS}"),
    (EXPORT, "NOT eventType=a", 1, f"found 'NOT', expected a term; {KEYWORDS}"),
    (EXPORT, "(eventType=a or eventType=b)", 14, f"found 'or', expected a term; {KEYWORDS}"),
    (EXPORT, "(eventType=a OR eventType=b AND userId=c)", 29, "found 'AND', expected OR or ')'"),
    (EXPORT, "(eventType=a OR userId=b)", 14, "found 'OR', expected it between terms of the same field"),
    (EXPORT, "(eventType=a OR eventType=(NOT b))", 14, "found 'OR', which can not be used with a term that has NOT"),
    (EXPORT, "(NOT eventType=(NOT b))", 2, "found 'NOT', which can not be used with a term that has NOT"),
    (EXPORT, "(NOT userId=b)", 2, "found 'NOT', which can not be used with 'userId'"),
    (EXPORT, "userId=(NOT b)", 9, "found 'NOT', which can not be used with 'userId'"),
    (EXPORT, "(NOT eventsMissingCatalogItems)", 2, "found 'NOT', which can not be used with 'joined'"),
    (EXPORT, "eventTime=(2012-04-23T18:25:43Z OR x)", 33, "found 'OR', which can not be used with 'eventTime'"),
    (EXPORT, "(eventTime=2012-04-23T18:25:43Z OR eventTime=2012-04-23T18:25:44Z)", 33,
     "found 'OR', which can not be used with 'eventTime'"),
    (CLIENT_EVENT_LIST, "eventType=VIEWS", 11, f"found 'VIEWS', expected {TYPES}"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "position", "problem"), SYNTAX)
def test_problem_and_its_position(language, text, position, problem):
    message = message_of(text, language)
    assert message.startswith("Invalid filter '")
    assert f"'. At position {position}: {problem}. Valid filter examples: " in message
    assert message.endswith(language.examples)


@pytest.mark.parametrize(
    "value",
    [
        "2012",
        "2012-04-23",
        "2012-04-23T18:25:43",
        "2012-04-23 18:25:43Z",
        "2012-4-3T1:2:3Z",
        "2012-04-31T18:25:43Z",
        "2012-04-23T24:00:00Z",
        "2012-04-23T18:25:60Z",
        "2012-04-23T18:25:43.Z",
        "2012-04-23T18:25:43.0123456789Z",
        "2012-04-23T18:25:43,5Z",
        "2012-04-23T18:25:43+5",
        "2012-04-23T18:25:43+24:00",
        "2012-04-23T18:25:43+05:60",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "10000-01-01T00:00:00Z",
        "-2012-04-23T18:25:43Z",
        "٢٠١٢-04-23T18:25:43Z",
        "1335205543",
        "now",
        " 2012-04-23T18:25:43Z",
        "2012-04-23T18:25:43Z\n",
    ],
)
def test_bad_time_is_named(value):
    shown = value.replace("\n", "\\n")
    assert f"At position 13: found '\"{shown}\"', {TIME}. " in message_of(f'eventTime < "{value}"', PURGE)


@pytest.mark.parametrize(
    ("language", "text", "operator", "field", "expected"),
    [
        (PURGE, 'invalid="123abc"', "=", "invalid", USER_FIELDS),
        (PURGE, "eventType=a invalid>1", ">", "invalid", USER_FIELDS),
        (PURGE, "joined=true", "=", "joined", USER_FIELDS),
        (PURGE, 'EventType="a"', "=", "EventType", USER_FIELDS),
        (PURGE, "userInfo.userId=a", "=", "userInfo.userId", USER_FIELDS),
        (EXPORT, "OR = (NOT a)", "=", "OR", "eventTime, eventType, visitorId, userId or joined"),
        (CLIENT_EVENT_LIST, "visitorId=a", "=", "visitorId", CLIENT_FIELDS),
        (PURGE, "eventType>a", ">", "eventType", "="),
        (PURGE, "eventType!=a", "!=", "eventType", "="),
        (PURGE, "userId: [a, b]", ":", "userId", "="),
        (PURGE, 'eventTime != "2012-04-23T18:25:43Z"', "!=", "eventTime", "=, :, >, >=, < or <="),
    ],
)
def test_what_can_not_be_specified_in_the_words_of_google(language, text, operator, field, expected):
    found = operator if "=" in expected else field
    assert message_of(text, language) == (
        f"Invalid filter '{text}'. '{operator}' can not be specified with '{field}' "
        f"Valid filter examples: {language.examples} "
        f"At position {text.index(found) + 1}: found '{found}', expected {expected}."
    )


def test_message_of_google():
    message = message_of('invalid="123abc"', PURGE)
    google = f"Invalid filter 'invalid=\"123abc\"'. '=' can not be specified with 'invalid' {EXAMPLES}"
    assert message.startswith(google)


@pytest.mark.parametrize("language", [PURGE, LIST, EXPORT, CLIENT_EVENT_LIST])
def test_examples_are_valid(language):
    assert filters.parse(language.examples, language)


@pytest.mark.parametrize("character", ["x", "%", "é", "\U0001f600", "\x00", "\ud800", "\u2028", '"', "'"])
@pytest.mark.parametrize("form", ["{}", "{}=1", "eventType={}", 'eventTime="{}"', "eventType={}=", "{} OR"])
def test_long_filter_is_cut_and_its_error_is_not(character, form):
    text = form.format(character * 4_900)
    for language in (LIST, EXPORT, CLIENT_EVENT_LIST):
        try:
            filters.parse(text, language)
        except RpcError:
            message = message_of(text, language)
            assert "At position " in message
            assert language.examples in message
            assert message.isprintable()
            assert len(message.split("'. ")[0].removeprefix("Invalid filter '")) <= 200


def test_text_is_cut_to_200_characters():
    assert message_of("x" * 201, PURGE).startswith(f"Invalid filter '{'x' * 199}…'. ")
    assert message_of("x" * 200, PURGE).startswith(f"Invalid filter '{'x' * 200}'. ")


def test_deep_parentheses_are_no_problem():
    text = "(" * 2_490 + "eventType=a" + ")" * 2_490
    assert filters.parse(text, PURGE) == filters.parse("eventType=a", PURGE)
