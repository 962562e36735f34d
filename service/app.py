"""The life of the service: its doors and its rooms start, serve and drain."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import structlog

from service import configured, start
from service.doors import http
from service.doors.envoy.door import EnvoyDoor
from service.doors.grpc import GrpcDoor
from service.doors.http.server import HttpServer
from service.rooms import Rooms
from service.settings import Settings
from service.storage.readers import read

# Answers on their way get this long; so do streams that never end by themselves, such as a health Watch.
_LAST_ANSWERS_SECONDS = 1.0
# The writer's thread and the event loop share the interpreter lock; the default turn of 5 ms is as long as dozens of
# calls.
SWITCH_INTERVAL_SECONDS = 0.0005

log = structlog.get_logger(__name__)


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
        policy = configured.policy(settings)
        self._door = envoy or GrpcDoor(settings.grpc_address, configured.grpc_limits(settings))
        listen = envoy.listen if envoy else HttpServer
        self._http = http.HttpDoor(configured.http_settings(settings), listen)
        self._rooms = Rooms(settings, policy)
        self._keeping_house: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Starts everything."""
        rooms = self._rooms
        rooms.writer.start()
        unfinished = await read(rooms.store.unfinished_operations)
        rooms.spool.discard_others(row.name.rpartition("/")[2] for row in unfinished)
        await rooms.runner.start()
        self._keeping_house = asyncio.create_task(rooms.housekeeping.run())
        methods = rooms.methods()
        await self._door.start(methods)
        await self._http.start(methods, rooms.pages(methods, self._http.answered), rooms.collect_method())
        start.end(with_json=bool(self._http.address or self._http.public_address))

    @property
    def served(self) -> str:
        """What is served where, and by which door, in words."""
        scheme = "https" if self._settings.tls_certificate else "http"
        where = " and ".join(
            f"{what} at {address}"
            for what, address in (
                ("gRPC", self._door.address),
                ("HTTP", self._http.address and f"{scheme}://{self._http.address}"),
                ("pixels", self._http.public_address and f"{scheme}://{self._http.public_address}"),
            )
            if address
        )
        return f"{where} ({'envoy' if isinstance(self._door, EnvoyDoor) else 'grpcio'})"

    async def drain(self) -> None:
        """Lets what was accepted finish, flushes every queue, closes the database."""
        grace = self._settings.grace_seconds
        log.info("draining", grace_seconds=grace)
        await self._door.announce_shutdown()
        self._http.announce_shutdown()
        self._rooms.admission.drain()
        self._rooms.runner.release_waiters()
        try:
            await asyncio.wait_for(self._rooms.admission.idle(), max(0.0, grace - _LAST_ANSWERS_SECONDS))
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
        await self._rooms.runner.stop()
        await self._rooms.writer.close()
        self._rooms.store.close()


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
