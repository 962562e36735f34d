"""`footfall serve`: settings from flags and environment, and a start that can't be."""

from __future__ import annotations

import subprocess

import pytest

from service.settings import Settings, env_name, flag
from tests.cli.console import COMMAND, GOOD, Terminal, environment, run
from tests.support.server import ROOT, Server

FREE_PORTS = ("--grpc-address", "127.0.0.1:0", "--http-address", "127.0.0.1:0")


@pytest.mark.parametrize(
    ("flags", "env", "code"),
    [
        ((), {}, 0),
        (("--closed-event-types",), {}, 1),
        ((), {"FOOTFALL_CLOSED_EVENT_TYPES": "true"}, 1),
        (("--no-closed-event-types",), {"FOOTFALL_CLOSED_EVENT_TYPES": "true"}, 0),
        (("--closed-event-types",), {"FOOTFALL_CLOSED_EVENT_TYPES": "false"}, 1),
    ],
    ids=["default", "flag", "environment", "flag off over environment", "flag over environment"],
)
def test_switch(tmp_path, flags, env, code):
    with Server(tmp_path / "server", *flags, env=env) as server:
        done = run("import", GOOD, "--server", server.address)
    assert done.returncode == code, done.stderr
    assert ("Unsupported eventType newsletter-signup" in done.stdout) == bool(code)


def test_values_from_environment_and_flags(tmp_path):
    variables = {
        "FOOTFALL_GRPC_ADDRESS": "127.0.0.2:0",
        "FOOTFALL_HTTP_ADDRESS": "127.0.0.3:0",
        "FOOTFALL_DATABASE": f"sqlite:///{tmp_path}/environment.db",
        "FOOTFALL_CATALOGS": "projects/p/locations/l/catalogs/c, projects/q/locations/l/catalogs/c",
    }
    terminal = Terminal("serve", "--database", f"sqlite:///{tmp_path}/flag.db", **variables)
    terminal.until("and HTTP at http://127.0.0.3:")
    address = terminal.shown.splitlines()[-1].split()[4]
    served = run("list", "--catalog", "projects/q/locations/l/catalogs/c", "--server", address)
    assert served.stderr == "0 user events in projects/q/locations/l/catalogs/c\n"
    refused = run("list", "--catalog", "projects/r/locations/l/catalogs/c", "--server", address)
    assert refused.stderr.startswith("footfall: NOT_FOUND: ")
    terminal.type("\x03")
    assert terminal.end() == 0
    assert (tmp_path / "flag.db").exists()
    assert not (tmp_path / "environment.db").exists()


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("max_line_bytes", "many", "an integer of at least 1024"),
        ("max_line_bytes", "1023", "an integer of at least 1024"),
        ("concurrent_operations", "0", "an integer of at least 1"),
        ("grace_seconds", "-1", "a number of at least 0"),
        ("log_format", "xml", "auto, json or console"),
        ("log_level", "loud", "debug, info, warning or error"),
        ("database", "mysql://host/db", "sqlite:///relative/path or sqlite:////absolute/path"),
    ],
)
def test_wrong_value_is_named(name, value, allowed):
    refusal = f"footfall: {flag(name)} ({env_name(name)}) is {value!r}; allowed: {allowed}\n"
    for done in (run("serve", flag(name), value), run("serve", **{env_name(name): value})):
        assert (done.returncode, done.stdout, done.stderr) == (2, "", refusal)


def test_every_wrong_value_is_named():
    done = run("serve", "--max-line-bytes", "many", FOOTFALL_STRICT="maybe", FOOTFALL_LOG_LEVEL="loud")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "footfall: --strict (FOOTFALL_STRICT) is 'maybe'; allowed: true or false",
        "footfall: --max-line-bytes (FOOTFALL_MAX_LINE_BYTES) is 'many'; allowed: an integer of at least 1024",
        "footfall: --log-level (FOOTFALL_LOG_LEVEL) is 'loud'; allowed: debug, info, warning or error",
    ]


def test_flag_that_is_none_is_wrong_usage():
    done = run("serve", "--max-lines", "1")
    assert done.returncode == 2
    assert "No such option: --max-lines" in done.stderr


def test_second_server_on_a_database_is_refused(served):
    done = run("serve", *FREE_PORTS, "--database", f"sqlite:///{served.database}")
    assert done.returncode == 1
    assert done.stderr == (
        f"footfall: {served.database} is in use by another Footfall process; stop that one, or name another file with "
        "--database\n"
    )


def test_second_server_on_a_port_is_refused(served, tmp_path):
    done = run(
        "serve", "--http-address", "", "--grpc-address", served.address, "--database", f"sqlite:///{tmp_path}/other.db"
    )
    assert done.returncode == 1
    assert f"footfall: can't listen on {served.address}: it is in use" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("address", ["192.0.2.1:0", "nobody.invalid:0"])
def test_address_of_another_machine_is_refused(address, tmp_path):
    done = run(
        "serve", "--http-address", "", "--grpc-address", address, "--database", f"sqlite:///{tmp_path}/folder/new.db"
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"footfall: can't listen on {address}: it is in use, or not an address of this machine\n"
    assert not list(tmp_path.iterdir())


def test_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "text.db"
    path.write_text("not a database, but a text of some length\n" * 10)
    done = run("serve", *FREE_PORTS, "--database", f"sqlite:///{path}")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"footfall: {path} is not a database; name another with --database\n"
    assert list(tmp_path.iterdir()) == [path]


def test_folder_that_can_not_be_a_database_is_refused(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    done = run("serve", *FREE_PORTS, "--database", f"sqlite:///{folder}")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"footfall: {folder} can't be a database: Is a directory; name another with --database\n"
    assert list(tmp_path.iterdir()) == [folder]


def test_help_shows_every_setting_once():
    done = run("serve", "--help")
    assert done.returncode == 0
    text = " ".join(done.stdout.split())
    for name in Settings.model_fields:
        assert text.count(f"[env: {env_name(name)}; default: ") == 1
        assert f"  {flag(name)} " in done.stdout
    assert "None" not in done.stdout


def test_version_and_help():
    assert run("--version").stdout.startswith("footfall ")
    for arguments in ((), ("--help",)):
        shown = run(*arguments)
        for name in (
            "serve",
            "import",
            "list",
            "count",
            "tail",
            "rejected",
            "products",
            "rejoin",
            "export",
            "purge",
            "operations",
        ):
            assert f"\n  {name} " in shown.stdout + shown.stderr


def test_help_waits_for_nothing_heavy():
    code = (
        "import sys; sys.argv = ['footfall', '--help']\n"
        "from service import cli\n"
        "try: cli.main()\n"
        "finally: print({'grpc', 'google.protobuf', 'rich', 'structlog', 'asyncio', 'pydantic'} & {*sys.modules})"
    )
    done = subprocess.run(
        [COMMAND[0], "-c", code], cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1] == "set()", done.stderr
