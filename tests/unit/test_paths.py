"""Which paths are text."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.doors.envoy.paths import TEXT


def is_text(path: str) -> bool:
    return re.fullmatch(TEXT, path, re.DOTALL) is not None


def can_be_read(path: str) -> bool:
    try:
        unquote_to_bytes(path.partition("?")[0]).decode()
    except UnicodeDecodeError:
        return False
    return True


@given(st.binary(max_size=12))
def test_bytes_that_are_percent_encoded(data):
    assert is_text("/" + quote(data)) == can_be_read("/" + quote(data))


PIECES = ["%C3", "%A9", "%e2", "%82", "%AC", "%ed", "%a0", "%f0", "%9F", "%f4", "%90", "x", "?"]


@given(st.lists(st.sampled_from(PIECES)))
def test_pieces_of_characters(pieces):
    assert is_text("".join(pieces)) == can_be_read("".join(pieces))


@pytest.mark.parametrize("path", ["/%", "/%zz", "/%%FF", "/%F", "/%C3%A"])
def test_what_is_not_encoded_right_is_refused_too(path):
    assert not is_text(path)


def test_what_follows_the_path_may_be_anything():
    assert is_text("/x?%FF=%")
