"""Accepting imports: everything that can be told to be wrong with one before it starts, is; then it is made durable."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from generated.footfall.v1.event_log_service_pb2 import UploadClientEventsRequest
from generated.google.cloud.retail.v2.import_config_pb2 import ImportUserEventsRequest
from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from service.events import errors, user_event
from service.events.errors import Violation
from service.events.policy import Policy
from service.events.record import set_microseconds
from service.operations.kinds import IMPORT_CLIENT_EVENTS, IMPORT_USER_EVENTS
from service.operations.launcher import Launcher
from service.operations.object_requests import check_prefix, plan_objects, verify_errors_prefix
from service.operations.table_requests import plan_table
from service.sources.decoding import too_old
from service.sources.objects import ObjectStore
from service.sources.schemas import DATA_SCHEMAS
from service.storage.records import OperationRow

_INLINE = "input_config.user_event_inline_source.user_events"
_INLINE_JSON = "inputConfig.userEventInlineSource.userEvents"
_MAX_INLINE_EVENTS = 100_000  # Google recommends at most 10,000
_CHECKS_AT_ONCE = 200  # events checked between two turns of the event loop, about 2 ms


class ImportRequests:
    """Turns requests into durable operations.

    Args:
        policy: Rules for events.
        launcher: Starts the operations.
        object_store: Gives the place of gs:// objects; raises ObjectError when there is none.
        now_us: The clock, microseconds since the Unix epoch.
    """

    def __init__(
        self,
        *,
        policy: Policy,
        launcher: Launcher,
        object_store: Callable[[], ObjectStore],
        now_us: Callable[[], int],
    ) -> None:
        self._policy = policy
        self._launcher = launcher
        self._object_store = object_store
        self._now_us = now_us

    async def accept(self, catalog: str, request: ImportUserEventsRequest) -> OperationRow:
        """Checks an ImportUserEventsRequest and starts the import.

        Raises:
            RpcError: INVALID_ARGUMENT for a wrong piece or a wrong inline event, NOT_FOUND for a missing bucket, object
                or table, FAILED_PRECONDITION when object storage or BigQuery can't be used, UNAVAILABLE when it does
                not answer.
        """
        now_us = self._now_us()
        match request.input_config.WhichOneof("source"):
            case "user_event_inline_source":
                plan: dict[str, object] = {"filled": await self._check_inline(request, now_us)}
            case "gcs_source":
                plan = await plan_objects(request, self._object_store, DATA_SCHEMAS)
            case "big_query_source":
                plan = await plan_table(request, self._object_store, DATA_SCHEMAS)
            case _:
                raise errors.invalid_argument([errors.missing("input_config")])
        return await self.start(catalog, request, plan)

    async def start(
        self, catalog: str, request: ImportUserEventsRequest, plan: dict[str, object], operation_id: str | None = None
    ) -> OperationRow:
        """Makes an import that was checked durable and starts it."""
        fixed = {"oldest_us": self._oldest_us(self._now_us()), **plan}
        return await self._launcher.start(IMPORT_USER_EVENTS, catalog, request, fixed, operation_id=operation_id)

    async def start_client_events(
        self, tenant: str, request: UploadClientEventsRequest, plan: dict[str, object], operation_id: str
    ) -> OperationRow:
        """The same for client events of a tenant."""
        fixed = {"oldest_us": self._oldest_us(self._now_us()), "tenant": tenant, **plan}
        return await self._launcher.start(IMPORT_CLIENT_EVENTS, tenant, request, fixed, operation_id=operation_id)

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

    async def check_errors_prefix(self, prefix: str, field: str) -> None:
        """Checks an errors prefix that did not come in an ImportUserEventsRequest.

        Raises:
            RpcError: As `accept` does.
        """
        violations = check_prefix(prefix, field)
        if violations:
            raise errors.invalid_argument(violations)
        await verify_errors_prefix(prefix, self._object_store)
