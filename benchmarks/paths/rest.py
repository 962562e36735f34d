"""Single writes over REST and pixels, 128 connections with one call in flight on each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from benchmarks import messages, servers
from benchmarks.load import JSON_HEADERS, Load, h2load, replay
from benchmarks.rounds import Bench, Row, alternate, costs, on, rates
from benchmarks.servers import Running

IN_FLIGHT = 128


def _writes(server: Running) -> Callable[[int], Load]:
    body, url = messages.rest_write(), f"http://{server.http}{messages.REST_WRITE}"
    return lambda calls: h2load(url, calls=calls, in_flight=IN_FLIGHT, body=body, headers=JSON_HEADERS, http1=True)


def _creates(server: Running) -> Callable[[int], Load]:
    return lambda calls: replay(
        server.http, messages.REST_CREATE, messages.rest_creates(calls), calls=calls, in_flight=IN_FLIGHT, http1=True
    )


def _collects(server: Running) -> Callable[[int], Load]:
    url = f"http://{server.http}{messages.collect_target()}"
    return lambda calls: h2load(url, calls=calls, in_flight=IN_FLIGHT, http1=True)


def measure(bench: Bench) -> list[Row]:
    """Rows of the table."""
    with ExitStack() as stack:
        everyone = {door: stack.enter_context(servers.footfall(bench.folder, door)) for door in bench.doors}
        everyone["rest_noop"] = stack.enter_context(servers.baseline("rest_noop"))
        everyone["rest_afternoon"] = stack.enter_context(servers.baseline("rest_afternoon", bench.folder))
        rows = []
        for key, drive in (("write", _writes), ("create", _creates), ("collect", _collects)):
            against = ("rest_noop",) if key == "collect" else ("rest_noop", "rest_afternoon")
            taking_part = [*bench.doors, *against]
            found = alternate({name: on(everyone[name], drive(everyone[name])) for name in taking_part}, bench.plan)
            rows += [
                Row(f"rest-{key}-{door}-{name}", "/s", rates(found[door]), rates(found[name]), note=costs(found[door]))
                for door in bench.doors
                for name in against
            ]
    return rows
