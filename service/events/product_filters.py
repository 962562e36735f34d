r"""The filters of ListProducts and PurgeProducts (product.proto): text to a small tree.

Values stand in double quotes; `\"` and `\\` in them are a quote and a backslash. AND and OR are in capitals. OR binds
tighter than AND, as AIP-160 has it: of the two ways to read a filter, that one never purges more.
"""

from __future__ import annotations

import contextlib
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, cast, get_args

from google.protobuf.timestamp_pb2 import Timestamp

from generated.google.cloud.retail.v2.product_pb2 import Product
from service.events import errors, limits, names, paths
from service.events.errors import Violation

if TYPE_CHECKING:
    from lark import Lark

FILTER_LENGTH: Final = 5_000  # characters
MAX_CONDITIONS: Final = 6

# Which parentheses may stand within which is written out, so that the grammar itself ends the nesting at two.
_GRAMMAR: Final = r"""
    list: condition
    purge: "*" | all{outer}

    all{term}: any{term} ("AND" any{term})*
    any{term}: term ("OR" term)*
    outer: condition | "(" all{inner} ")"
    inner: condition | "(" all{condition} ")"
    condition: FIELD OPERATOR VALUE

    FIELD: /[A-Za-z_][A-Za-z0-9_.]*/
    OPERATOR: /[<>]=?|=/
    VALUE: /"(?:[^"\\]|\\.)*"/s
    %ignore /\s+/
"""
_TOKENS: Final = {
    "FIELD": "a field",
    "OPERATOR": "one of > < >= <= =",
    "VALUE": "a value in double quotes",
    "AND": "AND",
    "OR": "OR",
    "LPAR": "(",
    "RPAR": ")",
    "STAR": "*",
    "$END": "the end",
}
_LIST_EXAMPLES: Final = 'primary_product_id = "some_id", collection_product_id = "some_id", type = "PRIMARY"'
_PURGE_EXAMPLES: Final = (
    'create_time <= "2015-02-13T17:05:46Z", availability = "IN_STOCK" OR availability = "PREORDER", '
    '(create_time <= "2015-02-13T17:05:46Z" AND availability = "PREORDER") OR availability = "BACKORDER", *'
)

_COMPARISONS: Final[dict[str, Callable[[int, int], bool]]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
    "=": operator.eq,
}
# Timestamp takes other forms, too, such as months of one digit and a time zone of 99 hours.
_is_time = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
).fullmatch

_ListedField = Literal["primary_product_id", "collection_product_id", "type"]
_LISTED_FIELDS: Final = get_args(_ListedField)
_LISTED_TYPES: Final = tuple(name for name, number in Product.Type.items() if number)
_PURGED_AVAILABILITIES: Final = {name: number for name, number in Product.Availability.items() if number}


@dataclass(frozen=True, slots=True)
class ListFilter:
    """Which products are listed.

    Attributes:
        field: `primary_product_id`: the variants of a primary product; `collection_product_id`: the members of a
            collection; `type`: the products of a type.
        value: The id of that product, which has to exist; or PRIMARY, VARIANT or COLLECTION.
    """

    field: _ListedField
    value: str


@dataclass(frozen=True, slots=True)
class AvailabilityIs:
    """Products of an availability; those that have none are IN_STOCK."""

    availability: int


@dataclass(frozen=True, slots=True)
class Created:
    """Products by the time of their creation.

    Attributes:
        comparison: `>`, `<`, `>=`, `<=` or `=`; the time of creation is on its left.
        time_ns: Nanoseconds since the Unix epoch.
    """

    comparison: str
    time_ns: int


