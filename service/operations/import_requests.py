"""Accepting imports: everything that can be told to be wrong with one before it starts, is; then it is made durable."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Sequence

from generated.google.cloud.retail.v2.import_config_pb2 import ImportUserEventsRequest
from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from service.events import errors, user_event
from service.events.errors import Violation
from service.events.record import set_microseconds
from service.operations.messages import IMPORT_USER_EVENTS
from service.operations.progress import Progress
from service.operations.runner import Runner
from service.rpc.policy import Policy
from service.sources import objects
from service.sources.decoding import too_old
from service.sources.objects import (
    ObjectError,
    ObjectInfo,
    ObjectNotFoundError,
    ObjectStorageUnavailableError,
    ObjectStore,
)
from service.storage.base import OperationRow, OperationState
from service.storage.writer import Writer

_INLINE = "input_config.user_event_inline_source.user_events"
_INLINE_JSON = "inputConfig.userEventInlineSource.userEvents"
_MAX_INLINE_EVENTS = 100_000  # Google recommends at most 10,000
_CHECKS_AT_ONCE = 200  # events checked between two turns of the event loop, about 2 ms
_DATA_SCHEMAS = ("", "user_event")


def new_operation_id(kind: str) -> str:
    """`{kind}-{digits}`: a random unsigned 64-bit number, as Google's operations have it."""
    return f"{kind}-{secrets.randbits(64)}"


class ImportRequests:
    """Turns requests into durable operations.

    Args:
        policy: Rules for events.
        writer: The way to the database.
        runner: Runs the operations.
        object_store: Gives the place of gs:// objects; raises ObjectError when there is none.
        now_us: The clock, microseconds since the Unix epoch.
    """

    def __init__(
        self,
        *,
        policy: Policy,
        writer: Writer,
        runner: Runner,
        object_store: Callable[[], ObjectStore],
        now_us: Callable[[], int],
    ) -> None:
        self._policy = policy
        self._writer = writer
        self._runner = runner
        self._object_store = object_store
        self._now_us = now_us

    async def accept(self, catalog: str, request: ImportUserEventsRequest) -> OperationRow:
        """Checks an ImportUserEventsRequest and starts the import.

        Raises:
            RpcError: INVALID_ARGUMENT for a wrong piece or a wrong inline event, NOT_FOUND for a missing bucket or
                object, FAILED_PRECONDITION when there is no object storage, UNIMPLEMENTED for a source that is not
                served.
        """
        now_us = self._now_us()
        match request.input_config.WhichOneof("source"):
            case "user_event_inline_source":
                plan: dict[str, object] = {"filled": await self._check_inline(request, now_us)}
            case "gcs_source":
                found = await self._find_objects(request)
                plan = {"objects": [list(info) for info in found], "errors_prefix": request.errors_config.gcs_prefix}
            case "big_query_source":
                raise errors.unimplemented(
                    "This release does not import from BigQuery; export the table as JSON lines and import it from gs://."
                )
            case _:
                raise errors.invalid_argument([errors.missing("input_config")])
        return await self.start(catalog, request, new_operation_id(IMPORT_USER_EVENTS), plan)

    async def start(
        self, catalog: str, request: ImportUserEventsRequest, operation_id: str, plan: dict[str, object]
    ) -> OperationRow:
        """Makes an import that was checked durable and starts it."""
        now_us = self._now_us()
        row = OperationRow(
            name=f"{request.parent}/operations/{operation_id}",
            kind=IMPORT_USER_EVENTS,
            parent_id=await self._writer.parent_id(catalog),
            state=OperationState.PENDING,
            request=request.SerializeToString(),
            plan=json.dumps({"oldest_us": self._oldest_us(now_us), **plan}),
            progress=Progress().to_json(),
            result=None,
            error=None,
            create_time_us=now_us,
            update_time_us=now_us,
        )
        return await self._runner.submit(row)

    def _oldest_us(self, now_us: int) -> int | None:
        return now_us - self._policy.max_event_age_us if self._policy.max_event_age_us else None

    async def _check_inline(self, request: ImportUserEventsRequest, now_us: int) -> list[int]:
        """Checks every inline event, brings it to normal form and gives it a time; returns which ones had none."""
        if request.HasField("errors_config"):
            raise errors.invalid_argument(
                [
                    Violation(
                        "errors_config",
                        "can't be set with an inline source: a wrong event fails the call itself; remove it.",
                        "FORBIDDEN_FIELD",
                    )
                ]
            )
        events = request.input_config.user_event_inline_source.user_events
        if not events:
            raise errors.invalid_argument([errors.missing(_INLINE)])
        if len(events) > _MAX_INLINE_EVENTS:
            rule = f"must have at most {_MAX_INLINE_EVENTS:,} events, but has {len(events):,}; put them into a file."
            raise errors.invalid_argument([errors.violation(_INLINE, rule, "TOO_MANY")])
        violations: list[Violation] = []
        filled = []
        oldest_us = self._oldest_us(now_us)
        for index, event in enumerate(events):
            if index % _CHECKS_AT_ONCE == 0:
                await asyncio.sleep(0)
            violations += errors.prefixed(self._check_event(event, oldest_us), f"{_INLINE}[{index}]", _INLINE_JSON)
            user_event.normalise(event)
            if not event.HasField("event_time"):
                set_microseconds(event.event_time, now_us)
                filled.append(index)
            if len(violations) >= errors.MAX_VIOLATIONS:
                break
        if violations:
            raise errors.invalid_argument(violations)
        return filled

    def _check_event(self, event: UserEvent, oldest_us: int | None) -> Sequence[Violation]:
        return [*user_event.check(event, self._policy.rules), *too_old(event, oldest_us)]

    async def _find_objects(self, request: ImportUserEventsRequest) -> list[ObjectInfo]:
        source = request.input_config.gcs_source
        violations = list(check_gcs_source(source.input_uris, source.data_schema))
        if request.HasField("errors_config"):
            violations += check_errors_prefix(request.errors_config.gcs_prefix, "errors_config.gcs_prefix")
        if violations:
            raise errors.invalid_argument(violations)
        found = await asyncio.to_thread(self._find, list(source.input_uris), request.errors_config.gcs_prefix)
        if len(found) > objects.MAX_URIS:
            raise errors.invalid_argument(
                [
                    Violation(
                        "input_config.gcs_source.input_uris",
                        f"match {len(found)} objects; one import takes at most {objects.MAX_URIS}.",
                        "TOO_MANY",
                    )
                ]
            )
        return found

    def _find(self, uris: Sequence[str], errors_prefix: str) -> list[ObjectInfo]:
        try:
            store = self._object_store()
            found = {info: None for uri in uris for info in store.find(uri)}  # an object named twice is read once
            if errors_prefix:
                store.verify_writable(errors_prefix)
        except ObjectNotFoundError as error:
            raise errors.not_found(
                f"{error}.",
                resource_type="storage.googleapis.com/Object",
                resource_name=error.uri,
                reason="OBJECT_NOT_FOUND",
            ) from error
        except ObjectStorageUnavailableError as error:
            raise errors.unavailable(str(error), reason="OBJECT_STORAGE_UNAVAILABLE", retry_after_s=5.0) from error
        except ObjectError as error:
            raise errors.failed_precondition(str(error), reason="OBJECT_STORAGE_UNUSABLE", subject="gs://") from error
        return list(found)

    async def check_errors_prefix(self, prefix: str, field: str) -> None:
        """Checks an errors prefix that did not come in an ImportUserEventsRequest.

        Raises:
            RpcError: As `accept` does.
        """
        violations = check_errors_prefix(prefix, field)
        if violations:
            raise errors.invalid_argument(violations)
        await asyncio.to_thread(self._find, [], prefix)


