"""Puts the house together: settings -> store -> services -> doors. Start, serve, drain."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import time

import structlog
from google.longrunning import operations_proto_pb2

from generated.footfall.v1 import (
    event_log_service_pb2,
    insights_service_pb2,
    legacy_event_service_pb2,
    signal_service_pb2,
)
from service import configured, metrics
from service.doors import graphql, http
from service.doors.envoy.door import EnvoyDoor
from service.doors.grpc import GrpcDoor
from service.doors.http import scripts, tracker
from service.doors.http.application import Page
from service.doors.http.server import HttpServer
from service.events import filters, versions
from service.measures import Refused, Tally
from service.metrics import Measured
from service.operations import kinds
from service.operations.export_events import ExportUserEvents
from service.operations.export_products import ExportProducts
from service.operations.housekeeping import Housekeeping
from service.operations.import_client_events import ImportClientEvents
from service.operations.import_events import ImportUserEvents
from service.operations.import_products import ImportProducts
from service.operations.import_requests import ImportRequests
from service.operations.launcher import Launcher
from service.operations.maintenance_requests import MaintenanceRequests
from service.operations.product_requests import ProductRequests
from service.operations.purge_events import PurgeUserEvents
from service.operations.purge_products import PurgeProducts
from service.operations.rejoin_events import RejoinUserEvents
from service.operations.runner import Runner, Work
from service.operations.spool import Spool
from service.rpc.collect_batches import CollectBatches
from service.rpc.event_log import Batches, EventLogService, Reading, Streams, Uploads, Watching
from service.rpc.event_service import EventService
from service.rpc.insights import InsightsService
from service.rpc.intake import Intake
from service.rpc.job_tracking import JobTracking
from service.rpc.legacy_event_service import LegacyEventService
from service.rpc.method import Method, methods
from service.rpc.middleware.admission import Admission
from service.rpc.middleware.failures import failures
from service.rpc.middleware.metrics import Calls
from service.rpc.middleware.telemetry import telemetry
from service.rpc.operations_service import OperationsService
from service.rpc.product_service import ProductService
from service.rpc.rejections import RejectedCalls
from service.rpc.signals import Reading as SignalReading
from service.rpc.signals import Sending, SignalService
from service.rpc.user_event_service import UserEventService
from service.settings import Settings
from service.storage.base import Store
from service.storage.readers import read
from service.storage.sqlite import SqliteStore
from service.storage.writer import Writer

# Answers on their way get this long; so do streams that never end by themselves, such as a health Watch.
_LAST_ANSWERS_SECONDS = 1.0
# The writer's thread and the event loop share the interpreter lock; the default turn of 5 ms is as long as dozens of
# calls.
SWITCH_INTERVAL_SECONDS = 0.0005

log = structlog.get_logger(__name__)


def now_us() -> int:
    """The time, microseconds since the Unix epoch."""
    return time.time_ns() // 1_000


class App:
    """One running service.

    Args:
        settings: What the operator chose.
        envoy: The door, in a process that is Envoy; None: grpcio and uvicorn are.

    Raises:
        ValueError: A setting can't be used.
        OSError: The address can't be had; no file was made then.
        StoreError: The database can't be opened.
    """

    def __init__(self, settings: Settings, envoy: EnvoyDoor | None = None) -> None:
        self._settings = settings
        self._policy = configured.policy(settings)
        self._door = envoy or GrpcDoor(settings.grpc_address, configured.grpc_limits(settings))
        listen = envoy.listen if envoy else HttpServer
        self._http = http.HttpDoor(configured.http_settings(settings), listen)
        path = settings.database_path
        self._store: Store = SqliteStore(path, rejection_limit=settings.rejected_events_limit)
        self._spool = Spool(path.with_name(f"{path.name}.spool"))
        self._writer = Writer(
            self._store, queue_limit=settings.write_queue_limit, queue_bytes=settings.write_queue_bytes
        )
        self._admission = Admission(settings.max_concurrent_calls, settings.max_concurrent_long_calls)
        self._push_tokens = configured.push_tokens(settings)
        self._calls = Calls()
        self._refused: Refused = Tally()
        self._rejected_calls = RejectedCalls(
            self._writer, enabled=settings.record_rejected_calls, now_us=now_us, refused=self._refused
        )
        self._intake = Intake(self._writer, now_us)
        self._batches = Batches(
            policy=self._policy, writer=self._writer, intake=self._intake, rejected_calls=self._rejected_calls
        )
        self._middleware = (telemetry, self._calls, self._admission, failures)
        self._object_store = configured.object_stores(settings.buckets_dir)
        self._runner = Runner(
            store=self._store,
            writer=self._writer,
            works=self._works(),
            one_at_a_time=kinds.ONE_AT_A_TIME,
            concurrency=settings.concurrent_operations,
            now_us=now_us,
        )
        self._housekeeping = Housekeeping(
            store=self._store,
            writer=self._writer,
            retention=configured.retention(settings),
            now_us=now_us,
        )
        self._keeping_house: asyncio.Task[None] | None = None

    def _works(self) -> dict[str, Work]:
        """How each kind of operation is done."""
        return {
            kinds.IMPORT_USER_EVENTS: ImportUserEvents(
                writer=self._writer,
                rules=self._policy.rules,
                object_store=self._object_store,
                spool=self._spool,
                max_line_bytes=self._settings.max_line_bytes,
                now_us=now_us,
                refused=self._refused,
            ),
            kinds.IMPORT_CLIENT_EVENTS: ImportClientEvents(
                object_store=self._object_store,
                spool=self._spool,
                max_line_bytes=self._settings.max_line_bytes,
                now_us=now_us,
                refused=self._refused,
            ),
            kinds.PURGE_USER_EVENTS: PurgeUserEvents(store=self._store, writer=self._writer),
            kinds.REJOIN_USER_EVENTS: RejoinUserEvents(store=self._store, writer=self._writer),
            kinds.IMPORT_PRODUCTS: ImportProducts(
                store=self._store,
                writer=self._writer,
                object_store=self._object_store,
                spool=self._spool,
                max_line_bytes=self._settings.max_line_bytes,
                now_us=now_us,
                refused=self._refused,
            ),
            kinds.PURGE_PRODUCTS: PurgeProducts(store=self._store),
            kinds.EXPORT_PRODUCTS: ExportProducts(
                store=self._store, object_store=self._object_store, spool=self._spool
            ),
            kinds.EXPORT_USER_EVENTS: ExportUserEvents(
                store=self._store, object_store=self._object_store, spool=self._spool
            ),
        }

    def _methods(self) -> list[Method]:
        """Every served method."""
        writer, policy = self._writer, self._policy
        intake, rejected_calls = self._intake, self._rejected_calls
        launcher = Launcher(writer=writer, runner=self._runner, now_us=now_us)
        imports = ImportRequests(policy=policy, launcher=launcher, object_store=self._object_store, now_us=now_us)
        maintenance = MaintenanceRequests(
            store=self._store, writer=writer, launcher=launcher, object_store=self._object_store, now_us=now_us
        )
        user_events = UserEventService(
            policy=policy,
            writer=writer,
            intake=intake,
            imports=imports,
            maintenance=maintenance,
            rejected_calls=rejected_calls,
        )
        products = ProductService(
            policy=policy,
            store=self._store,
            writer=writer,
            requests=ProductRequests(writer=writer, launcher=launcher, object_store=self._object_store, now_us=now_us),
            now_us=now_us,
        )
        client_events = EventService(policy=policy, writer=writer, intake=intake, rejected_calls=rejected_calls)
        legacy_events = LegacyEventService(client_events, self._push_tokens, rejected_calls=rejected_calls)
        event_log = EventLogService(
            Reading(policy=policy, store=self._store),
            self._batches,
            Streams(
                policy=policy,
                batches=self._batches,
                writer=writer,
                closing=self._admission.draining,
                idle_seconds=self._settings.upload_idle_seconds,
            ),
            Watching(policy=policy, store=self._store, writer=writer, closing=self._admission.draining),
            Uploads(
                policy=policy,
                imports=imports,
                spool=self._spool,
                max_upload_bytes=self._settings.max_upload_bytes,
                upload_idle_seconds=self._settings.upload_idle_seconds,
            ),
        )
        signals = SignalService(
            Sending(policy=policy, store=self._store, writer=writer, intake=intake, rejected_calls=rejected_calls),
            SignalReading(policy=policy, store=self._store),
        )
        insights = InsightsService(policy=policy, store=self._store)
        operations = OperationsService(store=self._store, writer=writer, runner=self._runner)
        served = (
            *((each, user_events) for each in versions.descriptors("UserEventService").values()),
            *((each, products) for each in versions.descriptors("ProductService").values()),
            *((each, client_events) for each in versions.descriptors("EventService").values()),
            (legacy_event_service_pb2.DESCRIPTOR.services_by_name["LegacyEventService"], legacy_events),
            (event_log_service_pb2.DESCRIPTOR.services_by_name["EventLogService"], event_log),
            (signal_service_pb2.DESCRIPTOR.services_by_name["SignalService"], signals),
            (insights_service_pb2.DESCRIPTOR.services_by_name["InsightsService"], insights),
            (operations_proto_pb2.DESCRIPTOR.services_by_name["Operations"], operations),
        )
        return [method for descriptor, service in served for method in methods(descriptor, service, self._middleware)]

    def _collect_batches(self) -> CollectBatches:
        return CollectBatches(
            policy=self._policy, batches=self._batches, intake=self._intake, rejected_calls=self._rejected_calls
        )

    def _pages(self, methods: list[Method]) -> dict[str, Page]:
        """What is served over HTTP beside methods."""
        measured = Measured(
            calls=self._calls,
            admission=self._admission,
            answered=self._http.answered,
            refused=self._refused,
            writer=self._writer,
            store=self._store,
        )
        tracking = JobTracking(
            tenant=self._settings.tracker_tenant,
            batches=self._batches,
            intake=self._intake,
            rejected_calls=self._rejected_calls,
            writer=self._writer,
        )
        return {
            **scripts.pages(self._settings.pixel_path),
            "/metrics": metrics.page(measured),
            tracker.PATH: tracker.page(tracking.method(self._middleware)),
            **graphql.pages(configured.graphql_settings(self._settings), methods, self._rejected_calls.keep_raw),
        }

    async def start(self) -> None:
        """Starts everything."""
        self._writer.start()
        filters.parse("*", filters.PURGE)  # the grammar is loaded at no caller's expense: every call would wait for it
        unfinished = await read(self._store.unfinished_operations)
        self._spool.discard_others(row.name.rpartition("/")[2] for row in unfinished)
        await self._runner.start()
        self._keeping_house = asyncio.create_task(self._housekeeping.run())
        methods = self._methods()
        await self._door.start(methods)
        await self._http.start(methods, self._pages(methods), self._collect_batches().method(self._middleware))
        gc.collect()
        gc.freeze()  # what was made so far lives as long as the process: later collections need not look at it

    @property
    def served(self) -> str:
        """What is served where, in words."""
        scheme = "https" if self._settings.tls_certificate else "http"
        return " and ".join(
            f"{what} at {address}"
            for what, address in (
                ("gRPC", self._door.address),
                ("HTTP", self._http.address and f"{scheme}://{self._http.address}"),
                ("pixels", self._http.public_address and f"{scheme}://{self._http.public_address}"),
            )
            if address
        )

    async def drain(self) -> None:
        """Lets what was accepted finish, flushes every queue, closes the database."""
        grace = self._settings.grace_seconds
        log.info("draining", grace_seconds=grace)
        await self._door.announce_shutdown()
        self._http.announce_shutdown()
        self._admission.drain()
        self._runner.release_waiters()
        try:
            await asyncio.wait_for(self._admission.idle(), max(0.0, grace - _LAST_ANSWERS_SECONDS))
        except TimeoutError:
            log.warning("calls_cut_off", grace_seconds=grace)
        last_answers = min(grace, _LAST_ANSWERS_SECONDS)
        await self.close(last_answers)
        log.info("stopped")

    async def close(self, grace_s: float = 0) -> None:
        """Takes no new connections, stops what runs in the background, writes what waits, closes the database.

        Args:
            grace_s: Seconds that answers on their way get.
        """
        await asyncio.gather(self._door.stop(grace_s), self._http.stop(grace_s))
        if self._keeping_house is not None:
            self._keeping_house.cancel()
        await self._runner.stop()
        await self._writer.close()
        self._store.close()


async def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT, then drains; a second signal ends the process at once."""
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
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
        await app.start()
    except BaseException:
        await app.close()
        raise
    print(f"Footfall serves {app.served}", flush=True)
    await asked_to_stop.wait()
    await app.drain()
    sys.stderr.flush()
    os._exit(0)  # everything is on disk; a thread that waits for object storage must not hold the process