@dataclass(frozen=True, slots=True)
class And:
    """Products that all terms select; without terms, every product."""

    terms: tuple[PurgeFilter, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Products that one term or more selects."""

    terms: tuple[PurgeFilter, ...]


PurgeFilter = AvailabilityIs | Created | And | Or
EVERYTHING: Final = And(())
"""What `*` stands for."""


def parse_list(text: str, field: str = "filter") -> ListFilter | None:
    """Reads the filter of ListProducts.

    Args:
        text: As the caller wrote it.
        field: Where, for the error.

    Returns:
        The filter; None if it is empty, which selects every product.

    Raises:
        RpcError: INVALID_ARGUMENT; says where it went wrong, and what is right.
    """
    if not text.strip():
        return None
    try:
        return _list_filter(*_condition(_parse(text, "list").children[0]))
    except _MalformedError as error:
        raise _invalid(text, field, error, _LIST_EXAMPLES) from None


def parse_purge(text: str, field: str = "filter") -> PurgeFilter:
    """Reads the filter of PurgeProducts: at most 6 conditions, in at most two levels of parentheses.

    Args:
        text: As the caller wrote it.
        field: Where, for the error.

    Raises:
        RpcError: INVALID_ARGUMENT; it is empty, longer than 5,000 characters, or says where it went wrong, and what is
            right.
    """
    if not text.strip():
        raise errors.invalid_argument([errors.missing(field)])
    if len(text) > FILTER_LENGTH:
        raise errors.invalid_argument([limits.too_long(field, FILTER_LENGTH, len(text))])
    try:
        return _purge_filter(_parse(text, "purge"))
    except _MalformedError as error:
        raise _invalid(text, field, error, _PURGE_EXAMPLES) from None


def matches(tree: PurgeFilter, *, availability: int, create_time_us: int) -> bool:
    """Whether a purge takes a product.

    Args:
        tree: As `parse_purge` returned it.
        availability: Number of the product's Product.Availability.
        create_time_us: When the product was created, in microseconds since the Unix epoch.
    """
    match tree:
        case AvailabilityIs():
            return (availability or Product.IN_STOCK) == tree.availability
        case Created():
            return _COMPARISONS[tree.comparison](create_time_us * 1_000, tree.time_ns)
        case And():
            return all(matches(t, availability=availability, create_time_us=create_time_us) for t in tree.terms)
        case Or():
            return any(matches(t, availability=availability, create_time_us=create_time_us) for t in tree.terms)


class _MalformedError(Exception):
    """What is wrong, without a full stop; and the number of characters before it, None where it is all over."""

    def __init__(self, start: int | None, problem: str) -> None:
        super().__init__(problem)
        self.start = start


def _invalid(text: str, field: str, error: _MalformedError, examples: str) -> errors.RpcError:
    """Returns INVALID_ARGUMENT in Google's words for a bad filter (purge_config.proto, export_config.proto)."""
    place = "" if error.start is None else f"At character {error.start + 1}: "
    description = f"Invalid filter '{paths.cut(text)}'. {place}{error}. Valid filter examples: {examples}"
    return errors.invalid_argument([Violation(field, description, "INVALID_FILTER")])


@cache
def _parser() -> Lark:
    # Importing lark takes long, and most who import this module never see a filter.
    from lark import Lark  # noqa: PLC0415

    return Lark(_GRAMMAR, parser="lalr", start=["list", "purge"])


def _parse(text: str, start: str) -> Any:
    from lark import UnexpectedInput  # noqa: PLC0415 - see _parser

    try:
        return _parser().parse(text, start=start)
    except UnexpectedInput as error:
        raise _unexpected(text, error) from None


def _unexpected(text: str, error: Any) -> _MalformedError:
    token = getattr(error, "token", None)  # None: no token begins with this character
    kind = None if token is None else token.type
    start = len(text) if kind == "$END" else error.pos_in_stream
    accepted = error.interactive_parser.accepts()
    expected = " or ".join(words for name, words in _TOKENS.items() if name in accepted)
    if kind == "$END":
        found = "the end"
    elif kind == "VALUE":
        found = "a value"
    elif token is None and text[start] == '"':
        found = "a quote that is not closed"
    else:
        found = paths.quoted(text[start] if token is None else str(token))
    if kind == "LPAR" and "FIELD" in accepted and "(" in text[:start]:
        found += ", and parentheses are at most two deep"
    return _MalformedError(start, f"expected {expected}, found {found}")


def _condition(tree: Any) -> tuple[Any, str, str]:
    """Returns the three parts of a condition: the field, as a token that knows its place; the comparison; the value."""
    name, comparison, value = tree.children
    return name, str(comparison), re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL)


def _list_filter(name: Any, comparison: str, value: str) -> ListFilter:
    if name not in _LISTED_FIELDS or comparison != "=":
        raise _not_comparable(name, comparison)
    if name == "type" and value not in _LISTED_TYPES:
        known = ", ".join(_LISTED_TYPES)
        raise _MalformedError(name.start_pos, f"type must be one of {known}, but is {paths.quoted(value)}")
    if name != "type" and not names.is_product_id(value):
        raise _MalformedError(name.start_pos, f"{name} must be the id of a product, but is {paths.quoted(value)}")
    return ListFilter(cast("_ListedField", str(name)), value)


def _purge_filter(tree: Any) -> PurgeFilter:
    count = sum(1 for _ in tree.find_data("condition"))
    if count > MAX_CONDITIONS:
        raise _MalformedError(None, f"It must have at most {MAX_CONDITIONS} conditions, but has {count}")
    return _node(tree)


def _node(tree: Any) -> PurgeFilter:
    if tree.data == "condition":
        return _purge_condition(*_condition(tree))
    terms = tuple(_node(child) for child in tree.children)
    if len(terms) == 1:
        return terms[0]
    return Or(terms) if tree.data == "any" else And(terms)


def _purge_condition(name: Any, comparison: str, value: str) -> PurgeFilter:
    if name == "availability" and comparison == "=":
        if value not in _PURGED_AVAILABILITIES:
            problem = f"availability must be one of {', '.join(_PURGED_AVAILABILITIES)}, but is {paths.quoted(value)}"
            raise _MalformedError(name.start_pos, problem)
        return AvailabilityIs(_PURGED_AVAILABILITIES[value])
    if name == "create_time":
        time = Timestamp()
        with contextlib.suppress(ValueError):
            if _is_time(value):
                time.FromJsonString(value)
                return Created(comparison, time.ToNanoseconds())
        rule = 'create_time must be an RFC 3339 time, such as "2015-02-13T17:05:46Z"'
        raise _MalformedError(name.start_pos, f"{rule}, but is {paths.quoted(value)}")
    raise _not_comparable(name, comparison)


def _not_comparable(name: Any, comparison: str) -> _MalformedError:
    return _MalformedError(name.start_pos, f"'{comparison}' can not be specified with '{paths.cut(name)}'")
