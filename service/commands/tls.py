"""TLS to a server: the options of every verb that calls one, and where `connection` finds what they say."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple, get_type_hints

import typer


class Tls(NamedTuple):
    """How to call a server by TLS.

    Args:
        root: PEM of the roots of which the server must have a certificate.
        certificate: PEM of one's own certificate chain; None: the server asks for none.
        key: PEM of its private key.
    """

    root: bytes
    certificate: bytes | None
    key: bytes | None


chosen: Final[ContextVar[Tls | None]] = ContextVar("chosen", default=None)
"""What the options of the running verb say; None: plain text."""


def _file(name: str, text: str, variable: str | None = None) -> inspect.Parameter:
    option = typer.Option(name, metavar="FILE", envvar=variable, show_default=False, help=text)
    place = name.removeprefix("--").replace("-", "_")
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(place, kind, default=None, annotation=Annotated[Path | None, option])


_PARAMETERS: Final = (
    _file("--tls-root", "Call the server by TLS; its certificate must be of these roots (PEM).", "FOOTFALL_TLS_ROOT"),
    _file("--tls-certificate", "Your own certificate chain (PEM), for a server that wants one; needs --tls-root."),
    _file("--tls-key", "Its private key (PEM)."),
)


def with_tls(function: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a verb's function with the options, which it need not know of."""

    @functools.wraps(function)
    def verb(
        *arguments: Any,
        tls_root: Path | None = None,
        tls_certificate: Path | None = None,
        tls_key: Path | None = None,
        **keywords: Any,
    ) -> Any:
        chosen.set(_read(tls_root, tls_certificate, tls_key))
        return function(*arguments, **keywords)

    hints = get_type_hints(function, include_extras=True)
    own = [
        each.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, each in inspect.signature(function).parameters.items()
    ]
    verb.__signature__ = inspect.Signature([*own, *_PARAMETERS])  # type: ignore[attr-defined]  # what typer reads
    verb.__annotations__ = {**hints, **{each.name: each.annotation for each in _PARAMETERS}}
    del verb.__wrapped__  # typer would read that one's
    return verb


def _read(root: Path | None, certificate: Path | None, key: Path | None) -> Tls | None:
    """Reads the files.

    Raises:
        typer.BadParameter: One can't be read, or is of no use without another.
    """
    if (certificate is None) != (key is None):
        raise typer.BadParameter("--tls-certificate and --tls-key belong together")
    if root is None:
        if certificate is not None:
            raise typer.BadParameter("--tls-certificate needs --tls-root, the roots of the server's own")
        return None
    try:
        own = (None, None) if certificate is None or key is None else (certificate.read_bytes(), key.read_bytes())
        return Tls(root.read_bytes(), *own)
    except OSError as error:
        raise typer.BadParameter(f"{error.filename} can't be read: {error.strerror}") from None
