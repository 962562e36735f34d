"""User events of which it is plain that they are accepted, from JSON straight to what is stored of them.

Most lines of an import, and most bodies of a :write, say in the most usual form what no rule forbids. Their records are
made here in a quarter of the time that a message, its check and its serialisation take. What this module knows of the
rules is only what is enough: whatever it takes is what `json.decode`, `user_event.check`, `user_event.normalise` and
`record.user_event_record` make of it, and what it does not take, right or wrong, is theirs to judge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

import msgspec

from service.events import event_types, limits, plain_fields, plain_times
from service.events import plain_event_fields as fields
from service.events.identity import fingerprint
from service.events.plain_fields import Encoder
from service.events.plain_times import MICROS
from service.events.record import RecordColumns, UserEventRecord
from service.events.user_event import UserEventRules

_MOST_FORMS: Final = 1_000  # that are remembered


class _Form:
    """What is plain of events of one type.

    Args:
        name: The type.
        needs: Of `fields.NAMES`, the places of those that must be there.
        encoders: Of each; those that the type may not have refuse every value.
    """

    def __init__(self, name: str, needs: list[int], encoders: list[Encoder]) -> None:
        self.name = name
        self.begin = fields.EVENT_TYPE.encode(name)
        self.needs = needs
        self.encoders = encoders


class PlainEvent:
    """An event that is plainly accepted.

    Args:
        event: As msgspec decoded it.
        event_type: Its type.
        begin: What is stored of it before its time.
        end: The same, behind its time.
        time: Seconds since the Unix epoch, and microseconds; None: it came without.
    """

    def __init__(self, event: Any, event_type: str, begin: bytes, end: bytes, time: tuple[int, int] | None) -> None:
        self._event = event
        self._event_type = event_type
        self._begin = begin
        self._end = end
        self.time = time

    def values(self, now_us: int, salt: bytes) -> tuple[int, bytes, str, str, str | None, tuple[str, ...], bytes]:
        """Those of the record. The arguments are those of `record.user_event_record`."""
        time = self.time
        if time is None:
            seconds, micros = divmod(now_us, MICROS)
        else:
            seconds, micros = time
        payload = self._begin + fields.EVENT_TIME.encode(seconds, micros * 1_000) + self._end
        event = self._event
        user_info = event.user_info
        return (
            seconds * MICROS + micros,
            salt if time is None else fingerprint(payload),
            self._event_type,
            event.visitor_id,
            (user_info.user_id or None) if user_info is not None else None,
            _product_ids(event.product_details),
            payload,
        )

    def record(self, now_us: int, salt: bytes) -> UserEventRecord:
        """The record. The arguments are those of `record.user_event_record`."""
        return UserEventRecord(*self.values(now_us, salt))

    def json(self, time_us: int) -> bytes | None:
        """What `json.encode` makes of the event as stored; None where only that knows.

        Args:
            time_us: The record's.
        """
        event = self._event
        if type(event) is not fields.CAMEL_CASE:
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

    def others(self, lines: Iterable[tuple[int, bytes]], columns: RecordColumns) -> Iterator[tuple[int, bytes]]:
        """Adds the records of events with a time to the columns, and gives the lines that are not plain, in order.

        What comes of those may be added meanwhile: it then stands where it belongs.

        Args:
            lines: With their numbers.
            columns: Where records are added.
        """
        for number, line in lines:
            event = self.read(line)
            if event is not None and event.time is not None:
                columns.add(event.values(0, b""))
            else:
                yield number, line

    def record(self, line: bytes) -> UserEventRecord | None:
        """The record of an event with a time, or None where the line is not plain."""
        event = self.read(line)
        return event.record(0, b"") if event is not None and event.time else None

    def read(self, text: bytes) -> PlainEvent | None:
        """An event, or None where the text is not plain."""
        try:
            return self._read(fields.in_snake_case(text) if b'"visitor_id"' in text else fields.in_camel_case(text))
        except (ValueError, KeyError, RecursionError):
            return None

    def _read(self, event: Any) -> PlainEvent | None:
        values = plain_fields.values_of(event)
        event_type: str = values[0]
        time_text: str | None = values[2]
        time = None if time_text is None else plain_times.read(time_text)
        if time is not None and (
            time[0] <= 0 or (self._oldest_us is not None and time[0] * MICROS + time[1] < self._oldest_us)
        ):
            return None
        form = self._forms.get(event_type) or self._form(event_type)
        for place in form.needs:
            if not values[fields.FIRST + place]:
                return None
        begin = form.begin + fields.VISITOR_ID.encode(values[1])
        end = plain_fields.joined(form.encoders, values, fields.FIRST)
        if len(begin) + len(end) + plain_times.SIZE > limits.MAX_EVENT_SIZE:
            return None
        return PlainEvent(event, form.name, begin, end, time)

    def _form(self, name: str) -> _Form:
        rules = event_types.EVENT_TYPES.get(name, event_types.CUSTOM)
        is_open = not self._rules.closed_event_types and event_types.is_custom_name(name)
        if self._rules.strict or (rules is event_types.CUSTOM and not is_open):
            raise ValueError
        needs = rules.needs | ({"search_query"} if rules is event_types.SEARCH else set())
        encoders: dict[str, Encoder] = {
            **fields.ENCODERS,
            **dict.fromkeys(event_types.CONDITIONAL - rules.takes, plain_fields.Refused()),
        }
        if "quantity" in needs:
            encoders["product_details"] = fields.DETAILS_WITH_QUANTITY
        if len(self._forms) >= _MOST_FORMS:
            self._forms.clear()
        self._forms[name] = form = _Form(
            name,
            [fields.NAMES.index(each) for each in needs - {"quantity"}],  # ValueError: one that has no plain form
            [encoders[each] for each in fields.NAMES],
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


_to_json: Final = msgspec.json.Encoder().encode
