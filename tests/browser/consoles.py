"""The console as a visitor sees it, and as the browser does."""

from __future__ import annotations

import re

from tests.browser.reading import get
from tests.support.server import Server


class Told:
    """What a page says to the console of the browser: errors, and what the Content-Security-Policy kept out."""

    def __init__(self) -> None:
        self.expected = "(?!)"
        self._lines: list[str] = []

    def listen(self, page) -> None:
        page.on("console", lambda message: self._lines.append(message.text))
        page.on("pageerror", lambda error: self._lines.append(str(error)))

    def unexpected(self) -> list[str]:
        return [line for line in self._lines if not re.match(self.expected, line)]


def number_of(text: str) -> int:
    return int(text.replace(",", ""))


def shows(page, selector: str, text: str) -> None:
    """Waits until an element has this text."""
    page.locator(selector).and_(page.get_by_text(text, exact=True)).wait_for()


def counts(server: Server, catalog: str) -> dict[str, int]:
    """Events by type, as the API counts them."""
    counted = get(server, f"{catalog}/userEvents:count", groupBy="GROUP_BY_EVENT_TYPE")
    return {each["eventType"]: int(each["count"]) for each in counted.get("counts", [])}


def types_shown(page) -> dict[str, int]:
    """Events by type, as the page's table says."""
    rows = page.locator("#types tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(c => c.textContent))"
    )
    return {kind: number_of(count) for kind, count, _ in rows}


def charted(page) -> int:
    """The sum of what the chart shows; its table is opened with the keyboard."""
    if not page.locator("#numbers").evaluate("details => details.open"):
        page.locator("#numbers summary").focus()
        page.keyboard.press("Enter")
    page.locator("#numbers td").first.wait_for()
    return sum(map(number_of, page.locator("#numbers td").all_text_contents()))
