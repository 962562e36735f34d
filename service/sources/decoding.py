"""What is done with each line of a file: decode, check, normal form, record. CPU work, for `children`."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from google.protobuf.timestamp_pb2 import Timestamp

from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from service.events import errors, user_event
from service.events.client_event_forms import normal_form
from service.events.errors import Violation
from service.events.json import JsonError
from service.events.record import (
    ClientEventRecord,
    RecordColumns,
    UserEventRecord,
    client_event_record,
    microseconds,
    user_event_record,
)
from service.events.rejection import Rejection, rejected_line
from service.sources.lines import numbered
from service.sources.schemas import DATA_SCHEMAS, LineReader, Mapped, MappingError, line_reader
from service.sources.schemas.client_event import read_line
from service.sources.schemas.mapping import Row
from service.storage.records import UserEventColumns

if TYPE_CHECKING:
    from service.events.plain_events import PlainEvents

NO_USER_EVENTS = UserEventColumns()
_NO_SALT = b""  # the time is required in files, so it never takes a salt's place


@dataclass(frozen=True, slots=True)
class DecodeOptions:
    """How the lines of one file, or the rows of one table, are decoded.

    Args:
        uri: The file or table, for reports.
        rules: Rules for user events.
        oldest_us: Events from before this time are rejected, microseconds since the Unix epoch; None: no limit.
        max_line_bytes: The limit that a line which is too long broke.
        data_schema: The form of the lines, one of `schemas.DATA_SCHEMAS`; empty: the first of them.
        table: Whether they are rows of a table, and their numbers those of the rows.
    """

    uri: str
    rules: user_event.UserEventRules
    oldest_us: int | None
    max_line_bytes: int
    data_schema: str = ""
    table: bool = False


@dataclass(frozen=True, slots=True)
class ClientEventOptions:
    """How the lines of one file of client events are decoded.

    Args:
        uri: The file, for reports.
        tenant: Whose events they are.
        oldest_us: See `DecodeOptions`.
        max_line_bytes: See `DecodeOptions`.
        data_schema: The form of the lines, one of `CLIENT_EVENT_SCHEMAS`; empty: the first of them.
        table: There are no tables of client events.
    """

    uri: str
    tenant: str
    oldest_us: int | None
    max_line_bytes: int
    data_schema: str = ""
    table: bool = False


class ClientEventLine(NamedTuple):
    """A line of a file, 1-based, and the client event that it holds."""

    number: int
    raw: bytes
    record: ClientEventRecord


class Decoded(NamedTuple):
    """What became of the lines of one chunk."""

    user_events: UserEventColumns
    rejections: list[Rejection]
    client_events: Sequence[ClientEventLine] = ()


def salt(operation: str, index: int) -> bytes:
    """Identity of the event at `index` of an inline import whose time the server filled; equal in every attempt."""
    return hashlib.blake2b(f"{operation}#{index}".encode(), digest_size=16).digest()


def too_old(event: UserEvent, oldest_us: int | None) -> list[Violation]:
    """What is wrong with the age of an event, if anything; None: any age will do."""
    return _too_old("event_time", event.event_time, oldest_us) if event.HasField("event_time") else []


def _too_old(field: str, time: Timestamp, oldest_us: int | None) -> list[Violation]:
    if oldest_us is None or microseconds(time) >= oldest_us:
        return []
    oldest = datetime.datetime.fromtimestamp(oldest_us // 1_000_000, datetime.UTC).isoformat()
    rule = f"must not be before {oldest} (--max-event-age-days), but is {time.seconds} seconds since 1970."
    return [errors.violation(field, rule, "INVALID_TIMESTAMP")]


def record_of(event: UserEvent, options: DecodeOptions) -> UserEventRecord:
    """The record of an event of a file.

    Raises:
        RpcError: INVALID_ARGUMENT with every violation.
    """
    violations = user_event.check(event, options.rules, time_required=True)
    if options.oldest_us is not None:
        violations = [*violations, *too_old(event, options.oldest_us)]
    if violations:
        raise errors.invalid_argument(violations)
    user_event.normalise(event)
    return user_event_record(event, 0, _NO_SALT)


def _plain_events(options: DecodeOptions) -> PlainEvents | None:
    """What makes records of lines that hold plain events; None where the lines are something else."""
    if options.table or options.data_schema not in ("", DATA_SCHEMAS[0]):
        return None
    from service.events.plain_events import plain_events  # noqa: PLC0415  the server, which decodes nothing, spares it

    return plain_events(options.rules, options.oldest_us)


def decode_lines(data: bytes, first_line: int, options: DecodeOptions | ClientEventOptions) -> Decoded:
    """Decodes the lines of a chunk; blank lines are passed over but counted."""
    if isinstance(options, ClientEventOptions):
        return _decode_client_events(data, first_line, options)
    columns = RecordColumns()
    rejections: list[Rejection] = []
    read = line_reader(options.data_schema, table=options.table)
    plain = _plain_events(options)
    lines = numbered(data, first_line)
    for number, line in lines if plain is None else plain.others(lines, columns):
        try:
            for _, event, piece in _events(line, read):
                try:
                    if isinstance(event, MappingError):
                        raise errors.invalid_argument(event.violations)
                    columns.add(record_of(event, options))
                except errors.RpcError as error:
                    rejections.append(rejected_line(error, options.uri, number, _raw(line, piece)))
        except Exception as error:  # noqa: BLE001  one line that nobody thought of must not end the import
            rejections.append(rejected_line(_unforeseen(error), options.uri, number, line))
    return Decoded(UserEventColumns(*columns.lists()), rejections)


def _unforeseen(error: Exception) -> errors.RpcError:
    return errors.internal(f"The line could not be read: {type(error).__name__}.")


def _decode_client_events(data: bytes, first_line: int, options: ClientEventOptions) -> Decoded:
    events: list[ClientEventLine] = []
    rejections: list[Rejection] = []
    for number, line in numbered(data, first_line):
        try:
            events.append(ClientEventLine(number, line, _client_event(line, options)))
        except errors.RpcError as error:
            rejections.append(rejected_line(error, options.uri, number, line))
        except Exception as error:  # noqa: BLE001  as in decode_lines
            rejections.append(rejected_line(_unforeseen(error), options.uri, number, line))
    return Decoded(NO_USER_EVENTS, rejections, events)


def _client_event(line: bytes, options: ClientEventOptions) -> ClientEventRecord:
    """The record of a line's event.

    Raises:
        RpcError: INVALID_ARGUMENT with every violation.
    """
    try:
        sent = read_line(options.data_schema, line)
    except JsonError as error:
        raise errors.invalid_argument(error.violations) from None
    event, beside, violations = normal_form(sent, options.tenant)
    violations = violations or _too_old("create_time", event.create_time, options.oldest_us)
    if violations:
        raise errors.invalid_argument(violations)
    return client_event_record(event, 0, beside)


def _events(line: bytes, read: LineReader) -> list[Mapped]:
    """The events of a line, or why it has none."""
    try:
        return read(line)
    except MappingError as error:
        return [Mapped(0, error)]


def _raw(line: bytes, piece: Row | None) -> bytes:
    """What is kept of a line of which `piece` was refused."""
    return line if piece is None else json.dumps(piece, ensure_ascii=False).encode(errors="surrogatepass")


def reject_long_line(beginning: bytes, number: int, options: DecodeOptions | ClientEventOptions) -> Decoded:
    """The rejection of a line over the limit, of which only the beginning is known."""
    kind = "row, as JSON," if options.table else "line"
    rule = f"The {kind} is longer than {options.max_line_bytes} bytes, the most that one may take (--max-line-bytes)."
    error = errors.invalid_argument([Violation("", rule, "TOO_LONG")])
    return Decoded(NO_USER_EVENTS, [rejected_line(error, options.uri, number, beginning)])
