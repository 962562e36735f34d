"""How the place of a field, and a piece of its value, are written in an error."""

from __future__ import annotations

import json
import re
from typing import Final

SHOWN_LENGTH: Final = 64  # characters of a value that an error repeats; the rest may be personal data, or megabytes
_SUBSCRIPT = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')
_WORD_START = re.compile(r"_([a-z0-9])")


def cut(text: str) -> str:
    """Returns the first 64 characters of `text`, with lone surrogates, which no protobuf string holds, replaced."""
    short = text if len(text) <= SHOWN_LENGTH else text[: SHOWN_LENGTH - 1] + "…"
    return short.encode(errors="replace").decode()


def quoted(value: str | float | bool | None) -> str:
    """Returns a scalar as JSON text of about 64 characters at most, such as `"red"`, `12` or `NaN`."""
    return json.dumps(cut(value), ensure_ascii=False) if isinstance(value, str) else cut(json.dumps(value))


def entry(field: str, key: str) -> str:
    """Returns the path of a map's entry: `attributes` and `color` give `attributes["color"]`."""
    return f"{field}[{quoted(key)}]"


def join(prefix: str, field: str) -> str:
    """Returns the path of `field` below `prefix`; either may be empty."""
    return f"{prefix}.{field}" if prefix and field else prefix or field


def to_json(field: str) -> str:
    """Returns a proto path in the form that Google's messages print: lowerCamel, without indices and keys.

    `product_details[2].product.id` gives `productDetails.product.id`.
    """
    return _WORD_START.sub(lambda match: match[1].upper(), _SUBSCRIPT.sub("", field))
