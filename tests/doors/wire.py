"""A gRPC client that keeps to no rule of its own: HTTP/2 by h2, frames byte for byte as a test wants them."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings
from hpack import HeaderTuple

from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from generated.google.cloud.retail.v2.user_event_service_pb2 import WriteUserEventRequest

CATALOG = "projects/p/locations/global/catalogs/wire"
WRITE = "/google.cloud.retail.v2.UserEventService/WriteUserEvent"
REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
WATCH = "/footfall.v1.EventLogService/WatchEvents"
HEALTH_WATCH = "/grpc.health.v1.Health/Watch"
TIMEOUT_S = 60
GRPC = (("content-type", "application/grpc"), ("te", "trailers"))

Headers = Iterable[tuple[str, str]]


def event(visitor: str = "v", **fields: object) -> bytes:
    """A WriteUserEvent request."""
    user_event = UserEvent(**{"event_type": "login", "visitor_id": visitor, **fields})
    return WriteUserEventRequest(parent=CATALOG, user_event=user_event).SerializeToString()


def frame(message: bytes, *, flag: int = 0, length: int | None = None) -> bytes:
    """A message in its frame, whose first bytes may lie."""
    return struct.pack(">BI", flag, len(message) if length is None else length) + message


@dataclass
class Response:
    """What came back on one stream."""

    head: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    trailers: dict[str, str] = field(default_factory=dict)
    reset: int | None = None  # the error code of RST_STREAM
    ended: bool = False

    @property
    def http_status(self) -> int:
        return int(self.head[":status"])

    @property
    def status(self) -> int | None:
        """grpc-status; None: there is none."""
        told = self.trailers.get("grpc-status", self.head.get("grpc-status"))
        return None if told is None else int(told)

    @property
    def over(self) -> bool:
        return self.ended or self.reset is not None

    def messages(self) -> list[bytes]:
        found, at = [], 0
        while at < len(self.body):
            _, length = struct.unpack_from(">BI", self.body, at)
            found.append(self.body[at + 5 : at + 5 + length])
            at += 5 + length
        return found


class Wire:
    """One HTTP/2 connection.

    Args:
        address: host:port.
        window: Initial window of a stream's response, in bytes; None: h2's.
    """

    def __init__(self, address: str, *, window: int | None = None) -> None:
        host, _, port = address.removeprefix("http://").rpartition(":")
        self.socket = socket.create_connection((host.strip("[]"), int(port)), TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each body waits for its head's ACK
        config = h2.config.H2Configuration(
            client_side=True, header_encoding="utf-8", validate_outbound_headers=False, normalize_outbound_headers=False
        )
        self.h2 = h2.connection.H2Connection(config)
        self.h2.initiate_connection()
        if window is not None:
            self.h2.update_settings({0x4: window})
        self.responses: dict[int, Response] = {}
        self.goaway: int | None = None
        self.closed = False
        self.acknowledge = True  # data that came: whether its window is opened again
        self.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def flush(self) -> None:
        if data := self.h2.data_to_send():
            self.socket.sendall(data)

    def start(self, path: str = WRITE, headers: Headers = GRPC, *, method: str = "POST", end: bool = False) -> int:
        """Sends a head; returns the stream's number."""
        stream = self.h2.get_next_available_stream_id()
        head = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "localhost"), *headers]
        self.h2.send_headers(stream, [HeaderTuple(*each) for each in head], end_stream=end)
        self.responses[stream] = Response()
        self.flush()
        return stream

    def send(self, stream: int, data: bytes, *, end: bool = True) -> bool:
        """Sends a body as the windows allow; returns whether the server took all of it."""
        at = 0
        while at < len(data):
            if self.responses[stream].over:
                return False
            room = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size, len(data) - at)
            if room <= 0:
                self.receive()
                continue
            try:
                self.h2.send_data(stream, data[at : at + room])
            except h2.exceptions.ProtocolError:
                return False
            at += room
            self.flush()
        if end and not self.responses[stream].over:
            self.h2.end_stream(stream)
            self.flush()
        return True

    def ignore_stream_limit(self) -> None:
        """Begins further streams whatever the server allows."""
        self.h2.remote_settings[h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS] = 2**31 - 1
        self.h2.remote_settings.acknowledge()

    def cancel(self, stream: int) -> None:
        self.h2.reset_stream(stream, 0x8)
        self.flush()

    def receive(self) -> None:
        """Takes in what there is, waiting for at least something."""
        try:
            data = self.socket.recv(2**18)
        except ConnectionResetError:
            data = b""
        if not data:
            self.closed = True
            for response in self.responses.values():
                response.ended = True
            return
        for each in self.h2.receive_data(data):
            self._take(each)
        self.flush()

    def _take(self, each: h2.events.Event) -> None:
        stream = getattr(each, "stream_id", None)
        if isinstance(each, h2.events.ConnectionTerminated):
            self.goaway = int(each.error_code)
        if stream not in self.responses:
            return
        response = self.responses[stream]
        match each:
            case h2.events.ResponseReceived():
                response.head = dict(each.headers)
            case h2.events.DataReceived():
                response.body += each.data
                if self.acknowledge:
                    self.h2.acknowledge_received_data(each.flow_controlled_length, stream)
            case h2.events.TrailersReceived():
                response.trailers = dict(each.headers)
            case h2.events.StreamReset():
                response.reset = int(each.error_code)
            case h2.events.StreamEnded():
                response.ended = True

    def response(self, stream: int) -> Response:
        """Waits for the end of a stream.

        Raises:
            TimeoutError: It does not come; what did come is told.
        """
        response = self.responses[stream]
        deadline = time.monotonic() + TIMEOUT_S
        while not response.over:
            if time.monotonic() > deadline:
                raise TimeoutError(f"stream {stream} has no end after {TIMEOUT_S} s: {response}")
            self.receive()
        return response

    def call(self, body: bytes, path: str = WRITE, headers: Headers = GRPC) -> Response:
        """One unary call."""
        stream = self.start(path, headers)
        self.send(stream, body)
        return self.response(stream)
