"""The rooms of the house, each made with what it needs of the others; `app` gives them life."""

from __future__ import annotations

import time

from google.longrunning import operations_proto_pb2

from generated.footfall.v1 import (
    event_log_service_pb2,
    insights_service_pb2,
    legacy_event_service_pb2,
    signal_service_pb2,
)
from service import configured, metrics
from service.doors import graphql
from service.doors.http import scripts, tracker
from service.doors.http.application import Page
from service.events import versions
from service.events.policy import Policy
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
from service.storage.sqlite import SqliteStore
from service.storage.writer import Writer


def now_us() -> int:
    """The time, microseconds since the Unix epoch."""
    return time.time_ns() // 1_000


class Rooms:
    """Everything between the settings and the doors.

    Args:
        settings: What the operator chose.
        policy: The same, as far as it is about events.

    Raises:
        ValueError: A setting can't be used.
        StoreError: The database can't be opened.
    """

    def __init__(self, settings: Settings, policy: Policy) -> None:
        self.settings = settings
        self.policy = policy
        path = settings.database_path
        self.store: Store = SqliteStore(path, rejection_limit=settings.rejected_events_limit)
        self.spool = Spool(path.with_name(f"{path.name}.spool"))
        self.writer = Writer(self.store, queue_limit=settings.write_queue_limit, queue_bytes=settings.write_queue_bytes)
        self.admission = Admission(settings.max_concurrent_calls, settings.max_concurrent_long_calls)
        self.push_tokens = configured.push_tokens(settings)
        self.calls = Calls()
        self.refused: Refused = Tally()
        self.rejected_calls = RejectedCalls(
            self.writer, enabled=settings.record_rejected_calls, now_us=now_us, refused=self.refused
        )
        self.intake = Intake(self.writer, now_us)
        self.batches = Batches(
            policy=self.policy, writer=self.writer, intake=self.intake, rejected_calls=self.rejected_calls
        )
        self.middleware = (telemetry, self.calls, self.admission, failures)
        self.object_store = configured.object_stores(settings.buckets_dir)
        self.runner = Runner(
            store=self.store,
            writer=self.writer,
            works=self._works(),
            one_at_a_time=kinds.ONE_AT_A_TIME,
            concurrency=settings.concurrent_operations,
            now_us=now_us,
        )
        self.housekeeping = Housekeeping(
            store=self.store,
            writer=self.writer,
            retention=configured.retention(settings),
            now_us=now_us,
        )

    def _works(self) -> dict[str, Work]:
        """How each kind of operation is done."""
        return {
            kinds.IMPORT_USER_EVENTS: ImportUserEvents(
                writer=self.writer,
                rules=self.policy.rules,
                object_store=self.object_store,
                spool=self.spool,
                max_line_bytes=self.settings.max_line_bytes,
                now_us=now_us,
                refused=self.refused,
            ),
            kinds.IMPORT_CLIENT_EVENTS: ImportClientEvents(
                object_store=self.object_store,
                spool=self.spool,
                max_line_bytes=self.settings.max_line_bytes,
                now_us=now_us,
                refused=self.refused,
            ),
            kinds.PURGE_USER_EVENTS: PurgeUserEvents(store=self.store, writer=self.writer),
            kinds.REJOIN_USER_EVENTS: RejoinUserEvents(store=self.store, writer=self.writer),
            kinds.IMPORT_PRODUCTS: ImportProducts(
                store=self.store,
                writer=self.writer,
                object_store=self.object_store,
                spool=self.spool,
                max_line_bytes=self.settings.max_line_bytes,
                now_us=now_us,
                refused=self.refused,
            ),
            kinds.PURGE_PRODUCTS: PurgeProducts(store=self.store),
            kinds.EXPORT_PRODUCTS: ExportProducts(store=self.store, object_store=self.object_store, spool=self.spool),
            kinds.EXPORT_USER_EVENTS: ExportUserEvents(
                store=self.store, object_store=self.object_store, spool=self.spool
            ),
        }

    def methods(self) -> list[Method]:
        """Every served method."""
        writer, policy = self.writer, self.policy
        intake, rejected_calls = self.intake, self.rejected_calls
        launcher = Launcher(writer=writer, runner=self.runner, now_us=now_us)
        imports = ImportRequests(policy=policy, launcher=launcher, object_store=self.object_store, now_us=now_us)
        maintenance = MaintenanceRequests(
            store=self.store, writer=writer, launcher=launcher, object_store=self.object_store, now_us=now_us
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
            store=self.store,
            writer=writer,
            requests=ProductRequests(writer=writer, launcher=launcher, object_store=self.object_store, now_us=now_us),
            now_us=now_us,
        )
        client_events = EventService(policy=policy, writer=writer, intake=intake, rejected_calls=rejected_calls)
        legacy_events = LegacyEventService(client_events, self.push_tokens, rejected_calls=rejected_calls)
        event_log = EventLogService(
            Reading(policy=policy, store=self.store),
            self.batches,
            Streams(
                policy=policy,
                batches=self.batches,
                writer=writer,
                closing=self.admission.draining,
                idle_seconds=self.settings.upload_idle_seconds,
            ),
            Watching(policy=policy, store=self.store, writer=writer, closing=self.admission.draining),
            Uploads(
                policy=policy,
                imports=imports,
                spool=self.spool,
                max_upload_bytes=self.settings.max_upload_bytes,
                upload_idle_seconds=self.settings.upload_idle_seconds,
            ),
        )
        signals = SignalService(
            Sending(policy=policy, store=self.store, writer=writer, intake=intake, rejected_calls=rejected_calls),
            SignalReading(policy=policy, store=self.store),
        )
        insights = InsightsService(policy=policy, store=self.store)
        operations = OperationsService(store=self.store, writer=writer, runner=self.runner)
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
        return [method for descriptor, service in served for method in methods(descriptor, service, self.middleware)]

    def collect_method(self) -> Method:
        """What takes several events of a page at once; it is in no service."""
        batches = CollectBatches(
            policy=self.policy, batches=self.batches, intake=self.intake, rejected_calls=self.rejected_calls
        )
        return batches.method(self.middleware)

    def pages(self, methods: list[Method], answered: tuple[Tally[int], Tally[int]]) -> dict[str, Page]:
        """What is served over HTTP beside methods.

        Args:
            methods: The served methods.
            answered: What the HTTP door counts.
        """
        measured = Measured(
            calls=self.calls,
            admission=self.admission,
            answered=answered,
            refused=self.refused,
            writer=self.writer,
            store=self.store,
        )
        tracking = JobTracking(
            tenant=self.settings.tracker_tenant,
            batches=self.batches,
            intake=self.intake,
            rejected_calls=self.rejected_calls,
            writer=self.writer,
        )
        return {
            **scripts.pages(self.settings.pixel_path),
            "/metrics": metrics.page(measured),
            tracker.PATH: tracker.page(tracking.method(self.middleware)),
            **graphql.pages(configured.graphql_settings(self.settings), methods, self.rejected_calls.keep_raw),
        }
