"""From the text of a filter to conditions on single fields, or to the error that says what is wrong with it where.

What a filter may say is the same for every kind of event, given its fields: `filters.py` has those.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from google.protobuf.timestamp_pb2 import Timestamp

from service.events.errors import RpcError, Violation, invalid_argument
from service.events.limits import MAX_TIMESTAMP_S, MIN_TIMESTAMP_S
from service.events.paths import SHOWN_LENGTH

if TYPE_CHECKING:
    import lark

LENGTH: Final = 5_000  # characters
FIRST_US: Final = MIN_TIMESTAMP_S * 1_000_000
END_US: Final = (MAX_TIMESTAMP_S + 1) * 1_000_000

_EXAMPLE_TIME: Final = "2012-04-23T18:25:43.511Z"
_is_rfc_3339 = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
).fullmatch
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_KEYWORDS: Final = ("OR", "NOT")
_KEYWORD_RULE: Final = "OR and NOT, in upper case, stand inside parentheses and in filters of exports only"
_OPERATORS: Final = ("=",)
_TIME_OPERATORS: Final = ("=", ":", ">", ">=", "<", "<=")
_PHRASES: Final = {
    "VALUE": "a value, in double quotes unless it is a plain word",
    "NAME": "a field",
    "AND": "AND",
    "OR": "OR",
    "NOT": "NOT",
    "LSQB": "'['",
    "COMMA": "','",
    "RSQB": "']'",
    "LPAR": "'('",
    "RPAR": "')'",
    "STAR": "'*'",
    "$END": "the end of the filter",
}
"""Terminals of the grammar in words, in the order in which errors list them."""


class Field(NamedTuple):
    """A field that terms may name.

    Attributes:
        attribute: Its name for who takes the conditions; empty: it is the time.
        spellings: Its names in a filter; the first is the one that errors show.
        values: What its values stand for; None: any text stands for itself.
        words: Bare words that are a condition on it, with the value that they stand for.
        can_be_excluded: NOT may stand before its values.
    """

    attribute: str
    spellings: tuple[str, ...]
    values: Mapping[str, Any] | None = None
    words: Mapping[str, Any] | None = None
    can_be_excluded: bool = False

    @property
    def name(self) -> str:
        """The name that errors and canonical texts show."""
        return self.spellings[0]

    @property
    def is_time(self) -> bool:
        """Whether terms compare it by order."""
        return not self.attribute


class Condition(NamedTuple):
    """What one term demands: one of the values (or none of them, if excluded), or for the time a half-open range."""

    field: Field
    values: frozenset[Any] = frozenset()
    excluded: bool = False
    from_us: int = FIRST_US
    until_us: int = END_US


class InvalidFilterError(Exception):
    """A filter is not valid.

    Attributes:
        at: Index of the character.
        problem: What was found there, and what was expected.
        lead: A sentence of Google's that goes before the examples.
    """

    def __init__(self, at: int, problem: str, lead: str = "") -> None:
        super().__init__(at, problem, lead)
        self.at = at
        self.problem = problem
        self.lead = lead

    def to_rpc_error(self, text: str, examples: str) -> RpcError:
        """Returns INVALID_ARGUMENT in the shape of Google's own (purge_config.proto, export_config.proto)."""
        where = f"At position {self.at + 1}: {self.problem}."
        valid = f"Valid filter examples: {examples}"
        body = f"{self.lead} {valid} {where}" if self.lead else f"{where} {valid}"
        message = f"Invalid filter '{_shown(text, 200)}'. {body}"
        return invalid_argument([Violation("filter", message, "INVALID_FILTER")])


@lru_cache(maxsize=1)
def _parser() -> lark.Lark:
    from lark import Lark  # noqa: PLC0415 - it takes 40 ms, which who never filters need not pay

    return Lark.open_from_package(__package__, "filters.lark", parser="lalr")


