"""Showing how far something is: bars on a terminal, a line now and then elsewhere; all of it on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

_LINES_INTERVAL_S: Final = 5.0

Amount = Callable[[int], str]


def in_bytes(number: int) -> str:
    """An amount of bytes: `1.2 MB`."""
    return decimal(number)


def in_lines(number: int) -> str:
    """An amount of lines: `1,234 lines`."""
    return f"{number:,} lines"


def in_events(number: int) -> str:
    """An amount of events: `1,234 events`."""
    return f"{number:,} events"


class Stage(Protocol):
    """One piece of work."""

    def to(self, done: int) -> None:
        """Shows that `done` of it is done."""

    def end(self, done: int) -> None:
        """Shows that it is done and was `done` in all."""


class Stages(Protocol):
    """Shows pieces of work, one after the other.

    Attributes:
        poll_s: Seconds between two looks at work that goes on elsewhere.
    """

    poll_s: float

    def begin(self, label: str, amount: Amount, total: int | None) -> Stage:
        """Shows that a piece of work begins; `total` is how much it is, as far as that is known."""

    def say(self, line: str) -> None:
        """Shows a line of its own."""


@contextmanager
def stages() -> Iterator[Stages]:
    """Shows progress as standard error allows, until the context ends."""
    if not sys.stderr.isatty():
        yield _LineStages()
        return
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[amount]}"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True, highlight=False)) as progress:
        yield _BarStages(progress)


class _BarStages:
    poll_s = 0.2

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def begin(self, label: str, amount: Amount, total: int | None) -> Stage:
        return _Bar(self._progress, label, amount, total)

    def say(self, line: str) -> None:
        self._progress.console.print(line, markup=False, soft_wrap=True)


class _Bar:
    def __init__(self, progress: Progress, label: str, amount: Amount, total: int | None) -> None:
        self._progress = progress
        self._amount = amount
        self._task = progress.add_task(label.replace("[", r"\["), total=total, amount="")

    def to(self, done: int) -> None:
        self._progress.update(self._task, completed=done, amount=self._amount(done))

    def end(self, done: int) -> None:
        self._progress.update(self._task, completed=done, total=done, amount=self._amount(done))


class _LineStages:
    poll_s = _LINES_INTERVAL_S

    def begin(self, label: str, amount: Amount, total: int | None) -> Stage:
        return _Lines(label, amount, total)

    def say(self, line: str) -> None:
        print(line, file=sys.stderr)


class _Lines:
    def __init__(self, label: str, amount: Amount, total: int | None) -> None:
        self._label = label
        self._amount = amount
        self._of_total = f" of {amount(total)}" if total else ""
        self._said_at = time.monotonic()

    def to(self, done: int) -> None:
        if time.monotonic() - self._said_at >= _LINES_INTERVAL_S:
            self._said_at = time.monotonic()
            print(f"{self._label}: {self._amount(done)}{self._of_total}", file=sys.stderr)

    def end(self, done: int) -> None:
        print(f"{self._label}: {self._amount(done)}", file=sys.stderr)
