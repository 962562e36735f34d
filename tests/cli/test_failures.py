"""What a person is told when something is wrong: one clear line, the way out, an exit code, and never a traceback."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from tests.cli.console import COMMAND, GOOD, Terminal, environment, run, write_events
from tests.support.server import ROOT, Server

NOBODY = (
    "footfall: no Footfall server answers at 127.0.0.1:1; start one with `footfall serve` (in a checkout: "
    "`python -m service serve`), or name another with --server or FOOTFALL_SERVER\n"
)


@pytest.fixture
def large(tmp_path):
    """A file that takes a while to import."""
    return write_events(tmp_path / "large.jsonl", 150_000)


@pytest.mark.parametrize(
    "arguments",
    [
        ("import", GOOD),
        ("list",),
        ("rejected",),
        ("operations",),
        ("operations", "wait", "x"),
        ("count",),
        ("tail",),
        ("rejoin",),
        ("purge", "--filter", "*"),
        ("export", "--to", "gs://b/x"),
    ],
)
def test_no_server(arguments):
    done = run(*arguments, FOOTFALL_SERVER="127.0.0.1:1")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", NOBODY)


def test_no_server_on_a_terminal():
    terminal = Terminal("import", GOOD, "--server", "127.0.0.1:1")
    assert terminal.end() == 1
    assert terminal.shown.replace("\r", "").endswith(NOBODY)
    assert terminal.cursor_shown


@pytest.mark.parametrize("server", ["", "http://127.0.0.1:50051"])
def test_address_that_is_none_is_wrong_usage(server):
    done = run("list", "--server", server)
    assert done.returncode == 2
    assert f"{server!r}; allowed: host:port" in done.stderr


def test_wrong_value_is_told_once(served):
    done = run("list", "--catalog", "nonsense", "--server", served.address)
    assert done.returncode == 2
    [message] = done.stderr.splitlines()
    assert message.startswith('footfall: INVALID_ARGUMENT: Request contains an invalid argument. "parent" must be')


def test_name_that_is_not_text(served):
    done = run("list", "--catalog", os.fsdecode(b"a\xff"), "--server", served.address)
    assert (done.returncode, done.stderr) == (2, "footfall: 'a\\udcff' is not UTF-8 text\n")


def test_file_name_that_is_not_text(verb, tmp_path):
    file = tmp_path / os.fsdecode(b"a\xff.jsonl")
    file.write_bytes(GOOD.read_bytes())
    done = verb("import", file)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("a\N{REPLACEMENT CHARACTER}.jsonl: 12 good")


def test_server_that_goes_away(tmp_path, large):
    with Server(tmp_path / "server") as server:
        terminal = Terminal("import", large, "--server", server.address)
        terminal.until("large.jsonl is imported by projects/local/")
        server.kill()
        assert terminal.end() == 1
    assert terminal.shown.splitlines()[-1].startswith(f"footfall: no Footfall server answers at {server.address}; ")


def test_ctrl_c_while_it_reads(variables):
    terminal = Terminal("import", "-", **variables)
    terminal.until("stdin upload ━")
    terminal.type("\x03")
    assert terminal.end() == 130
    assert terminal.cursor_shown
    assert "Traceback" not in terminal.shown
    assert "Fatal" not in terminal.shown


def test_ctrl_c_while_it_waits(tmp_path, large):
    with Server(tmp_path / "server") as server:
        terminal = Terminal("import", large, "--server", server.address)
        terminal.until("large.jsonl is imported by projects/local/")
        os.kill(server.pid, signal.SIGSTOP)
        try:
            terminal.type("\x03")
            assert terminal.end() == 130
        finally:
            os.kill(server.pid, signal.SIGCONT)
    assert terminal.cursor_shown
    assert "Traceback" not in terminal.shown


@pytest.mark.parametrize("arguments", [("list",), ("list", "--table"), ("operations", "--table"), ("--help",)])
def test_closed_pipe_is_quiet(examples, arguments):
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as closed:
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=ROOT,
            env=environment(**examples),
            stdout=closed,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr in {b"", b"14 user events\n"}


def test_full_disk_behind_the_output(examples):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*COMMAND, "list"],
            cwd=ROOT,
            env=environment(**examples),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == b"footfall: [Errno 28] No space left on device"


def test_verb_that_is_none_is_wrong_usage():
    done = run("lits")
    assert done.returncode == 2
    assert "No such command 'lits'" in done.stderr