class Reader:
    """Reads filters of one language.

    Args:
        fields: What terms may name.
        combines: Whether the language knows OR and NOT.
    """

    def __init__(self, fields: tuple[Field, ...], *, combines: bool) -> None:
        self._fields = {spelling: field for field in fields for spelling in field.spellings}
        self._words = {word: field for field in fields for word in field.words or ()}
        self._names = _one_of(field.name for field in fields)
        self._combines = combines

    def conditions(self, text: str) -> list[Condition] | None:
        """Returns what a filter demands, all of which must hold; None for `*`.

        Raises:
            InvalidFilterError: It is not valid.
        """
        if len(text) > LENGTH:
            raise InvalidFilterError(LENGTH, f"expected the end, since a filter has at most {LENGTH:,} characters")
        from lark import UnexpectedInput  # noqa: PLC0415 - see _parser

        try:
            terms: list[Any] = _parser().parse(text).children
        except UnexpectedInput as error:
            raise self._unexpected(error, text) from None
        return None if terms == ["*"] else [self._condition(term) for term in terms]

    def _unexpected(self, error: lark.UnexpectedInput, text: str) -> InvalidFilterError:
        token: lark.Token | None = getattr(error, "token", None)
        if token is None:
            at = error.pos_in_stream or 0
            found = "a quote that is not closed" if text[at] == '"' else f"'{_shown(text[at])}'"
        elif token.type == "$END":
            at, found = len(text), "the end of the filter"
        else:
            at, found = token.start_pos or 0, f"'{_shown(token)}'"
        names: set[str] = error.interactive_parser.accepts()  # type: ignore[no-untyped-call]
        if "OPERATOR" in names:  # the grammar takes a bare word, too, but that is hardly what was meant
            return InvalidFilterError(at, f"found {found}, expected an operator: {_one_of(_TIME_OPERATORS)}")
        if not self._combines:
            names -= {"OR", "NOT"} | ({"LPAR"} if "VALUE" in names else set())
        phrases = _one_of(phrase for name, phrase in _PHRASES.items() if name in names)
        rule = f"; {_KEYWORD_RULE}" if _is_keyword(token) else ""
        return InvalidFilterError(at, f"found {found}, expected {phrases}{rule}")

    def _condition(self, term: Any) -> Condition:
        keywords = [part for part in term.children if _is_keyword(part)]
        parts = [part for part in term.children if not _is_keyword(part)]
        if keywords and not self._combines:
            raise _invalid(keywords[0], "which only filters of exports may have")
        if term.data == "word":
            return self._word(parts[0])
        if term.data == "comparison":
            return self._comparison(parts, keywords)
        return _combination([self._condition(part) for part in parts], keywords[0])

    def _word(self, token: lark.Token) -> Condition:
        field = self._words.get(token)
        if field is not None and field.words is not None:
            return Condition(field, frozenset({field.words[token]}))
        if token in self._fields:
            raise _invalid(token, "expected an operator and a value after it")
        if token.upper() == "AND":
            raise _invalid(token, "expected a term; AND, in upper case, stands between two terms")
        if token.upper() in _KEYWORDS:
            raise _invalid(token, f"expected a term; {_KEYWORD_RULE}")
        raise _invalid(token, f"expected a term: {self._names} with an operator and a value")

    def _comparison(self, parts: Sequence[lark.Token], keywords: Sequence[lark.Token]) -> Condition:
        name, operator, *operands = parts
        lead = f"'{operator}' can not be specified with '{_shown(name)}'"
        field = self._fields.get(name)
        if field is None:
            raise _invalid(name, f"expected {self._names}", lead)
        operators = _TIME_OPERATORS if field.is_time else _OPERATORS
        if operator not in operators:
            raise _invalid(operator, f"expected {_one_of(operators)}", lead)
        if keywords and (field.is_time or (keywords[0] == "NOT" and not field.can_be_excluded)):
            raise _invalid(keywords[0], f"which can not be used with '{field.name}'")
        if field.is_time:
            from_us, until_us = _range(operator, [_nanoseconds(operand) for operand in operands])
            return Condition(field, from_us=from_us, until_us=until_us)
        values = frozenset(_value(operand, field) for operand in operands)
        return Condition(field, values, excluded="NOT" in keywords)


