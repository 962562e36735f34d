"""The filters of ListProducts and PurgeProducts: what they select, what is refused, and how it is told."""

from __future__ import annotations

import contextlib

import pytest
from google.rpc import code_pb2
from hypothesis import given
from hypothesis import strategies as st

from generated.google.cloud.retail.v2.product_pb2 import Product
from service.events import product_filters
from service.events.errors import RpcError
from service.events.product_filters import EVERYTHING, And, AvailabilityIs, Created, ListFilter, Or

US = 1_423_847_146_000_000  # 2015-02-13T17:05:46Z
TIME = "2015-02-13T17:05:46Z"
IN_STOCK, PREORDER = AvailabilityIs(Product.IN_STOCK), AvailabilityIs(Product.PREORDER)
A, B, C = 'availability = "IN_STOCK"', 'availability = "PREORDER"', 'availability = "BACKORDER"'


def refusal(parse, text: str) -> str:
    """What is told, without the examples."""
    with pytest.raises(RpcError) as raised:
        parse(text)
    assert raised.value.code == code_pb2.INVALID_ARGUMENT
    raised.value.to_status()
    (violation,) = raised.value.violations
    assert violation.field == "filter"
    if violation.reason != "INVALID_FILTER":
        return violation.description
    told, _, examples = violation.description.partition(" Valid filter examples: ")
    for example in examples.split(", "):
        parse(example)
    head, _, problem = told.partition("'. ")
    assert head == f"Invalid filter '{text if len(text) <= 64 else text[:63] + '…'}"
    return problem


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        (" \n", None),
        ('primary_product_id = "x"', ListFilter("primary_product_id", "x")),
        ('  collection_product_id="a/b c"\t', ListFilter("collection_product_id", "a/b c")),
        (r'primary_product_id = "a\"b\\c"', ListFilter("primary_product_id", 'a"b\\c')),
        ('type = "PRIMARY"', ListFilter("type", "PRIMARY")),
        ('type = "VARIANT"', ListFilter("type", "VARIANT")),
        ('type = "COLLECTION"', ListFilter("type", "COLLECTION")),
    ],
)
def test_filter_of_a_list(text, expected):
    assert product_filters.parse_list(text) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('title = "x"', "At character 1: '=' can not be specified with 'title'."),
        (' type > "PRIMARY"', "At character 2: '>' can not be specified with 'type'."),
        ('type = "ANY"', 'At character 1: type must be one of PRIMARY, VARIANT, COLLECTION, but is "ANY".'),
        ('type = "primary"', 'At character 1: type must be one of PRIMARY, VARIANT, COLLECTION, but is "primary".'),
        ("type = PRIMARY", 'At character 8: expected a value in double quotes, found "PRIMARY".'),
        ("type", "At character 5: expected one of > < >= <= =, found the end."),
        ("type == ", 'At character 7: expected a value in double quotes, found "=".'),
        ('primary_product_id = ""', 'At character 1: primary_product_id must be the id of a product, but is "".'),
        ('type = "P', "At character 8: expected a value in double quotes, found a quote that is not closed."),
        ('type = "PRIMARY" AND type = "PRIMARY"', 'At character 18: expected the end, found "AND".'),
        ('(type = "PRIMARY")', 'At character 1: expected a field, found "(".'),
        ("*", 'At character 1: expected a field, found "*".'),
        ("\ud800", 'At character 1: expected a field, found "?".'),
    ],
)  # fmt: skip
def test_filter_of_a_list_that_is_refused(text, problem):
    if text.isprintable():
        assert refusal(product_filters.parse_list, text) == problem
    else:
        with pytest.raises(RpcError, match="At character 1"):
            product_filters.parse_list(text)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("*", EVERYTHING),
        (" * ", EVERYTHING),
        (A, IN_STOCK),
        (f"(({A}))", IN_STOCK),
        (f'create_time <= "{TIME}"', Created("<=", US * 1_000)),
        ('create_time="2015-02-13T18:05:46.000000001+01:00"', Created("=", US * 1_000 + 1)),
        ('create_time > "0001-01-01T00:00:00Z"', Created(">", -62_135_596_800 * 10**9)),
        (f"{A} AND {B}", And((IN_STOCK, PREORDER))),
        (f"{A} OR {B}OR({A})", Or((IN_STOCK, PREORDER, IN_STOCK))),
        (f"{A} AND {B} OR {A}", And((IN_STOCK, Or((PREORDER, IN_STOCK))))),
        (f"{A} OR {B} AND {A}", And((Or((IN_STOCK, PREORDER)), IN_STOCK))),
        (f"({A} AND {B}) OR ({B} AND {A})", Or((And((IN_STOCK, PREORDER)), And((PREORDER, IN_STOCK))))),
        (f"({A} AND ({A} OR {B})) OR {B}", Or((And((IN_STOCK, Or((IN_STOCK, PREORDER)))), PREORDER))),
        (" OR ".join([A] * 6), Or((IN_STOCK,) * 6)),
        (f"{A}{' ' * (5_000 - len(A))}", IN_STOCK),
    ],
)
def test_filter_of_a_purge(text, tree):
    assert product_filters.parse_purge(text) == tree


