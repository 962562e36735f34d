"""An empty call: a grpc.aio server that parses WriteUserEventRequest, returns the event and does nothing else."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import grpc

from generated.google.cloud.retail.v2 import user_event_pb2, user_event_service_pb2


async def write_user_event(request: Any, _context: Any) -> Any:
    return request.user_event


async def main() -> None:
    server = grpc.aio.server()
    handler = grpc.unary_unary_rpc_method_handler(
        write_user_event,
        request_deserializer=user_event_service_pb2.WriteUserEventRequest.FromString,
        response_serializer=user_event_pb2.UserEvent.SerializeToString,
    )
    service = "google.cloud.retail.v2.UserEventService"
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {"WriteUserEvent": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"serves gRPC at 127.0.0.1:{port}", flush=True)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await server.stop(1)


if __name__ == "__main__":
    asyncio.run(main())
