"""Paths that are no text, such as `/%FF`: refused before pyvoy, which can't read them and never answers (pyvoy 1.3).

`tests/doors/reproductions/path_that_is_no_text.py` shows it.
"""

from __future__ import annotations

import json
from typing import Any, Final

from google.rpc import code_pb2

_TYPE: Final = "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC"
_FORBIDDEN: Final = 403
_BAD_REQUEST: Final = 400

# UTF-8 as in the Unicode Standard's table of well-formed sequences, each byte percent-encoded. What is alike is named
# once: Envoy takes no larger expression.
_HEX: Final = "[0-9A-Fa-f]"
_MORE: Final = f"%[89ABab]{_HEX}"
_OF_THREE: Final = f"[Ee](?:0%[ABab]{_HEX}|[1-9A-Ca-cEFef]{_MORE}|[Dd]%[89]{_HEX})"
_OF_FOUR: Final = f"[Ff](?:0%[9ABab]{_HEX}|[1-3]{_MORE}|4%8{_HEX}){_MORE}"
_ENCODED: Final = f"%(?:[0-7]{_HEX}|(?:[Cc][2-9A-Fa-f]|[Dd]{_HEX}|{_OF_THREE}|{_OF_FOUR}){_MORE})"
TEXT: Final = rf"(?:[^%?]|{_ENCODED})*(?:\?.*)?"
"""A path, and what follows it, that is text: what RE2 and Python's `re` read alike."""


def _path(match: dict[str, Any]) -> dict[str, Any]:
    return {"header": {"name": ":path", "string_match": match}}


def refusing() -> dict[str, Any]:
    """Returns the filter that refuses them."""
    encoded = _path({"contains": "%"})  # most are not: this costs less than the expression
    no_text = {"not_rule": _path({"safe_regex": {"regex": TEXT}})}
    policy = {"permissions": [{"and_rules": {"rules": [encoded, no_text]}}], "principals": [{"any": True}]}
    return {
        "name": "envoy.filters.http.rbac",
        "typed_config": {"@type": _TYPE, "rules": {"action": "DENY", "policies": {"no text": policy}}},
    }


def answer() -> dict[str, Any]:
    """Returns what makes 400 of that filter's 403 (LocalReplyConfig); nothing else here answers 403 by itself."""
    error = {
        "code": _BAD_REQUEST,
        "message": "The path is not UTF-8 text, percent-encoded.",
        "status": code_pb2.Code.Name(code_pb2.INVALID_ARGUMENT),
    }
    told = {
        "filter": {
            "status_code_filter": {
                "comparison": {"op": "EQ", "value": {"default_value": _FORBIDDEN, "runtime_key": "footfall.refused"}}
            }
        },
        "status_code": _BAD_REQUEST,
        "body": {"inline_string": json.dumps({"error": error})},
        "body_format_override": {
            "text_format_source": {"inline_string": "%LOCAL_REPLY_BODY%\n"},
            "content_type": "application/json",
        },
    }
    return {"mappers": [told]}