DEEP = "parentheses are at most two deep"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", 'Field "filter" is a required field, but no value is found.'),
        (" ", 'Field "filter" is a required field, but no value is found.'),
        ("x" * 5_001, "`filter` must have at most 5,000 characters, but has 5,001."),
        (" OR ".join([A] * 7), "It must have at most 6 conditions, but has 7."),
        (f"((({A})))", f'At character 3: expected a field, found "(", and {DEEP}.'),
        (f"{A} AND ({A} OR ({A} AND ({B})))", f'At character 92: expected a field, found "(", and {DEEP}.'),
        (f"({A} ({B}))", 'At character 28: expected AND or OR or ), found "(".'),
        (f"{A} {B}", 'At character 27: expected AND or OR or the end, found "availability".'),
        (f"{A} and {B}", 'At character 27: expected AND or OR or the end, found "and".'),
        (f"{A} AND", "At character 30: expected a field or (, found the end."),
        (f"{A} AND *", 'At character 31: expected a field or (, found "*".'),
        (f"* AND {A}", 'At character 3: expected the end, found "AND".'),
        (f"NOT {A}", 'At character 5: expected one of > < >= <= =, found "availability".'),
        (f"({A}", "At character 27: expected AND or OR or ), found the end."),
        (f"{A})", 'At character 26: expected AND or OR or the end, found ")".'),
        ("()", 'At character 2: expected a field or (, found ")".'),
        ('"x"', "At character 1: expected a field or ( or *, found a value."),
        ('availability != "x"', 'At character 14: expected one of > < >= <= =, found "!".'),
        ('availability > "IN_STOCK"', "At character 1: '>' can not be specified with 'availability'."),
        ('title = "x"', "At character 1: '=' can not be specified with 'title'."),
    ],
)
def test_filter_of_a_purge_that_is_refused(text, problem):
    assert refusal(product_filters.parse_purge, text) == problem


@pytest.mark.parametrize("value", ["", "in_stock", "AVAILABILITY_UNSPECIFIED", "IN STOCK"])
def test_availability_that_is_none(value):
    problem = refusal(product_filters.parse_purge, f'availability = "{value}"')
    assert problem.endswith(f'must be one of IN_STOCK, OUT_OF_STOCK, PREORDER, BACKORDER, but is "{value}".')


