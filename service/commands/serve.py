"""The verb `serve`: one option for each setting."""

from __future__ import annotations

import inspect
import os
import sys
from typing import Annotated, Any

import structlog
import typer
from pydantic import ValidationError

from service import logs, start
from service.commands import options, setting_texts
from service.settings import Settings, flag
from service.storage.errors import StoreError

cli = options.verb()


def serve(**flags: Any) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Every option is also an environment variable; an option that is given goes before its variable.
    """
    settings = _settings({name: value for name, value in flags.items() if value is not None})
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # gRPC's core prints what this program says better
    logs.configure(settings.log_format, settings.log_level)

    try:
        _become_envoy(settings)
        start.begin()
        from service import app, loop  # noqa: PLC0415

        loop.run(app.serve(settings))
    except (ValueError, OSError, StoreError) as error:
        print(f"footfall: {error}", file=sys.stderr)
        raise typer.Exit(1) from None


def _become_envoy(settings: Settings) -> None:
    """Does not return where Envoy is to be the door.

    Raises:
        ValueError: A setting can't be used.
        OSError: An address can't be had.
    """
    from service import configured_envoy  # noqa: PLC0415
    from service.doors.envoy import launch  # noqa: PLC0415

    obstacle = "--door grpcio" if settings.door == "grpcio" else launch.obstacle()
    if not obstacle:
        envoy = configured_envoy.envoy_settings(settings)
        launch.check(envoy)
        chosen = settings.model_dump(mode="json", exclude_unset=True)  # what is a default must stay known as one
        launch.become_envoy(chosen, envoy)
    if settings.door == "envoy":
        raise ValueError(f"--door envoy can't be: {obstacle}")
    if needed := configured_envoy.needs_envoy(settings):
        raise ValueError(f"{needed} can't be: only Envoy does that, and {obstacle}")
    if settings.door == "auto":
        structlog.get_logger(__name__).info("grpcio_is_the_door", reason=obstacle)


def _settings(flags: dict[str, Any]) -> Settings:
    """Returns the settings from flags and environment.

    Raises:
        typer.Exit: 2; every wrong one is named on standard error.
    """
    try:
        return Settings(**flags)
    except ValidationError as error:
        for problem in error.errors():
            name = str(problem["loc"][0])
            print(f"footfall: {setting_texts.refusal(name, problem['input'])}", file=sys.stderr)
        raise typer.Exit(2) from None


def _parameter(name: str) -> inspect.Parameter:
    """Returns the option of a setting. `Settings` checks the value, as it does those of the environment."""
    metavar = setting_texts.metavar(name)
    option = typer.Option(
        f"{flag(name)}/--no-{flag(name)[2:]}" if metavar is None else flag(name),
        help=setting_texts.option_help(name),
        metavar=metavar,
        show_default=False,
    )
    kind: Any = bool if metavar is None else str
    annotation = Annotated[kind | None, option]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


_PARAMETERS = [_parameter(name) for name in Settings.model_fields]
serve.__signature__ = inspect.Signature(_PARAMETERS)  # type: ignore[attr-defined]  # what typer reads options from
serve.__annotations__ = {parameter.name: parameter.annotation for parameter in _PARAMETERS}
cli.command()(serve)
