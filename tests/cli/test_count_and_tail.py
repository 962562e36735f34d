"""`footfall count`, `footfall tail`, and the filters and the order of `footfall list`."""

from __future__ import annotations

import json
from collections import Counter

from tests.cli.console import BAD, GOOD, Terminal, run
from tests.support.server import Server


def test_count(examples):
    done = run("count", **examples)
    assert (done.returncode, done.stdout, done.stderr) == (0, '{"count": 14}\n', "")
    assert run("count", "--table", "--filter", "eventType=search", **examples).stdout.endswith(" user events\n")


def test_count_by(examples):
    wanted = Counter(json.loads(line)["userEvent"]["eventType"] for line in run("list", **examples).stdout.splitlines())
    done = run("count", "--by", "type", **examples)
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"eventType": kind, "count": wanted[kind]} for kind in sorted(wanted)
    ]
    assert done.stderr == "14 user events\n"
    done = run("count", "--by", "day", "--by", "joined", **examples)
    first = json.loads(done.stdout.splitlines()[0])
    assert (list(first), first["day"]) == (["day", "joined", "count"], "2026-03-14")


def test_count_as_a_table(examples):
    terminal = Terminal("count", "--by", "joined", "--by", "day", **examples)
    assert terminal.end() == 0
    titles, *rows, total = terminal.shown.splitlines()
    assert titles.split() == ["JOINED", "DAY", "(UTC)", "COUNT"]
    assert rows[0].split()[:2] == ["false", "2026-03-14"]
    assert total == "14 user events"


def test_count_of_a_tenant(verb, project):
    assert verb("count", "--tenant", f"{project}/tenants/t").stdout == '{"count": 0}\n'
    done = verb("count", "--tenant", f"{project}/tenants/t", "--by", "joined")
    assert done.returncode == 2
    assert "client events are never joined" in " ".join(done.stderr.split())


def test_list_filter_and_order(examples):
    oldest, newest = (run("list", *order, **examples).stdout.splitlines() for order in ((), ("--newest-first",)))
    assert newest == oldest[::-1]
    done = run("list", "--filter", "eventType=search", "--newest-first", **examples)
    types = {json.loads(line)["userEvent"]["eventType"] for line in done.stdout.splitlines()}
    assert types == {"search"}


def test_tail(verb, variables):
    terminal = Terminal("tail", "--filter", "eventType=add-to-cart", **variables)
    terminal.until("; Ctrl-C ends it")
    verb("import", GOOD)
    terminal.until("add-to-cart")
    terminal.type("\x03")
    assert terminal.end() == 130
    assert "TIME (UTC)" in terminal.shown
    assert "home-page-view" not in terminal.shown
    assert "Traceback" not in terminal.shown


def test_tail_goes_on_after_a_restart(tmp_path):
    with Server(tmp_path / "server") as server:
        address = server.address
        terminal = Terminal("tail", "--json", "--server", address)
        terminal.until("; Ctrl-C ends it")
        run("import", GOOD, "--server", address)
        terminal.until("s-1")
        assert server.terminate() == 0
        terminal.until(f"footfall: the server at {address} is gone; waiting for it")
        server.flags = ("--grpc-address", address)
        server.start()
        terminal.until(f"footfall: the server at {address} is back; going on where it stopped")
        run("import", BAD, "--server", address)
        terminal.until("remove-from-cart")
        terminal.type("\x03")
        assert terminal.end() == 130
        events = [json.loads(line)["name"] for line in terminal.shown.splitlines() if line.startswith("{")]
    assert len(events) == len(set(events)) == 14