@pytest.mark.parametrize(
    "value",
    [
        "", "2015-02-13", "2015-02-13 17:05:46Z", "2015-02-13T17:05:46", "2015-2-3T1:5:6Z", "2015-02-30T00:00:00Z",
        "2015-02-13T24:00:00Z", "2015-02-13T17:05:46.Z", "2015-02-13T17:05:46.1234567890Z", "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00", "2015-02-13T17:05:46+24:00", "2015-02-13t17:05:46z",
        "2015-02-13T17:05:46+0100", f"{TIME}\n", "1423847146",
    ],
)  # fmt: skip
def test_time_that_is_none(value):
    with pytest.raises(RpcError, match="At character 7: create_time must be an RFC 3339 time"):
        product_filters.parse_purge(f'{A[:0]}      create_time > "{value}"')


@pytest.mark.parametrize(
    ("comparison", "before", "at", "after"),
    [
        (">", False, False, True),
        ("<", True, False, False),
        (">=", False, True, True),
        ("<=", True, True, False),
        ("=", False, True, False),
    ],
)
def test_time_is_compared_with_its_own_on_the_left(comparison, before, at, after):
    tree = product_filters.parse_purge(f'create_time {comparison} "{TIME}"')
    matched = [product_filters.matches(tree, availability=1, create_time_us=US + us) for us in (-1, 0, 1)]
    assert matched == [before, at, after]


def test_time_is_compared_at_full_precision():
    tree = product_filters.parse_purge('create_time < "2015-02-13T17:05:46.000000001Z"')
    assert product_filters.matches(tree, availability=1, create_time_us=US)
    assert not product_filters.matches(tree, availability=1, create_time_us=US + 1)


def test_product_without_an_availability_is_in_stock():
    for name, number in Product.Availability.items():
        tree = product_filters.parse_purge(A)
        assert product_filters.matches(tree, availability=number, create_time_us=0) == (name in (
            "AVAILABILITY_UNSPECIFIED", "IN_STOCK"
        ))  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*", "1234"),
        (A, "1"),
        (f"{A} OR {B}", "13"),
        (f"{A} AND {B}", ""),
        (f"{A} AND {B} OR {C}", ""),
        (f"({A} AND {B}) OR {C}", "4"),
        (f'create_time = "{TIME}" AND ({A} OR {B})', "13"),
        (f'create_time < "{TIME}" OR {C}', "4"),
    ],
)
def test_what_a_purge_takes(text, expected):
    tree = product_filters.parse_purge(text)
    taken = [str(n) for n in range(1, 5) if product_filters.matches(tree, availability=n, create_time_us=US)]
    assert "".join(taken) == expected


PIECES = st.sampled_from([A, B, "AND", "OR", "(", ")", "*", f'create_time < "{TIME}"', "x", "=", '"', "\\", " "])


@given(st.one_of(st.text(), st.lists(PIECES, max_size=12).map(" ".join)))
def test_no_text_raises_anything_else(text):
    with contextlib.suppress(RpcError):
        product_filters.parse_list(text)
    with contextlib.suppress(RpcError):
        tree = product_filters.parse_purge(text)
        assert tree == product_filters.parse_purge(text.strip())
        product_filters.matches(tree, availability=0, create_time_us=0)


def written(node) -> str:
    return node if isinstance(node, str) else f"({written(node[0])} {node[1]} {written(node[2])})"


def holds(node, availability: int) -> bool:
    if isinstance(node, str):
        return f'"{Product.Availability.Name(availability)}"' in node
    left, word, right = node
    sides = holds(left, availability), holds(right, availability)
    return all(sides) if word == "AND" else any(sides)


CONDITIONS = st.sampled_from([A, B, C])
PAIRS = st.tuples(CONDITIONS, st.sampled_from(["AND", "OR"]), CONDITIONS)


@given(st.one_of(CONDITIONS, PAIRS, st.tuples(PAIRS, st.sampled_from(["AND", "OR"]), st.one_of(CONDITIONS, PAIRS))))
def test_tree_says_what_the_text_says(expression):
    tree = product_filters.parse_purge(written(expression))
    for availability in (Product.IN_STOCK, Product.PREORDER, Product.BACKORDER):
        matched = product_filters.matches(tree, availability=availability, create_time_us=0)
        assert matched == holds(expression, availability)
