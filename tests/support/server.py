"""Starts, watches and ends a real server, as a person would: `python -m service serve`."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

import grpc

ROOT = Path(__file__).resolve().parents[2]
DOORS = ("grpcio", "envoy")
START_TIMEOUT_S = 60
END_TIMEOUT_S = 60
_SERVING = re.compile(r"Footfall serves gRPC at (\S+) and HTTP at (\S+)(?: and pixels at (\S+))? \((envoy|grpcio)\)$")


class Server:
    """One server on a folder of its own; the folder outlives it, so that it can be started again.

    Args:
        folder: Gets `footfall.db`, `buckets/` and `server.log`.
        flags: Further flags of `serve`.
        env: Further environment variables.
        wrapper: A command to run the server under (strace and the like).
        door: One of DOORS; none: what the variable FOOTFALL_TEST_DOOR says, which `make test-doors` sets.
    """

    def __init__(
        self,
        folder: Path,
        *flags: str,
        env: dict[str, str] | None = None,
        wrapper: tuple[str, ...] = (),
        door: str = "",
    ) -> None:
        self.folder = folder
        self.buckets = folder / "buckets"
        self.buckets.mkdir(parents=True, exist_ok=True)
        self.database = folder / "footfall.db"
        self.log = folder / "server.log"
        self.door = door or os.environ.get("FOOTFALL_TEST_DOOR", DOORS[0])
        self.flags = flags
        self.env = env or {}
        self.wrapper = wrapper
        self.process: subprocess.Popen[str] | None = None
        self.address = ""
        self.http = ""
        self.public_http = ""
        self.told_door = ""

    def start(self, **env: str) -> Server:
        """Starts it and waits until it serves; `env` holds for this start only."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("FOOTFALL_")}
        command = [
            *self.wrapper, sys.executable, "-m", "service", "serve",
            "--door", self.door,
            "--grpc-address", "127.0.0.1:0",
            "--http-address", "127.0.0.1:0",
            "--database", f"sqlite:///{self.database}",
            "--log-format", "json",
            *([] if "--buckets-dir" in self.flags or "STORAGE_EMULATOR_HOST" in self.env else ["--buckets-dir",
            str(self.buckets)]), *self.flags,
        ]  # fmt: skip
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env={**inherited, **self.env, **env}, stdout=subprocess.PIPE, stderr=log, text=True
            )
        watchdog = threading.Timer(START_TIMEOUT_S, self.process.kill)
        watchdog.start()
        try:
            assert self.process.stdout is not None
            for line in self.process.stdout:
                if match := _SERVING.search(line):
                    self.address = match[1]
                    self.http = match[2]
                    self.public_http = match[3] or ""
                    self.told_door = match[4]
                    return self
        finally:
            watchdog.cancel()
        code = self.wait()
        raise AssertionError(f"the server ended with {code} before it served:\n{self.log.read_text()[-4000:]}")

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def kill(self) -> None:
        """SIGKILL, and waits for the end."""
        assert self.process is not None
        self.process.kill()
        self.wait()

    def terminate(self) -> int:
        """SIGTERM; returns the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        """Waits for the end; returns the exit code."""
        assert self.process is not None
        code = self.process.wait(END_TIMEOUT_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def channel(self) -> grpc.Channel:
        """A plain-text channel to it."""
        return grpc.insecure_channel(self.address)

    def __enter__(self) -> Self:
        if not self.running:
            self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.running:
            self.terminate()
        elif self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()
