"""An empty call: a grpc.aio server that parses the request, returns the event in it and does nothing else."""

from __future__ import annotations

import asyncio
import operator
import signal
from typing import Any

import grpc

from benchmarks.baselines.serving import METHODS, announce


def handler(request_type: type[Any], response_type: type[Any], field: str) -> grpc.RpcMethodHandler[Any, Any]:
    event_of = operator.attrgetter(field)

    async def answer(request: Any, _context: Any) -> Any:
        return event_of(request)

    return grpc.unary_unary_rpc_method_handler(
        answer, request_deserializer=request_type.FromString, response_serializer=response_type.SerializeToString
    )


async def main() -> None:
    server = grpc.aio.server()
    for (service, method), types in METHODS.items():
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {method: handler(*types)}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    announce("gRPC", f"127.0.0.1:{port}")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await server.stop(1)


if __name__ == "__main__":
    asyncio.run(main())
