"""Puts the house together: settings -> store -> services -> doors. Start, serve, drain."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import structlog
from google.longrunning import operations_proto_pb2

from generated.footfall.v1 import event_log_service_pb2
from generated.google.cloud.retail.v2 import product_service_pb2, user_event_service_pb2
from generated.google.cloud.talent.v4 import event_service_pb2
from service.doors.grpc import GrpcDoor, Limits
from service.events.user_event import UserEventRules
from service.operations.import_events import ImportUserEvents
from service.operations.import_requests import ImportRequests
from service.operations.messages import IMPORT_USER_EVENTS
from service.operations.runner import Runner
from service.operations.spool import Spool
from service.rpc.event_log_service import EventLogService
from service.rpc.event_service import EventService
from service.rpc.method import Method, methods
from service.rpc.middleware.admission import Admission
from service.rpc.middleware.failures import failures
from service.rpc.middleware.telemetry import telemetry
from service.rpc.operations_service import OperationsService
from service.rpc.policy import Policy
from service.rpc.rejections import RejectedCalls
from service.rpc.user_event_service import UserEventService
from service.settings import Settings
from service.sources.buckets_dir import BucketsDir
from service.sources.objects import ObjectError, ObjectStore
from service.storage.base import Store, StoreError
from service.storage.sqlite import SqliteStore
from service.storage.writer import Writer

_DAY_US = 24 * 3_600 * 1_000_000
_HOUSEKEEPING_SECONDS = 600
# Answers on their way get this long; so do streams that never end by themselves, such as a health Watch.
_LAST_ANSWERS_SECONDS = 1.0
# The writer's thread and the event loop share the interpreter lock; the default turn of 5 ms is as long as dozens of
# calls.
_SWITCH_INTERVAL_SECONDS = 0.0005

log = structlog.get_logger(__name__)


def now_us() -> int:
    """The time, microseconds since the Unix epoch."""
    return time.time_ns() // 1_000


def _object_stores(buckets_dir: Path | None) -> Callable[[], ObjectStore]:
    @cache
    def find() -> ObjectStore:
        if buckets_dir is not None:
            return BucketsDir(buckets_dir)
        try:
            from service.sources.google_storage import GoogleStorage  # noqa: PLC0415  an optional, heavy library
        except ImportError as error:
            raise ObjectError(
                "gs:// needs a folder in its place (serve with --buckets-dir DIR) or Google's library (pip install "
                "'footfall[gcp]')"
            ) from error
        return GoogleStorage()

    return find


class App:
    """One running service.

    Args:
        settings: What the operator chose.

    Raises:
        ValueError: A setting can't be used.
        StoreError: The database can't be opened.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        path = settings.database_path
        self._store: Store = SqliteStore(path, rejection_limit=settings.rejected_events_limit)
        self._spool = Spool(path.with_name(f"{path.name}.spool"))
        self._writer = Writer(self._store, queue_limit=settings.write_queue_limit)
        self._admission = Admission(settings.max_concurrent_calls)
        rules = UserEventRules(strict=settings.strict, closed_event_types=settings.closed_event_types)
        self._policy = Policy(
            rules=rules,
            catalogs=frozenset(settings.catalogs),
            tenants=frozenset(settings.tenants),
            max_event_age_us=settings.max_event_age_days * _DAY_US,
        )
        object_store = _object_stores(settings.buckets_dir)
        imports = ImportUserEvents(
            rules=rules,
            object_store=object_store,
            spool=self._spool,
            max_line_bytes=settings.max_line_bytes,
            now_us=now_us,
        )
        self._runner = Runner(
            store=self._store,
            writer=self._writer,
            works={IMPORT_USER_EVENTS: imports},
            concurrency=settings.concurrent_operations,
            now_us=now_us,
        )
        self._imports = ImportRequests(
            policy=self._policy, writer=self._writer, runner=self._runner, object_store=object_store, now_us=now_us
        )
        self._housekeeping: asyncio.Task[None] | None = None
        self._door = GrpcDoor(
            self._methods(),
            Limits(
                message_bytes=settings.max_message_bytes,
                metadata_bytes=settings.max_metadata_bytes,
                streams=settings.max_concurrent_streams,
                keepalive_s=settings.keepalive_seconds,
                connection_age_s=settings.max_connection_age_seconds,
            ),
        )

    def _methods(self) -> list[Method]:
        rejected_calls = RejectedCalls(self._writer, enabled=self._settings.record_rejected_calls, now_us=now_us)
        user_events = UserEventService(
            policy=self._policy,
            writer=self._writer,
            imports=self._imports,
            rejected_calls=rejected_calls,
            now_us=now_us,
        )
        client_events = EventService(
            policy=self._policy, writer=self._writer, rejected_calls=rejected_calls, now_us=now_us
        )
        event_log = EventLogService(
            policy=self._policy,
            store=self._store,
            imports=self._imports,
            spool=self._spool,
            max_upload_bytes=self._settings.max_upload_bytes,
        )
        operations = OperationsService(store=self._store, writer=self._writer, runner=self._runner)
        served = (
            (user_event_service_pb2.DESCRIPTOR.services_by_name["UserEventService"], user_events),
            (product_service_pb2.DESCRIPTOR.services_by_name["ProductService"], None),
            (event_service_pb2.DESCRIPTOR.services_by_name["EventService"], client_events),
            (event_log_service_pb2.DESCRIPTOR.services_by_name["EventLogService"], event_log),
            (operations_proto_pb2.DESCRIPTOR.services_by_name["Operations"], operations),
        )
        middleware = (telemetry, self._admission, failures)
        return [method for descriptor, service in served for method in methods(descriptor, service, middleware)]

    async def start(self) -> str:
        """Starts everything; returns the address at which gRPC is served."""
        self._writer.start()
        await self._resume()
        self._housekeeping = asyncio.create_task(self._keep_house())
        address = await self._door.start(self._settings.grpc_address)
        gc.collect()
        gc.freeze()  # what was made so far lives as long as the process: later collections need not look at it
        return address

    async def _resume(self) -> None:
        unfinished = await asyncio.to_thread(self._store.unfinished_operations)
        self._spool.discard_others(row.name.rpartition("/")[2] for row in unfinished)
        await self._runner.start()

    async def drain(self) -> None:
        """Lets what was accepted finish, flushes every queue, closes the database."""
        grace = self._settings.grace_seconds
        log.info("draining", grace_seconds=grace)
        await self._door.announce_shutdown()
        self._admission.drain()
        self._runner.release_waiters()
        try:
            await asyncio.wait_for(self._admission.idle(), max(0.0, grace - _LAST_ANSWERS_SECONDS))
        except TimeoutError:
            log.warning("calls_cut_off", grace_seconds=grace)
        await self._door.stop(min(grace, _LAST_ANSWERS_SECONDS))
        await self.close()
        log.info("stopped")

    async def close(self) -> None:
        """Stops what runs in the background, writes what waits, closes the database."""
        if self._housekeeping is not None:
            self._housekeeping.cancel()
        await self._runner.stop()
        await self._writer.close()
        self._store.close()

    async def _keep_house(self) -> None:
        """Drops, from time to time, what the settings say is too old."""
        while True:
            now = now_us()
            rejections_before = now - self._settings.rejected_events_days * _DAY_US
            operations_before = now - self._settings.operations_days * _DAY_US
            try:
                dropped = await self._writer.step(
                    lambda transaction, a=rejections_before, b=operations_before: transaction.expire(  # type: ignore[misc]
                        rejections_before_us=a, operations_before_us=b
                    )
                )
                if dropped:
                    log.info("expired", rows=dropped)
            except StoreError as error:
                log.warning("expiry_failed", error=str(error))
            await asyncio.sleep(_HOUSEKEEPING_SECONDS)


async def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT, then drains; a second signal ends the process at once."""
    sys.setswitchinterval(_SWITCH_INTERVAL_SECONDS)
    loop = asyncio.get_running_loop()
    asked_to_stop = asyncio.Event()

    def on_signal(number: int) -> None:
        if asked_to_stop.is_set():
            os._exit(128 + number)
        asked_to_stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    app = App(settings)
    try:
        address = await app.start()
    except BaseException:
        await app.close()
        raise
    print(f"Footfall serves gRPC at {address}", flush=True)
    await asked_to_stop.wait()
    await app.drain()
    sys.stderr.flush()
    os._exit(0)  # everything is on disk; a thread that waits for object storage must not hold the process
