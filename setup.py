"""Compiles what every write passes through, with mypyc, where there is a C compiler; else it runs as it is, slower.

All else about the package is in pyproject.toml.
"""

from __future__ import annotations

import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, ExecError, LinkError, PlatformError

COMPILED = [
    "service/doors/asgi_grpc.py",
    "service/doors/departures.py",
    "service/doors/grpc_wire.py",
    "service/events/client_event.py",
    "service/events/client_event_forms.py",
    "service/events/event_types.py",
    "service/events/limits.py",
    "service/events/names.py",
    "service/events/paths.py",
    "service/events/plain_event_fields.py",
    "service/events/plain_events.py",
    "service/events/plain_fields.py",
    "service/events/plain_times.py",
    "service/events/policy.py",
    "service/events/record.py",
    "service/events/user_event.py",
    "service/measures.py",
    "service/rpc/event_service.py",
    "service/rpc/intake.py",
    "service/rpc/middleware/admission.py",
    "service/rpc/middleware/failures.py",
    "service/rpc/middleware/metrics.py",
    "service/rpc/middleware/telemetry.py",
    "service/rpc/scopes.py",
    "service/rpc/user_event_service.py",
    "service/storage/crowd.py",
    "service/storage/sqlite/client_event_keys.py",
    "service/storage/sqlite/client_events.py",
    "service/storage/sqlite/queries.py",
    "service/storage/writer.py",
]
# Types are `make lint`'s to check, by pyproject.toml; where a wheel is built, the libraries that have them are missing.
OPTIONS = ["--config-file=", "--ignore-missing-imports", "--follow-imports=silent"]
_UNCOMPILED = "nothing is compiled, and single writes are slower"
_BUILDING = {"build_ext", "bdist_wheel", "editable_wheel"}  # for all else that is asked of this file, nothing is made


class AllOrNothing(build_ext):
    """Each compiled module needs the library that they share; where it can't be made, none may be left behind.

    Nor may one that is no longer in the list: all that is in the folder goes into a wheel.
    """

    def run(self) -> None:
        """Builds, or says why not."""
        in_place = self.get_output_mapping().values()
        made = {Path(path) for path in [*self.get_outputs(), *in_place]}
        for path in list(Path(self.build_lib).rglob("*")):
            if path.suffix in (".so", ".pyd") and path not in made:
                path.unlink()
        try:
            super().run()
        except (CompileError, ExecError, LinkError, PlatformError) as error:
            self.warn(f"{_UNCOMPILED}: {error}")
            for output in made:
                output.unlink(missing_ok=True)
            self.extensions = []
        else:
            for output in made:
                output.touch()  # what is as it was is not made anew, but is of the sources of now


def _extensions() -> list[Extension]:
    from mypyc.build import mypycify  # noqa: PLC0415  only who builds has it

    try:
        return list(mypycify([*COMPILED, *OPTIONS], group_name="footfall", debug_level="0"))
    except SystemExit:  # as it ends where mypy finds an error, which another version of it may
        print(f"{_UNCOMPILED}: mypy finds an error, see above", file=sys.stderr)
        return []


def main() -> None:
    """What setuptools runs."""
    building = not _BUILDING.isdisjoint(sys.argv)
    setup(ext_modules=_extensions() if building else [], cmdclass={"build_ext": AllOrNothing})


if __name__ == "__main__":
    main()
