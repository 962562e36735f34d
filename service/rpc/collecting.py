"""CollectUserEvent: what pixels and tag managers send, turned into a user event."""

from __future__ import annotations

import ipaddress
from urllib.parse import unquote

from google.api.httpbody_pb2 import HttpBody

from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from generated.google.cloud.retail.v2.user_event_service_pb2 import CollectUserEventRequest
from service.events import errors, json, limits, user_event
from service.events.user_event import UserEventRules
from service.rpc.context import CallContext
from service.sources.schemas import MappingError, ga4

MAX_EVENT_CHARS = 2_000_000  # of user_event and of raw_json (the proto's comment)
MAX_URI_CHARS = 5_000  # the same
_USER_EVENT = UserEvent.DESCRIPTOR.full_name
_GA4 = "ga4_bq"
_RULES = ("", _GA4, "default_schema/v1.0")
_USER_AGENT_CHARS = 1_000
_GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00"
    b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
ANSWER = HttpBody(content_type="image/gif", data=_GIF)
"""One transparent pixel."""


def checked_event(request: CollectUserEventRequest, rules: UserEventRules) -> UserEvent:
    """The event that a request carries; `uri` and `ets` fill what it lacks.

    Raises:
        RpcError: INVALID_ARGUMENT when it is too long, no JSON, not of the schema, breaks a rule, or the prebuilt rule
            is unknown.
    """
    event = _collected_event(request)
    violations = user_event.check(event, rules)
    if violations:
        raise errors.invalid_argument(errors.prefixed(violations, "user_event", ""))
    return event


def raw_of(request: CollectUserEventRequest) -> bytes:
    """What a request carries, as it was sent."""
    return (request.raw_json or request.user_event).encode()


def _collected_event(request: CollectUserEventRequest) -> UserEvent:
    violations = _violations(request)
    if violations:
        raise errors.invalid_argument(violations)
    try:
        if request.raw_json and request.prebuilt_rule == _GA4:
            event = _from_ga4(request.raw_json)
        else:
            event = UserEvent.FromString(json.decode(_USER_EVENT, request.raw_json or _plain(request.user_event)))
    except (json.JsonError, MappingError) as error:
        raise errors.invalid_argument(errors.prefixed(error.violations, _carrier(request), "")) from None
    except UnicodeDecodeError:
        rule = "must be UTF-8 where it is percent-encoded."
        raise errors.invalid_argument([errors.violation("user_event", rule)]) from None
    if not event.uri:
        event.uri = request.uri
    if request.ets and not event.HasField("event_time"):
        event.event_time.FromMilliseconds(request.ets)
    return event


def _carrier(request: CollectUserEventRequest) -> str:
    """The field that the event is in."""
    return "raw_json" if request.raw_json else "user_event"


def _violations(request: CollectUserEventRequest) -> list[errors.Violation]:
    found = []
    field = _carrier(request)
    length = len(getattr(request, field))
    if not length:
        found.append(errors.missing(field))
    elif length > MAX_EVENT_CHARS:
        found.append(limits.too_long(field, MAX_EVENT_CHARS, length))
    if len(request.uri) > MAX_URI_CHARS:
        found.append(limits.too_long("uri", MAX_URI_CHARS, len(request.uri)))
    if not limits.MIN_TIMESTAMP_S <= request.ets // 1_000 <= limits.MAX_TIMESTAMP_S:
        found.append(errors.violation("ets", "must be milliseconds since 1970, in the years 1 to 9999."))
    if request.prebuilt_rule not in _RULES:
        found.append(errors.violation("prebuilt_rule", f"must be one of {', '.join(_RULES[1:])}.", "INVALID_VALUE"))
    return found


def _from_ga4(text: str) -> UserEvent:
    [mapped] = ga4.map_line(text)
    if isinstance(mapped.event, MappingError):
        raise mapped.event
    return mapped.event


def _plain(text: str) -> str:
    return text if text.lstrip().startswith("{") else unquote(text, errors="strict")


def fill_from_call(event: UserEvent, context: CallContext) -> None:
    """Adds the caller's address and user agent where the event has none; neither is part of its identity."""
    info = event.user_info
    agent = context.metadata.get("user-agent", "")
    if agent and not info.user_agent:
        info.user_agent = agent[:_USER_AGENT_CHARS]
    if not info.ip_address:
        address = _address(context.peer)
        if address:
            info.ip_address = address


def _address(peer: str) -> str:
    """The IP address in a gRPC peer such as `ipv4:127.0.0.1:50432` or `ipv6:[::1]:50432`; empty for others."""
    _, _, rest = unquote(peer).partition(":")
    host, _, _zone = rest.rpartition(":")[0].strip("[]").partition("%")
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ""
