"""Logs: readable lines on a terminal, JSON elsewhere. No payloads and no personal data go into them.

What libraries log, such as uvicorn and asyncio, comes out in the same form.
"""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import Literal

import structlog


class _Lines:
    """Writes lines to standard error; one that can't be written is lost, and whoever logged it goes on."""

    def msg(self, message: str) -> None:
        """Writes one line."""
        with contextlib.suppress(OSError, ValueError):  # a full disk, a closed pipe
            sys.stderr.write(f"{message}\n")
            sys.stderr.flush()

    log = debug = info = warn = warning = error = critical = exception = fatal = msg


class _OfLibraries(logging.Handler):
    """Takes what libraries log with the standard library's `logging`.

    Args:
        render: Makes a line of an entry.
    """

    def __init__(self, render: structlog.stdlib.ProcessorFormatter) -> None:
        super().__init__()
        self.setFormatter(render)
        self._lines = _Lines()

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one entry."""
        try:
            self._lines.msg(self.format(record))
        except Exception:  # noqa: BLE001  whoever logged it goes on
            self.handleError(record)


def configure(log_format: Literal["auto", "json", "console"], level: str) -> None:
    """Sets up logging to standard error.

    Args:
        log_format: `auto` means readable on a terminal, JSON elsewhere.
        level: The least important level that shows: debug, info, warning or error.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    readable = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if readable:
        ends: list[structlog.typing.Processor] = [
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        ]
    else:
        # Without the values of variables: they may hold what clients sent.
        traces = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        ends = [structlog.processors.ExceptionRenderer(traces), structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[*shared, *ends],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: _Lines(),
        cache_logger_on_first_use=True,
    )
    render = structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ends],
        foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
    )
    logging.basicConfig(handlers=[_OfLibraries(render)], level=max(number, logging.WARNING), force=True)
    logging.captureWarnings(capture=True)
