"""User events of which it is plain that they are accepted, from JSON straight to what is stored of them.

Most lines of an import, and most bodies of a :write, say in the most usual form what no rule forbids. Their records are
made here in a third of the time that a message, its check and its serialisation take. What this module knows of the
rules is only what is enough: whatever it takes is what `json.decode`, `user_event.check`, `user_event.normalise` and
`record.user_event_record` make of it, and what it does not take, right or wrong, is theirs to judge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from google.protobuf.message import Message
from msgspec import Meta

from generated.google.cloud.retail.v2.common_pb2 import CustomAttribute, UserInfo
from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from service.events import event_types, limits, plain_fields, plain_times, user_event
from service.events.identity import fingerprint
from service.events.plain_fields import Encode
from service.events.plain_times import MICROS
from service.events.record import UserEventRecord
from service.events.user_event import UserEventRules

_MOST_FORMS: Final = 1_000  # that are remembered


class _Field(NamedTuple):
    """A field that has a plain form.

    Attributes:
        name: Its name in the .proto file.
        type: Its values as msgspec checks them, none of which any rule forbids; None: of a struct of their own.
        default: What it is when it is not there.
        encoder: Makes its encoder, by its number.
    """

    name: str
    type: Any
    default: Any
    encoder: Callable[[int], Encode]


class _Form(NamedTuple):
    """What is plain of events of one type.

    Attributes:
        begin: The type, encoded.
        needs: Of the fields in `_EVENT`, the places of those that must be there.
        encoders: Of each; those that the type may not have refuse every value.
    """

    begin: bytes
    needs: Sequence[int]
    encoders: Sequence[Encode]


class PlainEvent(NamedTuple):
    """An event that is plainly accepted.

    Attributes:
        event: As msgspec decoded it.
        begin: What is stored of it before its time.
        end: The same, behind its time.
        time: Seconds since the Unix epoch, and microseconds; None: it came without.
    """

    event: Any
    begin: bytes
    end: bytes
    time: tuple[int, int] | None

    def record(self, now_us: int, salt: bytes) -> UserEventRecord:
        """The record. The arguments are those of `record.user_event_record`."""
        seconds, micros = self.time or divmod(now_us, MICROS)
        payload = self.begin + _event_time(seconds, micros * 1_000) + self.end
        event = self.event
        return UserEventRecord(
            seconds * MICROS + micros,
            fingerprint(payload) if self.time else salt,
            event.event_type,
            event.visitor_id,
            (event.user_info.user_id or None) if event.user_info else None,
            _product_ids(event.product_details),
            payload,
        )

    def json(self, time_us: int) -> bytes | None:
        """What `json.encode` makes of the event as stored; None where only that knows.

        Args:
            time_us: The record's.
        """
        event = self.event
        if type(event) is not _CAMEL_CASE:
            return None
        if event.event_time is None or len(event.event_time) > plain_times.WHOLE:
            event.event_time = plain_times.text(*divmod(time_us, MICROS))
        if event.attributes:
            if any(each.numbers for each in event.attributes.values()):
                return None
            event.attributes = {name: event.attributes[name] for name in plain_fields.in_order(event.attributes)}
        return _to_json(event)


class PlainEvents:
    """Reads events by one set of rules.

    Args:
        rules: Where they are strict, nothing is plain.
        oldest_us: Older events are not plain, microseconds since the Unix epoch; None: no limit.
    """

    def __init__(self, rules: UserEventRules, oldest_us: int | None) -> None:
        self._rules = rules
        self._oldest_us = oldest_us
        self._forms: dict[str, _Form] = {}

    def record(self, line: bytes) -> UserEventRecord | None:
        """The record of an event with a time, or None where the line is not plain."""
        event = self.read(line)
        return event.record(0, b"") if event is not None and event.time else None

    def read(self, text: bytes) -> PlainEvent | None:
        """An event, or None where the text is not plain."""
        try:
            return self._read(_in_snake_case(text) if b'"visitor_id"' in text else _in_camel_case(text))
        except (ValueError, KeyError, RecursionError):
            return None

    def _read(self, event: Any) -> PlainEvent | None:
        event_type, visitor_id, time_text, *values = plain_fields.values_of(event)
        time = None if time_text is None else plain_times.read(time_text)
        if time is not None and (
            time[0] <= 0 or (self._oldest_us is not None and time[0] * MICROS + time[1] < self._oldest_us)
        ):
            return None
        form = self._forms.get(event_type) or self._form(event_type)
        for place in form.needs:
            if not values[place]:
                return None
        begin = form.begin + _visitor_id(visitor_id)
        end = b"".join([encode(value) for encode, value in zip(form.encoders, values, strict=True) if value])
        if len(begin) + len(end) + plain_times.SIZE > limits.MAX_EVENT_SIZE:
            return None
        return PlainEvent(event, begin, end, time)

    def _form(self, name: str) -> _Form:
        rules = event_types.EVENT_TYPES.get(name, event_types.CUSTOM)
        is_open = not self._rules.closed_event_types and event_types.is_custom_name(name)
        if self._rules.strict or (rules is event_types.CUSTOM and not is_open):
            raise ValueError
        needs = rules.needs | ({"search_query"} if rules is event_types.SEARCH else set())
        encoders = {**_ENCODERS, **dict.fromkeys(event_types.CONDITIONAL - rules.takes, plain_fields.refuse)}
        if "quantity" in needs:
            encoders["product_details"] = _details_with_quantity
        if len(self._forms) >= _MOST_FORMS:
            self._forms.clear()
        self._forms[name] = form = _Form(
            plain_fields.text(UserEvent.EVENT_TYPE_FIELD_NUMBER)(name),
            [_NAMES.index(each) for each in needs - {"quantity"}],  # ValueError: one that has no plain form
            [encoders[each] for each in _NAMES],
        )
        return form


@lru_cache(maxsize=8)
def plain_events(rules: UserEventRules, oldest_us: int | None) -> PlainEvents:
    """The same one each time, since it remembers types."""
    return PlainEvents(rules, oldest_us)


def _product_ids(details: list[Any]) -> tuple[str, ...]:
    if len(details) == 1:
        return (details[0].product.id,)
    return tuple(dict.fromkeys([each.product.id for each in details]))


def _text(most: int, least: int = 0) -> Any:
    return Annotated[str, Meta(min_length=least, max_length=most)]


def _list(items: Any, most: int) -> Any:
    return Annotated[list[items], Meta(max_length=most)]


def _encoders(message_type: type[Message], fields: Sequence[_Field]) -> list[Encode]:
    by_name = message_type.DESCRIPTOR.fields_by_name
    return [field.encoder(by_name[field.name].number) for field in fields]


_ANY: Final = str
_ID: Final = _text(user_event.ID_LENGTH, 1)
_QUANTITY: Final = Annotated[int, Meta(gt=0, lt=2**31)]
_NESTED: Final = None

_ATTRIBUTE: Final = (
    _Field("text", _list(_text(limits.ATTRIBUTE_TEXT_LENGTH, 1), limits.ATTRIBUTE_VALUES), [], plain_fields.texts),
    _Field("numbers", _list(float, limits.ATTRIBUTE_VALUES), [], plain_fields.numbers),
)
_USER_INFO: Final = (
    _Field("user_id", _text(user_event.ID_LENGTH), "", plain_fields.text),
    _Field("ip_address", _ANY, "", plain_fields.ip_address),
    _Field("user_agent", _text(user_event.USER_AGENT_LENGTH), "", plain_fields.text),
    _Field("direct_user_request", bool, False, plain_fields.boolean),
)
_EVENT: Final = (  # behind event_type, visitor_id and event_time, in the order of their numbers
    _Field("experiment_ids", list[str], [], plain_fields.texts),
    _Field("attribution_token", _ANY, "", plain_fields.text),
    _Field("product_details", _NESTED, [], plain_fields.product_details),
    _Field(
        "attributes",
        _NESTED,
        {},
        lambda field: plain_fields.attributes(field, _encoders(CustomAttribute, _ATTRIBUTE)),
    ),
    _Field("cart_id", _ANY, "", plain_fields.text),
    _Field("search_query", _text(user_event.SEARCH_QUERY_LENGTH), "", plain_fields.text),
    _Field("page_categories", list[str], [], plain_fields.texts),
    _Field("user_info", _NESTED, None, lambda field: plain_fields.message(field, _encoders(UserInfo, _USER_INFO))),
    _Field("uri", _text(user_event.URI_LENGTH), "", plain_fields.text),
    _Field("referrer_uri", _ANY, "", plain_fields.text),
    _Field("page_view_id", _ANY, "", plain_fields.text),
    _Field("filter", _text(user_event.FILTER_LENGTH), "", plain_fields.text),
    _Field("order_by", _text(user_event.FILTER_LENGTH), "", plain_fields.text),
    _Field("offset", Annotated[int, Meta(ge=0, lt=2**31)], 0, plain_fields.integer),
    _Field("session_id", _text(user_event.SESSION_ID_SIZE // 4), "", plain_fields.text),  # of four bytes each at most
    _Field("entity", _ANY, "", plain_fields.text),
)
_NAMES: Final = [field.name for field in _EVENT]
_ENCODERS: Final = dict(zip(_NAMES, _encoders(UserEvent, _EVENT), strict=True))
_details_with_quantity: Final = plain_fields.product_details(UserEvent.PRODUCT_DETAILS_FIELD_NUMBER, with_quantity=True)
_visitor_id: Final = plain_fields.text(UserEvent.VISITOR_ID_FIELD_NUMBER)
_event_time: Final = plain_times.encoder(UserEvent.EVENT_TIME_FIELD_NUMBER)


def _struct(rename: Literal["camel"] | None) -> Any:
    """Of events whose fields have names of one kind."""
    made = partial(plain_fields.struct_of, rename=rename)
    product = made("Product", ("id", _ID))
    detail: Any = made("ProductDetail", ("product", product), ("quantity", _QUANTITY, 0))
    attribute: Any = made("CustomAttribute", *(field[:3] for field in _ATTRIBUTE))
    key: Any = _text(limits.ATTRIBUTE_KEY_LENGTH)
    nested = {
        "product_details": list[detail],
        "attributes": dict[key, attribute],
        "user_info": made("UserInfo", *(field[:3] for field in _USER_INFO)) | None,
    }
    return made(
        "UserEvent",
        ("event_type", str),
        ("visitor_id", _ID),
        ("event_time", str | None, None),
        *((field.name, nested.get(field.name, field.type), field.default) for field in _EVENT),
    )


_CAMEL_CASE: Final = _struct("camel")
_in_camel_case: Final = msgspec.json.Decoder(_CAMEL_CASE).decode
_in_snake_case: Final = msgspec.json.Decoder(_struct(None)).decode
_to_json: Final = msgspec.json.Encoder().encode
