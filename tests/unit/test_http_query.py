"""Query strings: read like the standard library reads them, whatever they are."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode

import pytest
from google.protobuf import json_format
from hypothesis import example, given
from hypothesis import strategies as st

from generated.google.cloud.retail.v2.user_event_service_pb2 import CollectUserEventRequest
from service.doors.http import parameters
from service.events.errors import RpcError

_ESCAPES = st.sampled_from(["%", "%2", "%20", "%3D", "%3d", "%26", "%0a", "%0D%0A", "%C3%A9", "%c3", "%FF"])
_PLAIN = st.sampled_from(["&", "=", "+", "_", ";", " ", "\n", "=\n", "é", "x", "\0"])


def _standard(query: bytes, encoding: str) -> list[tuple[str, str]] | None:
    try:
        return parse_qsl(query.decode(encoding), keep_blank_values=True, errors="strict")
    except ValueError:
        return None


def _ours(query: bytes, encoding: str) -> list[tuple[str, str]] | None:
    try:
        return parameters.parse(query, encoding)[1]
    except RpcError:
        return None


@given(st.lists(_ESCAPES | _PLAIN).map("".join), st.sampled_from(["ascii", "utf-8"]))
@example("a=%C3&b=%A9", "ascii")
@example("a=%C3é%A9", "utf-8")
@example("a==\n%3D=", "ascii")
def test_whatever_comes_is_read_as_the_standard_library_reads_it(text, encoding):
    query = text.encode()
    assert _ours(query, encoding) == _standard(query, encoding)


@given(st.lists(st.tuples(st.text(), st.text())))
def test_what_is_encoded_is_read_back(pairs):
    named = [(f"p{name}", value) for name, value in pairs]
    for quoting in (quote, None):
        query = urlencode(named, **({"quote_via": quoting} if quoting else {}))
        assert parameters.parse(query.encode())[1] == named


def test_an_error_says_where():
    with pytest.raises(RpcError, match="byte 0xff in position 1"):
        parameters.parse(b"a=b&c=x%FF")


def test_there_are_at_most_a_thousand_parameters():
    full = b"&".join([b"a=1"] * parameters.MAX_PARAMETERS)
    assert len(parameters.parse(full)[1]) == parameters.MAX_PARAMETERS
    with pytest.raises(RpcError, match="at most 1000 parameters"):
        parameters.parse(full + b"&a=1")


_TEXTS = st.sampled_from(["userEvent", "user_event", "uri", "rawJson", "parent", "prebuiltRule"])


@given(st.dictionaries(_TEXTS, st.text()), st.none() | st.integers(-(2**63), 2**63 - 1))
def test_texts_and_numbers_become_what_json_would_make_of_them(texts, ets):
    tree = texts | ({} if ets is None else {"ets": str(ets)})
    if {"userEvent", "user_event"} <= texts.keys():
        with pytest.raises(RpcError, match="must be given once"):
            parameters.to_wire(CollectUserEventRequest, list(tree.items()))
        return
    expected = json_format.ParseDict(tree, CollectUserEventRequest())
    found = CollectUserEventRequest.FromString(parameters.to_wire(CollectUserEventRequest, list(tree.items())))
    assert found == expected