def _combination(conditions: Sequence[Condition], keyword: lark.Token) -> Condition:
    field = conditions[0].field
    if any(condition.excluded for condition in conditions):
        raise _invalid(keyword, "which can not be used with a term that has NOT")
    if any(condition.field is not field for condition in conditions):
        raise _invalid(keyword, "expected it between terms of the same field")
    if field.is_time or (keyword == "NOT" and not field.can_be_excluded):
        raise _invalid(keyword, f"which can not be used with '{field.name}'")
    values = frozenset(value for condition in conditions for value in condition.values)
    return Condition(field, values, excluded=keyword == "NOT")


def _is_keyword(part: Any) -> bool:
    return getattr(part, "type", None) in _KEYWORDS


def _value(token: lark.Token, field: Field) -> Any:
    text = _text(token)
    if field.values is None:
        return text
    if text not in field.values:
        raise _invalid(token, f"expected {_one_of(field.values)}")
    return field.values[text]


def _text(token: lark.Token) -> str:
    """Returns what a value says: itself, or within quotes what JSON makes of it."""
    text = str(token)
    if token.type == "STRING":
        try:
            text = json.loads(text, strict=False)
        except json.JSONDecodeError as error:
            at = (token.start_pos or 0) + error.pos
            found = _shown(token[error.pos : error.pos + 2])
            raise InvalidFilterError(at, f"found '{found}', expected an escape of JSON, such as \\\" or \\\\") from None
        if not text:
            raise _invalid(token, "expected a value of at least one character")
        if not text.isascii() and _SURROGATE.search(text):
            raise _invalid(token, "which has a lone surrogate, as no valid text does")
    return text


def _nanoseconds(token: lark.Token) -> int:
    """Returns a time of RFC 3339 as nanoseconds since the Unix epoch."""
    text = _text(token).upper()
    time = Timestamp()
    try:
        time.FromJsonString(text if _is_rfc_3339(text) else "")
    except ValueError:
        form = f"such as {_EXAMPLE_TIME} or with an offset, in the years 1 to 9999"
        raise _invalid(token, f"expected a time of RFC 3339, {form}") from None
    return time.ToNanoseconds()


def _range(operator: str, nanoseconds: Sequence[int]) -> tuple[int, int]:
    """Returns the whole microseconds for which a comparison holds, start inclusive and end exclusive."""
    first, last = nanoseconds[0], nanoseconds[-1]
    from_us, until_us = FIRST_US, END_US
    if operator in (">=", "=", ":"):
        from_us = -(-first // 1_000)
    elif operator == ">":
        from_us = first // 1_000 + 1
    if operator in ("<=", "=", ":"):
        until_us = last // 1_000 + 1
    elif operator == "<":
        until_us = -(-last // 1_000)
    return from_us, until_us


def _invalid(token: lark.Token, problem: str, lead: str = "") -> InvalidFilterError:
    return InvalidFilterError(token.start_pos or 0, f"found '{_shown(token)}', {problem}", lead)


def _one_of(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last


def _shown(text: str, length: int = SHOWN_LENGTH) -> str:
    """Returns the start of `text` on one line, of at most `length` characters and 3/2 as many bytes in a trailer."""
    shown, room = "", length * 3 // 2
    for character in text:
        piece = character if character.isprintable() else character.encode("unicode_escape").decode()
        room -= len(piece) if piece.isascii() and piece != "%" else 3 * len(piece.encode())
        if room < 0 or len(shown) + len(piece) > length:
            return shown[: length - 1] + "…"
        shown += piece
    return shown
