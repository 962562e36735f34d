"""Runs the command line as a person does: as a process of its own, piped or on a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import selectors
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Any

from tests.support.server import ROOT

GOOD = ROOT / "examples/user_events.jsonl"  # 12 events
BAD = ROOT / "examples/bad_user_events.jsonl"  # 4 lines, of which 2 and 4 are wrong
COMMAND = (sys.executable, "-m", "service")
TIMEOUT_S = 60

_INTERRUPTIBLE = ("env", "--default-signal=INT")  # background jobs of a shell, as these tests may be, ignore it
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def environment(**variables: str) -> dict[str, str]:
    """The environment of this process without settings of ours, and `variables`."""
    # Test runners say how wide their own terminal is.
    ours = {name for name in os.environ if name.startswith("FOOTFALL_")} | {"COLUMNS", "LINES"}
    inherited = {name: value for name, value in os.environ.items() if name not in ours}
    return {**inherited, **variables}


def run(*arguments: Any, stdin: bytes = b"", **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs a verb to its end with everything piped."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=ROOT,
        env=environment(**variables),
        input=stdin,
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def write_events(path: Path, count: int, **fields: str) -> Path:
    """A file of `count` different events."""
    more = "".join(f',"{name}":"{value}"' for name, value in fields.items())
    line = '{{"eventType":"home-page-view","visitorId":"v{0}","eventTime":"2026-01-01T00:00:00.{0:06d}Z"{1}}}\n'
    path.write_text("".join(line.format(number, more) for number in range(count)))
    return path


class Terminal:
    """A verb on a terminal of its own, 100 columns wide; Ctrl-C reaches it as it does a person's.

    Args:
        arguments: The verb and its arguments.
        variables: Further environment variables.
    """

    def __init__(self, *arguments: Any, **variables: str) -> None:
        self._terminal, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        self._process = subprocess.Popen(
            ["setsid", "--ctty", *_INTERRUPTIBLE, *COMMAND, *map(str, arguments)],
            cwd=ROOT,
            env=environment(TERM="xterm", **variables),
            stdin=inner,
            stdout=inner,
            stderr=inner,
        )
        os.close(inner)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._terminal, selectors.EVENT_READ)
        self._deadline = time.monotonic() + TIMEOUT_S
        self._raw = ""

    def _read(self) -> bool:
        """Reads what is there, waiting for something; whether the terminal is still open."""
        if not self._selector.select(self._deadline - time.monotonic()):
            self._process.kill()
            raise AssertionError(f"nothing more within {TIMEOUT_S} s after: {self.shown}")
        try:
            data = os.read(self._terminal, 65_536)
        except OSError:  # what Linux says once the other side is closed
            return False
        self._raw += data.decode(errors="replace")
        return bool(data)

    @property
    def shown(self) -> str:
        """What was shown so far, without colours and the like."""
        return _CONTROL.sub("", self._raw)

    @property
    def cursor_shown(self) -> bool:
        """Whether a cursor that was hidden is back."""
        return self._raw.rfind("\x1b[?25h") >= self._raw.rfind("\x1b[?25l")

    def until(self, text: str) -> None:
        """Waits until `text` was shown."""
        while text not in self.shown:
            assert self._read(), f"it ended without {text!r}: {self.shown}"

    def type(self, keys: str) -> None:
        """Types."""
        os.write(self._terminal, keys.encode())

    def end(self) -> int:
        """Waits for the end; returns the exit code."""
        while self._read():
            pass
        self._selector.close()
        os.close(self._terminal)
        return self._process.wait(TIMEOUT_S)
