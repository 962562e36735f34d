"""The settings in words: for help, for refusals, and for docs/SETTINGS.md.

`python -m service.commands.setting_texts > docs/SETTINGS.md` writes the reference anew.
"""

from __future__ import annotations

from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, Literal, get_args, get_origin

from service.settings import Settings, env_name, flag

_FORMS: Final[dict[Any, tuple[str | None, str]]] = {
    bool: (None, "true or false"),
    int: ("INTEGER", "an integer"),
    float: ("NUMBER", "a number"),
    str: ("TEXT", "text"),
    Path: ("PATH", "a path"),
    list[str]: ("TEXT,...", "names, comma-separated"),
}
"""For each type: what stands for a value in help, and what a value may be."""

_SPECIAL_FORMS: Final = {
    "grpc_address": "host:port",
    "http_address": "host:port, or empty",
    "public_address": "host:port, or empty",
    "public_parts": "collect, scripts, job-events, comma-separated",
    "http_hosts": "host names, comma-separated",
    "allowed_origins": "https://host, comma-separated",
    "grpc_web_origins": "https://host, comma-separated",
    "pixel_path": "/path.js, or empty",
    "tracker_tenant": "projects/P/tenants/T, or empty",
    "push_audiences": "texts, comma-separated",
    "push_service_accounts": "email addresses, comma-separated",
    "push_keys_url": "https://host/path",
    "graphql_tenant": "projects/P/tenants/T, or empty",
    "graphql_tokens": "visible ASCII characters, comma-separated",
    "envoy_admin_address": "127.0.0.1:port with a port from 1, or empty",
    "database": "sqlite:///relative/path or sqlite:////absolute/path",
    "catalogs": "projects/P/locations/L/catalogs/C, comma-separated",
    "tenants": "projects/P/tenants/T, comma-separated",
}
_SECRETS: Final = frozenset({"graphql_tokens"})
_UNITS: Final = ("bytes", "KiB", "MiB", "GiB")

_HEAD: Final = """\
# Settings

Every setting of `footfall serve`. Each is an option of the command line and an environment variable; an option goes
before its variable. Durations and sizes carry their unit in the name. A wrong value ends the start with exit code 2 and
a line that names the option, the variable and what is allowed.

This page is written by `python -m service.commands.setting_texts > docs/SETTINGS.md`, from `service/settings.py`.

| Option | Variable | Default | Allowed | Meaning |
|---|---|---|---|---|
"""


def metavar(name: str) -> str | None:
    """Returns what stands for a setting's value in help; None for a switch, which has none."""
    kind = _kind(name)
    return "|".join(get_args(kind)) if get_origin(kind) is Literal else _FORMS[kind][0]


def allowed(name: str) -> str:
    """Returns which values a setting may have."""
    kind = _kind(name)
    if get_origin(kind) is Literal:
        *others, last = get_args(kind)
        return f"{', '.join(others)} or {last}"
    least = next((rule.ge for rule in Settings.model_fields[name].metadata if hasattr(rule, "ge")), None)
    return _SPECIAL_FORMS.get(name, _FORMS[kind][1]) + ("" if least is None else f" of at least {least}")


def _kind(name: str) -> Any:
    """Returns the type of a setting's value where it has one."""
    annotation = Settings.model_fields[name].annotation
    options = [option for option in get_args(annotation) if option is not NoneType]
    return options[0] if isinstance(annotation, UnionType) else annotation


def default(name: str) -> str:
    """Returns a setting's default as one would type it; `none` when there is none."""
    value = Settings.model_fields[name].default
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list) and value:
        return ",".join(value)
    if name.endswith("_bytes"):
        return f"{value} ({_in_binary_units(value)})"
    return "none" if value is None or value == [] else str(value)


def _in_binary_units(size: int) -> str:
    exponent = max(power for power in range(len(_UNITS)) if size % 1024**power == 0)
    return f"{size // 1024**exponent} {_UNITS[exponent]}"


def option_help(name: str) -> str:
    """Returns the help of a setting's option."""
    return f"{Settings.model_fields[name].description} [env: {env_name(name)}; default: {default(name)}]"


def refusal(name: str, value: Any) -> str:
    """Returns what a person is told of a value that a setting can't have."""
    text = ",".join(value) if isinstance(value, list) else str(value)
    shown = "not what it may be" if name in _SECRETS else repr(text)
    return f"{flag(name)} ({env_name(name)}) is {shown}; allowed: {allowed(name)}"


def reference() -> str:
    """Returns the text of docs/SETTINGS.md."""
    return _HEAD + "".join(f"{_row(name)}\n" for name in Settings.model_fields)


def _row(name: str) -> str:
    cells = (
        f"`{flag(name)}`",
        f"`{env_name(name)}`",
        default(name),
        allowed(name),
        Settings.model_fields[name].description,
    )
    return f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    print(reference(), end="")
