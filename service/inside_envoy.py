"""The ASGI application that Envoy loads: starts the service, hands it the requests, and ends the process.

Envoy's own threads are the process's; Python runs in one beside them, where it can have no signal handlers.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Awaitable
from typing import Any, NoReturn

from service import configured, logs
from service.app import SWITCH_INTERVAL_SECONDS, App
from service.doors.envoy.admin import Admin
from service.doors.envoy.door import EnvoyDoor
from service.doors.envoy.launch import ENDING_SIGNALS, Handover, take_over
from service.settings import Settings
from service.storage.errors import StoreError


class Application:
    """Everything, as one ASGI application.

    Args:
        handover: What `become_envoy` left.
    """

    _asgi_single_callable = True  # asgiref's sign, which pyvoy heeds, of an application of ASGI 3 that is no coroutine

    def __init__(self, handover: Handover) -> None:
        self._handover = handover
        self._settings = Settings(**handover.settings)
        self._admin = Admin(handover.admin, is_read=handover.admin_is_read)
        self._asked_to_stop = asyncio.Event()
        self._door: Any = None

    def __call__(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        """ASGI. Each request would pay for a coroutine of this one's, whenever it goes on."""
        if scope["type"] == "http":
            answering: Awaitable[None] = self._door(scope, receive, send)
            return answering
        return self._live(receive, send)

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_on_exception)
        threading.Thread(target=self._wait_for_signals, args=(loop,), daemon=True).start()
        self._door = EnvoyDoor(
            self._handover.addresses,
            self._admin,
            configured.grpc_limits(self._settings),
            self._settings.grpc_web_origins,
        )
        try:
            app = App(self._settings, self._door)
            await _started(app)
        except (ValueError, OSError, StoreError) as error:
            self._end(f"footfall: {error}")
        await send({"type": "lifespan.startup.complete"})
        serving = asyncio.create_task(self._serve(app))
        serving.add_done_callback(self._end_on_failure)
        await receive()  # Envoy ends by itself, as when it could not listen
        self._admin.forget()
        serving.cancel()
        await app.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, app: App) -> None:
        await self._door.listening()
        print(f"Footfall serves {app.served}", flush=True)
        await self._asked_to_stop.wait()
        await app.drain()
        self._admin.forget()
        sys.stderr.flush()
        os._exit(0)  # everything is on disk, every answer sent

    def _wait_for_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        """A thread: the first signal drains, the second ends the process at once."""
        if (number := signal.sigwait(ENDING_SIGNALS)) != signal.SIGHUP:
            loop.call_soon_threadsafe(self._asked_to_stop.set)
            number = signal.sigwait(ENDING_SIGNALS)
        self._admin.forget()
        os._exit(128 + number)

    def _end_on_failure(self, serving: asyncio.Task[None]) -> None:
        if not serving.cancelled() and (error := serving.exception()) is not None:
            self._end(f"footfall: {type(error).__name__}: {error}")

    def _end(self, message: str) -> NoReturn:
        self._admin.forget()
        print(message, file=sys.stderr, flush=True)
        os._exit(1)


async def _started(app: App) -> None:
    try:
        await app.start()
    except BaseException:
        await app.close()
        raise


def _on_exception(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Logs what nobody waits for, but for pyvoy's attempts to complete what a cancelled call waited for."""
    if not isinstance(context.get("exception"), asyncio.InvalidStateError):
        loop.default_exception_handler(context)


def _application() -> Application:
    handover = take_over()
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    settings = Settings(**handover.settings)
    logs.configure(settings.log_format, settings.log_level)
    return Application(handover)


application = _application()
