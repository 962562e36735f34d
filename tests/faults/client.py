"""The calls that fault tests make, over generated stubs: short names, no retries, errors as they are."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Self

import grpc
from google.longrunning import operations_pb2_grpc, operations_proto_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2_grpc
from grpc_status import rpc_status

from generated.footfall.v1 import (
    event_log_service_pb2,
    event_log_service_pb2_grpc,
    signal_service_pb2,
    signal_service_pb2_grpc,
)
from generated.google.cloud.retail.v2 import import_config_pb2, user_event_service_pb2, user_event_service_pb2_grpc
from generated.google.cloud.talent.v4 import event_service_pb2, event_service_pb2_grpc

CATALOG = "projects/p/locations/global/catalogs/default_catalog"
TENANT = "projects/p/tenants/t"
_PAGE = 1_000
_UPLOAD_PIECE = 64 * 1024
_TIMEOUT_S = 120


class Client:
    """One channel to a server."""

    def __init__(self, address: str) -> None:
        # A pool of its own for each channel, so that several clients are several connections.
        self.channel = grpc.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)])
        self.retail = user_event_service_pb2_grpc.UserEventServiceStub(self.channel)
        self.talent = event_service_pb2_grpc.EventServiceStub(self.channel)
        self.log = event_log_service_pb2_grpc.EventLogServiceStub(self.channel)
        self.signal = signal_service_pb2_grpc.SignalServiceStub(self.channel)
        self.operations = operations_pb2_grpc.OperationsStub(self.channel)
        self.health = health_pb2_grpc.HealthStub(self.channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.channel.close()

    # -- writing

    def begin_write(self, catalog: str, event: Any, *, write_async: bool = False) -> Callable[[], Any]:
        """What sends the event and returns the call in flight, each time that it is called."""
        request = user_event_service_pb2.WriteUserEventRequest(
            parent=catalog, user_event=event, write_async=write_async
        )
        return lambda: self.retail.WriteUserEvent.future(request, timeout=_TIMEOUT_S)

    def begin_create(self, tenant: str, event: Any) -> Callable[[], Any]:
        """As `begin_write`, for a client event."""
        request = event_service_pb2.CreateClientEventRequest(parent=tenant, client_event=event)
        return lambda: self.talent.CreateClientEvent.future(request, timeout=_TIMEOUT_S)

    def import_objects(self, catalog: str, *uris: str, errors: str = "") -> Any:
        request = import_config_pb2.ImportUserEventsRequest(parent=catalog)
        request.input_config.gcs_source.input_uris.extend(uris)
        if errors:
            request.errors_config.gcs_prefix = errors
        return self.retail.ImportUserEvents(request, timeout=_TIMEOUT_S)

    def import_inline(self, catalog: str, events: list[Any]) -> Any:
        request = import_config_pb2.ImportUserEventsRequest(parent=catalog)
        request.input_config.user_event_inline_source.user_events.extend(events)
        return self.retail.ImportUserEvents(request, timeout=_TIMEOUT_S)

    def upload(self, catalog: str, data: bytes, *, file_name: str = "events.jsonl", errors: str = "") -> Any:
        return self.log.UploadUserEvents(upload_requests(catalog, data, file_name, errors), timeout=_TIMEOUT_S)

    # -- reading

    def operation(self, name: str) -> Any:
        return self.operations.GetOperation(operations_proto_pb2.GetOperationRequest(name=name), timeout=_TIMEOUT_S)

    def wait(self, name: str) -> Any:
        """The operation once it has ended."""
        request = operations_proto_pb2.WaitOperationRequest(name=name)
        deadline = time.monotonic() + _TIMEOUT_S
        while not (found := self.operations.WaitOperation(request, timeout=_TIMEOUT_S)).done:
            assert time.monotonic() < deadline, f"not done within {_TIMEOUT_S} s: {found}"
        return found

    @staticmethod
    def progress(operation: Any) -> Any:
        """The metadata of an import."""
        metadata = import_config_pb2.ImportMetadata()
        assert operation.metadata.Unpack(metadata)
        return metadata

    @staticmethod
    def response(operation: Any) -> Any:
        """The response of an import that succeeded."""
        assert operation.WhichOneof("result") == "response", operation
        response = import_config_pb2.ImportUserEventsResponse()
        assert operation.response.Unpack(response)
        return response

    def user_events(self, catalog: str) -> list[Any]:
        return list(
            self._all(self.log.ListUserEvents, event_log_service_pb2.ListUserEventsRequest, "user_events", catalog)
        )

    def client_events(self, tenant: str) -> list[Any]:
        return list(
            self._all(self.log.ListClientEvents, event_log_service_pb2.ListClientEventsRequest, "client_events", tenant)
        )

    def signals(self, tenant: str) -> list[Any]:
        return list(self._all(self.signal.ListSignals, signal_service_pb2.ListSignalsRequest, "signals", tenant))

    def signal_states(self, tenant: str) -> list[Any]:
        """Where every application with a token stands."""
        request = signal_service_pb2.ListSignalStatesRequest(
            parent=tenant,
            subject_kind=signal_service_pb2.ListSignalStatesRequest.SUBJECT_KIND_TOKEN,
            page_size=_PAGE,
        )
        found: list[Any] = []
        while True:
            page = self.signal.ListSignalStates(request, timeout=_TIMEOUT_S)
            found += page.signal_states
            request.page_token = page.next_page_token
            if not request.page_token:
                return found

    def rejected(self, parent: str) -> list[Any]:
        return list(
            self._all(
                self.log.ListRejectedEvents, event_log_service_pb2.ListRejectedEventsRequest, "rejected_events", parent
            )
        )

    def total_user_events(self, catalog: str) -> int:
        return self.log.ListUserEvents(
            event_log_service_pb2.ListUserEventsRequest(parent=catalog, page_size=1)
        ).total_size

    @staticmethod
    def _all(method: Any, request_type: Any, items: str, parent: str) -> Iterator[Any]:
        """Every item of a list, whose total_size must be their number."""
        token, count = "", 0
        while True:
            page = method(request_type(parent=parent, page_size=_PAGE, page_token=token), timeout=_TIMEOUT_S)
            found = getattr(page, items)
            count += len(found)
            yield from found
            token = page.next_page_token
            if not token:
                assert page.total_size == count
                return


class HeldUpload:
    """An upload whose stream stops in the middle until `release` is called.

    Args:
        client: The way to the server.
        catalog: Where the events belong.
        data: The file.
    """

    def __init__(self, client: Client, catalog: str, data: bytes) -> None:
        self._go_on = threading.Event()
        self._half_sent = threading.Event()
        self._messages = list(upload_requests(catalog, data, "held.jsonl", ""))
        self.call = client.log.UploadUserEvents.future(self._requests(), timeout=_TIMEOUT_S)
        assert self._half_sent.wait(_TIMEOUT_S)

    def _requests(self) -> Iterator[Any]:
        half = len(self._messages) // 2
        yield from self._messages[:half]
        self._half_sent.set()
        self._go_on.wait(_TIMEOUT_S)
        yield from self._messages[half:]

    def release(self) -> None:
        """Lets the rest of the stream go."""
        self._go_on.set()


def upload_requests(catalog: str, data: bytes, file_name: str, errors: str) -> Iterator[Any]:
    """The messages of an upload."""
    yield event_log_service_pb2.UploadUserEventsRequest(parent=catalog, file_name=file_name, gcs_errors_prefix=errors)
    for start in range(0, len(data), _UPLOAD_PIECE):
        yield event_log_service_pb2.UploadUserEventsRequest(data=data[start : start + _UPLOAD_PIECE])


def error_info(status: status_pb2.Status) -> Any:
    """The ErrorInfo of a status."""
    info = error_details_pb2.ErrorInfo()
    assert any(detail.Unpack(info) for detail in status.details), status
    return info


def refusal(error: grpc.RpcError) -> tuple[grpc.StatusCode, str, float]:
    """Code, ErrorInfo.reason and the seconds of RetryInfo of a failed call; empty and 0 when it has none."""
    status = rpc_status.from_call(error)
    if status is None:
        return error.code(), "", 0.0
    retry = error_details_pb2.RetryInfo()
    any(detail.Unpack(retry) for detail in status.details)
    return error.code(), error_info(status).reason, retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9
