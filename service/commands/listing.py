"""Lists of things, read page by page, as a table or as JSON lines."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from service.commands.connection import CALL_TIMEOUT_S
from service.commands.texts import count, printable
from service.events import json

_PAGE_SIZE = 1_000  # the most that the server gives
_UNBOUNDED = 10_000  # columns of a terminal


@dataclass(frozen=True, slots=True)
class Listing:
    """One kind of thing that can be listed.

    Attributes:
        noun: What one of them is called.
        items: The field of the replies that holds them.
        columns: How a table shows them.
        row: Their texts in a table.
        whole: Whether the terminal is left to wrap a row that is too wide, so that its last text can be copied.
    """

    noun: str
    items: str
    columns: Sequence[Column]
    row: Callable[[Any], Sequence[str]]
    whole: bool = False


def fixed(title: str, width: int, *, right: bool = False) -> Column:
    """Returns a column of `width` characters."""
    return Column(title, width=width, no_wrap=True, justify="right" if right else "left")


def flexible(title: str, share: int = 1) -> Column:
    """Returns a column that shares what the fixed ones leave; what does not fit goes on in the next line."""
    return Column(title, ratio=share, overflow="fold")


def show(listing: Listing, method: Any, request: Any, *, limit: int, as_json: bool | None) -> None:
    """Prints what a List method gives, and on standard error how many there are in all.

    Args:
        listing: What is listed.
        method: The stub's method.
        request: Its request; page size and token are filled in.
        limit: Show at most so many; 0 shows all.
        as_json: JSON lines; False: a table; None: a table on a terminal only.

    Raises:
        grpc.RpcError: A call failed.
    """
    if as_json is None:
        as_json = not sys.stdout.isatty()
    printed, page = 0, None
    for page in _pages(method, request, listing.items, limit):
        items = getattr(page, listing.items)
        if as_json:
            for item in items:
                print(to_json(item))
        elif items:
            print_table(listing, items, with_titles=not printed)
        printed += len(items)
    print(_summary(listing.noun, printed, page, request), file=sys.stderr)


def to_json(message: Any) -> str:
    """Returns a message as one line of proto3 JSON, the same for the same message."""
    return json.encode(message.DESCRIPTOR.full_name, message.SerializeToString(deterministic=True))


def _pages(method: Any, request: Any, items: str, limit: int) -> Iterator[Any]:
    left = limit
    while True:
        request.page_size = min(left, _PAGE_SIZE) if limit else _PAGE_SIZE
        page = method(request, timeout=CALL_TIMEOUT_S)
        yield page
        left -= len(getattr(page, items))
        request.page_token = page.next_page_token
        if not request.page_token or left == 0:
            return


def print_table(listing: Listing, items: Sequence[Any], *, with_titles: bool = True) -> None:
    """Prints one page as a table; widths depend on the terminal alone, so that the pages line up."""
    columns = (column.copy() for column in listing.columns)  # a column keeps the cells of its table
    table = Table(
        *columns, box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=with_titles, expand=not listing.whole
    )
    for item in items:
        table.add_row(*(Text(printable(cell)) for cell in listing.row(item)))
    Console(highlight=False, width=_UNBOUNDED if listing.whole else None).print(table)


def _summary(noun: str, printed: int, last_page: Any, request: Any) -> str:
    if not printed and not last_page.next_page_token:
        return f"{count(0, noun)} in {printable(request.name if noun == 'operation' else request.parent)}"
    total = getattr(last_page, "total_size", None)  # operations are not counted
    if total is None:
        return count(printed, noun) + ("; there are more, --limit 0 shows all" if last_page.next_page_token else "")
    if printed < total:
        return f"{printed:,} of {count(total, noun)}; --limit 0 shows all"
    return count(total, noun)
