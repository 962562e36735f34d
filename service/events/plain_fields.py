"""Fields of plain events on the wire, as `identity.canonical_bytes` has them, from values that msgspec decoded.

Each class here takes the number of a field and encodes the field with its tag. A value is none of "", 0, false and []:
such a field is not there. ValueError means that the value is not plain (`plain_events`).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Final, Literal

import msgspec

from generated.google.cloud.retail.v2.product_pb2 import Product
from generated.google.cloud.retail.v2.user_event_pb2 import ProductDetail
from service.events import limits
from service.events.identity import varint

_MOST_DETAILS: Final = 10_000  # that are remembered
_EXACT: Final = 2**53  # up to here a number is the same, however it is read
_LONG: Final = 0x80  # from here on a length takes more than a byte

values_of: Final[Callable[[Any], tuple[Any, ...]]] = msgspec.structs.astuple


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


class Encoder:
    """Encodes one field."""

    def encode(self, value: Any) -> bytes:
        """The field.

        Raises:
            ValueError: The value is not plain.
        """
        raise NotImplementedError


class Text(Encoder):
    """A text, which may be empty too."""

    def __init__(self, field: int) -> None:
        self._heads = heads(field)

    def encode(self, value: Any) -> bytes:
        """See `Encoder`."""
        text: str = value
        return delimited(self._heads, text.encode())


class Texts(Encoder):
    """Texts in their order."""

    def __init__(self, field: int) -> None:
        self._text = Text(field)

    def encode(self, value: Any) -> bytes:
        """See `Encoder`."""
        return b"".join([self._text.encode(each) for each in value])


class Boolean(Encoder):
    """The value true."""

    def __init__(self, field: int) -> None:
        self._encoded = varint(field << 3) + b"\x01"

    def encode(self, value: Any) -> bytes:  # noqa: ARG002  there is no other
        """See `Encoder`."""
        return self._encoded


class Integer(Encoder):
    """A number that is not negative."""

    def __init__(self, field: int) -> None:
        self._tag = varint(field << 3)

    def encode(self, value: Any) -> bytes:
        """See `Encoder`."""
        return self._tag + varint(value)


class Numbers(Encoder):
    """Doubles, packed."""

    def __init__(self, field: int) -> None:
        self._heads = heads(field)

    def encode(self, value: Any) -> bytes:
        """See `Encoder`."""
        if not all(each and -_EXACT <= each <= _EXACT for each in value):  # 0 may have been -0
            raise ValueError
        return delimited(self._heads, struct.pack(f"<{len(value)}d", *value))


class IpAddress(Text):
    """A text that no rule of addresses forbids."""

    def encode(self, value: Any) -> bytes:
        """See `Encoder`."""
        if not limits.is_ip_address(value):
            raise ValueError
        return super().encode(value)


class Refused(Encoder):
    """A field that has no plain value."""

    def encode(self, value: Any) -> bytes:  # noqa: ARG002  whatever it is
        """See `Encoder`."""
        raise ValueError


class Message(Encoder):
    """A struct, by the encoders of its fields in the order of their numbers."""

    def __init__(self, field: int, encoders: Sequence[Encoder]) -> None:
        self._heads = heads(field)
        self._encoders = list(encoders)

    def encode(self, value: Any) -> bytes:
        """See `Encoder`."""
        return delimited(self._heads, joined(self._encoders, values_of(value), 0))


def joined(encoders: list[Encoder], values: tuple[Any, ...], first: int) -> bytes:
    """The fields of a struct from the place `first` on, those that are there."""
    parts = []
    for place in range(len(encoders)):
        value = values[first + place]
        if value:
            parts.append(encoders[place].encode(value))
    return b"".join(parts)


class Attributes(Encoder):
    """A map to CustomAttributes, each of texts or of numbers: `encoders` are those of the two.

    Its entries have key and value, whatever they are, and the order that `identity` says.
    """

    def __init__(self, field: int, encoders: Sequence[Encoder]) -> None:
        self._heads = heads(field)
        self._key = Text(1)
        self._of_key = Message(2, encoders)

    def encode(self, value: Any) -> bytes:
        """See `Encoder`."""
        for each in value.values():
            if bool(each.text) == bool(each.numbers):
                raise ValueError
        entries = [self._key.encode(name) + self._of_key.encode(value[name]) for name in in_order(value)]
        return b"".join([delimited(self._heads, entry) for entry in entries])


def in_order(names: Iterable[str]) -> list[str]:
    """The keys of a map in the order in which their entries are stored."""
    return sorted(names, key=lambda name: name.encode() + b"\xff")


class ProductDetails(Encoder):
    """Product details, each of which must have a quantity where that would be filled in.

    A catalog is small beside what happens to it: a detail is encoded once for many events.
    """

    def __init__(self, field: int, *, with_quantity: bool = False) -> None:
        self._heads = heads(field)
        self._product = heads(ProductDetail.PRODUCT_FIELD_NUMBER)
        self._quantity = heads(ProductDetail.QUANTITY_FIELD_NUMBER)
        self._product_id = Text(Product.ID_FIELD_NUMBER)
        self._count = Integer(1)  # of an Int32Value
        self._with_quantity = with_quantity
        self._known: dict[tuple[str, int], bytes] = {}

    def encode(self, value: Any) -> bytes:
        """See `Encoder`."""
        return b"".join([self._encoded((each.product.id, each.quantity)) for each in value])

    def _encoded(self, detail: tuple[str, int]) -> bytes:
        encoded = self._known.get(detail)
        if encoded is None:
            if len(self._known) >= _MOST_DETAILS:
                self._known.clear()
            encoded = self._known[detail] = self._encode(*detail)
        return encoded

    def _encode(self, identity: str, count: int) -> bytes:
        data = delimited(self._product, self._product_id.encode(identity))
        if count:
            data += delimited(self._quantity, self._count.encode(count))
        elif self._with_quantity:
            raise ValueError
        return delimited(self._heads, data)
