"""Limits of single values that the rules of several kinds of event share. Each check adds what it finds to `found`."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from math import isfinite
from typing import Final

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money

from generated.google.cloud.retail.v2.common_pb2 import CustomAttribute
from service.events import paths
from service.events.errors import Findings, Violation, missing, violation

MIN_TIMESTAMP_S: Final = -62_135_596_800  # 0001-01-01T00:00:00Z
MAX_TIMESTAMP_S: Final = 253_402_300_799  # 9999-12-31T23:59:59Z
MAX_NANOS: Final = 999_999_999

ATTRIBUTE_KEY_LENGTH: Final = 5_000  # characters
ATTRIBUTE_VALUES: Final = 400
ATTRIBUTE_TEXT_LENGTH: Final = 256  # characters
IP_ADDRESS_LENGTH: Final = 45  # the longest text of an IPv6 address

# From ISO 4217's list of withdrawn codes, those of the last decades. Imports have no age limit, so an event keeps the
# currency that was paid in, and an update of the library must not turn accepted events into rejected ones.
_WITHDRAWN: Final = (
    "ADP AFA ANG ATS AZM BEF BGL BGN BYB BYR CSD CUC CYP DEM ECS EEK ESP FIM FRF GHC GRD GWP HRK IEP ITL LTL LUF LVL "
    "MGF MRO MTL MXP MZM NLG PTE ROL RUR SDD SIT SKK SLL SRG STD TJR TMM TPE TRL UAK VEB VEF XEU YUM ZMK "
    "ZWD ZWL ZWN ZWR"
)


@cache
def _currencies() -> frozenset[str]:
    import iso4217  # noqa: PLC0415  6 ms and 2 MiB, which only who sells needs

    return frozenset(currency.code for currency in iso4217.Currency) | frozenset(_WITHDRAWN.split())


def too_long(field: str, limit: int, length: int, unit: str = "characters") -> Violation:
    """Returns the violation of a text of more than `limit` units."""
    return violation(field, f"must have at most {limit:,} {unit}, but has {length:,}.", "TOO_LONG")


def too_many(field: str, limit: int, count: int) -> Violation:
    """Returns the violation of a list of more than `limit` values."""
    return violation(field, f"must have at most {limit:,} values, but has {count:,}.", "TOO_MANY")


def check_timestamp(found: Findings, field: str, timestamp: Timestamp) -> None:
    """The years 1 to 9999, as protobuf defines Timestamp; no other has a form in RFC 3339."""
    seconds, nanos = timestamp.seconds, timestamp.nanos
    if not (MIN_TIMESTAMP_S <= seconds <= MAX_TIMESTAMP_S and 0 <= nanos <= MAX_NANOS):
        rule = "must be from 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z"
        found.add(violation(field, f"{rule}, but is {seconds} s and {nanos} ns after 1970.", "INVALID_TIMESTAMP"))


def check_currency(found: Findings, field: str, code: str) -> None:
    """A three-letter code of ISO 4217 (user_event.proto, common.proto)."""
    if code not in _currencies():
        found.add(violation(field, f"must be a three-letter ISO 4217 code, such as USD, but is {paths.quoted(code)}."))


def check_finite(found: Findings, field: str, number: float) -> None:
    """A number that can be added up: neither infinite nor NaN."""
    if not isfinite(number):
        found.add(violation(field, f"must be a finite number, but is {number}."))


def check_ip_address(found: Findings, field: str, address: str) -> None:
    """IPv4 or IPv6 (user_event.proto, common.proto)."""
    if not is_ip_address(address):
        found.add(violation(field, f"must be an IPv4 or IPv6 address, but is {paths.quoted(address)}."))


def is_ip_address(address: str) -> bool:
    """Whether that is one of IPv4 or IPv6 that means the same everywhere."""
    return len(address) <= IP_ADDRESS_LENGTH and _is_ip_address(address)


@lru_cache(maxsize=4096)
def _is_ip_address(address: str) -> bool:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return "%" not in address  # a zone index means something on one host only


def check_money(found: Findings, field: str, money: Money) -> None:
    """google.type.Money: a known currency; nanos within one unit and of the same sign as units."""
    units, nanos, code = money.units, money.nanos, money.currency_code
    if not code:
        found.add(missing(f"{field}.currency_code"))
    else:
        check_currency(found, f"{field}.currency_code", code)
    if not -MAX_NANOS <= nanos <= MAX_NANOS:
        found.add(violation(f"{field}.nanos", f"must be from -999,999,999 to 999,999,999, but is {nanos:,}."))
    elif (units > 0 > nanos) or (units < 0 < nanos):
        found.add(violation(f"{field}.nanos", f"must have the sign of units ({units:,}), but is {nanos:,}."))


MAX_EVENT_SIZE: Final = 2**20  # bytes of a serialised event: lists and answers must fit into gRPC messages


def check_size(found: Findings, event: Message) -> None:
    """An event that could not be read back is not taken in (docs/GUARANTEES.md)."""
    size = event.ByteSize()
    if size > MAX_EVENT_SIZE:
        rule = f"The event takes {size:,} bytes, of which at most {MAX_EVENT_SIZE:,} are allowed."
        found.add(Violation("", rule, "TOO_LONG"))


def check_attributes(found: Findings, field: str, attributes: Mapping[str, CustomAttribute]) -> None:
    """Custom attributes: length of keys, number and length of values, texts or numbers, not both (common.proto)."""
    for key in attributes:
        value = attributes[key]
        texts, numbers = (
            value.text[:],
            value.numbers[:],
        )  # plain lists: walking protobuf's own takes three times as long
        if len(key) > ATTRIBUTE_KEY_LENGTH:
            found.add(too_long(paths.entry(field, key), ATTRIBUTE_KEY_LENGTH, len(key), "characters in its key"))
        if bool(texts) == bool(numbers):
            rule = f"must have texts or numbers, but has {'both' if texts else 'neither'}."
            found.add(violation(paths.entry(field, key), rule))
        if texts:
            _check_texts(found, field, key, texts)
        if numbers:
            _check_numbers(found, field, key, numbers)


def _check_texts(found: Findings, field: str, key: str, texts: Sequence[str]) -> None:
    if len(texts) > ATTRIBUTE_VALUES:
        found.add(too_many(f"{paths.entry(field, key)}.text", ATTRIBUTE_VALUES, len(texts)))
    for index, text in enumerate(texts):
        if not text:
            found.add(violation(f"{paths.entry(field, key)}.text[{index}]", "must not be empty."))
        elif len(text) > ATTRIBUTE_TEXT_LENGTH:
            found.add(too_long(f"{paths.entry(field, key)}.text[{index}]", ATTRIBUTE_TEXT_LENGTH, len(text)))


def _check_numbers(found: Findings, field: str, key: str, numbers: Sequence[float]) -> None:
    if len(numbers) > ATTRIBUTE_VALUES:
        found.add(too_many(f"{paths.entry(field, key)}.numbers", ATTRIBUTE_VALUES, len(numbers)))
    for index, number in enumerate(numbers):
        if not isfinite(number):
            check_finite(found, f"{paths.entry(field, key)}.numbers[{index}]", number)
