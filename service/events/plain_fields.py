"""Fields of plain events on the wire, as `identity.canonical_bytes` has them, from values that msgspec decoded.

Each function here takes the number of a field and returns its encoder, which returns the field with its tag. A value is
none of "", 0, false and []: such a field is not there. ValueError means that the value is not plain (`plain_events`).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from typing import Any, Final, Literal

import msgspec

from generated.google.cloud.retail.v2.product_pb2 import Product
from generated.google.cloud.retail.v2.user_event_pb2 import ProductDetail
from service.events import limits
from service.events.identity import varint

Encode = Callable[[Any], bytes]

_MOST_DETAILS: Final = 10_000  # that are remembered
_EXACT: Final = 2**53  # up to here a number is the same, however it is read
_LONG: Final = 0x80  # from here on a length takes more than a byte

values_of: Final = msgspec.structs.astuple


def struct_of(name: str, *fields: tuple[Any, ...], rename: Literal["camel"] | None = "camel") -> Any:
    """A struct that JSON is decoded to, by (name, type) or (name, type, default) of each field; others are errors."""
    return msgspec.defstruct(
        name, fields, rename=rename, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, gc=False
    )


@cache
def heads(field: int) -> tuple[bytes, ...]:
    """What stands before the value of a field, by its length as far as that takes one byte."""
    tag = varint(field << 3 | 2)
    return tuple([tag + bytes((size,)) for size in range(_LONG)])


def delimited(of_field: tuple[bytes, ...], data: bytes) -> bytes:
    """A value behind what stands before it."""
    size = len(data)
    return of_field[size] + data if size < _LONG else of_field[0][:-1] + varint(size) + data


def text(field: int) -> Encode:
    """A text, which may be empty too."""
    before = heads(field)

    def encode(value: str) -> bytes:
        data = value.encode()
        size = len(data)
        return before[size] + data if size < _LONG else delimited(before, data)

    return encode


def texts(field: int) -> Encode:
    """Texts in their order."""
    encode = text(field)
    return lambda value: b"".join(map(encode, value))


def boolean(field: int) -> Encode:
    """The value true."""
    encoded = varint(field << 3) + b"\x01"
    return lambda _: encoded


def integer(field: int) -> Encode:
    """A number that is not negative."""
    tag = varint(field << 3)
    return lambda value: tag + varint(value)


def numbers(field: int) -> Encode:
    """Doubles, packed."""
    before = heads(field)

    def encode(values: list[float]) -> bytes:
        if not all(each and -_EXACT <= each <= _EXACT for each in values):  # 0 may have been -0
            raise ValueError
        return delimited(before, struct.pack(f"<{len(values)}d", *values))

    return encode


def ip_address(field: int) -> Encode:
    """A text that no rule of addresses forbids."""
    encode = text(field)

    def checked(value: str) -> bytes:
        if not limits.is_ip_address(value):
            raise ValueError
        return encode(value)

    return checked


def refuse(_: Any) -> bytes:
    """The encoder of a field that has no plain value."""
    raise ValueError


def message(field: int, encoders: Sequence[Encode]) -> Encode:
    """A struct, by the encoders of its fields in the order of their numbers."""
    before = heads(field)
    return lambda value: delimited(
        before, b"".join([encode(each) for encode, each in zip(encoders, values_of(value), strict=True) if each])
    )


def attributes(field: int, encoders: Sequence[Encode]) -> Encode:
    """A map to CustomAttributes, each of texts or of numbers: `encoders` are those of the two.

    Its entries have key and value, whatever they are, and the order that `identity` says.
    """
    before, key, attribute = heads(field), text(1), message(2, encoders)

    def encode(value: dict[str, Any]) -> bytes:
        for each in value.values():
            if bool(each.text) == bool(each.numbers):
                raise ValueError
        return b"".join([delimited(before, key(name) + attribute(value[name])) for name in in_order(value)])

    return encode


def in_order(names: Iterable[str]) -> list[str]:
    """The keys of a map in the order in which their entries are stored."""
    return sorted(names, key=lambda name: name.encode() + b"\xff")


def product_details(field: int, *, with_quantity: bool = False) -> Encode:
    """Product details, each of which must have a quantity where that would be filled in.

    A catalog is small beside what happens to it: a detail is encoded once for many events.
    """
    before, product, quantity = map(
        heads, (field, ProductDetail.PRODUCT_FIELD_NUMBER, ProductDetail.QUANTITY_FIELD_NUMBER)
    )
    product_id, count_of = text(Product.ID_FIELD_NUMBER), integer(1)  # of an Int32Value

    @lru_cache(_MOST_DETAILS)
    def encoded(identity: str, count: int) -> bytes:
        data = delimited(product, product_id(identity))
        if count:
            data += delimited(quantity, count_of(count))
        elif with_quantity:
            raise ValueError
        return delimited(before, data)

    return lambda value: b"".join([encoded(each.product.id, each.quantity) for each in value])
