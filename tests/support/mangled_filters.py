"""Texts that were filters before something happened to them: most are malformed."""

from __future__ import annotations

import random
import re

PIECES = [
    *"\"'()[]:=<>!*\\,;- \n\x00\ud800é\u2028{}%x0Z", "AND", "OR", "NOT", " and ", "==", "eventTime", "userId=",
    "joined", '"2012-04-23T18:25:43.511Z"', "eventsMissingCatalogItems", "\\u", '"', "VIEW", "2012-", "((", "))",
    "\U0001f600",
]  # fmt: skip
GOOD = [
    'eventTime > "2012-04-23T18:25:43.511Z" eventTime < "2012-04-23T18:30:43.511Z"',
    '(event_time: ["2023-01-01T00:00:00Z", "2023-12-31T23:59:59Z"]) AND eventType = add-to-cart',
    '(eventType=(a OR "b")) (NOT eventType = "c") eventsMissingCatalogItems visitorId="x\\"y"',
    "(userId=a OR userId=b) joined = (true OR false) eventType=(NOT d)",
    "createTime>=2012-04-23T18:25:43.511+05:30 eventType=VIEW requestId=r eventId=e",
    "*",
]
ALIEN = ";{}'\\`$&|?^"  # what stands nowhere in a filter but between quotes


def mangled(source: random.Random) -> str:
    """A text that may be a filter still."""
    if source.random() < 0.2:
        return "".join(source.choices(PIECES, k=source.randrange(12)))
    text = source.choice(GOOD)
    for _ in range(source.randrange(1, 4)):
        at = source.randrange(len(text) + 1)
        end = min(len(text), at + source.choice([0, 0, 1, 2, 8]))
        text = text[:at] + source.choice(["", source.choice(PIECES)]) + text[end:]
    return text


def malformed(source: random.Random) -> tuple[str, int]:
    """A text that is no filter, and the position (the first is 1) of the character that makes it none."""
    text = source.choice(GOOD)
    between = [match.start() for match in re.finditer(r"\b|$", text) if _quotes(text[: match.start()]) % 2 == 0]
    at = source.choice(between)
    return text[:at] + source.choice(ALIEN) + text[at:], at + 1


def _quotes(text: str) -> int:
    return text.replace('\\"', "").count('"')