def check_gcs_source(uris: Sequence[str], data_schema: str) -> Sequence[Violation]:
    """What is wrong with a GcsSource: at most 100 URIs of at most 2,000 characters (the proto's comment)."""
    field = "input_config.gcs_source.input_uris"
    if not uris:
        return [errors.missing(field)]
    violations = [
        problem
        for index, uri in enumerate(uris[: objects.MAX_URIS + 1])
        for problem in _check_object_uri(uri, f"{field}[{index}]")
    ]
    if len(uris) > objects.MAX_URIS:
        violations.append(
            Violation(field, f"{field} names {len(uris)} URIs; at most {objects.MAX_URIS} are allowed.", "TOO_MANY")
        )
    violations += check_data_schema(data_schema, "input_config.gcs_source.data_schema")
    return violations


def check_data_schema(data_schema: str, field: str) -> Sequence[Violation]:
    """What is wrong with the data_schema of a file of events."""
    if data_schema in _DATA_SCHEMAS:
        return []
    return [Violation(field, f"`{field}` is {data_schema[:64]!r}; this release reads 'user_event'.", "INVALID_VALUE")]


def check_errors_prefix(prefix: str, field: str) -> Sequence[Violation]:
    """What is wrong with a place for errors files."""
    return _check_uri(prefix, field)


def errors_file(prefix: str, operation_id: str) -> str:
    """The URI of an operation's errors file."""
    return f"{prefix.rstrip('/')}/{operation_id}-errors.jsonl"


def _check_object_uri(uri: str, field: str) -> list[Violation]:
    violations = _check_uri(uri, field)
    if not violations and not objects.split(uri)[1].strip("/"):
        return [Violation(field, f"`{field}` {uri[:64]!r} names a bucket but no object in it.", "INVALID_VALUE")]
    return violations


def _check_uri(uri: str, field: str) -> list[Violation]:
    try:
        objects.split(uri)
    except ValueError as error:
        return [Violation(field, f"`{field}` {uri[:64]!r} {error}.", "INVALID_VALUE")]
    return []
