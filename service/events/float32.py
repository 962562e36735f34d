"""Numbers of 32 bits in JSON: 19.99 has to stay 19.99.

protobuf-py holds a float of a message as a Python float, which has 64 bits, and prints all of them: 19.989999771118164.
Set to the shortest number that is the same in 32 bits, it prints 19.99.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import isfinite
from operator import attrgetter, itemgetter
from struct import Struct
from typing import Any, Final

from protobuf import (
    DescField,
    DescFieldValueList,
    DescFieldValueMessage,
    DescFieldValueScalar,
    DescMessage,
    Message,
    ScalarType,
)

_FLOAT32: Final = Struct("<f")
_FEWEST_DIGITS: Final = 6  # of those, every number survives the way through 32 bits
_MOST_DIGITS: Final = 9  # with these, every 32-bit number is told from its neighbours
_LARGEST: Final = float.fromhex("0x1.fffffep127")  # protobuf-py reads nothing above it, not even what rounds to it


def shorten(message: Message) -> None:
    """Sets every float of `message`, and of the messages in it, to the shortest number that is the same in 32 bits.

    Lists and maps of floats, and what is inside google.protobuf.Any or a map, stay as they are; the contract has no
    floats there.
    """
    floats, children = _places(message.desc())
    for name in floats:
        if number := getattr(message, name):
            setattr(message, name, shortest(number))
    for get in children:
        if value := get(message):
            for child in (value,) if isinstance(value, Message) else value:
                shorten(child)


def shortest(number: float) -> float:
    """Returns the number with the fewest decimal digits, at least six, that is the same in 32 bits."""
    if isfinite(number):
        for digits in range(_FEWEST_DIGITS, _MOST_DIGITS + 1):
            candidate = float(f"{number:.{digits}g}")
            if abs(candidate) <= _LARGEST and _FLOAT32.unpack(_FLOAT32.pack(candidate))[0] == number:
                return candidate
    return number


@cache
def _places(desc: DescMessage) -> tuple[tuple[str, ...], tuple[Callable[[Message], Any], ...]]:
    """Returns the attributes that are floats, and how to get at the messages that have floats anywhere in them."""
    floats = tuple(field.local_name for field in desc.fields if _is_float(field))
    children = ((field, _message_of(field)) for field in desc.fields)
    return floats, tuple(_getter(field) for field, child in children if child is not None and _has_floats(child))


@cache
def _has_floats(desc: DescMessage) -> bool:
    seen = {desc}
    reached = [desc]
    for each in reached:
        children = {child for field in each.fields if (child := _message_of(field)) is not None}
        reached += children - seen
        seen |= children
    return any(_is_float(field) for each in reached for field in each.fields)


def _is_float(field: DescField) -> bool:
    return isinstance(field.value, DescFieldValueScalar) and field.value.scalar is ScalarType.FLOAT


def _message_of(field: DescField) -> DescMessage | None:
    match field.value:
        case DescFieldValueMessage(message=desc) | DescFieldValueList(element=DescMessage() as desc):
            return desc
        case _:
            return None


def _getter(field: DescField) -> Callable[[Message], Any]:
    """A member of a oneof has no attribute of its own."""
    in_oneof = isinstance(field.value, DescFieldValueMessage) and field.value.oneof is not None
    return itemgetter(field) if in_oneof else attrgetter(field.local_name)
