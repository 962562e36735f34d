"""The fields of which user events are plain (`plain_events`): how msgspec bounds them, and how they are encoded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from google.protobuf.message import Message
from msgspec import Meta

from generated.google.cloud.retail.v2.common_pb2 import CustomAttribute, UserInfo
from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from service.events import limits, plain_fields, plain_times, user_event
from service.events.plain_fields import Encoder


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
    encoder: Callable[[int], Encoder]


def _text(most: int, least: int = 0) -> Any:
    return Annotated[str, Meta(min_length=least, max_length=most)]


def _list(items: Any, most: int) -> Any:
    return Annotated[list[items], Meta(max_length=most)]


def _encoders(message_type: type[Message], fields: Sequence[_Field]) -> list[Encoder]:
    by_name = message_type.DESCRIPTOR.fields_by_name
    return [field.encoder(by_name[field.name].number) for field in fields]


_ANY: Final = str
_ID: Final = _text(user_event.ID_LENGTH, 1)
_QUANTITY: Final = Annotated[int, Meta(gt=0, lt=2**31)]
_NESTED: Final = None

_ATTRIBUTE: Final = (
    _Field("text", _list(_text(limits.ATTRIBUTE_TEXT_LENGTH, 1), limits.ATTRIBUTE_VALUES), [], plain_fields.Texts),
    _Field("numbers", _list(float, limits.ATTRIBUTE_VALUES), [], plain_fields.Numbers),
)
_USER_INFO: Final = (
    _Field("user_id", _text(user_event.ID_LENGTH), "", plain_fields.Text),
    _Field("ip_address", _ANY, "", plain_fields.IpAddress),
    _Field("user_agent", _text(user_event.USER_AGENT_LENGTH), "", plain_fields.Text),
    _Field("direct_user_request", bool, False, plain_fields.Boolean),
)
_EVENT: Final = (  # behind event_type, visitor_id and event_time, in the order of their numbers
    _Field("experiment_ids", list[str], [], plain_fields.Texts),
    _Field("attribution_token", _ANY, "", plain_fields.Text),
    _Field("product_details", _NESTED, [], plain_fields.ProductDetails),
    _Field(
        "attributes",
        _NESTED,
        {},
        lambda field: plain_fields.Attributes(field, _encoders(CustomAttribute, _ATTRIBUTE)),
    ),
    _Field("cart_id", _ANY, "", plain_fields.Text),
    _Field("search_query", _text(user_event.SEARCH_QUERY_LENGTH), "", plain_fields.Text),
    _Field("page_categories", list[str], [], plain_fields.Texts),
    _Field("user_info", _NESTED, None, lambda field: plain_fields.Message(field, _encoders(UserInfo, _USER_INFO))),
    _Field("uri", _text(user_event.URI_LENGTH), "", plain_fields.Text),
    _Field("referrer_uri", _ANY, "", plain_fields.Text),
    _Field("page_view_id", _ANY, "", plain_fields.Text),
    _Field("filter", _text(user_event.FILTER_LENGTH), "", plain_fields.Text),
    _Field("order_by", _text(user_event.FILTER_LENGTH), "", plain_fields.Text),
    _Field("offset", Annotated[int, Meta(ge=0, lt=2**31)], 0, plain_fields.Integer),
    _Field("session_id", _text(user_event.SESSION_ID_SIZE // 4), "", plain_fields.Text),  # of four bytes each at most
    _Field("entity", _ANY, "", plain_fields.Text),
)
NAMES: Final = [field.name for field in _EVENT]
ENCODERS: Final = dict(zip(NAMES, _encoders(UserEvent, _EVENT), strict=True))
DETAILS_WITH_QUANTITY: Final = plain_fields.ProductDetails(UserEvent.PRODUCT_DETAILS_FIELD_NUMBER, with_quantity=True)
FIRST: Final = 3  # of a decoded event's values, the place of the first of these
EVENT_TYPE: Final = plain_fields.Text(UserEvent.EVENT_TYPE_FIELD_NUMBER)
VISITOR_ID: Final = plain_fields.Text(UserEvent.VISITOR_ID_FIELD_NUMBER)
EVENT_TIME: Final = plain_times.Time(UserEvent.EVENT_TIME_FIELD_NUMBER)


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


CAMEL_CASE: Final = _struct("camel")
in_camel_case: Final = msgspec.json.Decoder(CAMEL_CASE).decode
in_snake_case: Final = msgspec.json.Decoder(_struct(None)).decode
