"""gRPC's own services as methods: what a call of them leaves behind."""

from __future__ import annotations

import asyncio

from grpc_health.v1 import health_pb2

from service.doors.grpc_services import GrpcServices


def test_a_watch_that_ends_leaves_no_task() -> None:
    async def watch() -> None:
        (method,) = [each for each in await GrpcServices().start([]) if each.name == "Watch"]
        responses = method.handler(health_pb2.HealthCheckRequest(), None)
        assert (await anext(responses)).status == health_pb2.HealthCheckResponse.SERVING
        waiting = asyncio.ensure_future(anext(responses))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait((waiting,))
        await responses.aclose()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others, timeout=5)
            assert all(task.done() for task in others)

    asyncio.run(watch())
